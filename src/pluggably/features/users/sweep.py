"""Removes what nobody needs any more: logins that are over, counts of failures, old lines of the audit log."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pluggably.features.audit import repository as audit
from pluggably.features.users import backoff, repository
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database

EVERY_S = 3600.0

_log = structlog.get_logger(__name__)


class AccountSweeper:
    """Sweeps at the start and then every hour."""

    def __init__(self, database: Database, audit_retention: timedelta) -> None:
        self._database = database
        self._audit_retention = audit_retention
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="sweep of accounts")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def sweep(self) -> None:
        """Remove what is over."""
        now = utc_now()
        async with self._database.transaction() as db:
            await repository.forget_logins(db, now)
            await backoff.forget(db, now)
            await audit.forget(db, now - self._audit_retention)

    async def _run(self) -> None:
        while True:
            try:
                await self.sweep()
            except (SQLAlchemyError, OSError) as error:
                _log.warning("accounts can't be swept", error=type(error).__name__)
            await asyncio.sleep(EVERY_S)
