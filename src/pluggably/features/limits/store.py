"""Where ledgers are kept: `LimitStore` and its implementation for one process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import NamedTuple, Protocol

from pluggably.features.limits import repository
from pluggably.features.limits.metrics import DROPPED, PENDING
from pluggably.features.limits.rules import Ask, Bounds, Claim, Ledger, LimitKind, Refusal, Standing, reserve
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database
from pluggably.kit.write_behind import WriteBehind

KEPT = timedelta(days=62)
"""An unused ledger is forgotten after two months: it says nothing any more."""
USER = "user:"
TOKEN = "token:"  # noqa: S105 - the kind of a subject


class Limited(NamedTuple):
    """Somebody with limits: `user:ID` or `token:ID`."""

    subject: str
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Reserved:
    """What became of a reservation: `refusal` None is success. Of each kind of limit the tightest one stands here."""

    refusal: Refusal | None
    standings: list[Standing]


class LimitStore(Protocol):
    """Keeps ledgers. A reservation counts in all ledgers or in none, whoever else reserves at that moment."""

    async def reserve(self, limited: Sequence[Limited], name: str, ask: Ask) -> Reserved:
        """Take what a request asks for; of one that holds something already, in its place.

        Whoever is cancelled meanwhile settles: it may have been granted. Raises `NotReady` where the store can't be
        reached.
        """

    def settle(self, subjects: Sequence[str], name: str, tokens: int, cost: int) -> None:
        """Put what was used in the place of what was held, once. Never waits, never raises."""

    async def standing(self, limited: Limited) -> list[Standing]:
        """Where a subject stands, for every kind of limit. One without limits has no ledger: its use is added up."""

    async def forget(self, subject: str) -> None:
        """The subject has no limits any more."""

    async def start(self) -> None:
        """Begin to serve."""

    async def close(self) -> None:
        """Write what is waiting, within a bound of time."""


class MemoryStore:
    """The store of a process that serves alone. Nothing waits for the database but the first request of a subject;
    ledgers are written behind, so that a restart knows what was used. To reserve and settle takes 60 µs."""

    def __init__(
        self, database: Database, clock: Callable[[], float] = time.time, *, interval_s: float = 0.5
    ) -> None:
        self._database = database
        self._clock = clock
        self._ledgers: dict[str, Ledger] = {}
        self._loading = asyncio.Lock()
        self._queue: WriteBehind[str, _Changed] = WriteBehind(
            "limit ledgers", self._write, dropped=DROPPED, waiting=PENDING, max_pending=100_000, interval_s=interval_s
        )

    async def reserve(self, limited: Sequence[Limited], name: str, ask: Ask) -> Reserved:
        while missing := [one.subject for one in limited if one.subject not in self._ledgers]:
            await self._load(missing[0])
        # From here on nothing waits: nobody comes between.
        now = self._clock()
        claims = [Claim(one.subject, self._ledgers[one.subject], one.bounds) for one in limited]
        refusal = reserve(claims, name, ask, now, inf)
        if refusal is None:
            self._changed(one.subject for one in limited)
        return Reserved(refusal, tightest(claims, now))

    def settle(self, subjects: Sequence[str], name: str, tokens: int, cost: int) -> None:
        now = self._clock()
        known = [subject for subject in subjects if subject in self._ledgers]
        for subject in known:
            self._ledgers[subject].settle(name, tokens, cost, now)
        self._changed(known)

    async def standing(self, limited: Limited) -> list[Standing]:
        now, ledger = self._clock(), self._ledgers.get(limited.subject)
        if ledger is None:
            ledger = await self._read(limited.subject)
        return standings(ledger, limited.bounds, now)

    async def forget(self, subject: str) -> None:
        async with self._loading, self._database.transaction() as db:
            self._ledgers.pop(subject, None)
            await repository.forget_ledger(db, subject)

    async def start(self) -> None:
        await self._queue.start()
        async with self._database.transaction() as db:
            await repository.forget_ledgers(db, unused_since=utc_now() - KEPT)

    async def close(self) -> None:
        await self._queue.close()

    async def _load(self, subject: str) -> None:
        async with self._loading:
            if subject not in self._ledgers:
                self._ledgers[subject] = await self._read(subject)

    async def _read(self, subject: str) -> Ledger:
        async with self._database.reading() as db:
            ledger = (await repository.ledgers(db, [subject])).get(subject)
            if ledger is None:
                return await repository.first_ledger(db, subject, self._clock())
        ledger.taken.clear()  # those requests ended with the process that served them
        return ledger

    def _changed(self, subjects: Iterable[str]) -> None:
        for subject in subjects:
            self._queue.put(subject, _Changed(subject, self._ledgers[subject]))

    async def _write(self, batch: list[_Changed]) -> None:
        kept = [
            (one.subject, one.ledger.to_json() | {"taken": {}})
            for one in batch
            if self._ledgers.get(one.subject) is one.ledger  # else it was forgotten meanwhile
        ]
        if kept:
            async with self._database.transaction() as db:
                await repository.keep_ledgers(db, kept)


@dataclass(frozen=True, slots=True, eq=False)
class _Changed:
    """Each change is an object of its own: the queue tells by that whether there was a later one."""

    subject: str
    ledger: Ledger


def standings(ledger: Ledger, bounds: Bounds, now: float) -> list[Standing]:
    """Where a ledger stands, for every kind of limit."""
    ledger.roll(now)
    return [ledger.standing(kind, bounds.get(kind), now) for kind in LimitKind]


def tightest(claims: Iterable[Claim], now: float) -> list[Standing]:
    """Of each kind of limit the one that leaves the least."""
    found: dict[LimitKind, Standing] = {}
    for claim in claims:
        for kind, bound in claim.bounds.items():
            standing = claim.ledger.standing(kind, bound, now)
            if kind not in found or (standing.remaining or 0) < (found[kind].remaining or 0):
                found[kind] = standing
    return [found[kind] for kind in LimitKind if kind in found]
