"""A prompt read into things, how they stand to each other, and the setting; what can't be read is named.

Not a grammar of English: the words of the lexicon are taken one after the other, and each phrase is about what was
said last. Everything that is left over becomes a warning, so that nothing is dropped silently.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from pluggably.runtimes.scenes.palette import COLOURS, HOURS, MATERIALS, Colour, Hour, Paint, lighter, rgb
from pluggably.runtimes.scenes.words import (
    DOUBLE_NOUNS,
    LEXICON,
    LONGEST_PHRASE,
    SURFACES,
    Order,
    Part,
    Place,
    Relation,
    Scale,
    Sense,
)

MAX_THINGS = 24
MAX_COUNT = 24
MAX_MEMBERS = 72
"""Of all things together: bounds time and memory."""
MAX_TOKENS = 2000
MAX_WARNINGS = 20
PLACEHOLDER = "placeholder"
"""The kind of what was named but is not known."""

_TOKEN = re.compile(r"#[0-9a-f]{6}\b|#[0-9a-f]{3}\b|[^\W_]+(?:['’][^\W_]+)*|[^\w\s]|_")
_SILENT = frozenset("\"'`“”‘’«»*_-–—/~…")
_LONGEST_WORD = 40
_BIGGEST, _SMALLEST = 4.0, 0.2
_PLURAL_COUNT = {None: 3, Order.ROW: 4, Order.STACK: 3, Order.CIRCLE: 6}
_SUPPORTING = (Relation.ON, Relation.UNDER, Relation.INSIDE, Relation.ABOVE)
_COPULAS = ("is", "are", "was", "were")


@dataclass(slots=True)
class Thing:
    """One noun with what was said of it; `word` is the prompt's own."""

    kind: str
    word: str
    count: int = 1
    paints: list[Paint] = field(default_factory=list)
    pieces: dict[str, Paint] = field(default_factory=dict)
    scale: Scale = (1.0, 1.0, 1.0)
    faceted: bool = False
    order: Order | None = None
    place: Place | None = None
    plural: bool = False


@dataclass(frozen=True, slots=True)
class Bond:
    """Where things stand to each other; numbers are places in `Description.things`."""

    subject: int
    relation: Relation
    targets: tuple[int, ...]


@dataclass(slots=True)
class Description:
    """What a prompt says."""

    things: list[Thing] = field(default_factory=list)
    bonds: list[Bond] = field(default_factory=list)
    hour: Hour = HOURS["day"]
    sky: Colour | None = None
    ground: Colour | None = None
    warnings: list[str] = field(default_factory=list)


def read(prompt: str) -> Description:
    """What `prompt` says. Never raises; where nothing can be read there is a placeholder and a warning."""
    reader = Reader(tokens_of(prompt))
    reader.read()
    return reader.description()


def tokens_of(prompt: str) -> list[str]:
    """The words and signs of a prompt, in lower case, without those that say nothing."""
    text = unicodedata.normalize("NFKC", prompt).lower().replace("-", " ")
    return [token for token in _TOKEN.findall(text) if token not in _SILENT]


@dataclass(slots=True)
class _Phrase:
    """The noun phrase that is being read."""

    article: bool = False
    definite: bool = False
    count: int | None = None
    paints: list[Paint] = field(default_factory=list)
    tint: float = 1.0
    scale: Scale = (1.0, 1.0, 1.0)
    very: bool = False
    faceted: bool = False
    order: Order | None = None
    noun: str | None = None
    word: str = ""
    plural: bool = False
    unknown: list[str] = field(default_factory=list)
    predicate: bool = False
    spoken: list[str] = field(default_factory=list)

    @property
    def described(self) -> bool:
        """Whether it says how something is."""
        return bool(self.paints) or self.scale != (1.0, 1.0, 1.0) or self.faceted or self.order is not None

    @property
    def empty(self) -> bool:
        """Whether nothing but articles was read."""
        return self.noun is None and not (self.described or self.unknown or self.count or self.tint != 1.0)


@dataclass(slots=True)
class _Open:
    """A relation whose targets are still to come; None: its subjects are to come as well."""

    relation: Relation
    subjects: list[int]
    word: str
    targets: list[int] = field(default_factory=list)


class Reader:
    """Reads one prompt; with `found` and the `heads` of an earlier reader it reads on about the same things.

    `focus` is then what "it" means, where that is known.
    """

    def __init__(
        self,
        tokens: list[str],
        found: Description | None = None,
        heads: Sequence[int] = (),
        focus: int | None = None,
    ) -> None:
        self._tokens = tokens[:MAX_TOKENS]
        self._cut = len(tokens) > MAX_TOKENS
        self._at = 0
        self._found = found or Description()
        self._focus = focus
        self._phrase = _Phrase()
        self._chain: list[int] = []
        """Subjects of the clause: several where they were joined by "and" or commas."""
        self._list_open = False
        """Whether the next thing joins the clause's subjects."""
        self._joined = False
        """Whether "and" stood between two adjectives."""
        self._heads: list[int] = list(heads)
        """Everything that was named, in order, again where it was named again."""
        self._sentence_from = len(self._heads)
        """The first of them in this sentence."""
        self._open: _Open | None = None
        self._waiting: _Open | None = None
        """A relation that came before its subject: "on the table stands a cup"."""
        self._place: Place | None = None
        self._unread: dict[str, str] = {}
        self._too_many = False

    def read(self) -> None:
        """Take all tokens."""
        while self._at < len(self._tokens):
            phrase, sense = self._next()
            if sense is None:
                self._take_unknown(phrase)
            else:
                self._take(phrase, sense)
        self._end_sentence()

    def description(self) -> Description:
        """What was read, with its warnings."""
        found = self._found
        if not found.things:
            found.things.append(Thing(PLACEHOLDER, "placeholder"))
            found.warnings.insert(0, "nothing to show was found in the prompt; a plain placeholder is shown")
        self._thin_out()
        named = [f"not understood: '{word}'{note}" for word, note in self._unread.items()]
        found.warnings += named[:MAX_WARNINGS]
        if len(named) > MAX_WARNINGS:
            found.warnings.append(f"{len(named) - MAX_WARNINGS} more words were not understood")
        if self._cut:
            found.warnings.append(f"only the first {MAX_TOKENS} words were read")
        if self._too_many:
            found.warnings.append(f"only the first {MAX_THINGS} things are shown")
        return found

    @property
    def heads(self) -> list[int]:
        """Everything that was named, in order."""
        return self._heads

    def _thin_out(self) -> None:
        """Make the largest groups smaller until there are few enough members in all."""
        things = self._found.things
        while sum(thing.count for thing in things) > MAX_MEMBERS:
            largest = max(things, key=lambda thing: thing.count)
            largest.count -= 1
            warning = f"there are too many things in all: fewer '{largest.word}' are shown"
            if warning not in self._found.warnings:
                self._found.warnings.append(warning)

    def _next(self) -> tuple[str, Sense | None]:
        for length in range(LONGEST_PHRASE, 0, -1):
            phrase = " ".join(self._tokens[self._at : self._at + length])
            sense = LEXICON.get(phrase)
            if sense is None and length == 2:
                joined = phrase.replace(" ", "")
                if joined in COLOURS and len(self._tokens) - self._at >= 2:
                    sense = Sense(Part.COLOUR, joined)
            if sense is not None:
                self._at += min(length, len(self._tokens) - self._at)
                return phrase, sense
        token = self._tokens[self._at]
        self._at += 1
        if token.startswith("#") and len(token) in (4, 7):
            return token, Sense(Part.COLOUR, token)
        if token.isascii() and token.isdecimal():
            return token, Sense(Part.NUMBER, int(token) if len(token) < 6 else 99999)
        return token, None

    def _take(self, word: str, sense: Sense) -> None:
        phrase = self._phrase
        match sense.part:
            case Part.FILLER:
                if word in _COPULAS:
                    self._end_phrase()
                    self._phrase.predicate = True
            case Part.ARTICLE | Part.DEFINITE:
                if phrase.noun is not None or phrase.unknown:
                    self._end_phrase()
                self._phrase.article = True
                self._phrase.definite = sense.part is Part.DEFINITE
            case Part.NUMBER:
                if phrase.noun is not None or phrase.unknown:
                    self._end_phrase()
                self._phrase.count = cast(int, sense.value)
                self._phrase.spoken.append(word)
            case Part.COLOUR:
                name = cast(str, sense.value)
                self._paint(word, Paint(rgb(name) if name.startswith("#") else COLOURS[name]))
            case Part.MATERIAL:
                if word in DOUBLE_NOUNS and self._stands_alone():
                    self._name(DOUBLE_NOUNS[word], word, plural=False)
                else:
                    self._paint(word, MATERIALS[cast(str, sense.value)])
            case Part.TINT:
                self._adjective(word).tint *= cast(float, sense.value)
            case Part.VERY:
                self._adjective(word).very = True
            case Part.FACETED:
                self._adjective(word).faceted = True
            case Part.SIZE:
                self._size(word, cast(Scale, sense.value))
            case Part.NOUN:
                self._name(cast(str, sense.value), word, plural=sense.plural)
            case Part.PIECE:
                self._piece(cast(str, sense.value), word)
            case Part.SETTING:
                self._setting(word, *cast("tuple[str, str | None]", sense.value))
            case Part.HOUR:
                self._end_phrase(quiet=True)
                self._found.hour = HOURS[cast(str, sense.value)]
                self._drop_relation()
            case Part.PRONOUN:
                self._pronoun(cast(str, sense.value), word)
            case Part.RELATION:
                self._relate(cast(Relation, sense.value), word)
            case Part.ON_TOP:
                self._relate(Relation.ON, word)
                self._pronoun("it", word)
            case Part.PLACE:
                self._put(cast(Place, sense.value))
            case Part.ORDER:
                self._arrange(cast(Order, sense.value), word)
            case Part.AND | Part.BREAK:
                self._separate(word, sense.part)
            case Part.STOP:
                self._end_sentence()

    # What a phrase consists of

    def _adjective(self, word: str) -> _Phrase:
        if self._phrase.noun is not None:
            self._end_phrase()
        self._phrase.spoken.append(word)
        return self._phrase

    def _paint(self, word: str, paint: Paint) -> None:
        phrase = self._adjective(word)
        if phrase.tint != 1.0:
            paint = replace(paint, colour=lighter(paint.colour, phrase.tint))
            phrase.tint = 1.0
        if len(phrase.paints) == 1 and phrase.paints[0].metallic != paint.metallic and not self._joined:
            # "shiny red", "red metal": one surface of both
            colour = paint if paint.metallic == 0 else phrase.paints[0]
            metal = phrase.paints[0] if colour is paint else paint
            phrase.paints[0] = replace(metal, colour=colour.colour)
            return
        phrase.paints.append(paint)

    def _size(self, word: str, scale: Scale) -> None:
        phrase = self._adjective(word)
        power = 1.5 if phrase.very else 1.0
        phrase.very = False
        before = phrase.scale
        width, height, depth = (
            min(_BIGGEST, max(_SMALLEST, old * new**power)) for old, new in zip(before, scale, strict=True)
        )
        phrase.scale = (width, height, depth)

    def _stands_alone(self) -> bool:
        """Whether the word at hand is a noun, since no noun follows in its phrase."""
        at = self._at
        while True:
            _, sense = self._next() if self._at < len(self._tokens) else ("", None)
            if sense is None or sense.part not in (Part.COLOUR, Part.MATERIAL, Part.SIZE, Part.FACETED, Part.TINT):
                self._at = at
                return sense is None or sense.part not in (Part.NOUN, Part.SETTING, Part.PIECE)

    def _name(self, kind: str, word: str, *, plural: bool) -> None:
        if self._phrase.noun is not None:
            self._end_phrase()
        self._phrase.noun, self._phrase.word, self._phrase.plural = kind, word, plural

    def _take_unknown(self, word: str) -> None:
        if not word[0].isalnum():
            self._miss(word)
            return
        phrase = self._phrase
        if phrase.noun is None:
            phrase.unknown.append(word)
        else:
            self._miss(word)

    def _piece(self, piece: str, word: str) -> None:
        """A part of the last thing: "with a red roof"."""
        if self._phrase.noun is not None:
            self._end_phrase()
        phrase, self._phrase = self._phrase, _Phrase()
        self._miss(*phrase.unknown)
        self._drop_relation()
        if not self._found.things or not phrase.paints:
            if not self._found.things:
                self._miss(word)
            return
        self._found.things[self._last].pieces[piece] = phrase.paints[0]

    def _setting(self, word: str, target: str, colour: str | None) -> None:
        if self._phrase.noun is not None:
            self._end_phrase()
        phrase, self._phrase = self._phrase, _Phrase()
        self._miss(*phrase.unknown)
        self._drop_relation()
        chosen = phrase.paints[0].colour if phrase.paints else rgb(colour) if colour else None
        if chosen is not None and phrase.tint != 1.0:
            chosen = lighter(chosen, phrase.tint)
        if chosen is None:
            return
        if target in ("sky", "both"):
            self._found.sky = chosen
        if target in ("ground", "both"):
            self._found.ground = chosen

    # Phrases become things

    @property
    def _last(self) -> int:
        return self._heads[-1]

    def _end_phrase(self, *, quiet: bool = False) -> None:
        """Close the phrase at hand. A `quiet` end keeps no adjectives for a later one."""
        phrase, self._phrase = self._phrase, _Phrase()
        if phrase.noun is not None:
            self._miss(*phrase.unknown)
            self._add(phrase)
        elif phrase.unknown and (phrase.article or phrase.described or phrase.count):
            self._add_unknown(phrase)
        elif phrase.unknown:
            self._miss(*phrase.unknown)
        elif phrase.described and self._found.things:
            self._describe_last(phrase)
        elif not phrase.empty:
            self._miss(*phrase.spoken)

    def _add_unknown(self, phrase: _Phrase) -> None:
        inside = self._open is not None and self._open.relation is Relation.INSIDE
        if inside or len(self._found.things) >= MAX_THINGS:
            self._miss(*phrase.unknown)
            self._drop_relation()
            return
        *others, word = phrase.unknown
        self._miss(*others)
        self._unread.setdefault(word[:_LONGEST_WORD], ", shown as a plain shape")
        phrase.noun, phrase.word = PLACEHOLDER, word[:_LONGEST_WORD]
        self._add(phrase)

    def _describe_last(self, phrase: _Phrase) -> None:
        """Adjectives behind their noun: "the cube is red", "a tree, green"."""
        thing = self._found.things[self._last]
        thing.paints = phrase.paints or thing.paints
        width, height, depth = (a * b for a, b in zip(thing.scale, phrase.scale, strict=True))
        thing.scale = (width, height, depth)
        thing.faceted = thing.faceted or phrase.faceted
        thing.order = phrase.order or thing.order

    def _add(self, phrase: _Phrase) -> None:
        known = self._mentioned(phrase)
        if known is None:
            if len(self._found.things) >= MAX_THINGS:
                self._too_many = True
                self._drop_relation()
                return
            known = len(self._found.things)
            self._found.things.append(self._thing(phrase))
        self._heads.append(known)
        self._place_in_clause(known)

    def _mentioned(self, phrase: _Phrase) -> int | None:
        """The thing that "the cube" speaks of, if there is one already."""
        if not phrase.definite:
            return None
        for index in reversed(range(len(self._found.things))):
            thing = self._found.things[index]
            same = thing.kind == phrase.noun and (thing.kind != PLACEHOLDER or thing.word == phrase.word)
            if same and (not phrase.paints or phrase.paints == thing.paints):
                return index
        return None

    def _thing(self, phrase: _Phrase) -> Thing:
        assert phrase.noun is not None
        count = phrase.count
        if count is None:
            around = self._open is not None and self._open.relation is Relation.WITHIN
            order = Order.CIRCLE if around else phrase.order
            count = _PLURAL_COUNT[order] if phrase.plural or phrase.order is not None else 1
        if count > MAX_COUNT:
            self._found.warnings.append(f"{count} of '{phrase.word}' are too many; {MAX_COUNT} are shown")
        place, self._place = self._place, None
        return Thing(
            phrase.noun,
            phrase.word,
            min(MAX_COUNT, max(1, count)),
            phrase.paints,
            {},
            phrase.scale,
            phrase.faceted,
            phrase.order,
            place,
            phrase.plural or count > 1,
        )

    # Things stand to each other

    def _place_in_clause(self, index: int) -> None:
        """Give a thing that was just named its part: target, subject, or the head of a clause."""
        if self._open is not None:
            self._target(self._open, (index,))
            return
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self._bind([index], waiting.relation, waiting.targets)
            self._chain = [index]
            return
        self._chain = [*self._chain, index] if self._list_open else [index]
        self._joined = self._list_open = False

    def _target(self, pending: _Open, indices: tuple[int, ...]) -> None:
        pending.targets += indices
        things = self._found.things
        if (
            pending.relation is Relation.BETWEEN
            and len(pending.targets) == 1
            and things[pending.targets[0]].count < 2
        ):
            return  # the other one comes after "and"
        self._open = None
        subjects = [index for index in pending.subjects if index not in pending.targets]
        if subjects:
            self._bind(subjects, pending.relation, pending.targets)
            # The next relation is about what was named last: "a cup on a table beside a tree".
            self._chain = [pending.targets[-1]] if pending.relation is not Relation.BETWEEN else subjects
        else:
            self._waiting = pending
            self._chain = []
        self._joined = self._list_open = False

    def _bind(self, subjects: list[int], relation: Relation, targets: list[int]) -> None:
        if relation is Relation.WITHIN:
            for target in targets:
                self._found.bonds.append(Bond(target, Relation.AROUND, tuple(subjects)))
                thing = self._found.things[target]
                thing.order = None
            return
        for subject in subjects:
            if subject not in targets:
                thing = self._found.things[subject]
                if relation is Relation.AROUND and thing.plural and thing.count == _PLURAL_COUNT[None]:
                    thing.count = _PLURAL_COUNT[Order.CIRCLE]
                self._found.bonds.append(Bond(subject, relation, tuple(dict.fromkeys(targets))))

    def _relate(self, relation: Relation, word: str) -> None:
        self._end_phrase()
        if self._open is not None:
            if self._open.targets:
                self._finish_between()
            else:
                self._miss(self._open.word)
        subjects = self._chain or self._heads[self._sentence_from :][-1:]
        self._open = _Open(relation, list(subjects), word)
        self._joined = self._list_open = False

    def _pronoun(self, pronoun: str, word: str) -> None:
        self._end_phrase()
        if self._open is None:
            if not self._heads:
                self._miss(word)
            elif pronoun == "it":
                index = self._antecedent(None, []) if self._focus is None else self._focus
                if index is not None:
                    self._heads.append(index)
                    self._chain = [index]
            return
        found = self._those(self._open.subjects) if pronoun == "them" else None
        if found is None:
            index = self._antecedent(self._open.relation, self._open.subjects)
            found = None if index is None else (index,)
        if found is None:
            self._miss(self._open.word)
            self._open = None
            return
        self._target(self._open, found)

    def _antecedent(self, relation: Relation | None, subjects: list[int]) -> int | None:
        """What "it" means: the head of the last clause, or what can carry something where that is asked for."""
        things = self._found.things
        others = [index for index in dict.fromkeys(reversed(self._heads)) if index not in subjects]
        if not others:  # "a tree and a house left of it"
            return subjects[0] if subjects else None
        single = [index for index in others if things[index].count == 1] or others
        if relation in _SUPPORTING:
            for index in single:
                if things[index].kind in SURFACES:
                    return index
        for bond in reversed(self._found.bonds):
            if bond.subject in single:
                inside = bond.relation is Relation.INSIDE and bond.targets[0] not in subjects
                return bond.targets[0] if inside else bond.subject
        return single[0]

    def _those(self, subjects: list[int]) -> tuple[int, ...] | None:
        """What "them" means: the last group, else all that was named."""
        things = self._found.things
        for index in dict.fromkeys(reversed(self._heads)):
            if things[index].count > 1 and index not in subjects:
                return (index,)
        others = tuple(index for index in range(len(things)) if index not in subjects)
        return others or None

    def _put(self, place: Place) -> None:
        """In the picture: "on the left a cube", "a cube on the left"."""
        self._end_phrase()
        self._drop_relation()
        if self._chain:
            for index in self._chain:
                self._found.things[index].place = place
        else:
            self._place = place

    def _arrange(self, order: Order, word: str) -> None:
        if word.endswith(" of"):
            phrase = self._adjective(word)
            phrase.order = order
        elif self._phrase.noun is not None:
            self._phrase.order = order
            self._end_phrase()
        elif self._heads:
            self._found.things[self._last].order = order
        else:
            self._phrase.order = order

    # Where clauses end

    def _separate(self, word: str, part: Part) -> None:
        phrase = self._phrase
        if phrase.noun is None and not phrase.unknown and phrase.described and not phrase.predicate:
            self._joined = part is Part.AND  # "red and blue cubes", "a big, red cube"
            return
        self._end_phrase()
        if self._open is not None and self._open.targets and part is Part.AND:
            return  # "between a cube and a sphere"
        if self._open is not None and not self._open.targets and part is Part.AND:
            self._miss(self._open.word)
            self._open = None
        related = {index for bond in self._found.bonds for index in (bond.subject, *bond.targets)}
        lists = part is Part.AND or (word == "," and self._ends_in_and())
        if lists and self._chain and not related.intersection(self._chain):
            self._list_open = True
        else:
            self._chain_done()

    def _chain_done(self) -> None:
        self._chain = []
        self._joined = self._list_open = False

    def _ends_in_and(self) -> bool:
        """Whether this comma is one of a list that ends with "and" before anything is said of its members."""
        for word in self._tokens[self._at : self._at + 24]:
            sense = LEXICON.get(word)
            if word == "and":
                return True
            if sense is not None and sense.part in (Part.STOP, Part.RELATION, Part.PLACE):
                return False
        return False

    def _finish_between(self) -> None:
        """A "between" that got one target only: the thing stands beside it."""
        pending = self._open
        self._open = None
        if pending is not None and pending.subjects:
            self._bind(pending.subjects, Relation.NEAR, pending.targets)

    def _drop_relation(self) -> None:
        """A relation to the setting ("on grass", "at night") or to what is not shown."""
        if self._open is not None and not self._open.targets:
            self._open = None

    def _end_sentence(self) -> None:
        self._end_phrase()
        if self._open is not None:
            if self._open.targets:
                self._finish_between()
            else:
                self._miss(self._open.word)
                self._open = None
        if self._waiting is not None:
            heads = [index for index in self._heads if index not in self._waiting.targets]
            if heads:
                self._bind(heads[-1:], self._waiting.relation, self._waiting.targets)
            else:
                self._miss(self._waiting.word)
            self._waiting = None
        if self._place is not None and self._found.things:
            self._found.things[-1].place = self._place
        self._place = None
        self._chain_done()
        self._sentence_from = len(self._heads)

    def _miss(self, *words: str) -> None:
        for word in words:
            self._unread.setdefault(word[:_LONGEST_WORD], "")
