"""The models of this machine: queue, load and unload, with real processes that are no models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from pluggably.contract.modality import Modality
from pluggably.errors import ModelBusy, ModelPinned, ModelUnavailable, QueueFull, UnsupportedFeature
from pluggably.kit.http import HttpClient
from pluggably.routing.local_models import Loading, LocalModels, LocalOptions, Queued
from pluggably.routing.residency import RuntimeState
from pluggably.workers.interface import Worker, WorkerSpec
from pluggably.workers.pool import LocalWorkerPool
from tests.factories.catalogues import entry
from tests.factories.workers import IMPATIENT, ROOT, alive, comes_true, fake_spec, started

TINY = replace(entry("tiny"), local_path="/models/tiny.gguf")


class FakeWorkers:
    """A pool whose processes are fake workers, whatever they are asked to run; notes what that was."""

    def __init__(self, journal: Path) -> None:
        self._pool = LocalWorkerPool(IMPATIENT)
        self._journal = journal
        self.behaviour = "serve"
        self.more: dict[str, Any] = {}
        self.asked: list[WorkerSpec] = []

    async def ensure_ready(self, spec: WorkerSpec) -> Worker:
        self.asked.append(spec)
        fake = fake_spec(self._journal, self.behaviour, model_path=spec.config["model_path"], **self.more)
        return await self._pool.ensure_ready(replace(fake, key=spec.key))

    def get(self, key: str) -> Worker | None:
        return self._pool.get(key)

    def workers(self) -> Sequence[Worker]:
        return self._pool.workers()

    async def stop(self, key: str) -> None:
        await self._pool.stop(key)

    async def close(self) -> None:
        await self._pool.close()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where the fake workers note their starts."""
    return tmp_path / "journal"


@pytest.fixture
def workers(journal: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkers:
    """Decides how the processes behave."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return FakeWorkers(journal)


@pytest.fixture
async def models(workers: FakeWorkers, http: HttpClient) -> AsyncIterator[LocalModels]:
    """One slot for each model, two places in its queue."""
    models = LocalModels(workers, http, LocalOptions(parallel=1, max_queue=2))
    yield models
    await models.close()


class Heard:
    """What a request is told on its way."""

    def __init__(self) -> None:
        self.changes: list[Queued | Loading] = []

    async def __call__(self, change: Queued | Loading) -> None:
        self.changes.append(change)

    @property
    def positions(self) -> list[int]:
        return [change.position for change in self.changes if isinstance(change, Queued)]


async def test_the_first_request_loads_the_model_and_hears_of_it(models: LocalModels, workers: FakeWorkers) -> None:
    assert models.status(TINY).runtime_status is RuntimeState.UNLOADED
    heard = Heard()
    async with models.admit(TINY) as admission:
        target = await admission.target(heard)
        assert heard.changes == [Loading("tiny")]
        assert models.status(TINY).runtime_status is RuntimeState.BUSY
        worker = models.worker_of(TINY)
        assert worker is not None
        assert target.account.address.socket_path == worker.socket_path
    status = models.status(TINY)
    assert status.runtime_status is RuntimeState.LOADED
    assert status.memory_bytes
    assert status.loaded_at
    assert status.last_used_at
    assert workers.asked[0].config["model_path"] == "/models/tiny.gguf"
    assert REGISTRY.get_sample_value("pluggably_models_loaded") == 1


async def test_the_next_request_loads_nothing(models: LocalModels, journal: Path) -> None:
    for expected in ([Loading("tiny")], []):
        heard = Heard()
        async with models.admit(TINY) as admission:
            await admission.target(heard)
        assert heard.changes == expected
    assert len(started(journal)) == 1


@pytest.mark.req("SYS-REQ-046", "SYS-NFR-018")
async def test_who_waits_hears_of_every_position_at_once(models: LocalModels) -> None:
    heard = [Heard(), Heard(), Heard()]
    leave = [asyncio.Event() for _ in heard]

    async def request(number: int) -> None:
        async with models.admit(TINY) as admission:
            await admission.target(heard[number])
            await leave[number].wait()

    requests = [asyncio.create_task(request(number)) for number in range(3)]
    assert await comes_true(lambda: models.status(TINY).runtime_status is RuntimeState.BUSY)
    assert [item.positions for item in heard] == [[], [1], [2]]
    assert models.status(TINY).queue_depth == 2
    with pytest.raises(QueueFull):
        await models.admit(TINY).__aenter__()
    leave[0].set()
    await asyncio.sleep(0.05)
    assert [item.positions for item in heard] == [[], [1], [2, 1]]
    requests[1].cancel()
    await asyncio.gather(requests[1], return_exceptions=True)
    leave[2].set()
    async with asyncio.timeout(1):
        await requests[2]
    assert models.status(TINY).queue_depth == 0


@pytest.mark.req("SYS-NFR-019")
async def test_a_busy_or_pinned_model_is_not_unloaded(models: LocalModels) -> None:
    async with models.admit(TINY) as admission:
        await admission.target()
        with pytest.raises(ModelBusy):
            await models.unload(TINY, force=False)
    pinned = replace(TINY, pinned=True)
    with pytest.raises(ModelPinned):
        await models.unload(pinned, force=False)
    await models.unload(pinned, force=True)
    assert models.status(TINY).runtime_status is RuntimeState.UNLOADED
    assert models.loaded() == []


@pytest.mark.req("SYS-NFR-019")
async def test_a_forced_unload_lets_what_runs_finish_and_what_waits_begin_anew(
    models: LocalModels, journal: Path
) -> None:
    running = models.admit(TINY)
    await running.__aenter__()
    await running.target()
    first = started(journal)[0]

    async def wait_in_line() -> str | None:
        async with models.admit(TINY) as admission:
            return (await admission.target()).account.address.socket_path

    waiting = asyncio.create_task(wait_in_line())
    await asyncio.sleep(0)
    unloading = asyncio.create_task(models.unload(TINY, force=True))
    await asyncio.sleep(0.05)
    assert alive(first), "the running request lost its process"
    assert not unloading.done()
    await running.__aexit__(None, None, None)
    await unloading
    assert not alive(first)
    assert await waiting
    assert len(started(journal)) == 2, "who waited has a process of its own"


async def test_a_load_can_be_waited_for_or_not(models: LocalModels, workers: FakeWorkers) -> None:
    workers.more = {"load_s": 0.2}
    assert (await models.load(TINY, wait=False)).runtime_status is RuntimeState.LOADING
    assert (await models.load(TINY, wait=True)).runtime_status is RuntimeState.LOADED
    (loaded,) = models.loaded()
    assert (loaded.model_id, loaded.is_busy, loaded.is_pinned, loaded.active_requests) == ("tiny", False, False, 0)


async def test_a_load_that_fails_is_told_and_remembered(models: LocalModels, workers: FakeWorkers) -> None:
    workers.behaviour = "refuse"
    with pytest.raises(ModelUnavailable, match=r"nothing usable in tiny\.gguf"):
        await models.load(TINY, wait=True)
    status = models.status(TINY)
    assert status.runtime_status is RuntimeState.UNLOADED
    assert status.last_error is not None
    assert "nothing usable" in status.last_error


async def test_a_failed_load_gives_its_place_back(models: LocalModels, workers: FakeWorkers) -> None:
    workers.behaviour = "refuse"
    for _ in range(5):
        with pytest.raises(ModelUnavailable):
            async with models.admit(TINY) as admission:
                await admission.target()
    assert models.status(TINY).queue_depth == 0


@pytest.mark.parametrize("wait", [False, True])
async def test_what_no_runtime_can_run_is_refused_at_once(models: LocalModels, wait: bool) -> None:
    for odd in (entry("painter", modality=Modality.IMAGE, local_path="/x"), entry("nowhere")):
        with pytest.raises(UnsupportedFeature):
            await models.load(odd, wait=wait)


async def test_closing_leaves_no_process_behind(workers: FakeWorkers, http: HttpClient, journal: Path) -> None:
    models = LocalModels(workers, http, LocalOptions())
    workers.more = {"load_s": 0.1}
    await models.load(TINY, wait=True)
    await models.load(replace(TINY, id="other", name="other"), wait=False)
    await models.close()
    assert await comes_true(lambda: not any(alive(pid) for pid in started(journal)))
