"""Requests as their users see them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from pluggably.features.requests.registry import RequestStatus
from pluggably.kit.clock import WireTime


class RequestStatusRead(BaseModel):
    """How far a request is. `queue_position` (1 is next) and `eta_s` (seconds) only while it is queued."""

    request_id: str
    status: RequestStatus
    queue_position: int | None
    eta_s: float | None
    progress_pct: float | None
    model: str | None
    modality: str | None
    created_at: WireTime
    started_at: WireTime | None
    finished_at: WireTime | None
    error: dict[str, Any] | None


class RequestRead(RequestStatusRead):
    """A request with the generate response of a background request that has completed."""

    result: dict[str, Any] | None


class RequestList(BaseModel):
    """One page, newest first."""

    requests: list[RequestStatusRead]
    next_cursor: str | None


class CancelRead(BaseModel):
    """`cancelled` is false for a request that had finished already."""

    request_id: str
    cancelled: bool
    status: RequestStatus


class Accepted(BaseModel):
    """A background request was taken; its result will be at `GET /v1/requests/{request_id}`."""

    request_id: str
    status: Literal["pending", "queued", "running"]
    queue_position: int | None
