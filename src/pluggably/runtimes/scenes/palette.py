"""Colours, materials and the light of the hours."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, replace

from PIL import ImageColor

Colour = tuple[float, float, float]
"""Red, green and blue in sRGB, each from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Paint:
    """What a surface is made of. `metallic`, `roughness` and `glow` go from 0 to 1."""

    colour: Colour
    metallic: float = 0.0
    roughness: float = 0.55
    glow: float = 0.0

    def shaded(self, factor: float) -> Paint:
        """The same, darker (below 1) or lighter (above 1)."""
        if factor <= 1:
            red, green, blue = (channel * factor for channel in self.colour)
        else:
            red, green, blue = (1 - (1 - channel) / factor for channel in self.colour)
        return replace(self, colour=(red, green, blue))


@dataclass(frozen=True, slots=True)
class Hour:
    """The light of a time of day; `sun` is linear light of any strength, the others are sRGB."""

    zenith: Colour
    horizon: Colour
    sun: Colour
    ambient: float
    ground: Colour


def rgb(text: str) -> Colour:
    """A colour as CSS writes it: a name or `#rrggbb`. Raises `ValueError`."""
    red, green, blue, *_ = ImageColor.getrgb(text)
    return red / 255, green / 255, blue / 255


# CSS's green, brown and so on are darker or harsher than what the words mean to people.
_SPOKEN = {
    "red": "#d62828",
    "green": "#2f9e44",
    "blue": "#2563c9",
    "yellow": "#f7c52b",
    "orange": "#f3801f",
    "purple": "#7b3fb5",
    "pink": "#f388b4",
    "brown": "#7d4e2d",
    "black": "#1c1c1f",
    "white": "#f4f4f2",
    "gray": "#8b8d91",
    "grey": "#8b8d91",
    "cyan": "#22b8cf",
    "turquoise": "#2cc7b8",
    "magenta": "#cc2f9f",
    "violet": "#7f4ac9",
    "lime": "#94d82d",
    "cream": "#f5ecd2",
    "rose": "#e8587f",
    "scarlet": "#cf2013",
    "mustard": "#d6a319",
    "emerald": "#1f9d63",
    "amber": "#f2a81d",
    "lilac": "#b79bdc",
    "peach": "#f9b795",
    "mint": "#9be0bb",
}
_NO_COLOUR = {"snow", "transparent"}

COLOURS: dict[str, Colour] = {name: rgb(name) for name in ImageColor.colormap if name not in _NO_COLOUR} | {
    name: rgb(value) for name, value in _SPOKEN.items()
}
"""Colours by name; the many-worded ones of CSS are written together, as in `lightblue`."""

MATERIALS: dict[str, Paint] = {
    "gold": Paint(rgb("#e8b030"), metallic=1, roughness=0.28),
    "silver": Paint(rgb("#cfd3d8"), metallic=1, roughness=0.25),
    "bronze": Paint(rgb("#b0763c"), metallic=1, roughness=0.35),
    "copper": Paint(rgb("#c9734d"), metallic=1, roughness=0.3),
    "steel": Paint(rgb("#a9b0b8"), metallic=1, roughness=0.35),
    "metal": Paint(rgb("#9da5ae"), metallic=1, roughness=0.35),
    "wood": Paint(rgb("#a8713f"), roughness=0.75),
    "stone": Paint(rgb("#8f8c86"), roughness=0.95),
    "brick": Paint(rgb("#a94f38"), roughness=0.95),
    "marble": Paint(rgb("#ece9e4"), roughness=0.2),
    "glass": Paint(rgb("#bfe3ea"), roughness=0.08),
    "ice": Paint(rgb("#cfeaf5"), roughness=0.12),
    "plastic": Paint(rgb("#e05a3a"), roughness=0.35),
    "clay": Paint(rgb("#b8704f"), roughness=0.9),
    "concrete": Paint(rgb("#a5a5a1"), roughness=0.95),
    "straw": Paint(rgb("#d9bd6a"), roughness=0.95),
    "leather": Paint(rgb("#6e4327"), roughness=0.6),
}

HOURS: dict[str, Hour] = {
    "day": Hour(rgb("#4f95dc"), rgb("#d7e8f5"), (2.35, 2.25, 2.05), 0.85, rgb("#b9b3a2")),
    "sunset": Hour(rgb("#4a5a96"), rgb("#f7b27a"), (2.6, 1.55, 0.85), 0.7, rgb("#a08d7c")),
    "sunrise": Hour(rgb("#7d9fd0"), rgb("#f9d3b4"), (2.4, 1.85, 1.35), 0.75, rgb("#ab9f90")),
    "night": Hour(rgb("#0b1230"), rgb("#2b3a66"), (0.62, 0.72, 1.0), 0.55, rgb("#4c5163")),
    "overcast": Hour(rgb("#9aa7b3"), rgb("#dfe3e6"), (1.1, 1.1, 1.1), 1.2, rgb("#a9a69d")),
}


def lighter(colour: Colour, factor: float) -> Colour:
    """The colour with its lightness (HLS) multiplied, kept in bounds."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*colour)
    return colorsys.hls_to_rgb(hue, max(0.04, min(0.94, lightness * factor)), saturation)
