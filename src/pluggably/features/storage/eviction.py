"""Which models' files may go, and how they go: idle ones that nobody pinned and that are no default."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from prometheus_client import Counter

from pluggably.errors import Conflict
from pluggably.features.models.service import ModelRegistry
from pluggably.kit.clock import utc_now
from pluggably.routing.catalogue import LOCAL, Catalogue, Entry
from pluggably.routing.residency import Residency, RuntimeState

EVICTIONS = Counter("pluggably_storage_evictions", "Models whose files were deleted to save room", ["reason"])
FREED = Counter("pluggably_storage_freed_bytes", "Bytes of files deleted to save room", ["reason"])

_FRESH_FAILURE = timedelta(hours=1)
"""So long a file that can't be used may still be on its way here."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Evictable:
    """The files of a model that may go."""

    id: str
    path: str
    size_bytes: int
    """What their end would free."""
    last_used_at: datetime | None
    idle_since: datetime
    """When it was last used, or came here, whichever was later."""


class Evictor:
    """Finds what may go, and removes it from the disk. The registry keeps the entry, as evicted."""

    def __init__(self, registry: ModelRegistry, residency: Residency, catalogue: Catalogue) -> None:
        self._registry = registry
        self._residency = residency
        self._catalogue = catalogue

    async def candidates(self, sparing: Collection[str] = ()) -> list[Evictable]:
        """All that may go now, unused for longest first; models of the ids in `sparing` may not."""
        allowed = {
            path: entries
            for path, entries in self._by_path().items()
            if self._may_go(entries) and not any(entry.id in sparing for entry in entries)
        }
        last_used = {entry.id: self._last_used(entry) for entries in allowed.values() for entry in entries}
        found = await asyncio.to_thread(self._measure, allowed, last_used)
        return sorted(found, key=lambda model: (model.idle_since, model.id))

    async def evict(self, model: Evictable, reason: str, why: str) -> bool:
        """Delete a model's files unless somebody needs it by now; whether that was done. `why` is told to users."""
        try:
            done = await self._registry.evict(model.path, why, lambda: self._is_unneeded(model.path))
        except (Conflict, OSError) as error:
            log.warning("model_not_evicted", model=model.id, reason=str(error))
            return False
        if done:
            EVICTIONS.labels(reason).inc()
            FREED.labels(reason).inc(model.size_bytes)
            log.info("model_evicted", model=model.id, reason=reason, size_bytes=model.size_bytes)
        return done

    def _by_path(self) -> dict[str, list[Entry]]:
        """The entries that rest on files of this machine, by the path of these."""
        found: dict[str, list[Entry]] = {}
        for entry in self._catalogue.registered():
            if entry.provider == LOCAL and entry.local_path is not None:
                found.setdefault(entry.local_path, []).append(entry)
        return found

    def _is_unneeded(self, path: str) -> bool:
        return all(self._is_idle(entry) for entry in self._by_path().get(path, []))

    def _may_go(self, entries: Iterable[Entry]) -> bool:
        return all(entry.status in ("available", "failed", "disabled") and self._is_idle(entry) for entry in entries)

    def _is_idle(self, entry: Entry) -> bool:
        if entry.pinned or entry.is_default:
            return False
        status = self._residency.status(entry)
        return status.runtime_status is RuntimeState.UNLOADED and status.queue_depth == 0

    def _last_used(self, entry: Entry) -> datetime | None:
        moments = (self._registry.last_used(entry), self._residency.status(entry).last_used_at)
        return max((moment for moment in moments if moment is not None), default=None)

    def _measure(self, allowed: dict[str, list[Entry]], last_used: dict[str, datetime | None]) -> list[Evictable]:
        found = []
        for path, entries in allowed.items():
            arrived = _written_at(path)
            size = self._registry.files.reclaimable(Path(path))
            if arrived is None or not size:
                continue
            if any(entry.status == "failed" for entry in entries) and utc_now() - arrived < _FRESH_FAILURE:
                continue
            used = max((moment for entry in entries if (moment := last_used[entry.id])), default=None)
            made = max((entry.created_at for entry in entries if entry.created_at), default=arrived)
            idle_since = max(moment for moment in (used, made, arrived) if moment is not None)
            found.append(Evictable(entries[0].id, path, size, used, idle_since))
        return found


def _written_at(path: str) -> datetime | None:
    with suppress(OSError):
        return datetime.fromtimestamp(os.stat(path).st_mtime, UTC)
    return None
