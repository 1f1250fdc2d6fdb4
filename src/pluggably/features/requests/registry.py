"""Requests under way, and background requests that have finished: who asked, how far each is, how to stop it.

`Requests` is the interface; `LocalRequests` holds the requests of this process. Background requests go to the
`Archive` too, where they outlive the process.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from pluggably.errors import Conflict
from pluggably.features.requests.event_log import EventLog
from pluggably.kit.clock import utc_now

MAX_KEPT = 1000
"""Finished background requests that are kept in memory; the oldest go first."""

Key = tuple[datetime, str]
"""What lists are sorted by: time of creation and id."""


class RequestStatus(StrEnum):
    """How far a request is."""

    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self in (RequestStatus.COMPLETED, RequestStatus.CANCELLED, RequestStatus.FAILED)


@dataclass(slots=True, eq=False)
class TrackedRequest:
    """One request as its user may see it. Times are in UTC; `error` is the inside of the envelope."""

    id: str
    user_id: str
    model: str
    modality: str
    created_at: datetime = field(default_factory=utc_now)
    status: RequestStatus = RequestStatus.PENDING
    queue_position: int | None = None
    eta_s: float | None = None
    progress_pct: float | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    events: EventLog | None = None
    """Of a background request: what its stream carried; None if another process has run it."""
    last_event: int = 0
    """The number of the last event of a background request that has finished."""
    cancel_requested: bool = False
    task: asyncio.Task[Any] | None = None
    _changed: asyncio.Event | None = None

    @property
    def key(self) -> Key:
        """What lists are sorted by, newest first."""
        return self.created_at, self.id

    def queued(self, position: int, eta_s: float | None) -> None:
        """It waits at this position; 1 is next."""
        self.status, self.queue_position, self.eta_s = RequestStatus.QUEUED, position, eta_s
        self.notify()

    def running(self) -> None:
        """Its model loads or works."""
        self.status, self.queue_position, self.eta_s = RequestStatus.RUNNING, None, None
        self.started_at = self.started_at or utc_now()
        self.notify()

    def progressed(self, percent: float | None) -> None:
        """It works, and is so far; never goes back."""
        if self.status is RequestStatus.QUEUED:
            self.running()
        if percent is not None:
            self.progress_pct = max(percent, self.progress_pct or 0.0)
        self.notify()

    def finished(self, status: RequestStatus, error: dict[str, Any] | None = None) -> None:
        """Nothing more will happen."""
        self.status, self.error = status, error
        self.queue_position = self.eta_s = None
        self.finished_at = utc_now()
        self.last_event = self.events.last_number if self.events is not None else 0
        self.task = None
        self.notify()

    def cancel(self) -> bool:
        """Stop it; False if it has finished already."""
        if self.status.is_final or self.task is None:
            return False
        if not self.cancel_requested:
            self.cancel_requested = True
            self.task.cancel()
        return True

    def notify(self) -> None:
        """Wake whoever waits for a change."""
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    async def changed(self) -> None:
        """Returns at the next change."""
        self._changed = self._changed or asyncio.Event()
        await self._changed.wait()


class Archive(Protocol):
    """Background requests where they outlive the process."""

    def begun(self, request: TrackedRequest) -> None:
        """Note that a request goes on. Never waits."""

    def finished(self, request: TrackedRequest) -> None:
        """Note how it ended. Never waits."""

    async def find(self, user_id: str, request_id: str) -> TrackedRequest | None:
        """This user's request as it was when it was noted."""

    async def page(self, user_id: str, *, active: bool, before: Key | None, limit: int) -> list[TrackedRequest]:
        """This user's requests without their results, newest first, after the key `before`; `active`: that go on."""


class Requests(Protocol):
    """Knows the requests of all users."""

    def claim(self, request: TrackedRequest) -> None:
        """Note that a request begins. Raises `Conflict` where the same user has one with this id."""

    def release(self, request: TrackedRequest) -> None:
        """It has finished; a background request is kept for a while."""

    def find(self, user_id: str, request_id: str) -> TrackedRequest | None:
        """This user's request, under way or kept, that this process runs or has run."""

    async def recall(self, user_id: str, request_id: str) -> TrackedRequest | None:
        """This user's request, under way or kept, whichever process runs or has run it."""

    async def page(self, user_id: str, *, active: bool, before: Key | None, limit: int) -> list[TrackedRequest]:
        """This user's requests, newest first, after the key `before`; `active`: only those under way."""

    def stop_all(self, user_id: str) -> None:
        """Cancel what this process runs for this user."""


class LocalRequests:
    """The requests of this process; finished background requests are kept for `keep_s` seconds."""

    def __init__(self, keep_s: float, archive: Archive, now: Callable[[], datetime] = utc_now) -> None:
        self._keep = timedelta(seconds=keep_s)
        self._archive = archive
        self._now = now
        self._active: dict[tuple[str, str], TrackedRequest] = {}
        self._kept: OrderedDict[tuple[str, str], TrackedRequest] = OrderedDict()

    def claim(self, request: TrackedRequest) -> None:
        """Note that a request begins."""
        key = (request.user_id, request.id)
        if key in self._active:
            raise Conflict(f"A request with the id {request.id} is running already.", param="X-Request-ID")
        if key in self._kept:
            raise Conflict(f"A request with the id {request.id} was made before.", param="X-Request-ID")
        self._active[key] = request
        if request.events is not None:
            self._archive.begun(request)

    def release(self, request: TrackedRequest) -> None:
        """It has finished."""
        key = (request.user_id, request.id)
        if self._active.get(key) is not request:
            return
        del self._active[key]
        if request.events is not None:
            self._kept[key] = request
            self._archive.finished(request)
            self._forget()

    def find(self, user_id: str, request_id: str) -> TrackedRequest | None:
        """This user's request that this process runs or has run."""
        self._forget()
        return self._active.get((user_id, request_id)) or self._kept.get((user_id, request_id))

    async def recall(self, user_id: str, request_id: str) -> TrackedRequest | None:
        """This user's request, whichever process runs or has run it."""
        return self.find(user_id, request_id) or await self._archive.find(user_id, request_id)

    async def page(self, user_id: str, *, active: bool, before: Key | None, limit: int) -> list[TrackedRequest]:
        """This user's requests, newest first, after the key `before`."""
        self._forget()
        here = {item.id: item for item in (*self._active.values(), *self._kept.values()) if item.user_id == user_id}
        stored = await self._archive.page(user_id, active=active, before=before, limit=limit + len(here))
        everything = [
            *(item for item in here.values() if before is None or item.key < before),
            *(item for item in stored if item.id not in here),
        ]
        wanted = [item for item in everything if not (active and item.status.is_final)]
        return sorted(wanted, key=lambda item: item.key, reverse=True)[:limit]

    def stop_all(self, user_id: str) -> None:
        """Cancel what this process runs for this user."""
        for request in [item for item in self._active.values() if item.user_id == user_id]:
            request.cancel()

    def _forget(self) -> None:
        """Drop what is kept no longer, oldest first."""
        oldest = self._now() - self._keep
        while self._kept:
            first = next(iter(self._kept.values()))
            if len(self._kept) <= MAX_KEPT and first.finished_at is not None and first.finished_at > oldest:
                return
            self._kept.popitem(last=False)
