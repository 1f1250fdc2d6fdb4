"""The client's side of a request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.types import Message

from pluggably.kit.connection import ClientGone, EventStream, UntilGone, read_body, send_json


class Client:
    """Sends these messages, then stays until it is told to leave; keeps what it is sent."""

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        self._messages = list(messages)
        self.leaves = asyncio.Event()
        self.received: list[Message] = []
        self.reads = asyncio.Event()
        self.reads.set()

    async def receive(self) -> Message:
        if self._messages:
            return self._messages.pop(0)
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.reads.wait()
        self.received.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.received)


def piece(body: bytes, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.parametrize(
    ("messages", "body"),
    [
        ([piece(b"all")], b"all"),
        ([piece(b"")], b""),
        ([{"type": "http.request"}], b""),
        ([piece(b"a", True), piece(b"b", True), piece(b"c")], b"abc"),
    ],
)
async def test_a_body_is_read_whole(messages: list[Message], body: bytes) -> None:
    assert await read_body(Client(messages).receive) == body


@pytest.mark.parametrize("messages", [[], [piece(b"half", True)]])
async def test_a_client_that_leaves_while_it_sends_is_gone(messages: list[Message]) -> None:
    client = Client(messages)
    client.leaves.set()
    with pytest.raises(ClientGone):
        await read_body(client.receive)


async def test_work_ends_as_soon_as_the_client_has_left() -> None:
    client = Client()
    stopped = asyncio.Event()

    async def work() -> None:
        async with UntilGone(client.receive):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                stopped.set()
                raise

    working = asyncio.create_task(work())
    await asyncio.sleep(0)
    client.leaves.set()
    with pytest.raises(ClientGone):
        await working
    assert stopped.is_set()
    assert working.cancelling() == 0, "the task can go on with its own affairs"


async def test_work_that_is_done_in_time_is_left_alone() -> None:
    client = Client()
    async with UntilGone(client.receive) as until:
        await asyncio.sleep(0)
    assert not until.gone
    client.leaves.set()
    await asyncio.sleep(0.01)


async def test_a_client_that_leaves_after_the_last_piece_has_lost_nothing() -> None:
    client = Client()
    async with UntilGone(client.receive) as until:
        until.over()
        client.leaves.set()
        await asyncio.sleep(0.02)
    assert not until.gone


async def test_a_cancellation_from_outside_stays_one() -> None:
    client = Client()

    async def work() -> None:
        async with UntilGone(client.receive):
            await asyncio.sleep(60)

    working = asyncio.create_task(work())
    await asyncio.sleep(0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_an_error_inside_is_passed_on_and_the_watch_ends() -> None:
    client = Client()
    with pytest.raises(LookupError):
        async with UntilGone(client.receive):
            raise LookupError("x")
    client.leaves.set()
    await asyncio.sleep(0.01)


async def test_json_is_sent_with_its_length() -> None:
    client = Client()
    await send_json(client.send, b'{"a":1}')
    assert dict(client.received[0]["headers"]) == {b"content-type": b"application/json", b"content-length": b"7"}
    assert client.body == b'{"a":1}'


async def test_a_stream_is_kept_open_with_comments_while_nothing_is_written() -> None:
    client = Client()
    stream = EventStream(client.send, quiet_s=0.05)
    await stream.start()
    await stream.write(b"data: 1\n\n")
    await asyncio.sleep(0.18)
    await stream.end(b"data: 2\n\n")
    assert 2 <= client.body.count(b": keep-alive\n\n") <= 4
    assert client.body.startswith(b"data: 1\n\n")
    assert client.body.endswith(b"data: 2\n\n")
    assert client.received[-1].get("more_body", False) is False
    length = len(client.received)
    await asyncio.sleep(0.12)
    assert len(client.received) == length, "something was sent after the end"


async def test_a_busy_stream_carries_no_comments() -> None:
    client = Client()
    stream = EventStream(client.send, quiet_s=0.1)
    await stream.start()
    for _ in range(15):
        await stream.write(b"data: x\n\n")
        await asyncio.sleep(0.02)
    await stream.end()
    assert b"keep-alive" not in client.body


async def test_comments_do_not_pile_up_before_a_client_that_does_not_read() -> None:
    client = Client()
    stream = EventStream(client.send, quiet_s=0.02)
    await stream.start()
    client.reads.clear()
    await asyncio.sleep(0.2)
    client.reads.set()
    await asyncio.sleep(0.01)
    assert client.body.count(b"keep-alive") <= 2, "one for each time that it was due"
    await stream.end()


async def test_no_comment_follows_the_end_even_if_it_was_due_just_then() -> None:
    client = Client()
    stream = EventStream(client.send, quiet_s=0.02)
    await stream.start()
    client.reads.clear()
    await asyncio.sleep(0.05)  # a comment waits for the client
    client.reads.set()
    await stream.end(b"data: last\n\n")
    await asyncio.sleep(0.05)
    assert client.body.endswith(b"data: last\n\n")


async def test_a_vendors_stream_carries_no_comments_of_ours() -> None:
    client = Client()
    stream = EventStream(client.send, quiet_s=None)
    await stream.start([(b"x-extra", b"1")])
    await asyncio.sleep(0.05)
    await stream.end()
    headers = dict(client.received[0]["headers"])
    assert headers[b"content-type"] == b"text/event-stream; charset=utf-8"
    assert headers[b"cache-control"] == b"no-cache"
    assert headers[b"x-extra"] == b"1"
    assert client.body == b""


async def test_a_vendors_stream_may_be_kept_open_with_an_event_of_its_own() -> None:
    client = Client()
    stream = EventStream(client.send, quiet_s=0.02, keep_alive=b"event: ping\n\n")
    await stream.start()
    await asyncio.sleep(0.1)
    await stream.end()
    assert b"event: ping\n\n" in client.body
    assert b"keep-alive" not in client.body
