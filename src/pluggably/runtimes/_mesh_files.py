"""Meshes with colours of vertices, as files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from trimesh.visual import ColorVisuals, TextureVisuals
from trimesh.visual.material import PBRMaterial

from pluggably.runtimes._raster import Floats, Ints

MEDIA_TYPES = {"glb": "model/gltf-binary", "obj": "model/obj", "stl": "model/stl", "ply": "model/ply"}
"""What each format is called on the wire (https://www.iana.org/assignments/media-types; PLY has no entry)."""


@dataclass(frozen=True, slots=True)
class MeshFile:
    """A mesh, or a scene of several, in one file."""

    media_type: str
    data: bytes
    vertices: int
    faces: int


def coloured_file(
    kind: str, vertices: Floats, faces: Ints, colours: NDArray[np.uint8], normals: Floats | None = None
) -> MeshFile:
    """A mesh in the format `glb`, `obj`, `stl` or `ply`.

    `colours` (n, 3 or 4) are written as they are: linear light is what glTF 2.0 (3.7.2.1) wants of them, sRGB what
    readers of OBJ and PLY take them for. STL holds none. `normals` are written where the format has a place for them.
    """
    mesh = trimesh.Trimesh(vertices, faces, vertex_normals=normals, process=False, validate=False)
    if kind == "glb":
        # A mesh without a material is one of metal (glTF 2.0, 3.9.6), which is nearly black in many viewers.
        mesh.visual = TextureVisuals(material=PBRMaterial(metallicFactor=0.0, roughnessFactor=0.85))
        mesh.visual.vertex_attributes["color"] = _with_alpha(colours)
    else:
        mesh.visual = ColorVisuals(mesh, vertex_colors=colours)
    data: Any = mesh.export(file_type=kind)
    return MeshFile(
        MEDIA_TYPES[kind], data.encode() if isinstance(data, str) else bytes(data), len(vertices), len(faces)
    )


def _with_alpha(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if colours.shape[1] == 4:
        return colours
    return np.column_stack([colours, np.full(len(colours), 255, dtype=np.uint8)])
