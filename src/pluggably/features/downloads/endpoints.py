"""`POST /v1/models/download`."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response

from pluggably.errors import (
    BlockedURL,
    Conflict,
    InsufficientStorage,
    NotFound,
    PermissionDenied,
    ProviderError,
    ProviderRateLimited,
    ProviderUnavailable,
    UnsupportedFeature,
)
from pluggably.features.downloads.schemas import DownloadCreate
from pluggably.features.downloads.service import Downloads
from pluggably.features.jobs.schemas import JobRead
from pluggably.features.users.access import Audit, CanAdminister
from pluggably.kit.openapi import documented
from pluggably.kit.routes import GuardedRoute
from pluggably.tables.jobs import JobStatus

router = APIRouter(tags=["models"], route_class=GuardedRoute)


async def _downloads(request: Request) -> Downloads:
    return cast(Downloads, request.app.state.downloads)


TheDownloads = Annotated[Downloads, Depends(_downloads)]


@router.post(
    "/v1/models/download",
    status_code=202,
    responses={
        200: {"model": JobRead, "description": "The model is here already: the job that brought it"},
        **documented(
            BlockedURL,
            UnsupportedFeature,
            PermissionDenied,
            NotFound,
            Conflict,
            ProviderRateLimited,
            ProviderError,
            ProviderUnavailable,
            InsufficientStorage,
        ),
    },
)
async def download_model(
    body: DownloadCreate, response: Response, caller: CanAdminister, downloads: TheDownloads, audit: Audit
) -> JobRead:
    """Bring a model's files into the model folder, in the background.

    Whoever asks for what is being fetched gets the same job. An interrupted download goes on where it stopped.
    """
    job, made = await downloads.start(caller.user_id, body)
    if made:
        details = {"job_id": job.id, "source": body.source.type}
        await audit.note("model.downloaded", "model", job.model_id or "", details)
    response.status_code = 200 if job.status == JobStatus.COMPLETED else 202
    return JobRead.of(job)
