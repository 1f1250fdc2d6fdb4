"""Scenes as GLB: a mesh with a material for each body.

Written here, not by trimesh, whose export takes longer for a hundred bodies than all the rest of a request.
Source of the format: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html (4.4 has the container).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from pluggably.runtimes._raster import linear
from pluggably.runtimes.scenes.palette import Paint
from pluggably.runtimes.scenes.shapes import Body

_FLOAT, _UNSIGNED_INT = 5126, 5125
_VERTICES, _INDICES = 34962, 34963
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942


def glb(bodies: Sequence[tuple[str, Body, Paint]]) -> bytes:
    """The file; y is up. A body without normals has to be shown as facets (3.7.2.1)."""
    smooth = [body.normals for _, body, _ in bodies if body.normals is not None]
    buffers = [
        np.concatenate([body.vertices for _, body, _ in bodies], dtype=np.float32),
        np.concatenate(smooth or [np.empty((0, 3))], dtype=np.float32),
        np.concatenate([body.faces for _, body, _ in bodies], dtype=np.uint32, casting="unsafe"),
    ]
    starts = np.cumsum([0, *(len(body.vertices) for _, body, _ in bodies[:-1])])
    lowest, highest = (
        np.minimum.reduceat(buffers[0], starts).tolist(),
        np.maximum.reduceat(buffers[0], starts).tolist(),
    )
    views: list[dict[str, Any]] = []
    view_of: dict[int, int] = {}
    offset = 0
    for number, (content, target) in enumerate(zip(buffers, (_VERTICES, _VERTICES, _INDICES), strict=True)):
        if content.nbytes:
            view_of[number] = len(views)
            view = {"buffer": 0, "byteOffset": offset, "byteLength": content.nbytes, "target": target}
            # Accessors share a view, so that vertices need a stride (3.6.2.4).
            views.append(view if target == _INDICES else {**view, "byteStride": 12})
            offset += content.nbytes

    accessors: list[dict[str, Any]] = []
    taken = [0, 0, 0]

    def accessor(number: int, count: int, bytes_each: int, **more: Any) -> int:
        accessors.append({"bufferView": view_of[number], "byteOffset": taken[number], "count": count, **more})
        taken[number] += count * bytes_each
        return len(accessors) - 1

    materials: dict[Paint, int] = {}
    nodes, meshes = [], []
    for number, (name, body, paint) in enumerate(bodies):
        unique, count = f"{name} {number + 1}", len(body.vertices)
        vectors = {"componentType": _FLOAT, "type": "VEC3"}
        attributes = {"POSITION": accessor(0, count, 12, min=lowest[number], max=highest[number], **vectors)}
        if body.normals is not None:
            attributes["NORMAL"] = accessor(1, count, 12, **vectors)
        indices = accessor(2, 3 * len(body.faces), 4, componentType=_UNSIGNED_INT, type="SCALAR")
        material = materials.setdefault(paint, len(materials))
        primitive = {"attributes": attributes, "indices": indices, "material": material}
        meshes.append({"name": unique, "primitives": [primitive]})
        nodes.append({"name": unique, "mesh": number})
    document = {
        "asset": {"version": "2.0", "generator": "Pluggably"},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(nodes)))}],
        "nodes": nodes,
        "meshes": meshes,
        "materials": [_material(paint) for paint in materials],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": offset}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return b"".join(
        [
            struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + offset),
            struct.pack("<II", len(text), _JSON_CHUNK),
            text,
            struct.pack("<II", offset, _BINARY_CHUNK),
            *(content.tobytes() for content in buffers),
        ]
    )


def _material(paint: Paint) -> dict[str, Any]:
    colour = linear(paint.colour)
    return {
        "name": "#{:02x}{:02x}{:02x}".format(*(round(channel * 255) for channel in paint.colour)),
        "pbrMetallicRoughness": {
            "baseColorFactor": [*colour, 1.0],
            "metallicFactor": paint.metallic,
            "roughnessFactor": paint.roughness,
        },
        "emissiveFactor": [min(1.0, channel * paint.glow) for channel in colour],
    }
