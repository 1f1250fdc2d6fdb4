"""Whether the gateway lives, whether it can serve, what it counts, what it can do."""

from __future__ import annotations

import asyncio
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from pluggably.errors import NotReady
from pluggably.features.models.engines import ENGINES, missing
from pluggably.features.operations.readiness import Readiness
from pluggably.features.users.access import AsBearer, CanRead, InCookie, InHeader, may_read
from pluggably.features.users.authentication import Caller
from pluggably.kit.openapi import documented
from pluggably.kit.routes import GuardedRoute

router = APIRouter(tags=["operations"], route_class=GuardedRoute)
API_VERSION = "v1"


class HealthRead(BaseModel):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class ReadyRead(BaseModel):
    """Each check is `ok` or says what is missing."""

    status: Literal["ready"]
    checks: dict[str, str]


class VersionRead(BaseModel):
    """What is running."""

    name: Literal["pluggably"] = "pluggably"
    version: str
    api_version: str


class FeaturesRead(BaseModel):
    """What this server can do, so that a client shows only that."""

    modalities: list[str]
    engines: dict[str, bool]
    """Which local engines are installed."""
    providers: list[str]
    local_only: bool
    streaming: bool
    sessions: bool
    background_requests: bool
    downloads: bool
    users: bool


@router.head("/health")
@router.get("/health")
async def health() -> HealthRead:
    """200 while the process is alive."""
    return HealthRead()


@router.head("/ready", response_model=ReadyRead, responses=documented(NotReady))
@router.get("/ready", response_model=ReadyRead, responses=documented(NotReady))
async def ready(request: Request) -> Any:
    """200 only when the gateway can serve, else 503 with what is missing."""
    readiness: Readiness = request.app.state.readiness
    checks = await readiness.checks()
    if all(check == "ok" for check in checks.values()):
        return {"status": "ready", "checks": checks}
    missing = ", ".join(f"{name}: {check}" for name, check in checks.items() if check != "ok")
    raise NotReadyWithChecks(f"Not ready: {missing}", checks)


class NotReadyWithChecks(NotReady):
    """`checks` stands beside `error` in the body."""

    def __init__(self, message: str, checks: dict[str, str]) -> None:
        super().__init__(message, retry_after=2)
        self.checks = checks

    def envelope(self, request_id: str | None) -> dict[str, Any]:
        """The envelope, with the checks beside it."""
        return {**super().envelope(request_id), "status": "not_ready", "checks": self.checks}


async def may_read_metrics(
    request: Request, _header: InHeader = None, _bearer: AsBearer = None, _cookie: InCookie = None
) -> Caller | None:
    """Reading metrics needs `read`, unless the operator has opened them."""
    return None if request.app.state.settings.metrics_open else await may_read(request)


may_read_metrics.__dict__["grants_access"] = "read"


@router.get("/metrics", response_class=Response)
async def metrics(_caller: Annotated[Caller | None, Depends(may_read_metrics)]) -> Response:
    """Prometheus metrics."""
    return Response(await asyncio.to_thread(generate_latest), media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/version")
async def version() -> VersionRead:
    """Which version runs."""
    return VersionRead(version=installed_version("pluggably"), api_version=API_VERSION)


@router.get("/v1/features")
async def features(request: Request, _caller: CanRead) -> FeaturesRead:
    """What this server can do."""
    state = request.app.state
    return FeaturesRead(
        modalities=sorted(
            {entry.modality.value for entry in state.catalogue.entries() if entry.status == "available"}
        ),
        engines={
            "text": find_spec("xllamacpp") is not None,
            "image": missing(ENGINES["diffusion"]) is None,
            "mesh": missing(ENGINES["mesh"]) is None,
            "scene": missing(ENGINES["scene"]) is None,
        },
        providers=[item.provider.name for item in state.providers.configured()],
        local_only=state.settings.local_only,
        streaming=True,
        sessions=True,
        background_requests=True,
        downloads=True,
        users=True,
    )
