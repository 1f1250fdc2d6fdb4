"""OpenAI's chat completions: built, read, and passed on unread.

Source of the format: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic_core import from_json, to_json

from pluggably.contract.calls import Call, Reply, ServerEvent
from pluggably.contract.provider import Relay, RemoteModel
from pluggably.contract.text import FinishReason, TextDelta, TextRequest, TextResult, Usage
from pluggably.errors import PluggablyError, ProviderError, UnsupportedFeature
from pluggably.providers._errors import error_in_stream
from pluggably.providers._translation import NEUTRAL, NO_EFFECT, left_out, models_in

FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
_USAGE_OBJECT = re.compile(rb'"usage"\s*:\s*\{')
_DATA_LINE = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?|[\r\n])data: ?([^\r\n]*)")
_BOUNDARY = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LONGEST_NAME = 200
_LATEST_S = 253_402_300_800  # the year 10000
JSON_HEADERS = {"content-type": "application/json"}
_ECHOED = frozenset({"reasoning", "reasoning_content", "annotations"})
"""Fields of an answer that clients send back with it, and that say nothing new to its model."""
_WIDELY_KNOWN = (
    "temperature", "top_p", "max_tokens", "seed", "stop", "presence_penalty", "frequency_penalty", "logprobs",
    "top_logprobs", "tools", "tool_choice",
)  # fmt: skip
"""The parameters of most text models."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """Where a vendor that speaks OpenAI's chat completions differs, as data.

    `renamed` gives its names of OpenAI's fields. `lacks` are OpenAI's fields that it would ignore, or refuse: those
    that would be missed are refused here, the others left out with a warning. Of a vendor that ignores whatever it
    does not know, `knows` are all the fields that it has. `extra` are fields of its own that every request with
    parameters carries, unless the caller gives them. `parameters` is what differs in the schema of its models, as in
    `HasParameters`.

    `formats` are the kinds of `response_format` that it has, `message_fields` the fields of a message, where it
    refuses others; `roles` its names of OpenAI's roles. `asks_for_usage`: whether a stream tells its usage only when
    asked to; one that always tells it may refuse to be asked.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()
    knows: frozenset[str] | None = None
    formats: frozenset[str] | None = None
    message_fields: frozenset[str] | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    asks_for_usage: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)


class ChatFormat:
    """OpenAI's chat completions, for a server that has no list of models."""

    def __init__(
        self,
        path: str = "/chat/completions",
        max_tokens: str = "max_tokens",
        quirks: Quirks | None = None,
        vendor: str = "The provider",
    ) -> None:
        self._path = path
        self._quirks = quirks or Quirks()
        self._renamed = {"max_tokens": max_tokens, **self._quirks.renamed}
        self._vendor = vendor

    def prepare(self, request: TextRequest, model: str) -> Call:
        """The call; usage is always asked for, since every request is accounted for.

        Raises `UnsupportedFeature` for what the vendor would ignore.
        """
        quirks = self._quirks
        messages, told = self._messages(request.messages)
        parameters, more = self._parameters(request.parameters)
        request.warnings += [*told, *more]
        body: dict[str, Any] = {"model": model, "messages": messages, **parameters}
        for name, new in self._renamed.items():
            if new != name and name in body:
                body[new] = body.pop(name)
        if quirks.extra and request.parameters:
            body = {**quirks.extra, **body}
        if request.stream:
            body["stream"] = True
            if quirks.asks_for_usage:
                body["stream_options"] = {"include_usage": True}
        return Call(self.path(model), to_json(body), headers=JSON_HEADERS)

    def _parameters(self, given: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
        """Those that the vendor has, and warnings of those that were left out. Raises `UnsupportedFeature`."""
        quirks = self._quirks
        if quirks.formats is not None:
            wanted = given.get("response_format")
            kind = wanted.get("type") if isinstance(wanted, dict) else None
            if kind is not None and kind not in quirks.formats:
                raise UnsupportedFeature(f"{self._vendor} has no `{kind}` format.", param="response_format")
        if quirks.knows is None and not quirks.lacks:
            return given, []
        kept, warnings = {}, []
        for name, value in given.items():
            if name not in quirks.lacks and (quirks.knows is None or name in quirks.knows):
                kept[name] = value
            elif value is None or (name in NEUTRAL and value == NEUTRAL[name]):
                continue
            elif name in NO_EFFECT:
                warnings.append(left_out(name, self._vendor))
            else:
                raise UnsupportedFeature(f"{self._vendor} has no `{name}`.", param=name)
        return kept, warnings

    def _messages(self, messages: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
        """The messages in the vendor's words, and warnings. Raises `UnsupportedFeature`."""
        known, roles = self._quirks.message_fields, self._quirks.roles
        if known is None and not roles:
            return messages, []
        told, left = [], set[str]()
        for message in messages:
            kept = {}
            for name, value in message.items():
                if name == "role":
                    kept[name] = roles.get(value, value)
                elif known is None or name in known:
                    kept[name] = value
                elif name in _ECHOED:
                    left.update((name,) if value else ())
                elif value is not None:
                    raise UnsupportedFeature(f"{self._vendor} takes messages without `{name}`.", param="messages")
            told.append(kept)
        return told, [left_out(f"messages.{name}", self._vendor) for name in sorted(left)]

    def path(self, model: str) -> str:
        """Where a request for this model goes."""
        return self._path

    def parameters(self) -> Mapping[str, Mapping[str, Any] | None]:
        """What differs from OpenAI's."""
        quirks = self._quirks
        lacks = dict.fromkeys(quirks.lacks)
        if quirks.knows is not None:
            lacks |= dict.fromkeys(name for name in _WIDELY_KNOWN if name not in quirks.knows)
        if quirks.formats is not None and "json_schema" not in quirks.formats:
            lacks["json_schema"] = None
        return {**lacks, **quirks.parameters}

    def parse(self, reply: Reply) -> TextResult:
        """Read a whole answer. Raises `ProviderError` if it is none."""
        return self.parse_choices(reply)[0]

    def parse_choices(self, reply: Reply) -> list[TextResult]:
        """All choices of a whole answer, by index; at least one. Raises `ProviderError` if it is no answer."""
        try:
            body = from_json(reply.body)
            usage = read_usage(body.get("usage"))
            results = [self._result(choice, usage) for choice in body["choices"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProviderError("The provider's answer is not a chat completion.") from error
        if not results:
            raise ProviderError("The provider's answer has no choices.")
        return results

    @staticmethod
    def _result(choice: dict[str, Any], usage: Usage | None) -> TextResult:
        message = choice["message"]
        return TextResult(
            text=_text(message.get("content")) or _text(message.get("refusal")) or "",
            reasoning=_reasoning(message),
            tool_calls=_objects(message.get("tool_calls")),
            logprobs=_object(choice.get("logprobs")),
            finish_reason=FINISH.get(choice.get("finish_reason") or "stop", "stop"),
            usage=usage,
            stop_sequence=_text(choice.get("stop_reason")),
        )

    async def stream(self, events: AsyncIterator[ServerEvent], request: TextRequest) -> AsyncIterator[TextDelta]:
        """Read a streamed answer. Raises what an error inside the stream stands for, or `ProviderError`."""
        async for delta in read_chunks(events, self._deltas):
            yield delta

    def _deltas(self, chunk: Any) -> list[TextDelta]:
        return deltas_of(chunk, self._delta)

    @staticmethod
    def _delta(choice: dict[str, Any]) -> TextDelta:
        piece = choice.get("delta") or {}
        reason = choice.get("finish_reason")
        index = choice.get("index")
        return TextDelta(
            text=_text(piece.get("content")) or _text(piece.get("refusal")),
            reasoning=_reasoning(piece),
            tool_calls=_objects(piece.get("tool_calls")),
            logprobs=_object(choice.get("logprobs")),
            finish_reason=FINISH.get(reason, "stop") if reason else None,
            index=index if isinstance(index, int) else 0,
            stop_sequence=_text(choice.get("stop_reason")),  # a field of vLLM's
        )

    def relay(self, request: TextRequest, *, include_usage: bool) -> Relay | None:
        """A follower for a stream that is passed on unread; None where there is something to be told beside it."""
        with suppress(UnsupportedFeature):  # `prepare` raises it
            if self._messages(request.messages)[1] or self._parameters(request.parameters)[1]:
                return None
        return ChatRelay(include_usage=include_usage)


class OpenAIChat(ChatFormat):
    """The adapter of every server that speaks OpenAI's chat completions and lists its models as OpenAI does."""

    def __init__(
        self,
        path: str = "/chat/completions",
        models_path: str = "/models",
        max_tokens: str = "max_tokens",
        quirks: Quirks | None = None,
        vendor: str = "The provider",
    ) -> None:
        super().__init__(path, max_tokens, quirks, vendor)
        self._models_path = models_path

    def list_call(self) -> Call:
        """`GET /models`."""
        return Call(self._models_path, method="GET")

    def parse_models(self, reply: Reply) -> list[RemoteModel]:
        """Read the list. Raises `ProviderError`."""
        return read_models(reply)


def read_models(reply: Reply) -> list[RemoteModel]:
    """OpenAI's list of models, with the fields that compatible servers add to it. Raises `ProviderError`."""
    return models_in(reply, lambda body: body["data"] if isinstance(body, dict) else body, _model)


def _model(row: dict[str, Any]) -> RemoteModel | None:
    name = row.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        return None
    return RemoteModel(
        name=name,
        created=_moment(row.get("created")),
        context_length=_first_int(row, "context_length", "context_window", "max_model_len"),
        description=_text(row.get("description")),
    )


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
            for match in _BOUNDARY.finditer(data, max(0, len(self._pending) - 3)):
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
        data = b"\n".join(_DATA_LINE.findall(event)).strip()
        if data == b"[DONE]":
            self.finished = True
            return True
        if b'"error"' not in data and not _USAGE_OBJECT.search(data):
            return True
        try:
            chunk = from_json(data)
        except ValueError:
            return True
        if not isinstance(chunk, dict):
            return True
        if chunk.get("error"):
            self.error = error_in_stream(chunk["error"])
            return False
        try:
            self.usage = usage_in(chunk) or self.usage
        except (ValueError, TypeError):
            return True
        return self._include_usage or bool(chunk.get("choices")) or not chunk.get("usage")


async def read_chunks(
    events: AsyncIterator[ServerEvent], read: Callable[[Any], list[TextDelta]]
) -> AsyncIterator[TextDelta]:
    """Read a stream, chunk by chunk. Raises what an error inside it stands for, or `ProviderError`."""
    finished = False
    async for event in events:
        if event.data == "[DONE]":
            return
        if not event.data:
            continue
        try:
            deltas = read(from_json(event.data))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProviderError("The provider's stream holds what is no completion.") from error
        for delta in deltas:
            finished = finished or delta.finish_reason is not None
            yield delta
    if not finished:
        raise ProviderError("The provider's stream ended before the answer did.")


def deltas_of(chunk: Any, read_choice: Callable[[dict[str, Any]], TextDelta]) -> list[TextDelta]:
    """The choices and the usage in one chunk. Raises what an error in it stands for."""
    if not isinstance(chunk, dict):
        return []
    if chunk.get("error"):
        raise error_in_stream(chunk["error"])
    deltas = [read_choice(choice) for choice in chunk.get("choices") or ()]
    usage = usage_in(chunk)
    if usage is not None:
        deltas.append(TextDelta(usage=usage))
    return deltas


def read_usage(usage: Any) -> Usage | None:
    """OpenAI's usage object, or None where there is none."""
    if not isinstance(usage, dict):
        return None
    cached = _detail(usage, "prompt_tokens_details", "cached_tokens")
    if cached is None:  # DeepSeek has them in a field of its own (https://api-docs.deepseek.com)
        cached = count(usage.get("prompt_cache_hit_tokens"))
    return Usage(
        int(usage.get("prompt_tokens") or 0),
        int(usage.get("completion_tokens") or 0),
        cached,
        _detail(usage, "completion_tokens_details", "reasoning_tokens"),
    )


def _detail(usage: dict[str, Any], group: str, name: str) -> int | None:
    details = usage.get(group)
    return count(details.get(name)) if isinstance(details, dict) else None


def count(value: Any) -> int | None:
    """A number of tokens; None where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def usage_in(chunk: dict[str, Any]) -> Usage | None:
    """The usage in an event of a stream; Groq has it in an object of its own (https://console.groq.com/docs)."""
    own = chunk.get("x_groq")
    return read_usage(chunk.get("usage")) or (read_usage(own.get("usage")) if isinstance(own, dict) else None)


def _text(value: Any) -> str | None:
    """A text that may also be written as a list of parts; None where there is none."""
    if isinstance(value, list):
        value = "".join(
            part["text"] for part in value if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
    return value if isinstance(value, str) and value else None


def _reasoning(message: dict[str, Any]) -> str | None:
    """What the model thought: in a field of its own, or in parts of the content."""
    told = _text(message.get("reasoning_content")) or _text(message.get("reasoning"))
    if told is None and isinstance(message.get("content"), list):
        # Mistral's (https://docs.mistral.ai/capabilities/reasoning)
        thoughts = [part.get("thinking") for part in message["content"] if isinstance(part, dict)]
        told = "".join(_text(thought) or "" for thought in thoughts) or None
    return told


def _object(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _objects(value: Any) -> list[dict[str, Any]] | None:
    return [item for item in value if isinstance(item, dict)] or None if isinstance(value, list) else None


def _moment(value: Any) -> int | None:
    """Seconds since 1970 that a calendar holds."""
    return value if isinstance(value, int) and 0 < value < _LATEST_S else None


def _first_int(row: dict[str, Any], *names: str) -> int | None:
    return next((cast(int, row[name]) for name in names if isinstance(row.get(name), int)), None)
