"""Back-off: whoever keeps failing to log in to one account, or from one address, has to wait longer and longer.

An attempt is counted before it is made and taken back when it succeeds, so that many at once get no further than one
after the other. The count is in the database: it holds for all replicas together, and after a restart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Protocol

from sqlalchemy import bindparam, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.errors import RateLimited
from pluggably.kit.clock import as_utc, utc_now
from pluggably.kit.database import Database
from pluggably.tables.logins import LoginAttemptTable as Row

FORGOTTEN_AFTER = timedelta(hours=1)
"""Without another attempt."""

_KNOWN = text(
    "INSERT INTO login_attempts (key, failures, last_at) VALUES (:key, 0, :now) ON CONFLICT (key) DO NOTHING"
).bindparams(bindparam("now", type_=Row.__table__.columns["last_at"].type))


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many attempts may fail before the waiting begins (2 s, 4 s, 8 s …), and the longest wait in seconds."""

    free: int
    longest_s: float

    def wait_s(self, failures: int) -> float:
        """How long after the last failure the next attempt may come."""
        return 0 if failures < self.free else min(2.0 ** (failures - self.free + 1), self.longest_s)


PER_ACCOUNT = Allowance(5, 60)
"""Short enough that nobody locks another one out for long."""
PER_ADDRESS = Allowance(30, 60)


class Backoff(Protocol):
    """Counts attempts to log in."""

    async def attempt(self, account: str, address: str | None) -> None:
        """An attempt begins. Raises `RateLimited` with the time to wait."""

    async def succeeded(self, account: str, address: str | None) -> None:
        """The attempt was right."""


class SharedBackoff:
    """Counts in the database."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def attempt(self, account: str, address: str | None) -> None:
        """An attempt begins."""
        now, longest = self._now(), 0.0
        keys = _keys(account, address)
        async with self._database.transaction() as db:
            for key in sorted(keys):  # in one order, or two attempts might wait for each other
                await db.execute(_KNOWN, {"key": key, "now": now})
                row = (await db.scalars(select(Row).where(Row.key == key).with_for_update())).one()
                since = now - as_utc(row.last_at)
                if since > FORGOTTEN_AFTER:
                    row.failures, since = 0, timedelta(0)
                longest = max(longest, keys[key].wait_s(row.failures) - since.total_seconds())
            if longest <= 0:
                await db.execute(update(Row).where(Row.key.in_(keys)).values(failures=Row.failures + 1, last_at=now))
        if longest > 0:
            raise RateLimited("Too many attempts failed; wait before the next one.", retry_after=max(1.0, longest))

    async def succeeded(self, account: str, address: str | None) -> None:
        """The account starts anew; of the address the one attempt is taken back."""
        async with self._database.transaction() as db:
            await db.execute(delete(Row).where(Row.key == _account_key(account)))
            if address is not None:
                mine = Row.key == _address_key(address)
                await db.execute(update(Row).where(mine, Row.failures > 0).values(failures=Row.failures - 1))


async def forget(db: AsyncSession, now: datetime) -> None:
    """Delete the counts that no longer count; the caller commits."""
    await db.execute(delete(Row).where(Row.last_at < now - FORGOTTEN_AFTER))


def _keys(account: str, address: str | None) -> dict[str, Allowance]:
    keys = {_account_key(account): PER_ACCOUNT}
    if address is not None:
        keys[_address_key(address)] = PER_ADDRESS
    return keys


def _account_key(account: str) -> str:
    return hashlib.sha256(f"account {account}".encode()).hexdigest()


def _address_key(address: str) -> str:
    """Whoever has one IPv6 address has 2⁶⁴ of them: the network counts."""
    try:
        parsed = ip_address(address)
    except ValueError:
        network = address
    else:
        network = str(ip_network((parsed, 64), strict=False) if isinstance(parsed, IPv6Address) else parsed)
    return hashlib.sha256(f"address {network}".encode()).hexdigest()
