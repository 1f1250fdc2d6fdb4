"""The load generator counts only complete, correct answers to its own calls."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from benchmarks.load import Call, Calls, Endpoint, at_rate, fault, percentile, saturate
from benchmarks.upstream import ANSWER, CHUNKS, Upstream

PLAIN = Call(b"bench-0000000007", b"", stream=False)
STREAM = Call(b"bench-0000000007", b"", stream=True)


def plain_body(call_id: str = "bench-0000000007") -> bytes:
    return f'{{"choices":[{{"message":{{"content":"{call_id} {ANSWER}"}}}}],"usage":{{"total_tokens":96}}}}'.encode()


def stream_body(indexes: list[int], call_id: str = "bench-0000000007", *, done: bool = True) -> bytes:
    texts = "".join(f'data: {{"content":"{call_id}#{index:02d} "}}\n\n' for index in indexes)
    tail = 'data: {"finish_reason":"stop","usage":{"total_tokens":96}}\n\n' + ("data: [DONE]\n\n" if done else "")
    return (texts + tail).encode()


def test_a_correct_answer_has_no_fault() -> None:
    assert fault(PLAIN, 200, plain_body()) is None
    assert fault(STREAM, 200, stream_body(list(range(CHUNKS)))) is None


def test_an_answer_to_another_call_is_a_mixed_up_reply() -> None:
    assert fault(PLAIN, 200, plain_body("bench-0000000008")) == "mixed-up reply"
    assert fault(STREAM, 200, stream_body(list(range(CHUNKS)), "bench-0000000008")) == "mixed-up reply"


def test_one_foreign_chunk_in_a_stream_is_a_mixed_up_reply() -> None:
    foreign = b'data: {"content":"bench-0000000008#00 "}\n\n'
    assert fault(STREAM, 200, foreign + stream_body(list(range(CHUNKS)))) == "mixed-up reply"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(stream_body(list(range(CHUNKS - 1))), id="a chunk is missing"),
        pytest.param(stream_body([1, 0, *range(2, CHUNKS)]), id="two chunks are swapped"),
        pytest.param(stream_body([0, *range(CHUNKS)]), id="a chunk came twice"),
        pytest.param(stream_body(list(range(CHUNKS)), done=False), id="the end is missing"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_an_incomplete_stream_is_a_fault(body: bytes) -> None:
    assert fault(STREAM, 200, body) == "incomplete reply"


def test_a_truncated_answer_and_a_bad_status_are_faults() -> None:
    assert fault(PLAIN, 200, plain_body()[:-30]) == "incomplete reply"
    assert fault(PLAIN, 502, plain_body()) == "status 502"


def test_percentiles_are_values_that_were_seen() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1.0)) == (50, 99, 100)
    assert percentile([3.0], 0.5) == 3
    assert math.isnan(percentile([], 0.5))


@asynccontextmanager
async def listening(protocol: Callable[[], asyncio.Protocol]) -> AsyncIterator[Endpoint]:
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    async with server:
        yield Endpoint(server.sockets[0].getsockname()[1])


@pytest.mark.req("SYS-NFR-006")
async def test_every_call_to_the_vendor_is_answered_and_timed() -> None:
    async with listening(Upstream) as endpoint:
        tally = await saturate(Calls(endpoint), 5, 0.2)
    assert tally.answers > 5
    assert not tally.errors
    assert tally.per_second == pytest.approx(tally.answers / tally.seconds)
    assert max(tally.latencies) < 1


@pytest.mark.alone
async def test_paced_streams_take_their_time_but_begin_at_once() -> None:
    async with listening(Upstream) as endpoint:
        tally = await saturate(Calls(endpoint, stream=True, pace_ms=2), 3, 0.01)
    assert not tally.errors
    assert (tally.answers, len(tally.first_tokens)) == (3, 3)
    assert min(tally.latencies) >= 0.002 * (CHUNKS - 1)
    assert max(tally.first_tokens) < 0.1


@pytest.mark.alone
async def test_a_fixed_rate_does_not_wait_for_answers() -> None:
    async with listening(Upstream) as endpoint:
        tally = await at_rate(Calls(endpoint, stream=True, pace_ms=2), per_second=50, seconds=0.2)
    assert (tally.answers, tally.errors.total()) == (10, 0)
    assert tally.seconds < 5 * 0.002 * CHUNKS  # one after the other they would take ten times as long


class Swapped(Upstream):
    """A vendor that answers every call with what was asked the time before."""

    previous = b"bench-9999999999"

    def on_body(self, data: bytes) -> None:
        super().on_body(data)
        call_id = self.body[self.body.index(b"bench-") :][:16]
        self.body = self.body.replace(call_id, Swapped.previous)
        Swapped.previous = call_id


class Refusing(asyncio.Protocol):
    """A server that closes every connection once it has been asked something."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.close()


async def test_replies_that_were_swapped_are_errors_and_never_answers() -> None:
    async with listening(Swapped) as endpoint:
        tally = await saturate(Calls(endpoint), 2, 0.05)
    assert tally.answers == 0
    assert tally.errors["mixed-up reply"] >= 2


async def test_a_connection_that_closes_without_an_answer_is_an_error() -> None:
    async with listening(Refusing) as endpoint:
        tally = await saturate(Calls(endpoint), 2, 0.05)
    assert tally.answers == 0
    assert tally.errors["connection lost"] >= 2


async def test_a_port_where_nothing_listens_is_an_error() -> None:
    async with listening(Upstream) as endpoint:
        pass
    tally = await saturate(Calls(endpoint), 2, 0.0)
    assert tally.errors == {"cannot connect": 2}
