"""What model files take on disk, and how much more they may take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
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
MODEL = Gauge("pluggably_storage_model_bytes", "Bytes that a model's files take", ["model"])


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
        self.limit = None if limit_gb is None else round(limit_gb * GIGABYTE)
        """Bytes that model files may take; None: no limit."""
        self._last_used = last_used
        self._measured: Measured | None = None
        self._lock = asyncio.Lock()
        self._fresh = Periodic("storage metrics", self.measure, METRICS_S)

    async def read(self, *, promised_bytes: int, with_paths: bool) -> StorageRead:
        """The state of the disk, at most `FRESH_S` seconds old; `with_paths` shows where files are.

        `promised_bytes` is what running downloads will still take.
        """
        measured = await self.measure()
        models = [
            StoredModel(
                id=entry.id,
                size_bytes=measured.sizes.get(entry.id),
                local_path=entry.local_path if with_paths else None,
                status=entry.status,
                is_default=entry.is_default,
                pinned=entry.pinned,
                last_used_at=self._last_used(entry),
            )
            for entry in self._entries()
        ]
        models.sort(key=lambda model: (-(model.size_bytes or 0), model.id))
        return StorageRead(
            used_bytes=measured.used,
            limit_bytes=self.limit,
            free_bytes=measured.free,
            promised_bytes=promised_bytes,
            models=models,
        )

    async def measure(self, *, fresh: bool = False) -> Measured:
        """Look at the disk, or, unless it has to be `fresh`, at what was seen just now.

        Callers at the same time share one look.
        """
        asked_at = time.monotonic()
        async with self._lock:
            oldest = asked_at if fresh else time.monotonic() - FRESH_S
            if self._measured is None or self._measured.at < oldest:
                paths = {entry.id: entry.local_path for entry in self._entries() if entry.local_path is not None}
                before = self._measured
                self._measured = measured = await asyncio.to_thread(self._look, paths)
                for model_id, size in measured.sizes.items():
                    MODEL.labels(model_id).set(size or 0)
                for model_id in before.sizes.keys() - measured.sizes.keys() if before else ():
                    with suppress(KeyError):  # another gateway of this process has had it removed
                        MODEL.remove(model_id)
            return self._measured

    def start(self) -> None:
        """Keep the metrics fresh from now on."""
        LIMIT.set(float("inf") if self.limit is None else self.limit)
        self._fresh.start()

    async def stop(self) -> None:
        """End."""
        await self._fresh.stop()

    def _entries(self) -> list[Entry]:
        return [entry for entry in self._catalogue.registered() if entry.provider == LOCAL and entry.local_path]

    def _look(self, paths: dict[str, str]) -> Measured:
        at = time.monotonic()
        used, free = used_bytes(self._folders), free_bytes(self._folders[0])
        USED.set(used)
        FREE.set(free)
        sizes = {model_id: size_of(path) for model_id, path in paths.items()}
        return Measured(used, free, sizes, at)
