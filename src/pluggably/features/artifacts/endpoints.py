"""`/v1/artifacts`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from email.utils import format_datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from pluggably.errors import (
    ArtifactExpired,
    ArtifactNotFound,
    InvalidSignature,
    NotReady,
    RangeNotSatisfiable,
    UnsupportedFeature,
)
from pluggably.features.artifacts.access import Artifacts, MayFetch
from pluggably.features.artifacts.media import MeshFormat
from pluggably.features.artifacts.ranges import Span, has_it_already, requested_span, still_the_same
from pluggably.features.artifacts.schemas import ArtifactList
from pluggably.features.users.access import CanGenerate, CanRead
from pluggably.kit.openapi import documented
from pluggably.kit.pagination import DEFAULT_LIMIT, MAX_LIMIT
from pluggably.kit.routes import GuardedRoute
from pluggably.tables.artifacts import ArtifactKind

router = APIRouter(tags=["artifacts"], route_class=GuardedRoute)

_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_ANSWERS = {
    **documented(
        InvalidSignature, ArtifactNotFound, ArtifactExpired, RangeNotSatisfiable, UnsupportedFeature, NotReady
    ),
    200: {"content": _BYTES, "description": "The file, with its own media type"},
    206: {"content": _BYTES, "description": "The part that `Range` asked for"},
    304: {"description": "What `If-None-Match` names is still the same"},
}


class _Pieces(StreamingResponse):
    """An answer that is read from the store as fast as the client takes it, and closes what it reads from."""

    def __init__(self, first: bytes, rest: AsyncGenerator[bytes, None], status: int, headers: dict[str, str]) -> None:
        async def pieces() -> AsyncGenerator[bytes, None]:
            yield first
            async for piece in rest:
                yield piece

        super().__init__(pieces(), status, headers)
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._rest):
            await super().__call__(scope, receive, send)


@router.get("/v1/artifacts")
async def list_artifacts(
    caller: CanRead,
    artifacts: Artifacts,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=1024)] = None,
    type_: Annotated[Literal["image", "mesh"] | None, Query(alias="type", description="Only these.")] = None,
) -> ArtifactList:
    """One's own artifacts, newest first; each with an address that is signed anew."""
    kind = ArtifactKind(type_) if type_ is not None else None
    return await artifacts.list(caller.user_id, limit, cursor, kind)


@router.delete(
    "/v1/artifacts/{artifact_id}",
    status_code=204,
    responses=documented(ArtifactNotFound, ArtifactExpired, NotReady),
)
async def delete_artifact(caller: CanGenerate, artifacts: Artifacts, artifact_id: Annotated[str, Path()]) -> None:
    """Delete an artifact of one's own before its time, for good; addresses that were given out lead nowhere then."""
    await artifacts.remove(caller.user_id, artifact_id)


@router.head("/v1/artifacts/{artifact_id}", response_class=Response, responses=_ANSWERS)
@router.get("/v1/artifacts/{artifact_id}", response_class=Response, responses=_ANSWERS)
async def fetch_artifact(
    request: Request,
    visitor: MayFetch,
    artifacts: Artifacts,
    artifact_id: Annotated[str, Path()],
    format_: Annotated[
        MeshFormat | None, Query(alias="format", description="Converts a mesh; STL knows no colours.")
    ] = None,
    expires: Annotated[str | None, Query(description="Part of a signed address.")] = None,
    signature: Annotated[str | None, Query(description="Part of a signed address.")] = None,
) -> Response:
    """The file. A signed address needs no credential; without a signature it is its owner's alone.

    `Range` (one range), `If-Range` and `If-None-Match` are understood.
    """
    content = await artifacts.content(artifact_id, visitor.user_id if visitor else None, format_)
    last_modified = format_datetime(content.made_at, usegmt=True)
    headers = {
        "content-type": content.media_type,
        "content-disposition": content.disposition,
        # Whatever the bytes are: they run no script, load nothing and take no address of ours along.
        "content-security-policy": "default-src 'none'; sandbox",
        "referrer-policy": "no-referrer",
        "accept-ranges": "bytes",
        "etag": content.etag,
        "last-modified": last_modified,
        "cache-control": "private, no-cache",  # may be kept, but whether it may still be had is asked every time
    }
    asked = request.headers
    if has_it_already(asked.get("if-none-match"), content.etag):
        return Response(status_code=304, headers={name: headers[name] for name in ("etag", "cache-control")})
    if request.method == "HEAD":
        await artifacts.is_there(content)
        return Response(headers={**headers, "content-length": str(content.size)})
    span = None
    if still_the_same(asked.get("if-range"), content.etag, last_modified):
        span = requested_span(asked.get("range"), content.size)
    part = span or Span(0, content.size)
    first, rest = await artifacts.open(content, part)
    headers["content-length"] = str(part.length)
    if span is not None:
        headers["content-range"] = span.content_range(content.size)
    return _Pieces(first, rest, 206 if span is not None else 200, headers)
