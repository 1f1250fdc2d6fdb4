"""Writes the audit log. Whoever changes something says so in the transaction that makes the change: what is in the
log has happened, and what has happened is in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.kit.database import Database
from pluggably.kit.ids import new_id
from pluggably.tables.audit import AuditTable

COMMAND_LINE = "command_line"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever does something."""

    user_id: str
    kind: str
    """As in `Caller`, or `password` for who logs in, `invite` for who registers, `command_line`."""
    token_id: str | None = None
    address: str | None = None
    """The IP address that the request came from."""
    request_id: str | None = None

    def as_user(self, user_id: str, kind: str) -> Actor:
        """The same request, made by this user."""
        return replace(self, user_id=user_id, kind=kind)


def record(
    db: AsyncSession,
    actor: Actor,
    action: str,
    target_type: str,
    target_id: str,
    details: dict[str, Any] | None = None,
) -> None:
    """Note that `actor` did `action` (such as `user.changed`) to a target; the caller commits.

    `details` are small plain JSON and hold no secret and no prompt.
    """
    db.add(
        AuditTable(
            id=new_id("aud"),
            actor_id=actor.user_id,
            actor_kind=actor.kind,
            actor_token_id=actor.token_id,
            address=actor.address,
            request_id=actor.request_id,
            action=action,
            target_type=target_type,
            target_id=target_id[:255],
            details=details or {},
        )
    )


class Deeds:
    """Notes what one actor did, each deed in a transaction of its own: of changes that were made in none of ours."""

    def __init__(self, database: Database, actor: Actor) -> None:
        self._database = database
        self._actor = actor

    async def note(
        self, action: str, target_type: str, target_id: str, details: dict[str, Any] | None = None
    ) -> None:
        """As `record`, and committed."""
        async with self._database.transaction() as db:
            record(db, self._actor, action, target_type, target_id, details)
