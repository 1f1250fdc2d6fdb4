"""Images that callers send, as data URLs (RFC 2397) or as bytes, judged by what is in them and not by what they say.

Pillow is imported with the first image: a server that gets none starts without it.
"""

from __future__ import annotations

import asyncio
import binascii
import io
import re
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from pluggably.errors import InvalidImage

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000
_Found = TypeVar("_Found")
_HEAD = re.compile(r"data:image/[\w.+-]+(?:;[^,;]*)*;base64,", re.IGNORECASE)
_LONGEST_HEAD = 256
_PIECE = 2**18
"""Characters of base64 decoded in one go, a multiple of 4: a millisecond or two of the interpreter's lock."""
_BYTES = _PIECE // 4 * 3
"""Bytes encoded in one go, a multiple of 3: nothing is filled up in between."""

_DECODERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="images")
"""Threads of their own: a decoded image may take 200 MB, so only two are in work at once, and nothing else waits."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image that can be decoded: its data URL, its size in pixels (of the first frame)."""

    url: str
    width: int
    height: int

    @property
    def pixels(self) -> int:
        """How many pixels it has."""
        return self.width * self.height


async def read_data_url(url: str, *, param: str, max_pixels: int = MAX_PIXELS) -> Image:
    """The image in a data URL: PNG, JPEG, GIF, or WebP, which becomes PNG, since not every engine reads it.

    The URL that comes back names the right type. The image is decoded once, so that a damaged one is refused here.
    Raises `InvalidImage` with `param`.
    """
    return await _told(_of_url, url, max_pixels, param=param)


async def read_image(data: bytes, *, param: str, max_pixels: int = MAX_PIXELS, webp_as_png: bool = True) -> Image:
    """The image in bytes, as `read_data_url` reads it; a WebP may stay one. Raises `InvalidImage` with `param`."""
    return await _told(_of_bytes, data, max_pixels, webp_as_png, param=param)


async def _told(read: Callable[..., Image], *arguments: object, param: str) -> Image:
    try:
        return await asyncio.get_running_loop().run_in_executor(_DECODERS, read, *arguments)
    except ValueError as error:
        raise InvalidImage(str(error), param=param) from error


def _of_url(url: str, max_pixels: int) -> Image:
    head = _HEAD.match(url, 0, _LONGEST_HEAD)
    if head is None:
        raise ValueError("The data URL of an image begins with `data:image/TYPE;base64,`.")
    encoded = url[head.end() :]
    if len(encoded) // 4 * 3 > MAX_BYTES + 2:
        raise ValueError(f"The image is larger than {MAX_BYTES // 2**20} MiB.")
    try:
        pieces = (encoded[start : start + _PIECE] for start in range(0, len(encoded), _PIECE))
        data = b"".join(binascii.a2b_base64(piece, strict_mode=True) for piece in pieces)
    except ValueError as error:
        raise ValueError(f"The image's base64 can't be read: {error}.") from error
    return _image(data, encoded, max_pixels, webp_as_png=True)


def _of_bytes(data: bytes, max_pixels: int, webp_as_png: bool) -> Image:
    if len(data) > MAX_BYTES:
        raise ValueError(f"The image is larger than {MAX_BYTES // 2**20} MiB.")
    return _image(data, None, max_pixels, webp_as_png=webp_as_png)


def _image(data: bytes, encoded: str | None, max_pixels: int, *, webp_as_png: bool) -> Image:
    """The image in `data`; `encoded` is its base64, where there is one already."""
    media_type, (width, height), png = _decode(data, max_pixels, webp_as_png=webp_as_png)
    if png is not None:
        media_type, data, encoded = "image/png", png, None
    if encoded is None:
        pieces = (data[start : start + _BYTES] for start in range(0, len(data), _BYTES))
        encoded = b"".join(map(b64encode, pieces)).decode()
    return Image(f"data:{media_type};base64,{encoded}", width, height)


def _decode(data: bytes, max_pixels: int, *, webp_as_png: bool) -> tuple[str, tuple[int, int], bytes | None]:
    """The media type, width and height, and the image as PNG where it is a WebP."""
    # The readers are called by name: Pillow's own search tries fifty formats, and some of those start programs.
    from PIL.GifImagePlugin import GifImageFile  # noqa: PLC0415
    from PIL.JpegImagePlugin import JpegImageFile  # noqa: PLC0415
    from PIL.PngImagePlugin import PngImageFile  # noqa: PLC0415
    from PIL.WebPImagePlugin import WebPImageFile  # noqa: PLC0415

    reader: type[GifImageFile | JpegImageFile | PngImageFile | WebPImageFile]
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        reader, media_type = PngImageFile, "image/png"
    elif data.startswith(b"\xff\xd8\xff"):
        reader, media_type = JpegImageFile, "image/jpeg"
    elif data.startswith((b"GIF87a", b"GIF89a")):
        reader, media_type = GifImageFile, "image/gif"
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        reader, media_type = WebPImageFile, "image/webp"
    else:
        raise ValueError("The image is no PNG, JPEG, GIF or WebP.")
    png = None
    try:
        with reader(io.BytesIO(data)) as image:
            size = image.size
            if size[0] * size[1] <= max_pixels:
                image.load()
                if reader is WebPImageFile and webp_as_png:
                    converted = io.BytesIO()
                    image.save(converted, "PNG", compress_level=1)
                    png = converted.getvalue()
    except Exception as error:  # what decoders raise on damaged data is of every kind
        raise ValueError(f"The image ({media_type}) is damaged: {error}.") from error
    if size[0] * size[1] > max_pixels:
        raise ValueError(
            f"The image has {size[0]} × {size[1]} pixels, more than the {max_pixels} that are left to it."
        )
    return media_type, size, png


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What an image is; width and height in pixels."""

    media_type: str
    width: int
    height: int


async def image_facts(data: bytes) -> ImageFacts:
    """The facts about an image file (PNG, JPEG, GIF, WebP), decoded once. Raises `InvalidImage`."""
    return await _found(_facts, data)


async def png_of(data: bytes) -> bytes:
    """An image file (PNG, JPEG, WebP) as PNG. Raises `InvalidImage`."""
    return await _found(_as_png, data)


async def _found(read: Callable[[bytes], _Found], data: bytes) -> _Found:
    try:
        return await asyncio.get_running_loop().run_in_executor(_DECODERS, read, data)
    except ValueError as error:
        raise InvalidImage(str(error)) from error


def _facts(data: bytes) -> ImageFacts:
    media_type, size, _ = _decode(data, MAX_PIXELS, webp_as_png=False)
    return ImageFacts(media_type, *size)


def _as_png(data: bytes) -> bytes:
    from PIL.JpegImagePlugin import JpegImageFile  # noqa: PLC0415

    media_type, _, png = _decode(data, MAX_PIXELS, webp_as_png=True)
    if png is not None:
        return png
    if media_type == "image/png":
        return data
    if media_type != "image/jpeg":
        raise ValueError(f"A picture of the type {media_type} is not used as PNG.")
    written = io.BytesIO()
    with JpegImageFile(io.BytesIO(data)) as image:
        image.convert("RGB").save(written, "PNG", compress_level=1)
    return written.getvalue()
