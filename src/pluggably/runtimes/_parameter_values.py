"""Values of a job's parameters, checked once more where they are used. All raise `ValidationFailed`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pluggably.errors import ValidationFailed

IMAGE_FORMATS = ("png", "jpeg", "webp")


def whole(wanted: Mapping[str, Any], name: str, default: int, lowest: int, highest: int) -> int:
    """A whole number within bounds; `default` where there is none."""
    value = wanted.get(name)
    if value is None:
        return default
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON Schema takes 512.0 for an integer
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ValidationFailed.of(f"parameters.{name}", f"a whole number from {lowest} to {highest}")
    return value


def number(wanted: Mapping[str, Any], name: str, lowest: float, highest: float) -> float | None:
    """A number within bounds; None where there is none."""
    value = wanted.get(name)
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ValidationFailed.of(f"parameters.{name}", f"a number from {lowest} to {highest}")
    return float(value)


def choice(wanted: Mapping[str, Any], name: str, choices: Sequence[str], default: str) -> str:
    """One of several words."""
    value = wanted.get(name)
    if value is None:
        return default
    if value not in choices:
        raise ValidationFailed.of(f"parameters.{name}", f"one of {', '.join(choices)}")
    return str(value)


def text(wanted: Mapping[str, Any], name: str, longest: int) -> str:
    """A text of at most `longest` characters; empty where there is none."""
    value = wanted.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise ValidationFailed.of(f"parameters.{name}", f"a text of at most {longest} characters")
    return value


def sides(wanted: Mapping[str, Any], lowest: int, highest: int, multiple: int = 1) -> tuple[int | None, int | None]:
    """Width and height in pixels, from `size` or from `width` and `height`; None for what is not said."""
    size = wanted.get("size")
    if size is None:
        width, height = (whole(wanted, side, 0, lowest, highest) or None for side in ("width", "height"))
        for name, side in (("width", width), ("height", height)):
            if side is not None and side % multiple:
                raise ValidationFailed.of(f"parameters.{name}", f"a multiple of {multiple}")
        return width, height
    if wanted.get("width") is not None or wanted.get("height") is not None:
        raise ValidationFailed.of("parameters.size", "either size, or width and height")
    parts = str(size).split("x")
    if len(parts) != 2 or not all(part.isdecimal() and len(part) <= 4 for part in parts):
        raise ValidationFailed.of("parameters.size", "a size is written as `768x512`")
    width, height = int(parts[0]), int(parts[1])
    if not all(lowest <= side <= highest for side in (width, height)):
        raise ValidationFailed.of("parameters.size", f"each side has {lowest} to {highest} pixels")
    if width % multiple or height % multiple:
        raise ValidationFailed.of("parameters.size", f"each side is a multiple of {multiple}")
    return width, height
