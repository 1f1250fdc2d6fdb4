"""The load generator: raw HTTP/1.1 on asyncio protocols, far cheaper than what it measures.

Every answer is read to its end and checked: status, framing, the whole text or all 64 chunks in order, the
usage, and the id of the very call that was sent on that connection. What fails a check is counted as an error
under its reason and never as an answer. Times are seconds unless a name says otherwise.
"""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import NamedTuple, cast

import httptools

from benchmarks.upstream import ANSWER, CALL_ID, CHUNKS

PATIENCE = 20.0
"""Seconds after the last call was sent until what is still unanswered counts as an error."""

_ANSWER = b" " + ANSWER.encode()
_INDEXES = [b"%02d" % index for index in range(CHUNKS)]
_ids = itertools.count(1)


@dataclass(frozen=True)
class Endpoint:
    """Where a target listens on the loopback address, and what it wants to be told."""

    port: int
    model: str = "gpt-4o-mini"
    headers: Mapping[str, str] = field(default_factory=dict)


class Call(NamedTuple):
    """One request, ready to be written."""

    call_id: bytes
    wire: bytes
    stream: bool


class Calls:
    """Makes calls of one kind to one endpoint, each with an id that no other call of this process has."""

    def __init__(self, endpoint: Endpoint, *, stream: bool = False, pace_ms: int = 0) -> None:
        self.endpoint, self.stream = endpoint, stream
        marker = "bench-0000000000"
        body: dict[str, object] = {
            "model": endpoint.model,
            "messages": [
                {"role": "system", "content": "You are a helpful assistant."},
                {"role": "user", "content": f"{marker} pace={pace_ms} What should a gateway add to an answer?"},
            ],
            "temperature": 0.7,
            "max_tokens": 256,
        }
        if stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        payload = json.dumps(body, separators=(",", ":")).encode()
        headers = {
            "host": f"127.0.0.1:{endpoint.port}",
            "content-type": "application/json",
            "accept": "*/*",
            "content-length": str(len(payload)),
            **endpoint.headers,
        }
        head = "POST /v1/chat/completions HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        self._before, self._after = (head.encode() + b"\r\n" + payload).split(marker.encode())

    def next(self) -> Call:
        call_id = b"bench-%010d" % next(_ids)
        return Call(call_id, self._before + call_id + self._after, self.stream)


@dataclass
class Tally:
    """What came of one run of load."""

    seconds: float = 0.0
    """From the first call to the last answer."""
    latencies: list[float] = field(default_factory=list)
    """One for each correct answer, from sending the call to the last byte."""
    first_tokens: list[float] = field(default_factory=list)
    """One for each correct stream, from sending the call to the first text."""
    longest_pause: float = 0.0
    """Between two pieces of one stream, where pauses are watched."""
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def answers(self) -> int:
        return len(self.latencies)

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds if self.seconds else 0.0


def fault(call: Call, status: int, body: bytes) -> str | None:
    """What is wrong with an answer, or None."""
    if status != 200:
        return f"status {status}"
    if call.stream:
        texts = body.split(call.call_id + b"#")
        right = [text[:2] for text in texts[1:]] == _INDEXES and body.count(b"bench-") == CHUNKS
        tail = texts[-1]
        right = right and b'"stop"' in tail and b'"total_tokens"' in tail and tail.rstrip().endswith(b"data: [DONE]")
    else:
        right = call.call_id + _ANSWER in body and b'"total_tokens"' in body and body.rstrip().endswith(b"}")
    if right:
        return None
    return "mixed-up reply" if set(CALL_ID.findall(body)) - {call.call_id} else "incomplete reply"


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed; NaN of none."""
    if not values:
        return float("nan")
    ranked = sorted(values)
    return ranked[max(0, -int(-share * len(ranked) // 1) - 1)]


class Connection(asyncio.Protocol):
    """One kept connection, which carries one call at a time."""

    def __init__(self, tally: Tally, free: Callable[["Connection"], None]) -> None:
        self.tally, self.free = tally, free
        self.parser = httptools.HttpResponseParser(self)
        self.call: Call | None = None
        self.usable = True
        self.parts: list[bytes] = []
        self.sent = self.first = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its bases

    def send(self, call: Call, since: float | None = None) -> None:
        """Write a call; its time counts from `since`, or from now."""
        self.call, self.parts, self.first = call, [], 0.0
        self.sent = perf_counter() if since is None else since
        self.transport.write(call.wire)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.give_up("not HTTP")

    def on_body(self, data: bytes) -> None:
        self.parts.append(data)
        if not self.first and self.call and self.call.stream and b"#00" in data:
            self.first = perf_counter()

    def on_message_complete(self) -> None:
        now = perf_counter()
        if self.call is None:
            self.tally.errors["reply that nobody asked for"] += 1
            return
        problem = fault(self.call, self.parser.get_status_code(), b"".join(self.parts))
        if problem:
            self.tally.errors[problem] += 1
        else:
            self.tally.latencies.append(now - self.sent)
            if self.call.stream:
                self.tally.first_tokens.append(self.first - self.sent)
        self.call = None
        if not self.parser.should_keep_alive():
            self.usable = False
            self.transport.close()
        self.free(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.give_up("connection lost")

    def give_up(self, reason: str) -> None:
        """Close; the call under way, if there is one, becomes an error."""
        self.usable = False
        self.transport.abort()
        if self.call is not None:
            self.call = None
            self.tally.errors[reason] += 1
            self.free(self)


class WatchedConnection(Connection):
    """One whose streams' pauses are watched."""

    before = 0.0

    def on_body(self, data: bytes) -> None:
        now = perf_counter()
        if self.parts:
            self.tally.longest_pause = max(self.tally.longest_pause, now - self.before)
        self.before = now
        super().on_body(data)


class _Run:
    """One run of load: opens connections, keeps the tally, waits for the last answer."""

    def __init__(self, calls: Calls, kind: type[Connection] = Connection) -> None:
        self.calls, self.tally, self.kind = calls, Tally(), kind
        self.loop = asyncio.get_running_loop()
        self.connections: set[Connection] = set()
        self.opening: set[asyncio.Task[None]] = set()
        self.last = self.began = perf_counter()

    def open(self, free: Callable[[Connection], None], *, since: float | None = None) -> None:
        """Open one connection and send a call on it."""
        task = self.loop.create_task(self._open(free, since))
        self.opening.add(task)
        task.add_done_callback(self.opening.discard)

    async def _open(self, free: Callable[[Connection], None], since: float | None) -> None:
        try:
            _, connection = await self.loop.create_connection(
                lambda: self.kind(self.tally, free), "127.0.0.1", self.calls.endpoint.port
            )
        except OSError:
            self.tally.errors["cannot connect"] += 1
            return
        self.connections.add(connection)
        connection.send(self.calls.next(), since)

    def answered(self, connection: Connection) -> None:
        self.last = perf_counter()
        if not connection.usable:
            self.connections.discard(connection)

    async def drain(self) -> Tally:
        """Wait for what is under way, at most `PATIENCE` seconds; then close everything."""
        give_up_at = perf_counter() + PATIENCE
        while self.opening or any(connection.call for connection in self.connections):
            await asyncio.sleep(0.002)
            if perf_counter() > give_up_at:
                break
        self.tally.seconds = self.last - self.began
        for connection in list(self.connections):
            connection.give_up(f"no answer within {PATIENCE:.0f} s")
        return self.tally


async def saturate(
    calls: Calls, connections: int, seconds: float, *, spread: float = 0.0, watch_pauses: bool = False
) -> Tally:
    """Keep every connection busy for `seconds`, the next call as soon as an answer is complete.

    With `spread` the connections begin one after the other over so many seconds.
    """
    run = _Run(calls, WatchedConnection if watch_pauses else Connection)
    end = run.began + seconds

    def free(connection: Connection) -> None:
        run.answered(connection)
        if perf_counter() >= end:
            return
        if connection.usable:
            connection.send(calls.next())
        else:
            run.open(free)

    for _ in range(connections):
        run.open(free)
        if spread:
            await asyncio.sleep(spread / connections)
    await asyncio.sleep(max(0.0, end - perf_counter()))
    return await run.drain()


async def at_rate(calls: Calls, per_second: float, seconds: float) -> Tally:
    """Send `per_second` calls a second whether or not earlier ones are answered (an open loop)."""
    run = _Run(calls)
    idle: list[Connection] = []

    def free(connection: Connection) -> None:
        run.answered(connection)
        if connection.usable:
            idle.append(connection)

    for number in range(round(per_second * seconds)):
        await asyncio.sleep(max(0.0, run.began + number / per_second - perf_counter()))
        while idle and not idle[-1].usable:
            idle.pop()
        if idle:
            idle.pop().send(calls.next())
        else:
            run.open(free, since=perf_counter())
    return await run.drain()
