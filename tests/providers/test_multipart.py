"""Multipart bodies, read by another reader."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from pluggably.contract.calls import Call
from pluggably.kit.http import Address, HttpClient, Timeouts
from pluggably.providers._multipart import Part, form, text_parts


async def read_by_aiohttp(http: HttpClient, parts: list[Part]) -> dict[str, Any]:
    """What a server makes of the body."""
    found: dict[str, Any] = {}

    async def take(request: web.Request) -> web.Response:
        for name, value in (await request.post()).items():
            found[name] = (value.filename, value.content_type, value.file.read()) if hasattr(value, "file") else value
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    body, headers = form(parts)
    address = Address(f"http://127.0.0.1:{runner.addresses[0][1]}")
    async with http.open(address, Call("/", body, headers=headers), {}, Timeouts()) as reply:
        assert reply.status == 200
        await reply.read()
    await runner.cleanup()
    return found


async def test_fields_and_files_arrive_as_they_are(http: HttpClient) -> None:
    parts = text_parts({"prompt": "a cät\r\n--boundary", "n": 2, "stream": True, "nothing": None})
    parts.append(Part("image", bytes(range(256)), "image/png", "image.png"))
    assert await read_by_aiohttp(http, parts) == {
        "prompt": "a cät\r\n--boundary",
        "n": "2",
        "stream": "true",
        "image": ("image.png", "image/png", bytes(range(256))),
    }


@given(st.text(), st.binary(max_size=300))
def test_no_boundary_is_in_the_content(prompt: str, data: bytes) -> None:
    body, headers = form([*text_parts({"prompt": prompt}), Part("image", data, "image/png")])
    boundary = headers["content-type"].partition("boundary=")[2].encode()
    assert body.count(b"--" + boundary) == 3
