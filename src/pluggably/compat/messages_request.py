"""Anthropic's message request in the gateway's own language: OpenAI's chat messages and parameters.

Nothing is dropped silently: what would change the answer is refused, what does no harm is told in `warnings`.
Source of the format: https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json, to_json

from pluggably.compat.messages_schemas import Block, CountTokensRequest, MessagesRequest, Thinking
from pluggably.errors import UnsupportedFeature, ValidationFailed

CARRIED = "pluggably:"
"""How the `data` of a `redacted_thinking` block begins that carries what the gateway needs back; see `carrier_of`."""

_NO_EFFECT = frozenset(
    {"metadata", "service_tier", "cache_control", "diagnostics", "user_profile_id", "workspace_id"}
)
"""Fields that change nothing in the answer: accepted. Where the answer is made (`inference_geo`) is none of them: who
says so may have to."""
_HARMLESS = frozenset({"context_management", "speed"})
"""Fields that only Anthropic can follow and that are no part of what was asked: accepted with a warning."""
_EFFORT_BY_BUDGET = ((2048, "low"), (8192, "medium"))
"""Upper limits of a budget of thoughts, in tokens, and the effort that is asked for in its place; above: `high`."""


@dataclass(slots=True)
class Chat:
    """A request in the gateway's own language; `warnings` say what was left out without harm."""

    messages: list[dict[str, Any]]
    parameters: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def chat_of(body: CountTokensRequest, schema: dict[str, Any]) -> Chat:
    """The chat that a request stands for, for a model whose parameters have this JSON Schema.

    Raises `UnsupportedFeature` or `ValidationFailed` for what can't be said.
    """
    chat = Chat(_messages(body))
    _refuse_unknown(body, chat)
    parameters = chat.parameters
    if isinstance(body, MessagesRequest):
        parameters["max_tokens"] = body.max_tokens
        for name in ("temperature", "top_p", "top_k"):
            value = getattr(body, name)
            if value is not None:
                parameters[name] = value
        if body.stop_sequences:
            parameters["stop"] = body.stop_sequences
    _tools(body, parameters)
    _thinking(body, chat, schema.get("properties") or {})
    if body.output_config is not None and body.output_config.format is not None:
        wanted = {"name": "answer", "strict": True, "schema": body.output_config.format.schema_}
        parameters["response_format"] = {"type": "json_schema", "json_schema": wanted}
    return chat


def carrier_of(extras: dict[str, Any]) -> dict[str, Any]:
    """A block that carries what a vendor wants back with its tool calls, by the calls' ids.

    Anthropic's clients send such blocks back as they came; they know nothing of fields beside a `tool_use`.
    """
    return {"type": "redacted_thinking", "data": CARRIED + base64.b64encode(to_json(extras)).decode()}


def without_our_own(fields: dict[str, Any]) -> dict[str, Any]:
    """The request for the vendor itself: without blocks of thoughts in its messages that it has never signed."""
    messages = []
    for message in fields["messages"]:
        content = message["content"]
        if message["role"] == "assistant" and isinstance(content, list):
            content = [block for block in content if not _is_our_own(block)]
            if not content:
                continue
            messages.append({**message, "content": content})
        else:
            messages.append(message)
    return {**fields, "messages": messages}


def has_images(body: CountTokensRequest) -> bool:
    """Whether a request brings images, in a message or in the result of a tool."""
    return any(
        block.type == "image" or _holds_image((block.model_extra or {}).get("content"))
        for message in body.messages
        if isinstance(message.content, list)
        for block in message.content
    )


def _holds_image(content: Any) -> bool:
    return isinstance(content, list) and any(
        isinstance(block, dict) and block.get("type") == "image" for block in content
    )


def _dict(block: Block) -> dict[str, Any]:
    return {"type": block.type, **(block.model_extra or {})}


def _is_our_own(block: dict[str, Any]) -> bool:
    if block["type"] == "thinking":
        return not block.get("signature")
    return block["type"] == "redacted_thinking" and str(block.get("data", "")).startswith(CARRIED)


def _messages(body: CountTokensRequest) -> list[dict[str, Any]]:
    chat: list[dict[str, Any]] = []
    if body.system:
        chat.append({"role": "system", "content": _plain(body.system, "system")})
    extras: dict[str, Any] = {}
    for number, message in enumerate(body.messages):
        where = f"messages.{number}.content"
        if message.role == "system":
            chat.append({"role": "system", "content": _plain(message.content, where)})
        elif isinstance(message.content, str):
            chat.append({"role": message.role, "content": message.content})
        elif message.role == "assistant":
            chat.append(_assistant([_dict(block) for block in message.content], where, extras))
        else:
            chat += _user([_dict(block) for block in message.content], where)
    return chat


def _plain(content: str | list[Block], where: str) -> str:
    if isinstance(content, str):
        return content
    return "\n\n".join(_text(_dict(block), f"{where}.{at}") for at, block in enumerate(content))


def _text(block: dict[str, Any], where: str) -> str:
    if block["type"] != "text":
        raise _unsupported(block["type"], where)
    text: str = _field(block, "text", str, where)
    return text


def _assistant(blocks: list[dict[str, Any]], where: str, extras: dict[str, Any]) -> dict[str, Any]:
    """An earlier answer. Its thoughts stay behind: only who signed them could read them again."""
    texts: list[str] = []
    calls: list[dict[str, Any]] = []
    for at, block in enumerate(blocks):
        place = f"{where}.{at}"
        match block["type"]:
            case "text":
                texts.append(_field(block, "text", str, place))
            case "tool_use":
                calls.append(_call(block, place, extras))
            case "redacted_thinking":
                extras |= _carried(block)
            case "thinking":
                pass
            case kind:
                raise _unsupported(kind, place)
    message: dict[str, Any] = {"role": "assistant", "content": "".join(texts)}
    if calls:
        message["content"] = message["content"] or None
        message["tool_calls"] = calls
    return message


def _call(block: dict[str, Any], where: str, extras: dict[str, Any]) -> dict[str, Any]:
    name = _field(block, "name", str, where)
    arguments = to_json(_field(block, "input", dict, where)).decode()
    identity = _field(block, "id", str, where)
    call = {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}
    return {**call, "extra_content": extras[identity]} if identity in extras else call


def _carried(block: dict[str, Any]) -> dict[str, Any]:
    data = block.get("data")
    if not isinstance(data, str) or not data.startswith(CARRIED):
        return {}
    try:
        carried = from_json(base64.b64decode(data.removeprefix(CARRIED), validate=True))
    except (ValueError, binascii.Error):
        return {}
    return (
        {key: value for key, value in carried.items() if isinstance(value, dict)} if isinstance(carried, dict) else {}
    )


def _user(blocks: list[dict[str, Any]], where: str) -> list[dict[str, Any]]:
    """The results of tools, each a message of its own, then what the user says, with the images of the results:
    few vendors take images from a tool."""
    results: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for at, block in enumerate(blocks):
        place = f"{where}.{at}"
        match block["type"]:
            case "text":
                parts.append({"type": "text", "text": _field(block, "text", str, place)})
            case "image":
                parts.append(_image(block, place))
            case "tool_result":
                result, images = _result(block, place)
                results.append(result)
                parts += images
            case kind:
                raise _unsupported(kind, place)
    if parts or not results:
        only_text = all(part["type"] == "text" for part in parts)
        content: Any = "\n\n".join(part["text"] for part in parts) if only_text else parts
        results.append({"role": "user", "content": content})
    return results


def _result(block: dict[str, Any], where: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    content = block.get("content") or ""
    texts: list[str] = []
    images: list[dict[str, Any]] = []
    if isinstance(content, str):
        texts.append(content)
    elif isinstance(content, list):
        for at, item in enumerate(content):
            place = f"{where}.content.{at}"
            if not isinstance(item, dict) or not isinstance(item.get("type"), str):
                raise ValidationFailed.of(place, "must be a block with a type", "dict_type")
            if item["type"] == "image":
                images.append(_image(item, place))
            else:
                texts.append(_text(item, place))
    else:
        raise ValidationFailed.of(f"{where}.content", "must be a text or a list of blocks")
    text = "\n\n".join(texts)
    if block.get("is_error") is True:
        text = f"Error: {text}"
    identity = _field(block, "tool_use_id", str, where)
    if images:
        images.insert(0, {"type": "text", "text": f"What the tool answered to {identity} holds these images:"})
        text = text or "The images follow."
    return {"role": "tool", "tool_call_id": identity, "content": text}, images


def _image(block: dict[str, Any], where: str) -> dict[str, Any]:
    source = _field(block, "source", dict, where)
    where = f"{where}.source"
    match source.get("type"):
        case "base64":
            media_type = _field(source, "media_type", str, where)
            url = f"data:{media_type};base64,{_field(source, 'data', str, where)}"
        case "url":
            url = _field(source, "url", str, where)
        case kind:
            raise _unsupported(f"image with a source of the type {kind}", where)
    return {"type": "image_url", "image_url": {"url": url}}


def _tools(body: CountTokensRequest, parameters: dict[str, Any]) -> None:
    if not body.tools:
        if body.tool_choice is not None and body.tool_choice.type in ("any", "tool"):
            raise ValidationFailed.of("tool_choice", "needs at least one tool", "missing")
        return
    tools = []
    for number, tool in enumerate(body.tools):
        if tool.type not in (None, "custom"):
            raise UnsupportedFeature(
                f"Tools of the type {tool.type[:100]!r} run at Anthropic; give tools with an `input_schema`.",
                param=f"tools.{number}",
            )
        if not tool.name or tool.input_schema is None:
            missing = "input_schema" if tool.name else "name"
            raise ValidationFailed.of(f"tools.{number}.{missing}", "Field required", "missing")
        function: dict[str, Any] = {"name": tool.name, "parameters": tool.input_schema}
        if tool.description:
            function["description"] = tool.description
        if tool.strict is not None:
            function["strict"] = tool.strict
        tools.append({"type": "function", "function": function})
    parameters["tools"] = tools
    choice = body.tool_choice
    if choice is None:
        return
    if choice.type == "tool":
        if not choice.name:
            raise ValidationFailed.of("tool_choice.name", "Field required", "missing")
        parameters["tool_choice"] = {"type": "function", "function": {"name": choice.name}}
    else:
        parameters["tool_choice"] = {"any": "required"}.get(choice.type, choice.type)
    if choice.disable_parallel_tool_use and choice.type != "none":
        parameters["parallel_tool_calls"] = False


def _thinking(body: CountTokensRequest, chat: Chat, known: dict[str, Any]) -> None:
    """Thoughts and effort, as far as the model has them: an answer without thoughts is still one."""
    config = body.output_config
    effort = config.effort if config is not None else None
    thinking = body.thinking if body.thinking is not None and body.thinking.type != "disabled" else None
    allowed = (known.get("reasoning_effort") or {}).get("enum") or ()
    if thinking is not None and effort is None:
        wanted, name = _effort(thinking), "thinking"
    elif effort is not None:
        wanted, name = effort, "output_config.effort"
    else:
        return
    if wanted in allowed:
        chat.parameters["reasoning_effort"] = wanted
    else:
        chat.warnings.append(f"`{name}`: the model has no such thing; left out")


def _effort(thinking: Thinking) -> str:
    budget = thinking.budget_tokens
    if budget is None:
        return "medium"
    return next((effort for most, effort in _EFFORT_BY_BUDGET if budget <= most), "high")


def _refuse_unknown(body: CountTokensRequest, chat: Chat) -> None:
    for name, value in (body.model_extra or {}).items():
        if name in _NO_EFFECT or value is None:
            continue
        if name not in _HARMLESS:
            raise UnsupportedFeature(f"`{name[:100]}` can't be passed on to this model.", param=name[:100])
        chat.warnings.append(f"`{name}`: the model has nothing like it; left out")


def _field(block: dict[str, Any], name: str, kind: type, where: str) -> Any:
    value = block.get(name)
    if not isinstance(value, kind):
        missing = name not in block
        what = "a string" if kind is str else "an object"
        message = "Field required" if missing else f"must be {what}"
        raise ValidationFailed.of(f"{where}.{name}", message, "missing" if missing else "type")
    return value


def _unsupported(kind: str, where: str) -> UnsupportedFeature:
    return UnsupportedFeature(f"Content of the type {kind[:100]!r} can't be passed on to this model.", param=where)
