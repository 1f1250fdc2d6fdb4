"""The models of this machine: a queue before each, a worker behind it.

Requests enter the queue, wait for a slot and for the worker, and are then sent to it like to any provider. What is
loaded when is decided by `lifecycle`; here it is done.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

import structlog

from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider
from pluggably.errors import PluggablyError, RuntimeCrashed, UnsupportedFeature
from pluggably.kit import metrics
from pluggably.kit.clock import utc_now
from pluggably.kit.http import Address, HttpClient, Timeouts
from pluggably.providers._openai_embeddings import engine_error
from pluggably.providers._transport import Account
from pluggably.providers.catalogue import LOCAL_PROVIDER
from pluggably.routing.catalogue import LOCAL, Catalogue, Entry
from pluggably.routing.lifecycle import Lifecycle, Limits, Load, Model, Need, Phase, Ticket, Unload
from pluggably.routing.residency import LoadedModel, RuntimeState, RuntimeStatus
from pluggably.workers.interface import Worker, WorkerPool, WorkerSpec, WorkerState

DEFAULT_PARALLEL = 4
LLAMA, SCENE, DIFFUSION, MESH = "llama", "scene", "diffusion", "mesh"
"""Engines, by the name of their module in `runtimes`."""
_BASE_URL = "http://localhost"
_TICK_S = 0.25
_RETRY_S = 5.0
_UNKNOWN_BYTES = 256 * 1024 * 1024
"""What a model without a file of known size is taken for."""
_MIB = 1024 * 1024
_PROCESS_BYTES = {LLAMA: 64 * _MIB, SCENE: 128 * _MIB, DIFFUSION: 1024 * _MIB, MESH: 1024 * _MIB}
"""What a process takes besides weights and context: interpreter, engine, its buffers.

Measured: 125 to 130 MiB for a scene worker after its first answers, 430 MiB for torch and diffusers without a model.
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Queued:
    """A request waits: `position` 1 is next; `eta_s` in seconds, None while nothing was measured."""

    position: int
    eta_s: float | None


@dataclass(frozen=True, slots=True)
class Loading:
    """The model is being loaded."""

    model: str
    progress_pct: float | None = None


Report = Callable[[Queued | Loading], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class LocalOptions:
    """How models of this machine are run; None: the engine's own choice."""

    parallel: int | None = None
    context_tokens: int = 4096
    threads: int | None = None
    accelerated: bool = False
    """Whether engines will find a GPU, on which weights of diffusion models have 16 bits instead of 32."""
    load_timeout_s: float = 300
    timeouts: Timeouts = field(default_factory=Timeouts)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: the provider, the account to call it with, the model's name there."""

    provider: Provider
    account: Account
    model: str
    native_tools: bool = True
    """Whether the model's chat template has words for tools."""


class _Seat:
    """One local model as this process sees it."""

    def __init__(self, entry: Entry, spec: WorkerSpec, need: Need) -> None:
        self.entry = entry
        self.spec = spec
        self.need = need
        self.loaded: tuple[WorkerSpec, str | None] | None = None
        """How the last process was started, and the file's stamp then."""
        self.socket_path = ""
        self.last_used_at = entry.last_used_at
        self.changed = asyncio.Event()
        """Replaced by a new one whenever it is set."""
        self.depth = metrics.QUEUE_DEPTH.labels(entry.id)
        self.memory = metrics.MODEL_MEMORY.labels(entry.id)

    def take(self, entry: Entry, spec: WorkerSpec, need: Need) -> None:
        """What the catalogue says now."""
        self.entry, self.spec, self.need = entry, spec, need


class Admission:
    """A request on its way to its model: `async with models.admit(entry, user_id) as admission`.

    Entering raises `QueueFull`, `ModelUnavailable`, `InsufficientStorage`, or `UnsupportedFeature`.
    """

    def __init__(self, models: LocalModels, entry: Entry, user_id: str) -> None:
        self._models = models
        self._entry = entry
        self._user_id = user_id
        self._changed = asyncio.Event()
        self.queue_ms = 0
        self.load_ms = 0

    async def __aenter__(self) -> Admission:
        self._ticket = self._models.enter(self._entry, self._user_id, self._changed.set)
        return self

    async def target(self, report: Report | None = None) -> Target:
        """Wait for a slot and for the model; `report` hears of every change on the way.

        Raises `ModelUnavailable`, or `InsufficientStorage`.
        """
        ticket, models = self._ticket, self._models
        told: Queued | Loading | None = None
        loading = False
        while True:
            self._changed.clear()
            if ticket.error is not None:
                raise ticket.error
            if ticket.ready:
                worker = models.ready_worker(self._entry)
                if worker is not None:
                    break
                continue  # it has died, and is being loaded again
            news: Queued | Loading
            if ticket.position is None:
                news, loading = Loading(self._entry.id), True
            else:
                news = Queued(ticket.position, models.eta_s(ticket))
            if report is not None and not _same(news, told):
                told = news
                await report(news)  # which takes time: what came meanwhile is looked at before waiting
                continue
            await self._changed.wait()
        now = time.monotonic()
        granted_at = now if ticket.granted_at is None else ticket.granted_at
        self.queue_ms = round((granted_at - ticket.entered_at) * 1000)
        metrics.QUEUE_SECONDS.labels(self._entry.id).observe(granted_at - ticket.entered_at)
        if loading:
            self.load_ms = round((now - granted_at) * 1000)
        models.begin(ticket)
        return models.target(self._entry, worker)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._models.leave(self._entry, self._ticket)


class LocalModels:
    """All models of this machine: drives `lifecycle.Lifecycle` with real workers.

    Implements `routing.residency.Residency`. `start` begins to load the pinned models and to look after the others.
    """

    def __init__(
        self, pool: WorkerPool, http: HttpClient, options: LocalOptions, catalogue: Catalogue, limits: Limits
    ) -> None:
        self._pool = pool
        self._http = http
        self._options = options
        self._catalogue = catalogue
        self._lifecycle = Lifecycle(limits)
        self._seats: dict[str, _Seat] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(self) -> None:
        """Look after the models from now on."""
        self._spawn(self._look_after(), "lifecycle")

    def admit(self, entry: Entry, user_id: str) -> Admission:
        """A way in for one request."""
        return Admission(self, entry, user_id)

    # For admissions
    def enter(self, entry: Entry, user_id: str, watcher: Callable[[], None]) -> Ticket:
        """A place for one request. Raises as `Admission` does."""
        seat = self._seat(entry)
        self._observe(seat)
        try:
            return self._lifecycle.enter(seat.need, user_id, time.monotonic(), watcher)
        finally:
            self._act()

    def begin(self, ticket: Ticket) -> None:
        """The request is sent."""
        self._lifecycle.begin(ticket, time.monotonic())

    def leave(self, entry: Entry, ticket: Ticket) -> None:
        """The request has ended."""
        seat = self._seats.get(entry.id)
        if seat is not None:
            seat.last_used_at = utc_now()
            self._observe(seat)
        self._lifecycle.leave(ticket, time.monotonic())
        self._act()

    def eta_s(self, ticket: Ticket) -> float | None:
        """Estimated seconds until a waiting request runs; None while nothing was measured yet."""
        return self._lifecycle.eta_s(ticket, time.monotonic())

    def ready_worker(self, entry: Entry) -> Worker | None:
        """The model's worker if it is ready; else the lifecycle knows by now that it is not."""
        worker = self._pool.get(entry.id)
        if worker is not None and worker.state is WorkerState.READY:
            return worker
        self._lifecycle.died(entry.id, time.monotonic())
        self._act()
        return None

    def target(self, entry: Entry, worker: Worker) -> Target:
        """Where to send a request for a model whose worker is ready."""
        account = Account(
            LOCAL,
            Address(_BASE_URL, worker.socket_path),
            timeouts=self._options.timeouts,
            refused=engine_error,
            broken=lambda: _crashed(entry.id),
        )
        template = worker.details.get("template") or {}
        return Target(LOCAL_PROVIDER, account, entry.id, native_tools=bool(template.get("supports_tools", True)))

    # Residency
    def status(self, entry: Entry) -> RuntimeStatus:
        """The model's runtime at this moment."""
        seat, worker = self._seats.get(entry.id), self._pool.get(entry.id)
        if seat is not None:
            self._observe(seat)
        model = self._lifecycle.get(entry.id)
        return RuntimeStatus(
            runtime_status=_runtime_state(model),
            queue_depth=len(model.queue) if model else 0,
            pinned=entry.pinned,
            memory_bytes=worker.memory_bytes() if worker is not None else None,
            loaded_at=worker.loaded_at if worker is not None else None,
            last_used_at=seat.last_used_at if seat else entry.last_used_at,
            last_error=worker.last_error if worker is not None else None,
            device=_device(worker) if worker is not None and worker.loaded_at is not None else None,
            until=self._until(entry.id),
        )

    def loaded(self) -> list[LoadedModel]:
        """The models that are in memory."""
        found = []
        for seat in list(self._seats.values()):
            self._observe(seat)
            model, worker = self._lifecycle.get(seat.entry.id), self._pool.get(seat.entry.id)
            if model is None or model.phase is not Phase.LOADED or worker is None or worker.loaded_at is None:
                continue
            found.append(
                LoadedModel(
                    model_id=seat.entry.id,
                    loaded_at=worker.loaded_at,
                    last_used_at=seat.last_used_at,
                    is_pinned=model.need.pinned,
                    memory_bytes=worker.memory_bytes(),
                    is_busy=bool(model.running),
                    active_requests=len(model.running),
                    queue_depth=len(model.queue),
                    device=_device(worker),
                    until=self._until(seat.entry.id),
                )
            )
        return found

    def _until(self, name: str) -> datetime | None:
        moment = self._lifecycle.idle_until(name)
        return None if moment is None else utc_now() + timedelta(seconds=moment - time.monotonic())

    async def load(self, entry: Entry, wait: bool) -> RuntimeStatus:
        """Start loading, and with `wait` return only when it is loaded.

        Raises `ModelUnavailable` or `InsufficientStorage`.
        """
        seat = self._seat(entry)
        self._observe(seat)
        changed = asyncio.Event()
        try:
            ticket = self._lifecycle.wish(seat.need, time.monotonic(), changed.set)
        finally:
            self._act()
        while wait and not ticket.ready and ticket.error is None:
            await changed.wait()
            changed.clear()
        if ticket.error is not None:
            raise ticket.error
        return self.status(entry)

    async def unload(self, entry: Entry, force: bool) -> None:
        """Give the model's memory back. Raises `ModelBusy` or `ModelPinned`."""
        seat = self._seat(entry)
        self._observe(seat)
        model = self._lifecycle.get(entry.id)
        before = model.departures if model is not None else 0
        going = self._lifecycle.unload(seat.need, time.monotonic(), force=force)
        self._act()
        while going and (model := self._lifecycle.get(entry.id)) is not None and model.departures == before:
            await seat.changed.wait()

    async def close(self) -> None:
        """Stop every worker."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._pool.close()

    # The machine's actions
    def _act(self) -> None:
        """Do what the lifecycle has decided, and tell whoever watches."""
        for action in self._lifecycle.actions():
            if self._closed:
                continue
            if isinstance(action, Load):
                self._spawn(self._load(action), f"load {action.model}")
            else:
                metrics.UNLOADS.labels(action.model, action.reason.value).inc()
                self._spawn(self._unload(action), f"unload {action.model}")
        in_memory = 0
        for model in self._lifecycle.models():
            seat = self._seats[model.need.model]
            seat.depth.set(len(model.queue))
            in_memory += model.phase is Phase.LOADED
        metrics.LOADED.set(in_memory)

    async def _load(self, action: Load) -> None:
        seat = self._seats[action.model]
        seat.loaded = (seat.spec, seat.entry.stamp)
        started = time.monotonic()
        try:
            worker = await self._pool.ensure_ready(seat.spec)
        except PluggablyError as error:
            self._lifecycle.load_failed(action, error.message, error.retry_after or _RETRY_S, time.monotonic())
        except Exception:  # whatever it is: a model that stays "loading" for ever would be worse
            log.exception("load_failed", model=action.model)
            message = f"{action.model} could not be loaded; the server's log says why."
            self._lifecycle.load_failed(action, message, _RETRY_S, time.monotonic())
        else:
            seconds = time.monotonic() - started
            metrics.LOAD_SECONDS.labels(action.model).observe(seconds)
            if seat.socket_path != worker.socket_path:  # every process has a socket of its own
                gone, seat.socket_path = seat.socket_path, worker.socket_path
                await self._http.forget(gone)
            seat.memory.set(worker.memory_bytes() or 0)
            self._lifecycle.loaded(action, worker.memory_bytes(), seconds, time.monotonic())
        self._announce(seat)

    async def _unload(self, action: Unload) -> None:
        seat = self._seats[action.model]
        log.info("model_unloaded", model=action.model, reason=action.reason.value)
        await self._http.forget(seat.socket_path)
        await self._pool.stop(action.model)
        seat.memory.set(0)
        self._lifecycle.unloaded(action.model, time.monotonic())
        self._announce(seat)

    def _announce(self, seat: _Seat) -> None:
        self._act()
        seat.changed.set()
        seat.changed = asyncio.Event()

    def _observe(self, seat: _Seat) -> None:
        """Let the lifecycle know what became of a loaded model's process."""
        model = self._lifecycle.get(seat.need.model)
        if model is None or model.phase is not Phase.LOADED:
            return
        worker = self._pool.get(seat.need.model)
        if worker is None or worker.state is WorkerState.STOPPED:
            seat.memory.set(0)
            self._lifecycle.died(seat.need.model, time.monotonic())
            self._announce(seat)
        elif (memory := worker.memory_bytes()) is not None:
            seat.memory.set(memory)
            self._lifecycle.measured(seat.need.model, memory)

    async def _look_after(self) -> None:
        """Notice what nobody tells: deaths, time that passes, changes of the catalogue."""
        while True:
            try:
                self._look()
            except Exception:  # to stop looking would be worse
                log.exception("lifecycle_look_failed")
            await asyncio.sleep(_TICK_S)

    def _look(self) -> None:
        for entry in self._catalogue.registered():
            if entry.pinned and entry.provider == LOCAL and entry.status == "available":
                with suppress(UnsupportedFeature):  # no runtime for it: whoever asks is told
                    self._seat(entry)
        for seat in list(self._seats.values()):
            self._observe(seat)
            self._compare(seat)
        self._lifecycle.tick(time.monotonic())
        self._act()

    def _compare(self, seat: _Seat) -> None:
        """See whether what is loaded is still what the catalogue has, and drop what it has no longer."""
        name, now = seat.need.model, time.monotonic()
        entry = self._catalogue.get(name)
        if entry is None or entry.status != "available" or entry.provider != LOCAL:
            self._lifecycle.refresh(replace(seat.need, pinned=False), now, stale=True)
            if self._lifecycle.forget(name):
                del self._seats[name]
            return
        with suppress(UnsupportedFeature):
            seat = self._seat(entry)
        stale = False
        if seat.loaded is not None:
            spec, stamp = seat.loaded
            stale = spec != seat.spec or bool(stamp and entry.stamp and stamp != entry.stamp)
        self._lifecycle.refresh(seat.need, now, stale=stale)

    def _seat(self, entry: Entry) -> _Seat:
        """The model's seat, with what the catalogue says now. Raises `UnsupportedFeature`."""
        seat = self._seats.get(entry.id)
        if seat is not None and seat.entry is entry:
            return seat
        spec = self._spec(entry)
        engine = spec.module.rpartition(".")[2]
        estimate = _estimate(entry, spec, engine, accelerated=self._options.accelerated)
        # A built-in engine holds no weights: it must not push a model out that takes a minute to load.
        need = Need(entry.id, spec.config.get("parallel", 1), estimate, entry.pinned, place=engine != SCENE)
        if seat is None:
            seat = self._seats[entry.id] = _Seat(entry, spec, need)
        else:
            seat.take(entry, spec, need)
        return seat

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("lifecycle_failed", task=task.get_name(), exc_info=error)

    def _spec(self, entry: Entry) -> WorkerSpec:
        options = self._options
        engine = entry.runtime.get("engine") or (LLAMA if entry.modality is Modality.TEXT else None)
        config: dict[str, Any]
        if engine == LLAMA and entry.local_path is not None:
            config = {
                "model_path": entry.local_path,
                "alias": entry.id,
                "context_tokens": options.context_tokens,
                "trained_context_tokens": entry.capabilities.get("max_context_tokens"),
                "parallel": options.parallel or DEFAULT_PARALLEL,
                "threads": options.threads,
                "projector": entry.runtime.get("projector"),
                "architecture": entry.runtime.get("architecture"),
                "embeddings": bool(entry.capabilities.get("embeddings")),
            }
        elif engine in (DIFFUSION, MESH) and entry.local_path is not None:
            config = {
                "model_path": entry.local_path,
                "threads": options.threads,
                "pipeline": entry.runtime.get("pipeline"),
            }
        elif engine == SCENE:
            config = {}
        else:
            what = entry.modality.value
            raise UnsupportedFeature(f"No local runtime for {what} models is installed.", param="model")
        return WorkerSpec(entry.id, f"pluggably.runtimes.{engine}", config, options.load_timeout_s)


def _runtime_state(model: Model | None) -> RuntimeState:
    if model is None or model.phase in (Phase.UNLOADED, Phase.UNLOADING):
        return RuntimeState.UNLOADED
    if model.phase is Phase.LOADING:
        return RuntimeState.LOADING
    return RuntimeState.BUSY if model.running else RuntimeState.LOADED


def _estimate(entry: Entry, spec: WorkerSpec, engine: str, *, accelerated: bool) -> int:
    """Bytes that a model will take, as the headers of its files tell; once it is loaded it is measured."""
    process = _PROCESS_BYTES[engine]
    if engine == SCENE:
        return process
    size = entry.size_bytes or _UNKNOWN_BYTES
    if engine in (DIFFUSION, MESH):
        numbers = entry.runtime.get("parameter_count")
        return process + (numbers * (2 if accelerated else 4) if isinstance(numbers, int) else size)
    per_token = entry.runtime.get("kv_bytes_per_token")
    if not isinstance(per_token, int):
        return round(size * 1.2)
    config = spec.config
    tokens = min(config["context_tokens"], config["trained_context_tokens"] or config["context_tokens"])
    return int(size + per_token * tokens * config["parallel"] + process)


def _device(worker: Worker) -> str | None:
    device = worker.details.get("device")
    return device if isinstance(device, str) else None


def _same(news: Queued | Loading, told: Queued | Loading | None) -> bool:
    """Whether there is nothing new to say: an estimate alone is none."""
    if isinstance(news, Queued) and isinstance(told, Queued):
        return news.position == told.position
    return news == told


def _crashed(model: str) -> RuntimeCrashed:
    return RuntimeCrashed(
        f"The process that runs {model} ended in the middle of the request; the next request starts a new one.",
        param="model",
        retry_after=2,
    )
