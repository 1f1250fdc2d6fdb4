"""The events of a background request, kept so that a client may come back and read on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

MAX_BYTES = 16 * 1024 * 1024
"""What one log keeps; beyond it the oldest events go, but for the last one."""


class EventLog:
    """A stream that is written once and read by any number of clients, each from where it wants."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._events: list[bytes] = []
        self._first = 1
        self._bytes = 0
        self._max_bytes = max_bytes
        self._ended = False
        self._changed = asyncio.Event()

    @property
    def started(self) -> bool:
        """Whether it was written to."""
        return bool(self._events) or self._ended

    @property
    def last_number(self) -> int:
        """The number of the event that was written last; 0 before the first."""
        return self._first + len(self._events) - 1

    async def start(self, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """Nothing to do: it is here. (What writes to a client's stream writes to a log as well.)"""

    async def write(self, events: bytes) -> None:
        """Add one event; its number is one more than the last one's."""
        self._events.append(events)
        self._bytes += len(events)
        while self._bytes > self._max_bytes and len(self._events) > 1:
            self._bytes -= len(self._events.pop(0))
            self._first += 1
        self._wake()

    async def end(self, events: bytes = b"") -> None:
        """Add the last event and close the log."""
        if events:
            await self.write(events)
        self._ended = True
        self._wake()

    def abandon(self) -> None:
        """Close the log as it is."""
        self._ended = True
        self._wake()

    async def follow(self, after: int = 0) -> AsyncIterator[bytes]:
        """The events after number `after`, those to come included, until the log is closed."""
        number = max(after + 1, self._first)
        while True:
            changed = self._changed
            number = max(number, self._first)
            if number - self._first < len(self._events):
                event = self._events[number - self._first]
                number += 1
                yield event
            elif self._ended:
                return
            else:
                await changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
