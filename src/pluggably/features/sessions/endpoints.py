"""The caller's sessions."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response, StreamingResponse

from pluggably.errors import NotReady, SessionNotFound
from pluggably.features.sessions import export
from pluggably.features.sessions.export import MEDIA_TYPES, ExportFormat
from pluggably.features.sessions.schemas import SessionBody, SessionDetail, SessionList, SessionRead
from pluggably.features.sessions.service import SessionService
from pluggably.features.users.access import CanGenerate, CanRead
from pluggably.kit.openapi import documented
from pluggably.kit.pagination import DEFAULT_LIMIT, MAX_LIMIT
from pluggably.kit.routes import GuardedRoute
from pluggably.tables.sessions import SessionStatus

router = APIRouter(prefix="/v1/sessions", tags=["sessions"], route_class=GuardedRoute)


async def _service(request: Request) -> SessionService:
    return cast(SessionService, request.app.state.sessions)


Sessions = Annotated[SessionService, Depends(_service)]
Limit = Annotated[int | None, Query(ge=1, le=MAX_LIMIT)]
_GONE = documented(SessionNotFound)


@router.post("", status_code=201)
async def create_session(caller: CanGenerate, sessions: Sessions, body: SessionBody | None = None) -> SessionRead:
    """Begin a session."""
    return await sessions.create(caller.user_id, body or SessionBody())


@router.get("")
async def list_sessions(
    caller: CanRead,
    sessions: Sessions,
    status: SessionStatus | None = None,
    q: Annotated[str | None, Query(max_length=200, description="Part of the title.")] = None,
    limit: Limit = None,
    cursor: str | None = None,
) -> SessionList:
    """The caller's sessions, those used last first; closed ones too."""
    return await sessions.list(caller.user_id, status=status, search=q, limit=limit or DEFAULT_LIMIT, cursor=cursor)


@router.get("/{session_id}", responses=_GONE)
async def get_session(
    session_id: str, caller: CanRead, sessions: Sessions, limit: Limit = None, cursor: str | None = None
) -> SessionDetail:
    """A session with its newest messages; `cursor` leads to older ones. Each page is in order."""
    return await sessions.read(caller.user_id, session_id, limit=limit or DEFAULT_LIMIT, cursor=cursor)


@router.put("/{session_id}", responses=_GONE)
async def put_session(session_id: str, body: SessionBody, caller: CanGenerate, sessions: Sessions) -> SessionRead:
    """Change a session: what the body leaves out stays as it is."""
    return await sessions.change(caller.user_id, session_id, body)


@router.patch("/{session_id}", responses=_GONE)
async def patch_session(session_id: str, body: SessionBody, caller: CanGenerate, sessions: Sessions) -> SessionRead:
    """Change a session: what the body leaves out stays as it is."""
    return await sessions.change(caller.user_id, session_id, body)


@router.delete(
    "/{session_id}",
    response_model=SessionRead,
    responses={**documented(SessionNotFound, NotReady), 204: {"description": "Erased, with `purge=true`"}},
)
async def close_session(
    session_id: str,
    caller: CanGenerate,
    sessions: Sessions,
    purge: Annotated[bool, Query(description="Erase it, with its messages and what was made in it.")] = False,
) -> SessionRead | Response:
    """Close a session. It can be read and exported, but nothing is generated in it any more."""
    if purge:
        await sessions.purge(caller.user_id, session_id)
        return Response(status_code=204)
    return await sessions.close(caller.user_id, session_id)


@router.post("/{session_id}/reset", responses=_GONE)
async def reset_session(session_id: str, caller: CanGenerate, sessions: Sessions) -> SessionRead:
    """Forget a session's messages and its state tokens."""
    return await sessions.reset(caller.user_id, session_id)


@router.get(
    "/{session_id}/export",
    response_class=StreamingResponse,
    responses={
        **_GONE,
        200: {
            "description": "The file",
            "content": {
                media_type.partition(";")[0]: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()
            },
        },
    },
)
async def export_session(
    session_id: str, caller: CanRead, sessions: Sessions, format: ExportFormat = "json"
) -> StreamingResponse:
    """A session as a file: JSON with everything, or Markdown to read."""
    session = await sessions.read(caller.user_id, session_id, limit=1, cursor=None)
    write = export.as_json if format == "json" else export.as_markdown
    return StreamingResponse(
        write(sessions, caller.user_id, session),
        media_type=MEDIA_TYPES[format],
        headers={"content-disposition": f'attachment; filename="{export.filename(session, format)}"'},
    )
