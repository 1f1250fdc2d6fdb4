"""Tool calls that must happen, on an engine that can't force them: the answer is bound to a JSON Schema of
`{name, arguments}` and read as a tool call afterwards."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any

from pydantic_core import from_json, to_json

from pluggably.contract.text import TextDelta
from pluggably.errors import ValidationFailed

Tool = dict[str, Any]


def forced_tools(parameters: dict[str, Any]) -> list[Tool] | None:
    """The functions of which one must be called, or None where the model is free to choose.

    Raises `ValidationFailed` for a choice that names no tool of the request.
    """
    choice = parameters.get("tool_choice")
    functions = [tool["function"] for tool in parameters.get("tools") or () if tool.get("function")]
    if choice == "required":
        if not functions:
            raise ValidationFailed.of("tool_choice", "`required` needs at least one tool", "missing")
        return functions
    if isinstance(choice, dict):
        chosen = choice.get("function")
        name = chosen.get("name") if isinstance(chosen, dict) else None
        named = [function for function in functions if function.get("name") == name]
        if not named:
            raise ValidationFailed.of("tool_choice", f"no tool is named {name!r}", "value_error")
        return named
    return None


def call_schema(functions: list[Tool]) -> dict[str, Any]:
    """The JSON Schema of one call of one of these functions."""
    calls = [
        {
            "type": "object",
            "properties": {
                "name": {"const": function["name"]},
                "arguments": function.get("parameters") or {"type": "object"},
            },
            "required": ["name", "arguments"],
            "additionalProperties": False,
        }
        for function in functions
    ]
    return calls[0] if len(calls) == 1 else {"anyOf": calls}


def with_tools_told(messages: list[dict[str, Any]], functions: list[Tool]) -> list[dict[str, Any]]:
    """The messages with a description of the functions in the system message."""
    described = to_json(functions).decode()
    told = 'Answer with a JSON object {"name": …, "arguments": …} that calls one of these functions:\n' + described
    first = messages[0] if messages else {}
    if first.get("role") == "system" and isinstance(first.get("content"), str):
        return [{**first, "content": f"{first['content']}\n\n{told}"}, *messages[1:]]
    return [{"role": "system", "content": told}, *messages]


async def as_tool_calls(deltas: AsyncIterator[TextDelta]) -> AsyncIterator[TextDelta]:
    """Hold each choice's text until it is complete, then give it as one tool call."""
    texts: dict[int, list[str]] = {}
    async for delta in deltas:
        if delta.text is not None:
            texts.setdefault(delta.index, []).append(delta.text)
            delta.text = None
        if delta.finish_reason is not None:
            text = "".join(texts.pop(delta.index, ()))
            call = _read_call(text)
            if call is None:
                delta.text = text
            else:
                delta.tool_calls = [call]
                delta.finish_reason = "tool_calls"
        elif delta.usage is None and delta.reasoning is None:
            continue
        yield delta


def _read_call(text: str) -> dict[str, Any] | None:
    """The call in a text, or None where the text was cut off before it was complete."""
    try:
        call = from_json(text)
        name, arguments = call["name"], call["arguments"]
    except (ValueError, KeyError, TypeError):
        return None
    function = {"name": name, "arguments": to_json(arguments).decode()}
    return {"index": 0, "id": f"call_{secrets.token_hex(12)}", "type": "function", "function": function}
