"""Outgoing HTTP on the hot path, behind one small interface (aiohttp inside).

Connections are pooled and kept alive; redirects are never followed, so that no credential reaches another host.
The four time-outs (connect, first token, idle, total) are separate. The time in which our own reader is slow counts
for the last one alone, and that is then told when the reader comes back for more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Literal

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from pluggably.contract.calls import Call, Reply
from pluggably.kit.addresses import Network
from pluggably.kit.fetch import AddressRefused, CheckedResolver, SystemResolver
from pluggably.kit.pool import NEW_CONNECTION, NetworkConnector, Pool, Response, SocketConnector

MAX_REPLY_BYTES = 64 * 1024 * 1024
_DRAIN_S = 0.25
"""How long a finished reader waits for the end of the body, so that the connection can be kept."""
_MOST_DRAINED = 64 * 1024
_HEADERS = {"accept-encoding": "identity", "user-agent": "pluggably"}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that a call may take: to connect, until the body's first byte, between two chunks, in all."""

    connect_s: float = 10
    first_token_s: float = 120
    idle_s: float = 60
    total_s: float = 1800


@dataclass(frozen=True, slots=True)
class Address:
    """Where calls go: a base URL, or a unix socket on this machine.

    `guarded`: a user has named it. Only public addresses are connected to then, and those that the operator allows.
    """

    base_url: str
    socket_path: str | None = None
    guarded: bool = False


class ConnectFailed(Exception):
    """No connection could be made; nothing was sent."""


class NotReachable(ConnectFailed):
    """A guarded address leads where users may not send the gateway; nothing was connected to."""


class ConnectionLost(Exception):
    """The connection broke before the answer was complete, or what came was no HTTP.

    `stale`: it was a kept connection and broke before any of the answer came, as one does that the other side had
    closed meanwhile.
    """

    def __init__(self, message: str, *, stale: bool = False) -> None:
        super().__init__(message)
        self.stale = stale


class TooLong(ConnectionLost):
    """The answer is longer than whoever reads it takes: `limit` in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the answer is longer than {limit / 2**20:.4g} MiB")
        self.limit = limit


class TimedOut(Exception):
    """One of the four times ran out; `which` says which."""

    def __init__(self, which: Literal["connect", "first token", "idle", "total"], seconds: float) -> None:
        super().__init__(f"{which} time-out after {seconds:g} s")
        self.which = which


class OpenReply:
    """An answer whose head has come. Use as an async context manager; leaving it early drops the connection."""

    def __init__(self, response: Response, watch: _Watch) -> None:
        self._response = response
        self._watch = watch
        self.status = response.status
        self._complete = False

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers; look-ups ignore case."""
        return self._response.headers

    async def read(self) -> Reply:
        """The whole answer. Raises `ConnectionLost`, `TimedOut`."""
        content = self._response.content
        if content.is_eof() and content.exception() is None:  # it came with the head
            body = content.read_nowait()
            self._complete = True
        else:
            body = b"".join([part async for part in self.chunks(MAX_REPLY_BYTES)])
        headers = {name.lower(): value for name, value in self._response.headers.items()}
        return Reply(self.status, headers, body)

    async def chunks(self, limit: int | None = None) -> AsyncIterator[bytes]:
        """The body as it arrives, cut anywhere. The sender waits while nobody asks for the next chunk.

        Raises `ConnectionLost`, `TooLong` where the body is longer than `limit` bytes, and `TimedOut`.
        """
        content, watch = self._response.content, self._watch
        total = 0
        try:
            while True:
                watch.wait()
                chunk = await content.readany()
                watch.got()
                if not chunk:
                    break
                total += len(chunk)
                if limit is not None and total > limit:
                    raise TooLong(limit)
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            raise ConnectionLost(str(error) or type(error).__name__) from error
        self._complete = True

    async def drain(self) -> None:
        """Read a little further: a reader that saw the answer's last event may not have seen the body's end."""
        if self._complete:
            return
        content, drained = self._response.content, 0
        try:
            async with asyncio.timeout(_DRAIN_S):
                while drained <= _MOST_DRAINED:
                    chunk = await content.readany()
                    if not chunk:
                        self._complete = True
                        return
                    drained += len(chunk)
        except (aiohttp.ClientError, OSError):  # TimeoutError is one
            return

    def close(self) -> None:
        """Give the connection back if the answer was read to its end, else drop it."""
        if self._complete:
            self._response.release()
        else:
            self._response.close()


class _Watch:
    """First-token, idle and total time-out with one timer that is armed anew only when it fires.

    It interrupts only who waits for the other side: a total time that runs out else is raised by the next `wait`.
    """

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._waiting_since: float | None = self._started
        self._first = True
        self._expired: TimedOut | None = None
        self._late: TimedOut | None = None
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        first = min(timeouts.first_token_s, timeouts.total_s)
        self._timer = self._loop.call_at(self._started + first, self._check)

    def wait(self) -> None:
        if self._late is not None:
            raise self._late
        self._waiting_since = self._loop.time()

    def pause(self) -> None:
        self._waiting_since = None

    def got(self) -> None:
        self._waiting_since = None
        if self._first:
            self._first = False
            self._arm(min(self._loop.time() + self._timeouts.idle_s, self._started + self._timeouts.total_s))

    def _arm(self, due: float) -> None:
        self._timer.cancel()
        self._timer = self._loop.call_at(due, self._check)

    def _check(self) -> None:
        now, times = self._loop.time(), self._timeouts
        due, expired = self._started + times.total_s, TimedOut("total", times.total_s)
        if self._waiting_since is None:
            due = min(due, now + (times.first_token_s if self._first else times.idle_s))
        elif self._first:
            if self._started + times.first_token_s < due:
                due, expired = self._started + times.first_token_s, TimedOut("first token", times.first_token_s)
        elif self._waiting_since + times.idle_s < due:
            due, expired = self._waiting_since + times.idle_s, TimedOut("idle", times.idle_s)
        if now < due:
            self._arm(due)
        elif self._waiting_since is None:
            self._late = expired
        else:
            self._expired = expired
            self._task.cancel()

    def stop(self, error: BaseException | None) -> None:
        """End the watch; turns the cancellation that it caused into `TimedOut`."""
        self._timer.cancel()
        ours = self._expired is not None and isinstance(error, asyncio.CancelledError)
        if ours and self._task.uncancel() <= self._cancelling:
            assert self._expired is not None
            raise self._expired from error


class Exchange:
    """One call under way: `async with client.open(...) as reply`."""

    def __init__(
        self,
        pool: Pool,
        url: URL,
        call: Call,
        headers: Mapping[str, str],
        timeouts: Timeouts,
        gate: CheckedResolver | None = None,
    ) -> None:
        self._pool = pool
        self._url = url
        self._call = call
        self._headers = headers
        self._timeouts = timeouts
        self._gate = gate
        self._reply: OpenReply | None = None

    async def __aenter__(self) -> OpenReply:
        call = self._call
        headers = {**self._headers, **call.headers} if call.headers else self._headers
        self._watch = watch = _Watch(self._timeouts)
        NEW_CONNECTION.set(False)
        try:
            if self._gate is not None:
                self._gate.check_literal(self._url.raw_host or "")
            response = await self._pool.send(call.method, self._url, call.body, headers, self._timeouts.connect_s)
        except aiohttp.ConnectionTimeoutError as error:
            watch.stop(None)
            raise TimedOut("connect", self._timeouts.connect_s) from error
        except AddressRefused as error:
            watch.stop(None)
            raise NotReachable(str(error)) from error
        except aiohttp.ClientConnectorError as error:
            watch.stop(None)
            raise ConnectFailed(str(error)) from error
        except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
            watch.stop(None)
            closed = isinstance(error, (aiohttp.ServerDisconnectedError, OSError))
            stale = closed and not NEW_CONNECTION.get()
            raise ConnectionLost(str(error) or type(error).__name__, stale=stale) from error
        except BaseException as error:
            watch.stop(error)
            raise
        watch.pause()
        self._reply = OpenReply(response, watch)
        return self._reply

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reply is not None:
            if error is None:
                await self._reply.drain()
            self._reply.close()
        self._watch.stop(error)


class HttpClient:
    """A pool of connections to each address. Build it inside a running event loop.

    `allowed` are networks that guarded addresses may lead to although they are not public; `resolver` looks their
    names up (the system's own unless given; its answers are judged here, whoever gives them).
    """

    def __init__(
        self,
        *,
        connections_per_host: int = 0,
        allowed: Sequence[Network] = (),
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._network = Pool(NetworkConnector(limit=0, limit_per_host=connections_per_host), _HEADERS)
        self._gate = CheckedResolver(resolver or SystemResolver(), allowed)
        # What the gate lets pass is what is connected to; no answer of it is kept for a later connection.
        self._guarded = Pool(NetworkConnector(limit=0, resolver=self._gate, use_dns_cache=False), _HEADERS)
        self._sockets: dict[str, Pool] = {}
        self._urls: dict[tuple[str, str], URL] = {}

    def open(self, address: Address, call: Call, headers: Mapping[str, str], timeouts: Timeouts) -> Exchange:
        """Begin a call; entering it raises `ConnectFailed`, `ConnectionLost` or `TimedOut`."""
        gate = None
        if address.guarded:
            pool, gate = self._guarded, self._gate
        elif address.socket_path is None:
            pool = self._network
        else:
            known = self._sockets.get(address.socket_path)
            if known is None:
                # llama.cpp's server closes after a streamed answer without saying so: a kept connection would fail.
                known = Pool(SocketConnector(address.socket_path, limit=0, force_close=True), _HEADERS)
                self._sockets[address.socket_path] = known
            pool = known
        key = (address.base_url, call.path)
        url = self._urls.get(key)
        if url is None:
            url = URL(address.base_url.rstrip("/") + call.path)
            if call.body is not None and len(self._urls) < 4096:  # what is fetched has a path of its own each time
                self._urls[key] = url
        return Exchange(pool, url, call, headers, timeouts, gate)

    async def forget(self, socket_path: str) -> None:
        """Close the connections to a socket whose server has gone."""
        pool = self._sockets.pop(socket_path, None)
        if pool is not None:
            await pool.close()

    async def close(self) -> None:
        """Close every connection."""
        for pool in (self._network, self._guarded, *self._sockets.values()):
            await pool.close()
        await self._gate.close()
        self._sockets.clear()
