"""The state machine, driven with a fake process that misbehaves on demand."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pluggably.errors import ModelUnavailable
from pluggably.workers.interface import WorkerState
from pluggably.workers.pool import LocalWorkerPool
from tests.factories.workers import IMPATIENT, ROOT, alive, comes_true, fake_spec, started


@pytest.fixture(autouse=True)
def _children_find_the_fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
async def pool() -> AsyncIterator[LocalWorkerPool]:
    pool = LocalWorkerPool(IMPATIENT)
    yield pool
    await pool.close()


async def test_callers_at_the_same_time_share_one_start(pool: LocalWorkerPool, journal: Path) -> None:
    spec = fake_spec(journal, load_s=0.2)
    first, second = await asyncio.gather(pool.ensure_ready(spec), pool.ensure_ready(spec))
    assert first is second
    assert first.state is WorkerState.READY
    assert started(journal) == [first.pid]


async def test_a_ready_worker_says_what_it_is(pool: LocalWorkerPool, journal: Path) -> None:
    worker = await pool.ensure_ready(fake_spec(journal))
    assert worker.pid is not None
    assert Path(worker.socket_path).is_socket()
    assert worker.started_at is not None
    assert worker.loaded_at is not None
    assert worker.loaded_at >= worker.started_at
    assert worker.load_seconds is not None
    assert worker.load_seconds > 0
    assert worker.memory_bytes() is not None
    assert worker.memory_bytes() > 1_000_000
    assert worker.last_error is None


async def test_the_gateways_secrets_are_kept_from_the_worker(
    pool: LocalWorkerPool, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUGGABLY_API_KEYS", "canary")
    worker = await pool.ensure_ready(fake_spec(journal))
    assert worker.details["secret"] is None


async def test_a_caller_that_leaves_does_not_cancel_the_load_for_others(pool: LocalWorkerPool, journal: Path) -> None:
    spec = fake_spec(journal, load_s=0.5)
    leaving = asyncio.create_task(pool.ensure_ready(spec))
    assert await comes_true(lambda: bool(started(journal)))
    staying = asyncio.create_task(pool.ensure_ready(spec))
    leaving.cancel()
    worker = await staying
    assert worker.state is WorkerState.READY
    assert leaving.cancelled()
    assert started(journal) == [worker.pid]


async def test_a_load_goes_on_when_its_only_caller_leaves(pool: LocalWorkerPool, journal: Path) -> None:
    spec = fake_spec(journal, load_s=0.3)
    leaving = asyncio.create_task(pool.ensure_ready(spec))
    assert await comes_true(lambda: bool(started(journal)))
    leaving.cancel()
    worker = pool.get("fake")
    assert worker is not None
    assert await comes_true(lambda: worker.state is WorkerState.READY)


async def test_a_refused_model_is_unavailable_with_the_reason_and_without_its_path(
    pool: LocalWorkerPool, journal: Path
) -> None:
    with pytest.raises(ModelUnavailable, match=r"nothing usable in weights\.gguf") as caught:
        await pool.ensure_ready(fake_spec(journal, "refuse", model_path="/somewhere/secret/weights.gguf"))
    assert "/somewhere" not in caught.value.message
    assert caught.value.retry_after is not None
    worker = pool.get("fake")
    assert worker is not None
    assert worker.state is WorkerState.STOPPED
    assert worker.pid is None
    assert not alive(started(journal)[0])


async def test_a_crash_while_loading_is_told_with_its_last_words(pool: LocalWorkerPool, journal: Path) -> None:
    with (
        capture_logs() as events,
        pytest.raises(ModelUnavailable, match="status 3: out of memory while reading the weights"),
    ):
        await pool.ensure_ready(fake_spec(journal, "crash while loading"))
    failed = next(event for event in events if event["event"] == "worker_failed")
    assert failed["stderr"] == ["out of memory while reading the weights"]


async def test_a_load_that_takes_too_long_is_given_up(pool: LocalWorkerPool, journal: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"not ready after 0\.5 s"):
        await pool.ensure_ready(fake_spec(journal, "never ready", load_timeout_s=0.5))
    assert not any(alive(pid) for pid in started(journal))


async def test_a_program_that_does_not_exist_is_unavailable(pool: LocalWorkerPool, journal: Path) -> None:
    spec = fake_spec(journal)
    with pytest.raises(ModelUnavailable, match="No module named"):
        await pool.ensure_ready(type(spec)("fake", "tests.fakes.nobody", spec.config))


async def test_a_failed_load_is_not_tried_again_at_once_but_soon(pool: LocalWorkerPool, journal: Path) -> None:
    spec = fake_spec(journal, "crash while loading")
    for _ in range(3):
        with pytest.raises(ModelUnavailable, match="out of memory"):
            await pool.ensure_ready(spec)
    assert len(started(journal)) == 1
    await asyncio.sleep(IMPATIENT.cooldown_s + 0.1)
    with pytest.raises(ModelUnavailable, match="out of memory"):
        await pool.ensure_ready(spec)
    assert len(started(journal)) == 2


async def test_a_mended_spec_is_tried_without_waiting(pool: LocalWorkerPool, journal: Path) -> None:
    with pytest.raises(ModelUnavailable):
        await pool.ensure_ready(fake_spec(journal, "crash while loading"))
    worker = await pool.ensure_ready(fake_spec(journal))
    assert worker.state is WorkerState.READY
    assert worker.last_error is None


async def test_a_changed_spec_restarts_the_worker(pool: LocalWorkerPool, journal: Path) -> None:
    first = (await pool.ensure_ready(fake_spec(journal))).pid
    second = (await pool.ensure_ready(fake_spec(journal, threads=2))).pid
    assert started(journal) == [first, second]
    assert first is not None
    assert not alive(first)


@pytest.mark.req("SYS-REQ-003")
async def test_a_process_that_dies_is_noticed_and_replaced(pool: LocalWorkerPool, journal: Path) -> None:
    spec = fake_spec(journal)
    worker = await pool.ensure_ready(spec)
    first, socket_path = worker.pid, worker.socket_path
    assert first is not None
    assert not await worker.died_within(0.05)
    with capture_logs() as events:
        os.kill(first, signal.SIGKILL)
        assert await worker.died_within(2)
        assert await comes_true(lambda: worker.state is WorkerState.STOPPED)
    assert worker.last_error == "the process ended with SIGKILL"
    assert worker.pid is None
    assert worker.memory_bytes() is None
    assert worker.loaded_at is None
    died = next(event for event in events if event["event"] == "worker_died")
    assert (died["model"], died["exit"]) == ("fake", "SIGKILL")
    await pool.ensure_ready(spec)
    assert worker.pid not in (None, first)
    assert worker.socket_path != socket_path
    assert await worker.died_within(0, pid=first), "the news of an old process's death outlives its successor's start"
    assert not await worker.died_within(0)


async def test_ensure_ready_right_after_a_death_waits_for_a_new_process(pool: LocalWorkerPool, journal: Path) -> None:
    spec = fake_spec(journal)
    worker = await pool.ensure_ready(spec)
    dead = worker.pid
    assert dead is not None
    os.kill(dead, signal.SIGKILL)
    assert await comes_true(lambda: not alive(dead))
    await asyncio.sleep(0.05)
    await pool.ensure_ready(spec)
    assert worker.pid != dead
    assert worker.pid is not None
    assert alive(worker.pid)


async def test_a_process_that_is_alive_but_mute_is_killed(pool: LocalWorkerPool, journal: Path) -> None:
    worker = await pool.ensure_ready(fake_spec(journal, "mute"))
    pid = worker.pid
    assert pid is not None
    assert await comes_true(lambda: worker.state is WorkerState.STOPPED)
    assert not alive(pid)
    assert worker.last_error is not None
    assert "did not answer 2 probes" in worker.last_error


async def test_a_process_that_answers_is_left_alone(pool: LocalWorkerPool, journal: Path) -> None:
    worker = await pool.ensure_ready(fake_spec(journal))
    pid = worker.pid
    await asyncio.sleep(10 * IMPATIENT.probe_interval_s)
    assert worker.pid == pid
    assert worker.state is WorkerState.READY


async def test_what_a_worker_started_goes_with_it(pool: LocalWorkerPool, journal: Path) -> None:
    spec = fake_spec(journal, "with a child")
    worker = await pool.ensure_ready(spec)
    leader, child = started(journal)
    assert alive(child)
    os.kill(leader, signal.SIGKILL)
    assert await comes_true(lambda: not alive(child))
    await pool.ensure_ready(spec)
    _, child = started(journal)[-2:]
    await worker.stop()
    assert await comes_true(lambda: not alive(child))


async def test_stopping_ends_the_process_and_removes_its_socket(pool: LocalWorkerPool, journal: Path) -> None:
    worker = await pool.ensure_ready(fake_spec(journal))
    pid, socket_path = worker.pid, worker.socket_path
    assert pid is not None
    await asyncio.gather(pool.stop("fake"), pool.stop("fake"))
    assert worker.state is WorkerState.STOPPED
    assert not alive(pid)
    assert not Path(socket_path).exists()
    assert worker.last_error is None
    await pool.stop("fake")
    await pool.stop("never heard of")


async def test_a_load_can_be_stopped(pool: LocalWorkerPool, journal: Path) -> None:
    spec = fake_spec(journal, "never ready")
    loading = asyncio.create_task(pool.ensure_ready(spec))
    assert await comes_true(lambda: bool(started(journal)))
    await pool.stop("fake")
    with pytest.raises(ModelUnavailable, match="stopped while it was being loaded"):
        await loading
    assert not alive(started(journal)[0])
    worker = await pool.ensure_ready(fake_spec(journal))
    assert worker.state is WorkerState.READY


async def test_a_load_can_be_stopped_before_its_process_exists(pool: LocalWorkerPool, journal: Path) -> None:
    loading = asyncio.create_task(pool.ensure_ready(fake_spec(journal, "never ready")))
    await asyncio.sleep(0)
    await pool.stop("fake")
    with pytest.raises(ModelUnavailable, match="stopped while it was being loaded"):
        await loading
    worker = pool.get("fake")
    assert worker is not None
    assert worker.state is WorkerState.STOPPED
    assert not any(alive(pid) for pid in started(journal))


async def test_a_caller_during_a_stop_gets_a_new_process(pool: LocalWorkerPool, journal: Path) -> None:
    spec = fake_spec(journal)
    first = (await pool.ensure_ready(spec)).pid
    stopping = asyncio.create_task(pool.stop("fake"))
    await asyncio.sleep(0)
    worker = await pool.ensure_ready(spec)
    await stopping
    assert worker.pid not in (None, first)


async def test_closing_ends_even_a_worker_that_ignores_every_request_to_end(journal: Path) -> None:
    pool = LocalWorkerPool(IMPATIENT)
    worker = await pool.ensure_ready(fake_spec(journal, "stubborn"))
    folder = Path(worker.socket_path).parent
    begun = time.monotonic()
    await pool.close()
    assert time.monotonic() - begun < 3
    assert not alive(started(journal)[0])
    assert not folder.exists()


async def test_nothing_starts_after_closing(journal: Path) -> None:
    pool = LocalWorkerPool(IMPATIENT)
    await pool.close()
    with pytest.raises(ModelUnavailable, match="shutting down"):
        await pool.ensure_ready(fake_spec(journal))
    assert started(journal) == []


async def test_the_folder_of_the_sockets_is_private_and_its_paths_are_short(
    tmp_path: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    pool = LocalWorkerPool(IMPATIENT)
    try:
        worker = await pool.ensure_ready(fake_spec(journal))
        assert len(os.fsencode(worker.socket_path)) < 107
        assert Path(worker.socket_path).parent.stat().st_mode & 0o777 == 0o700
    finally:
        await pool.close()
