"""Calls over kept connections, to a server that says what it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from yarl import URL

from pluggably.kit.pool import NEW_CONNECTION, NetworkConnector, Pool

PATIENCE_S = 20
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    pool = Pool(NetworkConnector(limit=0), {"accept-encoding": "identity", "user-agent": "pluggably"})
    yield pool
    await pool.close()


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[URL]:
    """A server whose connections are handled so; its URL."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has left
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/path?a=b")
    finally:
        server.close()


async def call(pool: Pool, url: URL, body: bytes | None = b"{}", **headers: str) -> tuple[int, bytes]:
    """The status and the body of an answer."""
    NEW_CONNECTION.set(False)
    async with asyncio.timeout(PATIENCE_S):
        response = await pool.send("GET" if body is None else "POST", url, body, headers, 5)
        return response.status, await response.content.read()


async def test_a_call_goes_out_as_it_was_meant(pool: Pool) -> None:
    heads: list[list[str]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heads.append((await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n"))
            length = [line for line in heads[-1] if line.lower().startswith("content-length")]
            if length:
                assert await reader.readexactly(int(length[0].split(": ")[1])) == b"longer" * 20_000
            writer.write(OK)

    async with answering(answer) as url:
        for body in (b"longer" * 20_000, None):
            assert await call(pool, url, body, authorization="Bearer ü") == (200, b"ok")
    common = {
        f"Host: 127.0.0.1:{url.port}",
        "accept-encoding: identity",
        "user-agent: pluggably",
        "authorization: Bearer ü",
        "Accept: */*",
        "",
    }
    assert [head[0] for head in heads] == ["POST /path?a=b HTTP/1.1", "GET /path?a=b HTTP/1.1"]
    assert set(heads[0][1:]) == common | {"Content-Length: 120000"}
    assert set(heads[1][1:]) == common


async def test_a_password_in_the_address_goes_into_its_header(pool: Pool) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert b"\r\nAuthorization: Basic bmFtZTp3b3Jk\r\n" in await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)

    async with answering(answer) as url:
        assert await call(pool, url.with_user("name").with_password("word"), None) == (200, b"ok")


async def test_what_comes_before_the_answer_is_passed_over(pool: Pool) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK)

    async with answering(answer) as url:
        assert await call(pool, url) == (200, b"ok")


@pytest.mark.parametrize(("body", "is_asked_again"), [(None, True), (b"{}", False)])
async def test_only_what_changes_nothing_is_asked_again_where_a_kept_connection_had_ended(
    pool: Pool, body: bytes | None, is_asked_again: bool
) -> None:
    calls = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        await reader.readuntil(b"\r\n\r\n" + (body or b""))
        writer.write(OK)
        calls += 1
        await reader.readuntil(b"\r\n\r\n" + (body or b""))  # the second call on it is never answered

    async with answering(answer) as url:
        assert await call(pool, url, body) == (200, b"ok")
        if is_asked_again:
            assert await call(pool, url, body) == (200, b"ok")
        else:
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await call(pool, url, body)
    assert calls == (2 if is_asked_again else 1)


async def test_a_connection_whose_other_side_did_not_take_the_whole_body_is_not_used_again(pool: Pool) -> None:
    connections = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 No\r\ncontent-length: 2\r\n\r\nno" if connections == 1 else OK)
        await asyncio.sleep(0.2)

    async with answering(answer) as url:
        assert await call(pool, url, b"x" * 30_000_000) == (413, b"no")
        assert await call(pool, url) == (200, b"ok")
    assert connections == 2


async def test_a_header_that_would_end_its_line_is_refused(pool: Pool) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise AssertionError("nothing may be sent")

    async with answering(answer) as url:
        with pytest.raises(ValueError, match="control character"):
            await call(pool, url, key="a\r\nhost: elsewhere")
