"""Background requests in a real database: after a restart, on other replicas, and after their time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from pluggably.features.requests import archive as module
from pluggably.features.requests.archive import RequestArchive
from pluggably.features.requests.event_log import EventLog
from pluggably.features.requests.registry import LocalRequests, RequestStatus, TrackedRequest
from pluggably.kit.database import Database
from pluggably.kit.ids import new_id
from pluggably.tables.background_requests import BackgroundRequestTable

START = datetime(2026, 11, 23, 12, 0, 0, 123_456, tzinfo=UTC)
RESULT = {"output": {"text": "“ü” \x00 模型"}, "usage": {"total_tokens": 3}, "odd": float("inf")}


class Clock:
    """A time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def goes_on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def begun(user: str = "ada", minute: int = 0, **more: Any) -> TrackedRequest:
    """A background request that has begun."""
    made_at = START + timedelta(minutes=minute)
    return TrackedRequest(new_id("req"), user, "model", "text", created_at=made_at, events=EventLog(), **more)


def completed(request: TrackedRequest, at: datetime = START) -> TrackedRequest:
    """The request after its end."""
    request.result = dict(RESULT)
    request.finished(RequestStatus.COMPLETED)
    request.finished_at = at
    return request


async def written(database: Database, requests: int) -> None:
    """Wait until so many requests are in the database."""
    async with asyncio.timeout(5):
        while await stored(database) < requests:
            await asyncio.sleep(0.01)


async def stored(database: Database) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(BackgroundRequestTable)) or 0


def archive_of(database: Database, clock: Clock, keep_s: float = 3600) -> RequestArchive:
    """What one gateway has of it."""
    return RequestArchive(database, keep_s, lease_s=20, interval_s=0.01, now=clock)


async def test_a_result_outlives_its_gateway(either_database: Database) -> None:
    clock = Clock()
    first = archive_of(either_database, clock)
    await first.start()
    request = begun()
    assert request.events is not None
    await request.events.write(b"one")
    await request.events.end(b"two")
    first.begun(request)
    first.finished(completed(request))
    await first.close()
    found = await archive_of(either_database, clock).find("ada", request.id)
    assert found is not None
    assert found.result == {**RESULT, "odd": None}
    assert (found.status, found.last_event, found.error) == (RequestStatus.COMPLETED, 2, None)
    assert (found.created_at, found.started_at, found.finished_at) == (START, None, START)


@pytest.mark.req("SYS-NFR-014")
async def test_a_result_is_found_by_its_owner_alone(database: Database) -> None:
    archive = archive_of(database, Clock())
    await archive.start()
    request = completed(begun("ada"))
    archive.finished(request)
    for _ in ("waiting to be written", "written"):
        assert await archive.find("bob", request.id) is None
        assert await archive.find("ada", request.id) is not None
        await written(database, 1)
    assert await archive.page("bob", active=False, before=None, limit=10) == []
    await archive.close()


async def test_a_request_is_found_before_it_is_written(database: Database) -> None:
    archive = archive_of(database, Clock())  # not started: nothing leaves the queue
    request = begun()
    archive.begun(request)
    assert await archive.find("ada", request.id) is request
    assert await stored(database) == 0


async def test_a_request_whose_gateway_is_gone_has_failed(either_database: Database) -> None:
    clock = Clock()
    dead, alive = archive_of(either_database, clock), archive_of(either_database, clock)
    await dead.start()
    request = begun()
    dead.begun(request)
    await dead.close()  # without having heard of its end
    found = await alive.find("ada", request.id)
    assert found is not None
    assert found.status is RequestStatus.PENDING, "until then its gateway may be busy with it"
    clock.goes_on(21)
    for _ in ("not swept", "swept"):
        found = await alive.find("ada", request.id)
        assert found is not None
        assert found.status is RequestStatus.FAILED
        assert found.error is not None
        assert (found.error["code"], found.error["request_id"]) == ("runtime_crashed", request.id)
        assert "restarted" in found.error["message"]
        await alive.sweep()


async def test_a_start_on_sqlite_fails_at_once_what_was_left(database: Database) -> None:
    clock = Clock()
    dead, next_one = archive_of(database, clock), archive_of(database, clock)
    await dead.start()
    left, whole = begun(), begun()
    for request in (left, whole):
        dead.begun(request)
    dead.finished(completed(whole))
    await dead.close()
    await next_one.start()
    found = [await next_one.find("ada", request.id) for request in (left, whole)]
    assert [item and item.status for item in found] == [RequestStatus.FAILED, RequestStatus.COMPLETED]
    await next_one.close()


async def test_a_long_request_stays_alive_while_its_gateway_does(either_database: Database) -> None:
    running, other = (RequestArchive(either_database, 3600, lease_s=0.8, interval_s=0.01) for _ in range(2))
    await running.start()
    request = begun()
    running.begun(request)
    await written(either_database, 1)
    for _ in range(5):
        await asyncio.sleep(0.3)
        await other.sweep()
        found = await other.find("ada", request.id)
        assert found is not None
        assert found.status is RequestStatus.PENDING
    await running.close()


async def test_the_sweep_deletes_what_was_kept_for_its_time(either_database: Database) -> None:
    clock = Clock()
    archive = archive_of(either_database, clock, keep_s=60)
    await archive.start()
    old, fresh = completed(begun()), completed(begun(), START + timedelta(seconds=30))
    archive.finished(old)
    archive.finished(fresh)
    await written(either_database, 2)
    clock.goes_on(61)
    assert await archive.find("ada", old.id) is None, "over, although the sweep has not come by"
    assert [item.id for item in await archive.page("ada", active=False, before=None, limit=9)] == [fresh.id]
    await archive.sweep()
    assert await stored(either_database) == 1
    await archive.close()


async def test_a_result_over_the_limit_leaves_its_status_alone(database: Database) -> None:
    clock = Clock()
    archive = archive_of(database, clock)
    await archive.start()
    request = completed(begun())
    request.result = {"output": {"text": "x" * module.MAX_RESULT_BYTES}}
    archive.finished(request)
    await archive.close()
    found = await archive.find("ada", request.id)
    assert found is not None
    assert (found.status, found.result) == (RequestStatus.COMPLETED, None)


async def test_a_list_goes_through_what_runs_here_and_what_is_stored(either_database: Database) -> None:
    clock = Clock()
    before = archive_of(either_database, clock)
    await before.start()
    stored_ones = [begun(minute=minute) for minute in (0, 2, 4)]
    for request in stored_ones:
        before.finished(completed(request))
    before.finished(completed(begun("bob")))
    await before.close()
    archive = archive_of(either_database, clock)
    requests = LocalRequests(3600, archive, clock)
    here = [begun(minute=minute) for minute in (1, 3)]
    for request in here:
        requests.claim(request)
    expected = [item.id for item in sorted((*stored_ones, *here), key=lambda item: item.key, reverse=True)]
    pages: list[str] = []
    key = None
    for _ in range(3):
        page = await requests.page("ada", active=False, before=key, limit=2)
        pages += [item.id for item in page]
        key = page[-1].key
    assert pages == expected
    active = await requests.page("ada", active=True, before=None, limit=10)
    assert [item.id for item in active] == [here[1].id, here[0].id]
