"""A real server on loopback that speaks OpenAI's chat completions, and does everything wrong that servers do.

What it does is chosen by the model's name, `BEHAVIOUR` or `BEHAVIOUR:ARGUMENT` (see `_Answer`); the header `x-fake`
says the same for callers that may not choose the model. It writes HTTP/1.1 by hand, so that every byte and every
close is its own. Source of the format: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"
PIECES = ("Hel", "lo", ", ", "wörld", "!")
TEXT = "".join(PIECES)
USAGE = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
MODELS = ("gpt-test", "gpt-other")


def _error(message: str, type_: str, code: str | int | None = None, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": type_, "param": param, "code": code}}


ERRORS: dict[str, tuple[int, dict[str, str], Any]] = {
    "401": (401, {}, _error("Incorrect API key provided: {key}.", "invalid_request_error", "invalid_api_key")),
    "402": (402, {}, _error("Insufficient Balance", "unknown_error", "invalid_request_error")),
    "403": (403, {}, _error("Country, region, or territory not supported", "request_forbidden")),
    "404": (404, {}, _error("The model `x` does not exist", "invalid_request_error", "model_not_found", "model")),
    "404-path": (404, {}, {"detail": "Not Found"}),
    "408": (408, {}, _error("Request timed out", "timeout")),
    "413": (413, {}, _error("Request too large", "invalid_request_error")),
    "400": (400, {}, _error("Invalid 'temperature'", "invalid_request_error", "decimal_above_max", "temperature")),
    "400-context": (
        400, {}, _error("This model's maximum context length is 8192 tokens.", "invalid_request_error",
                        "context_length_exceeded", "messages"),
    ),
    "400-refused": (400, {}, _error("Rejected by the safety system", "image_error", "content_policy_violation")),
    "400-key": (400, {}, _error("The key {key} may not do this", "invalid_request_error", None, "key {key}")),
    "422": (422, {}, {"detail": [{"loc": ["body", "messages"], "msg": "field required"}]}),
    "429": (429, {"retry-after": "7"}, _error("Rate limit reached", "requests", "rate_limit_exceeded")),
    "429-date": (429, {"retry-after": "{in_20_s}"}, _error("Rate limit reached", "requests", "rate_limit_exceeded")),
    "429-quota": (429, {}, _error("You exceeded your current quota", "insufficient_quota", "insufficient_quota")),
    "500": (500, {}, _error("The server had an error", "server_error")),
    "500-html": (500, {"content-type": "text/html"}, "<h1>Internal Server Error</h1>"),
    "503": (503, {"retry-after": "3"}, _error("The engine is overloaded", "server_error")),
    "503-ms": (503, {"retry-after-ms": "800"}, _error("The engine is overloaded", "server_error")),
    "504": (504, {}, "upstream timed out"),
    "529": (529, {}, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
}  # fmt: skip


@dataclass
class Recorded:
    """A request as it came; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int
    left: bool = False
    """Whether the client closed the connection before its answer was complete."""
    answered: bool = False
    sent: int = 0
    """Bytes of its answer's stream so far."""

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


def _embeddings(asked: dict[str, Any]) -> tuple[int, Any]:
    """A vector of (place, length of the text, 0.5, …) for each text, in an order of its own, as numbers."""
    if asked["model"] == "broken":
        return 200, {"object": "list", "data": [{"index": 0, "embedding": "%"}]}
    size = asked.get("dimensions", 3)
    data = [
        {"object": "embedding", "index": place, "embedding": [place, len(text), *[0.5] * (size - 2)]}
        for place, text in enumerate(asked["input"])
    ]
    usage = {"prompt_tokens": 7, "total_tokens": 7}
    return 200, {"object": "list", "data": data[::-1], "model": asked["model"], "usage": usage}


@dataclass
class OpenAIServer:
    """`async with OpenAIServer() as server:`"""

    redirect_to: str = ""
    idle_close_s: float | None = None
    """A kept connection is closed after this many seconds without a request."""
    cut: Callable[[bytes], Iterable[bytes]] | None = None
    """Cuts a stream into the pieces in which it is sent; none: event by event."""
    models: Any = field(default_factory=lambda: {"object": "list", "data": [model_row(name) for name in MODELS]})
    mood: Callable[[], str] | None = None
    """Chooses what is done for each chat, in place of the model's name."""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """The status and the body of what is asked for by GET, by the path after the base URL."""
    requests: list[Recorded] = field(default_factory=list)
    connections: int = 0
    """How many were opened so far."""

    async def __aenter__(self) -> OpenAIServer:
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        host, port = self._server.sockets[0].getsockname()
        self.root = f"http://{host}:{port}"
        self.base_url = f"{self.root}/v1"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._open:
            writer.close()
        await asyncio.sleep(0)

    @property
    def open_connections(self) -> int:
        """How many are open now."""
        return len(self._open)

    @property
    def chats(self) -> list[Recorded]:
        """The requests for chat completions."""
        return [request for request in self.requests if request.path.endswith("/chat/completions")]

    def close_idle(self) -> None:
        """Close every connection without a word."""
        for writer in self._open:
            writer.close()

    async def until(self, condition: Callable[[], bool], within_s: float = 5) -> None:
        """Wait until a condition on what was recorded holds. Raises `TimeoutError`."""
        async with asyncio.timeout(within_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def note(self) -> None:
        """Something was recorded."""
        self._changed.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self._open.add(writer)
        self.note()
        number = self.connections
        try:
            early = b""
            while (request := await self._read(reader, number, early)) is not None:
                self.requests.append(request)
                self.note()
                answer = _Answer(self, request, reader, writer)
                keep = await answer.write()
                early = answer.early
                request.answered = not request.left
                self.note()
                if not keep:
                    break
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self._open.discard(writer)
            writer.close()
            self.note()

    async def _read(self, reader: asyncio.StreamReader, number: int, early: bytes) -> Recorded | None:
        try:
            async with asyncio.timeout(self.idle_close_s):
                head = early + await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, TimeoutError):
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return Recorded(method, path, headers, body, number)


def model_row(name: str, **more: Any) -> dict[str, Any]:
    """A model in OpenAI's list."""
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "fake", **more}


def chunk(delta: dict[str, Any], *, index: int = 0, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """A `chat.completion.chunk`."""
    choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {**_head("chat.completion.chunk"), "choices": [choice], **more}


def _head(kind: str) -> dict[str, Any]:
    return {
        "id": "chatcmpl-fake",
        "object": kind,
        "created": 1_700_000_000,
        "model": "gpt-test",
        "system_fingerprint": "fp",
    }


def event(data: Any) -> bytes:
    """A server-sent event."""
    return b"data: " + (data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)).encode() + b"\n\n"


class _Gone(Exception):
    """The client has left."""


class _Answer:
    """Answers one request."""

    def __init__(
        self, server: OpenAIServer, request: Recorded, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._request = request
        self._reader = reader
        self._writer = writer
        self._started = False
        self._usage: dict[str, Any] = USAGE
        self.early = b""
        """The next request's first byte, where it came before this answer was over."""

    async def write(self) -> bool:
        """Answer; whether the connection can be kept."""
        self._gone = asyncio.create_task(self._reader.read(1))
        try:
            return await self._write()
        except (_Gone, ConnectionError):
            self._request.left = True
            return False
        finally:
            self._gone.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                self.early = await self._gone

    async def _write(self) -> bool:
        request = self._request
        if request.method == "GET" and request.path.endswith("/models"):
            await self._whole(200, self._server.models)
            return True
        if request.method == "GET" and (told := self._server.answers.get(request.path.removeprefix("/v1"))):
            await self._whole(*told)
            return True
        if request.path.endswith("/embeddings"):
            await self._whole(*_embeddings(request.json))
            return True
        if not request.path.endswith("/completions"):
            await self._whole(404, {"detail": "Not Found"})
            return True
        body = request.json
        raw = not request.path.endswith("/chat/completions")
        self._asked = body
        wanted = request.headers.get("x-fake", body.get("model", ""))
        name, _, argument = (self._server.mood() if self._server.mood is not None else wanted).partition(":")
        behaviour = getattr(self, f"_do_{name.replace('-', '_')}", None)
        if behaviour is not None:
            return bool(await behaviour(argument))
        return await (self._go_on() if raw else self._answer(list(PIECES)))

    async def _go_on(self) -> bool:
        """Each raw text, for each choice, goes on with the pieces and the choice's number; `echo` repeats it."""
        asked, events = self._asked, []
        prompts = asked["prompt"] if isinstance(asked["prompt"], list) else [asked["prompt"]]
        prompts = [prompt for prompt in prompts for _ in range(asked.get("n", 1))]
        for index, prompt in enumerate(prompts):
            pieces = [*([prompt] if asked.get("echo") else []), *PIECES, str(index)]
            for place, piece in enumerate(pieces):
                logprobs = None
                if "logprobs" in asked:
                    first = place == 0 and bool(asked.get("echo"))
                    likely = {piece: -0.5, "other": -1.5}
                    logprobs = {
                        "tokens": [piece],
                        "token_logprobs": [None if first else -0.5],
                        "top_logprobs": [None if first else likely],
                        "text_offset": [0],
                    }
                choice = {"text": piece, "index": index, "logprobs": logprobs, "finish_reason": None}
                events.append(event({**_head("text_completion"), "choices": [choice]}))
            end = {"text": "", "index": index, "logprobs": None, "finish_reason": "length"}
            events.append(event({**_head("text_completion"), "choices": [end]}))
        usage = {**_head("text_completion"), "choices": [], "usage": USAGE}
        return await self._stream([*events, event(usage), event("[DONE]")])

    # Each `_do_NAME` is a behaviour; it returns whether the connection can be kept.
    async def _do_echo(self, argument: str) -> bool:
        """The last message's content, after `argument` seconds."""
        await self._pause(float(argument or 0))
        return await self._answer([self._asked["messages"][-1]["content"]])

    async def _do_slow(self, argument: str) -> bool:
        """`argument` seconds until the first byte of the head."""
        await self._pause(float(argument))
        return await self._answer(list(PIECES))

    async def _do_slow_first(self, argument: str) -> bool:
        """The head at once, the first piece after `argument` seconds."""
        await self._start()
        await self._pause(float(argument))
        return await self._answer(list(PIECES))

    async def _do_paced(self, argument: str) -> bool:
        """The pieces with `argument` seconds between them, ten times over."""
        return await self._stream(self._events(list(PIECES) * 10), pace_s=float(argument))

    async def _do_words(self, argument: str) -> bool:
        """`COUNT:SECONDS`: so many words of Markdown with that much time between them."""
        count, _, pace = argument.partition(":")
        line = ["Some", "**words**", "of", "an", "answer,", "and", "`code`", "between", "them.\n\n"]
        pieces = [f"{line[place % len(line)]} ".replace("\n ", "\n") for place in range(int(count))]
        return await self._stream(self._events(pieces), pace_s=float(pace))

    async def _do_stall(self, argument: str) -> bool:
        """Some pieces, then nothing for `argument` seconds (none: for ever)."""
        for piece in ("Hel", "lo"):
            await self._piece(event(chunk({"content": piece})))
        await self._pause(float(argument or 3600))
        return await self._stream(self._events([", wörld!"]))

    async def _do_endless(self, _argument: str) -> bool:
        """Pieces as fast as they are taken, for ever."""
        while True:
            await self._piece(event(chunk({"content": "x" * 1000})))

    async def _do_error(self, argument: str) -> bool:
        """An answer of `ERRORS`."""
        status, headers, body = ERRORS[argument]
        await self._whole(status, self._filled(body), {name: self._filled(value) for name, value in headers.items()})
        return True

    async def _do_late_error(self, argument: str) -> bool:
        """`SECONDS:NAME`: an answer of `ERRORS` after some time."""
        seconds, _, name = argument.partition(":")
        await self._pause(float(seconds))
        return await self._do_error(name)

    async def _do_stream_error(self, argument: str) -> bool:
        """Two pieces, then an `error` object: `argument` is its code."""
        code: str | int = int(argument) if argument.isdecimal() else argument
        body = self._filled(_error("Broken with {key}", "server_error", code or None))
        return await self._stream(
            [event(chunk({"role": "assistant", "content": "Hel"})), event(chunk({"content": "lo"})), event(body)]
        )

    async def _do_raw_error(self, argument: str) -> bool:
        """Raw text goes on with one piece, then an `error` object: `argument` is its code."""
        choice = {"text": "Hel", "index": 0, "logprobs": None, "finish_reason": None}
        body = self._filled(_error("Broken with {key}", "server_error", int(argument)))
        return await self._stream([event({**_head("text_completion"), "choices": [choice]}), event(body)])

    async def _do_error_beside_choices(self, _argument: str) -> bool:
        """OpenRouter's form of an error inside a stream."""
        failed = chunk({"content": ""}, finish="error", error={"code": 429, "message": "slow down"})
        return await self._stream([event(chunk({"content": "Hel"})), event(failed), event("[DONE]")])

    async def _do_comments(self, _argument: str) -> bool:
        """Comments and keep-alives between the events."""
        events: list[bytes] = []
        for item in self._events(list(PIECES)):
            events += [b": OPENROUTER PROCESSING\n\n", b":\n", item]
        return await self._stream(events)

    async def _do_cached(self, argument: str) -> bool:
        """`argument` tokens of the prompt were in the vendor's cache, and one of the answer's was a thought."""
        self._usage = {
            **USAGE,
            "prompt_tokens_details": {"cached_tokens": int(argument), "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 1, "audio_tokens": 0},
        }
        return await self._answer(list(PIECES))

    async def _do_unknown_events(self, _argument: str) -> bool:
        """Events, fields and objects that nobody documented."""
        strange = [
            b'event: ping\ndata: {"type": "ping"}\n\n',
            b"retry: 1000\nid: 7\n\n",
            b"data\n\n",
            event({"object": "chat.completion.note", "choices": None}),
            event(chunk({})),
        ]
        return await self._stream([*strange, *self._events(list(PIECES))])

    async def _do_crlf(self, _argument: str) -> bool:
        """The lines end in CR LF."""
        return await self._stream([item.replace(b"\n", b"\r\n") for item in self._events(list(PIECES))])

    async def _do_reasoning(self, _argument: str) -> bool:
        """Thoughts before the answer."""
        if not self._asked.get("stream"):
            return await self._message({"content": TEXT, "reasoning_content": "Let me think."})
        thoughts = [event(chunk({"reasoning_content": piece, "content": None})) for piece in ("Let me ", "think.")]
        return await self._stream([*thoughts, *self._events(list(PIECES))])

    async def _do_tools(self, _argument: str) -> bool:
        """Two tool calls, their arguments in pieces."""
        calls = [
            {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Zürich"}'}},
            {"id": "call_2", "type": "function", "function": {"name": "time", "arguments": "{}"}},
        ]
        if not self._asked.get("stream"):
            return await self._message({"content": None, "tool_calls": calls}, finish="tool_calls")
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": None}]
        for index, call in enumerate(calls):
            function: Any = call["function"]
            deltas.append(
                {"tool_calls": [{**call, "index": index, "function": {"name": function["name"], "arguments": ""}}]}
            )
            deltas += [
                {"tool_calls": [{"index": index, "function": {"arguments": letter}}]}
                for letter in function["arguments"]
            ]
        events = [event(chunk(delta)) for delta in deltas]
        return await self._stream([*events, event(chunk({}, finish="tool_calls")), *self._last_events()])

    async def _do_refusal(self, _argument: str) -> bool:
        """The model says no."""
        if not self._asked.get("stream"):
            return await self._message({"content": None, "refusal": "I can't help with that."})
        deltas = [event(chunk({"refusal": piece})) for piece in ("I can't ", "help with that.")]
        return await self._stream([*deltas, event(chunk({}, finish="stop")), *self._last_events()])

    async def _do_two_choices(self, _argument: str) -> bool:
        """Two answers, mixed."""
        events = [event(chunk({"content": f"{piece}{index}"}, index=index)) for piece in "ab" for index in (0, 1)]
        ends = [event(chunk({}, index=index, finish="stop")) for index in (1, 0)]
        return await self._stream([*events, *ends, *self._last_events()])

    async def _do_cut_off(self, argument: str) -> bool:
        """The connection closes in the middle; `politely`: the body ends, but not the answer."""
        events = [event(chunk({"content": "Hel"})), b'data: {"choices": [{"index": 0, "del']
        if argument == "politely":
            return await self._stream(events)
        for item in events:
            await self._piece(item)
        return False

    async def _do_page(self, argument: str) -> bool:
        """A proxy's web page; `argument` is its status."""
        page = "<!doctype html><html><h1>Please log in</h1></html>"
        await self._whole(int(argument or 200), page, {"content-type": "text/html; charset=utf-8"})
        return True

    async def _do_garbage(self, argument: str) -> bool:
        """What is no answer: `http`, `json`, `shape`, `stream`, `empty`, `choices`, `list`."""
        if argument == "http":
            self._writer.write(b"220 mail.example.org ESMTP\r\n\r\n")
            await self._writer.drain()
            return False
        if argument == "stream":
            await self._stream([event("this is not JSON")])
            return True
        if argument == "chunks":
            await self._stream([event({"choices": "what?"}), event({"choices": [7]}), event("[DONE]")])
            return True
        bodies: dict[str, Any] = {
            "json": "{not json",
            "shape": {"choices": [{"message": "hello"}]},
            "empty": "",
            "choices": {"choices": []},
            "list": [1, 2],
        }
        await self._whole(200, bodies[argument])
        return True

    async def _do_drop(self, _argument: str) -> bool:
        """Close without an answer."""
        return False

    async def _do_drop_kept(self, _argument: str) -> bool:
        """Close without an answer if this is a kept connection, as a server does that has just given up on it."""
        used = sum(request.connection == self._request.connection for request in self._server.requests) > 1
        return False if used else await self._answer(list(PIECES))

    async def _do_close(self, _argument: str) -> bool:
        """Answer, and close without having said so."""
        await self._answer(list(PIECES))
        return False

    async def _do_redirect(self, argument: str) -> bool:
        """Send the caller elsewhere; `argument` is the status."""
        await self._whole(int(argument or 307), "", {"location": f"{self._server.redirect_to}{self._request.path}"})
        return True

    async def _do_recording(self, argument: str) -> bool:
        """A recorded stream of a vendor's."""
        return await self._stream([(RECORDINGS / argument).read_bytes()])

    async def _do_no_done(self, _argument: str) -> bool:
        """The stream ends without `[DONE]`."""
        return await self._stream(self._events(list(PIECES))[:-1])

    async def _do_wait_after_done(self, argument: str) -> bool:
        """`[DONE]`, but the body ends only after `argument` seconds."""
        for item in self._events(list(PIECES)):
            await self._piece(item)
        await self._pause(float(argument))
        await self._end()
        return True

    async def _answer(self, pieces: list[str]) -> bool:
        if self._asked.get("stream"):
            return await self._stream(self._events(pieces))
        return await self._message({"content": "".join(pieces)})

    async def _message(self, message: dict[str, Any], finish: str = "stop") -> bool:
        choice = {
            "index": 0,
            "message": {"role": "assistant", "refusal": None, **message},
            "logprobs": None,
            "finish_reason": finish,
        }
        await self._whole(200, {**_head("chat.completion"), "choices": [choice], "usage": self._usage})
        return True

    def _events(self, pieces: list[str]) -> list[bytes]:
        usage = {"usage": None} if self._wants_usage else {}
        return [
            event(chunk({"role": "assistant", "content": ""}, **usage)),
            *(event(chunk({"content": piece}, **usage)) for piece in pieces),
            event(chunk({}, finish="stop", **usage)),
            *self._last_events(),
        ]

    @property
    def _wants_usage(self) -> bool:
        return bool((self._asked.get("stream_options") or {}).get("include_usage"))

    def _last_events(self) -> list[bytes]:
        usage = [event({**_head("chat.completion.chunk"), "choices": [], "usage": self._usage})]
        return [*(usage if self._wants_usage else []), event("[DONE]")]

    async def _stream(self, events: Iterable[bytes], *, pace_s: float = 0) -> bool:
        for item in self._cut(events):
            await self._piece(item)
            if pace_s:
                await self._pause(pace_s)
        await self._end()
        return True

    def _cut(self, events: Iterable[bytes]) -> Iterator[bytes]:
        cut = self._server.cut
        for item in events:
            if cut is None:
                yield item
            else:
                yield from (piece for piece in cut(item) if piece)

    async def _start(self) -> None:
        if not self._started:
            self._started = True
            self._writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
            )
            await self._writer.drain()

    async def _piece(self, data: bytes) -> None:
        await self._start()
        self._check()
        self._writer.write(b"%x\r\n%s\r\n" % (len(data), data))
        self._request.sent += len(data)
        await self._writer.drain()
        await asyncio.sleep(0)

    async def _end(self) -> None:
        await self._start()
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def _whole(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Overloaded"
        fields = {"content-type": "application/json", "content-length": str(len(data)), **(headers or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._writer.write(f"HTTP/1.1 {status} {phrase}\r\n{lines}\r\n".encode() + data)
        await self._writer.drain()

    async def _pause(self, seconds: float) -> None:
        await asyncio.wait({self._gone}, timeout=seconds)
        self._check()

    def _check(self) -> None:
        if self._gone.done() and not self._gone.result():
            raise _Gone

    def _filled(self, value: Any) -> Any:
        """With the caller's key, and a time in 20 s, where the text has a place for them."""
        if isinstance(value, dict):
            return {name: self._filled(item) for name, item in value.items()}
        if not isinstance(value, str):
            return value
        key = self._request.headers.get("authorization", "").removeprefix("Bearer ")
        value = value.replace("{key}", key)
        if "{in_20_s}" in value:
            soon = datetime.now(UTC) + timedelta(seconds=20)
            value = value.replace("{in_20_s}", format_datetime(soon, usegmt=True))
        return value
