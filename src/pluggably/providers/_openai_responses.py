"""OpenAI's Responses: `POST /responses`, for vendors and models that prefer it to chat completions.

Nothing is kept at the vendor unless the caller says `store`. Source of the format:
https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from pydantic_core import from_json, to_json

from pluggably.contract.calls import Call, Reply, ServerEvent
from pluggably.contract.provider import RemoteModel
from pluggably.contract.text import FinishReason, TextDelta, TextRequest, TextResult, Usage
from pluggably.errors import ProviderError, UnsupportedFeature, ValidationFailed
from pluggably.providers._errors import error_in_stream
from pluggably.providers._openai_shape import JSON_HEADERS, count, read_models
from pluggably.providers._translation import (
    Parameters,
    chosen_tool,
    functions_of,
    json_schema_of,
    parts_of,
    text_of,
    wants_json,
)

_SAME = (
    "temperature", "top_p", "top_logprobs", "parallel_tool_calls", "user", "safety_identifier", "service_tier",
    "metadata", "prompt_cache_key", "prompt_cache_retention", "truncation",
)  # fmt: skip
"""Fields that both formats have."""


class OpenAIResponses:
    """Text from a vendor that speaks OpenAI's Responses; `lacks` are fields of both formats that it would ignore."""

    def __init__(
        self,
        path: str = "/responses",
        models_path: str = "/models",
        vendor: str = "OpenAI",
        lacks: frozenset[str] = frozenset(),
    ) -> None:
        self._path = path
        self._models_path = models_path
        self._vendor = vendor
        self._same = tuple(name for name in _SAME if name not in lacks)

    def prepare(self, request: TextRequest, model: str) -> Call:
        """The call. Raises `UnsupportedFeature` or `ValidationFailed` for what the format lacks."""
        given = Parameters(request, f"{self._vendor}'s Responses")
        body: dict[str, Any] = {"model": model, "input": _input(request.messages), "store": bool(given.take("store"))}
        given.move(body, **{name: name for name in self._same})
        longest = given.take("max_completion_tokens", "max_tokens")
        if longest is not None:
            body["max_output_tokens"] = longest
        if given.take("logprobs"):
            body["include"] = ["message.output_text.logprobs"]
        elif body.get("top_logprobs"):
            raise ValidationFailed.of("top_logprobs", "needs `logprobs`")
        effort = given.take("reasoning_effort")
        if effort is not None:
            body["reasoning"] = {"effort": effort, "summary": "auto"}
        self._text(body, given)
        self._tools(body, given)
        given.finish()
        if request.stream:
            body["stream"] = True
        return Call(self._path, to_json(body), headers=JSON_HEADERS)

    @staticmethod
    def _text(body: dict[str, Any], given: Parameters) -> None:
        text: dict[str, Any] = {}
        given.move(text, verbosity="verbosity")
        wanted = given.take("response_format")
        if wants_json(wanted):
            schema = json_schema_of(wanted)
            if schema is None:
                text["format"] = {"type": "json_object"}
            else:
                named = {"type": "json_schema", "name": schema.get("name") or "output", "schema": schema["schema"]}
                more = {name: schema[name] for name in ("strict", "description") if schema.get(name) is not None}
                text["format"] = {**named, **more}
        if text:
            body["text"] = text

    @staticmethod
    def _tools(body: dict[str, Any], given: Parameters) -> None:
        functions = functions_of(given.take("tools"))
        choice = given.take("tool_choice")
        if functions:
            body["tools"] = [_tool(function) for function in functions]
        if choice is not None:
            name = chosen_tool(choice)
            body["tool_choice"] = choice if name is None else {"type": "function", "name": name}

    def parse(self, reply: Reply) -> TextResult:
        """Read a whole answer. Raises what a failed one stands for, or `ProviderError` if it is none."""
        try:
            body = from_json(reply.body)
            result = TextResult(finish_reason=_finish(body), usage=_usage(body.get("usage")))
            thoughts = []
            for item in body["output"]:
                match item.get("type"):
                    case "message":
                        for part in item["content"]:
                            result.text += part.get("text") or part.get("refusal") or ""
                            result.logprobs = _logprobs(part.get("logprobs")) or result.logprobs
                    case "reasoning":
                        thoughts += [part["text"] for part in item.get("summary") or item.get("content") or ()]
                    case "function_call":
                        function = {"name": item["name"], "arguments": item["arguments"]}
                        result.tool_calls = result.tool_calls or []
                        result.tool_calls.append({"id": item["call_id"], "type": "function", "function": function})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProviderError("The provider's answer is not a response of OpenAI's.") from error
        result.reasoning = "\n\n".join(thoughts) or None
        if result.tool_calls and result.finish_reason == "stop":
            result.finish_reason = "tool_calls"
        return result

    async def stream(self, events: AsyncIterator[ServerEvent], request: TextRequest) -> AsyncIterator[TextDelta]:
        """Read a streamed answer. Raises what an error inside it stands for, or `ProviderError`."""
        reader = _StreamReader()
        async for event in events:
            if not event.data or event.data == "[DONE]":
                continue
            try:
                data = from_json(event.data)
                deltas = reader.read(data) if isinstance(data, dict) else []
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ProviderError("The provider's stream holds what is no response of OpenAI's.") from error
            for delta in deltas:
                yield delta
            if reader.finished:
                return
        raise ProviderError("The provider's stream ended before the answer did.")

    def parameters(self) -> Mapping[str, Mapping[str, Any] | None]:
        """What differs from chat completions."""
        return {
            **dict.fromkeys(("seed", "stop", "presence_penalty", "frequency_penalty")),
            "reasoning_effort": {
                "title": "Thinking",
                "description": "How much the model thinks before it answers; not every model can.",
                "type": "string",
                "enum": ["none", "minimal", "low", "medium", "high", "xhigh"],
                "examples": ["low"],
            },
        }

    def list_call(self) -> Call:
        """`GET /models`."""
        return Call(self._models_path, method="GET")

    def parse_models(self, reply: Reply) -> list[RemoteModel]:
        """Read the list. Raises `ProviderError`."""
        return read_models(reply)


class _StreamReader:
    """Follows the events of one answer."""

    def __init__(self) -> None:
        self.finished = False
        self._calls: dict[int, int] = {}
        """A tool call's place among the calls, by its place in the output."""
        self._told: set[int] = set()
        """Calls of which arguments have come."""

    def read(self, data: dict[str, Any]) -> list[TextDelta]:
        """What one event brings; nothing for an unknown one."""
        match data.get("type"):
            case "response.output_text.delta":
                return [TextDelta(text=data["delta"], logprobs=_logprobs(data.get("logprobs")))]
            case "response.refusal.delta":
                return [TextDelta(text=data["delta"])]
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                return [TextDelta(reasoning=data["delta"])]
            case "response.output_item.added" if data["item"].get("type") == "function_call":
                return self._call(data["output_index"], data["item"])
            case "response.function_call_arguments.delta":
                return self._arguments(data["output_index"], data["delta"])
            case "response.output_item.done" if data["item"].get("type") == "function_call":
                index, item = data["output_index"], data["item"]
                deltas = [] if index in self._calls else self._call(index, {**item, "arguments": ""})
                return deltas if index in self._told else deltas + self._arguments(index, item["arguments"])
            case "response.completed" | "response.incomplete" | "response.failed":
                return self._end(data["response"])
            case "error":
                raise error_in_stream(data.get("error") or data)
        return []

    def _call(self, index: int, item: dict[str, Any]) -> list[TextDelta]:
        self._calls[index] = number = len(self._calls)
        arguments = item.get("arguments") or ""
        if arguments:
            self._told.add(index)
        function = {"name": item["name"], "arguments": arguments}
        call = {"index": number, "id": item["call_id"], "type": "function", "function": function}
        return [TextDelta(tool_calls=[call])]

    def _arguments(self, index: int, piece: str) -> list[TextDelta]:
        self._told.add(index)
        return [TextDelta(tool_calls=[{"index": self._calls[index], "function": {"arguments": piece}}])]

    def _end(self, response: dict[str, Any]) -> list[TextDelta]:
        finish = _finish(response)
        self.finished = True
        if self._calls and finish == "stop":
            finish = "tool_calls"
        return [TextDelta(finish_reason=finish), TextDelta(usage=_usage(response.get("usage")))]


def _input(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages as items; a call and its result are items of their own."""
    items: list[dict[str, Any]] = []
    for message in messages:
        role, content = message.get("role"), message.get("content")
        if role == "tool":
            call_id = message.get("tool_call_id")
            items.append({"type": "function_call_output", "call_id": call_id, "output": text_of(content)})
            continue
        if role not in ("system", "developer", "user", "assistant"):
            raise UnsupportedFeature(f"Responses have no message of the role {role!r}.", param="messages")
        parts = _parts(role, content)
        if parts:
            items.append({"role": role, "content": parts})
        for call in message.get("tool_calls") or ():
            function = call.get("function") or {}
            told = {"name": function.get("name"), "arguments": function.get("arguments") or "{}"}
            items.append({"type": "function_call", "call_id": call.get("id"), **told})
    return items


def _parts(role: str, content: Any) -> list[dict[str, Any]]:
    parts = []
    for kind, value in parts_of(content):
        if kind == "image":
            parts.append({"type": "input_image", "image_url": value})
        elif value:
            parts.append({"type": "output_text" if role == "assistant" else "input_text", "text": value})
    return parts


def _tool(function: dict[str, Any]) -> dict[str, Any]:
    """A function; unlike in chat completions, one is strict unless it says that it is not."""
    tool = {
        "type": "function",
        "name": function["name"],
        "parameters": function.get("parameters") or {"type": "object", "properties": {}},
        "strict": bool(function.get("strict")),
    }
    if function.get("description") is not None:
        tool["description"] = function["description"]
    return tool


def _finish(response: dict[str, Any]) -> FinishReason:
    """Why an answer ended. Raises what a failed one stands for."""
    status = response.get("status")
    if status in ("failed", "cancelled"):
        raise error_in_stream(response.get("error") or "The response was cancelled.")
    if status != "incomplete":
        return "stop"
    reason = (response.get("incomplete_details") or {}).get("reason")
    return "content_filter" if reason == "content_filter" else "length"


def _usage(told: Any) -> Usage | None:
    if not isinstance(told, dict):
        return None
    return Usage(
        count(told.get("input_tokens")) or 0,
        count(told.get("output_tokens")) or 0,
        count((told.get("input_tokens_details") or {}).get("cached_tokens")),
        count((told.get("output_tokens_details") or {}).get("reasoning_tokens")),
    )


def _logprobs(tokens: Any) -> dict[str, Any] | None:
    return {"content": tokens} if isinstance(tokens, list) and tokens else None
