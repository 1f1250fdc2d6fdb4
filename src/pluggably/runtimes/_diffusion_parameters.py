"""The parameters of image models on diffusers, as a JSON Schema (draft 2020-12). Imports no engine."""

from __future__ import annotations

from typing import Any

from pluggably.contract.provider import ParameterSchema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SMALLEST_SIDE = 64
LARGEST_SIDE = 2048
MAX_STEPS = 200
MAX_GUIDANCE = 50
MAX_COUNT = 4
LARGEST_SEED = 2**32 - 1
DEFAULT_STRENGTH = 0.8
IMAGE_FORMATS = ("png", "jpeg", "webp")
LONGEST_NEGATIVE_PROMPT = 10_000


def image_parameters(*, default_side: int, multiple: int, default_steps: int, takes_images: bool) -> ParameterSchema:
    """The schema of one model.

    Sides are in pixels: `default_side` is the one that the model was trained with; all are multiples of `multiple`
    (what the VAE shrinks by, times the transformer's patches). `takes_images`: whether it does image to image.
    """
    side = {
        "type": "integer",
        "default": default_side,
        "minimum": SMALLEST_SIDE,
        "maximum": LARGEST_SIDE,
        "multipleOf": multiple,
        "examples": [default_side],
    }
    properties: dict[str, dict[str, Any]] = {
        "width": {"title": "Width", "description": f"Pixels from left to right, a multiple of {multiple}.", **side},
        "height": {"title": "Height", "description": f"Pixels from top to bottom, a multiple of {multiple}.", **side},
        "size": {
            "title": "Size",
            "description": f"Width and height in one, in place of them: `{default_side}x{default_side}`.",
            "type": "string",
            "pattern": "^[1-9][0-9]{1,3}x[1-9][0-9]{1,3}$",
            "examples": [f"{default_side}x{default_side}"],
        },
        "steps": {
            "title": "Steps",
            "description": "Steps of denoising: more take longer and show more detail.",
            "type": "integer",
            "default": default_steps,
            "minimum": 1,
            "maximum": MAX_STEPS,
            "examples": [default_steps],
        },
        "guidance": {
            "title": "Guidance",
            "description": "How closely the picture follows the prompt. Without it, the model's own value.",
            "type": "number",
            "minimum": 0,
            "maximum": MAX_GUIDANCE,
            "examples": [3.5, 7.5],
        },
        "negative_prompt": {
            "title": "Negative prompt",
            "description": "What the picture should not show. Models without guidance can't take it, and say so.",
            "type": "string",
            "maxLength": LONGEST_NEGATIVE_PROMPT,
            "examples": ["blurry, low quality"],
        },
        "seed": {
            "title": "Seed",
            "description": "The same seed with the same request gives the same picture on the same machine. Without "
            "it, every picture is drawn anew.",
            "type": "integer",
            "minimum": 0,
            "maximum": LARGEST_SEED,
            "examples": [42],
        },
        "count": {
            "title": "Count",
            "description": "How many pictures, one after another: seeds count on from the first one.",
            "type": "integer",
            "default": 1,
            "minimum": 1,
            "maximum": MAX_COUNT,
            "examples": [1, 4],
        },
        "format": {
            "title": "Format",
            "description": "The kind of file.",
            "type": "string",
            "enum": list(IMAGE_FORMATS),
            "default": "png",
            "examples": ["png"],
        },
    }
    if takes_images:
        properties["strength"] = {
            "title": "Strength",
            "description": "With an input image: how far the picture may go from it, from 0 (not at all) to 1.",
            "type": "number",
            "default": DEFAULT_STRENGTH,
            "minimum": 0,
            "maximum": 1,
            "examples": [0.5, DEFAULT_STRENGTH],
        }
    return {"$schema": DIALECT, "type": "object", "properties": properties, "additionalProperties": False}
