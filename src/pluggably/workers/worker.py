"""The state machine around one model's process."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from pluggably.errors import ModelUnavailable
from pluggably.kit.clock import utc_now
from pluggably.kit.ids import new_id
from pluggably.workers.interface import WorkerSpec, WorkerState
from pluggably.workers.process import LoadFailed, WorkerProcess

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds and counts by which workers are judged."""

    probe_interval_s: float = 2.0
    probe_timeout_s: float = 5.0
    probe_failures: int = 3
    """Failed probes in a row after which the process counts as mute."""
    grace_s: float = 2.0
    """Between closing the lifeline, SIGTERM and SIGKILL."""
    cooldown_s: float = 2.0
    """After a failed load; doubled by each further failure in a row."""
    longest_cooldown_s: float = 60.0


class LocalWorker:
    """A worker that is a process of this machine. Implements `workers.interface.Worker`.

    Every change of state happens in this class, between two awaits; callers ask for `ensure_ready` and never look
    at the state first.
    """

    def __init__(self, spec: WorkerSpec, folder: Path, patience: Patience) -> None:
        self._spec = spec
        self._folder = folder
        self._patience = patience
        self._state = WorkerState.STOPPED
        self._process: WorkerProcess | None = None
        self._socket_path = ""
        self._start: asyncio.Task[str | None] | None = None
        self._stop: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._failures = 0
        self._cool_until = 0.0
        self._memory: int | None = None
        self._started_at: datetime | None = None
        self._loaded_at: datetime | None = None
        self._load_seconds: float | None = None
        self._details: Mapping[str, Any] = {}
        self._last_error: str | None = None

    @property
    def spec(self) -> WorkerSpec:
        """How it is, or will be, run."""
        return self._spec

    @property
    def state(self) -> WorkerState:
        """For showing."""
        return self._state

    @property
    def socket_path(self) -> str:
        """The unix socket of the current process."""
        return self._socket_path

    @property
    def pid(self) -> int | None:
        """The current process."""
        return None if self._process is None else self._process.pid

    @property
    def started_at(self) -> datetime | None:
        """When the current process was started."""
        return self._started_at

    @property
    def loaded_at(self) -> datetime | None:
        """When the current process became ready."""
        return self._loaded_at

    @property
    def load_seconds(self) -> float | None:
        """How long the last load took."""
        return self._load_seconds

    @property
    def details(self) -> Mapping[str, Any]:
        """What the runtime said when it became ready."""
        return self._details

    @property
    def last_error(self) -> str | None:
        """Why the last load failed or the last process died."""
        return self._last_error

    def memory_bytes(self) -> int | None:
        """Resident memory of the process group as the last probe saw it."""
        return self._memory

    async def ensure_ready(self, spec: WorkerSpec | None = None) -> None:
        """Return when the model answers. Raises `ModelUnavailable`.

        A `spec` that differs from the one in force takes its place, by a restart if something runs.
        """
        while True:
            if spec is not None and spec != self._spec:
                await self.stop()
                if self._state is WorkerState.STOPPED:
                    self._spec = spec
                    self._failures, self._cool_until = 0, 0.0
                continue
            match self._state:
                case WorkerState.READY:
                    assert self._process is not None
                    assert self._watch is not None
                    if self._process.running:
                        return
                    await asyncio.shield(self._watch)
                    continue
                case WorkerState.STOPPING:
                    assert self._stop is not None
                    await asyncio.shield(self._stop)
                    continue
                case WorkerState.STOPPED:
                    left = self._cool_until - time.monotonic()
                    if left > 0:
                        raise self._unavailable(self._last_error or "the last load failed", left)
                    self._state = WorkerState.STARTING
                    self._start = asyncio.create_task(self._load(), name=f"load {self._spec.key}")
            assert self._start is not None
            reason = await asyncio.shield(self._start)
            if reason is not None:
                raise self._unavailable(reason, self._cool_until - time.monotonic())

    async def stop(self) -> None:
        """Return when the whole group has gone. A load under way is given up."""
        if self._state is WorkerState.STOPPED:
            return
        if self._state is not WorkerState.STOPPING:
            self._state = WorkerState.STOPPING
            self._stop = asyncio.create_task(self._end(), name=f"stop {self._spec.key}")
        assert self._stop is not None
        await asyncio.shield(self._stop)

    async def died_within(self, seconds: float, *, pid: int | None = None) -> bool:
        """Whether the process `pid` (None: the current one) has ended, waiting up to `seconds` for the news."""
        process = self._process
        if process is None or (pid is not None and process.pid != pid):
            return True
        return await process.ended_within(seconds)

    def _unavailable(self, reason: str, retry_after: float) -> ModelUnavailable:
        return ModelUnavailable(
            f"{self._spec.key} could not be loaded: {reason}", param="model", retry_after=max(1.0, retry_after)
        )

    async def _load(self) -> str | None:
        """Start the process and wait until it is ready; the reason where that fails. Never raises."""
        spec, started = self._spec, time.monotonic()
        self._socket_path = str(self._folder / f"{new_id('w')[-10:]}.sock")
        reason: str | None = None
        details: Mapping[str, Any] = {}
        memory: int | None = None
        try:
            async with asyncio.timeout(spec.load_timeout_s):
                config = {**spec.config, "socket_path": self._socket_path}
                process = self._process = await WorkerProcess.start(spec.module, config)
                self._started_at = utc_now()
                log.info("worker_started", model=spec.key, pid=process.pid)
                if self._state is WorkerState.STARTING:
                    details = await process.wait_ready()
                    memory = await process.memory_bytes()
        except TimeoutError:
            reason = f"it was not ready after {spec.load_timeout_s:g} s"
        except LoadFailed as error:
            reason = str(error)
        except Exception as error:  # whatever it is: a worker that stays "starting" for ever would be worse
            reason = f"{type(error).__name__}: {error}"
        if self._state is WorkerState.STARTING and reason is not None:
            await self._fail(reason)
        elif self._state is WorkerState.STARTING:
            self._become_ready(details, memory, time.monotonic() - started)
        else:
            reason = "it was stopped while it was being loaded"  # and whoever did so ends the process
        return reason

    def _become_ready(self, details: Mapping[str, Any], memory: int | None, seconds: float) -> None:
        process = self._process
        assert process is not None
        self._memory, self._details = memory, details
        self._load_seconds, self._loaded_at = seconds, utc_now()
        self._failures, self._last_error = 0, None
        self._state = WorkerState.READY
        self._watch = asyncio.create_task(self._look_after(process), name=f"watch {self._spec.key}")
        log.info(
            "worker_ready",
            model=self._spec.key,
            pid=process.pid,
            load_s=round(seconds, 3),
            memory_bytes=memory,
            device=details.get("device"),
        )

    async def _fail(self, reason: str) -> None:
        process, patience = self._process, self._patience
        self._last_error = reason
        cooldown = min(patience.cooldown_s * 2**self._failures, patience.longest_cooldown_s)
        self._failures += 1
        if process is not None:
            await process.kill()
        lines = [] if process is None else process.lines
        log.warning("worker_failed", model=self._spec.key, reason=reason, stderr=lines, retry_after_s=cooldown)
        self._cool_until = time.monotonic() + cooldown
        if self._state is WorkerState.STARTING:
            self._forget_process()

    async def _look_after(self, process: WorkerProcess) -> None:
        """Notice a process that dies or falls mute."""
        patience, failed = self._patience, 0
        reason = None
        while not await process.ended_within(patience.probe_interval_s):
            if await process.healthy(self._socket_path, patience.probe_timeout_s):
                failed = 0
                self._memory = await process.memory_bytes() or self._memory
                continue
            failed += 1
            if failed >= patience.probe_failures and not process.gone.is_set():
                reason = f"it did not answer {failed} probes and was killed"
                await process.kill()
        if self._state is not WorkerState.READY:
            return
        self._last_error = reason or f"the process ended with {process.exit}"
        log.error(
            "worker_died",
            model=self._spec.key,
            pid=process.pid,
            exit=process.exit,
            reason=self._last_error,
            stderr=process.lines,
        )
        self._forget_process()

    async def _end(self) -> None:
        start, watch = self._start, self._watch
        if self._process is None and start is not None:
            await asyncio.wait({start})  # the process is being created at this very moment
        if watch is not None:
            watch.cancel()
            await asyncio.wait({watch})
        process = self._process
        if process is not None:
            await process.end(self._patience.grace_s)
            log.info("worker_stopped", model=self._spec.key, pid=process.pid)
        if start is not None:
            await asyncio.wait({start})
        self._forget_process()

    def _forget_process(self) -> None:
        with contextlib.suppress(OSError):
            Path(self._socket_path).unlink()
        self._process, self._start, self._stop, self._watch = None, None, None, None
        self._memory, self._started_at, self._loaded_at = None, None, None
        self._state = WorkerState.STOPPED
