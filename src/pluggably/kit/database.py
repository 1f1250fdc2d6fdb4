"""The database: SQLite or PostgreSQL behind SQLAlchemy's async engine."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from threading import Thread
from typing import Any

import aiosqlite
from sqlalchemy import URL, Connection, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

BUSY_TIMEOUT_MS = 10_000
"""How long a writer of SQLite waits for another one, in milliseconds."""

_BEGIN = "pluggably_begin"


def parse_url(url: str) -> URL:
    """The URL with the driver that Pluggably uses: aiosqlite or psycopg 3.

    Raises `ValueError` for other databases; its message holds no part of the URL, which may carry a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError("the database URL can't be read; expected postgresql://user:password@host/name") from None
    match parsed.get_backend_name():
        case "sqlite":
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case _:
            raise ValueError("the database URL must begin with sqlite:/// or postgresql://")


class Database:
    """The pool of connections and the transactions on it.

    Raises `ValueError` for a URL that is neither SQLite nor PostgreSQL, `RuntimeError` where PostgreSQL's driver is
    not installed. Nothing is opened before the first transaction.
    """

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._sqlite = _SqliteConnections()
        try:
            self.engine = create_async_engine(
                self.url,
                pool_pre_ping=not self.is_sqlite,  # a server may have closed a connection meanwhile; a file does not
                connect_args={"async_creator_fn": self._sqlite.connect} if self.is_sqlite else {},
            )
        except ModuleNotFoundError as error:
            raise RuntimeError("PostgreSQL needs its driver: pip install 'pluggably[postgres]'") from error
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session that commits at the end and rolls back on an exception; it may read and write.

        On SQLite it takes the write lock at its beginning: what it has read can't change before it writes.
        """
        async with AsyncSession(self.engine, expire_on_commit=False) as db, db.begin():
            await db.connection(execution_options={_BEGIN: "BEGIN IMMEDIATE"} if self.is_sqlite else {})
            yield db

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads; it sees one state of the database and waits for no writer."""
        async with AsyncSession(self.engine, expire_on_commit=False) as db, db.begin():
            options: dict[str, Any] = {_BEGIN: "BEGIN"} if self.is_sqlite else {"postgresql_readonly": True}
            await db.connection(execution_options=options)
            yield db

    async def insert_new(
        self, db: AsyncSession, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        """Add rows of plain values; one whose key is there already is left out.

        For many rows at once, in the driver's own words: what SQLAlchemy does for each row and value takes longer
        than the database takes, and the event loop waits for it.
        """
        mark = "?" if self.is_sqlite else "%s"
        marks = ", ".join([mark] * len(columns))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names of ours
        given = [tuple(map(_in_sqlite, row)) for row in rows] if self.is_sqlite else [tuple(row) for row in rows]
        connection = await db.connection()
        await connection.exec_driver_sql(f"{statement} ON CONFLICT DO NOTHING", given)

    async def ping(self) -> None:
        """Ask the database for an answer. Raises SQLAlchemy's error if there is none."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection; waits for statements that were cancelled but still wait for SQLite's lock."""
        await self.engine.dispose()
        await asyncio.to_thread(self._sqlite.join)


def _in_sqlite(value: Any) -> Any:
    """A value as SQLAlchemy writes it there: times of UTC as text."""
    return value.replace(tzinfo=None).isoformat(" ", "microseconds") if isinstance(value, datetime) else value


class _SqliteConnection(aiosqlite.Connection):
    """A connection that is stopped only once.

    A cancelled statement makes SQLAlchemy close the connection, and stop it too if the cancellation is repeated. The
    connection's thread ends at the first of the two; whoever waited for the second would wait for ever, and the
    event loop with it when it ends.
    """

    def stop(self) -> asyncio.Future[Any] | None:
        return super().stop() if self._running else None


class _SqliteConnections:
    """Makes connections and knows those whose threads are not at their end."""

    def __init__(self) -> None:
        self._threads: list[Thread] = []

    def connect(self, *args: Any, **options: Any) -> _SqliteConnection:
        connection = _SqliteConnection(partial(sqlite3.connect, *args, **options), iter_chunk_size=64)
        connection._thread.daemon = True  # a process that was told to end does not wait for a lock
        self._threads = [thread for thread in self._threads if thread.is_alive()] + [connection._thread]
        return connection

    def join(self) -> None:
        """Wait for the threads to end, no longer than a statement waits for the lock."""
        deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0, deadline - time.monotonic()))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    _use_wal(cursor)
    for pragma in ("synchronous = NORMAL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _use_wal(cursor: Any) -> None:
    """Switch to the write-ahead log. The first switch of a new file does not wait for other processes that make the
    same one at the same moment, whatever the time-out: it is tried again for a second."""
    for _ in range(50):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            time.sleep(0.02)
        else:
            return
    cursor.execute("PRAGMA journal_mode = WAL")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))
