"""Scenes that are changed by further prompts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluggably.runtimes.scenes.edits import is_edit, read_on
from pluggably.runtimes.scenes.language import MAX_COUNT, Description, Relation, read
from pluggably.runtimes.scenes.layout import arrange
from pluggably.runtimes.scenes.palette import COLOURS, HOURS
from pluggably.runtimes.scenes.words import LEXICON

CUBE = "a red cube on a wooden table"


def things(*prompts: str) -> dict[str, tuple[int, str | None]]:
    """Count and colour by the kind of each thing."""
    return {thing.kind: (thing.count, colour_of(thing.paints)) for thing in said(*prompts).things}


def colour_of(paints: list[object]) -> str | None:
    found = [name for name, colour in COLOURS.items() if paints and paints[0].colour == colour]  # type: ignore[attr-defined]
    return found[0] if found else None


def said(*prompts: str) -> Description:
    return read_on(prompts[:-1], prompts[-1])


@pytest.mark.parametrize(
    "prompt",
    [
        "make it blue",
        "Make the cube blue.",
        "now make it blue, please",
        "please paint it blue",
        "change the colour of the cube to blue",
        "turn it blue",
        "it should be blue",
        "blue",
        "in blue",
        "the cube should be blue",
    ],
)
@pytest.mark.req("SYS-REQ-032", "TEST-MAN-009")
def test_what_was_made_takes_another_colour(prompt: str) -> None:
    scene = said(CUBE, prompt)
    assert scene.things[0].kind == "cube"
    assert colour_of(list(scene.things[0].paints)) == "blue"
    assert len(scene.things) == 2
    assert scene.things[1] == read(CUBE).things[1]
    assert scene.bonds == read(CUBE).bonds
    assert scene.warnings == [], scene.warnings


@pytest.mark.parametrize(
    "prompt", ["make it bigger", "bigger", "make the cube much larger", "the cube should be big"]
)
def test_what_was_made_grows(prompt: str) -> None:
    assert said(CUBE, prompt).things[0].scale == (1.5, 1.5, 1.5)


def test_a_size_of_one_direction_changes_that_one() -> None:
    assert said("a house", "make it taller").things[0].scale == (1.0, 1.7, 1.0)


def test_what_is_added_stands_beside_what_is_there() -> None:
    assert things(CUBE, "add a green sphere") == {"cube": (1, "red"), "table": (1, None), "sphere": (1, "green")}


def test_what_is_added_can_stand_in_relation_to_what_is_there() -> None:
    scene = said(CUBE, "put a green ball on the cube")
    assert [thing.kind for thing in scene.things] == ["cube", "table", "sphere"]
    assert (2, Relation.ON, (0,)) in [(bond.subject, bond.relation, bond.targets) for bond in scene.bonds]


def test_it_is_what_was_added_last() -> None:
    assert things(CUBE, "add a sphere", "make it green")["sphere"] == (1, "green")
    assert things(CUBE, "add a sphere", "make it green", "make the cube yellow") == {
        "cube": (1, "yellow"),
        "table": (1, None),
        "sphere": (1, "green"),
    }


@pytest.mark.parametrize("prompt", ["remove the cube", "delete the red cube", "get rid of the cube", "remove it"])
def test_what_is_removed_is_gone_with_its_relations(prompt: str) -> None:
    scene = said(CUBE, prompt)
    assert [thing.kind for thing in scene.things] == ["table"]
    assert (scene.bonds, scene.warnings) == ([], [])


def test_one_of_several_is_removed() -> None:
    assert things("three trees", "remove a tree")["tree"][0] == 2
    assert "tree" not in things("three trees and a house", "remove the trees")


def test_what_is_not_there_is_not_removed() -> None:
    scene = said(CUBE, "remove the sphere")
    assert len(scene.things) == 2
    assert scene.warnings == ["there is no 'sphere' to remove"]


def test_the_last_thing_stays() -> None:
    scene = said("a cube", "remove the cube")
    assert [thing.kind for thing in scene.things] == ["cube"]
    assert len(scene.warnings) == 1


@pytest.mark.parametrize(("prompt", "count"), [("make it three", 3), ("two more cubes", 3), ("add another cube", 2)])
def test_counts_change(prompt: str, count: int) -> None:
    assert things(CUBE, prompt)["cube"] == (count, "red")


def test_no_count_passes_its_bound() -> None:
    assert things("twenty cubes", "add 20 more cubes")["cube"][0] == MAX_COUNT


@pytest.mark.parametrize("prompt", ["replace the cube with a sphere", "turn it into a sphere"])
def test_one_thing_becomes_another(prompt: str) -> None:
    assert things(CUBE, prompt) == {"sphere": (1, "red"), "table": (1, None)}


def test_everything_changes_at_once() -> None:
    assert set(things("a red cube and a green sphere", "make everything blue").values()) == {(1, "blue")}


def test_the_setting_changes_and_the_things_stay() -> None:
    scene = said(CUBE, "make the sky orange")
    assert scene.sky == COLOURS["orange"]
    assert scene.things == read(CUBE).things
    assert said(CUBE, "make it night").hour == HOURS["night"]


def test_a_colour_gets_darker_and_lighter() -> None:
    before = read(CUBE).things[0].paints[0].colour
    darker = said(CUBE, "make it darker").things[0].paints[0].colour
    lighter = said(CUBE, "make the cube lighter").things[0].paints[0].colour
    assert sum(darker) < sum(before) < sum(lighter)


def test_several_edits_stand_in_one_prompt() -> None:
    assert things(CUBE, "make it blue and add a tree. Remove the table") == {"cube": (1, "blue"), "tree": (1, None)}


def test_a_thing_is_moved() -> None:
    scene = said(CUBE, "put the cube under the table")
    assert [(bond.subject, bond.relation) for bond in scene.bonds] == [(0, Relation.UNDER)]


@pytest.mark.parametrize(
    "prompt", ["a blue house", "make a house", "now a tree", "paint a red car", "add", "three cubes in a row"]
)
def test_a_prompt_that_says_a_scene_begins_a_new_one(prompt: str) -> None:
    assert read_on([CUBE], prompt).things[0].kind != "cube" or "cube" in prompt or prompt == "add"
    if prompt != "add":
        assert not is_edit(prompt)
        assert read_on([CUBE], prompt) == read(prompt)


def test_edits_of_nothing_are_scenes() -> None:
    assert read_on([], "make it blue") == read("make it blue")


def test_what_can_not_be_read_is_named_and_earlier_warnings_are_not_repeated() -> None:
    assert said("a red cube and a zorkel", "make it romantic").warnings == ["not understood: 'romantic'"]
    assert said("a red cube and a zorkel", "make it blue").warnings == []


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [
                    *sorted(LEXICON),
                    "remove",
                    "add",
                    "replace",
                    "make",
                    "it",
                    "the",
                    "all",
                    "darker",
                    "more",
                    "xyz",
                    "#f00",
                ]
            ),
            max_size=8,
        ).map(" ".join),
        min_size=1,
        max_size=5,
    )
)
def test_any_chain_of_prompts_is_a_scene_that_can_be_built(prompts: list[str]) -> None:
    scene = said(*prompts)
    assert scene.things
    for bond in scene.bonds:
        assert 0 <= bond.subject < len(scene.things)
        assert all(0 <= target < len(scene.things) for target in bond.targets)
    arrange(scene, seed=0)
