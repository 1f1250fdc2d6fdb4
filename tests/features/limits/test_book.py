"""Who has which limits, also where another process set them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from pluggably.features.limits import repository
from pluggably.features.limits.book import Book, bounds_of, values_of
from pluggably.features.limits.rules import LimitKind
from pluggably.features.users.authentication import OPERATOR_CALLER
from pluggably.kit.database import Database
from tests.factories.limits import caller, save_token, save_user

DEFAULTS = {LimitKind.REQUESTS_PER_MINUTE: 5, LimitKind.TOKENS_PER_DAY: 100}


async def put(database: Database, subject: str, **values: Any) -> None:
    async with database.transaction() as db:
        await repository.put(db, subject, {"use_defaults": True, **values})


async def eventually(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def test_costs_are_dollars_outside_and_whole_numbers_inside() -> None:
    given = {"requests_per_minute": 5, "cost_usd_per_day": 0.1, "tokens_per_day": None}
    bounds = bounds_of(given)
    assert bounds == {LimitKind.REQUESTS_PER_MINUTE: 5, LimitKind.COST_PER_DAY: 100_000_000}
    assert {name: value for name, value in values_of(bounds).items() if value is not None} == {
        "requests_per_minute": 5,
        "cost_usd_per_day": 0.1,
    }


async def test_ones_own_limits_go_before_the_defaults_which_are_not_the_operators(database: Database) -> None:
    await put(database, "user:own", tokens_per_day=7)
    await put(database, "user:alone", tokens_per_day=7, use_defaults=False)
    book = Book(database, DEFAULTS)
    await book.start()
    assert book.bounds("user:anybody") == DEFAULTS
    assert book.bounds("user:own") == {**DEFAULTS, LimitKind.TOKENS_PER_DAY: 7}
    assert book.bounds("user:alone") == {LimitKind.TOKENS_PER_DAY: 7}
    assert await book.of(OPERATOR_CALLER) == []
    await put(database, "user:operator", requests_per_minute=9)
    book = Book(database, DEFAULTS)
    await book.start()
    assert [one.bounds for one in await book.of(OPERATOR_CALLER)] == [{LimitKind.REQUESTS_PER_MINUTE: 9}]


async def test_without_any_limit_none_is_in_force(database: Database) -> None:
    await put(database, "user:lifted")
    book = Book(database, {})
    await book.start()
    assert not book.in_force
    assert await book.of(caller("lifted")) == []
    await put(database, "user:limited", tokens_per_day=0)
    book = Book(database, {})
    await book.start()
    assert book.in_force, "nothing is a limit too"


async def test_a_token_stands_in_the_line_of_those_that_made_it(database: Database) -> None:
    await save_user(database)
    await save_token(database, "tok_a")
    await save_token(database, "tok_b", made_with="tok_a")
    await save_token(database, "tok_c", made_with="tok_b")
    await put(database, "token:tok_a", requests_per_minute=1)
    await put(database, "token:tok_c", requests_per_minute=2)
    book = Book(database, {})
    await book.start()
    named = {
        token: [one.subject for one in await book.of(caller(token_id=token))] for token in ("tok_a", "tok_b", "tok_c")
    }
    assert named == {
        "tok_a": ["token:tok_a"],
        "tok_b": ["token:tok_a"],
        "tok_c": ["token:tok_c", "token:tok_a"],
    }
    assert await book.of(caller()) == []


async def test_what_another_process_sets_and_lifts_is_followed(either_database: Database) -> None:
    book = Book(either_database, {}, poll_s=0.05)
    await book.start()
    try:
        await put(either_database, "user:ann", requests_per_minute=3)
        await eventually(lambda: book.in_force)
        assert book.bounds("user:ann") == {LimitKind.REQUESTS_PER_MINUTE: 3}
        await put(either_database, "user:ann", requests_per_minute=4)
        await eventually(lambda: book.bounds("user:ann") == {LimitKind.REQUESTS_PER_MINUTE: 4})
        await put(either_database, "user:ann", requests_per_minute=None)
        await eventually(lambda: not book.in_force)
    finally:
        await book.close()
