"""From relations to positions: every thing finds its place on the ground, on another thing, or in it.

Things that stand on the same surface make up a level. A level is arranged from its innermost outwards: first what is
carried by each of its things, so that these know how much room they take, then the things beside each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import numpy as np

from pluggably.runtimes.scenes.kinds import KINDS, Model, Piece, Style, build
from pluggably.runtimes.scenes.language import Bond, Description, Thing
from pluggably.runtimes.scenes.palette import Paint
from pluggably.runtimes.scenes.shapes import Body, Floats
from pluggably.runtimes.scenes.words import Order, Place, Relation

_GAP = 0.22
_APART = 0.45
"""Between things that were named without a relation."""
_PER_ROW = 5
_HOVER = 0.35
_CARRIED = (Relation.ON, Relation.INSIDE, Relation.ABOVE)
_INVERSE = {
    Relation.LEFT: Relation.RIGHT,
    Relation.RIGHT: Relation.LEFT,
    Relation.FRONT: Relation.BEHIND,
    Relation.BEHIND: Relation.FRONT,
    Relation.NEAR: Relation.NEAR,
    Relation.UNDER: Relation.ON,
}
_WAYS = {
    Relation.LEFT: (-1, 0),
    Relation.RIGHT: (1, 0),
    Relation.NEAR: (1, 0),
    Relation.FRONT: (0, 1),
    Relation.BEHIND: (0, -1),
}


@dataclass(slots=True)
class Member:
    """One of as many as a thing counts, where it stands in the scene."""

    thing: int
    number: int
    model: Model
    position: Floats = field(default_factory=lambda: np.zeros(3))
    scale: Floats = field(default_factory=lambda: np.ones(3))
    _box: Floats | None = None

    @property
    def box(self) -> Floats:
        """Its lowest and highest corner, (2, 3)."""
        if self._box is None:
            lows = [piece.body.vertices.min(axis=0) for piece in self.model.pieces]
            highs = [piece.body.vertices.max(axis=0) for piece in self.model.pieces]
            self._box = np.stack([np.min(lows, axis=0), np.max(highs, axis=0)])
        return self._box * self.scale + self.position

    def pieces(self) -> Iterable[tuple[str, Body, Paint]]:
        """Its bodies in the scene, each with its role and paint."""
        for piece in self.model.pieces:
            yield piece.role, piece.body.scaled(*self.scale).moved(*self.position), piece.paint


@dataclass(slots=True)
class Scene:
    """Everything in its place. y = 0 is the ground."""

    description: Description
    members: list[Member]
    warnings: list[str]

    def box(self, thing: int) -> Floats:
        """The lowest and highest corner of all members of a thing, (2, 3)."""
        return _union(member.box for member in self.members if member.thing == thing)


def arrange(description: Description, *, seed: int = 0, detail: str = "medium") -> Scene:
    """Build everything that `description` names and put it in its place. Never raises."""
    return _Arrangement(description, seed, detail).scene()


def _union(boxes: Iterable[Floats]) -> Floats:
    found = list(boxes)
    return np.stack([np.min([box[0] for box in found], axis=0), np.max([box[1] for box in found], axis=0)])


@dataclass(slots=True)
class _Unit:
    """A thing together with all that it carries; coordinates are those of the level it stands on."""

    thing: int
    own: list[Member]
    carried: list[Member] = field(default_factory=list)

    @property
    def box(self) -> Floats:
        """The corners of the thing itself."""
        return _union(member.box for member in self.own)

    @property
    def whole(self) -> Floats:
        """The corners with what is carried."""
        return _union(member.box for member in (*self.own, *self.carried))

    def bodies(self) -> Iterable[Body]:
        """Everything that it consists of, where it stands on its level."""
        return (body for member in (*self.own, *self.carried) for _, body, _ in member.pieces())

    def shift(self, x: float = 0, y: float = 0, z: float = 0) -> None:
        """Move it with all that it carries."""
        for member in (*self.own, *self.carried):
            member.position = member.position + np.array((x, y, z))

    def shrink(self, factor: float) -> None:
        """Make it smaller about the origin, with all that it carries."""
        for member in (*self.own, *self.carried):
            member.position = member.position * factor
            member.scale = member.scale * factor

    def move_to(self, x: float, z: float, y: float = 0) -> None:
        """Put the middle of the thing itself to (x, z) and its foot to y."""
        low, high = self.box
        self.shift(x - (low[0] + high[0]) / 2, y - low[1], z - (low[2] + high[2]) / 2)


class _Arrangement:
    def __init__(self, description: Description, seed: int, detail: str) -> None:
        self._description = description
        self._things = description.things
        self._warnings: list[str] = []
        self._seed, self._detail = seed, detail
        self._anchors: dict[int, tuple[Relation, tuple[int, ...]]] = {}
        self._room_for: dict[int, int] = {}
        """Things that leave room for another one between themselves and what they stand beside."""
        self._anchor_all()

    def scene(self) -> Scene:
        """The finished scene."""
        members = [member for unit in self._arrange_level(None) for member in (*unit.own, *unit.carried)]
        members.sort(key=lambda member: (member.thing, member.number))
        box = _union(member.box for member in members)
        for member in members:  # the middle of the scene is the origin
            member.position = member.position - ((box[0] + box[1]) / 2) * (1, 0, 1)
        scene = Scene(self._description, members, self._warnings)
        for bond in self._description.bonds:
            if not holds(scene, bond):
                self._warnings.append(f"could not be shown: {self._spoken(bond)}")
        return scene

    def _spoken(self, bond: Bond) -> str:
        targets = " and ".join(self._things[target].word for target in bond.targets)
        return f"'{self._things[bond.subject].word} {bond.relation} {targets}'"

    # Who is placed by whom

    def _anchor_all(self) -> None:
        for bond in self._description.bonds:
            subject, relation, targets = bond.subject, bond.relation, bond.targets
            kind = KINDS[self._things[targets[0]].kind]
            upside_down = relation is Relation.UNDER and not kind.open_below and not kind.floats
            if upside_down and self._anchor(targets[0], Relation.ON, (subject,)):
                continue  # a cube under a ball: the ball is on the cube
            if len(targets) > 1:
                self._join(targets, subject if relation is Relation.BETWEEN else None)
            if self._anchor(subject, relation, targets):
                continue
            inverse = _INVERSE.get(relation)
            if inverse is not None and len(targets) == 1:
                self._anchor(targets[0], inverse, (subject,))

    def _anchor(self, subject: int, relation: Relation, targets: tuple[int, ...]) -> bool:
        if subject in self._anchors or any(self._depends(target, subject) for target in targets):
            return False
        self._anchors[subject] = (relation, targets)
        return True

    def _depends(self, thing: int, on: int) -> bool:
        if thing == on:
            return True
        anchor = self._anchors.get(thing)
        return anchor is not None and any(self._depends(target, on) for target in anchor[1])

    def _join(self, targets: tuple[int, ...], between: int | None) -> None:
        """Things that another one is placed by together have to have a place towards each other."""
        for first, second in pairwise(targets):
            if second not in self._anchors and not self._depends(first, second):
                self._anchors[second] = (Relation.RIGHT, (first,))
                moved = second
            elif first not in self._anchors and not self._depends(second, first):
                self._anchors[first] = (Relation.RIGHT, (second,))
                moved = first
            else:
                continue
            if between is not None:
                self._room_for[moved] = between

    def _carrier(self, thing: int) -> int | None:
        """What the thing stands on, in or over; None: the ground."""
        anchor = self._anchors.get(thing)
        if anchor is None:
            return None
        relation, targets = anchor
        return targets[0] if relation in _CARRIED else self._carrier(targets[0])

    # One level

    def _arrange_level(self, carrier: int | None) -> list[_Unit]:
        here = [index for index in range(len(self._things)) if self._carrier(index) == carrier]
        units = {index: self._unit(index) for index in here}
        clusters: list[list[_Unit]] = []
        cluster_of: dict[int, list[_Unit]] = {}
        waiting = list(here)
        while waiting:
            index = next(index for index in waiting if self._ready(index, carrier, waiting))
            waiting.remove(index)
            anchor = self._anchors.get(index)
            if anchor is None or anchor[0] in _CARRIED:
                cluster: list[_Unit] = []
                clusters.append(cluster)
            else:
                relation, targets = anchor
                known = [target for target in targets if target in cluster_of]
                cluster = cluster_of[known[0]]
                middle = units.get(self._room_for.get(index, -1))
                room = 0.0 if middle is None else _GAP + float((middle.whole[1] - middle.whole[0])[0])
                self._put(units[index], relation, [units[target] for target in known], cluster, room)
            cluster.append(units[index])
            cluster_of[index] = cluster
        self._line_up(clusters, carrier)
        return [units[index] for index in here]

    def _ready(self, index: int, carrier: int | None, waiting: list[int]) -> bool:
        """Whether all that places this thing on its level has its own place."""
        anchor = self._anchors.get(index)
        if anchor is None or anchor[0] in _CARRIED:
            return True
        return not any(target in waiting for target in anchor[1])

    def _line_up(self, clusters: list[list[_Unit]], carrier: int | None) -> None:
        """Put clusters that have nothing to do with each other side by side, centred."""

        def thing(cluster: list[_Unit]) -> Thing:
            return self._things[cluster[0].thing]

        floating = [cluster for cluster in clusters if carrier is None and KINDS[thing(cluster).kind].floats]
        standing = [cluster for cluster in clusters if cluster not in floating]
        order = {Place.LEFT: 0, None: 1, Place.MIDDLE: 1, Place.BACK: 1, Place.FRONT: 1, Place.RIGHT: 2}
        standing.sort(key=lambda cluster: order[thing(cluster).place])
        rows: dict[int, list[list[_Unit]]] = {}
        plain = 0
        for cluster in standing:
            if thing(cluster).place is Place.BACK and len(standing) > 1:
                rows.setdefault(-100, []).append(cluster)
            elif thing(cluster).place is Place.FRONT and len(standing) > 1:
                rows.setdefault(100, []).append(cluster)
            else:
                rows.setdefault(-(plain // _PER_ROW), []).append(cluster)
                plain += 1
        front = None
        for number in sorted(rows, reverse=True):
            boxes = [_union(unit.whole for unit in cluster) for cluster in rows[number]]
            width = sum(box[1][0] - box[0][0] for box in boxes) + _APART * (len(boxes) - 1)
            depth = max(box[1][2] - box[0][2] for box in boxes)
            z = 0.0 if front is None else front - _APART - depth / 2
            x = -width / 2 + (0.3 if number % 2 else 0)
            for cluster, box in zip(rows[number], boxes, strict=True):
                for unit in cluster:
                    unit.shift(x - box[0][0], 0, z - (box[0][2] + box[1][2]) / 2)
                x += box[1][0] - box[0][0] + _APART
            front = z - depth / 2
        self._float(floating, standing)

    def _float(self, floating: list[list[_Unit]], standing: list[list[_Unit]]) -> None:
        """Clouds, sun and moon: over everything, somewhat behind it."""
        units = [unit for cluster in standing for unit in cluster]
        box = _union(unit.whole for unit in units) if units else np.array([[-1.0, 0, -0.5], [1, 0, 0.5]])
        width = box[1][0] - box[0][0]
        for number, cluster in enumerate(floating):
            own = _union(unit.whole for unit in cluster)
            share = (number + 1) / (len(floating) + 1)
            share += {Place.LEFT: -0.35, Place.RIGHT: 0.35}.get(
                self._things[cluster[0].thing].place or Place.MIDDLE, 0.0
            )
            x = box[0][0] + width * (0.15 + 0.7 * share)
            y = max(box[1][1] + 0.25, 1.7)
            for unit in cluster:
                unit.shift(x - (own[0][0] + own[1][0]) / 2, y, min(0.0, box[0][2]) - 0.6)

    # One thing

    def _unit(self, index: int) -> _Unit:
        thing = self._things[index]
        unit = _Unit(index, self._members(index))
        self._group(unit, thing)
        carried = self._arrange_level(index)
        for relation in _CARRIED:
            units = [other for other in carried if self._carried_by(other.thing) is relation]
            if units:
                self._load(unit, units, relation)
        return unit

    def _carried_by(self, thing: int) -> Relation:
        """In which way a thing is carried, itself or together with what it stands beside."""
        relation, targets = self._anchors[thing]
        return relation if relation in _CARRIED else self._carried_by(targets[0])

    def _members(self, index: int) -> list[Member]:
        thing = self._things[index]
        kind = KINDS[thing.kind]
        members = []
        if len(thing.paints) > 1 and not kind.two_colours and thing.count == 1:
            self._warnings.append(f"'{thing.word}' has one colour only: the first one named")
        for number in range(thing.count):
            random = Random(f"{self._seed} {index} {number}")  # noqa: S311 - looks, not secrets
            paints = thing.paints
            if len(paints) > 1 and thing.count > 1 and not kind.two_colours:
                paints = [paints[number % len(paints)]]
            model, missing = build(thing.kind, Style(paints, thing.pieces, self._detail, thing.faceted, random))
            if number == 0:
                self._warnings += [f"'{thing.word}' has no {piece} that could be painted" for piece in missing]
            turn = random.uniform(-8, 8) if kind.upright and not self._squarely(index) else 0.0
            member = Member(index, number, _turned(model, turn), scale=np.array(thing.scale))
            members.append(member)
        return members

    def _squarely(self, index: int) -> bool:
        """Whether a thing keeps its direction: others stand on it or in it."""
        return any(relation in _CARRIED and index in targets for relation, targets in self._anchors.values())

    def _group(self, unit: _Unit, thing: Thing) -> None:
        """Put the members of a group beside each other."""
        members = unit.own
        if len(members) == 1:
            return
        boxes = [member.box for member in members]
        width = max(box[1][0] - box[0][0] for box in boxes)
        depth = max(box[1][2] - box[0][2] for box in boxes)
        between = any(
            relation is Relation.BETWEEN and targets == (unit.thing,) for relation, targets in self._anchors.values()
        )
        gap = 1.6 if between else 0.18 * width + 0.08
        if thing.order is Order.STACK:
            y = 0.0
            for member, box in zip(members, boxes, strict=True):
                member.position = np.array([0, y, 0])
                surface = member.model.surface
                y += (surface[0] * member.scale[1] if surface else box[1][1]) - box[0][1]
        elif thing.order is Order.CIRCLE:
            _in_circle(members, max(len(members) * (max(width, depth) + gap) / (2 * math.pi), width))
        else:
            columns = (
                len(members) if len(members) <= 5 or thing.order is Order.ROW else math.ceil(len(members) ** 0.5)
            )
            for number, member in enumerate(members):
                row, column = divmod(number, columns)
                in_row = min(columns, len(members) - row * columns)
                x = (column - (in_row - 1) / 2) * (width + gap)
                member.position = np.array([x, 0, -row * (depth + gap)])

    def _load(self, unit: _Unit, carried: list[_Unit], relation: Relation) -> None:
        """Put what was arranged as a level of its own onto a thing (its first member), or into it."""
        thing = self._things[unit.thing]
        member = unit.own[-1] if thing.order is Order.STACK else unit.own[(len(unit.own) - 1) // 2]
        box = _union(other.whole for other in carried)
        size = box[1] - box[0]
        if relation is Relation.INSIDE:
            self._fill(member, carried, box)
        else:
            surface = self._surface(member)
            wanted = size[[0, 2]] + 0.24
            if relation is Relation.ON and KINDS[thing.kind].stretches and len(unit.own) == 1:
                have = np.array([surface[1], surface[2]]) * 2
                factors = np.maximum(1.0, wanted / have)
                member.scale = member.scale * (factors[0], 1, factors[1])
                surface = self._surface(member)
            elif relation is Relation.ON:
                room = 2.2 * max(surface[1], surface[2], 0.2)
                if max(size[0], size[2]) > 1.25 * room:
                    for other in carried:
                        other.shrink(1.25 * room / max(size[0], size[2]))
                    box = _union(other.whole for other in carried)
            if relation is Relation.ABOVE:
                low, high = unit.box
                foot = np.array([(low[0] + high[0]) / 2, high[1] + _HOVER, (low[2] + high[2]) / 2])
            else:
                foot = member.position + np.array((0, surface[0], surface[3]))
            middle = (box[0] + box[1]) / 2
            for other in carried:
                other.shift(foot[0] - middle[0], foot[1], foot[2] - middle[2])
        unit.carried += [each for other in carried for each in (*other.own, *other.carried)]

    def _surface(self, member: Member) -> tuple[float, float, float, float]:
        """Height, half width, half depth and middle (z) of what carries, as the member is scaled."""
        surface = member.model.surface
        if surface is None:
            low, high = member.box - member.position
            return high[1], (high[0] - low[0]) / 2, (high[2] - low[2]) / 2, 0.0
        width, height, depth = member.scale
        return surface[0] * height, surface[1] * width, surface[2] * depth, surface[3] * depth

    def _fill(self, member: Member, carried: list[_Unit], box: Floats) -> None:
        cavity = member.model.cavity
        size = box[1] - box[0]
        low, high = member.box
        if cavity is None:
            room = (high - low) * 0.8
            factor, floor = float(min(1.0, *(room / size))), member.position[1] + (high[1] - low[1]) * 0.1
            self._warnings.append(
                f"'{self._things[carried[0].thing].word}' can't be seen inside '{self._things[member.thing].word}'"
            )
        else:
            radius = cavity[1] * min(member.scale[0], member.scale[2])
            floor = member.position[1] + cavity[0] * member.scale[1]
            # Only what is below the rim has to fit.
            points = np.concatenate([body.vertices for other in carried for body in other.bodies()])
            sunk = points[points[:, 1] <= self._surface(member)[0] - cavity[0] * member.scale[1]]
            factor = min(1.0, 1.9 * radius / float(np.ptp(sunk[:, [0, 2]], axis=0).max()))
        middle = (box[0] + box[1]) / 2 * factor
        for other in carried:
            other.shrink(factor)
            other.shift(member.position[0] - middle[0], floor, member.position[2] - middle[2])

    # Beside each other

    def _put(
        self, unit: _Unit, relation: Relation, targets: list[_Unit], placed: list[_Unit], room: float = 0
    ) -> None:
        box = _union(target.box for target in targets)
        middle = (box[0] + box[1]) / 2
        size = unit.box[1] - unit.box[0]
        if relation is Relation.UNDER:
            self._put_under(unit, targets[0])
        elif relation is Relation.BETWEEN:
            self._put_between(unit, targets)
        elif relation is Relation.AROUND:
            self._put_around(unit, targets)
        else:
            if relation is Relation.NEAR and not self._free_at(unit, (1, 0), box, placed):
                way = (-1, 0) if self._free_at(unit, (-1, 0), box, placed) else (1, 0)
            else:
                way = _WAYS[relation]
            self._move_beside(unit, way, box, _GAP + room)
            if relation is Relation.BEHIND:  # so that it can be seen
                unit.shift(x=0.3 * max(0.0, (box[1] - box[0])[0] - size[0] * 0.2) + 0.12)
            elif relation is Relation.FRONT:
                unit.shift(x=-0.25 * (middle[0] - box[0][0]))
            self._push(unit, way, [other for other in placed if other not in targets])

    def _move_beside(self, unit: _Unit, way: tuple[int, int], box: Floats, gap: float) -> None:
        """Put a unit next to a box, with all that it carries out of the way."""
        middle = (box[0] + box[1]) / 2
        unit.move_to(middle[0], middle[2])
        whole = unit.whole
        axis, sign = (0, way[0]) if way[0] else (2, way[1])
        distance = box[1][axis] - whole[0][axis] + gap if sign > 0 else box[0][axis] - whole[1][axis] - gap
        unit.shift(**{"xyz"[axis]: distance})

    def _free_at(self, unit: _Unit, way: tuple[int, int], box: Floats, placed: list[_Unit]) -> bool:
        self._move_beside(unit, way, box, _GAP)
        return not any(_overlap(unit.whole, other.whole) for other in placed)

    def _push(self, unit: _Unit, way: tuple[int, int], placed: list[_Unit]) -> None:
        """Move on in one direction until nothing is in the way."""
        axis, sign = (0, way[0]) if way[0] else (2, way[1])
        for _ in range(len(placed) + 1):
            blocking = [other for other in placed if _overlap(unit.whole, other.whole)]
            if not blocking:
                return
            boxes = [other.whole for other in blocking]
            whole = unit.whole
            if sign > 0:
                distance = max(box[1][axis] for box in boxes) - whole[0][axis] + _GAP
            else:
                distance = min(box[0][axis] for box in boxes) - whole[1][axis] - _GAP
            unit.shift(**{"xyz"[axis]: distance})

    def _put_under(self, unit: _Unit, target: _Unit) -> None:
        member = target.own[(len(target.own) - 1) // 2]
        low, high = member.box
        room = member.model.clearance * member.scale[1]
        if room == 0 or low[1] > 0.05:
            room = max(low[1], 0.2)
        size = unit.whole[1] - unit.whole[0]
        unit.shrink(float(min(1.0, 0.9 * room / size[1], 0.8 * (high[0] - low[0]) / size[0])))
        unit.move_to((low[0] + high[0]) / 2, (low[2] + high[2]) / 2)

    def _put_between(self, unit: _Unit, targets: list[_Unit]) -> None:
        apart = targets[0].own if len(targets) == 1 else targets
        boxes = [each.box for each in apart]
        if len(boxes) == 1:
            self._move_beside(unit, (1, 0), boxes[0], _GAP)
            return
        at = (len(boxes) - 1) // 2
        first, second = sorted(boxes[at : at + 2], key=lambda box: box[0][0])
        room = second[0][0] - first[1][0]
        width = unit.whole[1][0] - unit.whole[0][0]
        if 0 < room < width + 0.1:
            unit.shrink(max(0.1, (room - 0.1) / width))
        z = (first[0][2] + first[1][2] + second[0][2] + second[1][2]) / 4
        unit.move_to((first[1][0] + second[0][0]) / 2, z)

    def _put_around(self, unit: _Unit, targets: list[_Unit]) -> None:
        box = _union(target.whole for target in targets)
        middle, size = (box[0] + box[1]) / 2, box[1] - box[0]
        radius = math.hypot(size[0], size[2]) / 2
        if len(unit.own) == 1:
            # One alone goes around as a ring does, which is made large enough.
            own = unit.whole[1] - unit.whole[0]
            if self._things[unit.thing].kind == "torus":
                inner = (own[0] / 2) * (0.23 / 0.49)
                factor = max(1.0, radius * 1.08 / inner)
                for member in unit.own:
                    member.scale = member.scale * (factor, min(factor, 1.4), factor)
            else:
                self._move_beside(unit, (1, 0), box, _GAP)
                return
            unit.move_to(middle[0], middle[2])
            return
        own = max(member.box[1][axis] - member.box[0][axis] for member in unit.own for axis in (0, 2))
        needed = len(unit.own) * (own * 1.1) / (2 * math.pi)
        for member in unit.own:
            member.position = np.zeros(3)
        _in_circle(unit.own, max(radius + own * 0.75, needed))
        unit.shift(middle[0], 0, middle[2])


def _in_circle(members: list[Member], radius: float) -> None:
    for number, member in enumerate(members):
        angle = 2 * math.pi * (number + 0.5) / len(members)  # none exactly in front of the middle
        member.position = np.array([radius * math.sin(angle), 0, radius * math.cos(angle)])


def _overlap(one: Floats, other: Floats, slack: float = 1e-6) -> bool:
    return bool(np.all(one[0] < other[1] - slack) and np.all(other[0] < one[1] - slack))


def _turned(model: Model, degrees: float) -> Model:
    if degrees:
        pieces = [Piece(piece.role, piece.body.turned(1, degrees), piece.paint) for piece in model.pieces]
        return Model(pieces, model.surface, model.clearance, model.cavity)
    return model


def holds(scene: Scene, bond: Bond, slack: float = 0.02) -> bool:
    """Whether things stand to each other as said; left and right, front and back are judged by their middles."""
    one = scene.box(bond.subject)
    boxes = [scene.box(target) for target in bond.targets]
    other = _union(boxes)
    a, b = (one[0] + one[1]) / 2, (other[0] + other[1]) / 2
    across = all(one[0][axis] < other[1][axis] + slack and other[0][axis] < one[1][axis] + slack for axis in (0, 2))
    match bond.relation:
        case Relation.LEFT:
            return bool(a[0] < b[0])
        case Relation.RIGHT:
            return bool(a[0] > b[0])
        case Relation.FRONT:
            return bool(a[2] > b[2])
        case Relation.BEHIND:
            return bool(a[2] < b[2])
        case Relation.ON:
            return across and other[0][1] + slack < one[0][1] <= other[1][1] + slack
        case Relation.ABOVE:
            return across and bool(one[0][1] > other[1][1] - slack)
        case Relation.UNDER:
            return across and bool(one[1][1] <= other[1][1] + slack)
        case Relation.INSIDE:
            return across and bool(one[0][1] < other[1][1])
        case Relation.BETWEEN if len(boxes) > 1:
            middles = sorted((box[0][0] + box[1][0]) / 2 for box in boxes)
            return bool(middles[0] < a[0] < middles[-1])
        case Relation.BETWEEN | Relation.AROUND:
            return across
        case _:
            distance = np.maximum(np.maximum(one[0] - other[1], other[0] - one[1]), 0)
            return bool(np.hypot(distance[0], distance[2]) < 2.5)
