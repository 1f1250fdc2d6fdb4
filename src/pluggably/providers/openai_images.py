"""OpenAI's images: `POST /images/generations`, and `/images/edits` (multipart) where the request brings images.

Source of the format: https://platform.openai.com/docs/api-reference/images
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from pydantic_core import from_json, to_json

from pluggably.contract.calls import Call, Reply
from pluggably.contract.media import Made, MediaModel, MediaProgress, MediaRequest, VendorResult
from pluggably.contract.text import Usage
from pluggably.errors import ProviderError
from pluggably.kit.sse import EventParser
from pluggably.providers._errors import error_in_stream
from pluggably.providers._media_shape import (
    at_most,
    choice,
    decoded,
    image_file,
    json_object,
    number,
    parameters,
    prompt_of,
    renamed,
)
from pluggably.providers._multipart import Part, form, text_parts
from pluggably.providers._openai_shape import JSON_HEADERS

_WHO = "OpenAI"
_LONGEST_PROMPT = 32_000
_MOST_IMAGES = 16
_PREVIEWS = 2
"""Unfinished images to ask for, where somebody looks on; the vendor charges a little for each."""
_LONGEST_EVENT = 64 * 2**20
_NAMES = {"count": "n", "format": "output_format"}
_PARAMETERS = parameters(
    "size",
    "count",
    "format",
    more={
        "size": {
            "pattern": "^(auto|[1-9][0-9]{1,3}x[1-9][0-9]{1,3})$",
            "examples": ["auto", "1024x1024", "1536x1024"],
        },
        "quality": choice("Quality", "Finer takes longer and costs more.", ["auto", "low", "medium", "high"], "auto"),
        "background": choice(
            "Background", "`transparent` needs PNG or WebP.", ["auto", "transparent", "opaque"], "auto"
        ),
        "output_compression": number("Compression", "Per cent of quality that a JPEG or WebP keeps.", 0, 100),
        "moderation": choice("Moderation", "How strictly the vendor filters.", ["auto", "low"], "auto"),
    },
)


class OpenAIImages:
    """Images from OpenAI's own models, whole or with unfinished ones on the way."""

    models = ()
    takes_masks = True

    def claims(self, model: str) -> bool:
        """`gpt-image-…` and `chatgpt-image-…`."""
        return model.startswith(("gpt-image", "chatgpt-image"))

    def describe(self, model: str) -> MediaModel:
        """The same parameters for every model."""
        return MediaModel(_PARAMETERS, takes_images=True, output_formats=("png", "jpeg", "webp"))

    def prepare(self, request: MediaRequest, model: str) -> Call:
        """A generation, or an edit of the images that came with the prompt."""
        at_most(request, _MOST_IMAGES, _WHO)
        fields: dict[str, Any] = {"model": model, "prompt": prompt_of(request, _LONGEST_PROMPT, _WHO)}
        fields |= renamed(request.parameters, _NAMES)
        if "output_compression" in request.parameters and request.parameters.get("format", "png") == "png":
            request.warnings.append("`output_compression` has no effect on PNG.")
        if request.previews and fields.get("n", 1) == 1:
            fields |= {"stream": True, "partial_images": _PREVIEWS}
        if not request.images:
            return Call("/images/generations", to_json(fields), headers=JSON_HEADERS)
        parts = text_parts(fields)
        for number_, url in enumerate(request.images, 1):
            media_type, data = image_file(url)
            name = f"image{number_}.{media_type.rpartition('/')[2]}"
            parts.append(Part("image[]", data, media_type, name))
        if request.mask is not None:
            media_type, data = image_file(request.mask)
            parts.append(Part("mask", data, media_type, f"mask.{media_type.rpartition('/')[2]}"))
        body, headers = form(parts)
        return Call("/images/edits", body, headers=headers)

    def read(self, reply: Reply, request: MediaRequest, model: str) -> VendorResult:
        """`{"data": [{"b64_json"}], "usage": {…}}`."""
        body = json_object(reply, _WHO)
        images = body.get("data")
        if not isinstance(images, list):
            raise ProviderError(f"{_WHO}'s answer holds no images.")
        made = [Made(decoded(image.get("b64_json"), _WHO)) for image in images if isinstance(image, dict)]
        return VendorResult(made, usage=usage_of(body))

    async def stream(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[MediaProgress | VendorResult]:
        """Events `image_generation.partial_image` or `image_edit.partial_image`, then `….completed`."""
        parser = EventParser(_LONGEST_EVENT)
        async for chunk in chunks:
            for event in parser.feed(chunk):
                if event.data in ("", "[DONE]"):
                    continue
                try:
                    read = _event(from_json(event.data))
                except (ValueError, TypeError, AttributeError) as error:
                    raise ProviderError(f"{_WHO}'s stream holds what can't be read.") from error
                if read is not None:
                    yield read
                if isinstance(read, VendorResult):
                    return
        raise ProviderError(f"{_WHO}'s stream ended before the image was complete.")


def _event(event: dict[str, Any]) -> MediaProgress | VendorResult | None:
    kind = str(event.get("type", ""))
    if event.get("error"):
        raise error_in_stream(event["error"])
    if kind.endswith(".partial_image"):
        step = int(event.get("partial_image_index", 0)) + 1
        steps = max(_PREVIEWS + 1, step + 1)
        media_type = f"image/{event.get('output_format', 'png')}"
        preview = f"data:{media_type};base64,{event['b64_json']}" if isinstance(event.get("b64_json"), str) else None
        return MediaProgress(round(100 * step / steps, 1), step, steps, preview)
    if kind.endswith(".completed"):
        return VendorResult([Made(decoded(event.get("b64_json"), _WHO))], usage=usage_of(event))
    return None


def usage_of(body: dict[str, Any]) -> Usage | None:
    """`{"usage": {"input_tokens", "output_tokens", "input_tokens_details": {"image_tokens"}}}`; what comes out is all
    image where `output_tokens_details` do not say otherwise."""
    usage = body.get("usage")
    if not isinstance(usage, dict):
        return None
    read, written = usage.get("input_tokens"), usage.get("output_tokens")
    if not isinstance(read, int) or not isinstance(written, int):
        return None
    drawn = _images_in(usage.get("output_tokens_details"))
    return Usage(
        read,
        written,
        image_prompt_tokens=_images_in(usage.get("input_tokens_details")),
        image_completion_tokens=written if drawn is None else drawn,
    )


def _images_in(details: object) -> int | None:
    count = details.get("image_tokens") if isinstance(details, dict) else None
    return count if isinstance(count, int) else None
