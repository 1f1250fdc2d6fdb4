"""Server-sent events, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluggably.contract.calls import ServerEvent
from pluggably.errors import ProviderError
from pluggably.kit.sse import DONE, EventParser, encode_event, parse_events
from tests.factories.streams import NAMES, cut, flow, places, recording


def events_of(*chunks: bytes) -> list[ServerEvent]:
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


@pytest.mark.parametrize("name", NAMES)
@given(places=places)
def test_a_recorded_stream_gives_the_same_events_however_it_is_cut(name: str, places: list[int]) -> None:
    data = recording(name)
    assert events_of(*cut(data, places)) == events_of(data)


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_stream_gives_the_same_events_byte_by_byte(name: str) -> None:
    data = recording(name)
    assert len(events_of(data)) >= 2
    assert events_of(*(data[at : at + 1] for at in range(len(data)))) == events_of(data)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_in_any_of_three_ways(end: bytes) -> None:
    data = end.join([b"event: a", b"data: 1", b"data: 2", b"id: 7", b"", b"data: 3", b"", b""])
    expected = [ServerEvent("1\n2", "a", "7"), ServerEvent("3", None, "7")]
    assert events_of(data + b"x") == expected
    assert events_of(*(data[at : at + 1] for at in range(len(data))), b"x") == expected


def test_a_character_cut_in_the_middle_is_put_together() -> None:
    data = "data: 世界🌍\n\n".encode()
    for at in range(len(data)):
        assert events_of(data[:at], data[at:]) == [ServerEvent("世界🌍")]


def test_a_byte_order_mark_is_passed_over_once() -> None:
    assert events_of(b"\xef", b"\xbb\xbf", b"data: a\n\ndata: \xef\xbb\xbfb\n\n") == [
        ServerEvent("a"),
        ServerEvent("\ufeffb"),
    ]


def test_bytes_that_are_no_utf8_are_replaced_and_the_stream_goes_on() -> None:
    assert events_of(b"data: a\xff\n\ndata: b\n\n") == [ServerEvent("a\ufffd"), ServerEvent("b")]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (b": a comment\n\n", []),
        (b"data\n\n", [ServerEvent("")]),
        (b"data:\n\n", [ServerEvent("")]),
        (b"data:  two spaces\n\n", [ServerEvent(" two spaces")]),
        (b"data:none\n\n", [ServerEvent("none")]),
        (b"event: alone\n\ndata: x\n\n", [ServerEvent("x")]),
        (b"id: 1\x002\ndata: x\n\n", [ServerEvent("x")]),
        (b"retry: 10\nunknown: y\ndata: x\n\n", [ServerEvent("x")]),
        (b"data: [DONE]\n\n", [ServerEvent("[DONE]")]),
        (b"data: cut off\n", []),
    ],
)
def test_odd_lines_are_read_as_the_standard_says(lines: bytes, expected: list[ServerEvent]) -> None:
    assert events_of(lines) == expected


def test_the_end_of_a_stream_ends_its_last_line() -> None:
    parser = EventParser()
    assert parser.feed(b"data: x\r\n\r") == []
    assert parser.feed(b"", final=True) == [ServerEvent("x")]


async def test_an_event_without_end_is_refused_before_it_fills_the_memory() -> None:
    def feed(line: bytes) -> None:
        parser = EventParser(max_event_bytes=1000)
        for _ in range(100):
            parser.feed(line)

    for line in (b"data: " + b"x" * 50, b"data: " + b"x" * 50 + b"\n"):
        with pytest.raises(ValueError, match="larger than 1000"):
            feed(line)
    with pytest.raises(ProviderError, match="larger than"):
        _ = [event async for event in parse_events(flow([b"data: " + b"x" * 17_000_000]))]


@given(
    name=st.text(st.characters(categories=("L", "N")), min_size=1),
    number=st.integers(min_value=1),
    data=st.dictionaries(st.text(max_size=10), st.text(max_size=10) | st.integers(-9, 9) | st.none(), max_size=3),
)
def test_what_is_written_can_be_read(name: str, number: int, data: dict[str, object]) -> None:
    (event,) = events_of(encode_event(name, data, number))
    assert (event.event, event.id, json.loads(event.data)) == (name, str(number), data)


def test_the_last_event_is_openais() -> None:
    assert DONE == b"data: [DONE]\n\n"
