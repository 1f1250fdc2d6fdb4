"""What an image model on diffusers takes, read from its folder, and the JSON Schema of it. Imports no engine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pluggably.contract.provider import ParameterSchema
from pluggably.runtimes._parameter_values import IMAGE_FORMATS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SMALLEST_SIDE = 64
LARGEST_SIDE = 2048
DEFAULT_STEPS = 30
FEW_STEPS = 4
"""For models that were distilled to need few: LCM, turbo, Flux schnell."""
MAX_STEPS = 200
MAX_GUIDANCE = 50
MAX_COUNT = 4
LARGEST_SEED = 2**32 - 1
DEFAULT_STRENGTH = 0.8
LONGEST_NEGATIVE_PROMPT = 10_000


_LARGEST_CONFIG = 2**20

IMAGE_TO_IMAGE = frozenset(
    {
        "FluxKontextPipeline",
        "FluxPipeline",
        "LatentConsistencyModelPipeline",
        "QwenImageEditPipeline",
        "QwenImagePipeline",
        "StableDiffusion3Pipeline",
        "StableDiffusionPipeline",
        "StableDiffusionXLPipeline",
        "ZImagePipeline",
    }
)
"""Classes whose weights also do image to image, as diffusers' `AutoPipelineForImage2Image` has it."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the files of a pipeline say of it. Sides are in pixels; `default_guidance` None: the pipeline's own."""

    default_side: int
    multiple: int
    default_steps: int
    default_guidance: float | None
    takes_images: bool

    def parameters(self) -> ParameterSchema:
        """The schema."""
        return image_parameters(
            default_side=self.default_side,
            multiple=self.multiple,
            default_steps=self.default_steps,
            takes_images=self.takes_images,
        )


def image_facts(folder: Path) -> ImageFacts:
    """Read the small JSON files of a folder that `save_pretrained` wrote; what they do not say is taken as usual.

    Raises nothing: files that are missing or damaged are found when the model is loaded.
    """
    pipeline = str(_config(folder / "model_index.json").get("_class_name"))
    vae, transformer = _config(folder / "vae" / "config.json"), _config(folder / "transformer" / "config.json")
    unet, scheduler = (
        _config(folder / "unet" / "config.json"),
        _config(folder / "scheduler" / "scheduler_config.json"),
    )
    scale = _vae_scale(vae)
    multiple = scale * 2 if transformer else max(8, scale)  # transformers take the latents in patches of 2 × 2
    sample = (transformer or unet).get("sample_size")
    if isinstance(sample, list):
        sample = max((side for side in sample if isinstance(side, int)), default=None)
    wanted = sample * scale if isinstance(sample, int) else 1024 if transformer else 512
    side = min(LARGEST_SIDE, max(SMALLEST_SIDE, wanted)) // multiple * multiple
    turbo = (
        scheduler.get("_class_name") == "EulerAncestralDiscreteScheduler"
        and scheduler.get("timestep_spacing") == "trailing"
    )
    schnell = pipeline == "FluxPipeline" and not transformer.get("guidance_embeds", False)
    few = turbo or schnell or scheduler.get("_class_name") == "LCMScheduler"
    return ImageFacts(
        default_side=max(side, multiple),
        multiple=multiple,
        default_steps=FEW_STEPS if few else DEFAULT_STEPS,
        default_guidance=0.0 if turbo else None,
        takes_images=pipeline in IMAGE_TO_IMAGE,
    )


def _vae_scale(vae: dict[str, Any]) -> int:
    """By how much the VAE shrinks each side: by half between its blocks. Without one the pixels are denoised."""
    if not vae:
        return 1
    for name, extra in (("block_out_channels", 1), ("encoder_block_out_channels", 1), ("temperal_downsample", 0)):
        blocks = vae.get(name)
        if isinstance(blocks, list) and 0 < len(blocks) <= 8:
            return int(2 ** (len(blocks) - extra))
    return 8


def _config(path: Path) -> dict[str, Any]:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_CONFIG:  # a FIFO would block whoever reads it
            return {}
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


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
