"""Starts, runs, shows and cancels jobs.

Every process runs some of them. A job belongs to the process that holds its lease and renews it every second; when
a process dies, another one, or the same after its restart, takes the job and goes on with it. Of equal jobs one alone
is under way. A job's kind (`JobKind`) knows how it is done.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import IntegrityError

from pluggably.errors import InternalError, JobNotFound, PluggablyError
from pluggably.features.jobs import repository
from pluggably.features.jobs.progress import Job, JobKind, Progress
from pluggably.features.jobs.repository import Key
from pluggably.kit.clock import as_utc, utc_now
from pluggably.kit.database import Database
from pluggably.kit.ids import new_id
from pluggably.tables.jobs import JobStatus, JobTable

LEASE_S = 15.0
"""After so long without a sign of life, in seconds, a process counts as gone and its jobs as free."""
CANCEL_WAIT_S = 5.0
"""How long a cancel waits for the job to have stopped before it answers."""
KEPT = timedelta(days=90)
"""How long ended jobs are remembered."""
_BEAT_S = 1.0
_LOOK_S = 0.5
"""How often a follower looks at a job that another process runs."""
_SHOW_S = 0.2
"""The shortest time between two states that a follower is shown."""

QUEUED = Gauge("pluggably_jobs_queued", "Jobs that wait, of all gateways on this database", ["kind"])
RUNNING = Gauge("pluggably_jobs_running", "Jobs that this gateway runs", ["kind"])
ENDED = Counter("pluggably_jobs", "Jobs that have ended, by how", ["kind", "outcome"])

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class _Running:
    """A job that this process runs."""

    job: Job
    task: asyncio.Task[None] | None = None
    cancelled: bool = False
    """Somebody wants it to stop."""
    lost: bool = False
    """Another process has it now."""

    def stop(self) -> None:
        """Cancel the work, once."""
        if self.task is not None and not self.cancelled and not self.lost:
            self.task.cancel()


class Jobs:
    """All jobs of all kinds. `poll_s` is how often to look for jobs that other processes have made or let go."""

    def __init__(
        self,
        database: Database,
        kinds: Sequence[JobKind],
        *,
        lease_s: float = LEASE_S,
        poll_s: float | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._kinds = {kind.name: kind for kind in kinds}
        self._lease = timedelta(seconds=lease_s)
        self._poll_s = poll_s or (30.0 if database.is_sqlite else 1.0)
        for kind in self._kinds:
            RUNNING.labels(kind).inc(0)  # shown from the start
        self._now = now
        self._runner = new_id("run")
        self._running: dict[str, _Running] = {}
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._closing = False
        self._dispatcher: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to run jobs, those first that were left unfinished. What a SQLite file holds of running jobs was left
        by a gateway that is no more: no two share a file."""
        async with self._database.transaction() as db:
            if self._database.is_sqlite:
                await repository.release_all(db)
            await repository.forget(db, self._now() - KEPT)
        self._dispatcher = asyncio.create_task(self._dispatch(), name="jobs")

    async def close(self) -> None:
        """Stop; jobs that run go on after the next start, or in another process at once."""
        self._closing = True
        if self._dispatcher is not None:
            self._dispatcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._dispatcher
        tasks = [running.task for running in self._running.values() if running.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def start(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        key: str,
        user_id: str,
        model_id: str | None = None,
        total_bytes: int | None = None,
    ) -> tuple[Job, bool]:
        """A job that does this, and whether it was made now: the one that is under way where there is an equal one.

        `key` says what is done: jobs of a kind with the same key are equal. `payload` is plain JSON.
        """
        digest = _digest(kind, key)
        try:
            async with self._database.transaction() as db:
                row = await repository.active(db, digest)
                if row is not None:
                    return self._shown(row), False
                row = JobTable(
                    id=new_id("job"),
                    kind=kind,
                    status=JobStatus.QUEUED,
                    digest=digest,
                    active_digest=digest,
                    model_id=model_id,
                    user_id=user_id,
                    payload=payload,
                    downloaded_bytes=0,
                    total_bytes=total_bytes,
                    cancel_requested=False,
                    created_at=self._now(),
                )
                db.add(row)
        except IntegrityError:  # another replica was faster
            return await self.start(
                kind, payload, key=key, user_id=user_id, model_id=model_id, total_bytes=total_bytes
            )
        self._wake.set()
        return self._shown(row), True

    async def find(self, job_id: str) -> Job:
        """The job as it is now. Raises `JobNotFound`."""
        running = self._running.get(job_id)
        if running is not None:
            return replace(running.job)
        async with self._database.reading() as db:
            row = await repository.find(db, job_id)
        if row is None:
            raise JobNotFound(f"No job {job_id[:64]!r}.", param="job_id")
        return self._shown(row)

    async def active(self, kind: str, key: str) -> Job | None:
        """The job that does this, under way or waiting."""
        async with self._database.reading() as db:
            row = await repository.active(db, _digest(kind, key))
        return None if row is None else self._shown(row)

    async def completed(self, kind: str, key: str) -> Job | None:
        """The newest job that did this with success."""
        async with self._database.reading() as db:
            row = await repository.last(db, _digest(kind, key), JobStatus.COMPLETED)
        return None if row is None else self._shown(row)

    async def unfinished(self, kind: str) -> list[Job]:
        """Jobs of a kind that wait or run, oldest first."""
        async with self._database.reading() as db:
            rows = await repository.unfinished(db, kind)
        return [self._shown(row) for row in rows]

    async def page(self, *, before: Key | None, limit: int) -> list[Job]:
        """Jobs, newest first, after the key `before`."""
        async with self._database.reading() as db:
            rows = await repository.page(db, before=before, limit=limit)
        return [self._shown(row) for row in rows]

    async def cancel(self, job_id: str) -> Job:
        """Stop a job and wait until it has stopped; one that has ended stays as it is. Raises `JobNotFound`."""
        async with self._database.transaction() as db:
            row = await repository.find(db, job_id, locked=True)
            if row is None:
                raise JobNotFound(f"No job {job_id[:64]!r}.", param="job_id")
            was = JobStatus(row.status)
            if was is JobStatus.QUEUED:
                row.end(JobStatus.CANCELLED, self._now())
            elif was is JobStatus.RUNNING:
                row.cancel_requested = True
        if was is JobStatus.QUEUED:
            ENDED.labels(row.kind, JobStatus.CANCELLED.value).inc()
            await self._give_up(self._shown(row), None)
            self._tell()
            self._wake.set()
        elif was is JobStatus.RUNNING:
            running = self._running.get(job_id)
            if running is not None:
                self._stop(running)
            with suppress(TimeoutError):
                async with asyncio.timeout(CANCEL_WAIT_S):
                    async for _ in self.follow(job_id):
                        pass
        return await self.find(job_id)

    async def follow(self, job_id: str) -> AsyncIterator[Job]:
        """The job now, at each change, and at least every second, until it has ended. Raises `JobNotFound`."""
        shown, shown_at = None, 0.0
        while True:
            changed = self._changed
            job = await self.find(job_id)
            if job != shown or time.monotonic() - shown_at >= _BEAT_S - _LOOK_S / 2:
                shown, shown_at = job, time.monotonic()
                yield job
            if job.status.is_final:
                return
            await asyncio.sleep(_SHOW_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await changed.wait()

    async def _dispatch(self) -> None:
        """Take jobs and run them."""
        while True:
            self._wake.clear()
            try:
                await self._take_what_is_free()
            except Exception:
                log.exception("jobs_not_claimed")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):  # Python 3.11's wait_for may swallow a cancellation
                    await self._wake.wait()

    async def _take_what_is_free(self) -> None:
        async with self._database.reading() as db:
            if not await repository.is_claimable(db, list(self._kinds), self._now()):
                self._show_queued({})
                return
        for kind in self._kinds.values():
            while True:
                now = self._now()
                async with self._database.transaction() as db:
                    row = await repository.claim(
                        db, kind.name, kind.at_once, runner=self._runner, now=now, leased_until=now + self._lease
                    )
                if row is None:
                    break
                if row.id in self._running:  # its lease ran out, but not its work: now it has a new one
                    continue
                running = _Running(_job(row))
                self._running[row.id] = running
                running.task = asyncio.create_task(self._run(kind, running), name=f"job {row.id}")
                RUNNING.labels(kind.name).inc()
                if row.cancel_requested:  # of a process that died before it could
                    self._stop(running)
        async with self._database.reading() as db:
            self._show_queued(await repository.queued(db))

    def _show_queued(self, counts: Mapping[str, int]) -> None:
        for kind in self._kinds:
            QUEUED.labels(kind).set(counts.get(kind, 0))

    async def _run(self, kind: JobKind, running: _Running) -> None:
        job = running.job
        progress = Progress(job, self._tell)
        beat = asyncio.create_task(self._keep(running, progress), name=f"lease of {job.id}")
        try:
            status, error = await self._outcome(kind, running, progress)
            if status is None:
                await self._release(job)
            elif not running.lost:
                if status is not JobStatus.COMPLETED:
                    await self._give_up(job, error)
                await self._end(job, status, error)
        except Exception:
            log.exception("job_not_written", job_id=job.id)  # its lease runs out, and it is done again
        finally:
            beat.cancel()
            with suppress(asyncio.CancelledError):
                await beat
            self._running.pop(job.id, None)
            RUNNING.labels(kind.name).dec()
            self._tell()
            self._wake.set()

    async def _outcome(
        self, kind: JobKind, running: _Running, progress: Progress
    ) -> tuple[JobStatus | None, PluggablyError | None]:
        """How the work ended; None: it did not, but this process ends."""
        job = running.job
        self._tell()
        try:
            await kind.run(job, progress)
        except asyncio.CancelledError:
            return (JobStatus.CANCELLED if running.cancelled or running.lost else None), None
        except PluggablyError as error:
            log.warning("job_failed", job_id=job.id, kind=job.kind, code=error.code, reason=error.message)
            return JobStatus.FAILED, error
        except Exception:
            log.exception("job_failed", job_id=job.id, kind=job.kind)
            return JobStatus.FAILED, InternalError("The job failed for a reason that only the server's log tells.")
        return JobStatus.COMPLETED, None

    async def _keep(self, running: _Running, progress: Progress) -> None:
        """Say again and again that the job is being run, and how far it is; hear that it shall stop."""
        job, kept_at = running.job, time.monotonic()
        while True:
            await asyncio.sleep(_BEAT_S)
            progress.done(job.downloaded_bytes)
            try:
                async with self._database.transaction() as db:
                    row = await repository.held(db, job.id, self._runner)
                    if row is not None:
                        row.leased_until = self._now() + self._lease
                        row.downloaded_bytes, row.total_bytes = job.downloaded_bytes, job.total_bytes
                        row.bytes_per_s = job.bytes_per_s
            except Exception:
                log.exception("job_not_renewed", job_id=job.id)
                if time.monotonic() - kept_at < self._lease.total_seconds():
                    continue
                row = None
            kept_at = time.monotonic()
            if row is None:
                log.warning("job_lost", job_id=job.id)
                running.stop()
                running.lost = True
                return
            if row.cancel_requested:
                self._stop(running)

    async def _end(self, job: Job, status: JobStatus, error: PluggablyError | None) -> None:
        inside = None if error is None else error.envelope(None)["error"]
        async with self._database.transaction() as db:
            row = await repository.held(db, job.id, self._runner)
            if row is None:
                return
            row.downloaded_bytes, row.total_bytes = job.downloaded_bytes, job.total_bytes
            row.end(status, self._now(), inside)
        ENDED.labels(job.kind, status.value).inc()

    async def _release(self, job: Job) -> None:
        """Let go of a job that is not done, for whoever comes next."""
        async with self._database.transaction() as db:
            row = await repository.held(db, job.id, self._runner)
            if row is not None:
                row.downloaded_bytes, row.total_bytes = job.downloaded_bytes, job.total_bytes
                row.status, row.runner, row.leased_until = JobStatus.QUEUED, None, None

    async def _give_up(self, job: Job, error: PluggablyError | None) -> None:
        try:
            await self._kinds[job.kind].gave_up(job, error)
        except Exception:
            log.exception("job_not_cleared_away", job_id=job.id)

    def _stop(self, running: _Running) -> None:
        running.stop()
        running.cancelled = True

    def _tell(self) -> None:
        """Wake whoever follows a job of this process."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _shown(self, row: JobTable) -> Job:
        running = self._running.get(row.id)
        return _job(row) if running is None else replace(running.job)


def _digest(kind: str, key: str) -> str:
    return hashlib.sha256(f"{kind}\0{key}".encode()).hexdigest()


def _job(row: JobTable) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        status=JobStatus(row.status),
        model_id=row.model_id,
        user_id=row.user_id,
        payload=row.payload,
        downloaded_bytes=row.downloaded_bytes,
        total_bytes=row.total_bytes,
        bytes_per_s=row.bytes_per_s,
        error=row.error,
        created_at=as_utc(row.created_at),
        started_at=None if row.started_at is None else as_utc(row.started_at),
        finished_at=None if row.finished_at is None else as_utc(row.finished_at),
    )
