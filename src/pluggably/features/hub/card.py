"""Finds the description in a model card: the first paragraph of its README that is prose.

Source of the format: https://huggingface.co/docs/hub/model-cards
"""

from __future__ import annotations

import re

MOST_CHARACTERS = 1000
_SHORTEST = 40
"""Characters below which a paragraph says nothing: a name, a badge, "Model card"."""

_HEAD = re.compile(r"\A\ufeff?\s*---\s*\n.*?\n---\s*(\n|\Z)", re.DOTALL)
_DROPPED = (("<!--", "-->"), ("```", "```"), ("~~~", "~~~"), ("<style", "</style"), ("<script", "</script"))
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,1000}>")
_IMAGE = re.compile(r"!\[[^\[\]]{0,200}\]\([^()]{0,500}\)")
_LINK = re.compile(r"\[([^\[\]]{0,200})\]\([^()]{0,500}\)")
_MARKS = re.compile(r"(\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w))")
_NO_PROSE = re.compile(r"^\s*(#|[-*+]\s|\d+[.)]\s|>|\||={3,}|-{3,}|:{3})")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def description(readme: str) -> str | None:
    """The card's first paragraph of prose, as plain text of one line; None where there is none."""
    text = _HEAD.sub("", readme.replace("\r\n", "\n"), count=1)
    for begin, end in _DROPPED:
        text = _without(text, begin, end)
    for paragraph in re.split(r"\n[ \t]*\n", text):
        lines = [line for line in paragraph.split("\n") if not _NO_PROSE.match(line)]
        plain = _LINK.sub(r"\1", _IMAGE.sub("", _TAG.sub("", "\n".join(lines))))
        plain = " ".join(_CONTROLS.sub(" ", _MARKS.sub("", plain)).split())
        if len(plain) >= _SHORTEST and " " in plain:
            return _shortened(plain)
    return None


def _without(text: str, begin: str, end: str) -> str:
    """The text without what stands between such marks; in one pass, whoever wrote it."""
    kept, place = [], 0
    while (start := text.find(begin, place)) >= 0 and (stop := text.find(end, start + len(begin))) >= 0:
        kept.append(text[place:start])
        place = stop + len(end)
    return "\n\n".join([*kept, text[place:]])


def _shortened(text: str) -> str:
    if len(text) <= MOST_CHARACTERS:
        return text
    return text[: MOST_CHARACTERS - 1].rpartition(" ")[0] + "…"
