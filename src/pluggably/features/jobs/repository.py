"""The jobs' table, asked and changed; whoever calls commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, and_, delete, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.tables.jobs import JobStatus, JobTable

Key = tuple[datetime, str]
"""When a job was made, and its id: what lists are sorted by."""

_CLAIMS = 0x706C6A6F  # the lock under which replicas count and claim; any number that nobody else uses
_ACTIVE = (JobStatus.QUEUED, JobStatus.RUNNING)


async def find(db: AsyncSession, job_id: str, *, locked: bool = False) -> JobTable | None:
    """The job of this id; `locked`: nobody else changes it before the end of the transaction."""
    return await db.get(JobTable, job_id, with_for_update=locked or None)


async def active(db: AsyncSession, digest: str) -> JobTable | None:
    """The job that does this, under way or waiting."""
    found = await db.scalars(select(JobTable).where(JobTable.active_digest == digest))
    return found.one_or_none()


async def last(db: AsyncSession, digest: str, status: JobStatus) -> JobTable | None:
    """The newest job that did this and came to that end."""
    chosen = select(JobTable).where(JobTable.digest == digest, JobTable.status == status)
    found = await db.scalars(chosen.order_by(JobTable.created_at.desc(), JobTable.id.desc()).limit(1))
    return found.one_or_none()


async def unfinished(db: AsyncSession, kind: str) -> list[JobTable]:
    """Jobs of a kind that wait or run, oldest first."""
    chosen = select(JobTable).where(JobTable.kind == kind, JobTable.status.in_(_ACTIVE))
    return list(await db.scalars(chosen.order_by(JobTable.created_at, JobTable.id)))


async def page(db: AsyncSession, *, before: Key | None, limit: int) -> list[JobTable]:
    """Jobs, newest first, after the key `before`."""
    chosen = select(JobTable)
    if before is not None:
        chosen = chosen.where(tuple_(JobTable.created_at, JobTable.id) < before)
    return list(await db.scalars(chosen.order_by(JobTable.created_at.desc(), JobTable.id.desc()).limit(limit)))


async def queued(db: AsyncSession) -> dict[str, int]:
    """How many jobs wait, by kind."""
    chosen = select(JobTable.kind, func.count()).where(JobTable.status == JobStatus.QUEUED)
    found = await db.execute(chosen.group_by(JobTable.kind))
    return {row.kind: row[1] for row in found}


async def is_claimable(db: AsyncSession, kinds: Sequence[str], now: datetime) -> bool:
    """Whether some job waits for a process."""
    chosen = select(JobTable.id).where(JobTable.kind.in_(kinds), _free(now)).limit(1)
    return await db.scalar(chosen) is not None


async def claim(
    db: AsyncSession, kind: str, at_once: int, *, runner: str, now: datetime, leased_until: datetime
) -> JobTable | None:
    """Take the oldest job of a kind that nobody runs, unless `at_once` of them run already, wherever they do."""
    if db.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        await db.execute(select(func.pg_advisory_xact_lock(_CLAIMS)))
    held = and_(JobTable.status == JobStatus.RUNNING, JobTable.leased_until > now)
    running = await db.scalar(select(func.count()).select_from(JobTable).where(JobTable.kind == kind, held))
    if (running or 0) >= at_once:
        return None
    chosen = select(JobTable).where(JobTable.kind == kind, _free(now)).order_by(JobTable.created_at, JobTable.id)
    found = await db.scalars(chosen.limit(1).with_for_update(skip_locked=True))
    row = found.one_or_none()
    if row is not None:
        row.claim(runner, now, leased_until)
    return row


async def held(db: AsyncSession, job_id: str, runner: str) -> JobTable | None:
    """The job, locked, if this process still holds it."""
    chosen = select(JobTable).where(
        JobTable.id == job_id, JobTable.runner == runner, JobTable.status == JobStatus.RUNNING
    )
    found = await db.scalars(chosen.with_for_update())
    return found.one_or_none()


async def release_all(db: AsyncSession) -> None:
    """Let go of every job that somebody held."""
    held = JobTable.status == JobStatus.RUNNING
    await db.execute(update(JobTable).where(held).values(leased_until=None, runner=None))


async def forget(db: AsyncSession, finished_before: datetime) -> int:
    """Delete jobs that ended before a moment; how many there were."""
    done: CursorResult[Any] = await db.execute(delete(JobTable).where(JobTable.finished_at < finished_before))  # type: ignore[assignment]
    return done.rowcount


def _free(now: datetime) -> Any:
    """Waiting, or held by a process that is gone."""
    lapsed = or_(JobTable.leased_until.is_(None), JobTable.leased_until <= now)
    return or_(JobTable.status == JobStatus.QUEUED, and_(JobTable.status == JobStatus.RUNNING, lapsed))
