"""Rows that are written behind: whoever has one never waits for the database.

They wait in a bounded queue and go to the database in batches. What finds the queue full is dropped and counted; a
batch that the database can't take now stays in the queue and is tried again, later and later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from itertools import islice
from typing import Generic, TypeVar

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

MAX_RETRY_S = 30.0

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")

_log = structlog.get_logger(__name__)


class WriteBehind(Generic[Key, Row]):
    """A queue of rows, and the task that hands them to `write`, which commits a batch or raises.

    Of two rows with one key the later one counts. `batch` bounds how long one turn keeps the event loop busy.
    `name` says in the logs what the rows are.
    """

    def __init__(
        self,
        name: str,
        write: Callable[[list[Row]], Awaitable[None]],
        *,
        dropped: Counter,
        waiting: Gauge,
        max_pending: int = 10_000,
        batch: int = 200,
        interval_s: float = 0.5,
        close_timeout_s: float = 5,
    ) -> None:
        self._name = name
        self._write_batch = write
        self._dropped = dropped
        self._waiting = waiting
        self._max_pending = max_pending
        self._batch = batch
        self._interval_s = interval_s
        self._close_timeout_s = close_timeout_s
        # In order of arrival. A row leaves when it is committed, so that whoever looks for it has no blind moment.
        self._pending: dict[Key, Row] = {}
        self._wake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def put(self, key: Key, row: Row) -> None:
        """Take a row. Never waits, never raises; called on the event loop's thread."""
        pending = self._pending
        if (len(pending) >= self._max_pending and key not in pending) or self._closing:
            self._dropped.inc()
            return
        pending[key] = row
        if len(pending) == self._batch:
            self._wake.set()

    def get(self, key: Key) -> Row | None:
        """The row that was taken and is not in the database yet."""
        return self._pending.get(key)

    def rows(self) -> list[Row]:
        """All that is not in the database yet, in order of arrival."""
        return list(self._pending.values())

    async def start(self) -> None:
        """Begin to write."""
        self._waiting.set_function(lambda: len(self._pending))
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def close(self) -> None:
        """Write what is waiting, within a bound of time; what is left then is dropped and counted."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=self._close_timeout_s)
            # A database that is stuck may hold up the rollback too, so nobody waits for the end of the task.
            self._task.cancel()
        if self._pending:
            _log.error("rows were not written", rows=self._name, count=len(self._pending))
            self._dropped.inc(len(self._pending))
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
                    "rows can't be written, trying again later",
                    rows=self._name,
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

    async def _write(self, batch: list[tuple[Key, Row]]) -> None:
        """Commit a batch and let it leave the queue. Raises what a later attempt may not meet again."""
        try:
            await self._write_batch([row for _, row in batch])
        except Exception as error:
            if _passes(error):
                raise
            # Something in the batch can't be stored: find it by halves, and don't let it hold up the others.
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._write(batch[:middle])
                await self._write(batch[middle:])
                return
            _log.error("a row can't be stored", rows=self._name, error=type(error).__name__, key=batch[0][0])
            self._dropped.inc()
        for key, row in batch:
            if self._pending.get(key) is row:  # else there is a later one by now
                del self._pending[key]


def _passes(error: Exception) -> bool:
    """Whether the database, rather than a value, is what is wrong: it may work later."""
    if isinstance(error, DBAPIError):
        return not isinstance(error, DataError | IntegrityError)
    return isinstance(error, OSError | TimeoutError | PoolTimeout)
