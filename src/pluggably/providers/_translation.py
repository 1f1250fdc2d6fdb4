"""What adapters share that translate from OpenAI's chat completions into a vendor's own language.

Nothing is dropped silently: every parameter is taken by somebody, or is an error, or is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic_core import from_json

from pluggably.contract.calls import Reply
from pluggably.contract.provider import RemoteModel
from pluggably.contract.text import TextRequest
from pluggably.errors import ModelNotFound, ProviderError, UnsupportedFeature, ValidationFailed

NO_EFFECT = frozenset(
    {
        "store", "metadata", "user", "service_tier", "safety_identifier", "prompt_cache_key",
        "prompt_cache_retention", "prediction",
    }
)  # fmt: skip
"""Fields of OpenAI's that change nothing in the output: a vendor without them answers all the same."""
NEUTRAL: dict[str, Any] = {
    "n": 1, "logprobs": False, "top_logprobs": 0, "presence_penalty": 0, "frequency_penalty": 0, "logit_bias": {},
    "store": False, "parallel_tool_calls": True,
}  # fmt: skip
"""Values that ask for what happens anyway."""
_DATA_URL = re.compile(r"data:([a-z]+/[a-z0-9.+-]+);base64,(.+)", re.IGNORECASE | re.DOTALL)
_MODEL = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[\w.+-]+(?:/[\w.+-]+)*", re.ASCII)


class Parameters:
    """The parameters of one request on their way to `vendor`. Nulls count as not given."""

    def __init__(self, request: TextRequest, vendor: str) -> None:
        self._left = {name: value for name, value in request.parameters.items() if value is not None}
        self._warnings = request.warnings
        self._vendor = vendor

    def take(self, *names: str) -> Any:
        """The value of the first of these names that is given, None without one; all of them count as taken."""
        found = [self._left.pop(name) for name in names if name in self._left]
        return found[0] if found else None

    def move(self, into: dict[str, Any], **names: str) -> None:
        """Put parameters into a vendor's object as they are: `name="vendorsName"`."""
        for name, new in names.items():
            value = self.take(name)
            if value is not None:
                into[new] = value

    def warn(self, name: str, what: str) -> None:
        """Tell the caller about a parameter, by name."""
        self._warnings.append(f"`{name}`: {what}")

    def finish(self) -> None:
        """Warn of what is left and does no harm. Raises `UnsupportedFeature` for what would be missed."""
        for name, value in self._left.items():
            if name in NEUTRAL and value == NEUTRAL[name]:
                continue
            if name not in NO_EFFECT:
                raise UnsupportedFeature(f"{self._vendor} has no `{name}`.", param=name)
            self._warnings.append(left_out(name, self._vendor))


def left_out(name: str, vendor: str) -> str:
    """The warning of something that changes nothing in the answer, and that the vendor lacks."""
    return f"`{name}`: {vendor} has nothing like it; left out"


def count_in(reply: Reply, name: str) -> int:
    """The number of tokens in the field `name` of an answer. Raises `ProviderError` where there is none."""
    try:
        found = from_json(reply.body)[name]
    except (ValueError, KeyError, TypeError) as error:
        raise ProviderError("The provider's answer tells no number of tokens.") from error
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise ProviderError("The provider's answer tells no number of tokens.")
    return found


def models_in(
    reply: Reply, rows: Callable[[Any], Iterable[Any]], read: Callable[[Any], RemoteModel | None]
) -> list[RemoteModel]:
    """A vendor's list of models: `rows` finds its lines in the answer, `read` makes a model of one, or None of what
    is none. Raises `ProviderError` where either fails."""
    try:
        return [model for row in rows(from_json(reply.body)) if (model := read(row)) is not None]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProviderError("The provider's list of models can't be read.") from error


def model_in_path(model: str) -> str:
    """A model's name that can stand in a URL's path. Raises `ModelNotFound`: what else there may be is no model."""
    if not _MODEL.fullmatch(model):
        raise ModelNotFound(f"There can be no model of the name {model[:100]!r}.", param="model")
    return model


def stop_list(stop: Any) -> list[str]:
    """OpenAI's `stop`, one text or several, as a list."""
    return [stop] if isinstance(stop, str) else list(stop)


def text_of(content: Any) -> str:
    """A content that may only hold text. Raises `UnsupportedFeature` for anything else."""
    if isinstance(content, str):
        return content
    return "".join(text for kind, text in parts_of(content) if kind == "text" or _refuse(kind))


def parts_of(content: Any) -> Iterator[tuple[str, str]]:
    """The parts of a message's content: `("text", text)` or `("image", URL)`.

    Raises `UnsupportedFeature` for parts of another kind.
    """
    if isinstance(content, str):
        yield "text", content
        return
    for part in content or ():
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("text", "refusal"):
            yield "text", str(part.get(kind) or "")
        elif kind == "image_url":
            image = part.get("image_url")
            yield "image", str(image.get("url") if isinstance(image, dict) else image)
        else:
            _refuse(kind)


def _refuse(kind: Any) -> bool:
    raise UnsupportedFeature(f"A content part of the type {str(kind)[:100]!r} can't be passed on.", param="messages")


def data_of(url: str) -> tuple[str, str] | None:
    """Media type and base64 of a data URL; None for another URL."""
    found = _DATA_URL.fullmatch(url)
    return (found[1].lower(), found[2]) if found else None


def arguments_of(call: dict[str, Any]) -> dict[str, Any]:
    """The arguments of an earlier tool call as an object. Raises `ValidationFailed`."""
    arguments = (call.get("function") or {}).get("arguments") or "{}"
    if isinstance(arguments, dict):
        return arguments
    try:
        value = from_json(arguments)
    except (ValueError, TypeError):
        value = None
    if not isinstance(value, dict):
        raise ValidationFailed.of("messages", "the arguments of a tool call must be a JSON object")
    return value


def functions_of(tools: Any) -> list[dict[str, Any]]:
    """The functions among the tools. Raises `UnsupportedFeature` for a tool of another kind."""
    functions = []
    for tool in tools or ():
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict):
            kind = tool.get("type") if isinstance(tool, dict) else tool
            raise UnsupportedFeature(f"A tool of the type {str(kind)[:100]!r} can't be passed on.", param="tools")
        functions.append(function)
    return functions


def chosen_tool(choice: Any) -> str | None:
    """The name in a `tool_choice` that names a function. Raises `ValidationFailed` for one that names none."""
    if not isinstance(choice, dict):
        return None
    name = (choice.get("function") or {}).get("name")
    if not isinstance(name, str):
        raise ValidationFailed.of("tool_choice", "must name a function")
    return name


def json_schema_of(response_format: Any) -> dict[str, Any] | None:
    """The `{name, schema, strict}` that an answer must follow; None for any JSON object.

    Raises `ValidationFailed` for a form of `response_format` that nobody knows.
    """
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    if kind == "json_object":
        return None
    wanted = response_format.get("json_schema") if kind == "json_schema" else None
    if not isinstance(wanted, dict) or not isinstance(wanted.get("schema"), dict):
        raise ValidationFailed.of("response_format", "must be text, json_object, or json_schema with a schema")
    return wanted


def wants_json(response_format: Any) -> bool:
    """Whether a `response_format` asks for anything but text."""
    return response_format is not None and response_format != {"type": "text"}
