"""Forgets closed sessions after their time, and their state tokens, which are kept for audits a while longer than
they are of use."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import structlog

from pluggably.errors import SessionNotFound
from pluggably.features.sessions import repository
from pluggably.features.sessions.service import SessionService
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database

_BATCH = 100

log = structlog.get_logger(__name__)


class SessionRetention:
    """Each sweep erases what is over; several replicas may do so at once.

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
    ) -> None:
        self._database = database
        self._service = service
        self._sessions = sessions
        self._state_tokens = state_tokens

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
        if erased:
            log.info("sessions_erased", count=erased)
        return erased
