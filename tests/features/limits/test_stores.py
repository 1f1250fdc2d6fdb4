"""Both stores on both databases: a hundred at once, several processes, restarts, processes that die."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from pluggably.errors import NotReady
from pluggably.features.limits.rules import Ask, LimitKind, Standing
from pluggably.features.limits.shared import SharedStore
from pluggably.features.limits.store import Limited, LimitStore, MemoryStore
from pluggably.features.usage.recorder import WriteBehindRecorder
from pluggably.kit import migrations
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database
from pluggably.tables.limit_ledgers import LimitLedgerTable
from tests.factories.databases import PostgresServer
from tests.factories.limits import Clock
from tests.factories.requests import finished_request

TEN_CALLS = {LimitKind.TOKENS_PER_DAY: 100}
ANN = Limited("user:ann", TEN_CALLS)
Make = Callable[[Database, Clock], LimitStore]


@asynccontextmanager
async def started(store: LimitStore) -> AsyncIterator[LimitStore]:
    await store.start()
    try:
        yield store
    finally:
        await store.close()


def ask(tokens: int = 10, cost: int = 0) -> Ask:
    return Ask(tokens, cost, tokens, cost)


@pytest.fixture(params=[MemoryStore, SharedStore])
def make(request: pytest.FixtureRequest) -> Make:
    kind: Make = request.param
    return kind


@pytest.fixture
async def database_on_postgresql(postgres_server: PostgresServer) -> AsyncIterator[Database]:
    """SQLite lets a statement that waits for the lock end no sooner than it has it, or has waited long enough."""
    with postgres_server.empty_database() as url:
        await asyncio.to_thread(migrations.upgrade, url)
        database = Database(url)
        yield database
        await database.close()


async def fits(store: LimitStore, name: str, asked: Ask | None = None, limited: Limited = ANN) -> bool:
    return (await store.reserve([limited], name, asked or ask())).refusal is None


async def tokens_today(store: LimitStore, limited: Limited = ANN) -> Standing:
    (found,) = (one for one in await store.standing(limited) if one.kind is LimitKind.TOKENS_PER_DAY)
    return found


async def eventually(condition: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_of_a_hundred_at_once_exactly_ten_fit_into_a_budget_for_ten(
    either_database: Database, make: Make
) -> None:
    async with started(make(either_database, Clock())) as store:
        served = await asyncio.gather(*(fits(store, f"r{number}") for number in range(100)))
        assert served.count(True) == 10
        standing = await tokens_today(store)
        assert (standing.used, standing.reserved, standing.remaining) == (0, 100, 0)


async def test_what_is_settled_makes_room_for_as_much_as_was_not_used(either_database: Database, make: Make) -> None:
    async with started(make(either_database, Clock())) as store:
        assert await fits(store, "a", ask(100))
        assert not await fits(store, "b", ask(1))
        store.settle(["user:ann"], "a", 40, 0)
        assert await fits(store, "b", ask(60))
        store.settle(["user:ann"], "b", 60, 0)
        assert not await fits(store, "c", ask(1))
        assert (await tokens_today(store)).used == 100


async def test_a_restart_knows_what_was_used_and_holds_nothing(either_database: Database, make: Make) -> None:
    clock = Clock()
    async with started(make(either_database, clock)) as store:
        assert await fits(store, "done", ask(30))
        store.settle(["user:ann"], "done", 30, 0)
        assert await fits(store, "running", ask(70))
    clock.now += 61  # longer than any lease
    async with started(make(either_database, clock)) as store:
        standing = await tokens_today(store)
        assert (standing.used, standing.reserved) == (30, 0)
        assert await fits(store, "next", ask(70))
        assert not await fits(store, "after", ask(1))


async def test_a_restart_gives_no_new_minute(either_database: Database, make: Make) -> None:
    clock, limited = Clock(), Limited("user:ann", {LimitKind.REQUESTS_PER_MINUTE: 2})
    async with started(make(either_database, clock)) as store:
        assert await fits(store, "a", limited=limited)
        assert await fits(store, "b", limited=limited)
    async with started(make(either_database, clock)) as store:
        assert not await fits(store, "c", limited=limited)
        clock.now += 61
        assert await fits(store, "c", limited=limited)


async def test_limits_that_are_new_count_what_was_used_before_them(either_database: Database, make: Make) -> None:
    recorder = WriteBehindRecorder(either_database)
    await recorder.start()
    recorder.record(finished_request(user_id="ann", prompt_tokens=50, completion_tokens=45))
    recorder.record(finished_request(user_id="bob", prompt_tokens=50, completion_tokens=45))
    recorder.record(finished_request(user_id="ann", status="failed", prompt_tokens=None, completion_tokens=None))
    await recorder.close()
    async with started(make(either_database, Clock())) as store:
        assert (await tokens_today(store)).used == 95
        assert not await fits(store, "a", ask(6))
        assert await fits(store, "b", ask(5))
        token = Limited("token:ann", TEN_CALLS)
        assert await fits(store, "c", ask(100), token), "a token's use begins with its limits"


async def test_whoever_lost_the_limits_begins_anew_with_what_the_requests_say(
    either_database: Database, make: Make
) -> None:
    async with started(make(either_database, Clock())) as store:
        assert await fits(store, "a", ask(100))
        await store.forget("user:ann")
        store.settle(["user:ann"], "a", 100, 0)
        assert (await tokens_today(store)).used == 0
        assert await fits(store, "b", ask(100))


async def test_a_request_of_a_token_counts_for_its_user_too_or_for_neither(
    either_database: Database, make: Make
) -> None:
    token = Limited("token:t", {LimitKind.TOKENS_PER_DAY: 15})
    async with started(make(either_database, Clock())) as store:
        assert (await store.reserve([ANN, token], "a", ask())).refusal is None
        refused = (await store.reserve([ANN, token], "b", ask())).refusal
        assert refused is not None
        assert refused.subject == "token:t"
        assert (await tokens_today(store)).reserved == 10
        reserved = await store.reserve([ANN, token], "c", ask(5))
        assert [one.remaining for one in reserved.standings] == [0], "of two limits of a kind the tighter is told"


async def test_an_unused_ledger_is_forgotten_after_two_months(either_database: Database, make: Make) -> None:
    async with started(make(either_database, Clock())) as store:
        assert await fits(store, "a")
    await age(either_database)
    async with started(make(either_database, Clock())) as store:
        assert (await tokens_today(store)).reserved == 0


async def age(database: Database) -> None:
    async with database.transaction() as db:
        await db.execute(update(LimitLedgerTable).values(updated_at=utc_now() - timedelta(days=63)))


async def test_a_reservation_in_memory_writes_nothing_before_it_is_granted(database: Database) -> None:
    async with started(MemoryStore(database, Clock(), interval_s=60)) as store:
        assert await fits(store, "first")  # has read what was used before
        async with database.transaction():  # whoever wrote now would wait for the lock
            async with asyncio.timeout(1):
                assert await fits(store, "second")
            store.settle(["user:ann"], "second", 1, 0)


async def test_two_processes_on_one_database_share_one_budget(either_database: Database) -> None:
    other = Database(either_database.url.render_as_string(hide_password=False))
    async with started(SharedStore(either_database)) as here, started(SharedStore(other)) as there:
        served = await asyncio.gather(*(fits((here, there)[number % 2], f"r{number}") for number in range(100)))
        assert served.count(True) == 10
        for number, was in enumerate(served):
            if was:
                (there, here)[number % 2].settle(["user:ann"], f"r{number}", 4, 0)  # whoever settles
        again = await asyncio.gather(*(fits((here, there)[number % 2], f"s{number}") for number in range(100)))
        assert again.count(True) == 6
        standing = await tokens_today(here)
        assert (standing.used, standing.reserved) == (40, 60)
    await other.close()


async def test_limits_of_several_subjects_are_locked_in_one_order(either_database: Database) -> None:
    other = Database(either_database.url.render_as_string(hide_password=False))
    subjects = [Limited(f"user:{name}", {LimitKind.REQUESTS_PER_MINUTE: 1000}) for name in "abcdef"]
    async with started(SharedStore(either_database)) as here, started(SharedStore(other)) as there:

        async def call(store: LimitStore, number: int) -> bool:
            one, other = subjects[number % 6], subjects[(number + 1 + number % 4) % 6]
            return (await store.reserve([one, other], f"{id(store)}-{number}", ask())).refusal is None

        served = await asyncio.gather(*(call(store, number) for number in range(60) for store in (here, there)))
        assert all(served)
    await other.close()


async def test_while_its_process_lives_a_hold_is_renewed_and_falls_away_after_it(either_database: Database) -> None:
    living = SharedStore(either_database, lease_s=0.6)
    other = Database(either_database.url.render_as_string(hide_password=False))
    async with started(SharedStore(other)) as watching:
        await living.start()
        assert await fits(living, "long", ask(100))
        await asyncio.sleep(1.5)
        assert (await tokens_today(watching)).reserved == 100
        await living.close()  # without having settled: as if it had died
        await asyncio.sleep(0.7)
        assert (await tokens_today(watching)).reserved == 0
        assert await fits(watching, "next", ask(100))
    await other.close()


async def test_who_goes_while_waiting_leaves_nothing_behind(either_database: Database) -> None:
    async with started(SharedStore(either_database)) as store:
        assert await fits(store, "first", ask(1))
        async with either_database.transaction():
            waiting = [asyncio.create_task(fits(store, f"r{number}")) for number in range(5)]
            await asyncio.sleep(0.05)
            for number, task in enumerate(waiting):
                task.cancel()
                store.settle(["user:ann"], f"r{number}", 0, 0)  # as whoever holds a reservation does in the end
        await asyncio.gather(*waiting, return_exceptions=True)
        assert await fits(store, "last", ask(99))


async def test_a_database_that_does_not_answer_refuses_and_is_told_later_what_was_used(
    database_on_postgresql: Database,
) -> None:
    async with started(SharedStore(database_on_postgresql, timeout_s=0.3)) as store:
        assert await fits(store, "a", ask(50))
        async with database_on_postgresql.transaction() as db:
            await db.execute(text("LOCK TABLE limit_ledgers IN EXCLUSIVE MODE"))  # as a server that hangs would
            with pytest.raises(NotReady):
                await fits(store, "b")
            store.settle(["user:ann"], "a", 20, 0)
        async with asyncio.timeout(10):
            while (standing := await tokens_today(store)).used != 20:
                await asyncio.sleep(0.05)
        assert standing.reserved == 0
