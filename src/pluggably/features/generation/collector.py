"""A streamed answer, put together again."""

from __future__ import annotations

from pluggably.contract.text import TextDelta, TextResult, Usage


class Collector:
    """Puts a streamed answer together again, choice by choice."""

    def __init__(self) -> None:
        self._choices: dict[int, TextResult] = {}
        self._texts: dict[int, list[str]] = {}
        self._reasoning: dict[int, list[str]] = {}
        self._arguments: dict[tuple[int, int], list[str]] = {}

    def take(self, delta: TextDelta) -> None:
        """Add a piece."""
        if delta.usage is not None and not (delta.finish_reason or delta.text or delta.state_tokens):
            return
        result = self._choices.setdefault(delta.index, TextResult())
        if delta.text:
            self._texts.setdefault(delta.index, []).append(delta.text)
        if delta.reasoning:
            self._reasoning.setdefault(delta.index, []).append(delta.reasoning)
        if delta.tool_calls:
            for piece in delta.tool_calls:
                self._take_call(result, delta.index, piece)
        if delta.logprobs and delta.logprobs.get("content"):
            result.logprobs = result.logprobs or {"content": []}
            result.logprobs["content"] += delta.logprobs["content"]
        if delta.state_tokens:
            result.state_tokens = {**(result.state_tokens or {}), **delta.state_tokens}
        if delta.finish_reason is not None:
            result.finish_reason, result.stop_sequence = delta.finish_reason, delta.stop_sequence

    def _take_call(self, result: TextResult, index: int, piece: dict[str, object]) -> None:
        result.tool_calls = result.tool_calls or []
        number = piece.get("index", len(result.tool_calls) - 1)
        number = number if isinstance(number, int) and 0 <= number < 128 else 0
        while len(result.tool_calls) <= number:
            result.tool_calls.append({"id": None, "type": "function", "function": {"name": None, "arguments": ""}})
        call = result.tool_calls[number]
        call["id"] = piece.get("id") or call["id"]
        if piece.get("extra_content"):
            call["extra_content"] = piece["extra_content"]
        function = piece.get("function")
        if isinstance(function, dict):
            call["function"]["name"] = function.get("name") or call["function"]["name"]
            if isinstance(function.get("arguments"), str):
                self._arguments.setdefault((index, number), []).append(function["arguments"])

    def text(self) -> str:
        """The first choice's text so far."""
        return "".join(self._texts.get(0, ()))

    def results(self, usage: Usage | None) -> list[TextResult]:
        """The choices in order; at least one."""
        for index, result in self._choices.items():
            result.text = "".join(self._texts.get(index, ()))
            result.reasoning = "".join(self._reasoning.get(index, ())) or None
            for number, call in enumerate(result.tool_calls or ()):
                call["function"]["arguments"] = "".join(self._arguments.get((index, number), ()))
            result.usage = usage
        if not self._choices:
            return [TextResult(usage=usage)]
        return [self._choices[index] for index in sorted(self._choices)]
