"""What the server's protocol adds to ASGI, on a real server."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from pluggably.kit.connection import LINE, ClientGone, UntilGone, read_body, send_json
from pluggably.kit.protocol import HeadWithBody
from tests.factories.apps import served

PATIENCE_S = 20


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body that came."""
    await send_json(send, await read_body(receive))


class Waiting:
    """An application that works until its client has left."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.may_watch = asyncio.Event()
        self.may_watch.set()
        self.gone = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await read_body(receive)
        self.begun.set()
        await self.may_watch.wait()
        try:
            async with UntilGone(receive, scope):
                await asyncio.sleep(60)
        except ClientGone:
            self.gone.set()


def post(body: bytes, method: str = "POST") -> bytes:
    return b"%b / HTTP/1.1\r\nhost: here\r\ncontent-length: %d\r\n\r\n%b" % (method.encode(), len(body), body)


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def answer_of(reader: asyncio.StreamReader) -> bytes:
    """The body of the next answer."""
    async with asyncio.timeout(PATIENCE_S):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length: "))
        return await reader.readexactly(int(length.removeprefix(b"content-length: ")))


async def hears_of_the_end(app: Waiting, body: bytes) -> None:
    async with served(app) as url:
        _, writer = await connect(url)
        writer.write(post(body))
        async with asyncio.timeout(PATIENCE_S):
            await app.begun.wait()
            writer.close()
            await app.gone.wait()


async def test_a_request_hears_that_its_client_has_left() -> None:
    await hears_of_the_end(Waiting(), b"{}")


async def test_it_hears_so_after_a_body_that_the_server_did_not_take_at_once() -> None:
    await hears_of_the_end(Waiting(), b"x" * 1_000_000)


async def test_a_client_that_left_before_anybody_watched_is_gone_too() -> None:
    app = Waiting()
    app.may_watch.clear()
    lines = []

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        lines.append(scope["extensions"][LINE])
        await app(scope, receive, send)

    async with served(noted) as url:
        _, writer = await connect(url)
        writer.write(post(b"{}"))
        async with asyncio.timeout(PATIENCE_S):
            await app.begun.wait()
            writer.close()
            while not lines[0].ended:
                await asyncio.sleep(0.005)
            app.may_watch.set()
            await app.gone.wait()


async def test_work_that_ends_before_the_client_does_is_told_nothing() -> None:
    untils = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        async with UntilGone(receive, scope) as until:
            untils.append(until)
            await send_json(send, body)

    async with served(app) as url:
        reader, writer = await connect(url)
        for body in (b"first", b"second"):
            writer.write(post(body))
            assert await answer_of(reader) == body
        writer.close()
        await asyncio.sleep(0.05)
    assert [until.gone for until in untils] == [False, False]


async def test_requests_that_are_sent_ahead_are_answered_in_order() -> None:
    async with served(echo) as url:
        reader, writer = await connect(url)
        writer.write(post(b"first") + post(b"second") + post(b""))
        assert [await answer_of(reader) for _ in range(3)] == [b"first", b"second", b""]
        writer.close()


async def test_an_answer_that_has_no_body_is_not_held_back() -> None:
    async with served(echo) as url:
        reader, writer = await connect(url)
        async with asyncio.timeout(PATIENCE_S):
            writer.write(post(b"{}", "HEAD"))
            assert b"content-length: 2\r\n" in await reader.readuntil(b"\r\n\r\n")
            writer.write(post(b"next"))
        assert await answer_of(reader) == b"next"
        writer.close()


class Recorded(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


async def test_a_head_goes_out_with_the_first_piece_of_the_body() -> None:
    to = Recorded()
    answer = HeadWithBody(to, asyncio.get_running_loop())
    for piece in (b"head;", b"first;", b"second;"):
        answer.write(piece)
    await asyncio.sleep(0)
    assert to.written == [b"head;first;", b"second;"]


async def test_a_head_waits_no_longer_than_until_the_loop_comes_round() -> None:
    to = Recorded()
    answer = HeadWithBody(to, asyncio.get_running_loop())
    answer.write(b"head;")
    assert to.written == []
    await asyncio.sleep(0)
    assert to.written == [b"head;"]
    answer.write(b"body")
    assert to.written == [b"head;", b"body"]


async def test_a_connection_that_is_closed_has_sent_the_head() -> None:
    to = Recorded()
    answer = HeadWithBody(to, asyncio.get_running_loop())
    answer.write(b"head;")
    answer.close()
    await asyncio.sleep(0)
    assert to.written == [b"head;"]
    assert answer.is_closing()
