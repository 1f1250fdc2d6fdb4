"""Users, tokens and callers for tests of limits."""

from __future__ import annotations

from datetime import UTC, datetime

from pluggably.features.users.authentication import SCOPES, Caller
from pluggably.kit.database import Database
from pluggably.tables.api_tokens import ApiTokenTable
from pluggably.tables.users import UserTable

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()


class Clock:
    """Seconds since 1970, as a test wants them."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def caller(user_id: str = "usr_ann", token_id: str | None = None) -> Caller:
    """An ordinary user."""
    return Caller(user_id, False, SCOPES, "session" if token_id is None else "token", token_id)


async def save_user(database: Database, user_id: str = "usr_ann") -> None:
    """A user's row."""
    async with database.transaction() as db:
        db.add(UserTable(id=user_id, username=user_id, username_key=user_id))


async def save_token(
    database: Database, token_id: str, user_id: str = "usr_ann", made_with: str | None = None
) -> None:
    """A token's row."""
    async with database.transaction() as db:
        db.add(
            ApiTokenTable(
                id=token_id,
                user_id=user_id,
                name=token_id,
                prefix="pgy_",
                digest=token_id,
                scopes=["generate"],
                made_with=made_with,
            )
        )
