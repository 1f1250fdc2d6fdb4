"""The adapter of the local text runtime: llama.cpp's server, asked on a unix socket.

It speaks OpenAI's chat completions with two exceptions: tools that it would not enforce, or that the model's template
would leave out, become a grammar here; and a parameter that it would silently ignore is refused instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from pydantic_core import to_json

from pluggably.contract.calls import Call, Reply, ServerEvent
from pluggably.contract.provider import Relay
from pluggably.contract.text import TextDelta, TextRequest, Usage
from pluggably.errors import UnsupportedFeature
from pluggably.providers._forced_tools import (
    as_tool_calls,
    binding_of,
    call_schema,
    with_calls_told,
    with_tools_told,
)
from pluggably.providers._openai_shape import JSON_HEADERS, OpenAIChat
from pluggably.providers._translation import NO_EFFECT, count_in, parts_of

SUPPORTED = frozenset(
    {
        "temperature", "top_p", "top_k", "min_p", "max_tokens", "max_completion_tokens", "seed", "stop", "n",
        "presence_penalty", "frequency_penalty", "repeat_penalty", "logit_bias", "logprobs", "top_logprobs",
        "response_format", "tools", "tool_choice", "parallel_tool_calls",
    }
)  # fmt: skip


class LlamaChat(OpenAIChat):
    """llama.cpp's server."""

    def __init__(self) -> None:
        super().__init__("/v1/chat/completions", "/v1/models")

    def prepare(self, request: TextRequest, model: str) -> Call:
        """The call, always streamed. Raises `UnsupportedFeature` for a field that would be ignored."""
        parameters = {
            name: value for name, value in request.parameters.items() if value is not None and name not in NO_EFFECT
        }
        for name in parameters:
            if name not in SUPPORTED:
                raise UnsupportedFeature(f"The local engine does not know `{name}`.", param=name)
        if "max_completion_tokens" in parameters:
            parameters["max_tokens"] = parameters.pop("max_completion_tokens")
        messages = request.messages if request.native_tools else with_calls_told(request.messages)
        bound = binding_of(parameters, native_tools=request.native_tools)
        if bound is not None or not request.native_tools:
            for name in ("tools", "tool_choice", "parallel_tool_calls"):
                parameters.pop(name, None)
        if bound is not None:
            schema = call_schema(bound.functions, bound.answer)
            parameters["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "tool_call", "schema": schema},
            }
            messages = with_tools_told(messages, bound.functions, may_answer=bound.answer is not None)
        body: dict[str, Any] = {"model": model, "messages": messages, **parameters}
        body["stream"] = True
        body["stream_options"] = {"include_usage": True}
        if request.tell_stop and parameters.get("stop"):
            body["verbose"] = True  # only so does it say which string it was
        return Call(self._path, to_json(body), headers=JSON_HEADERS)

    def count_call(self, request: TextRequest, model: str) -> Call:
        """The very body of a generation, to where the engine counts what it makes of it.

        Raises `UnsupportedFeature` for images: their tokens would be left out.
        """
        if any(kind == "image" for message in request.messages for kind, _ in parts_of(message.get("content"))):
            raise UnsupportedFeature("The local engine can't count the tokens of images.", param="messages")
        return replace(self.prepare(request, model), path=f"{self._path}/input_tokens")

    def parse_count(self, reply: Reply) -> int:
        """The engine's `input_tokens`. Raises `ProviderError`."""
        return count_in(reply, "input_tokens")

    async def stream(self, events: AsyncIterator[ServerEvent], request: TextRequest) -> AsyncIterator[TextDelta]:
        """Read a streamed answer; where it is bound to tools, the calls are read out of the text.

        The engine tells the usage of each choice by itself; here it comes once, for all of them.
        """
        deltas = super().stream(events, request)
        if request.tell_stop:
            deltas = _stop_told_at_the_end(deltas)
        if _bound(request):
            deltas = as_tool_calls(deltas)
        total: Usage | None = None
        async for delta in deltas:
            if delta.usage is None:
                yield delta
            elif total is None:
                total = delta.usage
            else:
                total.completion_tokens += delta.usage.completion_tokens
        if total is not None:
            yield TextDelta(usage=total)

    def _deltas(self, chunk: Any) -> list[TextDelta]:
        deltas = super()._deltas(chunk)
        told = chunk.get("__verbose") if isinstance(chunk, dict) else None
        if isinstance(told, dict) and deltas:
            deltas[0].stop_sequence = told.get("stopping_word") or None
        return deltas

    def relay(self, request: TextRequest, *, include_usage: bool) -> Relay | None:
        """None where the answer must be read: for calls in its text, or for the usage of several choices."""
        if _bound(request) or (request.parameters.get("n") or 1) > 1:
            return None
        return super().relay(request, include_usage=include_usage)


async def _stop_told_at_the_end(deltas: AsyncIterator[TextDelta]) -> AsyncIterator[TextDelta]:
    """The engine tells it in the first of its last events; it belongs beside the reason for the end."""
    stop = None
    async for delta in deltas:
        stop, delta.stop_sequence = delta.stop_sequence or stop, None
        if delta.finish_reason is not None:
            delta.stop_sequence = stop
        yield delta


def _bound(request: TextRequest) -> bool:
    return binding_of(request.parameters, native_tools=request.native_tools) is not None
