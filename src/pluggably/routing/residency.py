"""Which models are in memory: what the models' endpoints ask of whoever runs the workers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pluggably.routing.catalogue import Entry


class RuntimeState(StrEnum):
    """Whether a local model's weights are in memory. `busy`: at least one active request."""

    UNLOADED = "unloaded"
    LOADING = "loading"
    LOADED = "loaded"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class RuntimeStatus:
    """One local model's runtime. `last_error` is why the last load failed or the last worker died.

    `device` is where a loaded model computes (`cpu`, `cuda`, `mps`, …), None where its runtime does not say; `until`
    when it is unloaded if nobody asks for it, None while it is pinned or in use.
    """

    runtime_status: RuntimeState = RuntimeState.UNLOADED
    queue_depth: int = 0
    pinned: bool = False
    memory_bytes: int | None = None
    loaded_at: datetime | None = None
    last_used_at: datetime | None = None
    last_error: str | None = None
    device: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory; `device` and `until` as in `RuntimeStatus`."""

    model_id: str
    loaded_at: datetime
    last_used_at: datetime | None
    is_pinned: bool
    memory_bytes: int | None
    is_busy: bool
    active_requests: int
    queue_depth: int
    device: str | None = None
    until: datetime | None = None


class Residency(Protocol):
    """Loads and unloads local models. Every entry that is passed in runs on this machine."""

    def status(self, entry: Entry) -> RuntimeStatus:
        """The model's runtime at this moment."""

    def loaded(self) -> list[LoadedModel]:
        """The models that are in memory."""

    async def load(self, entry: Entry, wait: bool) -> RuntimeStatus:
        """Start loading, and with `wait` return only when it is loaded. A loaded model stays as it is.

        Raises `ModelUnavailable` where the model can't be loaded, `InsufficientStorage` where it never fits.
        """

    async def unload(self, entry: Entry, force: bool) -> None:
        """Give the model's memory back; an unloaded model stays as it is.

        Raises `ModelBusy` or `ModelPinned`. `force` overrides a pin and lets running requests finish first.
        """
