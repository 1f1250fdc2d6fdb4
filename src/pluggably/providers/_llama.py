"""The adapter of the local text runtime: llama.cpp's server, asked on a unix socket.

It speaks OpenAI's chat completions with two exceptions: a tool that must be called is not enforced by the engine,
so it becomes a grammar here; and a parameter that the engine would silently ignore is refused instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from pydantic_core import to_json

from pluggably.contract.calls import Call, ServerEvent
from pluggably.contract.provider import Relay
from pluggably.contract.text import TextDelta, TextRequest
from pluggably.errors import UnsupportedFeature
from pluggably.providers._forced_tools import as_tool_calls, call_schema, forced_tools, with_tools_told
from pluggably.providers._openai_shape import JSON_HEADERS, OpenAIChat

SUPPORTED = frozenset(
    {
        "temperature", "top_p", "top_k", "min_p", "max_tokens", "max_completion_tokens", "seed", "stop", "n",
        "presence_penalty", "frequency_penalty", "repeat_penalty", "logit_bias", "logprobs", "top_logprobs",
        "response_format", "tools", "tool_choice", "parallel_tool_calls",
    }
)  # fmt: skip
NO_EFFECT = frozenset(
    {
        "store", "metadata", "user", "service_tier", "safety_identifier", "prompt_cache_key",
        "prompt_cache_retention", "prediction",
    }
)  # fmt: skip
"""Fields of OpenAI's that change nothing in the output: accepted and left out."""


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
        messages = request.messages
        forced = forced_tools(parameters)
        if forced is not None:
            for name in ("tools", "tool_choice", "parallel_tool_calls"):
                parameters.pop(name, None)
            parameters["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "tool_call", "schema": call_schema(forced)},
            }
            messages = with_tools_told(messages, forced)
        body: dict[str, Any] = {"model": model, "messages": messages, **parameters}
        body["stream"] = True
        body["stream_options"] = {"include_usage": True}
        return Call(self._path, to_json(body), headers=JSON_HEADERS)

    async def stream(self, events: AsyncIterator[ServerEvent], request: TextRequest) -> AsyncIterator[TextDelta]:
        """Read a streamed answer; a forced tool call is read out of the text."""
        deltas = super().stream(events, request)
        if forced_tools(request.parameters) is not None:
            deltas = as_tool_calls(deltas)
        async for delta in deltas:
            yield delta

    def relay(self, request: TextRequest, *, include_usage: bool) -> Relay | None:
        """None where a forced tool call must be read out of the text."""
        if forced_tools(request.parameters) is not None:
            return None
        return super().relay(request, include_usage=include_usage)
