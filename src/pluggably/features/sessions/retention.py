"""Forgets closed sessions after their time, and their state tokens, which are kept for audits a while longer than
they are of use."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from pluggably.errors import SessionNotFound
from pluggably.features.sessions import repository
from pluggably.features.sessions.service import SessionService
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database

INTERVAL_S = 3600.0
_BATCH = 100

log = structlog.get_logger(__name__)


class SessionRetention:
    """Sweeps at the start and then at intervals; several replicas may do so at once.

    `sessions` is how long a closed session is kept (None: until somebody erases it), `state_tokens` how long its
    state tokens are.
    """

    def __init__(
        self,
        database: Database,
        service: SessionService,
        *,
        sessions: timedelta | None,
        state_tokens: timedelta,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._database = database
        self._service = service
        self._sessions = sessions
        self._state_tokens = state_tokens
        self._interval_s = interval_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, beside whatever else runs."""
        self._task = asyncio.create_task(self._run(), name="session retention")

    async def stop(self) -> None:
        """End; what is left is done by the next sweep."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def sweep(self) -> int:
        """Sweep once; how many sessions were erased."""
        now = utc_now()
        async with self._database.transaction() as db:
            await repository.forget_state_tokens(db, now - self._state_tokens)
        erased = 0
        while self._sessions is not None:
            async with self._database.reading() as db:
                rows = await repository.closed_before(db, now - self._sessions, limit=_BATCH)
            for row in rows:
                with suppress(SessionNotFound):  # another replica sweeps too
                    await self._service.purge(row.user_id, row.id)
            erased += len(rows)
            if len(rows) < _BATCH:
                break
        return erased

    async def _run(self) -> None:
        while True:
            try:
                erased = await self.sweep()
                if erased:
                    log.info("sessions_erased", count=erased)
            except Exception:
                log.exception("session_sweep_failed")
            await asyncio.sleep(self._interval_s)
