"""The kinds of things that a scene can hold, each put together from simple bodies.

Measures are in metres, chosen to look right beside each other rather than to be true to life.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from pluggably.runtimes.scenes import shapes
from pluggably.runtimes.scenes.palette import MATERIALS, Paint, rgb
from pluggably.runtimes.scenes.shapes import Body

_SECTIONS = {"low": 14, "medium": 28, "high": 56}
_WOOD = MATERIALS["wood"]
_DARK = Paint(rgb("#2a2b2f"), roughness=0.7)
_LEAVES = Paint(rgb("#4f9a45"), roughness=0.9)
_NEEDLES = Paint(rgb("#2f7a4b"), roughness=0.9)
_BARK = Paint(rgb("#7a5234"), roughness=0.95)
_CREAM = Paint(rgb("#efe3c8"), roughness=0.85)
_TILES = Paint(rgb("#b4503c"), roughness=0.8)
_PANE = Paint(rgb("#8fc1dc"), roughness=0.15)
_STONE = MATERIALS["stone"]
_STEEL = MATERIALS["steel"]
_SNOW = Paint(rgb("#f3f6fa"), roughness=0.8)
_CARROT = Paint(rgb("#ee7d22"), roughness=0.6)
_LIGHT = Paint(rgb("#ffe9a8"), roughness=0.5, glow=0.75)
_RED = Paint(rgb("#d62828"))


@dataclass(slots=True)
class Piece:
    """One closed body of a thing; its role tells it from the others ("roof")."""

    role: str
    body: Body
    paint: Paint


@dataclass(slots=True)
class Model:
    """One thing, standing at the origin.

    `surface`: the height on which another thing stands, with half the width and half the depth that carry it, and
    where its middle is in z. `clearance`: how much room is beneath it. `cavity`: the height of its inner floor and
    the radius of its opening.
    """

    pieces: list[Piece]
    surface: tuple[float, float, float, float] | None = None
    clearance: float = 0
    cavity: tuple[float, float] | None = None


@dataclass(slots=True)
class Style:
    """How one thing is to be made."""

    paints: list[Paint] = field(default_factory=list)
    pieces: dict[str, Paint] = field(default_factory=dict)
    detail: str = "medium"
    faceted: bool = False
    random: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - looks, not secrets

    @property
    def sections(self) -> int:
        """Corners of what is round."""
        return 7 if self.faceted else _SECTIONS[self.detail]

    @property
    def fineness(self) -> int:
        """How often the faces of lumps are divided."""
        return 1 if self.faceted or self.detail == "low" else 3 if self.detail == "high" else 2

    def paint(self, default: Paint) -> Paint:
        """What the most of it is made of."""
        return self.paints[0] if self.paints else default

    def second(self, default: Paint) -> Paint:
        """The second colour, if one was named."""
        return self.paints[1] if len(self.paints) > 1 else default


Build = Callable[[Style], Model]


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of a kind before one is built."""

    build: Build
    two_colours: bool = False
    stretches: bool = False
    """Whether it becomes wider for what stands on it."""
    open_below: bool = False
    hollow: bool = False
    floats: bool = False
    upright: bool = True
    """Whether it may be turned a little about its axis without looking wrong."""


def _solid(body: Body, default: Paint, style: Style) -> Model:
    return Model([Piece("body", body, style.paint(default))])


def _grey(colour: str = "#b9bcc2") -> Paint:
    return Paint(rgb(colour))


def _cube(style: Style) -> Model:
    return _solid(shapes.box(0.8, 0.8, 0.8), Paint(rgb("#5f86c9")), style)


def _box(style: Style) -> Model:
    """An open crate, so that something can be in it."""
    paint, wall = style.paint(_WOOD), 0.06
    width, height, depth = 0.9, 0.6, 0.7
    pieces = [Piece("floor", shapes.box(width - 2 * wall, wall, depth - 2 * wall), paint)]
    for side in (-1, 1):
        pieces.append(Piece("side", shapes.box(width, height, wall).moved(z=side * (depth - wall) / 2), paint))
        body = shapes.box(wall, height, depth - 2 * wall).moved(x=side * (width - wall) / 2)
        pieces.append(Piece("side", body, paint))
    return Model(pieces, surface=(height, width / 2, depth / 2, 0), cavity=(wall, (depth - 2 * wall) / 2))


def _sphere(style: Style) -> Model:
    return _solid(shapes.sphere(0.42, style.sections), Paint(rgb("#e0894b")), style)


def _cylinder(style: Style) -> Model:
    return _solid(shapes.cylinder(0.36, 0.9, style.sections), Paint(rgb("#6aa6a0")), style)


def _cone(style: Style) -> Model:
    return _solid(shapes.cone(0.45, 0.95, style.sections), Paint(rgb("#e2803a")), style)


def _pyramid(style: Style) -> Model:
    return _solid(shapes.pyramid(1.0, 0.8), Paint(rgb("#d9b56a"), roughness=0.85), style)


def _torus(style: Style) -> Model:
    return _solid(shapes.torus(0.36, 0.13, style.sections), Paint(rgb("#c9729b")), style)


def _capsule(style: Style) -> Model:
    return _solid(shapes.capsule(0.25, 0.95, style.sections), Paint(rgb("#8f7fd1")), style)


def _disc(style: Style) -> Model:
    return _solid(shapes.cylinder(0.45, 0.08, style.sections), Paint(rgb("#c9ccd1")), style)


def _placeholder(style: Style) -> Model:
    return _solid(shapes.lump(0.42, Random(7), 2, 0.1), _grey(), style)  # noqa: S311


def _table(style: Style) -> Model:
    paint = style.paint(_WOOD)
    width, depth, height, top, leg = 1.7, 1.1, 0.75, 0.08, 0.1
    pieces = [Piece("top", shapes.box(width, top, depth).moved(y=height - top), paint)]
    legs = shapes.box(leg, height - top, leg)
    for x in (-1, 1):
        for z in (-1, 1):
            at = legs.moved(x * (width / 2 - leg), 0, z * (depth / 2 - leg))
            pieces.append(Piece("legs", at, style.second(paint.shaded(0.82))))
    return Model(pieces, surface=(height, width / 2, depth / 2, 0), clearance=height - top)


def _chair(style: Style) -> Model:
    paint = style.paint(_WOOD)
    width, seat, leg = 0.52, 0.46, 0.06
    legs = style.second(paint.shaded(0.82))
    pieces = [Piece("seat", shapes.box(width, 0.06, width).moved(y=seat - 0.06), paint)]
    for x in (-1, 1):
        for z in (-1, 1):
            at = (x * (width - leg) / 2, z * (width - leg) / 2)
            pieces.append(Piece("legs", shapes.box(leg, seat - 0.06, leg).moved(at[0], 0, at[1]), legs))
        post = shapes.box(leg, 0.5, leg).moved(x * (width - leg) / 2, seat, -(width - leg) / 2)
        pieces.append(Piece("back", post, paint))
    back = shapes.box(width - 2 * leg, 0.2, 0.04).moved(y=seat + 0.26, z=-(width - leg) / 2)
    pieces.append(Piece("back", back, paint))
    return Model(pieces, surface=(seat, width / 2, width / 2 - leg, leg / 2), clearance=seat - 0.06)


def _stool(style: Style) -> Model:
    paint = style.paint(_WOOD)
    pieces = [Piece("seat", shapes.cylinder(0.28, 0.07, style.sections).moved(y=0.45), paint)]
    leg = shapes.frustum(0.03, 0.04, 0.45, 10)
    for step in range(3):
        angle = 2 * math.pi * step / 3 + 0.5
        at = leg.moved(0.18 * math.sin(angle), 0, 0.18 * math.cos(angle))
        pieces.append(Piece("legs", at, style.second(paint.shaded(0.8))))
    return Model(pieces, surface=(0.52, 0.28, 0.28, 0), clearance=0.45)


def _bench(style: Style) -> Model:
    paint = style.paint(_WOOD)
    legs = style.second(_DARK if not style.paints else paint.shaded(0.7))
    pieces = [Piece("seat", shapes.box(1.5, 0.05, 0.13).moved(y=0.42, z=z), paint) for z in (-0.15, 0.0, 0.15)]
    pieces += [Piece("back", shapes.box(1.5, 0.13, 0.04).moved(y=y, z=-0.24), paint) for y in (0.56, 0.74)]
    for x in (-0.6, 0.6):
        pieces.append(Piece("legs", shapes.box(0.07, 0.42, 0.42).moved(x), legs))
        pieces.append(Piece("legs", shapes.box(0.07, 0.47, 0.05).moved(x, 0.42, -0.285), legs))
    return Model(pieces, surface=(0.47, 0.75, 0.2, 0), clearance=0.42)


def _tree(style: Style) -> Model:
    random = style.random
    trunk = shapes.frustum(0.13, 0.08, 0.8, max(7, style.sections // 2))
    pieces = [Piece("trunk", trunk, _BARK)]
    leaves = style.paint(_LEAVES)
    size = random.uniform(0.5, 0.58)
    pieces.append(Piece("crown", shapes.lump(size, random, style.fineness).moved(y=0.65), leaves))
    for side in (-1, 1):
        lump = shapes.lump(size * random.uniform(0.55, 0.7), random, style.fineness)
        at = lump.moved(side * 0.3, 0.68 + random.uniform(0, 0.15), side * random.uniform(-0.15, 0.2))
        pieces.append(Piece("crown", at, style.second(leaves.shaded(0.9 if side < 0 else 1.1))))
    top = shapes.lump(size * 0.62, random, style.fineness).moved(y=0.75 + size * 0.9)
    pieces.append(Piece("crown", top, leaves.shaded(1.08)))
    return Model(pieces)


def _pine(style: Style) -> Model:
    sections = max(7, style.sections // 2)
    pieces = [Piece("trunk", shapes.cylinder(0.09, 0.4, sections), _BARK)]
    needles = style.paint(_NEEDLES)
    for level, (radius, y, height) in enumerate(((0.55, 0.28, 0.7), (0.44, 0.68, 0.62), (0.31, 1.05, 0.6))):
        body = shapes.cone(radius, height, sections).turned(1, 23 * level + style.random.uniform(0, 20)).moved(y=y)
        pieces.append(Piece("crown", body.faceted(), needles.shaded((0.9, 1.0, 1.1)[level])))
    return Model(pieces)


def _bush(style: Style) -> Model:
    random, paint = style.random, style.paint(_LEAVES.shaded(0.9))
    pieces = [
        Piece(
            "crown", shapes.lump(0.3 + 0.08 * random.random(), random, style.fineness).moved(x, 0, z), paint.shaded(f)
        )
        for x, z, f in ((-0.24, 0.02, 0.92), (0.22, -0.04, 1.0), (0.0, 0.16, 1.1))
    ]
    return Model(pieces)


def _flower(style: Style) -> Model:
    petals = style.paint(Paint(rgb("#e85d8a")))
    pieces = [Piece("stem", shapes.cylinder(0.025, 0.62, 10), Paint(rgb("#4c9444")))]
    for step in range(6):
        petal = shapes.sphere(0.1, 16).scaled(0.75, 0.35, 1.2).moved(z=0.15).turned(1, 60 * step)
        pieces.append(Piece("petals", petal.moved(y=0.6), petals))
    middle = shapes.sphere(0.09, 16).scaled(1, 0.8, 1).moved(y=0.59)
    pieces.append(Piece("heart", middle, style.second(Paint(rgb("#f6c531")))))
    leaf = shapes.sphere(0.1, 14).scaled(1.3, 0.3, 0.5).moved(x=0.12).turned(2, 25).moved(y=0.2)
    pieces.append(Piece("leaf", leaf, Paint(rgb("#4c9444"))))
    return Model(pieces)


def _mushroom(style: Style) -> Model:
    sections = style.sections
    pieces = [Piece("stem", shapes.frustum(0.14, 0.1, 0.42, sections), _CREAM)]
    dome = tuple((0.4 * math.cos(a), 0.36 + 0.3 * math.sin(a)) for a in (0.0, 0.3, 0.6, 0.9, 1.2))
    cap = shapes.lathe(((0, 0.36), *dome, (0, 0.66)), sections)
    pieces.append(Piece("cap", cap, style.paint(_RED)))
    for angle, rise in ((0.3, 0.45), (1.9, 0.55), (3.4, 0.4), (4.9, 0.6), (0.9, 1.15)):
        radius = 0.4 * math.cos(rise)
        dot = shapes.sphere(0.055, 12).moved(
            radius * math.sin(angle), 0.3 + 0.3 * math.sin(rise), radius * math.cos(angle)
        )
        pieces.append(Piece("dots", dot, style.second(_SNOW)))
    return Model(pieces)


def _house(style: Style) -> Model:
    walls, roof = style.paint(_CREAM), style.second(_TILES)
    gable = ((-0.8, 0), (0.8, 0), (0.8, 1.0), (0, 1.69), (-0.8, 1.0))
    pieces = [Piece("walls", shapes.prism(gable, 1.3), walls)]
    slope = math.degrees(math.atan2(0.7, 0.8))
    for side in (-1, 1):
        slab = shapes.box(1.3, 0.08, 1.56).moved(x=side * 0.565).turned(2, -side * slope).moved(y=1.66)
        pieces.append(Piece("roof", slab, roof))
    pieces.append(Piece("door", shapes.box(0.34, 0.62, 0.06).moved(y=0.0, z=0.65), Paint(rgb("#6b4429"))))
    for x in (-0.52, 0.52):
        pieces.append(Piece("window", shapes.box(0.3, 0.3, 0.05).moved(x, 0.45, 0.65), _PANE))
        pieces.append(Piece("window", shapes.box(0.05, 0.3, 0.3).moved(math.copysign(0.8, x), 0.45, 0), _PANE))
    pieces.append(Piece("chimney", shapes.box(0.2, 0.6, 0.2).moved(0.42, 1.25, -0.3), MATERIALS["brick"]))
    return Model(pieces, surface=(1.72, 0.2, 0.5, 0))


def _tower(style: Style) -> Model:
    paint, sections = style.paint(_STONE), style.sections
    pieces = [Piece("walls", shapes.frustum(0.5, 0.42, 2.1, sections), paint)]
    pieces.append(Piece("top", shapes.cylinder(0.52, 0.22, sections).moved(y=2.1), paint.shaded(1.1)))
    for step in range(8):
        merlon = shapes.box(0.16, 0.16, 0.12).moved(z=0.44).turned(1, 45 * step + 22.5).moved(y=2.32)
        pieces.append(Piece("top", merlon, paint.shaded(1.1)))
    pieces.append(Piece("door", shapes.box(0.28, 0.5, 0.1).moved(z=0.47), Paint(rgb("#6b4429"))))
    slit = shapes.box(0.12, 0.24, 0.1)
    pieces += [Piece("window", slit.moved(y=y, z=0.44), style.second(_DARK)) for y in (0.95, 1.5)]
    return Model(pieces, surface=(2.32, 0.36, 0.36, 0))


def _castle(style: Style) -> Model:
    paint, sections = style.paint(_STONE.shaded(1.15)), max(10, style.sections // 2)
    roof = style.second(Paint(rgb("#3d5a98"), roughness=0.7))
    pieces: list[Piece] = []
    for x in (-0.9, 0.9):
        for z in (-0.7, 0.7):
            pieces.append(Piece("walls", shapes.cylinder(0.3, 1.5, sections).moved(x, 0, z), paint))
            pieces.append(Piece("roof", shapes.cone(0.38, 0.6, sections).moved(x, 1.5, z), roof))
        pieces.append(Piece("walls", shapes.box(0.16, 0.95, 1.2).moved(x), paint))
    for z in (-0.7, 0.7):
        pieces.append(Piece("walls", shapes.box(1.6, 0.95, 0.16).moved(z=z), paint))
        merlon = shapes.box(0.16, 0.14, 0.16).moved(-0.56, 0.95, z)
        pieces += [Piece("walls", merlon.moved(0.28 * step), paint) for step in range(5)]
    pieces.append(Piece("walls", shapes.box(0.8, 1.75, 0.7), paint.shaded(1.05)))
    pieces.append(Piece("roof", shapes.pyramid(0.95, 0.7).moved(y=1.75), roof))
    pieces.append(Piece("door", shapes.box(0.42, 0.6, 0.06).moved(z=0.78), Paint(rgb("#5d3c25"))))
    return Model(pieces, surface=(2.4, 0.1, 0.1, 0))


def _wall(style: Style) -> Model:
    paint = style.paint(MATERIALS["brick"])
    pieces: list[Piece] = []
    for row in range(5):
        shift = 0.2 if row % 2 else 0.0
        edges = [
            -1.0,
            *(-0.6 - shift + 0.4 * step for step in range(5) if -1 < -0.6 - shift + 0.4 * step < 0.95),
            1.0,
        ]
        for left, right in pairwise(edges):
            shade = style.random.uniform(0.88, 1.12)
            brick = shapes.box(round(right - left - 0.015, 3), 0.185, 0.24, 0.012)
            pieces.append(Piece("bricks", brick.moved((left + right) / 2, 0.2 * row), paint.shaded(shade)))
    pieces.append(Piece("mortar", shapes.box(1.96, 0.97, 0.19), style.second(paint.shaded(0.6))))
    return Model(pieces, surface=(0.985, 1.0, 0.12, 0))


def _fence(style: Style) -> Model:
    paint = style.paint(Paint(rgb("#e8e2d5"), roughness=0.8))
    outline = ((-0.07, 0), (0.07, 0), (0.07, 0.62), (0, 0.74), (-0.07, 0.62))
    pieces = [
        Piece("pales", shapes.prism(outline, 0.04).moved(-0.8 + 0.2 * step, 0, 0.04), paint) for step in range(9)
    ]
    pieces += [
        Piece("rails", shapes.box(1.8, 0.07, 0.04).moved(y=y), style.second(paint.shaded(0.9))) for y in (0.16, 0.46)
    ]
    return Model(pieces, surface=(0.74, 0.8, 0.04, 0.04))


def _mug(style: Style) -> Model:
    paint, sections = style.paint(Paint(rgb("#e9e6df"), roughness=0.3)), style.sections
    cup = shapes.vessel(((0.2, 0), (0.23, 0.06), (0.23, 0.5)), 0.03, sections)
    handle = shapes.torus(0.13, 0.032, max(10, sections // 2)).moved(y=-0.032).turned(0, 90)
    handle = handle.scaled(0.9, 1, 1).moved(x=0.235, y=0.26)
    return Model(
        [Piece("cup", cup, paint), Piece("handle", handle, style.second(paint))],
        surface=(0.5, 0.22, 0.22, 0),
        cavity=(0.04, 0.19),
    )


def _bowl(style: Style) -> Model:
    outside = tuple((0.42 * math.sin(a), 0.44 - 0.42 * math.cos(a)) for a in (0.5, 0.75, 1.0, 1.25, 1.5))
    body = shapes.vessel(((0.18, 0), *outside), 0.035, style.sections)
    model = _solid(body, Paint(rgb("#d9d3c4"), roughness=0.3), style)
    model.surface, model.cavity = (0.41, 0.4, 0.4, 0), (0.08, 0.32)
    return model


def _vase(style: Style) -> Model:
    outside = ((0.14, 0), (0.22, 0.12), (0.27, 0.28), (0.24, 0.44), (0.15, 0.58), (0.12, 0.68), (0.17, 0.78))
    model = _solid(shapes.vessel(outside, 0.03, style.sections), Paint(rgb("#4d7fa8"), roughness=0.25), style)
    model.surface, model.cavity = (0.78, 0.15, 0.15, 0), (0.6, 0.09)
    return model


def _bottle(style: Style) -> Model:
    profile = ((0, 0), (0.15, 0), (0.15, 0.46), (0.12, 0.56), (0.055, 0.66), (0.05, 0.86), (0, 0.86))
    glass = Paint(rgb("#3f8f6a"), roughness=0.12)
    pieces = [Piece("glass", shapes.lathe(profile, style.sections), style.paint(glass))]
    pieces.append(Piece("cap", shapes.cylinder(0.058, 0.09, style.sections).moved(y=0.83), style.second(_WOOD)))
    return Model(pieces)


def _lamp(style: Style) -> Model:
    paint, sections = style.paint(_DARK), style.sections
    pieces = [
        Piece("foot", shapes.frustum(0.24, 0.18, 0.06, sections), paint),
        Piece("post", shapes.cylinder(0.03, 1.35, 12).moved(y=0.04), paint),
        Piece("shade", shapes.frustum(0.3, 0.17, 0.34, sections).moved(y=1.22), style.second(_LIGHT)),
    ]
    return Model(pieces, surface=(1.56, 0.16, 0.16, 0))


def _candle(style: Style) -> Model:
    wax = style.paint(_CREAM)
    flame = shapes.lathe(((0, 0), (0.04, 0.05), (0.025, 0.11), (0, 0.18)), 14)
    return Model(
        [
            Piece("plate", shapes.cylinder(0.2, 0.04, style.sections), style.second(MATERIALS["bronze"])),
            Piece("wax", shapes.cylinder(0.1, 0.5, style.sections).moved(y=0.03), wax),
            Piece("flame", flame.moved(y=0.52), Paint(rgb("#ffb52e"), glow=1)),
        ]
    )


def _book(style: Style) -> Model:
    cover = style.paint(Paint(rgb("#a83b3b"), roughness=0.6))
    pieces = [Piece("pages", shapes.box(0.5, 0.09, 0.66, 0.005).moved(0.01, 0.02), _CREAM)]
    board = shapes.box(0.56, 0.02, 0.72, 0.006)
    pieces += [Piece("cover", board.moved(y=y), cover) for y in (0.0, 0.11)]
    pieces.append(Piece("cover", shapes.box(0.02, 0.1, 0.72, 0.006).moved(-0.27, 0.015), cover))
    return Model(pieces, surface=(0.13, 0.28, 0.36, 0))


def _snowman(style: Style) -> Model:
    paint, sections = style.paint(_SNOW), style.sections
    pieces = [Piece("body", shapes.sphere(0.45, sections).scaled(1, 0.92, 1), paint)]
    pieces.append(Piece("body", shapes.sphere(0.33, sections).moved(y=0.68), paint))
    pieces.append(Piece("head", shapes.sphere(0.24, sections).moved(y=1.22), paint))
    nose = shapes.cone(0.05, 0.28, 12).turned(0, 90).moved(y=1.44, z=0.21)
    pieces.append(Piece("nose", nose, _CARROT))
    coal = shapes.sphere(0.032, 10)
    pieces += [Piece("eyes", coal.moved(x, 1.5, 0.205), _DARK) for x in (-0.09, 0.09)]
    pieces += [Piece("buttons", coal.moved(0, y, z), _DARK) for y, z in ((0.86, 0.3), (1.02, 0.315))]
    hat = style.second(_DARK)
    pieces.append(Piece("hat", shapes.cylinder(0.25, 0.04, sections).moved(y=1.62), hat))
    pieces.append(Piece("hat", shapes.cylinder(0.16, 0.26, sections).moved(y=1.65), hat))
    scarf = shapes.torus(0.2, 0.055, sections).moved(y=1.19)
    pieces.append(Piece("scarf", scarf, _RED))
    for side in (-1, 1):
        arm = shapes.cylinder(0.022, 0.5, 8).turned(2, -side * 62).moved(side * 0.28, 1.02, 0)
        pieces.append(Piece("arms", arm, _BARK))
    return Model(pieces, surface=(1.91, 0.15, 0.15, 0))


def _star(style: Style) -> Model:
    outline = []
    for step in range(10):
        angle, radius = math.pi / 2 + math.pi * step / 5, 0.5 if step % 2 == 0 else 0.21
        outline.append((radius * math.cos(angle), 0.405 + radius * math.sin(angle)))
    body = shapes.prism(outline, 0.06, bulge=0.1)
    return _solid(body, Paint(rgb("#f5c336"), roughness=0.35), style)


def _heart(style: Style) -> Model:
    count = {"low": 24, "medium": 40, "high": 80}[style.detail]
    outline = []
    for step in range(count):
        t = 2 * math.pi * (step + 0.5) / count  # the well-known curve: x = 16 sin³t, y = 13 cos t - 5 cos 2t …
        y = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        outline.append((-0.026 * 16 * math.sin(t) ** 3, 0.44 + 0.026 * y))
    return _solid(shapes.prism(outline, 0.12, bulge=0.1), _RED, style)


def _rock(style: Style) -> Model:
    body = shapes.lump(0.42, style.random, style.fineness, 0.35).scaled(1.2, 0.8, 1.0)
    return _solid(body, _STONE, style)


def _mountain(style: Style) -> Model:
    random, paint = style.random, style.paint(Paint(rgb("#77706a"), roughness=0.95))
    pieces = []
    for x, z, radius, height in ((0, 0, 1.2, 2.0), (-0.85, 0.25, 0.8, 1.2), (0.9, 0.2, 0.75, 1.05)):
        turn = random.uniform(0, 60)
        body = shapes.pyramid(radius * 2, height, 7).turned(1, turn).moved(x, 0, z)
        pieces.append(Piece("slopes", body, paint))
        share = 0.32
        cap = shapes.pyramid(radius * 2 * share * 1.12, height * share * 1.12, 7).turned(1, turn)
        pieces.append(Piece("top", cap.moved(x, height * (1 - share * 1.1), z), style.second(_SNOW)))
    return Model(pieces, surface=(1.5, 0.4, 0.4, 0))  # what stands on it hides the summit


def _car(style: Style) -> Model:
    paint, sections = style.paint(Paint(rgb("#c8372f"), roughness=0.3)), max(14, style.sections)
    paint = Paint(paint.colour, paint.metallic, min(paint.roughness, 0.35), paint.glow)
    body = shapes.box(1.7, 0.34, 0.78, 0.07).moved(y=0.2)
    cabin = ((-0.55, 0.5), (0.42, 0.5), (0.22, 0.84), (-0.4, 0.84))
    glass = ((-0.5, 0.53), (0.36, 0.53), (0.18, 0.8), (-0.37, 0.8))
    pieces = [
        Piece("body", body, paint),
        Piece("body", shapes.prism(cabin, 0.68), paint),
        Piece("window", shapes.prism(glass, 0.7), _DARK),
        Piece("window", shapes.box(0.02, 0.3, 0.56, 0.005).turned(2, 30).moved(0.41, 0.525, 0), _DARK),
    ]
    wheel = shapes.cylinder(0.19, 0.14, sections).moved(y=-0.07).turned(0, 90)
    hub = shapes.cylinder(0.09, 0.16, sections).moved(y=-0.08).turned(0, 90)
    for x in (-0.52, 0.52):
        for z in (-0.36, 0.36):
            pieces.append(Piece("wheels", wheel.moved(x, 0.19, z), style.second(_DARK)))
            pieces.append(Piece("hubs", hub.moved(x, 0.19, z), _STEEL))
    pieces += [Piece("lights", shapes.sphere(0.07, 14).moved(0.82, 0.33, z), _LIGHT) for z in (-0.26, 0.26)]
    return Model(pieces, surface=(0.84, 0.3, 0.3, 0))


def _boat(style: Style) -> Model:
    hull = shapes.lathe(((0, 0), (0.3, 0.02), (0.52, 0.16), (0.6, 0.38), (0, 0.38)), max(16, style.sections))
    pieces = [Piece("hull", hull.scaled(1.35, 1, 0.55), style.paint(Paint(rgb("#a8563b"))))]
    pieces.append(Piece("mast", shapes.cylinder(0.03, 1.35, 10).moved(y=0.3), _WOOD))
    sail = style.second(Paint(rgb("#f4efe4"), roughness=0.9))
    pieces.append(Piece("sail", shapes.prism(((0.06, 0.55), (0.66, 0.55), (0.06, 1.6)), 0.03), sail))
    pieces.append(Piece("sail", shapes.prism(((-0.5, 0.55), (-0.06, 0.55), (-0.06, 1.35)), 0.03), sail))
    return Model(pieces, surface=(0.38, 0.5, 0.2, 0))


def _rocket(style: Style) -> Model:
    paint, sections = style.paint(Paint(rgb("#eceef0"), roughness=0.35)), style.sections
    second = style.second(_RED)
    profile = ((0, 0.25), (0.2, 0.25), (0.28, 0.55), (0.28, 1.0), (0.22, 1.35))
    pieces = [Piece("body", shapes.lathe((*profile, (0, 1.35)), sections), paint)]
    nose = ((0, 1.33), (0.222, 1.33), (0.15, 1.56), (0.07, 1.72), (0, 1.78))
    pieces.append(Piece("nose", shapes.lathe(nose, sections), second))
    for step in range(3):
        fin = shapes.prism(((0.18, 0.3), (0.48, 0.0), (0.48, 0.32), (0.24, 0.7)), 0.05)
        pieces.append(Piece("fins", fin.turned(1, 120 * step + 30), second))
    pieces.append(Piece("window", shapes.sphere(0.11, 18).moved(y=0.94, z=0.2), _PANE))
    pieces.append(Piece("engine", shapes.frustum(0.19, 0.13, 0.14, sections).moved(y=0.12), _DARK))
    return Model(pieces)


def _robot(style: Style) -> Model:
    paint = style.paint(Paint(rgb("#8fa3b5"), metallic=0.6, roughness=0.4))
    second = style.second(paint.shaded(0.75))
    pieces = [
        Piece("body", shapes.box(0.56, 0.6, 0.36, 0.04).moved(y=0.42), paint),
        Piece("head", shapes.box(0.42, 0.34, 0.34, 0.04).moved(y=1.08), paint),
        Piece("neck", shapes.cylinder(0.08, 0.1, 16).moved(y=1.0), second),
        Piece("antenna", shapes.cylinder(0.015, 0.2, 8).moved(y=1.4), second),
        Piece("antenna", shapes.sphere(0.045, 12).moved(y=1.57), _RED),
        Piece("mouth", shapes.box(0.2, 0.04, 0.03, 0.008).moved(y=1.16, z=0.17), _DARK),
        Piece("panel", shapes.box(0.26, 0.18, 0.03, 0.01).moved(y=0.72, z=0.18), second),
    ]
    pieces += [Piece("eyes", shapes.sphere(0.055, 16).moved(x, 1.25, 0.16), _LIGHT) for x in (-0.1, 0.1)]
    for side in (-1, 1):
        pieces.append(Piece("legs", shapes.box(0.16, 0.44, 0.2, 0.03).moved(side * 0.14), second))
        pieces.append(Piece("arms", shapes.box(0.12, 0.52, 0.16, 0.03).moved(side * 0.36, 0.46), second))
    return Model(pieces, surface=(1.42, 0.2, 0.16, 0))


def _cloud(style: Style) -> Model:
    paint = style.paint(Paint(rgb("#f7f9fb"), roughness=1, glow=0.15))
    puffs = ((0, 0, 0.34), (-0.38, 0.02, 0.24), (0.38, 0, 0.26), (0.16, 0.14, 0.28), (-0.18, 0.12, 0.26))
    sections = max(12, style.sections)
    return Model(
        [
            Piece("puffs", shapes.sphere(radius, sections).moved(x, y, 0.05 * index), paint)
            for index, (x, y, radius) in enumerate(puffs)
        ]
    )


def _sun(style: Style) -> Model:
    return _solid(shapes.sphere(0.45, style.sections), Paint(rgb("#ffcf3f"), glow=1), style)


def _moon(style: Style) -> Model:
    return _solid(shapes.sphere(0.4, style.sections), Paint(rgb("#e9e6d8"), roughness=1, glow=0.55), style)


KINDS: dict[str, Kind] = {
    "placeholder": Kind(_placeholder),
    "cube": Kind(_cube),
    "box": Kind(_box, hollow=True),
    "sphere": Kind(_sphere),
    "cylinder": Kind(_cylinder),
    "cone": Kind(_cone),
    "pyramid": Kind(_pyramid),
    "torus": Kind(_torus, hollow=True),
    "capsule": Kind(_capsule),
    "disc": Kind(_disc),
    "table": Kind(_table, two_colours=True, stretches=True, open_below=True, upright=False),
    "chair": Kind(_chair, two_colours=True, open_below=True),
    "stool": Kind(_stool, two_colours=True, open_below=True),
    "bench": Kind(_bench, two_colours=True, stretches=True, open_below=True, upright=False),
    "tree": Kind(_tree, two_colours=True),
    "pine": Kind(_pine),
    "bush": Kind(_bush),
    "flower": Kind(_flower, two_colours=True),
    "mushroom": Kind(_mushroom, two_colours=True),
    "house": Kind(_house, two_colours=True),
    "tower": Kind(_tower, two_colours=True),
    "castle": Kind(_castle, two_colours=True),
    "wall": Kind(_wall, two_colours=True, stretches=True, upright=False),
    "fence": Kind(_fence, two_colours=True, upright=False),
    "mug": Kind(_mug, two_colours=True, hollow=True),
    "bowl": Kind(_bowl, hollow=True),
    "vase": Kind(_vase, hollow=True),
    "bottle": Kind(_bottle, two_colours=True),
    "lamp": Kind(_lamp, two_colours=True),
    "candle": Kind(_candle, two_colours=True),
    "book": Kind(_book),
    "snowman": Kind(_snowman, two_colours=True),
    "star": Kind(_star, upright=False),
    "heart": Kind(_heart, upright=False),
    "rock": Kind(_rock),
    "mountain": Kind(_mountain, two_colours=True),
    "car": Kind(_car, two_colours=True),
    "boat": Kind(_boat, two_colours=True),
    "rocket": Kind(_rocket, two_colours=True),
    "robot": Kind(_robot, two_colours=True),
    "cloud": Kind(_cloud, floats=True),
    "sun": Kind(_sun, floats=True),
    "moon": Kind(_moon, floats=True),
}
"""Everything that can be shown, by the names of `words.NOUNS`."""


def build(kind: str, style: Style) -> tuple[Model, list[str]]:
    """One thing of this kind, and the pieces that were painted by name but that it does not have."""
    model = KINDS[kind].build(style)
    roles = {piece.role for piece in model.pieces}
    for piece in model.pieces:
        piece.paint = style.pieces.get(piece.role, piece.paint)
        if style.faceted:
            piece.body = piece.body.faceted()
    low = min(piece.body.vertices[:, 1].min() for piece in model.pieces)
    if low != 0:
        for piece in model.pieces:
            piece.body = piece.body.moved(y=-low)
    return model, [role for role in style.pieces if role not in roles]
