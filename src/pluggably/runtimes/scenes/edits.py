"""Scenes that are changed by further prompts: "make it blue", "add a tree", "remove the cube".

A prompt is an edit where it begins with a verb that needs something to work on, or says nothing but how something is;
every other prompt is a scene of its own. What an edit says is read like any prompt, about the things that are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pluggably.runtimes.scenes.language import (
    MAX_COUNT,
    PLACEHOLDER,
    Description,
    Reader,
    Thing,
    read,
    tokens_of,
)
from pluggably.runtimes.scenes.palette import lighter
from pluggably.runtimes.scenes.words import LEXICON, Part

_POLITE = re.compile(
    r"^(?:(?:please|now|then|and|also|ok|okay|just|instead|next|but|can you|could you|would you|i want you to|let us"
    r"|lets|let's|,)\s+)+"
)
_WHAT = r"(?:it|them|this|that|these|those|the|all|everything|every|each|both)\b"
_BEGINS = re.compile(
    rf"(?:make|set|give|turn|change|paint|colou?r|recolou?r|move|put|place|replace|swap)\s+{_WHAT}"
    r"|(?:add|remove|delete|erase|take away|take out|get rid of|drop the|without|another|one more)\b"
    r"|(?:it|they)\s+(?:should|must|has to|have to|needs? to|is|are)\b"
    r"|(?:the\s+)?\w+\s+(?:should|must)\s+be\b"
    r"|(?:put|place)\b.*\b(?:it|them|the)\b"
    r"|\w+ more \w+$"
)
_CLAUSES = re.compile(
    r"[.;!?]+|\s*,?\s*\b(?:and then|then|and|but)\s+(?=(?:make|set|give|turn|change|paint|recolou?r|move|put|place"
    r"|replace|swap|add|remove|delete|erase|take away|take out|get rid of|drop)\b)"
)
_REMOVE = re.compile(r"(?:remove|delete|erase|drop|take away|take out|get rid of|without)\s+(.+)")
_REPLACE = re.compile(r"(?:replace|swap)\s+(.+?)\s+(?:with|by|for)\s+(.+)")
_BECOME = re.compile(r"(?:make|turn|change)\s+(it|them|the .+?)\s+(?:in)?to\s+((?:a|an|some|\d+)\s+.+)")
_SETTING = re.compile(
    r"(?:make|turn|change|paint|colou?r|recolou?r|set)\s+(?:the\s+)?(?:colou?r\s+of\s+)?(?:the\s+)?"
    r"(sky|background|backdrop|ground|floor|grass)\s+(?:to\s+be\s+|to\s+|in\s+)?(.+)"
)
_ALL = re.compile(
    r"(?:make|turn|change|paint|colou?r|recolou?r)\s+"
    r"(?:all of them|both of them|them all|them both|them|all|everything|these|those)\s+(.+)"
)
_MORE = re.compile(r"(?:add\s+)?(?:(\w+)\s+more|another|one more|(?:an?\s+)?extra)\s+(\w+)")
_COUNT = re.compile(r"(?:make|set|give me)?\s*(?:it|them)?\s*(?:to\s+)?(\w+)(?:\s+of\s+(?:it|them))?")
_WORDS_OF_EDITS = re.compile(
    r"^(?:make|set|give|turn|change|paint|colou?r|recolou?r|move|put|place|add)\s+(?:the\s+colou?r\s+of\s+)?"
    r"|\b(?:should|must|has to|have to|needs to|need to)\s+be\b|\bmuch\b|\bto\s+(?!the\b)"
)
"""What tells that something changes, and nothing of what it becomes."""
_COMPARATIVES = {
    "taller": "tall",
    "higher": "tall",
    "shorter": "short",
    "lower": "low",
    "wider": "wide",
    "broader": "wide",
    "longer": "long",
    "narrower": "narrow",
    "thinner": "thin",
    "slimmer": "slim",
    "thicker": "thick",
    "fatter": "fat",
    "flatter": "flat",
    "deeper": "deep",
}
_SHADES = {"darker": 0.6, "lighter": 1.35, "paler": 1.45, "brighter": 1.2}
_ADJECTIVES = (Part.COLOUR, Part.TINT, Part.MATERIAL, Part.SIZE, Part.VERY, Part.FACETED)
MAX_EDITS = 64
"""Earlier prompts that are gone through."""


@dataclass(slots=True)
class _Scene:
    """What is there by now. `focus` is what "it" means: the thing that the last edit was about."""

    description: Description
    heads: list[int] = field(default_factory=list)
    focus: int | None = None


def read_on(history: Sequence[str], prompt: str) -> Description:
    """What `prompt` says after the earlier prompts of `history`, oldest first. Its warnings are of `prompt` alone."""
    scene: _Scene | None = None
    for said in (*history[-MAX_EDITS:], prompt):
        if scene is None or not is_edit(said) or _is_nothing(scene.description):
            scene = _begun(said)
        else:
            scene.description.warnings = []
            _edit(scene, said)
    assert scene is not None
    return scene.description


def is_edit(prompt: str) -> bool:
    """Whether a prompt changes what is there, rather than to say what shall be there."""
    said = _plain(prompt)
    if _BEGINS.match(said):
        return True
    tokens = tokens_of(said)
    return _is_bare(_based(tokens)) or (len(tokens) < 3 and any(token in _SHADES for token in tokens))


def _is_bare(tokens: list[str]) -> bool:
    """Whether nothing but how something is was said."""
    parts = {sense.part if (sense := LEXICON.get(token)) is not None else None for token in tokens}
    return bool(parts.intersection(_ADJECTIVES)) and parts <= {*_ADJECTIVES, Part.AND, Part.RELATION}


def _plain(prompt: str) -> str:
    return _POLITE.sub("", " ".join(prompt.lower().replace("’", "'").split()))


def _begun(prompt: str) -> _Scene:
    reader = Reader(tokens_of(prompt))
    reader.read()
    return _Scene(reader.description(), reader.heads)


def _is_nothing(description: Description) -> bool:
    return all(thing.kind == PLACEHOLDER and thing.word == "placeholder" for thing in description.things)


def _edit(scene: _Scene, prompt: str) -> None:
    for clause in _CLAUSES.split(_plain(prompt)):
        said = _POLITE.sub("", clause.strip(" ,"))
        if said and not any(apply(scene, said) for apply in _EDITS):
            words = _based(tokens_of(_WORDS_OF_EDITS.sub("", said)))
            if _is_bare(words):  # "blue", "in blue"
                words = ["it", *(word for word in words if word != "in")]
            _read_on(scene, words)


def _removed(scene: _Scene, said: str) -> bool:
    """Remove the cube; remove a tree of several; remove it."""
    match = _REMOVE.fullmatch(said)
    if match is None:
        return False
    things = scene.description.things
    gone: set[int] = set()
    for wanted, found in _named(scene, match[1]):
        if not found:
            scene.description.warnings.append(f"there is no '{wanted.word}' to remove")
        for index in found:
            only_some = not wanted.plural and not re.search(r"\b(?:the|all|every|it)\b", match[1])
            count = wanted.count if wanted.count > 1 or only_some else things[index].count
            if count < things[index].count:
                things[index].count -= count
            else:
                gone.add(index)
    if len(gone) == len(things):
        scene.description.warnings.append("nothing would be left: what is there stays")
        return True
    _drop(scene, gone)
    return True


def _replaced(scene: _Scene, said: str) -> bool:
    """Replace the cube with a sphere; turn it into a sphere."""
    match = _REPLACE.fullmatch(said) or _BECOME.fullmatch(said)
    if match is None:
        return False
    new = read(match[2])
    things = scene.description.things
    for wanted, found in _named(scene, match[1]):
        if not found:
            scene.description.warnings.append(f"there is no '{wanted.word}' to change")
        for index in found:
            old, other = things[index], new.things[0]
            paints = other.paints or old.paints
            things[index] = replace(old, kind=other.kind, word=other.word, paints=paints, pieces=dict(other.pieces))
            if other.count > 1:
                things[index].count = other.count
            scene.focus = index
    scene.description.warnings += new.warnings
    return True


def _set(scene: _Scene, said: str) -> bool:
    """Make the sky orange."""
    match = _SETTING.fullmatch(said)
    if match is None:
        return False
    _read_on(scene, tokens_of(f"{match[2]} {match[1]}"))
    return True


def _all(scene: _Scene, said: str) -> bool:
    """Make everything blue."""
    match = _ALL.fullmatch(said)
    if match is None:
        return False
    like = read("cube " + " ".join(_based(tokens_of(match[1]))))
    for thing in scene.description.things:
        thing.paints = list(like.things[0].paints) or thing.paints
        width, height, depth = (a * b for a, b in zip(thing.scale, like.things[0].scale, strict=True))
        thing.scale = (width, height, depth)
        thing.faceted = thing.faceted or like.things[0].faceted
    scene.description.warnings += like.warnings
    return True


def _more(scene: _Scene, said: str) -> bool:
    """Two more trees; another tree: of those that are there."""
    match = _MORE.fullmatch(said)
    if match is None:
        return False
    number = _number(match[1]) if match[1] else 1
    if number is None:
        return False
    kind = read(match[2]).things[0].kind
    for index in reversed(range(len(scene.description.things))):
        thing = scene.description.things[index]
        if thing.kind == kind and kind != PLACEHOLDER:
            thing.count = min(MAX_COUNT, thing.count + number)
            thing.plural = True
            scene.focus = index
            return True
    _read_on(scene, tokens_of(f"{number} {match[2]}"))
    return True


def _counted(scene: _Scene, said: str) -> bool:
    """Make it three."""
    match = _COUNT.fullmatch(said)
    number = None if match is None else _number(match[1])
    index = _it(scene)
    if number is None or index is None:
        return False
    thing = scene.description.things[index]
    thing.count, thing.plural = max(1, min(MAX_COUNT, number)), number > 1
    scene.focus = index
    return True


def _shaded(scene: _Scene, said: str) -> bool:
    """Make it darker."""
    words = tokens_of(said)
    factor = next((_SHADES[word] for word in words if word in _SHADES), None)
    if factor is None:
        return False
    rest = " ".join(word for word in words if word not in _SHADES and word not in ("make", "turn", "much"))
    index = _it(scene)
    found = [index for _, indices in _named(scene, rest) for index in indices] if rest.startswith("the ") else []
    for at in found or ([] if index is None else [index]):
        thing = scene.description.things[at]
        if not thing.paints:
            scene.description.warnings.append(f"'{thing.word}' has no colour of its own to change")
        thing.paints = [replace(paint, colour=lighter(paint.colour, factor)) for paint in thing.paints]
        scene.focus = at
    return True


_EDITS: tuple[Callable[[_Scene, str], bool], ...] = (_removed, _replaced, _set, _all, _more, _counted, _shaded)


def _read_on(scene: _Scene, tokens: list[str]) -> None:
    """Read what an edit says about what is there."""
    description = scene.description
    known, bonds = len(description.things), len(description.bonds)
    reader = Reader(tokens, description, scene.heads, scene.focus)
    reader.read()
    reader.description()
    named = reader.heads[len(scene.heads) :]
    # Where something is said anew to stand, it no longer stands where it stood.
    moved = {bond.subject for bond in description.bonds[bonds:]}
    description.bonds[:bonds] = [bond for bond in description.bonds[:bonds] if bond.subject not in moved]
    scene.heads = reader.heads
    if named:
        added = [index for index in named if index >= known]
        scene.focus = added[0] if added else named[0]


def _named(scene: _Scene, said: str) -> list[tuple[Thing, list[int]]]:
    """The things that a noun phrase speaks of, with their places among those that are there."""
    if said in ("it", "them", "this", "that"):
        index = _it(scene)
        return [] if index is None else [(scene.description.things[index], [index])]
    if said in ("all", "everything"):
        return [(thing, [index]) for index, thing in enumerate(scene.description.things)]
    result = []
    for wanted in read(said).things:
        found = [
            index
            for index, thing in enumerate(scene.description.things)
            if thing.kind == wanted.kind
            and (wanted.kind != PLACEHOLDER or thing.word == wanted.word)
            and (not wanted.paints or thing.paints == wanted.paints)
        ]
        result.append((wanted, found if wanted.plural else found[-1:]))
    return result


def _it(scene: _Scene) -> int | None:
    """What "it" means: what the last edit was about, else what the reader takes it for."""
    if scene.focus is None:
        reader = Reader(["it"], scene.description, scene.heads)
        reader.read()
        named = reader.heads[len(scene.heads) :]
        return named[0] if named else None
    return scene.focus


def _drop(scene: _Scene, gone: set[int]) -> None:
    """Take things out, with what stood in relation to them."""
    description = scene.description
    place = {old: new for new, old in enumerate(i for i in range(len(description.things)) if i not in gone)}
    description.things = [description.things[index] for index in place]
    description.bonds = [
        replace(bond, subject=place[bond.subject], targets=tuple(place[target] for target in bond.targets))
        for bond in description.bonds
        if bond.subject in place and all(target in place for target in bond.targets)
    ]
    scene.heads = [place[head] for head in scene.heads if head in place]
    scene.focus = place.get(scene.focus) if scene.focus is not None else None


def _based(tokens: list[str]) -> list[str]:
    """With the plain words in the place of comparatives that the lexicon lacks."""
    return [_COMPARATIVES.get(token, token) for token in tokens]


def _number(word: str) -> int | None:
    if word.isascii() and word.isdecimal() and len(word) < 4:
        return int(word)
    sense = LEXICON.get(word)
    return sense.value if sense is not None and sense.part is Part.NUMBER and isinstance(sense.value, int) else None
