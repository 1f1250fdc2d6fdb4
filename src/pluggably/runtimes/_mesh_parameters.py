"""The parameters of models that make meshes, as a JSON Schema (draft 2020-12). Imports no engine."""

from __future__ import annotations

from typing import Any

from pluggably.contract.provider import ParameterSchema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FORMATS = ("glb", "obj", "stl", "ply")
RESOLUTIONS = (32, 64, 128)
DEFAULT_RESOLUTION = 128
DEFAULT_STEPS = 64
MAX_STEPS = 500
TEXT_GUIDANCE = 15.0
IMAGE_GUIDANCE = 3.0
"""Steps and guidance with which Shap-E was published (https://arxiv.org/abs/2305.02463)."""
MAX_GUIDANCE = 50.0
MAX_SEED = 2**32 - 1


def mesh_parameters(*, takes_text: bool, takes_images: bool) -> ParameterSchema:
    """The schema of a model that makes meshes of a text, or of an image alone."""
    guidance = IMAGE_GUIDANCE if takes_images and not takes_text else TEXT_GUIDANCE
    properties: dict[str, dict[str, Any]] = {
        "steps": {
            "title": "Steps",
            "description": "How often the shape is refined: more take longer and come out cleaner.",
            "type": "integer",
            "default": DEFAULT_STEPS,
            "minimum": 1,
            "maximum": MAX_STEPS,
            "examples": [32, 64],
        },
        "guidance": {
            "title": "Guidance",
            "description": (
                f"How closely the mesh keeps to the {'image' if takes_images and not takes_text else 'prompt'}; "
                "up to 1 it hardly does."
            ),
            "type": "number",
            "default": guidance,
            "minimum": 0,
            "maximum": MAX_GUIDANCE,
            "examples": [guidance],
        },
        "resolution": {
            "title": "Resolution",
            "description": "Cells along each side of the grid in which the surface is sought: more show more detail.",
            "type": "integer",
            "enum": list(RESOLUTIONS),
            "default": DEFAULT_RESOLUTION,
            "examples": [64],
        },
        "format": {
            "title": "Format",
            "description": "The kind of file: GLB, OBJ and PLY have colours of vertices, STL has none.",
            "type": "string",
            "enum": list(FORMATS),
            "default": "glb",
            "examples": ["glb"],
        },
        "seed": {
            "title": "Seed",
            "description": "The same seed with the same request gives the same mesh on the same machine. Without it, "
            "every mesh is made anew.",
            "type": "integer",
            "minimum": 0,
            "maximum": MAX_SEED,
            "examples": [42],
        },
    }
    return {"$schema": DIALECT, "type": "object", "properties": properties, "additionalProperties": False}
