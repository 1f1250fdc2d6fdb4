"""`/v1/models/search`: models that could be downloaded."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, Path, Query, Request

from pluggably.contract.modality import Modality
from pluggably.errors import (
    NotFound,
    NotReady,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimited,
    ProviderUnavailable,
)
from pluggably.features.hub.schemas import FoundModels, HubFiles
from pluggably.features.hub.service import HubSearch
from pluggably.features.users.access import CanRead
from pluggably.kit.openapi import documented
from pluggably.kit.routes import GuardedRoute

router = APIRouter(prefix="/v1/models/search", tags=["models"], route_class=GuardedRoute)

MOST_RESULTS = 100
_AWAY = (NotReady, ProviderAuthError, ProviderError, ProviderRateLimited, ProviderUnavailable)


async def _search(request: Request) -> HubSearch:
    return cast(HubSearch, request.app.state.hub)


Search = Annotated[HubSearch, Depends(_search)]


@router.get("", responses=documented(*_AWAY))
async def search_models(
    caller: CanRead,
    search: Search,
    source: Annotated[Literal["huggingface"], Query()] = "huggingface",
    query: Annotated[str | None, Query(max_length=255, description="Words of a model's id.")] = None,
    modality: Annotated[Modality | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_RESULTS)] = 20,
    cursor: Annotated[str | None, Query(max_length=2048)] = None,
) -> FoundModels:
    """Models of the Hugging Face hub, most downloaded first."""
    return await search.search(caller.user_id, query, modality, limit, cursor)


@router.get("/{repo:path}/files", responses=documented(NotFound, *_AWAY))
async def list_files(
    caller: CanRead,
    search: Search,
    repo: Annotated[str, Path(max_length=255, description="A repository; it may hold `/`.", examples=["org/name"])],
    revision: Annotated[
        str | None, Query(min_length=1, max_length=255, description="A branch, a tag or a commit; none: `main`.")
    ] = None,
) -> HubFiles:
    """The files of a repository, with what there is room for."""
    return await search.files(caller.user_id, repo, revision)
