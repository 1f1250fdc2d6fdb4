"""The client's side of a request: reading its body once, noticing that it has left, streaming to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from types import TracebackType

from starlette.types import Receive, Scope, Send

from pluggably.kit.sse import KEEP_ALIVE

LINE = "pluggably.line"
"""The extension of an ASGI scope that holds the `Line` of its client."""


class ClientGone(Exception):
    """The client closed the connection before its answer was complete."""


class Line:
    """A client's connection, as those see it who answer its requests. `listen` makes sure that its end is noticed."""

    def __init__(self, listen: Callable[[], None]) -> None:
        self._listen = listen
        self._watchers: set[UntilGone] = set()
        self.ended = False

    def watch(self, watcher: UntilGone) -> None:
        """Have it told of the end."""
        self._listen()
        self._watchers.add(watcher)

    def unwatch(self, watcher: UntilGone) -> None:
        """It need not be told any more."""
        self._watchers.discard(watcher)

    def end(self) -> None:
        """The client has left."""
        self.ended = True
        for watcher in list(self._watchers):
            watcher.left()


async def read_body(receive: Receive) -> bytes:
    """The whole body. Raises `ClientGone`."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body
    parts = [body]
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
    return b"".join(parts)


async def send_json(send: Send, body: bytes, status: int = 200, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """Answer with a JSON body that is written already."""
    own = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": body})


class UntilGone:
    """`async with UntilGone(receive, scope):` cancels what runs inside as soon as the client has left, then raises
    `ClientGone`. The body must have been read. Where the scope has no `Line`, a task waits at `receive`."""

    def __init__(self, receive: Receive, scope: Scope | None = None) -> None:
        self._receive = receive
        self._line: Line | None = scope["extensions"].get(LINE) if scope and "extensions" in scope else None
        self._watcher: asyncio.Task[None] | None = None
        self._gone = False
        self._over = False

    async def __aenter__(self) -> UntilGone:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        if self._line is None:
            self._watcher = asyncio.create_task(self._watch())
        elif self._line.ended:
            asyncio.get_running_loop().call_soon(self.left)
        else:
            self._line.watch(self)
        return self

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.left()

    def left(self) -> None:
        """The client has left."""
        if not self._over:
            self._gone = True
            self._task.cancel()

    @property
    def gone(self) -> bool:
        """Whether the client has left."""
        return self._gone

    def over(self) -> None:
        """The last piece is about to be sent: from now on a client that leaves has lost nothing."""
        self._over = True

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        if self._line is not None:
            self._line.unwatch(self)
        if self._watcher is not None:
            self._watcher.cancel()
        if self._gone and isinstance(error, asyncio.CancelledError):
            self._task.uncancel()
            raise ClientGone from error


class EventStream:
    """Writes a `text/event-stream` answer. While nothing is written `keep_alive`, a comment, goes out every `quiet_s`
    seconds (none: never), so that proxies keep the connection open."""

    def __init__(self, send: Send, *, quiet_s: float | None = 14, keep_alive: bytes = KEEP_ALIVE) -> None:
        self._send = send
        self._quiet_s = quiet_s
        self._keep_alive = keep_alive
        self._loop = asyncio.get_running_loop()
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._comment: asyncio.Task[None] | None = None
        self.started = False

    async def start(self, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """Send the head."""
        self.started = True
        await self._send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream; charset=utf-8"),
                    (b"cache-control", b"no-cache"),
                    (b"x-accel-buffering", b"no"),
                    *headers,
                ],
            }
        )
        self._last = self._loop.time()
        if self._quiet_s is not None:
            self._timer = self._loop.call_later(self._quiet_s, self._check)

    async def write(self, events: bytes) -> None:
        """Send whole events. Waits while the client reads slowly."""
        self._last = self._loop.time()
        await self._send({"type": "http.response.body", "body": events, "more_body": True})

    async def follow(self, events: AsyncIterator[bytes]) -> None:
        """Send a whole stream of events that somebody else writes."""
        try:
            await self.start()
            async for event in events:
                await self.write(event)
            await self.end()
        finally:
            self.abandon()

    async def end(self, events: bytes = b"") -> None:
        """Send the last events and close the stream."""
        self._stop()
        await self._send({"type": "http.response.body", "body": events})

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._comment is not None:
            self._comment.cancel()
            self._comment = None

    def _check(self) -> None:
        assert self._quiet_s is not None
        quiet = self._loop.time() - self._last
        if quiet >= self._quiet_s:
            if self._comment is None or self._comment.done():  # else the client reads slowly
                self._comment = self._loop.create_task(self.write(self._keep_alive))
            quiet = 0
        self._timer = self._loop.call_later(self._quiet_s - quiet, self._check)

    def abandon(self) -> None:
        """The stream ends without a word: the client has left."""
        self._stop()
