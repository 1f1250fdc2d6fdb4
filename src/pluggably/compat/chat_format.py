"""OpenAI's chat completion objects, written from the gateway's own results.

Source: https://platform.openai.com/docs/api-reference/chat/object and …/chat/streaming
"""

from __future__ import annotations

import time
from typing import Any

from pydantic_core import to_json

from pluggably.contract.text import TextDelta, TextResult, Usage


def usage_object(usage: Usage) -> dict[str, Any]:
    """OpenAI's `usage`, with what the provider tells."""
    told: dict[str, Any] = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
    if usage.cached_prompt_tokens is not None:
        told["prompt_tokens_details"] = {"cached_tokens": usage.cached_prompt_tokens}
    if usage.reasoning_tokens is not None:
        told["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return told


def completion(
    request_id: str, model: str, results: list[TextResult], usage: Usage | None, warnings: list[str]
) -> bytes:
    """A whole `chat.completion`; `warnings`, a field of the gateway's own, is there where there are some."""
    choices = []
    for index, result in enumerate(results):
        message: dict[str, Any] = {
            "role": "assistant",
            "content": None if result.tool_calls and not result.text else result.text,
            "refusal": None,
        }
        if result.reasoning is not None:
            message["reasoning_content"] = result.reasoning
        if result.tool_calls is not None:
            calls = [{key: value for key, value in call.items() if key != "index"} for call in result.tool_calls]
            message["tool_calls"] = calls
        choices.append(
            {"index": index, "message": message, "logprobs": result.logprobs, "finish_reason": result.finish_reason}
        )
    body = {
        "id": f"chatcmpl-{request_id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": choices,
        "usage": usage_object(usage) if usage is not None else None,
    }
    if warnings:
        body["warnings"] = warnings
    return to_json(body, inf_nan_mode="null")


class ChunkWriter:
    """Writes the `chat.completion.chunk` events of one stream; `warnings` go into the first."""

    def __init__(self, request_id: str, model: str, warnings: list[str]) -> None:
        self._head = {
            "id": f"chatcmpl-{request_id}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
        }
        self._warnings = warnings
        self._warned = False
        self._opened: set[int] = set()

    def write(self, delta: TextDelta) -> bytes:
        """The event of one piece; nothing for a piece that carries the usage alone."""
        piece: dict[str, Any] = {}
        if delta.text is not None:
            piece["content"] = delta.text
        if delta.reasoning is not None:
            piece["reasoning_content"] = delta.reasoning
        if delta.tool_calls is not None:
            piece["tool_calls"] = delta.tool_calls
        if not piece and delta.finish_reason is None:
            return b""
        if delta.index not in self._opened:
            self._opened.add(delta.index)
            piece = {"role": "assistant", **piece}
        choice = {
            "index": delta.index,
            "delta": piece,
            "logprobs": delta.logprobs,
            "finish_reason": delta.finish_reason,
        }
        warnings = list(self._warnings) if not self._warned else []
        self._warned = True
        return self._event({"choices": [choice]} | ({"warnings": warnings} if warnings else {}))

    def usage(self, usage: Usage) -> bytes:
        """The last event of a stream whose client asked for the usage."""
        return self._event({"choices": [], "usage": usage_object(usage)})

    def _event(self, rest: dict[str, Any]) -> bytes:
        return b"data: " + to_json({**self._head, **rest}, inf_nan_mode="null") + b"\n\n"
