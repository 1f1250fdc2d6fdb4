"""The description in a model card."""

from __future__ import annotations

import time

import pytest

from pluggably.features.hub.card import MOST_CHARACTERS, description

PROSE = "This is a model that reads the weather and writes verses about it."


@pytest.mark.parametrize(
    ("readme", "expected"),
    [
        (PROSE, PROSE),
        (f"---\nlicense: mit\ntags:\n- a\n---\n# Name\n\n{PROSE}\n\nMore.", PROSE),
        (f"\ufeff---\r\nlicense: mit\r\n---\r\n\r\n{PROSE}\r\n", PROSE),
        (f"<!-- {PROSE} hidden -->\n```\n{PROSE} code\n```\n{PROSE}", PROSE),
        (f"<div align='center'><img src='x.png'></div>\n\n<p>{PROSE}</p>", PROSE),
        (f"[![badge](https://a.b/c.svg)](https://a.b)\n\n{PROSE}", PROSE),
        (f"- a list of things that is long enough to look like prose\n\n{PROSE}", PROSE),
        (f"| a | table | that | is | long | enough | to look like prose |\n\n{PROSE}", PROSE),
        (f"> a quotation of somebody else, long enough to be prose by itself\n\n{PROSE}", PROSE),
        ("**This** is a [model](https://x.y) with `code` and *stress* that is long enough.",
         "This is a model with code and stress that is long enough."),
        ("The file_name_of_it keeps its underscores, and 2 * 3 * 4 its stars, of course.",
         "The file_name_of_it keeps its underscores, and 2 * 3 * 4 its stars, of course."),
        ("A model\nof two lines\tand a \x1b[31mred\x1b[0m one that is long enough to be told.",
         "A model of two lines and a [31mred [0m one that is long enough to be told."),
        ("# Only a title\n\nshort", None),
        ("", None),
        ("---\nlicense: mit\n---", None),
        ("x" * 500, None),
    ],
)  # fmt: skip
def test_the_first_paragraph_of_prose_is_found(readme: str, expected: str | None) -> None:
    assert description(readme) == expected


def test_a_long_paragraph_is_cut_between_words() -> None:
    found = description("word " * 1000)
    assert found is not None
    assert len(found) <= MOST_CHARACTERS
    assert found.endswith("word…")


@pytest.mark.parametrize("piece", ["<", "[", "![", "<a ", "---\n", "*_", "<!--", "```", "<style", "(][", "[]("])
def test_a_hostile_card_takes_no_long_time(piece: str) -> None:
    began = time.monotonic()
    description(piece * (32 * 1024 // len(piece)))
    assert time.monotonic() - began < 2
