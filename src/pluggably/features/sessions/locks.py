"""Turns: who may generate in a session now, and who is next."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Protocol

import structlog
from sqlalchemy import NullPool, TextClause, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from pluggably.errors import NotReady
from pluggably.kit.database import Database

FIRST_LOOK_S, LONGEST_LOOK_S = 0.05, 0.4
"""How long a turn that another process has is left alone between two looks at it, in seconds."""
TIMEOUT_S = 5.0
"""How long the database may take to answer."""

_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_FREE = text("SELECT pg_advisory_unlock(:key)")
_KEEPALIVE = (
    # The server notices within half a minute that a process's machine is gone, which says no good-bye.
    "SET tcp_keepalives_idle = 15",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 3",
)

log = structlog.get_logger(__name__)


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

    async def close(self) -> None:
        """No turn is taken any more."""


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

    async def close(self) -> None:
        """Nothing is to be given back."""


class SharedTurnLocks:
    """The turns of processes that serve together: each is an advisory lock of PostgreSQL's.

    One connection holds all of a process's locks: nothing is written to take a turn, and the turns of a process that
    dies end with its connection. Within a process turns come in their order; between processes whoever looks first
    after a turn's end is next. Where the connection is lost, what it held is taken again with the next one.

    Needs a connection of its own to the server: a pooler that shares connections between transactions has to be set
    to share them between sessions. Source: https://www.postgresql.org/docs/current/explicit-locking.html
    """

    def __init__(self, database: Database, *, timeout_s: float = TIMEOUT_S) -> None:
        self._local = LocalTurnLocks()
        self._engine = create_async_engine(database.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._timeout_s = timeout_s
        self._connection: AsyncConnection | None = None
        self._held: set[str] = set()
        self._asking = asyncio.Lock()
        """One statement at a time, in the order in which they were wanted."""
        self._tasks: set[asyncio.Task[bool]] = set()

    async def take(self, session_id: str) -> bool:
        """Take the turn if nobody has it and, in this process, nobody waits. Raises `NotReady`."""
        if not await self._local.take(session_id):
            return False
        taken = False
        try:
            taken = await self._try(session_id)
        finally:
            if not taken:
                self._local.release(session_id)
        return taken

    def waiting(self, session_id: str) -> int:
        """How many turns of this process go before one that would begin to wait now."""
        return self._local.waiting(session_id)

    async def wait(self, session_id: str) -> None:
        """Take the turn, after those that came before in this process. Raises `NotReady`."""
        await self._local.wait(session_id)
        pause, taken = FIRST_LOOK_S, False
        try:
            while not (taken := await self._try(session_id)):
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_LOOK_S)
        finally:
            if not taken:
                self._local.release(session_id)

    def release(self, session_id: str) -> None:
        """The turn is over. Whoever is next in this process asks after it was given back."""
        self._later(self._free(session_id))
        self._local.release(session_id)

    async def close(self) -> None:
        """Give back what is held, and end the connection."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._drop()
        await self._engine.dispose()

    async def _try(self, session_id: str) -> bool:
        try:
            return await asyncio.shield(self._later(self._take(session_id)))
        except asyncio.CancelledError:
            self._later(self._free(session_id))  # it may be on its way
            raise
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise NotReady("The session's turn can't be taken: the database does not answer.") from error

    def _later(self, work: Coroutine[Any, Any, bool]) -> asyncio.Task[bool]:
        task = asyncio.create_task(work, name="turn of a session")
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[bool]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.warning("turns of sessions can't be reached", error=type(task.exception()).__name__)

    async def _take(self, session_id: str) -> bool:
        async with self._asking:
            if await self._ask(_TAKE, session_id):
                self._held.add(session_id)
                return True
        return False

    async def _free(self, session_id: str) -> bool:
        async with self._asking:
            if session_id not in self._held:
                return False
            self._held.discard(session_id)
            return await self._ask(_FREE, session_id)

    async def _ask(self, statement: TextClause, session_id: str) -> bool:
        """What the statement answers; with another connection where the one that was there is lost."""
        had = self._connection is not None
        try:
            return await self._answer(statement, session_id)
        except (SQLAlchemyError, OSError, TimeoutError):
            await self._drop()
            if not had:
                raise
        return await self._answer(statement, session_id)

    async def _answer(self, statement: TextClause, session_id: str) -> bool:
        async with asyncio.timeout(self._timeout_s):
            connection = self._connection or await self._connect()
            return bool(await connection.scalar(statement, {"key": _key(session_id)}))

    async def _connect(self) -> AsyncConnection:
        self._connection = connection = await self._engine.connect()
        for setting in _KEEPALIVE:
            await connection.execute(text(setting))
        for session_id in sorted(self._held):
            if not await connection.scalar(_TAKE, {"key": _key(session_id)}):
                self._held.discard(session_id)
                log.warning("a session's turn was lost with the connection", session_id=session_id)
        return connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError, OSError, TimeoutError):
                await connection.invalidate()
                await connection.close()


def _key(session_id: str) -> int:
    """The 64 bits, signed, by which PostgreSQL knows the lock."""
    digest = hashlib.blake2b(session_id.encode(), digest_size=8, person=b"session turns").digest()
    return int.from_bytes(digest, "big", signed=True)
