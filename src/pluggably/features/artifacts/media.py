"""Which kinds of content are kept, what they are called on the wire, and which a browser may show by itself."""

from __future__ import annotations

from enum import StrEnum


class MeshFormat(StrEnum):
    """A file format for meshes."""

    GLB = "glb"
    OBJ = "obj"
    STL = "stl"
    PLY = "ply"


MESH_TYPES = {
    "model/gltf-binary": MeshFormat.GLB,
    "model/obj": MeshFormat.OBJ,
    "model/stl": MeshFormat.STL,
    "model/ply": MeshFormat.PLY,  # has no registered type; the engines call it so
}
IMAGE_TYPES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
"""Pictures that hold no script: these alone may be shown in place."""

ENDINGS: dict[str, str] = {**IMAGE_TYPES, **{media_type: format.value for media_type, format in MESH_TYPES.items()}}
TYPES_OF_MESHES = {format: media_type for media_type, format in MESH_TYPES.items()}
