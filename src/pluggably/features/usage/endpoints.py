"""`/v1/usage`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request

from pluggably.features.usage import service
from pluggably.features.usage.schemas import GroupBy, UsageReport
from pluggably.features.users.access import CanRead
from pluggably.kit.pagination import DEFAULT_LIMIT, MAX_LIMIT
from pluggably.kit.routes import GuardedRoute

router = APIRouter(tags=["usage"], route_class=GuardedRoute)


@router.get("/v1/usage")
async def read_usage(
    request: Request,
    caller: CanRead,
    group_by: GroupBy = "model",
    since: Annotated[datetime | None, Query(description="From here on; 30 days before `until` if left out.")] = None,
    until: Annotated[datetime | None, Query(description="Up to here; now if left out.")] = None,
    everyone: Annotated[
        bool, Query(description="Of all users rather than one's own: admins only, as groups by user are.")
    ] = False,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> UsageReport:
    """Requests, errors, tokens and cost, by model, user or day. A request counts about a second after it ended."""
    return await service.report(request.app.state.database, caller, group_by, since, until, everyone, limit)
