"""`/v1/audit`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from pluggably.features.audit import repository
from pluggably.features.audit.schemas import AuditEntry, AuditList
from pluggably.features.users.access import CanReadAsAdmin
from pluggably.kit.database import Database
from pluggably.kit.pagination import DEFAULT_LIMIT, MAX_LIMIT, decode_cursor, encode_cursor
from pluggably.kit.routes import GuardedRoute

router = APIRouter(tags=["audit"], route_class=GuardedRoute)

Filter = Annotated[str | None, Query(max_length=255, pattern=r"^[^\x00]*$")]


@router.get("/v1/audit")
async def read_audit(
    request: Request,
    _caller: CanReadAsAdmin,
    actor_id: Filter = None,
    target_id: Filter = None,
    action: Filter = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=1024)] = None,
) -> AuditList:
    """Who did what to which account, token, invite or model, newest first."""
    database: Database = request.app.state.database
    before = str(decode_cursor(cursor, 1)[0]) if cursor is not None else None
    async with database.reading() as db:
        found = await repository.page(
            db, actor_id=actor_id, target_id=target_id, action=action, before=before, limit=limit + 1
        )
    following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return AuditList(audit=[AuditEntry.of(row) for row in found[:limit]], next_cursor=following)
