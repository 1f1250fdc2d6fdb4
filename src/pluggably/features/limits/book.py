"""Who has which limits, held in memory: whoever has none costs a request nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from pluggably.features.limits import repository
from pluggably.features.limits.rules import Bounds, LimitKind, nanos
from pluggably.features.limits.store import TOKEN, USER, Limited
from pluggably.features.users.authentication import OPERATOR, Caller
from pluggably.kit.clock import as_utc
from pluggably.kit.database import Database
from pluggably.tables.limits import LimitTable

OVERLAP = timedelta(seconds=60)
"""Clocks of several machines differ, and transactions take their time: what is that old is read again."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Own:
    """The limits that are set for one subject."""

    bounds: Bounds
    use_defaults: bool = True


NOTHING = Own({})


class Book:
    """The limits of everybody. `defaults` hold for all users but `operator`.

    With `poll_s` it follows what other processes change.
    """

    def __init__(self, database: Database, defaults: Bounds, *, poll_s: float | None = None) -> None:
        self._database = database
        self._defaults = defaults
        self._poll_s = poll_s
        self._own: dict[str, Own] = {}
        self._tokens = 0
        self._makers: dict[str, tuple[str, ...]] = {}
        self._seen: datetime | None = None
        self._task: asyncio.Task[None] | None = None
        self.in_force = bool(defaults)
        """Whether anybody has limits at all."""

    def own(self, subject: str) -> Own:
        """What is set for a subject."""
        return self._own.get(subject, NOTHING)

    def bounds(self, subject: str) -> Bounds:
        """What holds for a subject: what is set, and for users the defaults beside it."""
        own = self._own.get(subject)
        if not subject.startswith(USER) or subject == f"{USER}{OPERATOR}" or not self._defaults:
            return own.bounds if own is not None else {}
        if own is None:
            return self._defaults
        return {**self._defaults, **own.bounds} if own.use_defaults else own.bounds

    async def of(self, caller: Caller) -> list[Limited]:
        """All limits that hold for a caller: the user's, the token's, and those of the tokens that made it."""
        found = []
        user = f"{USER}{caller.user_id}"
        if bounds := self.bounds(user):
            found.append(Limited(user, bounds))
        if caller.token_id is not None and self._tokens:
            for token_id in await self._line(caller.token_id):
                subject = f"{TOKEN}{token_id}"
                if bounds := self.bounds(subject):
                    found.append(Limited(subject, bounds))
        return found

    async def _line(self, token_id: str) -> tuple[str, ...]:
        """A token and those that made it: else one could make another to get round its limits."""
        known = self._makers.get(token_id)
        if known is None:
            line = [token_id]
            async with self._database.reading() as db:
                while (row := await repository.token(db, line[-1])) is not None and row.made_with is not None:
                    line.append(row.made_with)
            known = self._makers[token_id] = tuple(line)
        return known

    def take(self, row: LimitTable) -> None:
        """Note what a row says."""
        self._own[row.subject] = Own(_bounds(row), row.use_defaults)
        self._tokens = sum(1 for subject, own in self._own.items() if subject.startswith(TOKEN) and own.bounds)
        self.in_force = bool(self._defaults) or any(own.bounds for own in self._own.values())
        moment = as_utc(row.updated_at)
        self._seen = moment if self._seen is None else max(self._seen, moment)

    async def start(self) -> None:
        """Read all limits, and begin to follow changes."""
        await self._read()
        if self._poll_s is not None:
            self._task = asyncio.create_task(self._follow(self._poll_s), name="limits of others")

    async def close(self) -> None:
        """Follow no longer."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _read(self) -> None:
        after = None if self._seen is None else self._seen - OVERLAP
        async with self._database.reading() as db:
            rows = await repository.limits(db, changed_after=after)
        for row in rows:
            own = self._own.get(row.subject)
            if own is None or own != Own(_bounds(row), row.use_defaults):
                self.take(row)

    async def _follow(self, poll_s: float) -> None:
        while True:
            await asyncio.sleep(poll_s)
            try:
                await self._read()
            except Exception as error:
                log.warning("limits can't be read, trying again", error=type(error).__name__)


def bounds_of(values: Mapping[str, Any]) -> Bounds:
    """Limits by their names, with costs in dollars; None: no limit."""
    return {
        kind: nanos(value) if kind.is_cost else int(value)
        for kind in LimitKind
        if (value := values.get(kind.value)) is not None
    }


def values_of(bounds: Bounds) -> dict[str, Any]:
    """The same backwards, with every name."""
    return {kind.value: amount(kind, bounds.get(kind)) for kind in LimitKind}


def amount(kind: LimitKind, value: int | None) -> float | int | None:
    """An amount as callers see it: costs in dollars."""
    return value if value is None or not kind.is_cost else round(value / 10**9, 9)


def _bounds(row: LimitTable) -> Bounds:
    return bounds_of({kind.value: getattr(row, kind.value) for kind in LimitKind})
