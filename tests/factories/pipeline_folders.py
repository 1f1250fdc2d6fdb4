"""Folders that look like diffusers pipelines: real JSON and real safetensors headers, with zeros for weights.

For what discovery makes of them; what an engine shall load comes from `tests.factories.pipelines`.
"""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

BYTES = {"F32": 4, "F16": 2, "BF16": 2, "I64": 8}
STABLE_DIFFUSION: dict[str, Any] = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.1",
    "feature_extractor": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
SHAP_E: dict[str, Any] = {
    "_class_name": "ShapEPipeline",
    "_diffusers_version": "0.42.1",
    "prior": ["diffusers", "PriorTransformer"],
    "scheduler": ["diffusers", "HeunDiscreteScheduler"],
    "shap_e_renderer": ["shap_e", "ShapERenderer"],
    "text_encoder": ["transformers", "CLIPTextModelWithProjection"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
}
CONFIGS: dict[str, Any] = {
    "unet": {"sample_size": 64},
    "vae": {"block_out_channels": [128, 256, 512, 512]},
}

Tensor = tuple[str, tuple[int, ...]]
"""A type of safetensors' and a shape."""


def safetensors_bytes(tensors: dict[str, Tensor] | None = None) -> bytes:
    """A whole file; without `tensors`, with 32 numbers of 32 bits."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, (kind, shape) in ({"weight": ("F32", (4, 8))} if tensors is None else tensors).items():
        end = offset + math.prod(shape) * BYTES[kind]
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [offset, end]}
        offset = end
    return with_header(json.dumps(header).encode(), bytes(offset))


def with_header(header: bytes, rest: bytes = b"") -> bytes:
    """A file with this header, whatever it says."""
    return struct.pack("<Q", len(header)) + header + rest


def write_pipeline(
    folder: Path,
    index: dict[str, Any] | None = None,
    *,
    weights: str = "{stem}.safetensors",
    kind: str = "F32",
    without: tuple[str, ...] = (),
    **changes: Any,
) -> Path:
    """Put a pipeline there: what `model_index.json` says (`changes` added), and 32 numbers for each model.

    `weights` is the name of a model's file, in which `{stem}` becomes what diffusers or transformers call it;
    components in `without` get no files.
    """
    index = {**(STABLE_DIFFUSION if index is None else index), **changes}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model_index.json").write_text(json.dumps(index))
    for name, value in index.items():
        if name.startswith("_") or not isinstance(value, list) or value[0] is None or name in without:
            continue
        library, class_name = value
        component = folder / name
        component.mkdir(exist_ok=True)
        if class_name.endswith(("Scheduler", "Tokenizer", "Processor")):
            (component / f"{name}_config.json").write_text("{}")
            continue
        (component / "config.json").write_text(json.dumps(CONFIGS.get(name, {})))
        stem = "model" if library == "transformers" else "diffusion_pytorch_model"
        (component / weights.format(stem=stem)).write_bytes(safetensors_bytes({"weight": (kind, (4, 8))}))
    return folder
