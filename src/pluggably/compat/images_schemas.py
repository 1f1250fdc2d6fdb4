"""OpenAI's request for images, and the model's own parameters that stand for its fields.

Source: https://platform.openai.com/docs/api-reference/images/create
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from pluggably.compat.chat_schemas import Loose
from pluggably.errors import UnsupportedFeature, ValidationFailed
from pluggably.features.generation.parameters import check_parameters
from pluggably.routing.catalogue import Entry

_NOT_PARAMETERS = frozenset(
    {"model", "prompt", "response_format", "stream", "partial_images", "user", "safety_identifier"}
)
_PARAMETERS = {"n": "count", "output_format": "format"}
"""What the gateway calls OpenAI's fields; the others have the same name."""
_AS_USUAL: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "size": ("auto",),
    "quality": ("auto", "standard"),
    "background": ("auto",),
    "moderation": ("auto",),
}
"""Values that ask for what happens anyway, for models that lack the parameter."""


class ImagesRequest(Loose):
    """The body of `POST /v1/images/generations`."""

    model: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        None, description="A model's id, `provider:name`, `auto`, or nothing.", examples=["auto"]
    )
    prompt: str = Field(min_length=1, max_length=32_000, examples=["a red cube on a blue table"])
    n: int | None = Field(None, ge=1, le=10)
    size: str | None = Field(
        None, max_length=32, description="`1024x768`, as far as the model can", examples=["512x512"]
    )
    quality: str | None = Field(None, max_length=32)
    background: str | None = Field(None, max_length=32)
    style: str | None = Field(None, max_length=32)
    moderation: str | None = Field(None, max_length=32)
    output_format: Literal["png", "jpeg", "webp"] | None = None
    output_compression: int | None = Field(None, ge=0, le=100)
    response_format: Literal["b64_json", "url"] | None = Field(
        None, description="`b64_json` where nothing is said; `url`: a signed address of an artifact"
    )
    stream: bool | None = None
    partial_images: int | None = Field(None, ge=0, le=3, description="how many unfinished pictures a stream may show")


class ImageEditForm(ImagesRequest):
    """The form of `POST /v1/images/edits`: `multipart/form-data`."""

    image: list[Annotated[bytes, Field(json_schema_extra={"format": "binary"})]] = Field(
        default_factory=list, alias="image[]", description="PNG, JPEG, WebP or GIF; one may be called `image`"
    )
    mask: Annotated[bytes, Field(json_schema_extra={"format": "binary"})] | None = Field(
        None, description="a PNG whose transparent parts say where the first image is to be changed"
    )


class Images(Loose):
    """The answer, as OpenAI documents it, and the model that made it."""

    created: int
    data: list[dict[str, Any]]
    model: str
    usage: dict[str, Any] | None = None


def model_parameters(entry: Entry, fields: dict[str, Any]) -> dict[str, Any]:
    """The model's parameters that say what the body's fields say; others of the model's go by their own names.

    Raises `UnsupportedFeature` for a field that the model has no parameter for, `ValidationFailed` for a bad value.
    """
    known = entry.parameters.get("properties", {})
    takes_others = entry.parameters.get("additionalProperties", True) is not False
    parameters: dict[str, Any] = {}
    for field, value in fields.items():
        name = _PARAMETERS.get(field, field)
        if field in _NOT_PARAMETERS or value is None:
            continue
        allowed = known.get(name, {}).get("enum")
        if value in _AS_USUAL.get(field, ()) and (allowed is None or value not in allowed):
            continue
        if name in known or takes_others:
            parameters[name] = "jpg" if value == "jpeg" and _spells_it_jpg(allowed) else value
        elif field == "size" and {"width", "height"} <= set(known):
            parameters |= _sides(value)
        else:
            raise UnsupportedFeature(f"{entry.id} has no parameter for `{field}`.", param=field)
    try:
        return check_parameters(entry, parameters)
    except ValidationFailed as error:
        raise _in_the_vendors_words(error) from error


def _spells_it_jpg(allowed: list[Any] | None) -> bool:
    return allowed is not None and "jpg" in allowed and "jpeg" not in allowed


def _sides(size: Any) -> dict[str, int]:
    width, _, height = str(size).partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ValidationFailed.of("size", "is written `1024x768`")
    return {"width": int(width), "height": int(height)}


def _in_the_vendors_words(error: ValidationFailed) -> ValidationFailed:
    fields_of = {name: field for field, name in _PARAMETERS.items()}
    told = []
    for line in (error.details or {})["fields"]:
        name = line["field"].removeprefix("parameters.")
        told.append({**line, "field": fields_of.get(name, name)})
    message = "; ".join(f"{line['field']}: {line['message']}" for line in told[:3])
    return ValidationFailed(message, fields=told)
