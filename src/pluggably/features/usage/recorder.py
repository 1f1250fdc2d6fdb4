"""Finished requests, written behind: a request never waits for the database.

They wait in a bounded queue and go to the database in batches. What finds the queue full is dropped and counted; a
batch that the database can't take now stays in the queue and is tried again, later and later.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Protocol

import structlog
from sqlalchemy import bindparam, text, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pluggably.features.usage.metrics import DROPPED, PENDING
from pluggably.kit.clock import as_utc
from pluggably.kit.database import Database
from pluggably.tables.models import ModelTable
from pluggably.tables.requests import RequestTable

MAX_RETRY_S = 30.0

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class FinishedRequest:
    """A row of `requests`: ids as in the catalogue, tokens as counted or reported, times in UTC and milliseconds."""

    id: str
    user_id: str
    route: str
    model: str | None
    provider: str | None
    modality: str | None
    status: str
    error_code: str | None
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_usd: float | None
    queue_ms: int | None
    load_ms: int | None
    first_output_ms: int | None
    total_ms: int
    created_at: datetime
    finished_at: datetime


class Recorder(Protocol):
    """Takes finished requests and knows those that it took."""

    def record(self, finished: FinishedRequest) -> None:
        """Take a finished request. Never waits, never raises; called on the event loop's thread."""

    def knows(self, user_id: str, request_id: str) -> bool:
        """Whether this user's request was taken and is not in the database yet."""

    async def find(self, user_id: str, request_id: str) -> FinishedRequest | None:
        """This user's request, in the database or on its way there."""

    async def start(self) -> None:
        """Begin to write."""

    async def close(self) -> None:
        """Write what is waiting, within a bound of time; what is left then is dropped and counted."""


class WriteBehindRecorder:
    """The `Recorder` that writes to the database.

    `batch` bounds how long one turn keeps the event loop busy: about 10 µs for each record. A `record` costs 0.3 µs.
    """

    def __init__(
        self,
        database: Database,
        max_pending: int = 10_000,
        batch: int = 200,
        interval_s: float = 0.5,
        close_timeout_s: float = 5,
    ) -> None:
        self._database = database
        self._max_pending = max_pending
        self._batch = batch
        self._interval_s = interval_s
        self._close_timeout_s = close_timeout_s
        # In order of arrival. An entry leaves when it is committed, so that `find` has no blind moment.
        self._pending: dict[tuple[str, str], FinishedRequest] = {}
        self._wake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def record(self, finished: FinishedRequest) -> None:
        pending = self._pending
        if len(pending) >= self._max_pending or self._closing:
            DROPPED.inc()
            return
        pending[finished.user_id, finished.id] = finished
        if len(pending) == self._batch:
            self._wake.set()

    def knows(self, user_id: str, request_id: str) -> bool:
        return (user_id, request_id) in self._pending

    async def find(self, user_id: str, request_id: str) -> FinishedRequest | None:
        waiting = self._pending.get((user_id, request_id))
        if waiting is not None:
            return waiting
        async with self._database.reading() as db:
            row = await db.get(RequestTable, (user_id, request_id))
        return None if row is None else _from_row(row)

    async def start(self) -> None:
        PENDING.set_function(lambda: len(self._pending))
        self._task = asyncio.create_task(self._run(), name="usage recorder")

    async def close(self) -> None:
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=self._close_timeout_s)
            # A database that is stuck may hold up the rollback too, so nobody waits for the end of the task.
            self._task.cancel()
        if self._pending:
            _log.error("finished requests were not recorded", count=len(self._pending))
            DROPPED.inc(len(self._pending))
            self._pending.clear()

    async def _run(self) -> None:
        failures = 0
        while not (self._closing and not self._pending):
            await self._rest(failures)
            try:
                while self._pending:
                    await self._write(list(islice(self._pending.items(), self._batch)))
                    failures = 0
            except Exception as error:
                failures += 1
                _log.warning(
                    "finished requests can't be written, trying again later",
                    error=type(error).__name__,
                    failures=failures,
                    pending=len(self._pending),
                )

    async def _rest(self, failures: int) -> None:
        """Wait until the interval is over (longer after failures), a batch is full, or the end has come."""
        delay = self._interval_s
        if failures and not self._closing:
            delay = min(delay * 2 ** min(failures, 10), MAX_RETRY_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._wake.wait()
        self._wake.clear()

    async def _write(self, batch: list[tuple[tuple[str, str], FinishedRequest]]) -> None:
        """Commit a batch and let it leave the queue. Raises what a later attempt may not meet again."""
        try:
            await self._insert([finished for _, finished in batch])
        except Exception as error:
            if _passes(error):
                raise
            # Something in the batch can't be stored: find it by halves, and don't let it hold up the others.
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._write(batch[:middle])
                await self._write(batch[middle:])
                return
            _log.error("a finished request can't be stored", error=type(error).__name__, request_id=batch[0][0][1])
            DROPPED.inc()
        for key, _ in batch:
            self._pending.pop(key, None)

    async def _insert(self, batch: list[FinishedRequest]) -> None:
        last_used: dict[str, datetime] = {}
        for finished in batch:
            if finished.model is not None:
                last_used[finished.model] = max(
                    finished.finished_at, last_used.get(finished.model, finished.finished_at)
                )
        async with self._database.transaction() as db:
            await db.execute(_INSERT, [dict(zip(_COLUMNS, _values(finished), strict=True)) for finished in batch])
            for model, moment in sorted(last_used.items()):
                await db.execute(
                    update(ModelTable)
                    .where(ModelTable.id == model)
                    .where(ModelTable.last_used_at.is_(None) | (ModelTable.last_used_at < moment))
                    .values(last_used_at=moment)
                    .execution_options(synchronize_session=False)
                )


_COLUMNS = [field.name for field in fields(FinishedRequest)]
_values = attrgetter(*_COLUMNS)
# One statement for both databases: SQLAlchemy has it in each dialect, and importing both costs memory.
_INSERT = text(
    f"INSERT INTO {RequestTable.__tablename__} ({', '.join(_COLUMNS)}) "  # noqa: S608 - names of ours
    f"VALUES ({', '.join(f':{name}' for name in _COLUMNS)}) ON CONFLICT DO NOTHING"
).bindparams(*(bindparam(name, type_=RequestTable.__table__.columns[name].type) for name in _COLUMNS))


def _from_row(row: RequestTable) -> FinishedRequest:
    finished = FinishedRequest(**{name: getattr(row, name) for name in _COLUMNS})
    finished.created_at, finished.finished_at = as_utc(finished.created_at), as_utc(finished.finished_at)
    return finished


def _passes(error: Exception) -> bool:
    """Whether the database, rather than a value, is what is wrong: it may work later."""
    if isinstance(error, DBAPIError):
        return not isinstance(error, DataError | IntegrityError)
    return isinstance(error, OSError | TimeoutError | PoolTimeout)
