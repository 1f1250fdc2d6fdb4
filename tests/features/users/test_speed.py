"""What authentication costs once it is warm, with ten thousand tokens in the database."""

from __future__ import annotations

import gc
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median
from time import perf_counter

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from pluggably.features.users.accounts import digest_of
from pluggably.features.users.authentication import Authenticator, OperatorCallers, OperatorKeys
from pluggably.features.users.credentials import TOKEN_PREFIX, UserCredentials
from pluggably.features.users.session_tokens import SessionTokens
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database
from pluggably.tables.api_tokens import ApiTokenTable
from pluggably.tables.users import UserTable
from tests.factories.apps import KEY

TOKENS = 10_000
BOUND_S = 100e-6


class Counting(Database):
    """Counts how often it is asked by something else than the look for changes."""

    asked = 0

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """As ever."""
        self.asked += 1
        async with super().reading() as db:
            yield db


def request_with(token: str) -> Request:
    headers = [
        (b"host", b"localhost"),
        (b"authorization", f"Bearer {token}".encode()),
        (b"content-type", b"application/json"),
        (b"content-length", b"120"),
        (b"user-agent", b"test"),
        (b"accept", b"*/*"),
    ]
    return Request({"type": "http", "method": "POST", "path": "/v1/generate", "headers": headers, "scheme": "http"})


async def fill(database: Database) -> list[str]:
    """Ten thousand tokens of a hundred users."""
    tokens = [TOKEN_PREFIX + secrets.token_urlsafe(32) for _ in range(TOKENS)]
    now = utc_now()
    async with database.transaction() as db:
        await db.execute(
            UserTable.__table__.insert(),
            [
                {"id": f"usr_{n}", "role": "user", "disabled": False, "preferred_models": {"text": "x"},
                 "preferences": {}, "version": 1, "changed_at": now, "created_at": now}
                for n in range(100)
            ],
        )  # fmt: skip
        await db.execute(
            ApiTokenTable.__table__.insert(),
            [
                {"id": f"tok_{n}", "user_id": f"usr_{n % 100}", "name": "t", "prefix": token[:10],
                 "digest": digest_of(token), "scopes": ["generate", "read"], "created_at": now}
                for n, token in enumerate(tokens)
            ],
        )  # fmt: skip
    return tokens


@pytest.mark.req("SYS-REQ-039", "SYS-NFR-006")
async def test_a_warm_token_costs_less_than_100_microseconds_and_no_question(database: Database) -> None:
    tokens = await fill(database)
    counting = Counting(str(database.url))
    operator = OperatorCallers()
    credentials = UserCredentials(counting, SessionTokens(b"x"), None, operator, lambda user_id: None)
    await credentials.start()
    authenticator = Authenticator([OperatorKeys([KEY], operator), credentials], local_mode=False, operator=operator)
    requests = [request_with(token) for token in tokens[:2000]]
    for request in requests:
        assert (await authenticator.authenticate(request)).token_id is not None
    before = counting.asked
    gc.collect()
    taken = []
    for _ in range(5):
        began = perf_counter()
        for request in requests:
            await authenticator.authenticate(request)
        taken.append((perf_counter() - began) / len(requests))
    each = median(taken)
    print(f"authentication, warm, {TOKENS} tokens: {each * 1e6:.1f} µs")
    looked = counting.asked - before
    await credentials.close()
    await counting.close()
    assert looked <= 5, "only the look for changes may ask the database, a few times a second"
    assert each < BOUND_S
