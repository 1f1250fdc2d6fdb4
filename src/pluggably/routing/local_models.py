"""The models of this machine: a queue before each, a worker behind it.

Requests enter the queue, wait for a slot, wake the worker, and are then sent to it like to any provider.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider
from pluggably.errors import ModelBusy, ModelPinned, RuntimeCrashed, UnsupportedFeature
from pluggably.kit import metrics
from pluggably.kit.clock import utc_now
from pluggably.kit.http import Address, HttpClient, Timeouts
from pluggably.providers._transport import Account
from pluggably.providers.catalogue import LOCAL_PROVIDER
from pluggably.routing.catalogue import LOCAL, Entry
from pluggably.routing.queue import LocalQueue, Queue
from pluggably.routing.residency import LoadedModel, RuntimeState, RuntimeStatus
from pluggably.workers.interface import Worker, WorkerPool, WorkerSpec, WorkerState

DEFAULT_PARALLEL = 4
_BASE_URL = "http://localhost"


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
    max_queue: int = 256
    context_tokens: int = 4096
    threads: int | None = None
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

    def __init__(self, entry: Entry, queue: LocalQueue) -> None:
        self.entry = entry
        self.queue = queue
        self.last_used_at = entry.last_used_at
        self.socket_path = ""


class Admission:
    """A request on its way to its model: `async with models.admit(entry) as admission`.

    Entering raises `QueueFull`.
    """

    def __init__(self, models: LocalModels, entry: Entry) -> None:
        self._models = models
        self._entry = entry
        self.queue_ms = 0
        self.load_ms = 0

    async def __aenter__(self) -> Admission:
        self._place = self._models.queue_of(self._entry).enter()
        return self

    async def target(self, report: Report | None = None) -> Target:
        """Wait for a slot and for the model; `report` hears of every change on the way."""
        started = time.perf_counter()
        told: int | None = None
        while (position := self._place.position) is not None:
            if report is not None and position != told:
                told = position
                await report(Queued(position, self._place.eta_s))
            await self._place.changed()
        granted = time.perf_counter()
        self.queue_ms = round((granted - started) * 1000)
        metrics.QUEUE_SECONDS.labels(self._entry.id).observe(granted - started)
        worker = self._models.worker_of(self._entry)
        if worker is None or worker.state is not WorkerState.READY:
            if report is not None:
                await report(Loading(self._entry.id))
            worker = await self._models.wake(self._entry)
            self.load_ms = round((time.perf_counter() - granted) * 1000)
        return self._models.target(self._entry, worker)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._place.leave()
        self._models.used(self._entry)


class LocalModels:
    """All models of this machine. Implements `routing.residency.Residency`."""

    def __init__(self, pool: WorkerPool, http: HttpClient, options: LocalOptions) -> None:
        self._pool = pool
        self._http = http
        self._options = options
        self._seats: dict[str, _Seat] = {}
        self._loads: set[asyncio.Task[Worker]] = set()
        metrics.LOADED.set_function(self._ready)

    def admit(self, entry: Entry) -> Admission:
        """A way in for one request."""
        return Admission(self, entry)

    def queue_of(self, entry: Entry) -> Queue:
        """The queue before a model."""
        return self._seat(entry).queue

    def worker_of(self, entry: Entry) -> Worker | None:
        """The model's worker, whatever its state."""
        return self._pool.get(entry.id)

    async def wake(self, entry: Entry) -> Worker:
        """Have the model loaded. Raises `ModelUnavailable`."""
        started = time.perf_counter()
        worker = await self._pool.ensure_ready(self._spec(entry))
        metrics.LOAD_SECONDS.labels(entry.id).observe(time.perf_counter() - started)
        seat = self._seat(entry)
        if seat.socket_path != worker.socket_path:  # every process has a socket of its own
            gone, seat.socket_path = seat.socket_path, worker.socket_path
            await self._http.forget(gone)
        return worker

    def target(self, entry: Entry, worker: Worker) -> Target:
        """Where to send a request for a model whose worker is ready."""
        account = Account(
            LOCAL,
            Address(_BASE_URL, worker.socket_path),
            timeouts=self._options.timeouts,
            broken=lambda: _crashed(entry.id),
        )
        template = worker.details.get("template") or {}
        return Target(LOCAL_PROVIDER, account, entry.id, native_tools=bool(template.get("supports_tools", True)))

    def used(self, entry: Entry) -> None:
        """Note that a request has ended."""
        self._seat(entry).last_used_at = utc_now()

    def status(self, entry: Entry) -> RuntimeStatus:
        """The model's runtime at this moment."""
        seat, worker = self._seats.get(entry.id), self._pool.get(entry.id)
        return RuntimeStatus(
            runtime_status=self._state(seat, worker),
            queue_depth=seat.queue.waiting if seat else 0,
            pinned=entry.pinned,
            memory_bytes=worker.memory_bytes() if worker is not None else None,
            loaded_at=worker.loaded_at if worker is not None else None,
            last_used_at=seat.last_used_at if seat else entry.last_used_at,
            last_error=worker.last_error if worker is not None else None,
        )

    def loaded(self) -> list[LoadedModel]:
        """The models that are in memory."""
        found = []
        for seat in self._seats.values():
            worker = self._pool.get(seat.entry.id)
            if worker is None or worker.state is not WorkerState.READY or worker.loaded_at is None:
                continue
            found.append(
                LoadedModel(
                    model_id=seat.entry.id,
                    loaded_at=worker.loaded_at,
                    last_used_at=seat.last_used_at,
                    is_pinned=seat.entry.pinned,
                    memory_bytes=worker.memory_bytes(),
                    is_busy=seat.queue.running > 0,
                    active_requests=seat.queue.running,
                    queue_depth=seat.queue.waiting,
                )
            )
        return found

    async def load(self, entry: Entry, wait: bool) -> RuntimeStatus:
        """Start loading, and with `wait` return only when it is loaded. Raises `UnsupportedFeature` at once."""
        self._spec(entry)
        self._seat(entry)
        loading = asyncio.create_task(self.wake(entry))
        if wait:
            await loading
        else:
            self._loads.add(loading)
            loading.add_done_callback(self._load_ended)
            await asyncio.sleep(0)
        return self.status(entry)

    async def unload(self, entry: Entry, force: bool) -> None:
        """Give the model's memory back. Raises `ModelBusy` or `ModelPinned`."""
        seat = self._seat(entry)
        if entry.pinned and not force:
            raise ModelPinned(f"{entry.id} is pinned; unload it with `force`.")
        if seat.queue.running and not force:
            raise ModelBusy(
                f"{entry.id} is answering requests; try again later, or use `force` to wait for their end."
            )
        async with seat.queue.held():
            await self._stop(entry.id)

    async def close(self) -> None:
        """Stop every worker."""
        for task in self._loads:
            task.cancel()
        await self._pool.close()

    def _ready(self) -> int:
        return sum(worker.state is WorkerState.READY for worker in self._pool.workers())

    async def _stop(self, model_id: str) -> None:
        worker = self._pool.get(model_id)
        if worker is not None:
            await self._http.forget(worker.socket_path)
        await self._pool.stop(model_id)

    def _seat(self, entry: Entry) -> _Seat:
        seat = self._seats.get(entry.id)
        if seat is None:
            options = self._options
            queue = LocalQueue(entry.id, options.parallel or DEFAULT_PARALLEL, options.max_queue)
            seat = self._seats[entry.id] = _Seat(entry, queue)
        seat.entry = entry
        return seat

    def _spec(self, entry: Entry) -> WorkerSpec:
        runtime = _RUNTIMES.get(entry.modality)
        if runtime is None or entry.local_path is None:
            raise UnsupportedFeature(
                f"No local runtime for {entry.modality.value} models is installed.", param="model"
            )
        options = self._options
        config: dict[str, Any] = {
            "model_path": entry.local_path,
            "alias": entry.id,
            "context_tokens": options.context_tokens,
            "trained_context_tokens": entry.capabilities.get("max_context_tokens"),
            "parallel": options.parallel or DEFAULT_PARALLEL,
            "threads": options.threads,
            "projector": entry.runtime.get("projector"),
            "architecture": entry.runtime.get("architecture"),
        }
        return WorkerSpec(entry.id, runtime, config, options.load_timeout_s)

    @staticmethod
    def _state(seat: _Seat | None, worker: Worker | None) -> RuntimeState:
        if worker is None or worker.state in (WorkerState.STOPPED, WorkerState.STOPPING):
            return RuntimeState.UNLOADED
        if worker.state is WorkerState.STARTING:
            return RuntimeState.LOADING
        return RuntimeState.BUSY if seat is not None and seat.queue.running else RuntimeState.LOADED

    def _load_ended(self, task: asyncio.Task[Worker]) -> None:
        self._loads.discard(task)
        if not task.cancelled():
            task.exception()  # kept as the worker's last_error, which the status shows


def _crashed(model: str) -> RuntimeCrashed:
    return RuntimeCrashed(
        f"The process that runs {model} ended in the middle of the request; the next request starts a new one.",
        param="model",
        retry_after=2,
    )


_RUNTIMES = {Modality.TEXT: "pluggably.runtimes.llama"}
