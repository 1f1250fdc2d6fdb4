"""The mock vendor behind every gateway: answers OpenAI chat completions as cheaply as Python can.

A call carries its wishes in the text of its last message, because gateways pass that on unread:
`bench-0123456789` is its id, which every answer and every chunk repeats (a mixed-up reply shows), and
`pace=20` spaces the chunks of a stream by so many milliseconds (0: as fast as possible).

Run it by itself: `python -m benchmarks.upstream PORT`.
"""

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any, cast

import httptools
import uvloop

CHUNKS = 64
"""Chunks with text in one stream. The role, the finish, the usage and `[DONE]` come on top."""

ANSWER = (
    "A gateway reads a request, checks who asks, chooses where it goes, and hands the answer back unchanged. "
    "What it adds should be too small to notice: a little time, a little memory, and a line in the accounts. "
) * 3
"""The text of a plain answer, about 600 characters without one that JSON would escape."""

CALL_ID = re.compile(rb"bench-\d{10}")
_PACE = re.compile(rb"pace=(\d+)")
_STREAM = re.compile(rb'"stream":\s*true')
_USAGE = re.compile(rb'"include_usage":\s*true')

_SHARED = {"created": 1790000000, "model": "gpt-4o-mini-2024-07-18", "service_tier": "default"}
_PRINT = {"system_fingerprint": "fp_0123456789"}
_TOKENS = {
    "prompt_tokens": 32,
    "completion_tokens": CHUNKS,
    "total_tokens": 32 + CHUNKS,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}
_HERE = b"bench-0000000000"


def _completion() -> bytes:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": f"{_HERE.decode()} {ANSWER}",
        "refusal": None,
        "annotations": [],
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    body = {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        **_SHARED,
        "choices": [choice],
        "usage": _TOKENS,
    }
    return json.dumps({**body, **_PRINT}).encode()


def _event(delta: dict[str, object] | None, finish: str | None = None, usage: object = None) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
    body = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        **_SHARED,
        **_PRINT,
        "choices": choices,
    }
    data = json.dumps({**body, "usage": usage}, separators=(",", ":"))
    return _framed(f"data: {data}\n\n".encode())


def _framed(data: bytes) -> bytes:
    """One chunk of `Transfer-Encoding: chunked`."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _reply(body: bytes, status: bytes = b"200 OK") -> bytes:
    head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\ncontent-length: %d\r\n\r\n"
    return head % (status, len(body)) + body


_COMPLETION = _reply(_completion())
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    b"x-request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n"
)
_OPENING = _event({"role": "assistant", "content": "", "refusal": None})
_TEXTS = [_event({"content": f"{_HERE.decode()}#{index:02d} "}) for index in range(CHUNKS)]
_FINISH = _event({}, finish="stop")
_USAGE_EVENT = _event(None, usage=_TOKENS)
_DONE = _framed(b"data: [DONE]\n\n") + b"0\r\n\r\n"
_MODELS = _reply(b'{"object":"list","data":[{"id":"gpt-4o-mini","object":"model","created":1,"owned_by":"mock"}]}')
_NOT_FOUND = _reply(b'{"error":{"message":"no such path","type":"invalid_request_error"}}', b"404 Not Found")


class Upstream(asyncio.Protocol):
    """One connection of a gateway. Calls are answered in the order in which they come."""

    def __init__(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.loop = asyncio.get_running_loop()
        self.url = self.body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its bases

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.abort()

    def on_url(self, url: bytes) -> None:
        self.url, self.body = url, b""

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        if not self.url.endswith(b"/chat/completions"):
            self.transport.write(_MODELS if self.url.endswith(b"/models") else _NOT_FOUND)
            return
        call = CALL_ID.search(self.body)
        call_id = call[0] if call else _HERE
        if not _STREAM.search(self.body):
            self.transport.write(_COMPLETION.replace(_HERE, call_id))
            return
        pace = _PACE.search(self.body)
        self.transport.write(_STREAM_HEAD + _OPENING)
        events = iter(self._events(call_id, bool(_USAGE.search(self.body))))
        self._next(events, self.loop.time(), int(pace[1]) / 1000 if pace else 0.0)

    def _events(self, call_id: bytes, usage: bool) -> Iterator[bytes]:
        for text in _TEXTS:
            yield text.replace(_HERE, call_id)
        yield _FINISH + (_USAGE_EVENT if usage else b"") + _DONE

    def _next(self, events: Iterator[bytes], due: float, pace_s: float) -> None:
        """Write one event and arrange for the next, `pace_s` seconds after this one was due."""
        if self.transport.is_closing() or (event := next(events, None)) is None:
            return
        self.transport.write(event)
        following = partial(self._next, events, due + pace_s, pace_s)
        if pace_s:
            self.loop.call_at(due + pace_s, following)
        else:
            self.loop.call_soon(following)  # a write of its own for each chunk, streams taking turns


async def serve(port: int) -> None:
    """Answer on the loopback address until killed."""
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
