"""The models of this machine: queue, load and unload, with real processes that are no models."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from pluggably.contract.modality import Modality
from pluggably.errors import (
    InsufficientStorage,
    ModelBusy,
    ModelPinned,
    ModelUnavailable,
    QueueFull,
    UnsupportedFeature,
)
from pluggably.features.models.discovery import Headers, describe, look_at
from pluggably.kit.http import HttpClient
from pluggably.routing.catalogue import Catalogue, Entry
from pluggably.routing.lifecycle import Limits
from pluggably.routing.local_models import Loading, LocalModels, LocalOptions, Queued
from pluggably.routing.residency import RuntimeState
from pluggably.workers.interface import Worker, WorkerPool, WorkerSpec
from pluggably.workers.pool import LocalWorkerPool
from tests.factories.catalogues import entry
from tests.factories.workers import IMPATIENT, ROOT, alive, comes_true, fake_spec, started

MIB = 1024 * 1024
TINY = entry("tiny", local_path="/models/tiny.gguf", size_bytes=100 * MIB, stamp="1")
OTHER = entry("other", local_path="/models/other.gguf", size_bytes=100 * MIB)
LIMITS = Limits(max_loaded=2, max_memory_bytes=2048 * MIB, idle_timeout_s=60, max_queue=2, linger_s=0.1)


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
        fake = fake_spec(self._journal, self.behaviour, model_path=spec.config.get("model_path"), **self.more)
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
def catalogue() -> Catalogue:
    """What the registry knows."""
    catalogue = Catalogue()
    catalogue.replace_registered([TINY, OTHER])
    return catalogue


Build = Callable[..., LocalModels]


@pytest.fixture
async def build(workers: FakeWorkers, http: HttpClient, catalogue: Catalogue) -> AsyncIterator[Build]:
    """Makes the models of a machine with one slot for each; what is given are limits."""
    made: list[LocalModels] = []

    def build(pool: WorkerPool = workers, *, accelerated: bool = False, **limits: float) -> LocalModels:
        allowed = replace(LIMITS, **limits)  # type: ignore[arg-type]
        options = LocalOptions(parallel=1, context_tokens=256, threads=1, accelerated=accelerated)
        models = LocalModels(pool, http, options, catalogue, allowed)
        models.start()
        made.append(models)
        return models

    yield build
    for models in made:
        await models.close()


@pytest.fixture
async def models(build: Build) -> LocalModels:
    """Two places in each queue."""
    return build()


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
    async with models.admit(TINY, "ann") as admission:
        target = await admission.target(heard)
        assert heard.changes == [Loading("tiny")]
        assert models.status(TINY).runtime_status is RuntimeState.BUSY
        worker = models.ready_worker(TINY)
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
        async with models.admit(TINY, "ann") as admission:
            await admission.target(heard)
        assert heard.changes == expected
    assert len(started(journal)) == 1


@pytest.mark.req("SYS-REQ-046", "SYS-NFR-018")
async def test_who_waits_hears_of_every_position_at_once(models: LocalModels) -> None:
    heard = [Heard(), Heard(), Heard()]
    leave = [asyncio.Event() for _ in heard]

    async def request(number: int) -> None:
        async with models.admit(TINY, "ann") as admission:
            await admission.target(heard[number])
            await leave[number].wait()

    requests = [asyncio.create_task(request(number)) for number in range(3)]
    assert await comes_true(lambda: models.status(TINY).runtime_status is RuntimeState.BUSY)
    assert [item.positions for item in heard] == [[], [1], [2]]
    assert models.status(TINY).queue_depth == 2
    with pytest.raises(QueueFull):
        await models.admit(TINY, "ann").__aenter__()
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
    async with models.admit(TINY, "ann") as admission:
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
    running = models.admit(TINY, "ann")
    await running.__aenter__()
    await running.target()
    first = started(journal)[0]

    async def wait_in_line() -> str | None:
        async with models.admit(TINY, "ann") as admission:
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
            async with models.admit(TINY, "ann") as admission:
                await admission.target()
    assert models.status(TINY).queue_depth == 0


@pytest.mark.parametrize("wait", [False, True])
async def test_what_no_runtime_can_run_is_refused_at_once(models: LocalModels, wait: bool) -> None:
    for odd in (entry("painter", modality=Modality.IMAGE, local_path="/x"), entry("nowhere")):
        with pytest.raises(UnsupportedFeature):
            await models.load(odd, wait=wait)


async def test_closing_leaves_no_process_behind(
    workers: FakeWorkers, http: HttpClient, catalogue: Catalogue, journal: Path
) -> None:
    models = LocalModels(workers, http, LocalOptions(), catalogue, LIMITS)
    workers.more = {"load_s": 0.1}
    await models.load(TINY, wait=True)
    await models.load(OTHER, wait=False)
    await models.close()
    assert await comes_true(lambda: not any(alive(pid) for pid in started(journal)))


@pytest.mark.req("SYS-REQ-046", "SYS-NFR-018")
async def test_users_take_turns_and_each_sees_their_position_fall(build: Build) -> None:
    models = build(max_queue=9)
    served: list[str] = []
    heard = {name: Heard() for name in ("ann 1", "ann 2", "ann 3", "bob 1")}
    free = asyncio.Event()

    async def ask(name: str) -> None:
        async with models.admit(TINY, name.split(maxsplit=1)[0]) as admission:
            await admission.target(heard[name])
            served.append(name)
            await free.wait()
            await asyncio.sleep(0.02)

    tasks = []
    for name in heard:
        tasks.append(asyncio.create_task(ask(name)))
        await asyncio.sleep(0)
    assert await comes_true(lambda: served == ["ann 1"])
    free.set()
    await asyncio.gather(*tasks)
    assert served == ["ann 1", "ann 2", "bob 1", "ann 3"]
    assert heard["ann 3"].positions == [2, 3, 2, 1]
    assert heard["bob 1"].positions == [2, 1]


async def test_the_time_spent_waiting_and_loading_is_told(models: LocalModels, workers: FakeWorkers) -> None:
    workers.more = {"load_s": 0.1}
    first = models.admit(TINY, "ann")
    await first.__aenter__()
    await first.target()
    assert first.queue_ms == 0
    assert first.load_ms >= 100
    async with models.admit(TINY, "ann") as second:
        waiting = asyncio.create_task(second.target())
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await first.__aexit__(None, None, None)
        await waiting
        assert second.queue_ms >= 90
        assert second.load_ms == 0


async def test_a_request_finds_a_new_process_where_the_old_one_has_died(models: LocalModels, journal: Path) -> None:
    for expected in (1, 2):
        async with models.admit(TINY, "ann") as admission:
            await admission.target()
        assert len(started(journal)) == expected
        os.kill(started(journal)[-1], signal.SIGKILL)
        assert await comes_true(lambda: models.status(TINY).runtime_status is RuntimeState.UNLOADED)
        assert models.status(TINY).memory_bytes is None
        assert REGISTRY.get_sample_value("pluggably_model_memory_bytes", {"model": "tiny"}) == 0


async def test_a_load_that_only_one_waited_for_goes_on_when_they_leave(
    models: LocalModels, workers: FakeWorkers
) -> None:
    workers.more = {"load_s": 0.2}

    async def ask() -> None:
        async with models.admit(TINY, "ann") as admission:
            await admission.target()

    task = asyncio.create_task(ask())
    await asyncio.sleep(0.05)
    assert models.status(TINY).runtime_status is RuntimeState.LOADING
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await comes_true(lambda: models.status(TINY).runtime_status is RuntimeState.LOADED)


async def test_a_failed_load_leaves_no_ghost_and_says_when_to_try_again(
    models: LocalModels, workers: FakeWorkers, journal: Path
) -> None:
    workers.behaviour = "refuse"
    for _ in range(2):  # the second time it is not even tried
        with pytest.raises(ModelUnavailable, match="tiny could not be loaded") as caught:
            async with models.admit(TINY, "ann") as admission:
                await admission.target()
        assert caught.value.headers()["retry-after"]
    assert len(started(journal)) == 1
    status = models.status(TINY)
    assert (status.runtime_status, status.memory_bytes, status.queue_depth) == (RuntimeState.UNLOADED, None, 0)
    assert models.loaded() == []
    workers.behaviour = "serve"
    await asyncio.sleep(1)
    async with models.admit(TINY, "ann") as admission:
        await admission.target()


async def test_what_can_never_fit_is_refused_before_anything_is_started(build: Build, journal: Path) -> None:
    models = build(max_memory_bytes=100 * MIB)
    with pytest.raises(InsufficientStorage, match="tiny needs about 120 MiB of memory; 100 MiB are allowed"):
        await models.load(TINY, wait=True)
    with pytest.raises(InsufficientStorage):
        await models.admit(TINY, "ann").__aenter__()
    assert started(journal) == []


@pytest.mark.req("SYS-REQ-045", "TEST-INT-011")
async def test_an_idle_model_makes_room_for_another(build: Build, journal: Path) -> None:
    models = build(max_loaded=1)
    await models.load(TINY, wait=True)
    async with models.admit(OTHER, "ann") as admission:
        await admission.target()
    assert [model.model_id for model in models.loaded()] == ["other"]
    assert not alive(started(journal)[0])


@pytest.mark.req("SYS-REQ-052", "SYS-NFR-020")
async def test_a_pin_that_is_set_later_loads_the_model_and_its_end_lets_it_go(
    build: Build, catalogue: Catalogue
) -> None:
    models = build(idle_timeout_s=0.5)
    await asyncio.sleep(0.3)
    assert models.loaded() == []
    catalogue.put(replace(TINY, pinned=True))
    assert await comes_true(lambda: [model.is_pinned for model in models.loaded()] == [True])
    await asyncio.sleep(1)
    assert models.status(TINY).runtime_status is RuntimeState.LOADED
    catalogue.put(TINY)
    assert await comes_true(lambda: models.status(TINY).runtime_status is RuntimeState.UNLOADED)


async def test_a_changed_file_is_loaded_anew_for_the_next_request(
    models: LocalModels, catalogue: Catalogue, journal: Path
) -> None:
    changed = replace(TINY, stamp="2")
    async with models.admit(TINY, "ann") as admission:
        await admission.target()
        catalogue.put(changed)
        await asyncio.sleep(0.6)
        assert models.status(changed).runtime_status is RuntimeState.BUSY
    assert await comes_true(lambda: models.status(changed).runtime_status is RuntimeState.UNLOADED)
    async with models.admit(changed, "ann") as admission:
        await admission.target()
    await asyncio.sleep(0.6)
    assert models.status(changed).runtime_status is RuntimeState.LOADED
    assert len(started(journal)) == 2


async def test_a_model_that_left_the_catalogue_leaves_memory(models: LocalModels, catalogue: Catalogue) -> None:
    await models.load(TINY, wait=True)
    catalogue.remove("tiny")
    assert await comes_true(lambda: models.loaded() == [])
    assert models.status(TINY).runtime_status is RuntimeState.UNLOADED


def pipeline(name: str, engine: str, class_name: str) -> Entry:
    """A billion weights in a folder."""
    runtime = {"engine": engine, "pipeline": class_name, "parameter_count": 2**30}
    modality = Modality.IMAGE if engine == "diffusion" else Modality.MESH
    return entry(name, modality=modality, local_path=f"/models/{name}", size_bytes=2**31, runtime=runtime)


@pytest.mark.req("SYS-REQ-003")
async def test_a_pipeline_is_run_by_its_engine(build: Build, catalogue: Catalogue, workers: FakeWorkers) -> None:
    models = build(max_memory_bytes=64 * 1024 * MIB)
    for item in (pipeline("sd", "diffusion", "FluxPipeline"), pipeline("shap", "mesh", "ShapEPipeline")):
        catalogue.put(item)
        await models.load(item, wait=True)
    assert [(spec.module, dict(spec.config)) for spec in workers.asked] == [
        ("pluggably.runtimes.diffusion", {"model_path": "/models/sd", "threads": 1, "pipeline": "FluxPipeline"}),
        ("pluggably.runtimes.mesh", {"model_path": "/models/shap", "threads": 1, "pipeline": "ShapEPipeline"}),
    ]


@pytest.mark.parametrize(("accelerated", "mib"), [(False, 5120), (True, 3072)])
async def test_the_weights_of_a_pipeline_take_half_as_much_where_there_is_a_gpu(
    build: Build, accelerated: bool, mib: int
) -> None:
    models = build(accelerated=accelerated)
    with pytest.raises(InsufficientStorage, match=f"sd needs about {mib} MiB"):
        await models.load(pipeline("sd", "diffusion", "FluxPipeline"), wait=True)


@pytest.mark.req("SYS-REQ-045")
async def test_an_engine_without_weights_pushes_no_model_out(
    build: Build, catalogue: Catalogue, workers: FakeWorkers
) -> None:
    models = build(max_loaded=1)
    scene = entry("scene", modality=Modality.IMAGE, runtime={"engine": "scene"})
    catalogue.put(scene)
    for item in (TINY, scene):
        await models.load(item, wait=True)
    assert [model.model_id for model in models.loaded()] == ["tiny", "scene"]
    await models.load(OTHER, wait=True)  # takes the one place, and leaves the engine alone
    assert sorted(model.model_id for model in models.loaded()) == ["other", "scene"]


async def test_a_scene_worker_takes_no_more_memory_than_is_reckoned_for_it(
    build: Build, catalogue: Catalogue
) -> None:
    scene = entry("scene", modality=Modality.IMAGE, runtime={"engine": "scene"})
    catalogue.put(scene)
    models = build(LocalWorkerPool(IMPATIENT))
    await models.load(scene, wait=True)
    (model,) = models.loaded()
    # How much less depends on the machine's libraries for linear algebra: 85 to 118 MiB were seen.
    assert model.memory_bytes is not None
    assert 40 * MIB < model.memory_bytes < 1.3 * 128 * MIB
    assert model.device == "cpu"


async def test_a_loaded_model_says_its_device_and_until_when_it_stays(
    models: LocalModels, workers: FakeWorkers
) -> None:
    workers.more = {"device": "cuda"}
    before = models.status(TINY)
    assert (before.device, before.until) == (None, None)
    async with models.admit(TINY, "ann") as admission:
        await admission.target()
        assert models.status(TINY).until is None  # it is in use
    (loaded,) = models.loaded()
    status = models.status(TINY)
    for said in (loaded, status):
        assert said.device == "cuda"
        assert said.until is not None
        assert said.last_used_at is not None
        assert (said.until - said.last_used_at).total_seconds() == pytest.approx(LIMITS.idle_timeout_s, abs=5)
    await models.load(replace(TINY, pinned=True), wait=True)
    assert models.status(replace(TINY, pinned=True)).until is None
    assert models.loaded()[0].until is None


async def test_the_header_gives_a_close_estimate_of_the_memory(
    build: Build, catalogue: Catalogue, starter_model: Path
) -> None:
    """With a real model: the file, 23,040 bytes for each token of context, and the process."""
    file = look_at(starter_model, [starter_model.parent], Headers())
    assert file is not None
    facts = describe(file, Headers())
    assert facts.runtime["kv_bytes_per_token"] == 23_040
    starter = entry("s", local_path=str(starter_model), size_bytes=facts.size_bytes, runtime=facts.runtime)
    catalogue.put(starter)
    models = build(LocalWorkerPool(IMPATIENT))
    await models.load(starter, wait=True)
    (model,) = models.loaded()
    assert model.memory_bytes == pytest.approx(facts.size_bytes + 23_040 * 256 + 64 * MIB, rel=0.15)
