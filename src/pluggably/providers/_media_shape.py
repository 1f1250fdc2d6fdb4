"""What the adapters of image and 3D vendors share: input images, parameters, and reading JSON answers."""

from __future__ import annotations

import base64
import binascii
import re
from copy import deepcopy
from typing import Any

from pydantic_core import from_json

from pluggably.contract.calls import Reply
from pluggably.contract.media import MediaRequest
from pluggably.contract.provider import ParameterSchema
from pluggably.errors import ContentRefused, InvalidImage, ProviderError, UnsupportedFeature
from pluggably.providers._errors import sentence

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_HEAD = re.compile(r"data:(image/[\w.+-]+)(?:;[^,;]*)*;base64,", re.IGNORECASE)
_LONGEST_HEAD = 256
_ID = re.compile(r"[\w-]{1,200}")
_LONGEST_REASON = 500
IMAGES = "input.images"


class UnreadableAnswer(ProviderError):
    """What came is not in the vendor's format at all, such as a proxy's page."""


COMMON: dict[str, dict[str, Any]] = {
    "seed": {
        "title": "Seed",
        "description": "The same seed with the same request gives the same result, as far as the model can.",
        "type": "integer",
        "minimum": 0,
        "maximum": 2**32 - 1,
        "examples": [42],
    },
    "negative_prompt": {
        "title": "Negative prompt",
        "description": "What must not be in the result.",
        "type": "string",
        "maxLength": 10_000,
        "examples": ["text, watermark"],
    },
    "count": {
        "title": "Count",
        "description": "How many images.",
        "type": "integer",
        "default": 1,
        "minimum": 1,
        "maximum": 10,
        "examples": [1, 4],
    },
    "size": {
        "title": "Size",
        "description": "Width and height in pixels: `1024x768`.",
        "type": "string",
        "pattern": "^[1-9][0-9]{1,3}x[1-9][0-9]{1,3}$",
        "examples": ["1024x1024"],
    },
    "steps": {
        "title": "Steps",
        "description": "Steps of denoising: more take longer and are finer.",
        "type": "integer",
        "minimum": 1,
        "maximum": 150,
        "examples": [28],
    },
    "guidance": {
        "title": "Guidance",
        "description": "How closely the prompt is followed.",
        "type": "number",
        "minimum": 0,
        "maximum": 30,
        "examples": [3.5],
    },
    "aspect_ratio": {
        "title": "Aspect ratio",
        "description": "Width to height.",
        "type": "string",
        "examples": ["1:1", "16:9"],
    },
    "format": {
        "title": "Format",
        "description": "The kind of file.",
        "type": "string",
        "enum": ["png", "jpeg", "webp"],
        "default": "png",
        "examples": ["png"],
    },
}
"""Parameters that mean the same at several vendors and in the local runtimes."""


def parameters(
    *names: str, more: dict[str, dict[str, Any]] | None = None, open_ended: bool = False
) -> ParameterSchema:
    """The schema with these of `COMMON` and `more` (which may refine them); `open_ended` lets others pass."""
    properties = {name: deepcopy(COMMON[name]) for name in names}
    for name, schema in (more or {}).items():
        properties[name] = properties.get(name, {}) | deepcopy(schema)
    return {
        "$schema": _DIALECT,
        "title": "Parameters",
        "type": "object",
        "properties": properties,
        "additionalProperties": open_ended,
    }


def choice(title: str, description: str, values: list[str], default: str | None = None) -> dict[str, Any]:
    """The schema of a parameter that is one of several words."""
    schema = {"title": title, "description": description, "type": "string", "enum": values, "examples": values[:2]}
    return schema if default is None else schema | {"default": default}


def switch(title: str, description: str, *, default: bool) -> dict[str, Any]:
    """The schema of a parameter that is on or off."""
    return {"title": title, "description": description, "type": "boolean", "default": default, "examples": [True]}


def number(title: str, description: str, least: float, most: float, *, whole: bool = True) -> dict[str, Any]:
    """The schema of a parameter that is a number."""
    kind = "integer" if whole else "number"
    return {
        "title": title,
        "description": description,
        "type": kind,
        "minimum": least,
        "maximum": most,
        "examples": [least],
    }


def dimensions(size: str) -> tuple[int, int]:
    """Width and height of a `size`. Raises `UnsupportedFeature` for one without numbers, such as `auto`."""
    width, _, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise UnsupportedFeature(f"A size is WIDTHxHEIGHT, not {size[:32]!r}.", param="parameters.size")
    return int(width), int(height)


def renamed(given: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The parameters under the vendor's names, where those differ."""
    return {names.get(name, name): value for name, value in given.items()}


def image_file(url: str) -> tuple[str, bytes]:
    """The media type and the bytes of an input image. Raises `InvalidImage`, or `UnsupportedFeature` for an address
    where the vendor wants the image itself."""
    head = _HEAD.match(url, 0, _LONGEST_HEAD)
    if head is None:
        raise UnsupportedFeature(
            "This vendor takes images as data URLs (`data:image/png;base64,…`), not as addresses.", param=IMAGES
        )
    try:
        return head[1].lower(), base64.b64decode(url[head.end() :], validate=True)
    except binascii.Error as error:
        raise InvalidImage(f"The image's base64 can't be read: {error}.", param=IMAGES) from error


def at_most(request: MediaRequest, most: int, who: str) -> None:
    """Raise `UnsupportedFeature` where the request brings more images than a vendor takes."""
    if len(request.images) > most:
        taken = "no images" if most == 0 else "one image" if most == 1 else f"at most {most} images"
        raise UnsupportedFeature(f"{who} takes {taken}.", param=IMAGES)


def prompt_of(request: MediaRequest, longest: int, who: str) -> str:
    """The prompt; it is never cut. Raises `UnsupportedFeature` for a longer one."""
    if len(request.prompt) > longest:
        raise UnsupportedFeature(
            f"{who} takes prompts of up to {longest} characters; this one has {len(request.prompt)}.",
            param="input.prompt",
        )
    return request.prompt


def json_object(reply: Reply, who: str) -> dict[str, Any]:
    """The JSON object of an answer. Raises `ProviderError` for anything else, such as a proxy's page."""
    try:
        body = from_json(reply.body)
    except ValueError as error:
        raise UnreadableAnswer(f"{who} sent what is no JSON.") from error
    if not isinstance(body, dict):
        raise UnreadableAnswer(f"{who} sent what is no JSON object.")
    return body


def detail_of(reply: Reply, name: str = "detail") -> Any:
    """A field of a refusal's JSON body; None where there is none."""
    try:
        body = from_json(reply.body)
    except ValueError:
        return None
    return body.get(name) if isinstance(body, dict) else None


def text_in(body: dict[str, Any], name: str, who: str) -> str:
    """A field that must be a text. Raises `ProviderError`."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ProviderError(f"{who}'s answer lacks `{name}`.")
    return value


def task_id(body: dict[str, Any], name: str, who: str) -> str:
    """A task's id, which goes into paths. Raises `ProviderError` for what is none."""
    found = text_in(body, name, who)
    if not _ID.fullmatch(found):
        raise ProviderError(f"{who}'s answer has no usable id.")
    return found


def decoded(encoded: object, who: str) -> bytes:
    """The bytes of a base64 field. Raises `ProviderError`."""
    try:
        return base64.b64decode(encoded, validate=True) if isinstance(encoded, str) else _missing(who)
    except binascii.Error as error:
        raise ProviderError(f"{who} sent an image that can't be decoded.") from error


def _missing(who: str) -> bytes:
    raise ProviderError(f"{who}'s answer holds no image.")


def percent(value: object) -> float | None:
    """A progress from 0 to 100, or None for what is none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100:
        return float(value)
    return None


def refused(who: str, reason: object = None) -> ContentRefused:
    """A refusal of the content."""
    said = f": {reason[:_LONGEST_REASON].strip()}" if isinstance(reason, str) and reason.strip() else ""
    return ContentRefused(sentence(f"{who} refused the content{said}"))


def failed(who: str, reason: object = None) -> ProviderError | ContentRefused:
    """A task that failed, as an error: a refusal where the reason speaks of one."""
    said = reason[:_LONGEST_REASON].strip() if isinstance(reason, str) else ""
    if any(word in said.lower() for word in _REFUSAL_WORDS):
        return refused(who, said)
    return ProviderError(sentence(f"{who} could not make it{f': {said}' if said else ''}"))


_REFUSAL_WORDS = ("nsfw", "moderation", "content policy", "safety", "sensitive content", "prohibited")
