"""The database's transactions, on a real SQLite and a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from pluggably.kit.database import Database, parse_url
from tests.factories.databases import PostgresServer


@pytest.fixture
async def counters(empty_database_url: str) -> AsyncIterator[Database]:
    database = Database(empty_database_url)
    async with database.transaction() as db:
        await db.execute(text("CREATE TABLE counters (name VARCHAR(10) PRIMARY KEY, value INTEGER NOT NULL)"))
        await db.execute(text("INSERT INTO counters VALUES ('a', 0)"))
    yield database
    await database.close()


async def value(database: Database, name: str = "a") -> int | None:
    async with database.reading() as db:
        found: int | None = await db.scalar(text("SELECT value FROM counters WHERE name = :name"), {"name": name})
        return found


async def test_a_transaction_commits_at_its_end(counters: Database) -> None:
    async with counters.transaction() as db:
        await db.execute(text("UPDATE counters SET value = 5"))
    assert await value(counters) == 5


async def test_an_exception_rolls_everything_back(counters: Database) -> None:
    async def fails() -> None:
        async with counters.transaction() as db:
            await db.execute(text("UPDATE counters SET value = 5"))
            await db.execute(text("INSERT INTO counters VALUES ('a', 1)"))

    with pytest.raises(IntegrityError):
        await fails()
    assert await value(counters) == 0


async def test_a_cancelled_transaction_leaves_nothing_and_no_lock(counters: Database) -> None:
    written = asyncio.Event()

    async def stays_open() -> None:
        async with counters.transaction() as db:
            await db.execute(text("UPDATE counters SET value = 9"))
            written.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(stays_open())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5), counters.transaction() as db:
        await db.execute(text("UPDATE counters SET value = value + 1"))
    assert await value(counters) == 1


@pytest.mark.timeout(30)
def test_an_event_loop_ends_although_a_statement_that_waited_for_a_lock_was_cancelled(tmp_path: Path) -> None:
    async def leave_while_it_is_cancelled(pauses: int) -> None:
        database = Database(f"sqlite:///{tmp_path}/x.db")

        async def write() -> None:
            async with database.transaction() as db:
                await db.execute(text("CREATE TABLE t (a INTEGER)"))

        async with database.transaction():
            waiting = asyncio.create_task(write())
            await asyncio.sleep(0.05)
            waiting.cancel()
            for _ in range(pauses):
                await asyncio.sleep(0)
        await database.close()
        # The end of the loop cancels the task once more if its connection is still being closed.

    for pauses in range(5):
        asyncio.run(leave_while_it_is_cancelled(pauses))


async def test_a_reader_sees_one_state_and_waits_for_no_writer(counters: Database) -> None:
    async with counters.transaction() as writer:
        await writer.execute(text("UPDATE counters SET value = 5"))
        async with asyncio.timeout(2):
            assert await value(counters) == 0
    assert await value(counters) == 5


async def test_writers_of_sqlite_that_read_first_lose_no_update(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/counters.db")
    async with database.transaction() as db:
        await db.execute(text("CREATE TABLE counters (name TEXT, value INTEGER)"))
        await db.execute(text("INSERT INTO counters VALUES ('a', 0)"))

    async def increment() -> None:
        async with database.transaction() as db:
            found = await db.scalar(text("SELECT value FROM counters"))
            await asyncio.sleep(0.002)
            await db.execute(text("UPDATE counters SET value = :value"), {"value": found + 1})

    await asyncio.gather(*(increment() for _ in range(12)))
    assert await value(database) == 12
    await database.close()


async def test_sqlite_writes_ahead_and_checks_foreign_keys(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db")
    async with database.reading() as db:
        pragmas = {
            name: await db.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    await database.close()
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1, "busy_timeout": 10_000}


async def test_a_ping_is_answered(counters: Database) -> None:
    await counters.ping()


async def test_a_ping_of_a_database_that_is_not_there_fails() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(OperationalError):
        await database.ping()
    await database.close()


async def test_a_postgresql_that_went_away_is_found_again(postgres_server: PostgresServer) -> None:
    with postgres_server.empty_database() as url:
        database = Database(url)
        await database.ping()
        other = Database(url)
        async with other.transaction() as db:
            await db.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        async with database.transaction() as db:
            assert await db.scalar(text("SELECT 1")) == 1
        await database.close()
        await other.close()


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:////tmp/a.db", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:////tmp/a.db", "sqlite+aiosqlite"),
        ("postgresql://u:p@h/n", "postgresql+psycopg"),
        ("postgres://u:p@h/n", "postgresql+psycopg"),
        ("postgresql+psycopg://u:p@h/n", "postgresql+psycopg"),
        ("postgresql+asyncpg://u:p@h/n", "postgresql+psycopg"),
    ],
)
def test_the_driver_is_chosen_whatever_the_url_says(url: str, driver: str) -> None:
    assert parse_url(url).drivername == driver


@pytest.mark.parametrize("url", ["mysql://u:canary@h/n", "canary", "postgresql://u:canary@h:port/n", ""])
def test_a_url_of_another_database_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="the database URL") as refusal:
        parse_url(url)
    assert "canary" not in str(refusal.value)
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_the_password_is_not_in_the_url_that_a_log_would_show() -> None:
    database = Database("postgresql://u:canary@h/n")
    assert "canary" not in f"{database.url} {database.url!r} {database.engine!r}"
