from __future__ import annotations

import asyncio
import io
import struct
import time
import zlib
from base64 import b64decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pluggably.errors import InvalidImage
from pluggably.kit.images import MAX_BYTES, MAX_PIXELS, read_data_url, read_image
from tests.factories.images import data_url, image_bytes

KINDS = ["PNG", "JPEG", "GIF", "WEBP"]


async def refusal(url: str, **options: int) -> str:
    with pytest.raises(InvalidImage) as caught:
        await read_data_url(url, param="input.images", **options)
    assert caught.value.param == "input.images"
    return caught.value.message


def content(url: str) -> bytes:
    return b64decode(url.partition(",")[2])


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
async def test_an_image_passes_as_it_is_under_its_right_type(kind: str) -> None:
    data = image_bytes(kind, (48, 32))
    image = await read_data_url(data_url(data, "DATA:image/whatever;charset=x;BASE64,"), param="input.images")
    assert (image.width, image.height, image.pixels) == (48, 32, 48 * 32)
    assert image.url.startswith(f"data:image/{kind.lower()};base64,")
    assert content(image.url) == data


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
async def test_a_webp_becomes_a_png_of_the_same_pixels(mode: str) -> None:
    data = image_bytes("WEBP", mode=mode, lossless=True)
    image = await read_data_url(data_url(data), param="input.images")
    assert image.url.startswith("data:image/png;base64,")
    before, after = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(content(image.url)))
    assert (after.format, after.mode, after.size) == ("PNG", mode, (48, 32))
    assert after.tobytes() == before.tobytes()


@pytest.mark.parametrize("kind", KINDS)
async def test_bytes_are_read_as_a_data_url_is(kind: str) -> None:
    data = image_bytes(kind, (700, 500), quality=95)  # more than one piece of base64
    image = await read_image(data, param="input.images")
    assert image == await read_data_url(data_url(data), param="input.images")
    as_it_is = await read_image(data, param="input.images", webp_as_png=False)
    assert (as_it_is.url, as_it_is.pixels) == (data_url(data, f"data:image/{kind.lower()};base64,"), 700 * 500)


async def test_bytes_that_are_no_image_are_told_so() -> None:
    for data, reason in (
        (b"<svg/>", "no PNG"),
        (b"", "no PNG"),
        (image_bytes()[:-30], "damaged"),
        (bytes(MAX_BYTES + 1), "larger than 20 MiB"),
        (png_that_claims(60_000, 60_000), "60000 × 60000"),
    ):
        with pytest.raises(InvalidImage, match=reason) as caught:
            await read_image(data, param="input.images")
        assert caught.value.param == "input.images"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_truncated_image_is_damaged(kind: str) -> None:
    data = image_bytes(kind, (200, 200))
    assert "damaged" in await refusal(data_url(data[: len(data) // 2]))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://example.com/a.png", "begins with"),
        ("data:image/png,abc", "begins with"),
        ("data:image/png;" + "x" * 1000 + ";base64,AAAA", "begins with"),
        ("data:text/html;base64,AAAA", "begins with"),
        ("data:image/png;base64,", "no PNG"),
        ("data:image/png;base64,AAA", "base64"),
        ("data:image/png;base64,AA AA", "base64"),
        ("data:image/png;base64,AA==AAAA", "base64"),
        ("data:image/png;base64,äöü=", "base64"),
        (data_url(b"<svg/>", "data:image/svg+xml;base64,"), "no PNG"),
        (data_url(b"RIFF\x24\0\0\0WAVEfmt "), "no PNG"),
        (data_url(b"%!PS-Adobe-3.0 EPSF-3.0\n"), "no PNG"),
    ],
)
async def test_what_is_no_image_is_told_so(url: str, reason: str) -> None:
    assert reason in await refusal(url)


async def test_an_image_may_have_so_many_bytes() -> None:
    assert "larger than 20 MiB" in await refusal(data_url(bytes(MAX_BYTES + 3)))
    assert "no PNG" in await refusal(data_url(bytes(MAX_BYTES)))


async def test_an_image_may_have_so_many_pixels() -> None:
    begun = time.perf_counter()
    assert "60000 × 60000" in await refusal(data_url(png_that_claims(60_000, 60_000)))
    assert time.perf_counter() - begun < 1, "it was decoded"
    assert (await read_data_url(data_url(image_bytes(size=(40, 30))), param="", max_pixels=1200)).pixels == 1200
    assert "1199" in await refusal(data_url(image_bytes(size=(40, 30))), max_pixels=1199)


@pytest.mark.alone
async def test_the_event_loop_runs_on_while_a_large_image_is_read() -> None:
    side = int(MAX_PIXELS**0.5)
    url = data_url(image_bytes("JPEG", (side, side)))
    reading = asyncio.create_task(read_data_url(url, param="input.images"))
    begun, pauses = time.perf_counter(), []
    while not reading.done():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        pauses.append(time.perf_counter() - before)
    assert (await reading).pixels > 0.99 * MAX_PIXELS
    assert max(pauses) < 0.8 * (time.perf_counter() - begun)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=8))
async def test_damage_anywhere_is_an_image_or_a_refusal(kind: str, damage: list[tuple[int, int]]) -> None:
    data = bytearray(image_bytes(kind, (24, 24)))
    for place, value in damage:
        data[place % len(data)] = value
    try:
        image = await read_data_url(data_url(bytes(data)), param="input.images")
    except InvalidImage:
        return
    assert image.pixels > 0
