"""OpenAI's chat completions: built, read, and passed on unread.

Source of the format: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any, cast

from pydantic_core import from_json, to_json

from pluggably.contract.calls import Call, Reply, ServerEvent
from pluggably.contract.provider import Relay, RemoteModel
from pluggably.contract.text import FinishReason, TextDelta, TextRequest, TextResult, Usage
from pluggably.errors import PluggablyError, ProviderError
from pluggably.providers._errors import error_in_stream

_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
_USAGE_OBJECT = re.compile(rb'"usage"\s*:\s*\{')
_EMPTY_CHOICES = re.compile(rb'"choices"\s*:\s*\[\s*\]')
_BOUNDARY = re.compile(rb"\r\n\r\n|\n\n|\r\r")
JSON_HEADERS = {"content-type": "application/json"}


class OpenAIChat:
    """The adapter of every server that speaks OpenAI's chat completions."""

    def __init__(
        self, path: str = "/chat/completions", models_path: str = "/models", max_tokens: str = "max_tokens"
    ) -> None:
        self._path = path
        self._models_path = models_path
        self._max_tokens = max_tokens

    def prepare(self, request: TextRequest, model: str) -> Call:
        """The call; usage is always asked for, since every request is accounted for."""
        body: dict[str, Any] = {"model": model, "messages": request.messages, **request.parameters}
        if self._max_tokens != "max_tokens" and "max_tokens" in body:
            body[self._max_tokens] = body.pop("max_tokens")
        if request.stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        return Call(self._path, to_json(body), headers=JSON_HEADERS)

    def parse(self, reply: Reply) -> TextResult:
        """Read a whole answer. Raises `ProviderError` if it is none."""
        results = self.parse_choices(reply)
        return results[0]

    def parse_choices(self, reply: Reply) -> list[TextResult]:
        """All choices of a whole answer, by index."""
        try:
            body = from_json(reply.body)
            usage = read_usage(body.get("usage"))
            return [self._result(choice, usage) for choice in body["choices"]]
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise ProviderError("The provider's answer is not a chat completion.") from error

    @staticmethod
    def _result(choice: dict[str, Any], usage: Usage | None) -> TextResult:
        message = choice["message"]
        return TextResult(
            text=message.get("content") or message.get("refusal") or "",
            reasoning=message.get("reasoning_content") or message.get("reasoning"),
            tool_calls=message.get("tool_calls") or None,
            logprobs=choice.get("logprobs"),
            finish_reason=_FINISH.get(choice.get("finish_reason") or "stop", "stop"),
            usage=usage,
        )

    async def stream(self, events: AsyncIterator[ServerEvent], request: TextRequest) -> AsyncIterator[TextDelta]:
        """Read a streamed answer. Raises what an error inside the stream stands for."""
        finished = False
        async for event in events:
            if event.data == "[DONE]":
                return
            try:
                chunk = from_json(event.data)
            except ValueError as error:
                raise ProviderError("The provider's stream holds what is not JSON.") from error
            if not isinstance(chunk, dict):
                continue
            if chunk.get("error"):
                raise error_in_stream(chunk["error"])
            for choice in chunk.get("choices") or ():
                delta = self._delta(choice)
                finished = finished or delta.finish_reason is not None
                yield delta
            usage = read_usage(chunk.get("usage"))
            if usage is not None:
                yield TextDelta(usage=usage)
        if not finished:
            raise ProviderError("The provider's stream ended before the answer did.")

    @staticmethod
    def _delta(choice: dict[str, Any]) -> TextDelta:
        piece = choice.get("delta") or {}
        reason = choice.get("finish_reason")
        return TextDelta(
            text=piece.get("content") or piece.get("refusal") or None,
            reasoning=piece.get("reasoning_content") or piece.get("reasoning") or None,
            tool_calls=piece.get("tool_calls") or None,
            logprobs=choice.get("logprobs"),
            finish_reason=_FINISH.get(reason, "stop") if reason else None,
            index=choice.get("index", 0),
        )

    def relay(self, request: TextRequest, *, include_usage: bool) -> Relay | None:
        """A follower for a stream that is passed on unread."""
        return ChatRelay(include_usage=include_usage)

    def list_call(self) -> Call:
        """`GET /models`."""
        return Call(self._models_path, method="GET")

    def parse_models(self, reply: Reply) -> list[RemoteModel]:
        """Read the list, with the fields that compatible servers add to it."""
        try:
            body = from_json(reply.body)
            rows = body["data"] if isinstance(body, dict) else body
            return [
                RemoteModel(
                    name=row["id"],
                    created=row.get("created") if isinstance(row.get("created"), int) else None,
                    context_length=_first_int(row, "context_length", "context_window", "max_model_len"),
                    description=row.get("description") or None,
                )
                for row in rows
                if isinstance(row.get("id"), str) and row["id"]
            ]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProviderError("The provider's list of models can't be read.") from error


class ChatRelay:
    """Follows a chat stream without reading it: whole events pass, only the last one with the usage is decoded.

    OpenAI sends the usage in an event of its own, without choices, only because the gateway asked for it: that
    event is kept back where the client did not ask.
    """

    def __init__(self, *, include_usage: bool) -> None:
        self._include_usage = include_usage
        self._pending = b""
        self.usage: Usage | None = None
        self.error: PluggablyError | None = None
        self.finished = False

    def feed(self, chunk: bytes) -> bytes:
        """Take a chunk, give the whole events in it."""
        data = self._pending + chunk if self._pending else chunk
        if data.endswith(b"\n\n"):
            self._pending = b""
        else:
            end = 0
            for match in _BOUNDARY.finditer(data):
                end = match.end()
            self._pending = data[end:]
            data = data[:end]
            if len(self._pending) > 16 * 1024 * 1024:
                raise ProviderError("An event of the provider's stream is larger than 16 MiB.")
        if b"[DONE]" in data or b'"usage"' in data or b'"error"' in data:
            return self._look(data)
        return data

    def _look(self, data: bytes) -> bytes:
        passed = []
        start = 0
        for match in _BOUNDARY.finditer(data):
            event = data[start : match.end()]
            start = match.end()
            if self._passes(event):
                passed.append(event)
        return b"".join(passed)

    def _passes(self, event: bytes) -> bool:
        field, _, value = event.partition(b":")
        if field != b"data":
            return True
        value = value.strip()
        if value == b"[DONE]":
            self.finished = True
            return True
        if value.startswith(b'{"error"') or (b'"error"' in value and b'"choices"' not in value):
            self.error = self._error(value)
            return False
        if _USAGE_OBJECT.search(value):
            try:
                self.usage = read_usage(from_json(value).get("usage"))
            except (ValueError, AttributeError):
                return True
            return self._include_usage or not _EMPTY_CHOICES.search(value)
        return True

    @staticmethod
    def _error(value: bytes) -> PluggablyError:
        try:
            body = from_json(value)
        except ValueError:
            body = {}
        return error_in_stream(body.get("error") if isinstance(body, dict) else None)


def read_usage(usage: Any) -> Usage | None:
    """OpenAI's usage object, or None where there is none."""
    if not isinstance(usage, dict):
        return None
    return Usage(int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0))


def _first_int(row: dict[str, Any], *names: str) -> int | None:
    return next((cast(int, row[name]) for name in names if isinstance(row.get(name), int)), None)
