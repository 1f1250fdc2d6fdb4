"""xAI's images: OpenAI's format with other parameters, and edits as JSON.

Source of the format: https://docs.x.ai/developers/model-capabilities/images
"""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from pluggably.contract.calls import Call, Reply
from pluggably.contract.media import Made, MediaModel, MediaRequest, VendorResult
from pluggably.errors import ProviderError
from pluggably.providers._media_shape import (
    at_most,
    choice,
    decoded,
    json_object,
    parameters,
    prompt_of,
    refused,
    renamed,
)
from pluggably.providers._openai_shape import JSON_HEADERS
from pluggably.providers.openai_images import usage_of

_WHO = "xAI"
_LONGEST_PROMPT = 8000
_MOST_IMAGES = 3
_RATIOS = [
    "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "2:1", "1:2", "19.5:9", "9:19.5", "20:9", "9:20", "auto",
]  # fmt: skip
_PARAMETERS = parameters(
    "aspect_ratio",
    "count",
    more={
        "aspect_ratio": {"enum": _RATIOS},
        "resolution": choice("Resolution", "How large the picture is.", ["1k", "2k"], "1k"),
    },
)


class XAIImages:
    """Images from xAI."""

    models = ("grok-imagine-image",)

    def claims(self, model: str) -> bool:
        """`grok-…-image…`."""
        return model.startswith("grok") and "-image" in model

    def describe(self, model: str) -> MediaModel:
        """The same parameters for every model."""
        return MediaModel(_PARAMETERS, takes_images=True, output_formats=("jpeg",))

    def prepare(self, request: MediaRequest, model: str) -> Call:
        """`POST /images/generations`, or `/images/edits` where the request brings images."""
        at_most(request, _MOST_IMAGES, _WHO)
        body: dict[str, Any] = {
            "model": model,
            "prompt": prompt_of(request, _LONGEST_PROMPT, _WHO),
            "response_format": "b64_json",
            **renamed(request.parameters, {"count": "n"}),
        }
        images = [{"type": "image_url", "url": url} for url in request.images]
        if len(images) == 1:
            body["image"] = images[0]
        elif images:
            body["images"] = images
        return Call("/images/edits" if images else "/images/generations", to_json(body), headers=JSON_HEADERS)

    def read(self, reply: Reply, request: MediaRequest, model: str) -> VendorResult:
        """`{"data": [{"b64_json"}]}`; an image that was moderated away has none."""
        body = json_object(reply, _WHO)
        images = body.get("data")
        if not isinstance(images, list):
            raise ProviderError(f"{_WHO}'s answer holds no images.")
        kept = [image for image in images if isinstance(image, dict) and image.get("respect_moderation") is not False]
        if images and not kept:
            raise refused(_WHO)
        lost = len(images) - len(kept)
        warnings = [f"{_WHO} refused {lost} of {len(images)} images; left out."] if lost else []
        return VendorResult([Made(decoded(image.get("b64_json"), _WHO)) for image in kept], warnings, usage_of(body))
