"""Turns: who may generate in a session now, and who is next."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol


class TurnLocks(Protocol):
    """One turn at a time in each session; sessions don't wait for each other."""

    async def take(self, session_id: str) -> bool:
        """Take the turn if nobody has it and nobody waits."""

    def waiting(self, session_id: str) -> int:
        """How many turns go before one that would begin to wait now."""

    async def wait(self, session_id: str) -> None:
        """Take the turn, after those that came before."""

    def release(self, session_id: str) -> None:
        """The turn is over."""


class LocalTurnLocks:
    """The turns of this process. A session's line is forgotten with its last turn."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}

    async def take(self, session_id: str) -> bool:
        """Take the turn if nobody has it and nobody waits."""
        if session_id in self._lines:
            return False
        self._lines[session_id] = deque()
        return True

    def waiting(self, session_id: str) -> int:
        """How many turns go before one that would begin to wait now."""
        line = self._lines.get(session_id)
        return 0 if line is None else 1 + sum(not waiter.done() for waiter in line)

    async def wait(self, session_id: str) -> None:
        """Take the turn, after those that came before."""
        if await self.take(session_id):
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines[session_id].append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.release(session_id)  # it was called at the very moment at which it left
            raise

    def release(self, session_id: str) -> None:
        """The turn is over: the next one in the line has it."""
        line = self._lines[session_id]
        while line:
            waiter = line.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        del self._lines[session_id]
