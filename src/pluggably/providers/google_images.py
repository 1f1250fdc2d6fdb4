"""Images from Google's Gemini image models, through the same call as their text.

Source of the format: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from pydantic_core import to_json

from pluggably.contract.calls import Call, Reply
from pluggably.contract.media import Made, MediaModel, MediaRequest, VendorResult
from pluggably.contract.text import Usage
from pluggably.errors import ProviderError
from pluggably.providers._media_shape import at_most, choice, decoded, image_file, json_object, parameters, refused
from pluggably.providers._openai_shape import JSON_HEADERS

_WHO = "Google"
_MOST_IMAGES = 14
_RATIOS = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"]
_REFUSALS = frozenset(
    {"SAFETY", "IMAGE_SAFETY", "PROHIBITED_CONTENT", "IMAGE_PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION",
     "IMAGE_RECITATION"}
)  # fmt: skip
_PARAMETERS = parameters(
    "aspect_ratio",
    "seed",
    more={
        "aspect_ratio": {"enum": _RATIOS},
        "seed": {"maximum": 2**31 - 1},
        "image_size": choice("Image size", "How large the picture is.", ["1K", "2K", "4K"], "1K"),
    },
)


class GoogleImages:
    """Images from Gemini."""

    models = ()

    def claims(self, model: str) -> bool:
        """`gemini-…-image…`."""
        return model.startswith("gemini") and "-image" in model

    def describe(self, model: str) -> MediaModel:
        """The same parameters for every model."""
        return MediaModel(_PARAMETERS, takes_images=True, output_formats=("png", "jpeg"))

    def prepare(self, request: MediaRequest, model: str) -> Call:
        """`POST /models/{model}:generateContent`."""
        at_most(request, _MOST_IMAGES, _WHO)
        parts: list[dict[str, Any]] = [{"text": request.prompt}] if request.prompt else []
        for url in request.images:
            media_type, data = image_file(url)
            parts.append({"inlineData": {"mimeType": media_type, "data": base64.b64encode(data).decode()}})
        given = request.parameters
        config: dict[str, Any] = {"responseModalities": ["IMAGE"]}
        shape = {"aspectRatio": given.get("aspect_ratio"), "imageSize": given.get("image_size")}
        shape = {name: value for name, value in shape.items() if value is not None}
        if shape:
            config["imageConfig"] = shape
        if "seed" in given:
            config["seed"] = given["seed"]
        body = {"contents": [{"role": "user", "parts": parts}], "generationConfig": config}
        return Call(f"/models/{quote(model, safe='')}:generateContent", to_json(body), headers=JSON_HEADERS)

    def read(self, reply: Reply, request: MediaRequest, model: str) -> VendorResult:
        """`{"candidates": [{"content": {"parts": [{"inlineData"}]}, "finishReason"}], "usageMetadata"}`."""
        body = json_object(reply, _WHO)
        feedback = body.get("promptFeedback")
        if isinstance(feedback, dict) and feedback.get("blockReason"):
            raise refused(_WHO, str(feedback["blockReason"]))
        try:
            candidates = body.get("candidates") or []
            parts = [part for one in candidates for part in (one.get("content") or {}).get("parts") or []]
            drawn = [part["inlineData"]["data"] for part in parts if "inlineData" in part and not part.get("thought")]
            reasons = {str(one.get("finishReason")) for one in candidates}
        except (KeyError, TypeError, AttributeError) as error:
            raise ProviderError("Google's answer can't be read.") from error
        if not drawn:
            if reasons & _REFUSALS:
                raise refused(_WHO, ", ".join(sorted(reasons & _REFUSALS)))
            said = next((part["text"] for part in parts if isinstance(part.get("text"), str)), "")
            raise ProviderError(f"Google made no image. {said[:300]}".strip())
        return VendorResult([Made(decoded(data, _WHO)) for data in drawn], usage=_usage(body))


def _usage(body: dict[str, Any]) -> Usage | None:
    usage = body.get("usageMetadata")
    if not isinstance(usage, dict) or not isinstance(usage.get("promptTokenCount"), int):
        return None
    made = [usage.get(name) for name in ("candidatesTokenCount", "thoughtsTokenCount")]
    drawn, thought = (count if isinstance(count, int) else 0 for count in made)
    told = _images_in(usage.get("candidatesTokensDetails"))
    return Usage(
        usage["promptTokenCount"],
        drawn + thought,
        reasoning_tokens=thought or None,
        image_prompt_tokens=_images_in(usage.get("promptTokensDetails")),
        image_completion_tokens=drawn if told is None else told,
    )


def _images_in(details: object) -> int | None:
    """`[{"modality": "IMAGE", "tokenCount"}]`."""
    if not isinstance(details, list):
        return None
    counts = [one.get("tokenCount") for one in details if isinstance(one, dict) and one.get("modality") == "IMAGE"]
    return sum(count for count in counts if isinstance(count, int))
