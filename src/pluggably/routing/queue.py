"""Who waits for a model, in which order, and how long it may take.

`Queue` is the interface; `LocalQueue` serves one process. With several replicas another implementation shares
the places among them.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from pluggably.errors import QueueFull
from pluggably.kit import metrics


class Place(Protocol):
    """A request's place: waiting at `position` (1 is next), or granted (position None)."""

    @property
    def position(self) -> int | None:
        """1 is next; None once granted."""

    @property
    def eta_s(self) -> float | None:
        """Estimated seconds until it is granted; None while nothing was measured yet."""

    async def changed(self) -> None:
        """Returns at the next change of the position, at once if there was one since the last call."""

    def leave(self) -> None:
        """Give the place up, whether it was granted or not."""


class Queue(Protocol):
    """Admits requests to one model."""

    def enter(self) -> Place:
        """Take a place. Raises `QueueFull`."""


class LocalPlace:
    """A place in a `LocalQueue`."""

    def __init__(self, queue: LocalQueue) -> None:
        self._queue = queue
        self._event = asyncio.Event()
        self.granted_at: float | None = None

    @property
    def position(self) -> int | None:
        """1 is next; None once granted."""
        return None if self.granted_at is not None else self._queue.position_of(self)

    @property
    def eta_s(self) -> float | None:
        """The mean duration of recent requests, times those before this one, over the slots."""
        position = self.position
        return 0.0 if position is None else self._queue.estimate(position)

    def notify(self) -> None:
        """Tell whoever watches this place that it has changed."""
        self._event.set()

    async def changed(self) -> None:
        """Returns at the next change."""
        await self._event.wait()
        self._event.clear()

    def leave(self) -> None:
        """Give the place up."""
        self._queue.release(self)


class LocalQueue:
    """First come, first served, in one process; `slots` run at once, at most `max_waiting` wait."""

    def __init__(self, model: str, slots: int, max_waiting: int) -> None:
        self._model = model
        self._slots = slots
        self._max_waiting = max_waiting
        self._running: set[LocalPlace] = set()
        self._waiting: deque[LocalPlace] = deque()
        self._mean_s: float | None = None
        self._holds = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._depth = metrics.QUEUE_DEPTH.labels(model)

    @property
    def running(self) -> int:
        """Requests that run."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """Requests that wait."""
        return len(self._waiting)

    def enter(self) -> LocalPlace:
        """Take a place; it is granted at once where a slot is free."""
        place = LocalPlace(self)
        if len(self._running) < self._slots and not self._holds:
            self._grant(place)
        elif len(self._waiting) >= self._max_waiting:
            raise QueueFull(
                f"{len(self._waiting)} requests wait for {self._model} already.",
                retry_after=max(1.0, self.estimate(1) or 1.0),
            )
        else:
            self._waiting.append(place)
            self._depth.set(len(self._waiting))
        return place

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Inside, nothing runs: what runs comes to its end first, and what comes meanwhile waits."""
        self._holds += 1
        try:
            await self._idle.wait()
            yield
        finally:
            self._holds -= 1
            self._admit()

    def position_of(self, place: LocalPlace) -> int:
        """1 is next."""
        return self._waiting.index(place) + 1

    def estimate(self, position: int) -> float | None:
        """Seconds until the request at this position runs."""
        return None if self._mean_s is None else round(self._mean_s * position / self._slots, 1)

    def release(self, place: LocalPlace) -> None:
        """Take a place out and let the next one in. Releasing twice does nothing."""
        if place in self._running:
            self._running.discard(place)
            assert place.granted_at is not None
            lasted = time.monotonic() - place.granted_at
            self._mean_s = lasted if self._mean_s is None else 0.8 * self._mean_s + 0.2 * lasted
        elif place in self._waiting:
            self._waiting.remove(place)
        else:
            return
        if not self._running:
            self._idle.set()
        self._admit()

    def _admit(self) -> None:
        while self._waiting and len(self._running) < self._slots and not self._holds:
            self._grant(self._waiting.popleft())
        self._depth.set(len(self._waiting))
        for waiting in self._waiting:
            waiting.notify()

    def _grant(self, place: LocalPlace) -> None:
        place.granted_at = time.monotonic()
        self._running.add(place)
        self._idle.clear()
        place.notify()
