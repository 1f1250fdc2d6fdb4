"""The caller's requests: how far they are, their events, their end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pluggably.errors import RequestNotFound
from pluggably.features.artifacts.access import Artifacts
from pluggably.features.generation.events import EVENTS, RequestStatusEvent
from pluggably.features.requests import service
from pluggably.features.requests.event_log import EventLog
from pluggably.features.requests.registry import Requests, TrackedRequest
from pluggably.features.requests.schemas import CancelRead, RequestList, RequestRead, RequestStatusRead
from pluggably.features.usage.recorder import Recorder
from pluggably.features.users.access import CanGenerate, CanRead
from pluggably.kit.connection import ClientGone, EventStream, UntilGone
from pluggably.kit.openapi import documented, event_stream
from pluggably.kit.pagination import MAX_LIMIT
from pluggably.kit.routes import GuardedRoute
from pluggably.kit.sse import DONE, encode_event

router = APIRouter(prefix="/v1/requests", tags=["requests"], route_class=GuardedRoute)


async def _requests(request: Request) -> Requests:
    return cast(Requests, request.app.state.requests)


async def _recorder(request: Request) -> Recorder:
    return cast(Recorder, request.app.state.recorder)


TheRequests = Annotated[Requests, Depends(_requests)]
TheRecorder = Annotated[Recorder, Depends(_recorder)]


@router.get("")
async def list_requests(
    caller: CanRead,
    requests: TheRequests,
    status: Annotated[Literal["active"] | None, Query(description="Only those under way.")] = None,
    limit: Annotated[int | None, Query(ge=1, le=MAX_LIMIT)] = None,
    cursor: str | None = None,
) -> RequestList:
    """The caller's requests under way, and background requests whose result is kept."""
    return await service.listing(requests, caller, active=status == "active", limit=limit, cursor=cursor)


@router.get("/{request_id}", responses=documented(RequestNotFound))
async def get_request(
    request_id: str, caller: CanRead, requests: TheRequests, recorder: TheRecorder, artifacts: Artifacts
) -> RequestRead:
    """A request; a background request that has completed with its result, whose artifacts get new addresses."""
    found = await service.status_of(requests, recorder, caller, request_id)
    return await service.signed_anew(found, artifacts, caller)


@router.get("/{request_id}/status", responses=documented(RequestNotFound))
async def get_request_status(
    request_id: str, caller: CanRead, requests: TheRequests, recorder: TheRecorder
) -> RequestStatusRead:
    """How far a request is."""
    found = await service.status_of(requests, recorder, caller, request_id)
    return RequestStatusRead(**found.model_dump(exclude={"result"}))


@router.post("/{request_id}/cancel", responses=documented(RequestNotFound))
async def cancel_request(
    request_id: str, caller: CanGenerate, requests: TheRequests, recorder: TheRecorder
) -> CancelRead:
    """Stop a request, whether it waits, loads or runs; whoever waits for its answer gets `request_cancelled`."""
    return await service.cancel(requests, recorder, caller, request_id)


@router.get(
    "/{request_id}/events",
    response_class=Response,
    responses={
        200: {"description": "The events", "content": event_stream(*EVENTS, RequestStatusEvent)},
        **documented(RequestNotFound),
    },
)
async def follow_request(
    request_id: str,
    caller: CanRead,
    requests: TheRequests,
    recorder: TheRecorder,
    artifacts: Artifacts,
    last_event_id: Annotated[int | None, Header(ge=0, description="Go on after the event of this number.")] = None,
) -> Response:
    """A background request's events after `Last-Event-ID`, then those to come; of other requests the status.

    Of a background request that another process has run there is the last event alone.
    """
    after = last_event_id or 0
    tracked = requests.find(caller.user_id, request_id)
    if tracked is not None:
        return Followed(tracked, after)
    found = await service.status_of(requests, recorder, caller, request_id)
    kept = await requests.recall(caller.user_id, request_id)
    if kept is not None and (found.error or found.result):
        found = await service.signed_anew(found, artifacts, caller)
        number = kept.last_event or after + 1
        events = service.last_event(found, number) if number > after else DONE
    else:
        status = RequestStatusRead(**found.model_dump(exclude={"result"}))
        events = encode_event("status", status.model_dump(mode="json"), 1) + DONE
    return Response(events, media_type="text/event-stream")


class Followed(Response):
    """Sends the events of a request as they come."""

    media_type = "text/event-stream"

    def __init__(self, tracked: TrackedRequest, after: int) -> None:
        super().__init__()
        self._tracked = tracked
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream = EventStream(send)
        try:
            async with UntilGone(receive, scope):
                log = self._tracked.events
                await stream.follow(self._statuses() if log is None else self._replayed(log))
        except ClientGone:
            pass

    async def _replayed(self, log: EventLog) -> AsyncIterator[bytes]:
        has_all = True
        async for event in log.follow(self._after):
            has_all = False
            yield event
        if has_all and self._tracked.status.is_final:
            yield DONE  # else a client that has seen all would come back for ever

    async def _statuses(self) -> AsyncIterator[bytes]:
        number = 0
        while True:
            number += 1
            status = RequestStatusRead(**service.read(self._tracked).model_dump(exclude={"result"}))
            event = encode_event("status", status.model_dump(mode="json"), number)
            if self._tracked.status.is_final:
                yield event + DONE
                return
            yield event
            await self._tracked.changed()
