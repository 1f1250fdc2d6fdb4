"""A Responses request in the words of a chat completion, the language in which the gateway speaks of text.

Source: https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from typing import Any

from pluggably.compat.chat_schemas import Loose
from pluggably.compat.responses_schemas import ResponsesRequest
from pluggably.errors import PluggablyError, UnsupportedFeature, ValidationFailed

_ROLES = ("system", "developer", "user", "assistant")
_SAME = ("temperature", "top_p", "top_logprobs")
_NEEDS_STORED = ("previous_response_id", "conversation", "prompt")
_UNHEARD = ("context_management", "moderation", "image", "access_programs", "background_options")
"""Fields of Responses that no chat completion has: a provider might ignore them without a word."""
_NO_EFFECT = ("prompt_cache_options",)
_LOGPROBS = "message.output_text.logprobs"
_ENCRYPTED = "reasoning.encrypted_content"
_FIELDS = {
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "response_format": "text.format",
    "verbosity": "text.verbosity",
    "reasoning_effort": "reasoning.effort",
    "messages": "input",
    "input.images": "input",
    "logprobs": "include",
}
"""The fields that stand for those of a chat completion."""


def refuse_what_is_kept_elsewhere(body: ResponsesRequest) -> None:
    """Raise `UnsupportedFeature` for what needs a response or a prompt that is kept, or a place in the background."""
    for name in _NEEDS_STORED:
        if getattr(body, name) is not None:
            raise UnsupportedFeature(f"Nothing is kept for `{name}`: send the whole input.", param=name)
    if body.background:
        raise UnsupportedFeature("Background responses are not supported: `POST /v1/generate` has them.",
                                 param="background")  # fmt: skip
    if body.truncation == "auto":
        raise UnsupportedFeature("No input is cut silently: leave `truncation` out.", param="truncation")


def chat_messages(body: ResponsesRequest) -> list[dict[str, Any]]:
    """The messages of the input. Raises `ValidationFailed`, or `UnsupportedFeature` for items of other tools."""
    messages: list[dict[str, Any]] = []
    if isinstance(body.input, str):
        messages.append({"role": "user", "content": body.input})
    else:
        for number, item in enumerate(body.input):
            _take(item, f"input.{number}", messages)
    if not messages:
        raise ValidationFailed.of("input", "holds no message")
    if body.instructions:
        messages.insert(0, {"role": "system", "content": body.instructions})
    return messages


def _take(item: dict[str, Any], where: str, messages: list[dict[str, Any]]) -> None:
    match item.get("type") or "message":
        case "message":
            messages.append(_message(item, where))
        case "function_call":
            call = _call(item, where)
            if messages and messages[-1]["role"] == "assistant":  # all of one turn are one message
                messages[-1].setdefault("tool_calls", []).append(call)
            else:
                messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        case "function_call_output":
            told = _told(item.get("output"), f"{where}.output")
            messages.append({"role": "tool", "tool_call_id": _string(item, "call_id", where), "content": told})
        case "reasoning":
            pass  # what an earlier model thought is nothing that another could go on with
        case "item_reference":
            raise UnsupportedFeature("No items are kept to be referred to.", param=f"{where}.type")
        case other:
            raise UnsupportedFeature(
                f"Items of the type `{str(other)[:64]}` are not supported.", param=f"{where}.type"
            )


def _message(item: dict[str, Any], where: str) -> dict[str, Any]:
    role, content = item.get("role"), item.get("content")
    if role not in _ROLES:
        raise ValidationFailed.of(f"{where}.role", f"is one of {', '.join(_ROLES)}")
    if isinstance(content, str):
        return {"role": role, "content": content}
    if not isinstance(content, list):
        raise ValidationFailed.of(f"{where}.content", "must be a text or a list of parts")
    parts = [_part(part, f"{where}.content.{number}") for number, part in enumerate(content)]
    if all(part["type"] == "text" for part in parts) and (role == "assistant" or len(parts) == 1):
        return {"role": role, "content": "".join(part["text"] for part in parts)}
    if role == "assistant":
        raise UnsupportedFeature("An assistant's message holds text alone.", param=f"{where}.content")
    return {"role": role, "content": parts}


def _part(part: Any, where: str) -> dict[str, Any]:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind in ("input_text", "output_text", "text"):
        return {"type": "text", "text": _string(part, "text", where)}
    if kind == "refusal":
        return {"type": "text", "text": _string(part, "refusal", where)}
    if kind == "input_image":
        if part.get("image_url") is None and part.get("file_id") is not None:
            raise UnsupportedFeature(
                "No files are kept here: give the image's `image_url`.", param=f"{where}.file_id"
            )
        image = {"url": _string(part, "image_url", where)}
        if part.get("detail") not in (None, "auto"):
            image["detail"] = _string(part, "detail", where)
        return {"type": "image_url", "image_url": image}
    if kind is None:
        raise ValidationFailed.of(where, "must be an object with a `type`")
    raise UnsupportedFeature(f"Parts of the type `{str(kind)[:64]}` are not supported.", param=f"{where}.type")


def _call(item: dict[str, Any], where: str) -> dict[str, Any]:
    function = {"name": _string(item, "name", where), "arguments": _string(item, "arguments", where)}
    call = {"id": _string(item, "call_id", where), "type": "function", "function": function}
    if item.get("extra_content") is not None:
        call["extra_content"] = item["extra_content"]
    return call


def _told(output: Any, where: str) -> str:
    if isinstance(output, str):
        return output
    if not isinstance(output, list):
        raise ValidationFailed.of(where, "must be a text or a list of parts")
    parts = [_part(part, f"{where}.{number}") for number, part in enumerate(output)]
    if any(part["type"] != "text" for part in parts):
        raise UnsupportedFeature("A function's output is text.", param=where)
    return "".join(part["text"] for part in parts)


def _string(holder: dict[str, Any], name: str, where: str) -> str:
    value = holder.get(name)
    if not isinstance(value, str):
        raise ValidationFailed.of(f"{where}.{name}", "must be a text", "string_type" if name in holder else "missing")
    return value


def chat_parameters(fields: dict[str, Any], body: ResponsesRequest) -> tuple[dict[str, Any], list[str]]:
    """The other fields of a chat completion, and warnings. Raises `ValidationFailed` or `UnsupportedFeature`.

    `fields` are the body's as they came: one that nobody here knows passes on, for the provider to judge.
    """
    parameters = {name: value for name, value in fields.items() if name not in ResponsesRequest.model_fields}
    for name in _UNHEARD:
        if parameters.get(name) is not None:
            raise UnsupportedFeature(f"There is no `{name}` here.", param=name)
    for name in _NO_EFFECT:
        parameters.pop(name, None)
    parameters |= {name: fields[name] for name in _SAME if fields.get(name) is not None}
    warnings: list[str] = []
    if body.max_output_tokens is not None:
        parameters["max_tokens"] = body.max_output_tokens
    if _LOGPROBS in (body.include or ()):
        parameters["logprobs"] = True
    elif parameters.pop("top_logprobs", None):
        raise ValidationFailed.of("top_logprobs", f"needs `include: [{_LOGPROBS!r}]`")
    if _ENCRYPTED in (body.include or ()):
        warnings.append(f"`include`: there is no {_ENCRYPTED!r} here; reasoning is told in plain words where it is.")
    if body.reasoning is not None:
        _refuse_unknown(body.reasoning, "reasoning")
        if body.reasoning.effort is not None:
            parameters["reasoning_effort"] = body.reasoning.effort
        if body.reasoning.summary in ("concise", "detailed"):
            warnings.append("`reasoning.summary`: how much is told of the reasoning is the provider's choice.")
    _text(body, parameters)
    _tools(body, parameters)
    return parameters, warnings


def _text(body: ResponsesRequest, parameters: dict[str, Any]) -> None:
    if body.text is None:
        return
    _refuse_unknown(body.text, "text")
    if body.text.verbosity is not None:
        parameters["verbosity"] = body.text.verbosity
    wanted = body.text.format
    if wanted is None or wanted.type == "text":
        return
    if wanted.type == "json_object":
        parameters["response_format"] = {"type": "json_object"}
        return
    if wanted.json_schema is None or wanted.name is None:
        missing = "name" if wanted.name is None else "schema"
        raise ValidationFailed.of(f"text.format.{missing}", "is needed with `json_schema`", "missing")
    named: dict[str, Any] = {"name": wanted.name, "schema": wanted.json_schema}
    more = {"strict": wanted.strict, "description": wanted.description}
    named |= {name: value for name, value in more.items() if value is not None}
    parameters["response_format"] = {"type": "json_schema", "json_schema": named}


def _tools(body: ResponsesRequest, parameters: dict[str, Any]) -> None:
    tools = []
    for number, tool in enumerate(body.tools or ()):
        if tool.type != "function":
            raise UnsupportedFeature(
                f"Tools of the type `{tool.type[:64]}` run at the vendor; only functions are supported.",
                param=f"tools.{number}.type",
            )
        if tool.name is None:
            raise ValidationFailed.of(f"tools.{number}.name", "a function needs a name", "missing")
        _refuse_unknown(tool, f"tools.{number}")
        more = {"description": tool.description, "parameters": tool.parameters, "strict": tool.strict}
        function = {"name": tool.name} | {name: value for name, value in more.items() if value is not None}
        tools.append({"type": "function", "function": function})
    if tools:
        parameters["tools"] = tools
        if body.parallel_tool_calls is not None:
            parameters["parallel_tool_calls"] = body.parallel_tool_calls
    choice = body.tool_choice
    if isinstance(choice, dict):
        if choice.get("type") != "function":
            raise UnsupportedFeature("Only a function can be chosen by name.", param="tool_choice")
        name = _string(choice, "name", "tool_choice")
        parameters["tool_choice"] = {"type": "function", "function": {"name": name}}
    elif choice is not None and (tools or choice == "required"):
        parameters["tool_choice"] = choice


def _refuse_unknown(given: Loose, where: str) -> None:
    """Raise `UnsupportedFeature` for fields that would be left out without a word."""
    for name, value in (given.model_extra or {}).items():
        if value is not None:
            raise UnsupportedFeature(f"`{name[:64]}` is not supported here.", param=f"{where}.{name[:64]}")


def in_its_words(error: PluggablyError) -> None:
    """Let the error name the field that stands for a chat completion's."""
    error.param = _FIELDS.get(error.param or "", error.param)
