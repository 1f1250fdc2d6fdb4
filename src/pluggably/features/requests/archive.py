"""Background requests in the database: what a client finds after a restart, or asks another replica for.

Their beginnings and ends are written behind. While one goes on, its gateway says again and again that it lives; a
request whose gateway was not heard of for a while has failed with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from prometheus_client import Counter, Gauge
from pydantic_core import from_json, to_json

from pluggably.errors import RuntimeCrashed
from pluggably.features.requests import repository
from pluggably.features.requests.registry import Key, RequestStatus, TrackedRequest
from pluggably.kit.clock import as_utc, utc_now
from pluggably.kit.database import Database
from pluggably.kit.ids import new_id
from pluggably.kit.write_behind import WriteBehind
from pluggably.tables.background_requests import BackgroundRequestTable

LEASE_S = 20.0
"""After so long without a sign of life, in seconds, a gateway counts as gone and its requests as failed."""
SWEEP_S = 60.0
MAX_RESULT_BYTES = 16 * 1024 * 1024
"""The largest response that is stored; of a larger one the status alone is."""
MAX_STORED = 10_000
"""Finished requests that are stored; the oldest go first."""
MAX_WAITING = 1000
_BATCH = 100

DROPPED = Counter("pluggably_results_dropped", "Background requests that were not stored: the queue was full")
PENDING = Gauge("pluggably_results_pending", "Background requests that wait to be written to the database")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False, slots=True)
class _Change:
    """A request that has begun, or finished; each change is an object of its own."""

    request: TrackedRequest


class RequestArchive:
    """Implements `registry.Archive`: keeps background requests for `keep_s` seconds after their end.

    `interval_s` is how long changes wait for others to be written with them.
    """

    def __init__(
        self,
        database: Database,
        keep_s: float,
        *,
        lease_s: float = LEASE_S,
        interval_s: float = 0.2,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._keep = timedelta(seconds=keep_s)
        self._lease = timedelta(seconds=lease_s)
        self._now = now
        self._runner = new_id("run")
        self._running: set[TrackedRequest] = set()
        self._changes: WriteBehind[tuple[str, str], _Change] = WriteBehind(
            "background requests",
            self._write,
            dropped=DROPPED,
            waiting=PENDING,
            max_pending=MAX_WAITING,
            batch=_BATCH,
            interval_s=interval_s,
        )
        self._task: asyncio.Task[None] | None = None

    def begun(self, request: TrackedRequest) -> None:
        """Note that a request goes on. Never waits."""
        self._running.add(request)
        self._changes.put((request.user_id, request.id), _Change(request))

    def finished(self, request: TrackedRequest) -> None:
        """Note how it ended. Never waits."""
        self._running.discard(request)
        self._changes.put((request.user_id, request.id), _Change(request))

    async def find(self, user_id: str, request_id: str) -> TrackedRequest | None:
        """A user's request as it was when it was noted, whichever gateway ran it."""
        waiting = self._changes.get((user_id, request_id))
        if waiting is not None:
            return waiting.request
        async with self._database.reading() as db:
            row = await repository.find(db, user_id, request_id)
        if row is None:
            return None
        found = self._restored(row)
        found.result = from_json(row.result) if row.result is not None else None
        return None if self._is_over(found) else found

    async def page(self, user_id: str, *, active: bool, before: Key | None, limit: int) -> list[TrackedRequest]:
        """A user's requests without their results, newest first, after the key `before`; `active`: that go on."""
        now = self._now()
        since = {"seen_after": now - self._lease} if active else {"finished_after": now - self._keep}
        async with self._database.reading() as db:
            rows = await repository.page(db, user_id, before=before, limit=limit, **since)
        return [self._restored(row) for row in rows]

    async def start(self) -> None:
        """Begin to write and to sweep. What a SQLite file holds of unfinished requests was left by a gateway that is
        no more: no two share a file."""
        await self._changes.start()
        if self._database.is_sqlite:
            await self._fail(None)
        self._task = asyncio.create_task(self._look_after(), name="background request sweep")

    async def close(self) -> None:
        """Write what is waiting, within a bound of time."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._changes.close()

    async def sweep(self) -> None:
        """Fail what was left by gateways that are no more, and delete what was kept for its time."""
        now = self._now()
        await self._fail(now - self._lease)
        async with self._database.transaction() as db:
            await repository.forget(db, finished_before=now - self._keep, keep=MAX_STORED)

    async def _look_after(self) -> None:
        rounds = 0
        every = max(1, round(SWEEP_S / (self._lease.total_seconds() / 4)))
        while True:
            try:
                if self._running:
                    async with self._database.transaction() as db:
                        await repository.renew(db, self._runner, self._now())
                if rounds % every == 0:
                    await self.sweep()
            except Exception:
                log.exception("background_request_sweep_failed")
            rounds += 1
            await asyncio.sleep(self._lease.total_seconds() / 4)

    async def _fail(self, seen_before: datetime | None) -> None:
        """Note the failure of what was left unfinished."""
        while True:
            async with self._database.transaction() as db:
                rows = await repository.unfinished(db, seen_before=seen_before, limit=_BATCH)
                for row in rows:
                    row.status, row.error, row.finished_at = RequestStatus.FAILED, _interrupted(row.id), self._now()
            if len(rows) < _BATCH:
                return

    async def _write(self, changes: list[_Change]) -> None:
        rows = [self._row(change.request) for change in changes]
        await asyncio.to_thread(_encode_results, rows)
        async with self._database.transaction() as db:
            await repository.put(db, rows)

    def _row(self, request: TrackedRequest) -> dict[str, Any]:
        return {
            "user_id": request.user_id,
            "id": request.id,
            "runner": self._runner,
            "seen_at": self._now(),
            "model": request.model,
            "modality": request.modality,
            "status": request.status.value,
            "error": request.error,
            "result": request.result,
            "last_event": request.last_event,
            "created_at": request.created_at,
            "started_at": request.started_at,
            "finished_at": request.finished_at,
        }

    def _restored(self, row: BackgroundRequestTable) -> TrackedRequest:
        """The request without its result; one whose gateway is gone has failed."""
        found = TrackedRequest(
            row.id,
            row.user_id,
            row.model,
            row.modality,
            created_at=as_utc(row.created_at),
            status=RequestStatus(row.status),
            started_at=_aware(row.started_at),
            finished_at=_aware(row.finished_at),
            error=row.error,
            last_event=row.last_event,
        )
        seen_at = as_utc(row.seen_at)
        if found.finished_at is None and seen_at < self._now() - self._lease:
            found.status, found.error, found.finished_at = RequestStatus.FAILED, _interrupted(row.id), seen_at
        return found

    def _is_over(self, request: TrackedRequest) -> bool:
        """Whether it was kept for its time, and the sweep has not come by yet."""
        return request.finished_at is not None and request.finished_at <= self._now() - self._keep


def _encode_results(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["result"] is None:
            continue
        encoded = to_json(row["result"], inf_nan_mode="null")
        if len(encoded) > MAX_RESULT_BYTES:
            log.warning("result_too_large_to_store", request_id=row["id"], size_bytes=len(encoded))
        row["result"] = encoded.decode() if len(encoded) <= MAX_RESULT_BYTES else None


def _interrupted(request_id: str) -> dict[str, Any]:
    """The inside of the envelope for a request that ended with its gateway."""
    error = RuntimeCrashed("The gateway was restarted before this request had finished; send it again.")
    inside: dict[str, Any] = error.envelope(request_id)["error"]
    return inside


def _aware(moment: datetime | None) -> datetime | None:
    return None if moment is None else as_utc(moment)
