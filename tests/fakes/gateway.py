"""A server on loopback that speaks the gateway's wire format, for what a healthy gateway does not do on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

SELECTION = {
    "selected_model": "tiny",
    "selected_provider": "local",
    "requested": "auto",
    "reason": "default_for_modality",
    "fallback_used": False,
    "fallback_reason": None,
    "attempts": [],
}
RESPONSE: dict[str, Any] = {
    "request_id": "req_1",
    "model": "tiny",
    "provider": "local",
    "modality": "text",
    "session_id": None,
    "state_tokens": None,
    "selection": SELECTION,
    "credits_status": None,
    "output": {
        "text": "Good day.",
        "reasoning": None,
        "tool_calls": None,
        "images": None,
        "mesh": None,
        "artifacts": None,
    },
    "finish_reason": "stop",
    "usage": {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6, "cost_usd": None},
    "timing": {"queue_ms": 0, "load_ms": 0, "first_output_ms": 41, "total_ms": 420},
    "warnings": [],
}


def envelope(code: str, message: str, **fields: Any) -> dict[str, Any]:
    """The body of an error."""
    error = {"code": code, "type": "some_error", "message": message, "param": None, "details": None}
    return {"error": {**error, "request_id": "req_1", "retry_after": None, **fields}}


@dataclass(frozen=True)
class Answer:
    """One answer: `body` is JSON unless it is bytes."""

    body: Any
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stream:
    """An answer of events `(name, data)` or raw bytes; afterwards the end, a broken connection, or silence."""

    pieces: tuple[tuple[str, Any] | bytes, ...]
    then: str = "done"
    """`done`, `end` (without `[DONE]`), `break` or `stall`."""
    chunk: int | None = None
    """Send in chunks of this many bytes."""
    first: int = 1
    """The number of the first event."""


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    method: str
    path: str
    """As it was sent, percent-encoded, without the query."""
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Gateway:
    """Answers by method and path; several under one key are used up, the last one stays."""

    url: str = ""
    answers: dict[str, list[Answer | Stream]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """A client went away in the middle of a stream."""

    def on(self, what: str, *answers: Answer | Stream) -> None:
        """Answer `GET /path` with these."""
        self.answers[what] = list(answers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        text = "" if request.content_type.startswith("multipart/") else await request.text()
        form = {
            name: part if isinstance(part, str) else part.file.read() for name, part in (await request.post()).items()
        }
        self.requests.append(
            Request(
                request.method,
                path,
                dict(request.query),
                {name.lower(): value for name, value in request.headers.items()},
                json.loads(text) if text else form or None,
            )
        )
        waiting = self.answers.get(f"{request.method} {path}")
        if waiting is None:
            return web.json_response(envelope("not_found", f"Nothing is at {path}."), status=404)
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, Stream):
            return await self._stream(request, answer)
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        return web.Response(body=body, status=answer.status, content_type=answer.content_type, headers=answer.headers)

    async def _stream(self, request: web.Request, stream: Stream) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        data = b""
        for number, piece in enumerate(stream.pieces, stream.first):
            if isinstance(piece, bytes):
                data += piece
            else:
                name, body = piece
                text = json.dumps(body, ensure_ascii=False)
                data += f"event: {name}\nid: {number}\ndata: {text}\n\n".encode()
        if stream.then == "done":
            data += b"data: [DONE]\n\n"
        step = stream.chunk or len(data)
        try:
            for start in range(0, len(data), step):
                await response.write(data[start : start + step])
                await asyncio.sleep(0)
            if stream.then == "break":
                assert request.transport is not None
                request.transport.abort()
            elif stream.then == "stall":
                while True:
                    await asyncio.sleep(0.02)
                    await response.write(b": keep-alive\n\n")
        except (ConnectionError, asyncio.CancelledError):
            self.left.set()
            raise
        return response


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    """A running fake gateway that knows nothing but what it is told."""
    fake = Gateway()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield fake
    finally:
        await runner.cleanup()
