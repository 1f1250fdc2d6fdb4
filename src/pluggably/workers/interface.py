"""What the rest of the gateway knows of model processes, wherever they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class WorkerState(StrEnum):
    """`stopped → starting → ready → stopping → stopped`; a process that dies by itself is `stopped` at once."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


@dataclass(frozen=True)
class WorkerSpec:
    """How to run one model.

    `module` is started with `python -m`; `config` is the JSON object that it reads first, to which the worker adds
    `socket_path`.
    """

    key: str
    module: str
    config: Mapping[str, Any]
    load_timeout_s: float = 300


class Worker(Protocol):
    """One model's process, or the place where it will be. It speaks HTTP at `socket_path` while it is ready."""

    @property
    def spec(self) -> WorkerSpec:
        """How it is, or will be, run."""

    @property
    def state(self) -> WorkerState:
        """For showing; whoever wants a ready worker calls `WorkerPool.ensure_ready`."""

    @property
    def socket_path(self) -> str:
        """The unix socket of the current process; every process has another. Empty before the first start."""

    @property
    def pid(self) -> int | None:
        """The current process; None while stopped."""

    @property
    def started_at(self) -> datetime | None:
        """When the current process was started; None while stopped."""

    @property
    def loaded_at(self) -> datetime | None:
        """When the current process became ready; None before and while stopped."""

    @property
    def load_seconds(self) -> float | None:
        """How long the last load took."""

    @property
    def details(self) -> Mapping[str, Any]:
        """What the runtime said when it became ready, such as `context_tokens`."""

    @property
    def last_error(self) -> str | None:
        """Why the last load failed or the last process died; None after a load that went well."""

    def memory_bytes(self) -> int | None:
        """Resident memory of the process group, at most a few seconds old; None while nothing is loaded."""

    async def died_within(self, seconds: float, *, pid: int | None = None) -> bool:
        """Whether the process `pid` (None: the current one) has ended, waiting up to `seconds` for the news.

        For whoever lost a connection and wants to know whether the process is to blame.
        """


class WorkerPool(Protocol):
    """All model processes."""

    async def ensure_ready(self, spec: WorkerSpec) -> Worker:
        """The worker of `spec.key`, ready. Callers at the same time share one start, and one that is cancelled
        does not cancel it for the others.

        A spec that differs from the running one restarts the worker: call with a changed spec only when it is idle.
        Raises `ModelUnavailable` with the reason, at once while a failed load is too fresh to be tried again.
        """

    def get(self, key: str) -> Worker | None:
        """The worker of this key, in any state."""

    def workers(self) -> Sequence[Worker]:
        """All workers that were ever asked for, in any state."""

    async def stop(self, key: str) -> None:
        """Stop a worker and give its memory back. Unknown and stopped ones stay as they are."""

    async def close(self) -> None:
        """Stop all, at the same time and within a bounded time. Nothing can be started afterwards."""
