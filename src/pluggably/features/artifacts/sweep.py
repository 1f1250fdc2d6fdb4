"""Deletes artifacts after their time, and what interrupted writes have left behind."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from pluggably.errors import PluggablyError
from pluggably.features.artifacts import repository
from pluggably.features.artifacts.conversion import delete_stored
from pluggably.features.artifacts.store import UNFINISHED_S, ArtifactStore
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database
from pluggably.tables.artifacts import ArtifactState, ArtifactTable

INTERVAL_S = 3600.0
_BATCH = 100

log = structlog.get_logger(__name__)


class Sweeper:
    """Sweeps at the start and then at intervals; several replicas may do so at once.

    Rows of what is deleted stay: their addresses go on to say 410.
    """

    def __init__(
        self, database: Database, store: ArtifactStore, retention: timedelta, interval_s: float = INTERVAL_S
    ) -> None:
        self._database = database
        self._store = store
        self._retention = retention
        self._interval_s = interval_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, beside whatever else runs."""
        self._task = asyncio.create_task(self._run(), name="artifact sweep")

    async def stop(self) -> None:
        """End; a sweep that is under way is given up, and done again by the next one."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def sweep(self) -> int:
        """Sweep once; how many artifacts were deleted."""
        now = utc_now()
        swept = await self._empty(ArtifactState.STORED, now - self._retention)
        await self._empty(ArtifactState.WRITING, now - timedelta(seconds=UNFINISHED_S))
        await self._store.tidy()
        return swept

    async def _run(self) -> None:
        while True:
            try:
                swept = await self.sweep()
                if swept:
                    log.info("artifacts_swept", count=swept)
            except Exception:
                log.exception("artifact_sweep_failed")
            await asyncio.sleep(self._interval_s)

    async def _empty(self, state: ArtifactState, moment: datetime) -> int:
        """Delete what is in this state since before `moment`, batch by batch."""
        above, emptied = "", 0
        while True:
            async with self._database.reading() as db:
                rows = await repository.made_before(db, state, moment, above=above, limit=_BATCH)
            if not rows:
                return emptied
            above = rows[-1].id
            # The bytes go first: what is still in the store has a row that says so.
            done = [row.id for row in rows if await self._delete(row)]
            async with self._database.transaction() as db:
                if state is ArtifactState.STORED:
                    await repository.mark_swept(db, done)
                else:
                    await repository.forget(db, done)
            emptied += len(done)

    async def _delete(self, row: ArtifactTable) -> bool:
        """Whether the store no longer holds it; where it does not answer, the next sweep tries again."""
        try:
            await delete_stored(self._store, row)
        except PluggablyError:
            return False
        return True
