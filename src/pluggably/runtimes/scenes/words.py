"""The words that prompts are read by, each with what it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pluggably.runtimes.scenes.palette import COLOURS, MATERIALS


class Relation(StrEnum):
    """Where one thing is, seen from another. Left is towards smaller x, in front towards larger z."""

    ON = "on"
    ABOVE = "above"
    UNDER = "under"
    LEFT = "left of"
    RIGHT = "right of"
    FRONT = "in front of"
    BEHIND = "behind"
    NEAR = "next to"
    BETWEEN = "between"
    INSIDE = "inside"
    AROUND = "around"
    WITHIN = "surrounded by"


class Place(StrEnum):
    """Where a thing is in the picture."""

    LEFT = "left"
    MIDDLE = "middle"
    RIGHT = "right"
    BACK = "back"
    FRONT = "front"


class Order(StrEnum):
    """How the members of one group stand."""

    ROW = "row"
    STACK = "stack"
    CIRCLE = "circle"


class Part(StrEnum):
    """Classes of words."""

    NOUN = "noun"
    SETTING = "setting"
    PIECE = "piece"
    COLOUR = "colour"
    TINT = "tint"
    MATERIAL = "material"
    SIZE = "size"
    VERY = "very"
    FACETED = "faceted"
    NUMBER = "number"
    ARTICLE = "article"
    DEFINITE = "definite"
    PRONOUN = "pronoun"
    RELATION = "relation"
    ON_TOP = "on top"
    PLACE = "place"
    ORDER = "order"
    HOUR = "hour"
    AND = "and"
    BREAK = "break"
    STOP = "stop"
    FILLER = "filler"


@dataclass(frozen=True, slots=True)
class Sense:
    """What a word or phrase stands for; `value` depends on `part`."""

    part: Part
    value: object = None
    plural: bool = False


Scale = tuple[float, float, float]
"""Factors for width, height and depth."""

NOUNS = {
    "cube": "cube block dice die",
    "box": "box crate chest",
    "sphere": "sphere ball orb globe marble",
    "cylinder": "cylinder tube can pillar column barrel",
    "cone": "cone",
    "pyramid": "pyramid",
    "torus": "torus ring donut doughnut hoop",
    "capsule": "capsule pill",
    "disc": "disc disk coin plate",
    "table": "table desk",
    "chair": "chair",
    "stool": "stool",
    "bench": "bench",
    "tree": "tree",
    "pine": "pine fir spruce pine+tree fir+tree christmas+tree",
    "bush": "bush shrub hedge",
    "flower": "flower tulip daisy",
    "mushroom": "mushroom toadstool",
    "house": "house cottage hut cabin home barn",
    "tower": "tower lighthouse",
    "castle": "castle fortress",
    "wall": "wall",
    "fence": "fence",
    "mug": "mug cup coffee+cup tea+cup glass",
    "bowl": "bowl",
    "vase": "vase pot jar",
    "bottle": "bottle",
    "lamp": "lamp street+lamp floor+lamp lantern",
    "candle": "candle",
    "book": "book",
    "snowman": "snowman snow+man",
    "star": "star",
    "heart": "heart",
    "rock": "rock stone boulder pebble",
    "mountain": "mountain hill",
    "car": "car automobile",
    "boat": "boat ship",
    "rocket": "rocket spaceship",
    "robot": "robot android",
    "cloud": "cloud",
    "sun": "sun",
    "moon": "moon",
}
"""Kinds of things and the words for them; `+` joins the words of one name."""

_PLURALS = {
    "dice": "dice",
    "die": "dice",
    "torus": "tori",
    "snowman": "snowmen",
    "snow man": "snow men",
    "disc": "discs",
}

SETTINGS: dict[str, tuple[str, str | None]] = {
    "sky": ("sky", None),
    "background": ("both", None),
    "backdrop": ("both", None),
    "ground": ("ground", None),
    "floor": ("ground", None),
    "surface": ("ground", None),
    "grass": ("ground", "#7fae58"),
    "lawn": ("ground", "#7fae58"),
    "meadow": ("ground", "#8bb55e"),
    "field": ("ground", "#9db866"),
    "sand": ("ground", "#dcc493"),
    "beach": ("ground", "#dcc493"),
    "desert": ("ground", "#d9b77e"),
    "snow": ("ground", "#eef2f6"),
    "snowy": ("ground", "#eef2f6"),
    "water": ("ground", "#4f8fb5"),
    "sea": ("ground", "#3d7fae"),
    "ocean": ("ground", "#356f9e"),
    "lake": ("ground", "#4f8fb5"),
    "road": ("ground", "#6b6c70"),
    "street": ("ground", "#6b6c70"),
    "asphalt": ("ground", "#5d5e62"),
}

PIECES = {
    "roof": "roof",
    "door": "door",
    "window": "window",
    "chimney": "chimney",
    "trunk": "trunk",
    "leaf": "crown",
    "foliage": "crown",
    "crown": "crown",
    "leg": "legs",
    "top": "top",
    "tabletop": "top",
    "seat": "seat",
    "wheel": "wheels",
    "tyre": "wheels",
    "tire": "wheels",
    "handle": "handle",
    "hat": "hat",
    "nose": "nose",
    "scarf": "scarf",
    "petal": "petals",
    "stem": "stem",
    "cap": "cap",
    "shade": "shade",
    "lampshade": "shade",
    "sail": "sail",
    "fin": "fins",
    "flag": "flag",
    "cover": "cover",
    "flame": "flame",
}

SIZES: dict[str, Scale] = {
    "tiny": (0.4,) * 3,
    "miniature": (0.4,) * 3,
    "small": (0.65,) * 3,
    "little": (0.65,) * 3,
    "smaller": (0.65,) * 3,
    "medium": (1.0,) * 3,
    "big": (1.5,) * 3,
    "bigger": (1.5,) * 3,
    "large": (1.5,) * 3,
    "larger": (1.5,) * 3,
    "huge": (2.2,) * 3,
    "giant": (2.6,) * 3,
    "gigantic": (2.8,) * 3,
    "enormous": (2.8,) * 3,
    "massive": (2.5,) * 3,
    "tall": (1.0, 1.7, 1.0),
    "high": (1.0, 1.7, 1.0),
    "short": (1.0, 0.6, 1.0),
    "low": (1.0, 0.6, 1.0),
    "wide": (1.7, 1.0, 1.0),
    "broad": (1.7, 1.0, 1.0),
    "long": (1.7, 1.0, 1.0),
    "narrow": (0.6, 1.0, 1.0),
    "thin": (0.6, 1.0, 0.6),
    "slim": (0.6, 1.0, 0.6),
    "thick": (1.4, 1.0, 1.4),
    "fat": (1.4, 1.0, 1.4),
    "flat": (1.0, 0.35, 1.0),
    "deep": (1.0, 1.0, 1.7),
}

_COUNTING = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)
_NUMBERS = {word: number for number, word in enumerate(_COUNTING.split(), start=1)} | {
    "single": 1,
    "a pair of": 2,
    "pair of": 2,
    "a couple of": 2,
    "couple of": 2,
    "both": 2,
    "a few": 3,
    "few": 3,
    "several": 4,
    "many": 8,
    "lots of": 8,
    "a lot of": 8,
    "a dozen": 12,
    "dozen": 12,
    "half a dozen": 6,
}

_RELATIONS = {
    Relation.ON: "on|on top of|atop|atop of|onto|upon",
    Relation.ABOVE: "above|over|high above",
    Relation.UNDER: "under|beneath|below|underneath",
    Relation.LEFT: "left of|to the left of|on the left of|on the left side of|to the left side of|left from",
    Relation.RIGHT: "right of|to the right of|on the right of|on the right side of|to the right side of|right from",
    Relation.FRONT: "in front of|before",
    Relation.BEHIND: "behind|in back of|at the back of",
    Relation.NEAR: "next to|beside|near|nearby|by|alongside|close to|adjacent to|by the side of|against",
    Relation.BETWEEN: "between|in between|in the middle of",
    Relation.INSIDE: "in|inside|inside of|within|into",
    Relation.AROUND: "around|all around|surrounding|encircling|round about",
    Relation.WITHIN: "surrounded by|encircled by|ringed by",
}

_PLACES = {
    Place.LEFT: "left|on the left|to the left|at the left|on the left side|on the left hand side",
    Place.RIGHT: "right|on the right|to the right|at the right|on the right side|on the right hand side",
    Place.MIDDLE: "in the middle|in the center|in the centre|at the center|at the centre|centered|centred",
    Place.BACK: "in the background|at the back|in the back|in the distance",
    Place.FRONT: "in the foreground|at the front|in front",
}

_ORDERS = {
    Order.STACK: "stacked|stack of|pile of|piled|on top of each other|on top of one another",
    Order.ROW: "row of|line of|in a row|in a line|lined up|side by side|next to each other|beside each other",
    Order.CIRCLE: "circle of|ring of|in a circle|in a ring",
}

_HOURS = {
    "day": "day|daytime|daylight|by day|noon|midday|sunny|afternoon|clear day",
    "sunset": "sunset|dusk|evening|at sunset|at dusk|twilight",
    "sunrise": "sunrise|dawn|morning|at dawn|at sunrise",
    "night": "night|at night|nighttime|midnight|moonlight|moonlit|by night|dark night|starry",
    "overcast": "overcast|cloudy|foggy|misty|rainy|grey day|gray day",
}

_FILLERS = (
    "of|is|are|was|were|be|being|there|there is|there are|that|which|who|made|made of|made from|please|show|showing|"
    "shows|draw|make|create|generate|render|rendering|build|give|me|us|i|want|would|like|to see|see|we|you|can|could|"
    "picture|image|photo|photograph|drawing|painting|illustration|scene|view|model|mesh|object|3d|3d model|"
    "standing|sitting|lying|resting|placed|put|located|stands|sits|lies|rests|set|set on|hanging|floating|hovering|"
    "coloured|colored|color|colour|shaped|looking|simple|nice|plain|just|only|also|then|its|their|at|from|kind|some|"
    "side|piece|positioned|leaning|beautiful|pretty|procedural|here|now|so|very much|style|in the scene"
)

_MATERIAL_WORDS = {
    "gold": "golden gold",
    "silver": "silver silvery chrome",
    "bronze": "bronze",
    "copper": "copper",
    "steel": "steel iron",
    "metal": "metal metallic shiny",
    "wood": "wood wooden oak timber",
    "stone": "stone rocky granite",
    "brick": "brick",
    "marble": "marble",
    "glass": "glass crystal",
    "ice": "ice icy frozen",
    "plastic": "plastic rubber",
    "clay": "clay terracotta ceramic",
    "concrete": "concrete cement",
    "straw": "straw thatched",
    "leather": "leather",
}

_TINTS = {"dark": 0.6, "deep": 0.75, "light": 1.35, "pale": 1.45, "bright": 1.12, "pastel": 1.5, "vivid": 1.05}

SURFACES = frozenset({"table", "bench", "chair", "stool", "box", "cube", "disc", "wall", "cylinder", "book"})
"""Kinds that something on "it" most likely stands on."""


def plural_of(word: str) -> str:
    """The plural of an English noun, for regular nouns and a few others."""
    if word in _PLURALS:
        return _PLURALS[word]
    if word.endswith(("s", "sh", "ch", "x")):
        return word + "es"
    if word.endswith("f"):
        return word[:-1] + "ves"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def _entries() -> Iterator[tuple[str, Sense]]:
    """Every phrase with its sense; later ones go before earlier ones."""
    for phrase in _FILLERS.split("|"):
        yield phrase, Sense(Part.FILLER)
    for name in COLOURS:
        yield name, Sense(Part.COLOUR, name)
    for name, factor in _TINTS.items():
        yield name, Sense(Part.TINT, factor)
    for name, scale in SIZES.items():
        yield name, Sense(Part.SIZE, scale)
    for name, words in _MATERIAL_WORDS.items():
        assert name in MATERIALS
        for word in words.split():
            yield word, Sense(Part.MATERIAL, name)
    for kind, words in NOUNS.items():
        for word in words.split():
            singular = word.replace("+", " ")
            yield plural_of(singular), Sense(Part.NOUN, kind, plural=True)
            if singular not in _DOUBLE:
                yield singular, Sense(Part.NOUN, kind)
    for word, setting in SETTINGS.items():
        yield word, Sense(Part.SETTING, setting)
    for word, piece in PIECES.items():
        yield word, Sense(Part.PIECE, piece)
        yield plural_of(word), Sense(Part.PIECE, piece)
    for word, number in _NUMBERS.items():
        yield word, Sense(Part.NUMBER, number)
    for part, phrases in (
        (Part.ARTICLE, "a|an|another|one more|a single"),
        (Part.DEFINITE, "the|this|that|these|those"),
        (Part.AND, "and|plus|as well as|&"),
        (Part.BREAK, "with|while|where|has|have|having|but|,|:|(|)"),
        (Part.STOP, ".|;|!|?"),
        (Part.VERY, "very|really|extremely|super"),
        (Part.FACETED, "low poly|lowpoly|low polygon|faceted|geometric"),
        (Part.ON_TOP, "on top"),
    ):
        for phrase in phrases.split("|"):
            yield phrase, Sense(part)
    for phrase in ("it", "this one", "that one"):
        yield phrase, Sense(Part.PRONOUN, "it")
    for phrase in ("them", "these ones", "those ones", "all of them", "both of them"):
        yield phrase, Sense(Part.PRONOUN, "them")
    groups: tuple[tuple[Part, dict[Relation, str] | dict[Place, str] | dict[Order, str] | dict[str, str]], ...] = (
        (Part.RELATION, _RELATIONS),
        (Part.PLACE, _PLACES),
        (Part.ORDER, _ORDERS),
        (Part.HOUR, _HOURS),
    )
    for part, table in groups:
        for value, phrases in table.items():
            for phrase in phrases.split("|"):
                yield phrase, Sense(part, value)


_DOUBLE = frozenset({"stone", "marble", "glass"})
"""Nouns that are a material before another noun; the reader decides."""

DOUBLE_NOUNS = {"stone": "rock", "marble": "sphere", "glass": "mug"}
"""What the words of materials are where no noun follows."""

LEXICON: dict[str, Sense] = dict(_entries())
LONGEST_PHRASE = max(len(phrase.split()) for phrase in LEXICON)
