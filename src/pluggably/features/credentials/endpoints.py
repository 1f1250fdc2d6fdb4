"""`/v1/users/provider-keys`: the caller's own keys with providers."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Query, Request

from pluggably.errors import (
    BlockedURL,
    Conflict,
    NotFound,
    NotReady,
    ProviderError,
    ProviderNotFound,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimited,
)
from pluggably.features.credentials.schemas import CheckRead, ProviderKeyCreate, ProviderKeyList, ProviderKeyRead
from pluggably.features.credentials.service import ProviderKeys
from pluggably.features.users.access import Acting, CanManage, CanRead
from pluggably.kit.openapi import documented
from pluggably.kit.pagination import DEFAULT_LIMIT, MAX_LIMIT
from pluggably.kit.routes import GuardedRoute

router = APIRouter(tags=["users"], route_class=GuardedRoute)

_PATH = "/v1/users/provider-keys"
ProviderName = Annotated[str, Path(max_length=64, examples=["openai"])]


async def _keys(request: Request) -> ProviderKeys:
    return cast(ProviderKeys, request.app.state.provider_keys)


TheKeys = Annotated[ProviderKeys, Depends(_keys)]


@router.get(_PATH)
async def list_provider_keys(
    caller: CanRead,
    keys: TheKeys,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=1024)] = None,
) -> ProviderKeyList:
    """The caller's keys with providers, newest first, masked. Nobody else's are shown to anybody."""
    return await keys.listing(caller, limit, cursor)


@router.post(_PATH, status_code=201, responses=documented(ProviderNotFound, Conflict, RateLimited))
async def store_provider_key(
    body: ProviderKeyCreate, caller: CanManage, actor: Acting, keys: TheKeys
) -> ProviderKeyRead:
    """Keep a key with a provider, in the place of the one that is there. It counts from the next request on."""
    return await keys.store(caller, actor, body)


@router.delete(_PATH + "/{provider}", responses=documented(NotFound))
async def remove_provider_key(
    provider: ProviderName, caller: CanManage, actor: Acting, keys: TheKeys
) -> ProviderKeyRead:
    """Delete a key. It counts from the next request on."""
    return await keys.remove(caller, actor, provider)


@router.post(
    _PATH + "/{provider}/check",
    responses=documented(
        BlockedURL,
        NotFound,
        ProviderNotFound,
        RateLimited,
        ProviderRateLimited,
        ProviderError,
        ProviderUnavailable,
        NotReady,
        ProviderTimeout,
    ),
)
async def check_provider_key(provider: ProviderName, caller: CanManage, keys: TheKeys) -> CheckRead:
    """Ask the provider which models the key unlocks: the call costs nothing, and is made a few times a minute."""
    return await keys.check(caller, provider)
