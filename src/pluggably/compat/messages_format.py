"""Anthropic's message objects and stream events, written from the gateway's own results.

Source: https://docs.anthropic.com/en/api/messages and …/messages-streaming
"""

from __future__ import annotations

import secrets
from itertools import chain
from typing import Any

from pydantic_core import from_json, to_json

from pluggably.compat.messages_errors import MESSAGES_ERRORS
from pluggably.compat.messages_request import carrier_of
from pluggably.contract.text import FinishReason, TextDelta, TextResult, Usage
from pluggably.errors import PluggablyError, ProviderError

PING = b'event: ping\ndata: {"type":"ping"}\n\n'
_STOP: dict[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}


def usage_object(usage: Usage | None) -> dict[str, Any]:
    """Anthropic's `usage`: tokens that were read from a cache are counted beside the others."""
    if usage is None:
        return {"input_tokens": 0, "output_tokens": 0}
    cached = usage.cached_prompt_tokens
    told: dict[str, Any] = {
        "input_tokens": max(0, usage.prompt_tokens - (cached or 0)),
        "output_tokens": usage.completion_tokens,
    }
    if cached is not None:
        told["cache_read_input_tokens"] = cached
    if usage.reasoning_tokens is not None:
        told["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return told


def message(request_id: str, model: str, result: TextResult, usage: Usage | None, warnings: list[str]) -> bytes:
    """A whole `message`; `warnings`, a field of the gateway's own, is there where there are some.

    Raises `ProviderError` where the arguments of a tool call are no JSON object.
    """
    content: list[dict[str, Any]] = []
    if result.reasoning:
        content.append({"type": "thinking", "thinking": result.reasoning, "signature": ""})
    if result.text:
        content.append({"type": "text", "text": result.text})
    for call in result.tool_calls or ():
        identity = call.get("id") or _new_call_id()
        if call.get("extra_content"):
            content.append(carrier_of({identity: call["extra_content"]}))
        function = call["function"]
        arguments = _arguments(function.get("arguments"), cut_off=result.finish_reason == "length")
        content.append({"type": "tool_use", "id": identity, "name": function["name"], "input": arguments})
    body = {
        **_head(request_id, model),
        "content": content,
        **_stopped(result.finish_reason, result.stop_sequence, called=bool(result.tool_calls)),
        "usage": usage_object(usage),
    }
    return to_json({**body, "warnings": warnings} if warnings else body)


class EventWriter:
    """Writes the events of one stream. A block is open at a time, and closed when something else comes."""

    def __init__(self, request_id: str, model: str, *warnings: list[str]) -> None:
        self._request_id = request_id
        self._head = _head(request_id, model)
        self._warnings = warnings
        self._started = False
        self._blocks = 0
        self._open: str | None = None
        """`text`, `thinking` or `tool_use`."""
        self._call: int | None = None
        """Which of the calls is open."""
        self._calls: set[int] = set()
        self._finish: FinishReason = "stop"
        self._stop_sequence: str | None = None

    def write(self, delta: TextDelta) -> bytes:
        """The events of one piece; nothing for one that brings nothing. Raises `ProviderError`."""
        events: list[bytes] = []
        if delta.reasoning:
            self._enter("thinking", {"thinking": "", "signature": ""}, events)
            events.append(self._delta({"type": "thinking_delta", "thinking": delta.reasoning}))
        if delta.text:
            self._enter("text", {"text": ""}, events)
            events.append(self._delta({"type": "text_delta", "text": delta.text}))
        for piece in delta.tool_calls or ():
            self._take_call(piece, events)
        if delta.finish_reason is not None:
            self._finish, self._stop_sequence = delta.finish_reason, delta.stop_sequence
        return self._begun(events) if events else b""

    def end(self, usage: Usage | None) -> bytes:
        """What closes the stream."""
        events: list[bytes] = []
        self._leave(events)
        stopped = _stopped(self._finish, self._stop_sequence, called=bool(self._calls))
        told = {"delta": stopped, "usage": usage_object(usage)}
        events += [_event("message_delta", told), _event("message_stop", {})]
        return self._begun(events)

    def failed(self, error: PluggablyError) -> bytes:
        """What ends a stream that failed."""
        envelope = MESSAGES_ERRORS.envelope(error, self._request_id)
        return b"event: error\ndata: " + to_json(envelope, fallback=str) + b"\n\n"

    def _begun(self, events: list[bytes]) -> bytes:
        if not self._started:
            self._started = True
            # How long the prompt was is told at the end: the provider has not said it yet.
            begun = {**self._head, "content": [], "stop_reason": None, "stop_sequence": None}
            begun["usage"] = usage_object(None)
            if warnings := list(chain(*self._warnings)):
                begun["warnings"] = warnings
            events.insert(0, _event("message_start", {"message": begun}))
        return b"".join(events)

    def _take_call(self, piece: dict[str, Any], events: list[bytes]) -> None:
        index = piece.get("index")
        number = index if isinstance(index, int) else (self._call or 0)
        function = piece.get("function") or {}
        if number not in self._calls:
            self._calls.add(number)
            identity = piece.get("id") or _new_call_id()
            self._leave(events)
            if piece.get("extra_content"):
                carrier = carrier_of({identity: piece["extra_content"]})
                self._enter("redacted_thinking", {"data": carrier["data"]}, events)
                self._leave(events)
            head: dict[str, Any] = {"id": identity, "name": function.get("name") or "", "input": {}}
            self._enter("tool_use", head, events)
            self._call = number
        elif number != self._call or self._open != "tool_use":
            raise ProviderError("The provider's stream mixes the pieces of its tool calls.")
        if function.get("arguments"):
            events.append(self._delta({"type": "input_json_delta", "partial_json": function["arguments"]}))

    def _enter(self, kind: str, head: dict[str, Any], events: list[bytes]) -> None:
        if self._open == kind:
            return
        self._leave(events)
        self._open = kind
        block = {"index": self._blocks, "content_block": {"type": kind, **head}}
        events.append(_event("content_block_start", block))

    def _leave(self, events: list[bytes]) -> None:
        if self._open is not None:
            events.append(_event("content_block_stop", {"index": self._blocks}))
            self._open = None
            self._blocks += 1

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return _event("content_block_delta", {"index": self._blocks, "delta": delta})


def _event(kind: str, data: dict[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), to_json({"type": kind, **data}))


def _head(request_id: str, model: str) -> dict[str, Any]:
    return {
        "id": f"msg_{request_id}",
        "type": "message",
        "role": "assistant",
        "model": model,
    }


def _stopped(finish: FinishReason, sequence: str | None, *, called: bool) -> dict[str, Any]:
    if called and finish == "stop":  # as some vendors end an answer that is a forced call
        finish = "tool_calls"
    if finish == "stop" and sequence is not None:
        return {"stop_reason": "stop_sequence", "stop_sequence": sequence}
    return {"stop_reason": _STOP[finish], "stop_sequence": None}


def _arguments(arguments: Any, *, cut_off: bool) -> dict[str, Any]:
    """The arguments as an object; of some that were cut off, what is there."""
    try:
        found = from_json(arguments or "{}", allow_partial=cut_off)
    except ValueError:
        found = {} if cut_off else None
    if not isinstance(found, dict):
        raise ProviderError("The arguments of the model's tool call are no JSON object.")
    return found


def _new_call_id() -> str:
    return f"toolu_{secrets.token_hex(12)}"
