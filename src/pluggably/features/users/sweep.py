"""Removes what nobody needs any more: logins that are over, counts of failures, old lines of the audit log."""

from __future__ import annotations

from datetime import timedelta

from pluggably.features.audit import repository as audit
from pluggably.features.users import backoff, repository
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database


class AccountSweeper:
    """Each sweep removes what is over."""

    def __init__(self, database: Database, audit_retention: timedelta) -> None:
        self._database = database
        self._audit_retention = audit_retention

    async def sweep(self) -> None:
        """Remove what is over."""
        now = utc_now()
        async with self._database.transaction() as db:
            await repository.forget_logins(db, now)
            await backoff.forget(db, now)
            await audit.forget(db, now - self._audit_retention)
