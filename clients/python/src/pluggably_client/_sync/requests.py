"""Generated from `_async/requests.py` by `python -m scripts.generate`; not to be edited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, cast

from pluggably_client import _operations as ops
from pluggably_client import _wire
from pluggably_client._sync.connection import Connection
from pluggably_client._sync.pages import LIMIT, each
from pluggably_client._sync.streams import Stream, watched

if TYPE_CHECKING:
    from pluggably_client.events import StreamEvent
    from pluggably_client.models import (
        Accepted,
        CancelRead,
        GenerateResponse,
        RequestList,
        RequestRead,
        RequestStatusRead,
    )


class RequestCalls(Connection):
    """What was asked before, and how far it is."""

    def list_requests(
        self, *, status: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> RequestList:
        """One's own requests, newest first; `status="active"` leaves out those that have ended."""
        return self._send(ops.list_requests, query={"status": status, "limit": limit, "cursor": cursor})

    def iter_requests(self, *, status: str | None = None) -> Iterator[RequestStatusRead]:
        """All of them, page by page."""
        return each(
            lambda cursor: self.list_requests(status=status, limit=LIMIT, cursor=cursor), lambda page: page.requests
        )

    def get_request_status(self, request_id: str) -> RequestStatusRead:
        """How far a request is."""
        return self._send(ops.get_request_status, {"request_id": request_id})

    def get_request(self, request_id: str) -> RequestRead:
        """How far a request is and, of one in the background that has completed, its result."""
        return self._send(ops.get_request, {"request_id": request_id})

    def cancel_request(self, request_id: str) -> CancelRead:
        """Cancel a request; `cancelled` is false for one that had ended already."""
        return self._send(ops.cancel_request, {"request_id": request_id})

    def watch_request(self, request_id: str, *, after: int | None = None) -> Stream:
        """A request's events, from its beginning or from the one after the number `after`, and on until its end.
        A connection that breaks is made again; closing this stream cancels nothing."""
        call = _wire.call(ops.follow_request, {"request_id": request_id})
        return Stream(watched(self, call, after))


class BackgroundRequest:
    """A request that goes on without its client."""

    def __init__(self, client: RequestCalls, accepted: Accepted) -> None:
        self._client = client
        self.accepted = accepted
        self.id = accepted.request_id

    def status(self) -> RequestStatusRead:
        """How far it is."""
        return self._client.get_request_status(self.id)

    def cancel(self) -> CancelRead:
        """Cancel it."""
        return self._client.cancel_request(self.id)

    def events(self) -> Stream:
        """Its events from the beginning; closing them cancels nothing."""
        return self._client.watch_request(self.id)

    def wait(self, on_progress: Callable[[StreamEvent], object] | None = None) -> GenerateResponse:
        """Its answer; `on_progress` is told each event on the way. Raises the error that ended it."""
        with closing(self.events()) as events:
            for event in events:
                if on_progress is not None:
                    on_progress(event)
            if events.response is not None:
                return events.response
        return self.result()

    def result(self) -> GenerateResponse:
        """The answer of a request that has completed. Raises `PluggablyAPIError` where there is none."""
        found = self._client.get_request(self.id)
        if found.result is None:
            nothing = {"code": "no_result", "message": f"The request is {found.status} and has no result."}
            raise _wire.api_error({"error": found.error or nothing})
        return cast("GenerateResponse", _wire.validated("GenerateResponse", found.result))
