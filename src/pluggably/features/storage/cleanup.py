"""Cleanups: what goes and why, and the job that removes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from pluggably.errors import PluggablyError
from pluggably.features.jobs.progress import Job, Progress
from pluggably.features.jobs.service import Jobs
from pluggably.features.models.files import repository_of
from pluggably.features.storage.eviction import FREED, Evictable, Evictor
from pluggably.features.storage.leftovers import STALE_S, Leftover, find_leftovers, remove_leftover
from pluggably.features.storage.service import Storage
from pluggably.features.storage.space import oldest
from pluggably.kit.clock import utc_now

KIND = "cleanup"
SYSTEM = "system"
"""Who asks for the cleanups that nobody asks for."""

WHY = {
    "unused": "Nobody used it for longer than storage.retention_days; pull it again to use it.",
    "over_limit": "Its files had to go to come back under storage.max_model_gb; pull it again to use it.",
    "old_revision": "A newer revision of it is here.",
    "unfinished": "A download that nobody went on with.",
    "orphaned": "Nothing refers to it.",
}
"""By reason; of models it is the `status_reason` afterwards."""

InUse = Callable[[], Awaitable[Collection[str]]]
"""The paths that unfinished downloads use."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Removal:
    """A model's files, or another file, that a cleanup removes. `reason` is a key of `WHY`."""

    reason: str
    what: Evictable | Leftover

    @property
    def name(self) -> str:
        """The model's id, or the file's path within its model folder."""
        return self.what.id if isinstance(self.what, Evictable) else self.what.name

    @property
    def last_used_at(self) -> datetime | None:
        """When the model was last asked."""
        return self.what.last_used_at if isinstance(self.what, Evictable) else None


async def _nothing() -> Collection[str]:
    return ()


class Cleanup:
    """Implements `JobKind`. Models unused for `retention` go (None: they stay); with `evict`, also those unused for
    longest, until what is left keeps within the limit; and leftovers of downloads."""

    name = KIND
    at_once = 1

    def __init__(
        self,
        storage: Storage,
        evictor: Evictor,
        folders: list[Path],
        *,
        retention: timedelta | None,
        evict: bool,
        in_use: InUse = _nothing,
        stale_s: float = STALE_S,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._storage = storage
        self._evictor = evictor
        self._folders = folders
        self._retention = retention
        self._evict = evict
        self._in_use = in_use
        self._stale_s = stale_s
        self._now = now

    async def plan(self) -> list[Removal]:
        """What would go now."""
        leftovers = await asyncio.to_thread(find_leftovers, self._folders, await self._in_use(), self._stale_s)
        chosen = [Removal(leftover.reason, leftover) for leftover in leftovers]
        left: list[Evictable] = []
        for model in await self._evictor.candidates():
            if self._retention is not None and self._now() - model.idle_since > self._retention:
                chosen.append(Removal("unused", model))
            elif await asyncio.to_thread(is_old_revision, Path(model.path)):
                chosen.append(Removal("old_revision", model))
            else:
                left.append(model)
        if self._evict and self._storage.limit is not None:
            used = (await self._storage.measure(fresh=True)).used
            over = used - sum(removal.what.size_bytes for removal in chosen) - self._storage.limit
            chosen += [Removal("over_limit", model) for model in oldest(left, over)]
        return chosen

    async def run(self, job: Job, progress: Progress) -> None:
        """Remove it. What is needed by now stays."""
        removals = await self.plan()
        progress.total(sum(removal.what.size_bytes for removal in removals))
        freed = 0
        for removal in removals:
            if await self._remove(removal):
                freed += removal.what.size_bytes
                progress.done(freed)
        progress.total(freed)
        log.info("storage_cleaned", job_id=job.id, removals=len(removals), freed_bytes=freed)

    async def gave_up(self, job: Job, error: PluggablyError | None) -> None:
        """Nothing is left to be done."""

    async def _remove(self, removal: Removal) -> bool:
        if isinstance(removal.what, Evictable):
            return await self._evictor.evict(removal.what, removal.reason, WHY[removal.reason])
        if not await asyncio.to_thread(remove_leftover, removal.what):
            return False
        FREED.labels(removal.reason).inc(removal.what.size_bytes)
        log.info("leftover_removed", name=removal.name, reason=removal.reason, size_bytes=removal.what.size_bytes)
        return True


async def clean_where_needed(cleanup: Cleanup, jobs: Jobs) -> None:
    """Start a cleanup if there is something to remove."""
    if await cleanup.plan():
        await jobs.start(KIND, {}, key=KIND, user_id=SYSTEM)


def is_old_revision(path: Path) -> bool:
    """Whether a model in Hugging Face's cache is of another revision than the one that `refs/main` names, which is
    here too. Blocks."""
    repository = repository_of(path)
    if repository is None:
        return False
    try:
        with (repository / "refs" / "main").open("rb") as file:
            main = file.read(128).decode("ascii").strip()
    except (OSError, ValueError):
        return False
    snapshots = repository / "snapshots"
    own = path.relative_to(snapshots).parts[0]
    return main not in ("", ".", "..", own) and "/" not in main and (snapshots / main).is_dir()
