"""Images of every kind that callers send."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import Any

from PIL import Image


def image_bytes(kind: str = "PNG", size: tuple[int, int] = (48, 32), mode: str = "RGB", **options: Any) -> bytes:
    """A small picture with something in it (in RGBA see-through too); `kind` as Pillow calls it, `size` in pixels."""
    out = io.BytesIO()
    gradient = Image.radial_gradient("L").resize(size)
    picture = gradient.convert(mode)
    if mode == "RGBA":
        picture.putalpha(gradient)
    picture.save(out, kind, **options)
    return out.getvalue()


def data_url(data: bytes, head: str = "data:image/png;base64,") -> str:
    """Bytes as a data URL."""
    return head + b64encode(data).decode()


def png_url(**options: Any) -> str:
    """A small PNG as a data URL."""
    return data_url(image_bytes("PNG", **options))
