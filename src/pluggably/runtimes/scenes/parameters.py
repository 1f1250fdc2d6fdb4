"""The parameters of the scene engine, as JSON Schemas (draft 2020-12). Imports no engine."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pluggably.contract.provider import ParameterSchema
from pluggably.runtimes._parameter_values import IMAGE_FORMATS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEFAULT_SIDE = 512
SMALLEST_SIDE = 64
LARGEST_SIDE = 2048
MAX_COUNT = 4
MESH_FORMATS = ("glb", "obj", "stl", "ply")
DETAILS = ("low", "medium", "high")

_SEED: dict[str, Any] = {
    "title": "Seed",
    "description": "The same seed gives the same result; another one another view and other natural shapes.",
    "type": "integer",
    "default": 0,
    "minimum": 0,
    "maximum": 2**32 - 1,
    "examples": [0, 42],
}
_SIDE: dict[str, Any] = {
    "type": "integer",
    "default": DEFAULT_SIDE,
    "minimum": SMALLEST_SIDE,
    "maximum": LARGEST_SIDE,
    "examples": [512, 1024],
}

_IMAGE: dict[str, dict[str, Any]] = {
    "width": {"title": "Width", "description": "Pixels from left to right.", **_SIDE},
    "height": {"title": "Height", "description": "Pixels from top to bottom.", **_SIDE},
    "size": {
        "title": "Size",
        "description": "Width and height in one, in place of them: `768x512`.",
        "type": "string",
        "pattern": "^[1-9][0-9]{1,3}x[1-9][0-9]{1,3}$",
        "examples": ["512x512", "1024x768"],
    },
    "format": {
        "title": "Format",
        "description": "The kind of file.",
        "type": "string",
        "enum": list(IMAGE_FORMATS),
        "default": "png",
        "examples": ["png"],
    },
    "seed": _SEED,
    "count": {
        "title": "Count",
        "description": "How many pictures, each from another side: seeds count on from the first one.",
        "type": "integer",
        "default": 1,
        "minimum": 1,
        "maximum": MAX_COUNT,
        "examples": [1, 4],
    },
}
_MESH: dict[str, dict[str, Any]] = {
    "format": {
        "title": "Format",
        "description": "The kind of file: GLB with materials, OBJ and PLY with colours of vertices, STL without.",
        "type": "string",
        "enum": list(MESH_FORMATS),
        "default": "glb",
        "examples": ["glb"],
    },
    "seed": _SEED,
    "detail": {
        "title": "Detail",
        "description": "How finely round things are divided.",
        "type": "string",
        "enum": list(DETAILS),
        "default": "medium",
        "examples": ["medium"],
    },
}


def image_parameters() -> ParameterSchema:
    """The schema of `scene-image`."""
    return _schema(_IMAGE)


def mesh_parameters() -> ParameterSchema:
    """The schema of `scene-3d`."""
    return _schema(_MESH)


def _schema(properties: dict[str, dict[str, Any]]) -> ParameterSchema:
    return {
        "$schema": DIALECT,
        "type": "object",
        "properties": deepcopy(properties),
        "additionalProperties": False,
    }
