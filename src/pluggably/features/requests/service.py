"""Finds a user's requests: under way, kept, or finished and in the accounts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from pluggably.errors import ArtifactExpired, ArtifactNotFound, RequestNotFound, ValidationFailed
from pluggably.features.artifacts.service import ArtifactService
from pluggably.features.requests.registry import Key, Requests, RequestStatus, TrackedRequest
from pluggably.features.requests.schemas import CancelRead, RequestList, RequestRead, RequestStatusRead
from pluggably.features.usage.recorder import REFUSED, FinishedRequest, Recorder
from pluggably.features.users.authentication import Caller
from pluggably.kit.clock import iso
from pluggably.kit.pagination import DEFAULT_LIMIT, decode_cursor, encode_cursor
from pluggably.kit.sse import DONE, encode_event

CANCEL_WAIT_S = 5.0
"""How long a cancel waits for the request to have stopped before it answers."""


async def status_of(requests: Requests, recorder: Recorder, caller: Caller, request_id: str) -> RequestRead:
    """The request with its result. Raises `RequestNotFound`, also for other users' requests."""
    tracked = await requests.recall(caller.user_id, request_id)
    if tracked is not None:
        return read(tracked)
    finished = await recorder.find(caller.user_id, request_id)
    if finished is None:
        raise not_found(request_id)
    return read_finished(finished)


async def signed_anew(found: RequestRead, artifacts: ArtifactService, caller: Caller) -> RequestRead:
    """The request with new addresses of its artifacts; an artifact that is gone keeps its old one."""
    output = (found.result or {}).get("output") or {}
    if not output.get("artifacts"):
        return found
    signed = []
    for artifact in output["artifacts"]:
        try:
            fresh = await artifacts.read(caller.user_id, artifact["id"])
        except (ArtifactExpired, ArtifactNotFound):
            signed.append(artifact)
        else:
            signed.append(fresh.model_dump(mode="json"))
    result = {**(found.result or {}), "output": {**output, "artifacts": signed}}
    return found.model_copy(update={"result": result})


async def cancel(requests: Requests, recorder: Recorder, caller: Caller, request_id: str) -> CancelRead:
    """Stop a request and wait until it has stopped. Raises `RequestNotFound`."""
    tracked = requests.find(caller.user_id, request_id)
    if tracked is None:
        finished = await status_of(requests, recorder, caller, request_id)
        return CancelRead(request_id=request_id, cancelled=False, status=finished.status)
    if not tracked.cancel():
        return CancelRead(request_id=request_id, cancelled=False, status=tracked.status)
    try:
        async with asyncio.timeout(CANCEL_WAIT_S):
            while not tracked.status.is_final:
                await tracked.changed()
    except TimeoutError:
        pass  # it was told to stop, and will
    stopped = not tracked.status.is_final or tracked.status is RequestStatus.CANCELLED
    status = RequestStatus.CANCELLED if stopped else tracked.status
    return CancelRead(request_id=request_id, cancelled=stopped, status=status)


async def listing(
    requests: Requests, caller: Caller, *, active: bool, limit: int | None, cursor: str | None
) -> RequestList:
    """The caller's requests that are under way or kept, newest first. Raises `ValidationFailed` for a bad cursor."""
    size = limit or DEFAULT_LIMIT
    before = _key_in(cursor) if cursor is not None else None
    found = await requests.page(caller.user_id, active=active, before=before, limit=size + 1)
    page = found[:size]
    following = encode_cursor(iso(page[-1].created_at), page[-1].id) if len(found) > size else None
    return RequestList(
        requests=[RequestStatusRead(**read(item).model_dump(exclude={"result"})) for item in page],
        next_cursor=following,
    )


def _key_in(cursor: str) -> Key:
    created_at, request_id = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(str(created_at)).astimezone(UTC), str(request_id)
    except (ValueError, OverflowError):
        raise ValidationFailed.of("cursor", "is not a cursor that a list gave", "invalid_cursor") from None


def read(tracked: TrackedRequest) -> RequestRead:
    """What a user sees of a request that is under way or kept."""
    return RequestRead(
        request_id=tracked.id,
        status=tracked.status,
        queue_position=tracked.queue_position,
        eta_s=tracked.eta_s,
        progress_pct=tracked.progress_pct,
        model=tracked.model,
        modality=tracked.modality,
        created_at=tracked.created_at,
        started_at=tracked.started_at,
        finished_at=tracked.finished_at,
        error=tracked.error,
        result=tracked.result,
    )


def read_finished(finished: FinishedRequest) -> RequestRead:
    """What the accounts still know of a request: no result, and of an error the code alone."""
    return RequestRead(
        request_id=finished.id,
        status=RequestStatus.FAILED if finished.status == REFUSED else RequestStatus(finished.status),
        queue_position=None,
        eta_s=None,
        progress_pct=None,
        model=finished.model,
        modality=finished.modality,
        created_at=finished.created_at,
        started_at=_started(finished),
        finished_at=finished.finished_at,
        error={"code": finished.error_code} if finished.error_code else None,
        result=None,
    )


def _started(finished: FinishedRequest) -> datetime | None:
    return None if finished.status == "cancelled" and not finished.first_output_ms else finished.created_at


def last_event(found: RequestRead, number: int) -> bytes:
    """How a finished background request's stream ended: `output` or `error`, then `[DONE]`."""
    if found.error is not None:
        return encode_event("error", {"error": found.error}, number) + DONE
    return encode_event("output", found.result, number) + DONE


def not_found(request_id: str) -> RequestNotFound:
    """The error for a request that this user does not have."""
    return RequestNotFound(f"No request {request_id[:64]!r}.", param="request_id")
