"""Model folders with what stands around them: registry, workers, measuring, eviction."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from pluggably.features.storage.cleanup import Cleanup
from pluggably.features.storage.eviction import Evictor
from pluggably.features.storage.service import GIGABYTE, Storage
from pluggably.features.storage.space import Space
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database
from pluggably.kit.http import HttpClient
from pluggably.routing.catalogue import Entry
from pluggably.routing.lifecycle import Limits
from pluggably.routing.local_models import LocalModels, LocalOptions
from pluggably.workers.pool import LocalWorkerPool
from tests.factories.models import House, started, write_gguf


@dataclass
class Store:
    """One gateway's storage, without the gateway."""

    house: House
    residency: LocalModels
    evictor: Evictor

    @property
    def folder(self) -> Path:
        return self.house.folder

    def storage(self, limit_bytes: int | None = None) -> Storage:
        """The measuring, with a limit."""
        limit_gb = None if limit_bytes is None else limit_bytes / GIGABYTE
        registry = self.house.registry
        return Storage(self.house.catalogue, [self.folder], limit_gb, registry.last_used)

    def space(self, limit_bytes: int | None = None, *, keep_free_bytes: int = 0, evict: bool = True) -> Space:
        """The room that is left under a limit."""
        return Space(self.storage(limit_bytes), self.evictor, keep_free_bytes=keep_free_bytes, evict=evict)

    def cleanup(self, limit_bytes: int | None = None, *, evict: bool = False, **options: Any) -> Cleanup:
        """Cleanups under a limit."""
        options.setdefault("retention", None)
        return Cleanup(self.storage(limit_bytes), self.evictor, [self.folder], evict=evict, **options)

    async def put(self, *names: str) -> list[int]:
        """Put models of a megabyte there, used one after the other, the first one longest ago; their sizes."""
        paths = [
            write_gguf(self.folder / f"{name}.gguf", tensors=(("token_embd.weight", (500, 500), 0),))
            for name in names
        ]
        entries = await self.house.scan()
        for place, name in enumerate(names):
            self.house.registry.used(entries[name], utc_now() + timedelta(milliseconds=place))
        return [path.stat().st_size for path in paths]

    async def statuses(self) -> dict[str, str]:
        """After another look at the folder, the status of each model."""
        return {name: entry.status for name, entry in (await self.house.scan()).items()}

    def entry(self, name: str) -> Entry:
        """A model as the catalogue has it."""
        return self.house.registry.find(name)


@asynccontextmanager
async def store_in(database: Database, folder: Path, **settings: Any) -> AsyncIterator[Store]:
    """The storage of a gateway with this model folder."""
    house = await started(database, folder, **settings)
    limits = Limits(max_loaded=2, max_memory_bytes=4 * 2**30, idle_timeout_s=900, max_queue=8)
    options = LocalOptions(context_tokens=512, parallel=1)
    http = HttpClient()
    residency = LocalModels(LocalWorkerPool(), http, options, house.catalogue, limits)
    try:
        yield Store(house, residency, Evictor(house.registry, residency, house.catalogue))
    finally:
        await residency.close()
        await http.close()


def aged(path: Path, days: float) -> Path:
    """The same file, as if it had been written so many days ago."""
    then = utc_now().timestamp() - days * 86400
    os.utime(path, (then, then), follow_symlinks=False)
    return path
