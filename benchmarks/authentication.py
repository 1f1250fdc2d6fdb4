"""What authentication adds to a request once it is warm: `python -m benchmarks.authentication`.

Ten thousand API tokens are in the database; requests come with two thousand of them, over and over.
"""

from __future__ import annotations

import asyncio
import gc
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from pluggably.features.users.accounts import digest_of
from pluggably.features.users.authentication import Authenticator, OperatorCallers, OperatorKeys
from pluggably.features.users.credentials import TOKEN_PREFIX, UserCredentials
from pluggably.features.users.session_tokens import SessionTokens
from pluggably.kit import migrations
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database
from pluggably.tables.api_tokens import ApiTokenTable
from pluggably.tables.users import UserTable

TOKENS = 10_000
USED = 2_000
ROUNDS = 5
LIMIT_US = 100


class _Counting(Database):
    """Counts how often it is asked."""

    asked = 0

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        self.asked += 1
        async with super().reading() as db:
            yield db


def _request_with(token: str) -> Request:
    headers = [
        (b"host", b"localhost"),
        (b"authorization", f"Bearer {token}".encode()),
        (b"content-type", b"application/json"),
        (b"content-length", b"120"),
        (b"user-agent", b"test"),
        (b"accept", b"*/*"),
    ]
    return Request({"type": "http", "method": "POST", "path": "/v1/generate", "headers": headers, "scheme": "http"})


async def _fill(database: Database) -> list[str]:
    """The tokens, of a hundred users."""
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


async def measure(url: str) -> tuple[float, int]:
    """Microseconds for each request, and how often the database was asked meanwhile. The database is empty before."""
    database = _Counting(url)
    tokens = await _fill(database)
    operator = OperatorCallers()
    credentials = UserCredentials(database, SessionTokens(b"x"), None, operator, lambda user_id: None)
    await credentials.start()
    keys = OperatorKeys([secrets.token_hex()], operator)
    authenticator = Authenticator([keys, credentials], local_mode=False, operator=operator)
    requests = [_request_with(token) for token in tokens[:USED]]
    for request in requests:
        assert (await authenticator.authenticate(request)).token_id is not None
    before = database.asked
    gc.collect()
    taken = []
    for _ in range(ROUNDS):
        began = perf_counter()
        for request in requests:
            await authenticator.authenticate(request)
        taken.append((perf_counter() - began) / len(requests))
    asked = database.asked - before
    await credentials.close()
    await database.close()
    return median(taken) * 1e6, asked


def main() -> int:
    """Print the figure; 1 where it is over the limit."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'pluggably.db'}"
        migrations.upgrade(url)
        each, asked = asyncio.run(measure(url))
    print(f"authentication, warm, {TOKENS:,} tokens: {each:.1f} µs a request (limit {LIMIT_US}), {asked} questions")
    return 0 if each < LIMIT_US else 1


if __name__ == "__main__":
    raise SystemExit(main())
