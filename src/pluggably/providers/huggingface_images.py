"""Text to image at Hugging Face: `POST /hf-inference/models/{model}` of the router, which answers with the picture.

The chat completions are at `/v1`, which is the provider's base; this lies beside it.
Source of the format: https://huggingface.co/docs/inference-providers/tasks/text-to-image
"""

from __future__ import annotations

import re
from typing import Any

from pydantic_core import to_json

from pluggably.contract.calls import Call, Reply
from pluggably.contract.media import Made, MediaModel, MediaRequest, VendorResult
from pluggably.errors import ProviderError, UnsupportedFeature
from pluggably.providers._media_shape import at_most, dimensions, parameters, prompt_of, renamed
from pluggably.providers._openai_shape import JSON_HEADERS

_WHO = "Hugging Face"
_LONGEST_PROMPT = 10_000
_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_NAMES = {"steps": "num_inference_steps", "guidance": "guidance_scale"}
_PARAMETERS = parameters("size", "steps", "guidance", "negative_prompt", "seed")


class HuggingFaceImages:
    """Images from Hugging Face's own inference."""

    models = ("black-forest-labs/FLUX.1-schnell", "stabilityai/stable-diffusion-xl-base-1.0")

    def claims(self, model: str) -> bool:
        """The shipped table's; others are asked for with the modality."""
        return model in self.models

    def describe(self, model: str) -> MediaModel:
        """The parameters of the task."""
        return MediaModel(_PARAMETERS, output_formats=("png", "jpeg"))

    def prepare(self, request: MediaRequest, model: str) -> Call:
        """`{"inputs", "parameters"}`."""
        at_most(request, 0, f"{_WHO}'s text to image")
        if not _NAME.fullmatch(model) or ".." in model:
            raise UnsupportedFeature(f"{model[:100]!r} is no model's name: one is `OWNER/NAME`.", param="model")
        given: dict[str, Any] = renamed(request.parameters, _NAMES)
        if "size" in given:
            given["width"], given["height"] = dimensions(given.pop("size"))
        body: dict[str, Any] = {"inputs": prompt_of(request, _LONGEST_PROMPT, _WHO)}
        if given:
            body["parameters"] = given
        return Call(
            f"/../hf-inference/models/{model}", to_json(body), headers={**JSON_HEADERS, "accept": "image/png"}
        )

    def read(self, reply: Reply, request: MediaRequest, model: str) -> VendorResult:
        """The picture itself."""
        if not reply.body:
            raise ProviderError(f"{_WHO} sent nothing.")
        return VendorResult([Made(reply.body)])
