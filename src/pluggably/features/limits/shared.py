"""The store of processes that serve together: the ledgers are rows of their database.

A reservation is a short transaction that locks the rows of those whom it counts for. Whatever waits when one begins
goes into it together, so that a hundred calls at once cost a few transactions. A hold has a lease: while its process
lives it is renewed, and of a process that died the holds fall away.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from pluggably.errors import NotReady
from pluggably.features.limits import repository
from pluggably.features.limits.rules import Ask, Claim, Ledger, Standing, reserve
from pluggably.features.limits.store import KEPT, Limited, Reserved, standings, tightest
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database

LEASE_S = 60.0
TIMEOUT_S = 5.0
"""Seconds that a transaction may take before those who wait for it are told to come back."""
MOST = 200
"""Operations in one transaction."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Reserve:
    limited: Sequence[Limited]
    name: str
    ask: Ask
    answer: asyncio.Future[Reserved]

    @property
    def subjects(self) -> Iterable[str]:
        return (one.subject for one in self.limited)


@dataclass(slots=True, eq=False)
class _Settle:
    subjects: Sequence[str]
    name: str
    tokens: int
    cost: int


@dataclass(slots=True, eq=False)
class _Renew:
    held: dict[str, Sequence[str]]


_Operation = _Reserve | _Settle | _Renew


class SharedStore:
    """The `LimitStore` of several processes on one database."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.time,
        *,
        lease_s: float = LEASE_S,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._database = database
        self._clock = clock
        self._lease_s = lease_s
        self._timeout_s = timeout_s
        self._waiting: list[_Operation] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._held: dict[str, Sequence[str]] = {}
        """What this process holds, by name, and in whose ledgers."""
        self._task: asyncio.Task[None] | None = None

    async def reserve(self, limited: Sequence[Limited], name: str, ask: Ask) -> Reserved:
        operation = _Reserve(limited, name, ask, asyncio.get_running_loop().create_future())
        self._put(operation)
        return await operation.answer

    def settle(self, subjects: Sequence[str], name: str, tokens: int, cost: int) -> None:
        self._held.pop(name, None)
        self._put(_Settle(subjects, name, tokens, cost))

    async def standing(self, limited: Limited) -> list[Standing]:
        now = self._clock()
        async with self._database.reading() as db:
            found = await repository.ledgers(db, [limited.subject])
            ledger = found.get(limited.subject) or await repository.first_ledger(db, limited.subject, now)
        return standings(ledger, limited.bounds, now)

    async def forget(self, subject: str) -> None:
        async with self._database.transaction() as db:
            await repository.forget_ledger(db, subject)

    async def start(self) -> None:
        async with self._database.transaction() as db:
            await repository.forget_ledgers(db, unused_since=utc_now() - KEPT)
        self._task = asyncio.create_task(self._run(), name="limits")

    async def close(self) -> None:
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=self._timeout_s)
            self._task.cancel()
        if self._waiting:
            log.error("limits were not settled", count=len(self._waiting))
            self._refuse(self._waiting)

    def _put(self, operation: _Operation) -> None:
        self._waiting.append(operation)
        self._wake.set()

    async def _run(self) -> None:
        renewed = time.monotonic()
        while not (self._closing and not self._waiting):
            if not self._waiting:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._lease_s / 3):
                        await self._wake.wait()
            self._wake.clear()
            if self._held and time.monotonic() - renewed >= self._lease_s / 3:
                self._waiting.append(_Renew(dict(self._held)))
                renewed = time.monotonic()
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            batch = [one for one in batch if not (isinstance(one, _Reserve) and one.answer.done())]
            if batch:
                await self._try(batch)

    async def _try(self, batch: list[_Operation]) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                answers = await self._apply(batch)
        except Exception as error:
            log.warning("limits can't be reached", error=type(error).__name__, waiting=len(batch))
            self._refuse(batch)
            # What was used must be told, sooner or later; a renewal comes by itself.
            self._waiting[:0] = [one for one in batch if isinstance(one, _Settle)]
            if not self._closing:
                await asyncio.sleep(0.2)
            return
        for operation, answer in answers:
            if operation.answer.done():
                continue  # whoever asked has gone, and settles
            if answer.refusal is None:
                self._held[operation.name] = list(operation.subjects)
            operation.answer.set_result(answer)

    @staticmethod
    def _refuse(batch: Iterable[_Operation]) -> None:
        for operation in batch:
            if isinstance(operation, _Reserve) and not operation.answer.done():
                operation.answer.set_exception(
                    NotReady("What you have used of your limits can't be read at the moment; try again.")
                )

    async def _apply(self, batch: list[_Operation]) -> list[tuple[_Reserve, Reserved]]:
        """All operations in one transaction, in their order."""
        now = self._clock()
        answers: list[tuple[_Reserve, Reserved]] = []
        async with self._database.transaction() as db:
            wanted = {subject for one in batch for subject in _subjects(one)}
            found = await repository.ledgers(db, sorted(wanted), lock=True)
            missing = {subject for one in batch if isinstance(one, _Reserve) for subject in one.subjects} - set(found)
            if missing:
                made = {subject: await repository.first_ledger(db, subject, now) for subject in sorted(missing)}
                await repository.add_ledgers(db, made)
                found |= await repository.ledgers(db, sorted(missing), lock=True)
            changed: set[str] = set()
            for one in batch:
                if isinstance(one, _Reserve):
                    answer = self._reserve(one, found, now)
                    answers.append((one, answer))
                    if answer.refusal is None:
                        changed.update(one.subjects)
                else:
                    changed.update(self._go_on(one, found, now))
            if changed:
                await repository.write_ledgers(db, {subject: found[subject] for subject in sorted(changed)})
        return answers

    def _reserve(self, one: _Reserve, found: dict[str, Ledger], now: float) -> Reserved:
        claims = [Claim(limited.subject, found[limited.subject], limited.bounds) for limited in one.limited]
        refusal = reserve(claims, one.name, one.ask, now, now + self._lease_s)
        return Reserved(refusal, tightest(claims, now))

    def _go_on(self, one: _Settle | _Renew, found: dict[str, Ledger], now: float) -> set[str]:
        """Settle or renew; whose ledgers were changed by it. Who lost the limits has none any more."""
        held = {one.name: one.subjects} if isinstance(one, _Settle) else one.held
        changed = set()
        for name, subjects in held.items():
            for subject in subjects:
                ledger = found.get(subject)
                if ledger is None or name not in ledger.taken:
                    continue
                changed.add(subject)
                if isinstance(one, _Settle):
                    ledger.settle(name, one.tokens, one.cost, now)
                else:
                    ledger.renew(name, now + self._lease_s)
        return changed


def _subjects(operation: _Operation) -> Iterable[str]:
    if isinstance(operation, _Renew):
        return (subject for subjects in operation.held.values() for subject in subjects)
    return operation.subjects
