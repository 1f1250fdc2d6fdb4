"""`Range`, `If-Range` and `If-None-Match`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluggably.errors import RangeNotSatisfiable
from pluggably.features.artifacts.ranges import has_it_already, requested_span, still_the_same

sizes = st.integers(0, 300)
numbers = st.one_of(st.integers(0, 400), st.integers(10**15, 10**40))


def expected(data: bytes, first: int | None, last: int | None) -> bytes | None:
    """What RFC 9110 gives of `data`; None: it can't be satisfied."""
    if first is None:
        assert last is not None
        part = data[-last:] if last else b""
    else:
        part = data[first : None if last is None else last + 1]
    return part or None


@pytest.mark.req("SYS-REQ-016")
@given(size=sizes, first=st.none() | numbers, last=st.none() | numbers)
def test_one_range_gives_exactly_those_bytes(size: int, first: int | None, last: int | None) -> None:
    header = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    data = bytes(number % 251 for number in range(size))
    if (first is None and last is None) or (first is not None and last is not None and last < first):
        assert requested_span(header, size) is None
        return
    part = expected(data, first, last)
    if part is None:
        with pytest.raises(RangeNotSatisfiable) as refusal:
            requested_span(header, size)
        assert refusal.value.headers() == {"content-range": f"bytes */{size}"}
        return
    span = requested_span(header, size)
    assert span is not None
    assert data[span.start : span.start + span.length] == part
    assert span.content_range(size) == f"bytes {span.start}-{span.start + len(part) - 1}/{size}"


@given(header=st.text() | st.from_regex(r"bytes=[-0-9, ]*"), size=sizes)
def test_whatever_is_sent_the_answer_stays_inside(header: str, size: int) -> None:
    try:
        span = requested_span(header, size)
    except RangeNotSatisfiable:
        return
    assert span is None or (span.length > 0 and span.start >= 0 and span.start + span.length <= size)


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "items=0-1", "bytes=1-2-3", "bytes=0-1,2-3", "bytes=--1",
     "bytes=0-1, ", "bytes=٣-٤", "bytes=+1-2", "bytes=1-0", "bytes=" + "0-1," * 10_000 + "0-1"],
)  # fmt: skip
def test_what_is_no_single_range_is_answered_with_the_whole(header: str | None) -> None:
    assert requested_span(header, 10) is None


def test_a_part_is_sent_only_of_what_the_client_has() -> None:
    date = "Mon, 23 Nov 2026 12:00:00 GMT"
    assert still_the_same(None, '"a"', date)
    assert still_the_same('"a"', '"a"', date)
    assert still_the_same(date, '"a"', date)
    for other in ('"b"', 'W/"a"', "a", "Mon, 23 Nov 2026 12:00:01 GMT", ""):
        assert not still_the_same(other, '"a"', date)


@pytest.mark.parametrize("sent", ['"a"', 'W/"a"', '"b", "a"', "*", ' "a" '])
def test_what_the_client_has_already_is_recognised(sent: str) -> None:
    assert has_it_already(sent, '"a"')


@pytest.mark.parametrize("sent", [None, "", '"b"', "a", '"a'])
def test_what_it_does_not_have_is_not(sent: str | None) -> None:
    assert not has_it_already(sent, '"a"')
