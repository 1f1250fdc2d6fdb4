"""`/v1/users/…/limits`."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request

from pluggably.errors import NotFound, TokenNotFound
from pluggably.features.limits.schemas import LimitsChange, LimitsRead, MyLimits
from pluggably.features.limits.service import Limiter
from pluggably.features.users.access import Acting, CanAdminister, CanManage, CanRead, CanReadAsAdmin
from pluggably.kit.openapi import documented
from pluggably.kit.routes import GuardedRoute


async def _limiter(request: Request) -> Limiter:
    return cast(Limiter, request.app.state.limits)


Limits = Annotated[Limiter, Depends(_limiter)]

router = APIRouter(tags=["limits"], route_class=GuardedRoute)


@router.get("/v1/users/me/limits")
async def read_my_limits(caller: CanRead, limits: Limits) -> MyLimits:
    """What the caller may use, and what is used of it."""
    return await limits.of_caller(caller)


@router.get("/v1/users/{user_id}/limits", responses=documented(NotFound))
async def read_limits(user_id: str, _caller: CanReadAsAdmin, limits: Limits) -> LimitsRead:
    """What a user may use, and what is used of it."""
    return await limits.of_user(user_id)


@router.put("/v1/users/{user_id}/limits", responses=documented(NotFound))
async def set_limits(
    user_id: str, change: LimitsChange, caller: CanAdminister, actor: Acting, limits: Limits
) -> LimitsRead:
    """Set a user's limits in the place of those that were set; they hold at once."""
    return await limits.set_for_user(actor, caller, user_id, change)


@router.get("/v1/users/tokens/{token_id}/limits", responses=documented(TokenNotFound))
async def read_token_limits(token_id: str, caller: CanRead, limits: Limits) -> LimitsRead:
    """What one of the caller's tokens may use, and what is used of it."""
    return await limits.of_token(caller, token_id)


@router.put("/v1/users/tokens/{token_id}/limits", responses=documented(TokenNotFound))
async def set_token_limits(
    token_id: str, change: LimitsChange, caller: CanManage, actor: Acting, limits: Limits
) -> LimitsRead:
    """Set the limits of one of the caller's tokens; the user's own hold beside them."""
    return await limits.set_for_token(actor, caller, token_id, change)
