"""Requests under way and kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from pluggably.errors import Conflict
from pluggably.features.requests.archive import RequestArchive
from pluggably.features.requests.event_log import EventLog
from pluggably.features.requests.registry import MAX_KEPT, LocalRequests, RequestStatus, TrackedRequest
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database


def tracked(request_id: str = "req_00000001", user: str = "u", *, background: bool = False) -> TrackedRequest:
    return TrackedRequest(request_id, user, "model", "text", events=EventLog() if background else None)


@pytest.fixture
def archive(database: Database) -> RequestArchive:
    """One that was not started: nothing reaches the database."""
    return RequestArchive(database, 60)


async def test_an_id_is_taken_while_its_request_runs_and_only_for_its_user(archive: RequestArchive) -> None:
    requests = LocalRequests(60, archive)
    first = tracked()
    requests.claim(first)
    with pytest.raises(Conflict):
        requests.claim(tracked())
    requests.claim(tracked(user="other"))
    requests.release(first)
    requests.claim(tracked())


async def test_another_users_request_is_not_found(archive: RequestArchive) -> None:
    requests = LocalRequests(60, archive)
    requests.claim(tracked())
    assert requests.find("u", "req_00000001") is not None
    assert requests.find("other", "req_00000001") is None
    assert await requests.recall("other", "req_00000001") is None
    assert await requests.page("other", active=False, before=None, limit=10) == []


async def test_a_finished_background_request_is_kept_for_its_time(archive: RequestArchive) -> None:
    now = utc_now()
    requests = LocalRequests(60, archive, lambda: now)
    kept, gone = tracked("req_background", background=True), tracked("req_foreground")
    for request in (kept, gone):
        requests.claim(request)
        request.finished(RequestStatus.COMPLETED)
        requests.release(request)
    assert requests.find("u", "req_background") is kept
    assert requests.find("u", "req_foreground") is None
    with pytest.raises(Conflict):
        requests.claim(tracked("req_background"))
    now += timedelta(seconds=120)
    assert requests.find("u", "req_background") is None


async def test_only_so_many_are_kept_in_memory(archive: RequestArchive) -> None:
    requests = LocalRequests(3600, archive)
    for number in range(MAX_KEPT + 5):
        request = tracked(f"req_{number:08}", background=True)
        requests.claim(request)
        request.finished(RequestStatus.COMPLETED)
        requests.release(request)
    assert requests.find("u", "req_00000004") is None
    assert requests.find("u", "req_00000005") is not None


async def test_cancelling_stops_the_task_once_and_a_finished_request_not_at_all() -> None:
    request = tracked()
    assert request.cancel() is False

    async def work() -> None:
        await asyncio.sleep(60)

    request.task = asyncio.create_task(work())
    await asyncio.sleep(0)
    assert request.cancel() is True
    assert request.cancel() is True
    with pytest.raises(asyncio.CancelledError):
        await request.task
    request.finished(RequestStatus.CANCELLED)
    assert request.cancel() is False


async def test_whoever_waits_for_a_change_is_woken_by_each() -> None:
    request = tracked()
    waiting = asyncio.create_task(request.changed())
    await asyncio.sleep(0)
    request.queued(3, 1.5)
    await asyncio.wait_for(waiting, 1)
    assert (request.status, request.queue_position, request.eta_s) == (RequestStatus.QUEUED, 3, 1.5)
    request.running()
    assert (request.status, request.queue_position, request.eta_s) == (RequestStatus.RUNNING, None, None)
    request.progressed(40)
    request.progressed(30)
    assert request.progress_pct == 40
