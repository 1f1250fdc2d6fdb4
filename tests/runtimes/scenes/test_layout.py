"""Where things stand: relations, measured on the finished meshes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluggably.runtimes.scenes.kinds import KINDS, Style, build
from pluggably.runtimes.scenes.language import read
from pluggably.runtimes.scenes.layout import Scene, arrange, holds
from pluggably.runtimes.scenes.words import LEXICON, NOUNS


def scene(prompt: str, seed: int = 0) -> Scene:
    return arrange(read(prompt), seed=seed)


def middle(box: np.ndarray) -> np.ndarray:
    return (box[0] + box[1]) / 2


def across(one: np.ndarray, other: np.ndarray) -> bool:
    return all(one[0][axis] < other[1][axis] and other[0][axis] < one[1][axis] for axis in (0, 2))


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("target", ["table", "cube", "chair", "bench", "sphere", "tower", "car", "house", "rock"])
@pytest.mark.parametrize("subject", ["cube", "ball", "mug", "tree"])
def test_on_means_touching_and_above(subject: str, target: str, seed: int) -> None:
    found = scene(f"a {subject} on a {target}", seed)
    above, below = found.box(0), found.box(1)
    model = next(member for member in found.members if member.thing == 1)
    height = below[1][1] if model.model.surface is None else model.model.surface[0] * model.scale[1]
    assert above[0][1] == pytest.approx(height)
    assert below[0][1] == pytest.approx(0)
    assert across(above, below)
    assert found.warnings == []


@pytest.mark.parametrize(
    ("words", "axis", "sign"),
    [("left of", 0, -1), ("to the right of", 0, 1), ("in front of", 2, 1), ("behind", 2, -1)],
)
@pytest.mark.parametrize("subject", ["two spheres", "a car", "a huge castle"])
def test_sides(words: str, axis: int, sign: int, subject: str) -> None:
    found = scene(f"{subject} {words} a house")
    one, other = found.box(0), found.box(1)
    gap = one[0][axis] - other[1][axis] if sign > 0 else other[0][axis] - one[1][axis]
    assert 0 < gap < 1
    assert one[0][1] == other[0][1] == pytest.approx(0)


def test_under_what_is_open_below() -> None:
    found = scene("a ball under a table")
    ball, table = found.box(0), found.box(1)
    assert ball[1][1] < table[1][1]
    assert across(ball, table)


def test_under_what_is_not_turns_the_two_around() -> None:
    found = scene("a cube under a ball")
    assert found.box(1)[0][1] == pytest.approx(found.box(0)[1][1])


def test_between() -> None:
    found = scene("a big ball between a cube and a cone")
    ball, cube, cone = (found.box(index) for index in range(3))
    assert cube[1][0] < ball[0][0] < ball[1][0] < cone[0][0]
    found = scene("a ball between two trees")
    trees = sorted(member.box[0][0] for member in found.members if member.thing == 1)
    assert trees[0] < middle(found.box(0))[0] < trees[1]


def test_inside() -> None:
    found = scene("a ball in a box")
    ball, box = found.box(0), found.box(1)
    assert all(box[0][axis] < ball[0][axis] and ball[1][axis] < box[1][axis] for axis in (0, 2))
    assert 0 < ball[0][1] < box[1][1]
    assert scene("a ball in a house").warnings == ["'ball' can't be seen inside 'house'"]


def test_what_is_beside_a_vase_is_not_in_it() -> None:
    found = scene("a copper vase with a flower in it, a shiny blue ball next to it")
    vase, flower, ball = (found.box(index) for index in range(3))
    assert flower[0][1] < vase[1][1] < flower[1][1] - 0.1  # it looks out
    assert ball[0][1] == pytest.approx(0)
    assert not across(ball, vase)
    assert found.warnings == []


def test_around() -> None:
    found = scene("eight trees around a house")
    centre = middle(found.box(1))
    angles = []
    for member in found.members:
        if member.thing == 0:
            away = middle(member.box) - centre
            angles.append(float(np.arctan2(away[2], away[0])))
            assert not across(member.box, found.box(1))
    steps = np.diff(sorted(angles))
    assert steps.max() < 1.2  # all around, not on one side
    ring, ball = scene("a golden ring around a ball").box(0), scene("a golden ring around a ball").box(1)
    assert ring[0][0] < ball[0][0] < ball[1][0] < ring[1][0]


def test_above_floats() -> None:
    found = scene("a star above a tower")
    assert found.box(0)[0][1] > found.box(1)[1][1] + 0.1


def test_a_table_grows_for_what_stands_on_it() -> None:
    found = scene("five cubes on a table")
    cubes, table = found.box(0), found.box(1)
    assert table[0][0] < cubes[0][0] < cubes[1][0] < table[1][0]


def test_things_without_relations_do_not_touch() -> None:
    found = scene("a house, a tree, a car, a lamp, a bench, a rocket, a robot, three cubes")
    boxes = [member.box for member in found.members]
    for number, one in enumerate(boxes):
        assert not any(across(one, other) for other in boxes[number + 1 :])


def test_things_on_the_same_side_stand_in_line() -> None:
    found = scene("a cube, a ball left of the cube, a cone left of the cube")
    cube, ball, cone = (found.box(index) for index in range(3))
    assert cone[1][0] < ball[0][0] < ball[1][0] < cube[0][0]


def test_what_contradicts_itself_is_said() -> None:
    found = scene("a cube left of a ball. The ball is left of the cube.")
    assert found.warnings == ["could not be shown: 'ball left of cube'"]


def test_places_in_the_picture() -> None:
    found = scene("on the right a cube, on the left a ball")
    assert found.box(1)[1][0] < found.box(0)[0][0]


def test_sizes_are_seen() -> None:
    def size(prompt: str) -> np.ndarray:
        box = scene(prompt).box(0)
        return box[1] - box[0]

    assert size("a huge ball")[1] == pytest.approx(2.2 * size("a ball")[1])
    assert size("a tall ball")[1] == pytest.approx(1.7 * size("a ball")[1])
    assert size("a tiny ball")[0] == pytest.approx(0.4 * size("a ball")[0])


def test_a_stack_goes_up() -> None:
    found = scene("four cubes stacked")
    boxes = sorted((member.box for member in found.members), key=lambda box: float(box[0][1]))
    for below, above in pairwise(boxes):
        assert above[0][1] == pytest.approx(below[1][1])


def test_pieces_that_a_thing_lacks_are_said() -> None:
    assert scene("a cube with a red roof").warnings == ["'cube' has no roof that could be painted"]


@pytest.mark.parametrize("faceted", [False, True])
@pytest.mark.parametrize("detail", ["low", "medium", "high"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_built_of_closed_bodies(kind: str, detail: str, faceted: bool) -> None:
    model, _ = build(kind, Style(detail=detail, faceted=faceted))
    for piece in model.pieces:
        faces, points = piece.body.faces, piece.body.vertices
        edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
        there = {tuple(edge) for edge in edges.tolist()}
        assert len(there) == len(edges)
        assert there == {(b, a) for a, b in there}  # each edge once in each direction: closed, and one way round
        corners = points[faces]
        volume = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
        assert volume > 0  # seen from outside
        assert np.isfinite(points).all()
    assert min(piece.body.vertices[:, 1].min() for piece in model.pieces) == pytest.approx(0)


def test_every_noun_has_a_kind_and_stands_in_the_guide() -> None:
    assert set(NOUNS) | {"placeholder"} == set(KINDS)
    guide = (Path(__file__).resolve().parents[3] / "docs" / "scenes.md").read_text(encoding="utf-8")
    things = guide.partition("**Things**")[2].partition("**Colours**")[0]
    assert [kind for kind in NOUNS if kind not in things] == []


RELATIONS = ["on", "under", "left of", "right of", "in front of", "behind", "next to", "in", "around", "above"]
NOUN = st.sampled_from(["cube", "ball", "table", "tree", "house", "two cones", "mug", "it", "them", "the cube"])


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.lists(
            st.tuples(NOUN, st.sampled_from(RELATIONS), NOUN, st.sampled_from([",", " and", "."])), max_size=5
        ).map(lambda clauses: " ".join(f"{a} {relation} {b}{end}" for a, relation, b, end in clauses)),
        st.lists(st.sampled_from(sorted(LEXICON)), max_size=20).map(" ".join),
        st.text(max_size=60),
    ),
    st.integers(0, 5),
)
def test_every_prompt_is_arranged_and_what_does_not_hold_is_said(prompt: str, seed: int) -> None:
    description = read(prompt)
    found = arrange(description, seed=seed)
    assert len(found.members) == sum(thing.count for thing in description.things)
    assert all(np.isfinite(member.box).all() and member.box[0][1] > -1e-6 for member in found.members)
    unheld = [bond for bond in description.bonds if not holds(found, bond)]
    assert len([warning for warning in found.warnings if warning.startswith("could not be shown")]) == len(unheld)
