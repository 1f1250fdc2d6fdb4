"""The log of a background request's events."""

from __future__ import annotations

import asyncio

from pluggably.features.requests.event_log import EventLog


async def test_a_reader_gets_what_was_written_and_what_is_still_to_come() -> None:
    log = EventLog()
    await log.write(b"1")
    reader = log.follow()
    assert await anext(reader) == b"1"
    reading = asyncio.create_task(anext(reader))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    await log.write(b"2")
    assert await asyncio.wait_for(reading, 1) == b"2"
    await log.end(b"3")
    assert [event async for event in reader] == [b"3"]


async def test_a_reader_goes_on_after_the_number_that_it_had() -> None:
    log = EventLog()
    for number in range(1, 6):
        await log.write(b"%d" % number)
    await log.end()
    assert [event async for event in log.follow(3)] == [b"4", b"5"]
    assert [event async for event in log.follow(99)] == []


async def test_a_log_keeps_no_more_than_it_may_and_the_last_event_always() -> None:
    log = EventLog(max_bytes=10)
    for number in range(1, 8):
        await log.write(b"%d---" % number)
    assert [event async for event in _ended(log).follow()] == [b"6---", b"7---"]
    large = EventLog(max_bytes=10)
    await large.write(b"x")
    await large.write(b"y" * 100)
    assert [event async for event in _ended(large).follow()] == [b"y" * 100]


def _ended(log: EventLog) -> EventLog:
    log.abandon()
    return log


async def test_a_reader_of_an_abandoned_log_is_not_left_waiting() -> None:
    log = EventLog()
    reading = asyncio.create_task(anext(log.follow(), None))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    log.abandon()
    assert await asyncio.wait_for(reading, 1) is None
