"""`/v1/storage`."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from pluggably.features.jobs.access import TheJobs
from pluggably.features.jobs.schemas import JobRead
from pluggably.features.storage.cleanup import KIND, Cleanup
from pluggably.features.storage.cleanup_schemas import CleanRequest, CleanupPlan
from pluggably.features.storage.schemas import StorageRead
from pluggably.features.storage.service import Storage
from pluggably.features.storage.space import Space
from pluggably.features.users.access import Audit, CanAdminister, CanRead
from pluggably.kit.routes import GuardedRoute

router = APIRouter(prefix="/v1/storage", tags=["storage"], route_class=GuardedRoute)


async def _storage(request: Request) -> Storage:
    return cast(Storage, request.app.state.storage)


async def _space(request: Request) -> Space:
    return cast(Space, request.app.state.space)


async def _cleanup(request: Request) -> Cleanup:
    return cast(Cleanup, request.app.state.cleanup)


async def _memory_limit(request: Request) -> int:
    return cast(int, request.app.state.model_memory_bytes)


@router.get("")
async def read_storage(
    caller: CanRead,
    storage: Annotated[Storage, Depends(_storage)],
    space: Annotated[Space, Depends(_space)],
    memory_limit: Annotated[int, Depends(_memory_limit)],
) -> StorageRead:
    """What model files take on disk, what they may take there and in memory, and the models that have files here."""
    found = await storage.read(promised_bytes=space.promised_bytes, with_paths=caller.is_admin)
    room = await space.free_bytes(fresh=False)
    return found.model_copy(update={"room_bytes": room, "memory_limit_bytes": memory_limit})


@router.post(
    "/clean",
    response_model=CleanupPlan,
    responses={202: {"model": JobRead, "description": "The cleanup, a job: `/v1/jobs/{job_id}` follows it"}},
)
async def clean_storage(
    caller: CanAdminister,
    cleanup: Annotated[Cleanup, Depends(_cleanup)],
    jobs: TheJobs,
    audit: Audit,
    body: CleanRequest | None = None,
) -> Response:
    """Remove files that nobody needs: models unused for longer than `storage.retention_days`, old revisions, what
    unfinished downloads left, and, where `storage.evict` allows it, what is over the limit.

    With `dry_run` nothing is removed: 200 and what would go. Otherwise 202 and the job; the same one while it runs.
    """
    if body is not None and body.dry_run:
        plan = CleanupPlan.of(await cleanup.plan())
        return Response(plan.model_dump_json(), media_type="application/json")
    job, _ = await jobs.start(KIND, {}, key=KIND, user_id=caller.user_id)
    await audit.note("storage.cleaned", "job", job.id)
    return Response(JobRead.of(job).model_dump_json(), 202, media_type="application/json")
