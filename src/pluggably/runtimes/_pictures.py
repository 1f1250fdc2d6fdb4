"""Pictures as they come and as they go: files of common kinds."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageOps

from pluggably.errors import InvalidImage

MAX_PIXELS = 50_000_000
_SAVING: dict[str, dict[str, Any]] = {
    "png": {"format": "PNG", "compress_level": 3},
    "jpeg": {"format": "JPEG", "quality": 92},
    "webp": {"format": "WEBP", "quality": 90, "method": 2},
}


def read_picture(data: bytes, largest_side: int) -> Image.Image:
    """A caller's picture in RGB, upright, what is see-through seen before white.

    One with longer sides than `largest_side` may be read smaller, where its format makes that cheap.

    Raises `InvalidImage`.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise InvalidImage(f"The image has more than {MAX_PIXELS} pixels.", param="input.images")
            image.draft("RGB", (largest_side, largest_side))
            turned = ImageOps.exif_transpose(image).convert("RGBA")
            flat = Image.new("RGB", turned.size, "white")
            flat.paste(turned, mask=turned.getchannel("A"))
            return flat
    except InvalidImage:
        raise
    except Exception as error:  # what decoders raise on damaged data is of every kind
        raise InvalidImage(f"The image can't be read: {error}", param="input.images") from error


def shrunk(width: int, height: int, side: int) -> tuple[int, int]:
    """The size at which the longer side has at most `side` pixels."""
    factor = min(1.0, side / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))


def saved(picture: Image.Image, kind: str) -> bytes:
    """The file; `kind` is one of `IMAGE_FORMATS`."""
    out = io.BytesIO()
    picture.save(out, **_SAVING[kind])
    return out.getvalue()
