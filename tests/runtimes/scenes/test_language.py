"""Prompts and what is read from them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluggably.runtimes.scenes.language import MAX_COUNT, MAX_MEMBERS, MAX_THINGS, Description, read
from pluggably.runtimes.scenes.palette import HOURS, rgb
from pluggably.runtimes.scenes.words import LEXICON, Order, Place, Relation

RED, BLUE, GREEN = rgb("#d62828"), rgb("#2563c9"), rgb("#2f9e44")


def kinds(found: Description) -> list[tuple[str, int]]:
    return [(thing.kind, thing.count) for thing in found.things]


def bonds(found: Description) -> list[tuple[str, str, tuple[str, ...]]]:
    """Relations by kinds."""
    name = [thing.kind for thing in found.things]
    return [
        (name[bond.subject], bond.relation.value, tuple(name[target] for target in bond.targets))
        for bond in found.bonds
    ]


def test_the_example_of_the_documentation_is_understood_completely() -> None:
    found = read("a red cube on a blue table, two green spheres left of it, low-poly tree")
    assert kinds(found) == [("cube", 1), ("table", 1), ("sphere", 2), ("tree", 1)]
    assert [[paint.colour for paint in thing.paints] for thing in found.things] == [[RED], [BLUE], [GREEN], []]
    assert bonds(found) == [("cube", "on", ("table",)), ("sphere", "left of", ("cube",))]
    assert [thing.faceted for thing in found.things] == [False, False, False, True]
    assert found.warnings == []


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cube on a table", [("cube", "on", ("table",))]),
        ("a cube on top of a table", [("cube", "on", ("table",))]),
        ("a ball under a chair", [("sphere", "under", ("chair",))]),
        ("a ball beneath the chair", [("sphere", "under", ("chair",))]),
        ("a car to the left of a house", [("car", "left of", ("house",))]),
        ("a car on the right side of a house", [("car", "right of", ("house",))]),
        ("a bench in front of a wall", [("bench", "in front of", ("wall",))]),
        ("a tree behind a fence", [("tree", "behind", ("fence",))]),
        ("a lamp next to a bench", [("lamp", "next to", ("bench",))]),
        ("a lamp beside the bench", [("lamp", "next to", ("bench",))]),
        ("a ball between a cube and a cone", [("sphere", "between", ("cube", "cone"))]),
        ("a ball between two trees", [("sphere", "between", ("tree",))]),
        ("a ball inside a box", [("sphere", "inside", ("box",))]),
        ("a flower in a vase", [("flower", "inside", ("vase",))]),
        ("five trees around a house", [("tree", "around", ("house",))]),
        ("a house surrounded by trees", [("tree", "around", ("house",))]),
        ("a star above a tower", [("star", "above", ("tower",))]),
        ("On the table there is a red mug.", [("mug", "on", ("table",))]),
        ("a table with a red cube on top", [("cube", "on", ("table",))]),
        ("a cube and a sphere. The cube is on the sphere.", [("cube", "on", ("sphere",))]),
        ("a cube and a sphere on a table", [("cube", "on", ("table",)), ("sphere", "on", ("table",))]),
        ("a house, a ball on a table", [("sphere", "on", ("table",))]),
        ("a mug on a table beside a tree", [("mug", "on", ("table",)), ("table", "next to", ("tree",))]),
        ("a cube on a table and a lamp on it", [("cube", "on", ("table",)), ("lamp", "on", ("table",))]),
        ("two houses, a snowman in front of them", [("snowman", "in front of", ("house",))]),
        ("a tree and a house left of it", [("house", "left of", ("tree",))]),
        ("a tree on green grass under a blue sky", []),
        ("a boat on the sea at night", []),
    ],
)
def test_relations(prompt: str, expected: list[tuple[str, str, tuple[str, ...]]]) -> None:
    found = read(prompt)
    assert bonds(found) == expected
    assert found.warnings == []


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("three cubes", [("cube", 3)]),
        ("3 cubes", [("cube", 3)]),
        ("a dozen mushrooms", [("mushroom", 12)]),
        ("half a dozen stars", [("star", 6)]),
        ("a pair of snowmen", [("snowman", 2)]),
        ("cubes", [("cube", 3)]),
        ("a stack of five cubes", [("cube", 5)]),
        ("a pine tree", [("pine", 1)]),
        ("a stone tower next to a stone", [("tower", 1), ("rock", 1)]),
        ("a wooden table", [("table", 1)]),
        ("a glass on a glass table", [("mug", 1), ("table", 1)]),
        ("coffee cup", [("mug", 1)]),
    ],
)
def test_things_and_how_many(prompt: str, expected: list[tuple[str, int]]) -> None:
    assert kinds(read(prompt)) == expected


def test_too_many_are_cut_with_a_warning() -> None:
    found = read("9999 cubes")
    assert kinds(found) == [("cube", MAX_COUNT)]
    assert found.warnings == [f"9999 of 'cubes' are too many; {MAX_COUNT} are shown"]
    found = read(", ".join(["a cube"] * (MAX_THINGS + 5)))
    assert len(found.things) == MAX_THINGS
    assert any("only the first" in warning for warning in found.warnings)


def test_too_many_in_all_are_thinned_out_with_a_warning() -> None:
    found = read("20 cubes, 20 balls, 20 cones, 20 stars, a house")
    assert sum(thing.count for thing in found.things) == MAX_MEMBERS
    assert found.things[-1].count == 1
    assert "there are too many things in all: fewer 'cubes' are shown" in found.warnings


@pytest.mark.parametrize(
    ("prompt", "colour"),
    [
        ("a red cube", RED),
        ("a cube that is red", RED),
        ("a big, red cube", RED),
        ("a #3366ff cube", rgb("#3366ff")),
        ("a light blue cube", rgb("lightblue")),
        ("a crimson cube", rgb("crimson")),
    ],
)
def test_colours(prompt: str, colour: tuple[float, float, float]) -> None:
    (thing,) = read(prompt).things
    assert thing.paints[0].colour == pytest.approx(colour)


def test_materials_are_more_than_a_colour() -> None:
    golden, wooden = read("a golden ring and a wooden cube").things
    assert golden.paints[0].metallic == 1
    assert wooden.paints[0].metallic == 0
    (shiny,) = read("a shiny red ball").things
    assert (shiny.paints[0].metallic, shiny.paints[0].colour) == (1, RED)


def test_dark_and_light_change_a_colour() -> None:
    dark, plain, pale = (sum(read(f"a {word}red cube").things[0].paints[0].colour) for word in ("dark ", "", "pale "))
    assert dark < plain < pale


@pytest.mark.parametrize(
    ("word", "width", "height"),
    [
        ("tiny", 0.4, 0.4),
        ("big", 1.5, 1.5),
        ("huge", 2.2, 2.2),
        ("tall", 1, 1.7),
        ("wide", 1.7, 1),
        ("flat", 1, 0.35),
    ],
)
def test_sizes(word: str, width: float, height: float) -> None:
    (thing,) = read(f"a {word} cube").things
    assert thing.scale[:2] == pytest.approx((width, height))


def test_very_big_is_bigger_than_big() -> None:
    assert read("a very big cube").things[0].scale > read("a big cube").things[0].scale


def test_two_colours_and_named_pieces() -> None:
    (house,) = read("a white house with a blue roof and a red door").things
    assert house.paints[0].colour == rgb("#f4f4f2")
    assert {piece: paint.colour for piece, paint in house.pieces.items()} == {"roof": BLUE, "door": RED}
    (cube,) = read("a red and blue cube").things
    assert [paint.colour for paint in cube.paints] == [RED, BLUE]


def test_the_setting() -> None:
    found = read("a house on red sand under a green sky at night")
    assert (found.ground, found.sky, found.hour) == (RED, GREEN, HOURS["night"])
    assert kinds(found) == [("house", 1)]
    studio = read("a cube on a white background")
    assert studio.sky == studio.ground == rgb("#f4f4f2")


def test_orders_and_places() -> None:
    assert read("three cubes on top of each other").things[0].order is Order.STACK
    assert read("six cubes in a circle").things[0].order is Order.CIRCLE
    left, right = read("on the left a red cube, on the right a blue sphere").things
    assert (left.place, right.place) == (Place.LEFT, Place.RIGHT)


def test_what_is_not_understood_is_named() -> None:
    found = read("a red cube and a flibbertigibbet")
    assert kinds(found) == [("cube", 1), ("placeholder", 1)]
    assert found.warnings == ["not understood: 'flibbertigibbet', shown as a plain shape"]
    assert read("a sparkling red cube").warnings == ["not understood: 'sparkling'"]
    assert read("a cube 🙂").warnings == ["not understood: '🙂'"]


@pytest.mark.parametrize("prompt", ["", "   ", "!!!", "and of the", "zzz qqq"])
def test_nothing_to_show_gives_a_placeholder_and_says_so(prompt: str) -> None:
    found = read(prompt)
    assert kinds(found) == [("placeholder", 1)]
    assert found.warnings[0].startswith("nothing to show was found")


WORDS = st.sampled_from([*sorted(LEXICON), "7", "99999999", "#ff0000", "gobbledygook", ",", ".", "и", "🙂"])


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(WORDS, max_size=25).map(" ".join)))
def test_no_text_raises_and_something_is_always_shown(prompt: str) -> None:
    found = read(prompt)
    assert 1 <= len(found.things) <= MAX_THINGS
    for bond in found.bonds:
        assert bond.targets
        assert bond.subject not in bond.targets
        assert all(0 <= index < len(found.things) for index in (bond.subject, *bond.targets))
        assert isinstance(bond.relation, Relation)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.from_regex(r"[bcdfghjklmnpqrstvwxz]{9,12}", fullmatch=True), min_size=1, max_size=6, unique=True))
def test_every_unknown_word_is_named(words: list[str]) -> None:
    said = " ".join(read(f"a cube, {', '.join(words)}").warnings)
    assert all(word in said for word in words)
