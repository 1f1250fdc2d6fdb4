"""The outermost middleware: request ids, body limits, content types, the access log, metrics, the last resort.

Pure ASGI, because it stands in the path of every request and of every streamed chunk.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from pydantic_core import to_json
from starlette._utils import get_route_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pluggably.errors import InternalError, PayloadTooLarge, PluggablyError, UnsupportedMediaType, ValidationFailed
from pluggably.kit import metrics
from pluggably.kit.ids import new_id
from pluggably.kit.logs import REQUEST_ID

log = structlog.get_logger("pluggably.access")

_CLIENT_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}\Z")
_QUIET = frozenset({"/health", "/ready", "/metrics"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class ErrorShape(Protocol):
    """How the clients of a vendor want failures told."""

    id_header: bytes
    """Where they look for the request's id."""

    def status(self, error: PluggablyError) -> int:
        """The HTTP status."""

    def envelope(self, error: PluggablyError, request_id: str) -> dict[str, Any]:
        """The JSON object."""


@dataclass(slots=True)
class RequestFacts:
    """What a request turned out to be: filled in on the way, read by the access log and the metrics."""

    request_id: str
    chosen_by_client: bool
    started: float
    """Seconds on the monotonic clock."""
    model: str = ""
    model_label: str = ""
    """The model as the metrics name it: never a name that only the caller knows."""
    provider: str = ""
    status: int = 0
    """The HTTP status of the answer; 0 until it has begun."""
    error_code: str | None = None
    cancelled: bool = False
    refused: bool = False
    """Whether the caller of a model was turned away before it was asked."""
    prompt: Any = None
    """Only where the operator wants prompts in the logs."""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    """What the answer's head says besides, whoever writes it."""
    shape: ErrorShape | None = None
    """How failures are told; None: in the gateway's own envelope."""


def facts_of(scope: MutableMapping[str, Any]) -> RequestFacts:
    """The facts of the request with this ASGI scope."""
    facts: RequestFacts = scope["state"]["facts"]
    return facts


class Edge:
    """Wraps an ASGI application. `max_body` is in bytes; `shapes` are those of the paths, and of all below them, that
    have an envelope of their own. `forms` are the paths whose bodies are no JSON: they look at that themselves."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_body: int,
        shapes: Mapping[str, ErrorShape] | None = None,
        forms: frozenset[str] = frozenset(),
    ) -> None:
        self._forms = forms
        self._app = app
        self._max_body = max_body
        self._shapes = tuple((shapes or {}).items())
        self._log = log.bind()  # looked up once: a logger that is not bound is made anew for each line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        facts, problem = self._read_head(scope)
        scope.setdefault("state", {})["facts"] = facts
        REQUEST_ID.set(facts.request_id)
        facts.shape = self._shape_of(scope)
        extra = [(b"x-request-id", facts.request_id.encode()), (b"x-content-type-options", b"nosniff")]
        if facts.shape is not None:
            extra.append((facts.shape.id_header, facts.request_id.encode()))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                facts.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *extra, *facts.headers]
            await send(message)

        metrics.ACTIVE.inc()
        try:
            if problem is not None:
                await send_error(problem, scope, send_with_id)
            elif _length_is_unknown(scope):
                await self._app(scope, self._limited(receive), send_with_id)
            else:
                await self._app(scope, receive, send_with_id)
        except PluggablyError as error:
            if facts.status:
                raise
            await send_error(error, scope, send_with_id)
        except Exception:
            log.exception("unhandled", path=scope["path"])
            if facts.status:
                raise  # the answer is under way: the server closes the connection
            await send_error(InternalError("Something went wrong inside the gateway."), scope, send_with_id)
        finally:
            metrics.ACTIVE.dec()
            self._account(scope, facts)

    def _read_head(self, scope: Scope) -> tuple[RequestFacts, PluggablyError | None]:
        client_id = length = content_type = None
        chunked = False
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                client_id = value
            elif name == b"content-length":
                length = value
            elif name == b"content-type":
                content_type = value
            elif name == b"transfer-encoding":
                chunked = True
        chosen = client_id is not None and _CLIENT_ID.match(client_id) is not None
        request_id = client_id.decode() if chosen and client_id is not None else new_id("req")
        facts = RequestFacts(request_id, chosen, time.perf_counter())
        if length is not None and length.isdigit() and (len(length) > 18 or int(length) > self._max_body):
            return facts, self._too_large()
        has_body = chunked or (length is not None and length != b"0")
        wants_json = scope["method"] in _BODY_METHODS and scope["path"] not in self._forms
        if has_body and wants_json and not _is_json(content_type):
            return facts, UnsupportedMediaType("Send the body as JSON, with `Content-Type: application/json`.")
        return facts, None

    def _shape_of(self, scope: Scope) -> ErrorShape | None:
        path = get_route_path(scope)
        for prefix, shape in self._shapes:
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/"):
                return shape
        return None

    def _limited(self, receive: Receive) -> Receive:
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._max_body:
                    raise self._too_large()
            return message

        return limited

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(f"The body is larger than {self._max_body} bytes.")

    def _account(self, scope: Scope, facts: RequestFacts) -> None:
        status = facts.status
        seconds = time.perf_counter() - facts.started
        route = getattr(scope.get("route"), "path", None) or "unmatched"
        outcome = _outcome(facts)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        counter, latency = metrics.request_metrics(route, method, status, facts.model_label, facts.provider, outcome)
        counter.inc()
        latency.observe(seconds)
        if outcome in ("error", "refused"):
            counted = metrics.ERRORS if outcome == "error" else metrics.REFUSALS
            counted.labels(route, facts.error_code or str(status)).inc()
        if route in _QUIET and status < 400:
            return
        event: dict[str, Any] = {
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "ms": round(seconds * 1000, 1),
            "outcome": outcome,
        }
        if facts.model:
            event["model"], event["provider"] = facts.model, facts.provider
        if facts.error_code is not None:
            event["error"] = facts.error_code
        if facts.prompt is not None:
            event["prompt"] = facts.prompt
        self._log.info("request", **event)


def _outcome(facts: RequestFacts) -> str:
    """How a request ended, as the metrics and the log say it.

    Where nobody knows of a model that was chosen, what is wrong with the request (a status below 500) is all that can
    have gone wrong.
    """
    status = facts.status
    if facts.cancelled:
        return "cancelled"
    if facts.refused or (400 <= status < 500 and not facts.model):
        return "refused"
    return "error" if facts.error_code is not None or status >= 400 or not status else "ok"


def _length_is_unknown(scope: Scope) -> bool:
    return any(name == b"transfer-encoding" for name, _ in scope["headers"])


def _is_json(content_type: bytes | None) -> bool:
    if content_type is None:
        return False
    kind = content_type.partition(b";")[0].strip().lower()
    return kind == b"application/json" or (kind.startswith(b"application/") and kind.endswith(b"+json"))


def vendor_status(error: PluggablyError) -> int:
    """On vendor-shaped endpoints an invalid body is 400, as the vendors have it."""
    return 400 if isinstance(error, ValidationFailed) else error.status


def told(error: PluggablyError, facts: RequestFacts) -> tuple[int, dict[str, Any]]:
    """The status and the envelope of a failure, as the client of this request wants them."""
    if facts.shape is not None:
        return facts.shape.status(error), facts.shape.envelope(error, facts.request_id)
    return error.status, error.envelope(facts.request_id)


async def send_error(error: PluggablyError, scope: Scope, send: Send, status: int | None = None) -> None:
    """Answer with the envelope."""
    facts = facts_of(scope)
    facts.error_code = error.code
    own_status, envelope = told(error, facts)
    body = to_json(envelope, fallback=str)
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in error.headers().items()]
    headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if isinstance(error, PayloadTooLarge):
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status or own_status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
