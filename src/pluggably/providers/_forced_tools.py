"""Tools on an engine that does not enforce them, or for a model whose chat template has no words for them.

The answer is bound to a JSON Schema, `{name, arguments}` for a call or `{answer}` for an answer where the model may
choose, and read as what it says afterwards.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Binding:
    """What an answer is bound to: a call of one of `functions`, or with `answer` (a JSON Schema) that instead."""

    functions: list[Tool]
    answer: dict[str, Any] | None = None


def binding_of(parameters: dict[str, Any], *, native_tools: bool) -> Binding | None:
    """How the answer must be bound; None where the engine does by itself what is asked."""
    forced = forced_tools(parameters)
    if forced is not None:
        return Binding(forced)
    functions = [tool["function"] for tool in parameters.get("tools") or () if tool.get("function")]
    if native_tools or not functions or parameters.get("tool_choice") == "none":
        return None
    return Binding(functions, _answer_schema(parameters.get("response_format")))


def _answer_schema(response_format: Any) -> dict[str, Any]:
    wanted = response_format if isinstance(response_format, dict) else {}
    if wanted.get("type") == "json_schema":
        schema = (wanted.get("json_schema") or {}).get("schema")
        return schema if isinstance(schema, dict) else {"type": "object"}
    return {"type": "object"} if wanted.get("type") == "json_object" else {"type": "string"}


def call_schema(functions: list[Tool], answer: dict[str, Any] | None = None) -> dict[str, Any]:
    """The JSON Schema of one call of one of these functions, or of an answer."""
    definitions: dict[str, Any] = {}
    choices = []
    for function in functions:
        arguments = dict(function.get("parameters") or {"type": "object"})
        definitions |= arguments.pop("$defs", {})  # references in a schema count from its root
        choices.append(_object(name={"const": function["name"]}, arguments=arguments))
    if answer is not None:
        answer = dict(answer)
        definitions |= answer.pop("$defs", {})
        choices.append(_object(answer=answer))
    schema = choices[0] if len(choices) == 1 else {"anyOf": choices}
    return {**schema, "$defs": definitions} if definitions else schema


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def with_tools_told(
    messages: list[dict[str, Any]], functions: list[Tool], *, may_answer: bool = False
) -> list[dict[str, Any]]:
    """The messages with a description of the functions in the system message."""
    told = 'Answer with a JSON object {"name": …, "arguments": …} that calls one of these functions'
    told += ', or with {"answer": …} if none of them is needed:\n' if may_answer else ":\n"
    told += to_json(functions).decode()
    first = messages[0] if messages else {}
    if first.get("role") == "system" and isinstance(first.get("content"), str):
        return [{**first, "content": f"{first['content']}\n\n{told}"}, *messages[1:]]
    return [{"role": "system", "content": told}, *messages]


def with_calls_told(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages with earlier calls and their results in plain words, for a template that would leave them out."""
    told = []
    for message in messages:
        if message.get("role") == "tool":
            told.append({"role": "user", "content": f"The function's result: {_plain(message.get('content'))}"})
        elif message.get("tool_calls"):
            calls = [_told_call(call.get("function") or {}) for call in message["tool_calls"]]
            text = "\n".join(part for part in (_plain(message.get("content")), *calls) if part)
            told.append({"role": "assistant", "content": text})
        else:
            told.append(message)
    return told


def _told_call(function: dict[str, Any]) -> str:
    return f'{{"name": {to_json(function.get("name")).decode()}, "arguments": {function.get("arguments") or "{}"}}}'


def _plain(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return "" if content is None else str(content)


async def as_tool_calls(deltas: AsyncIterator[TextDelta]) -> AsyncIterator[TextDelta]:
    """Hold each choice's text until it is complete, then give it as a tool call or as the answer that it is."""
    texts: dict[int, list[str]] = {}
    async for delta in deltas:
        if delta.text is not None:
            texts.setdefault(delta.index, []).append(delta.text)
            delta.text = None
        if delta.finish_reason is not None:
            _read(delta, "".join(texts.pop(delta.index, ())))
        elif delta.usage is None and delta.reasoning is None:
            continue
        yield delta


def _read(delta: TextDelta, text: str) -> None:
    """Put what a text says into the delta; one that was cut off before it was complete stays a text."""
    try:
        said = from_json(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        delta.text = text
    elif "answer" in said:
        answer = said["answer"]
        delta.text = answer if isinstance(answer, str) else to_json(answer).decode()
    elif "name" in said and "arguments" in said:
        function = {"name": said["name"], "arguments": to_json(said["arguments"]).decode()}
        call_id = f"call_{secrets.token_hex(12)}"
        delta.tool_calls = [{"index": 0, "id": call_id, "type": "function", "function": function}]
        delta.finish_reason = "tool_calls"
    else:
        delta.text = text
