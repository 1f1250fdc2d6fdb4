"""Turns of sessions, within one process and of several that serve together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from pluggably.errors import NotReady
from pluggably.features.sessions.locks import SharedTurnLocks
from pluggably.kit.database import Database
from tests.factories.databases import PostgresServer

S = "ses_1"
SOON = 5
HELD = (
    "FROM pg_locks WHERE locktype = 'advisory' AND database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
async def database(postgres_server: PostgresServer) -> AsyncIterator[Database]:
    with postgres_server.empty_database() as url:
        database = Database(url)
        yield database
        await database.close()


@pytest.fixture
async def one(database: Database) -> AsyncIterator[SharedTurnLocks]:
    locks = SharedTurnLocks(database)
    yield locks
    await locks.close()


@pytest.fixture
async def other(database: Database) -> AsyncIterator[SharedTurnLocks]:
    locks = SharedTurnLocks(database)
    yield locks
    await locks.close()


async def held(database: Database) -> int:
    async with database.reading() as db:
        return int((await db.execute(text(f"SELECT count(*) {HELD}"))).scalar_one())


async def nobody_holds_any(database: Database) -> None:
    async with asyncio.timeout(SOON):
        while await held(database):
            await asyncio.sleep(0.01)


async def test_a_turn_that_another_process_has_is_waited_for(one: SharedTurnLocks, other: SharedTurnLocks) -> None:
    assert await one.take(S)
    assert not await other.take(S)
    assert await other.take("ses_2"), "sessions don't wait for each other"
    waiting = asyncio.create_task(other.wait(S))
    done, _ = await asyncio.wait([waiting], timeout=0.5)
    assert not done
    one.release(S)
    await asyncio.wait_for(waiting, SOON)
    assert not await one.take(S)


async def test_within_a_process_turns_come_in_their_order(one: SharedTurnLocks) -> None:
    assert await one.take(S)
    order: list[int] = []

    async def turn(number: int) -> None:
        await one.wait(S)
        order.append(number)
        one.release(S)

    turns = [asyncio.create_task(turn(number)) for number in range(5)]
    await asyncio.sleep(0.05)
    assert one.waiting(S) == 6
    one.release(S)
    await asyncio.wait_for(asyncio.gather(*turns), SOON)
    assert order == [0, 1, 2, 3, 4]


async def test_turns_of_two_processes_never_overlap_and_all_come(
    one: SharedTurnLocks, other: SharedTurnLocks, database: Database
) -> None:
    running = most = came = 0

    async def turn(locks: SharedTurnLocks) -> None:
        nonlocal running, most, came
        if not await locks.take(S):
            await locks.wait(S)
        running += 1
        most, came = max(most, running), came + 1
        await asyncio.sleep(0.01)
        running -= 1
        locks.release(S)

    await asyncio.wait_for(asyncio.gather(*(turn((one, other)[number % 2]) for number in range(20))), 30)
    assert (most, came) == (1, 20)
    await nobody_holds_any(database)


async def test_whoever_stops_waiting_leaves_nothing_behind(
    one: SharedTurnLocks, other: SharedTurnLocks, database: Database
) -> None:
    assert await one.take(S)
    for moment in (0, 0.01, 0.1):
        waiting = asyncio.create_task(other.wait(S))
        await asyncio.sleep(moment)
        waiting.cancel()
        assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], asyncio.CancelledError)
    taking = asyncio.create_task(other.take("ses_2"))
    await asyncio.sleep(0)
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)
    one.release(S)
    await nobody_holds_any(database)
    assert other.waiting(S) == 0
    assert await other.take(S)
    assert await one.take("ses_2")


async def test_the_turns_of_a_process_that_is_gone_are_free(one: SharedTurnLocks, other: SharedTurnLocks) -> None:
    assert await one.take(S)
    waiting = asyncio.create_task(other.wait(S))
    await one.close()
    await asyncio.wait_for(waiting, SOON)


async def test_after_a_lost_connection_the_turns_are_held_again(
    one: SharedTurnLocks, other: SharedTurnLocks, database: Database
) -> None:
    assert await one.take(S)
    async with database.transaction() as db:
        await db.execute(text(f"SELECT pg_terminate_backend(pid) {HELD}"))
    assert await one.take("ses_2")
    assert not await other.take(S)
    one.release(S)
    async with asyncio.timeout(SOON):
        await other.wait(S)


async def test_without_a_database_a_turn_is_an_error_and_not_taken() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    locks = SharedTurnLocks(database)
    for _ in range(2):
        with pytest.raises(NotReady):
            await locks.take(S)
    with pytest.raises(NotReady):
        await locks.wait(S)
    assert locks.waiting(S) == 0
    await locks.close()
    await database.close()
