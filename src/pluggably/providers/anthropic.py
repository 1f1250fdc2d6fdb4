"""Anthropic's Messages: `POST /v1/messages`.

Source of the format: https://docs.anthropic.com/en/api/messages and …/messages-streaming
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pydantic_core import from_json, to_json

from pluggably.contract.calls import Call, Reply, ServerEvent
from pluggably.contract.credentials import HeaderKey, OAuthToken
from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider, Relay, RemoteModel
from pluggably.contract.text import FinishReason, TextDelta, TextRequest, TextResult, Usage, VendorRequest
from pluggably.errors import ContentRefused, PluggablyError, ProviderError, UnsupportedFeature, ValidationFailed
from pluggably.providers._errors import error_in_stream
from pluggably.providers._translation import (
    Parameters,
    arguments_of,
    chosen_tool,
    count_in,
    data_of,
    functions_of,
    json_schema_of,
    models_in,
    parts_of,
    stop_list,
    text_of,
    wants_json,
)

_VENDOR = "Anthropic"
_JSON_HEADERS = {"content-type": "application/json"}
_LONGEST_ANSWER = 8192
"""The vendor wants a limit in every request; OpenAI's language has none by default."""
_JSON_TOOL = "pluggably_json_answer"
"""An answer of any JSON object is the argument of this tool: the vendor has schemas but no free JSON mode."""
_FINISH: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_THOUGHTS = ("thinking", "redacted_thinking")
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_COUNT_PATH = "/v1/messages/count_tokens"
_COUNTED = frozenset({"model", "messages", "system", "tools", "tool_choice", "thinking", "output_config"})
_EVENT_END = re.compile(rb"\r\n\r\n|\n\n")
_DATA_LINE = re.compile(rb"^data: ?([^\r\n]*)", re.MULTILINE)
_TELLING = re.compile(rb'"type"\s*:\s*"(?:message_(?:start|delta|stop)|error)"')
"""What the events of a stream hold that say how it stands; inside texts the quotes are escaped."""
_LONGEST_EVENT = 16 * 1024 * 1024


class AnthropicMessages:
    """Text from Anthropic."""

    def prepare(self, request: TextRequest, model: str) -> Call:
        """The call. Raises `UnsupportedFeature` or `ValidationFailed` for what the vendor can't do."""
        if request.original is not None:
            return _as_it_came(request.original, "/v1/messages", model=model, stream=request.stream)
        given = Parameters(request, _VENDOR)
        system, messages = _conversation(request, given)
        body: dict[str, Any] = {"model": model, "messages": messages}
        if system:
            body["system"] = system
        given.move(body, temperature="temperature", top_p="top_p", top_k="top_k", thinking="thinking")
        temperature = body.get("temperature")
        if isinstance(temperature, int | float) and temperature > 1:
            raise ValidationFailed.of("temperature", f"{_VENDOR} takes 0 to 1", "less_than_equal")
        longest = given.take("max_completion_tokens", "max_tokens")
        thinking = body.get("thinking")
        budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
        extra = budget if isinstance(budget, int) else 0
        body["max_tokens"] = _LONGEST_ANSWER + extra if longest is None else longest
        stop = given.take("stop")
        if stop is not None:
            body["stop_sequences"] = stop_list(stop)
        self._effort(body, given)
        self._tools(body, given)
        self._format(body, given)
        self._metadata(body, given)
        given.finish()
        if request.stream:
            body["stream"] = True
        return Call("/v1/messages", to_json(body), headers=_JSON_HEADERS)

    def relay_messages(self) -> Relay:
        """A follower for one stream."""
        return MessagesRelay()

    def count_call(self, request: TextRequest, model: str) -> Call:
        """`POST /v1/messages/count_tokens`, which takes only what is in the prompt. Raises what `prepare` does."""
        if request.original is not None:
            return _as_it_came(request.original, _COUNT_PATH, model=model)
        body = from_json(self.prepare(request, model).body or b"{}")
        counted = {name: value for name, value in body.items() if name in _COUNTED}
        return Call(_COUNT_PATH, to_json(counted), headers=_JSON_HEADERS)

    def parse_count(self, reply: Reply) -> int:
        """Its `input_tokens`. Raises `ProviderError`."""
        return count_in(reply, "input_tokens")

    @staticmethod
    def _effort(body: dict[str, Any], given: Parameters) -> None:
        effort = given.take("reasoning_effort")
        if effort is None:
            return
        if "thinking" in body:
            raise ValidationFailed.of("reasoning_effort", "can't go with `thinking`")
        if effort == "none":
            body["thinking"] = {"type": "disabled"}
            return
        if effort == "minimal":
            given.warn("reasoning_effort", f"{_VENDOR} has no `minimal`; asked for `low`")
            effort = "low"
        if effort not in _EFFORTS:
            raise ValidationFailed.of("reasoning_effort", f"{_VENDOR} has {', '.join(_EFFORTS)}")
        body["thinking"] = {"type": "adaptive", "display": "summarized"}
        body["output_config"] = {"effort": effort}

    @staticmethod
    def _tools(body: dict[str, Any], given: Parameters) -> None:
        functions = functions_of(given.take("tools"))
        choice, parallel = given.take("tool_choice"), given.take("parallel_tool_calls")
        if not functions:
            if choice not in (None, "none", "auto"):
                raise ValidationFailed.of("tool_choice", "needs at least one tool", "missing")
            return
        body["tools"] = [_tool(function) for function in functions]
        name = chosen_tool(choice)
        if name is not None:
            told: dict[str, Any] = {"type": "tool", "name": name}
        else:
            told = {"type": {"required": "any", "none": "none"}.get(choice, "auto")}
        if parallel is False and choice != "none":
            told["disable_parallel_tool_use"] = True
        if choice is not None or parallel is False:
            body["tool_choice"] = told

    @staticmethod
    def _format(body: dict[str, Any], given: Parameters) -> None:
        wanted = given.take("response_format")
        if not wants_json(wanted):
            return
        schema = json_schema_of(wanted)
        if schema is not None:
            form = {"type": "json_schema", "schema": schema["schema"]}
            body["output_config"] = {**body.get("output_config", {}), "format": form}
            return
        if body.get("tools") or body.get("thinking", {}).get("type", "disabled") != "disabled":
            raise UnsupportedFeature(
                f"{_VENDOR} makes any JSON object only without tools and thinking; give a JSON schema.",
                param="response_format",
            )
        told = "Answer with one JSON object that is what was asked for."
        body["tools"] = [{"name": _JSON_TOOL, "description": told, "input_schema": {"type": "object"}}]
        body["tool_choice"] = {"type": "tool", "name": _JSON_TOOL}

    @staticmethod
    def _metadata(body: dict[str, Any], given: Parameters) -> None:
        person = given.take("safety_identifier", "user")
        if person is not None:
            body["metadata"] = {"user_id": person}
        tier = given.take("service_tier")
        if tier in ("auto", "standard_only"):
            body["service_tier"] = tier
        elif tier == "default":
            body["service_tier"] = "standard_only"
        elif tier is not None:
            raise ValidationFailed.of("service_tier", f"{_VENDOR} has auto and standard_only")

    def parse(self, reply: Reply) -> TextResult:
        """Read a whole answer. Raises `ContentRefused`, or `ProviderError` if it is none."""
        try:
            body = from_json(reply.body)
            blocks = [block for block in body["content"] if isinstance(block, dict)]
            result = TextResult(
                text="".join(block["text"] for block in blocks if block.get("type") == "text"),
                reasoning="".join(block["thinking"] for block in blocks if block.get("type") == "thinking") or None,
                finish_reason=_finish(body.get("stop_reason")),
                usage=_usage(body.get("usage"), None),
            )
            for block in blocks:
                if block.get("type") != "tool_use":
                    continue
                arguments = to_json(block["input"]).decode()
                if block["name"] == _JSON_TOOL:
                    result.text, result.finish_reason = arguments, _not_called(result.finish_reason)
                    continue
                function = {"name": block["name"], "arguments": arguments}
                call = {"id": block["id"], "type": "function", "function": function}
                if result.tool_calls is None:
                    result.tool_calls = []
                    call |= _with_thoughts([block for block in blocks if block.get("type") in _THOUGHTS])
                result.tool_calls.append(call)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProviderError("The provider's answer is not a message of Anthropic's.") from error
        if result.finish_reason == "content_filter" and not (result.text or result.tool_calls):
            raise _refusal(body)
        return result

    async def stream(self, events: AsyncIterator[ServerEvent], request: TextRequest) -> AsyncIterator[TextDelta]:
        """Read a streamed answer. Raises what an error inside it stands for, `ContentRefused` or `ProviderError`."""
        reader = _StreamReader()
        async for event in events:
            if not event.data:
                continue
            try:
                data = from_json(event.data)
                deltas = reader.read(data) if isinstance(data, dict) else []
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ProviderError("The provider's stream holds what is no message of Anthropic's.") from error
            for delta in deltas:
                yield delta
            if reader.stopped:
                return
        if not reader.finished:
            raise ProviderError("The provider's stream ended before the answer did.")

    def parameters(self) -> Mapping[str, Mapping[str, Any] | None]:
        """What differs from OpenAI's."""
        return {
            "temperature": {"maximum": 1, "examples": [0.2, 0.7, 1.0]},
            "top_k": {
                "title": "Top k",
                "description": "Choose among this many of the likeliest tokens.",
                "type": "integer",
                "minimum": 1,
                "maximum": 500,
                "examples": [40],
            },
            "max_tokens": {"default": _LONGEST_ANSWER},
            "reasoning_effort": {
                "title": "Thinking",
                "description": "How much the model thinks before it answers; not every model can.",
                "type": "string",
                "enum": ["none", *_EFFORTS],
                "examples": ["low"],
            },
            "seed": None,
            "presence_penalty": None,
            "frequency_penalty": None,
            "logprobs": None,
            "top_logprobs": None,
        }

    def list_call(self) -> Call:
        """`GET /v1/models`, the first page."""
        return Call("/v1/models?limit=1000", method="GET")

    def next_list_call(self, reply: Reply) -> Call | None:
        """The page after the last id."""
        body = from_json(reply.body)
        last = body.get("last_id") if body.get("has_more") is True else None
        return (
            Call(f"/v1/models?limit=1000&after_id={quote(last, safe='')}", method="GET")
            if isinstance(last, str)
            else None
        )

    def parse_models(self, reply: Reply) -> list[RemoteModel]:
        """Read a page. Raises `ProviderError`."""
        return models_in(reply, lambda body: body["data"], _model)


class _StreamReader:
    """Follows the events of one answer."""

    def __init__(self) -> None:
        self.finished = False
        """Whether the answer has its end; the stream may go on."""
        self.stopped = False
        self._calls: dict[int, int] = {}
        """A tool call's place among the calls, by its block's."""
        self._json: set[int] = set()
        self._bare: set[int] = set()
        """Blocks of calls that have no arguments yet."""
        self._thoughts: dict[int, dict[str, Any]] = {}
        self._usage: Usage | None = None
        self._said = False

    def read(self, data: dict[str, Any]) -> list[TextDelta]:
        """What one event brings; nothing for an unknown one."""
        match data.get("type"):
            case "message_start":
                self._usage = _usage(data["message"].get("usage"), None)
            case "content_block_start":
                return self._start(data["index"], data["content_block"])
            case "content_block_delta":
                return self._delta(data["index"], data["delta"])
            case "content_block_stop" if data["index"] in self._bare:
                self._bare.discard(data["index"])
                return [self._arguments(data["index"], "{}")]
            case "message_delta":
                return self._end(data)
            case "message_stop":
                self.stopped = True
                if not self.finished:
                    raise ProviderError("The provider's stream ended before the answer did.")
            case "error":
                raise error_in_stream(data.get("error"))
        return []

    def _start(self, index: int, block: dict[str, Any]) -> list[TextDelta]:
        if block.get("type") == "text" and block.get("text"):
            return self._text(block["text"])
        if block.get("type") in _THOUGHTS:
            self._thoughts[index] = dict(block)
        if block.get("type") != "tool_use":
            return []
        self._said = True
        if block["name"] == _JSON_TOOL:
            self._json.add(index)
            return []
        self._calls[index] = number = len(self._calls)
        arguments = to_json(block["input"]).decode() if block.get("input") else ""
        if not arguments:
            self._bare.add(index)
        function = {"name": block["name"], "arguments": arguments}
        call = {"index": number, "id": block["id"], "type": "function", "function": function}
        if number == 0:
            call |= _with_thoughts(list(self._thoughts.values()))
        return [TextDelta(tool_calls=[call])]

    def _delta(self, index: int, delta: dict[str, Any]) -> list[TextDelta]:
        match delta.get("type"):
            case "text_delta":
                return self._text(delta["text"])
            case "thinking_delta" | "signature_delta" if index in self._thoughts:
                return self._thought(self._thoughts[index], delta)
            case "input_json_delta" if index in self._json:
                return self._text(delta["partial_json"])
            case "input_json_delta" if index in self._calls:
                if delta["partial_json"]:
                    self._bare.discard(index)
                    return [self._arguments(index, delta["partial_json"])]
        return []  # a citation, or something new

    @staticmethod
    def _thought(block: dict[str, Any], delta: dict[str, Any]) -> list[TextDelta]:
        name = "thinking" if delta["type"] == "thinking_delta" else "signature"
        block[name] = block.get(name, "") + delta[name]
        return [TextDelta(reasoning=delta[name])] if name == "thinking" and delta[name] else []

    def _arguments(self, index: int, piece: str) -> TextDelta:
        return TextDelta(tool_calls=[{"index": self._calls[index], "function": {"arguments": piece}}])

    def _text(self, text: str) -> list[TextDelta]:
        self._said = self._said or bool(text)
        return [TextDelta(text=text)] if text else []

    def _end(self, data: dict[str, Any]) -> list[TextDelta]:
        self._usage = _usage(data.get("usage"), self._usage)
        reason = data["delta"].get("stop_reason")
        if reason is None:
            return []
        finish = _finish(reason)
        if finish == "content_filter" and not self._said:
            raise _refusal(data["delta"])
        self.finished = True
        if self._json:
            finish = _not_called(finish)
        return [TextDelta(finish_reason=finish), TextDelta(usage=self._usage)]


class MessagesRelay:
    """Follows a stream of Anthropic's own that is passed on event by event; see `Relay`. Only the events that tell
    its state are read."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.error: PluggablyError | None = None
        self.finished = False
        self._pending = b""

    def feed(self, chunk: bytes) -> bytes:
        """Take a chunk cut anywhere; return whole events. An error is kept back. Raises `ProviderError`."""
        seen = max(0, len(self._pending) - 3)  # an end may be cut in the middle
        self._pending += chunk
        passed = []
        start = 0
        for end in _EVENT_END.finditer(self._pending, seen):
            event, start = self._pending[start : end.end()], end.end()
            if self._passes(event):
                passed.append(event)
            if self.finished or self.error is not None:
                break
        self._pending = self._pending[start:]
        if len(self._pending) > _LONGEST_EVENT:
            raise ProviderError("The provider's stream can't be read: an event is too large.")
        return b"".join(passed)

    def _passes(self, event: bytes) -> bool:
        if not _TELLING.search(event):
            return True
        try:
            data = from_json(b"".join(_DATA_LINE.findall(event)))
            match data["type"]:
                case "message_start":
                    self.usage = _usage(data["message"].get("usage"), None)
                case "message_delta":
                    self.usage = _usage(data.get("usage"), self.usage)
                case "message_stop":
                    self.finished = True
                case "error":
                    self.error = error_in_stream(data.get("error"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProviderError("The provider's stream holds what is no message of Anthropic's.") from error
        return self.error is None


def _as_it_came(original: VendorRequest, path: str, **changed: Any) -> Call:
    body = {name: value for name, value in original.fields.items() if name != "stream"} | changed
    return Call(path, to_json(body), headers={**_JSON_HEADERS, **original.headers})


def _conversation(request: TextRequest, given: Parameters) -> tuple[str, list[dict[str, Any]]]:
    """The system prompt and the turns; results of tools belong to the user's turn."""
    system: list[str] = []
    turns: list[dict[str, Any]] = []
    for message in request.messages:
        role, content = message.get("role"), message.get("content")
        if role in ("system", "developer"):
            if turns:
                given.warn("messages", f"a {role} message stood after others; {_VENDOR} gets it at the beginning")
            system.append(text_of(content))
            continue
        if role == "user":
            blocks = _blocks(content)
        elif role == "assistant":
            calls = message.get("tool_calls") or ()
            blocks = [thought for call in calls for thought in _thoughts_of(call)]
            blocks += _blocks(content) + [_call(call) for call in calls]
        elif role == "tool":
            blocks = [
                {"type": "tool_result", "tool_use_id": message.get("tool_call_id"), "content": _blocks(content)}
            ]
        else:
            raise UnsupportedFeature(f"{_VENDOR} has no message of the role {role!r}.", param="messages")
        speaker = "assistant" if role == "assistant" else "user"
        if turns and turns[-1]["role"] == speaker:
            turns[-1]["content"] += blocks
        elif blocks:  # an empty turn is refused
            turns.append({"role": speaker, "content": blocks})
    return "\n\n".join(text for text in system if text), turns


def _blocks(content: Any) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for kind, value in parts_of(content):
        if kind == "image":
            data = data_of(value)
            if data is None:
                source = {"type": "url", "url": value}
            else:
                source = {"type": "base64", "media_type": data[0], "data": data[1]}
            blocks.append({"type": "image", "source": source})
        elif value:  # an empty text is refused
            blocks.append({"type": "text", "text": value})
    return blocks


def _call(call: dict[str, Any]) -> dict[str, Any]:
    name = (call.get("function") or {}).get("name")
    return {"type": "tool_use", "id": call.get("id"), "name": name, "input": arguments_of(call)}


def _with_thoughts(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """What a call carries so that the signed thoughts before it can go back with it, as the vendor wants."""
    return {"extra_content": {"anthropic": {"thinking_blocks": blocks}}} if blocks else {}


def _thoughts_of(call: dict[str, Any]) -> list[dict[str, Any]]:
    extra = call.get("extra_content")
    own = extra.get("anthropic") if isinstance(extra, dict) else None
    blocks = own.get("thinking_blocks") if isinstance(own, dict) else None
    return [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []


def _tool(function: dict[str, Any]) -> dict[str, Any]:
    tool = {"name": function["name"], "input_schema": function.get("parameters") or {"type": "object"}}
    for name in ("description", "strict"):
        if function.get(name) is not None:
            tool[name] = function[name]
    return tool


def _finish(reason: Any) -> FinishReason:
    return _FINISH.get(reason, "stop")


def _not_called(finish: FinishReason) -> FinishReason:
    """The end of an answer that was a tool's argument only because it had to be JSON."""
    return "stop" if finish == "tool_calls" else finish


def _refusal(told: Mapping[str, Any]) -> ContentRefused:
    details = told.get("stop_details")
    said = details.get("explanation") if isinstance(details, dict) else None
    return ContentRefused(f"{_VENDOR} refused to answer. {said if isinstance(said, str) else ''}".strip())


def _usage(told: Any, before: Usage | None) -> Usage | None:
    """The tokens; the vendor counts those of the cache beside the rest, and tells a stream's in two steps."""
    if not isinstance(told, dict):
        return before
    usage = before or Usage()
    if told.get("input_tokens") is not None:
        cached = told.get("cache_read_input_tokens")
        usage.cached_prompt_tokens = int(cached) if cached is not None else None
        written = int(told.get("cache_creation_input_tokens") or 0)
        usage.prompt_tokens = int(told["input_tokens"]) + written + (usage.cached_prompt_tokens or 0)
    usage.completion_tokens = int(told.get("output_tokens") or 0)
    thought = (told.get("output_tokens_details") or {}).get("thinking_tokens")
    usage.reasoning_tokens = int(thought) if thought is not None else usage.reasoning_tokens
    return usage


def _model(row: dict[str, Any]) -> RemoteModel | None:
    if row.get("lifecycle") == "retired":
        return None
    try:
        created = int(datetime.fromisoformat(row["created_at"]).timestamp())
    except (KeyError, ValueError, TypeError, OverflowError):
        created = 0
    length = row.get("max_input_tokens")
    name = row.get("display_name")
    return RemoteModel(
        name=str(row["id"])[:200],
        created=created if created > 0 else None,
        context_length=length if isinstance(length, int) else None,
        description=name if isinstance(name, str) else None,
    )


provider = Provider(
    name="anthropic",
    title="Anthropic",
    base_url="https://api.anthropic.com",
    adapters={Modality.TEXT: AnthropicMessages()},
    credentials=(HeaderKey("x-api-key"), OAuthToken()),
    default_headers={"anthropic-version": "2023-06-01"},
)
