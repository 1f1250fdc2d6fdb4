"""What model files take on disk, and how much more they may take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prometheus_client import Gauge

from pluggably.features.storage.schemas import StorageRead, StoredModel
from pluggably.features.storage.usage import free_bytes, size_of, used_bytes
from pluggably.kit.periodic import Periodic
from pluggably.routing.catalogue import LOCAL, Catalogue, Entry

FRESH_S = 2.0
"""How old an answer may be, in seconds."""
METRICS_S = 30.0
GIGABYTE = 1000**3

USED = Gauge("pluggably_storage_used_bytes", "Bytes that the files in the model folders take")
LIMIT = Gauge("pluggably_storage_limit_bytes", "Bytes that model files may take; +Inf: no limit")
FREE = Gauge("pluggably_storage_free_bytes", "Bytes left on the disk of the model folder that takes downloads")


@dataclass(frozen=True)
class Measured:
    """One look at the disk, in bytes; `sizes` of models by id."""

    used: int
    free: int
    sizes: dict[str, int | None]
    at: float


class Storage:
    """The model folders. `last_used` tells when a model was asked last; `limit_gb` is in units of 10⁹ bytes."""

    def __init__(
        self,
        catalogue: Catalogue,
        folders: list[Path],
        limit_gb: float | None,
        last_used: Callable[[Entry], datetime | None],
    ) -> None:
        self._catalogue = catalogue
        self._folders = folders
        self._limit = None if limit_gb is None else round(limit_gb * GIGABYTE)
        self._last_used = last_used
        self._measured: Measured | None = None
        self._lock = asyncio.Lock()
        self._fresh = Periodic("storage metrics", self.measure, METRICS_S)

    async def read(self, *, with_paths: bool) -> StorageRead:
        """The state of the disk, at most `FRESH_S` seconds old; `with_paths` shows where files are."""
        measured = await self.measure()
        models = [
            StoredModel(
                id=entry.id,
                size_bytes=measured.sizes.get(entry.id),
                local_path=entry.local_path if with_paths else None,
                status=entry.status,
                pinned=entry.pinned,
                last_used_at=self._last_used(entry),
            )
            for entry in self._entries()
        ]
        models.sort(key=lambda model: (-(model.size_bytes or 0), model.id))
        return StorageRead(used_bytes=measured.used, limit_bytes=self._limit, free_bytes=measured.free, models=models)

    async def measure(self) -> Measured:
        """Look at the disk, or at what was seen just now; callers at the same time share one look."""
        async with self._lock:
            if self._measured is None or time.monotonic() - self._measured.at > FRESH_S:
                paths = {entry.id: entry.local_path for entry in self._entries() if entry.local_path is not None}
                self._measured = await asyncio.to_thread(self._look, paths)
            return self._measured

    async def free_bytes(self) -> int:
        """Bytes that further model files may take: what is left on the disk, and of the limit."""
        measured = await self.measure()
        return measured.free if self._limit is None else max(0, min(measured.free, self._limit - measured.used))

    def start(self) -> None:
        """Keep the metrics fresh from now on."""
        LIMIT.set(float("inf") if self._limit is None else self._limit)
        self._fresh.start()

    async def stop(self) -> None:
        """End."""
        await self._fresh.stop()

    def _entries(self) -> list[Entry]:
        return [entry for entry in self._catalogue.registered() if entry.provider == LOCAL and entry.local_path]

    def _look(self, paths: dict[str, str]) -> Measured:
        used, free = used_bytes(self._folders), free_bytes(self._folders[0])
        USED.set(used)
        FREE.set(free)
        sizes = {model_id: size_of(path) for model_id, path in paths.items()}
        return Measured(used, free, sizes, time.monotonic())
