"""Deletes artifacts after their time, and what interrupted writes have left behind."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from pluggably.errors import PluggablyError
from pluggably.features.artifacts import repository
from pluggably.features.artifacts.conversion import delete_stored
from pluggably.features.artifacts.store import UNFINISHED_S, ArtifactStore
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database
from pluggably.tables.artifacts import ArtifactState, ArtifactTable

_BATCH = 100

log = structlog.get_logger(__name__)


class Sweeper:
    """Each sweep deletes what is over; several replicas may do so at once.

    Rows of what is deleted stay: their addresses go on to say 410.
    """

    def __init__(self, database: Database, store: ArtifactStore, retention: timedelta) -> None:
        self._database = database
        self._store = store
        self._retention = retention

    async def sweep(self) -> int:
        """Sweep once; how many artifacts were deleted."""
        now = utc_now()
        swept = await self._empty(ArtifactState.STORED, now - self._retention)
        await self._empty(ArtifactState.WRITING, now - timedelta(seconds=UNFINISHED_S))
        await self._store.tidy()
        if swept:
            log.info("artifacts_swept", count=swept)
        return swept

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
