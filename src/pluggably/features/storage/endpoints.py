"""`/v1/storage`."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request

from pluggably.features.storage.schemas import StorageRead
from pluggably.features.storage.service import Storage
from pluggably.features.users.access import CanRead
from pluggably.kit.routes import GuardedRoute

router = APIRouter(prefix="/v1/storage", tags=["storage"], route_class=GuardedRoute)


async def _storage(request: Request) -> Storage:
    return cast(Storage, request.app.state.storage)


@router.get("")
async def read_storage(caller: CanRead, storage: Annotated[Storage, Depends(_storage)]) -> StorageRead:
    """What model files take on disk, what they may take, and the models that have files here."""
    return await storage.read(with_paths=caller.is_admin)
