"""`/v1/jobs`: how far downloads and cleanups are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pluggably.errors import JobNotFound, ValidationFailed
from pluggably.features.jobs.access import TheJobs
from pluggably.features.jobs.repository import Key
from pluggably.features.jobs.schemas import JobEvent, JobList, JobRead
from pluggably.features.jobs.service import Jobs
from pluggably.features.users.access import Audit, CanAdminister, CanRead
from pluggably.kit.clock import iso
from pluggably.kit.connection import ClientGone, EventStream, UntilGone
from pluggably.kit.openapi import documented, event_stream
from pluggably.kit.pagination import DEFAULT_LIMIT, MAX_LIMIT, decode_cursor, encode_cursor
from pluggably.kit.routes import GuardedRoute
from pluggably.kit.sse import DONE, encode_event

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=GuardedRoute)

_MISSING = documented(JobNotFound)


@router.get("")
async def list_jobs(
    _caller: CanRead,
    jobs: TheJobs,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=1024)] = None,
) -> JobList:
    """Jobs under way and ended ones, newest first."""
    before = _key_in(cursor) if cursor is not None else None
    found = await jobs.page(before=before, limit=limit + 1)
    page = found[:limit]
    following = encode_cursor(iso(page[-1].created_at), page[-1].id) if len(found) > limit else None
    return JobList(jobs=[JobRead.of(job) for job in page], next_cursor=following)


@router.get("/{job_id}", responses=_MISSING)
async def get_job(job_id: str, _caller: CanRead, jobs: TheJobs) -> JobRead:
    """How far a job is."""
    return JobRead.of(await jobs.find(job_id))


@router.delete("/{job_id}", responses=_MISSING)
async def cancel_job(job_id: str, _caller: CanAdminister, jobs: TheJobs, audit: Audit) -> JobRead:
    """Cancel a job; one that has ended stays as it is.

    What a download has fetched is kept, and the next one for the same files goes on from there.
    """
    job = await jobs.cancel(job_id)
    await audit.note("job.cancelled", "job", job.id, {"status": job.status.value})
    return JobRead.of(job)


@router.get(
    "/{job_id}/events",
    response_class=Response,
    responses={
        200: {"description": "The events", "content": event_stream(JobEvent)},
        **_MISSING,
    },
)
async def follow_job(
    job_id: str,
    _caller: CanRead,
    jobs: TheJobs,
    last_event_id: Annotated[int | None, Header(ge=0, description="Count on from this number.")] = None,
) -> Response:
    """The job now, at every change and at least once a second, as events `status`; `[DONE]` once it has ended."""
    await jobs.find(job_id)
    return _Followed(jobs, job_id, last_event_id or 0)


class _Followed(Response):
    """Sends a job's states as they come."""

    media_type = "text/event-stream"

    def __init__(self, jobs: Jobs, job_id: str, number: int) -> None:
        super().__init__()
        self._jobs = jobs
        self._job_id = job_id
        self._number = number

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream = EventStream(send)
        try:
            async with UntilGone(receive, scope):
                await stream.follow(self._events())
        except ClientGone:
            pass

    async def _events(self) -> AsyncIterator[bytes]:
        async for job in self._jobs.follow(self._job_id):
            self._number += 1
            event = encode_event("status", JobRead.of(job).model_dump(mode="json"), self._number)
            yield event + DONE if job.status.is_final else event


def _key_in(cursor: str) -> Key:
    created_at, job_id = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(str(created_at)).astimezone(UTC), str(job_id)
    except (ValueError, OverflowError):
        raise ValidationFailed.of("cursor", "is not a cursor that a list gave", "invalid_cursor") from None
