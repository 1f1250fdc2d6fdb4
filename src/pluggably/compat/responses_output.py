"""OpenAI's response object and the events of its stream, written from the gateway's own pieces.

Source: https://platform.openai.com/docs/api-reference/responses/object and …/responses-streaming
"""

from __future__ import annotations

import time
from typing import Any

from pydantic_core import to_json

from pluggably.compat.responses_schemas import ResponsesRequest
from pluggably.contract.text import FinishReason, TextDelta, TextResult, Usage
from pluggably.errors import PluggablyError

Event = dict[str, Any]


class _Item:
    """An item of the output that is being written: what it holds, joined when it is done."""

    def __init__(self, place: int, body: dict[str, Any]) -> None:
        self.place = place
        self.body = body
        self.pieces: list[str] = []
        self.logprobs: list[dict[str, Any]] = []

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def at(self) -> dict[str, Any]:
        return {"item_id": self.body["id"], "output_index": self.place}


class ResponseOutput:
    """One response as it grows. `warnings`, a field of the gateway's own, is there where there are some."""

    def __init__(self, request_id: str, model: str, asked: ResponsesRequest) -> None:
        self._key = request_id.removeprefix("req_")
        self._head = {"id": f"resp_{self._key}", "object": "response", "created_at": int(time.time())}
        self._rest = {"model": model, **_echo(asked)}
        self._done: dict[int, dict[str, Any]] = {}
        self._places = 0
        self._thought: _Item | None = None
        self._message: _Item | None = None
        self._calls: dict[int, _Item] = {}
        self._early: dict[int, str] = {}
        """Arguments of calls that have no name yet."""
        self._finish: FinishReason = "stop"

    def begin(self) -> list[Event]:
        """The events that open a stream."""
        return [
            {"type": "response.created", "response": self._response("in_progress")},
            {"type": "response.in_progress", "response": self._response("in_progress")},
        ]

    def take(self, delta: TextDelta) -> list[Event]:
        """The events of one piece of the answer."""
        events: list[Event] = []
        if delta.index:
            return events
        if delta.reasoning:
            events += self._think(delta.reasoning)
        if delta.text or (delta.logprobs and delta.logprobs.get("content")):
            events += self._say(delta.text or "", (delta.logprobs or {}).get("content") or [])
        for piece in delta.tool_calls or ():
            events += self._call(piece)
        if delta.finish_reason is not None:
            self._finish = delta.finish_reason
        return events

    def whole(self, result: TextResult, usage: Usage | None, warnings: list[str]) -> dict[str, Any]:
        """The response to a request that does not stream."""
        calls = [{**call, "index": index} for index, call in enumerate(result.tool_calls or ())]
        self.take(
            TextDelta(result.text, result.reasoning, calls or None, result.logprobs, result.finish_reason or "stop")
        )
        last: dict[str, Any] = self.end(usage, warnings)[-1]["response"]
        return last

    def end(self, usage: Usage | None, warnings: list[str]) -> list[Event]:
        """The events that close a stream whose answer is complete, or was cut off by a limit."""
        reasons = {"length": "max_output_tokens", "content_filter": "content_filter"}
        reason = reasons.get(self._finish)
        events = [] if self._places else self._open_message()
        status = "incomplete" if reason else "completed"
        events += self._close_all(status)
        response = self._response(status, usage)
        if reason:
            response["incomplete_details"] = {"reason": reason}
        else:
            response["completed_at"] = int(time.time())
        if warnings:
            response["warnings"] = warnings
        return [*events, {"type": f"response.{status}", "response": response}]

    def failed(self, error: PluggablyError) -> list[Event]:
        """The events that close a stream that broke off. The gateway's own envelope is in the first of them."""
        told = error.envelope(f"req_{self._key}")["error"]
        code = {429: "rate_limit_exceeded", 400: "invalid_prompt", 422: "invalid_prompt"}.get(error.status)
        response = self._response("failed")
        response["error"] = {"code": code or "server_error", "message": error.message}
        return [{**told, "type": "error"}, {"type": "response.failed", "response": response}]

    def _add(self, prefix: str, body: dict[str, Any]) -> tuple[_Item, list[Event]]:
        item = _Item(self._places, {"id": f"{prefix}_{self._key}_{self._places}", **body, "status": "in_progress"})
        self._places += 1
        added = {"type": "response.output_item.added", "output_index": item.place, "item": dict(item.body)}
        return item, [added]

    def _think(self, text: str) -> list[Event]:
        events: list[Event] = self._close_message("completed")
        if self._thought is None:
            self._thought, added = self._add("rs", {"type": "reasoning", "summary": []})
            part = {"type": "summary_text", "text": ""}
            at = {**self._thought.at(), "summary_index": 0, "part": part}
            events += [*added, {"type": "response.reasoning_summary_part.added", **at}]
        self._thought.pieces.append(text)
        at = {**self._thought.at(), "summary_index": 0}
        return [*events, {"type": "response.reasoning_summary_text.delta", **at, "delta": text}]

    def _open_message(self) -> list[Event]:
        self._message, added = self._add("msg", {"type": "message", "role": "assistant", "content": []})
        at = {**self._message.at(), "content_index": 0, "part": _text_part("", [])}
        return [*added, {"type": "response.content_part.added", **at}]

    def _say(self, text: str, logprobs: list[dict[str, Any]]) -> list[Event]:
        events: list[Event] = self._close_thought("completed")
        if self._message is None:
            events += self._open_message()
        message = self._message
        assert message is not None
        message.pieces.append(text)
        logprobs = [_logprob(token) for token in logprobs]
        message.logprobs += logprobs
        at = {**message.at(), "content_index": 0}
        return [*events, {"type": "response.output_text.delta", **at, "delta": text, "logprobs": logprobs}]

    def _call(self, piece: dict[str, Any]) -> list[Event]:
        events: list[Event] = self._close_thought("completed") + self._close_message("completed")
        index = piece.get("index", 0)
        function = piece.get("function") or {}
        arguments = function.get("arguments") or ""
        item = self._calls.get(index)
        if item is None:
            if not function.get("name"):
                self._early[index] = self._early.get(index, "") + arguments
                return events
            arguments = self._early.pop(index, "") + arguments
            called = {"call_id": piece.get("id") or f"call_{self._key}_{index}", "name": function["name"]}
            item, added = self._add("fc", {"type": "function_call", **called, "arguments": ""})
            self._calls[index] = item
            events += added
        if piece.get("extra_content") is not None:
            item.body["extra_content"] = piece["extra_content"]
        if arguments:
            item.pieces.append(arguments)
            events.append({"type": "response.function_call_arguments.delta", **item.at(), "delta": arguments})
        return events

    def _close_all(self, status: str) -> list[Event]:
        events = self._close_thought(status) + self._close_message(status)
        # Calls stay open until here: pieces of several may come mixed.
        for item in self._calls.values():
            item.body["arguments"] = item.text
            events.append({"type": "response.function_call_arguments.done", **item.at(), "arguments": item.text})
            events.append(self._item_done(item, status))
        self._calls.clear()
        return events

    def _close_thought(self, status: str) -> list[Event]:
        item, self._thought = self._thought, None
        if item is None:
            return []
        part = {"type": "summary_text", "text": item.text}
        item.body["summary"] = [part]
        at = {**item.at(), "summary_index": 0}
        return [
            {"type": "response.reasoning_summary_text.done", **at, "text": item.text},
            {"type": "response.reasoning_summary_part.done", **at, "part": part},
            self._item_done(item, status),
        ]

    def _close_message(self, status: str) -> list[Event]:
        item, self._message = self._message, None
        if item is None:
            return []
        part = _text_part(item.text, item.logprobs)
        item.body["content"] = [part]
        at = {**item.at(), "content_index": 0}
        return [
            {"type": "response.output_text.done", **at, "text": item.text, "logprobs": item.logprobs},
            {"type": "response.content_part.done", **at, "part": part},
            self._item_done(item, status),
        ]

    def _item_done(self, item: _Item, status: str) -> Event:
        item.body["status"] = status
        self._done[item.place] = item.body
        return {"type": "response.output_item.done", "output_index": item.place, "item": item.body}

    def _response(self, status: str, usage: Usage | None = None) -> dict[str, Any]:
        return {
            **self._head,
            "status": status,
            "background": False,
            "completed_at": None,
            "error": None,
            "incomplete_details": None,
            **self._rest,
            "output": [self._done[place] for place in sorted(self._done)],
            "usage": _usage(usage) if usage is not None else None,
        }


class ResponseWriter:
    """Writes the events of one stream. `warnings` goes into the last one."""

    def __init__(self, output: ResponseOutput, warnings: list[str], more_warnings: list[str]) -> None:
        self._output = output
        self._warnings = warnings
        self._more_warnings = more_warnings
        self._number = 0

    def write(self, delta: TextDelta) -> bytes:
        """The events of one piece; before the first those that open the stream."""
        events = self._output.take(delta)
        if not events:
            return b""
        return self._encoded(events if self._number else [*self._output.begin(), *events])

    def end(self, usage: Usage | None) -> bytes:
        """The last events. There is no `[DONE]` in this format."""
        events = [] if self._number else self._output.begin()
        return self._encoded([*events, *self._output.end(usage, [*self._warnings, *self._more_warnings])])

    def failed(self, error: PluggablyError) -> bytes:
        """The events of a failure."""
        return self._encoded(self._output.failed(error))

    def _encoded(self, events: list[Event]) -> bytes:
        written = bytearray()
        for event in events:
            data = to_json({**event, "sequence_number": self._number}, inf_nan_mode="null", fallback=str)
            written += b"event: %s\ndata: %s\n\n" % (event["type"].encode(), data)
            self._number += 1
        return bytes(written)


def _echo(asked: ResponsesRequest) -> dict[str, Any]:
    """The settings that a response repeats."""
    text = asked.text.model_dump(by_alias=True, exclude_none=True) if asked.text is not None else {}
    reasoning = asked.reasoning
    return {
        "instructions": asked.instructions,
        "max_output_tokens": asked.max_output_tokens,
        "max_tool_calls": asked.max_tool_calls,
        "metadata": asked.metadata or {},
        "parallel_tool_calls": asked.parallel_tool_calls is not False,
        "previous_response_id": None,
        "reasoning": {
            "effort": reasoning.effort if reasoning else None,
            "summary": reasoning.summary if reasoning else None,
        },
        "store": False,
        "temperature": asked.temperature,
        "text": {"format": {"type": "text"}, **text},
        "tool_choice": asked.tool_choice or "auto",
        "tools": [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
                "strict": bool(tool.strict),
            }
            for tool in asked.tools or ()
        ],
        "top_logprobs": asked.top_logprobs or 0,
        "top_p": asked.top_p,
        "truncation": "disabled",
    }


def _text_part(text: str, logprobs: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": logprobs}


def _logprob(token: dict[str, Any]) -> dict[str, Any]:
    kept = {name: token.get(name) for name in ("token", "logprob")}
    top = [{**_logprob(other)} for other in token.get("top_logprobs") or ()]
    given = token.get("bytes")
    raw = given if isinstance(given, list) else list(str(token.get("token")).encode())
    return {**kept, "bytes": raw, "top_logprobs": top}


def _usage(usage: Usage) -> dict[str, Any]:
    """OpenAI's counts; what the provider does not tell is 0, since clients expect a number."""
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_prompt_tokens or 0, "cache_write_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": usage.total_tokens,
    }
