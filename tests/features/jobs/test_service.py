"""Jobs on SQLite and PostgreSQL: joined, limited, cancelled, handed on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from prometheus_client import REGISTRY

from pluggably.errors import InsufficientStorage, JobNotFound, PluggablyError
from pluggably.features.jobs.progress import Job, Progress
from pluggably.features.jobs.service import Jobs
from pluggably.kit.database import Database
from pluggably.tables.jobs import JobStatus

Work = Callable[[Job, Progress], Awaitable[None]]


class Kind:
    """A kind whose work a test decides."""

    name = "download"

    def __init__(self, work: Work, at_once: int = 2) -> None:
        self.work = work
        self.at_once = at_once
        self.running = 0
        self.most = 0
        self.began: list[str] = []
        self.given_up: list[tuple[str, str | None]] = []

    async def run(self, job: Job, progress: Progress) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        self.began.append(job.payload["what"])
        try:
            await self.work(job, progress)
        finally:
            self.running -= 1

    async def gave_up(self, job: Job, error: PluggablyError | None) -> None:
        self.given_up.append((job.id, error and error.code))


async def at_once(job: Job, progress: Progress) -> None:
    progress.total(100)
    progress.done(100)


async def for_ever(job: Job, progress: Progress) -> None:
    progress.total(100)
    progress.done(40)
    await asyncio.sleep(3600)


@asynccontextmanager
async def running(database: Database, kind: Kind, **options: float) -> AsyncIterator[Jobs]:
    jobs = Jobs(database, [kind], poll_s=0.1, **options)
    await jobs.open()
    try:
        yield jobs
    finally:
        await jobs.close()


async def start(jobs: Jobs, what: str = "x") -> Job:
    job, _ = await jobs.start("download", {"what": what}, key=what, user_id="operator", model_id="m")
    return job


async def ended(jobs: Jobs, job: Job) -> Job:
    async with asyncio.timeout(10):
        return [state async for state in jobs.follow(job.id)][-1]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_job_waits_runs_and_completes(either_database):
    async with running(either_database, Kind(at_once)) as jobs:
        job = await start(jobs)
        assert (job.status, job.progress_pct) == (JobStatus.QUEUED, None)
        done = await ended(jobs, job)
    assert (done.status, done.progress_pct, done.downloaded_bytes, done.error) == ("completed", 100.0, 100, None)
    assert done.started_at is not None
    assert done.finished_at is not None
    assert done.created_at <= done.started_at <= done.finished_at


async def test_a_hundred_equal_jobs_at_once_are_one(either_database):
    kind = Kind(for_ever)
    async with running(either_database, kind) as jobs:
        made = await asyncio.gather(*(start(jobs) for _ in range(100)))
        assert len({job.id for job in made}) == 1
        await until(lambda: kind.running == 1)
        assert kind.began == ["x"]


async def test_a_job_that_has_ended_is_not_joined(either_database):
    async with running(either_database, Kind(at_once)) as jobs:
        first = await start(jobs)
        await ended(jobs, first)
        second = await start(jobs)
        assert second.id != first.id
        await ended(jobs, second)
        last = await jobs.completed("download", "x")
    assert last is not None
    assert last.id == second.id


async def test_no_more_run_at_once_than_their_kind_allows_on_all_replicas_together(either_database):
    async def a_moment(job: Job, progress: Progress) -> None:
        await asyncio.sleep(0.05)

    kind = Kind(a_moment, at_once=2)
    async with running(either_database, kind) as one, running(either_database, kind) as other:
        made = [await start(replica, str(number)) for number in range(4) for replica in (one, other)]
        for job in made:
            assert (await ended(one, job)).status == "completed"
    assert kind.most == 2
    assert len(kind.began) == 4


async def test_a_running_job_that_is_cancelled_has_stopped_when_the_answer_comes(either_database):
    kind = Kind(for_ever)
    async with running(either_database, kind) as jobs:
        job = await start(jobs)
        await until(lambda: kind.running == 1)
        cancelled = await jobs.cancel(job.id)
        assert (cancelled.status, cancelled.downloaded_bytes, cancelled.error) == ("cancelled", 40, None)
        assert kind.running == 0
        assert kind.given_up == [(job.id, None)]
        assert (await jobs.cancel(job.id)).finished_at == cancelled.finished_at


async def test_a_waiting_job_that_is_cancelled_never_runs(either_database):
    kind = Kind(for_ever, at_once=1)
    async with running(either_database, kind) as jobs:
        await start(jobs, "first")
        await until(lambda: kind.running == 1)
        second = await start(jobs, "second")
        assert (await jobs.cancel(second.id)).status == "cancelled"
        assert kind.given_up == [(second.id, None)]
    assert kind.began == ["first"]


async def test_a_job_is_cancelled_by_another_replica_than_the_one_that_runs_it(either_database):
    kind, idle = Kind(for_ever), Jobs(either_database, [])
    async with running(either_database, kind) as jobs:
        job = await start(jobs)
        await until(lambda: kind.running == 1)
        assert (await idle.cancel(job.id)).status == "cancelled"
    assert kind.running == 0


async def test_an_error_that_is_ours_is_told_and_any_other_is_not(either_database):
    async def full(job: Job, progress: Progress) -> None:
        raise InsufficientStorage("no room", details={"needed_bytes": 7})

    async def broken(job: Job, progress: Progress) -> None:
        raise ZeroDivisionError("secret")

    kind = Kind(full)
    async with running(either_database, kind) as jobs:
        failed = await ended(jobs, await start(jobs))
        assert failed.status == "failed"
        assert failed.error is not None
        assert (failed.error["code"], failed.error["details"]) == ("insufficient_storage", {"needed_bytes": 7})
        kind.work = broken
        failed = await ended(jobs, await start(jobs))
        assert failed.error is not None
        assert failed.error["code"] == "internal_error"
        assert "secret" not in str(failed.error)
    assert [code for _, code in kind.given_up] == ["insufficient_storage", "internal_error"]


@pytest.mark.req("SYS-REQ-010")
async def test_a_job_that_a_shutdown_interrupts_goes_on_after_the_next_start(either_database):
    kind = Kind(for_ever)
    async with running(either_database, kind) as jobs:
        job = await start(jobs)
        await until(lambda: kind.running == 1)
    assert kind.given_up == []
    kind.work = at_once
    async with running(either_database, kind) as jobs:
        done = await ended(jobs, job)
    assert done.status == "completed"
    assert kind.began == ["x", "x"]


async def test_another_replica_takes_the_job_of_one_that_is_gone(either_database):
    gone = Jobs(either_database, [Kind(for_ever)], lease_s=0.5)
    await gone.open()
    job = await start(gone)
    while (await gone.find(job.id)).downloaded_bytes != 40:
        await asyncio.sleep(0.01)
    for task in asyncio.all_tasks():  # as if its process were stopped: nothing of it says anything any more
        if task.get_name() in ("jobs", f"lease of {job.id}"):
            task.cancel()
    kind = Kind(at_once)
    async with running(either_database, kind) as other:
        done = await ended(other, job)
    assert done.status == "completed"
    assert kind.began == ["x"]
    await gone.close()
    assert (await other.find(job.id)).status == "completed"


async def test_a_follower_sees_bytes_that_only_rise_and_the_end(either_database):
    async def in_steps(job: Job, progress: Progress) -> None:
        progress.total(10)
        for done in (3, 2, 7, 10):
            progress.done(done)
            await asyncio.sleep(0.3)

    async with running(either_database, Kind(in_steps)) as jobs:
        job = await start(jobs)
        seen = [state async for state in jobs.follow(job.id)]
    sizes = [state.downloaded_bytes for state in seen]
    assert sizes == sorted(sizes)
    assert {3, 10} <= set(sizes)
    assert [state.status for state in seen if state.status.is_final] == ["completed"]


@pytest.mark.parametrize("ticks", range(6))
async def test_closing_takes_no_time_whatever_happens_at_that_moment(database, ticks):
    jobs = Jobs(database, [Kind(for_ever)], poll_s=30)
    await jobs.open()
    await asyncio.sleep(0.5)
    await start(jobs)
    for _ in range(ticks):
        await asyncio.sleep(0)
    began = time.monotonic()
    await jobs.close()
    assert time.monotonic() - began < 10


async def test_a_job_that_nobody_made_is_not_found(database):
    jobs = Jobs(database, [])
    for attempt in (jobs.find("job_x"), jobs.cancel("job_x")):
        with pytest.raises(JobNotFound):
            await attempt


async def test_how_many_jobs_wait_run_and_have_ended_is_measured(database):
    def measured(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, {"kind": "download", **labels}) or 0.0

    outcomes = ("completed", "failed", "cancelled")
    before = {outcome: measured("pluggably_jobs_total", outcome=outcome) for outcome in outcomes}
    may_end = asyncio.Event()

    async def work(job: Job, progress: Progress) -> None:
        await may_end.wait()
        if job.payload["what"] == "bad":
            raise InsufficientStorage("no room")

    async with running(database, Kind(work, at_once=2)) as jobs:
        made = [await start(jobs, what) for what in ("good", "bad", "third", "fourth")]
        await until(lambda: measured("pluggably_jobs_running") == 2 and measured("pluggably_jobs_queued") == 2)
        await jobs.cancel(made[3].id)
        await until(lambda: measured("pluggably_jobs_queued") == 1)
        may_end.set()
        for job in made:
            await ended(jobs, job)
        await until(lambda: measured("pluggably_jobs_running") == 0 == measured("pluggably_jobs_queued"))
    counted = {name: measured("pluggably_jobs_total", outcome=name) - before[name] for name in outcomes}
    assert counted == {"completed": 2, "failed": 1, "cancelled": 1}
