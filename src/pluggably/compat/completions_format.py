"""OpenAI's older completion objects, written from the gateway's own pieces.

Source: https://platform.openai.com/docs/api-reference/completions/object
"""

from __future__ import annotations

import time
from typing import Any

from pydantic_core import to_json

from pluggably.compat.chat_format import usage_object
from pluggably.contract.text import TextDelta, TextResult, Usage
from pluggably.errors import PluggablyError
from pluggably.kit.sse import DONE


class CompletionFormat:
    """Writes one `text_completion`, whole or piece by piece. `tops`: how many likely tokens the client wants."""

    def __init__(self, request_id: str, model: str, tops: int | None) -> None:
        self._request_id = request_id
        self._head = {
            "id": f"cmpl-{request_id}",
            "object": "text_completion",
            "created": int(time.time()),
            "model": model,
        }
        self._tops = tops or 0
        self._offsets: dict[int, int] = {}

    def whole(self, results: list[TextResult], usage: Usage | None, warnings: list[str]) -> bytes:
        """The object; `warnings`, a field of the gateway's own, is there where there are some."""
        choices = [
            self._choice(index, result.text, result.logprobs, result.finish_reason)
            for index, result in enumerate(results)
        ]
        body = {**self._head, "choices": choices, "usage": usage_object(usage) if usage is not None else None}
        if warnings:
            body["warnings"] = warnings
        return to_json(body, inf_nan_mode="null")

    def piece(self, delta: TextDelta, warnings: list[str]) -> bytes:
        """The event of one piece; nothing for one that has no text and ends nothing."""
        if delta.text is None and delta.finish_reason is None:
            return b""
        choice = self._choice(delta.index, delta.text or "", delta.logprobs, delta.finish_reason)
        return self._event({"choices": [choice]} | ({"warnings": list(warnings)} if warnings else {}))

    def usage(self, usage: Usage) -> bytes:
        """The last event of a stream whose client asked for the usage."""
        return self._event({"choices": [], "usage": usage_object(usage)})

    def error(self, error: PluggablyError) -> bytes:
        """The event of a failure."""
        return b"data: " + to_json(error.envelope(self._request_id), fallback=str) + b"\n\n"

    def _event(self, rest: dict[str, Any]) -> bytes:
        return b"data: " + to_json({**self._head, **rest}, inf_nan_mode="null") + b"\n\n"

    def _choice(self, index: int, text: str, logprobs: dict[str, Any] | None, reason: str | None) -> dict[str, Any]:
        tokens = (logprobs or {}).get("content")
        return {
            "text": text,
            "index": index,
            "logprobs": self._logprobs(index, tokens) if tokens else None,
            "finish_reason": reason,
        }

    def _logprobs(self, index: int, tokens: list[dict[str, Any]]) -> dict[str, Any]:
        """A chat completion's, as lists side by side; `text_offset` counts characters of the choice's text."""
        offsets = []
        at = self._offsets.get(index, 0)
        for token in tokens:
            offsets.append(at)
            at += len(token["token"])
        self._offsets[index] = at
        return {
            "tokens": [token["token"] for token in tokens],
            "token_logprobs": [token.get("logprob") for token in tokens],
            "top_logprobs": [
                {top["token"]: top["logprob"] for top in (token.get("top_logprobs") or ())[: self._tops]}
                for token in tokens
            ],
            "text_offset": offsets,
        }


class CompletionWriter:
    """Writes the events of one stream; `warnings` go into the first."""

    def __init__(self, format: CompletionFormat, warnings: list[str], *, include_usage: bool) -> None:
        self._format = format
        self._warnings = warnings
        self._warned = False
        self._include_usage = include_usage

    def write(self, delta: TextDelta) -> bytes:
        """The event of one piece."""
        event = self._format.piece(delta, [] if self._warned else self._warnings)
        self._warned = self._warned or bool(event)
        return event

    def end(self, usage: Usage | None) -> bytes:
        """The usage where it is wanted, and `[DONE]`."""
        return (self._format.usage(usage) if self._include_usage and usage is not None else b"") + DONE

    def failed(self, error: PluggablyError) -> bytes:
        """The error, and `[DONE]`."""
        return self._format.error(error) + DONE
