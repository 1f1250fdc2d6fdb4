"""What finished images and meshes are, read from their bytes: type, size in pixels, numbers of vertices and faces.

GLB: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html#glb-file-format-specification
"""

from __future__ import annotations

import struct
from typing import Any

from pydantic_core import from_json

from pluggably.contract.media import MediaItem
from pluggably.contract.modality import Modality
from pluggably.errors import InvalidImage, ProviderError
from pluggably.kit.images import image_facts, png_of

GLB = "model/gltf-binary"
_KEPT = ("image/png", "image/jpeg", "image/webp")
_HEAD = struct.Struct("<4sII")
_CHUNK = struct.Struct("<I4s")
_LONGEST_JSON = 32 * 2**20
_TRIANGLES, _STRIP, _FAN = 4, 5, 6


async def measured(data: bytes, modality: Modality, preview: bytes | None = None) -> MediaItem:
    """The item that these bytes are. Raises `ProviderError` where they are damaged, or no image or GLB at all."""
    if modality is Modality.MESH:
        vertices, faces = mesh_counts(data)
        return MediaItem(GLB, data, vertices=vertices, faces=faces, preview=await _picture(preview))
    try:
        facts = await image_facts(data)
    except InvalidImage as error:
        raise ProviderError(f"The provider's image can't be used. {error.message}") from error
    if facts.media_type not in _KEPT:
        raise ProviderError(f"The provider sent an image of the type {facts.media_type}, which is not kept.")
    return MediaItem(facts.media_type, data, width=facts.width, height=facts.height)


async def _picture(preview: bytes | None) -> bytes | None:
    """The preview as PNG; a damaged one is none."""
    try:
        return await png_of(preview) if preview else None
    except InvalidImage:
        return None


def mesh_counts(data: bytes) -> tuple[int, int]:
    """Vertices and faces (triangles) of a GLB. Raises `ProviderError` for what is none or not complete."""
    if len(data) < _HEAD.size + _CHUNK.size or data[:4] != b"glTF":
        raise ProviderError("The provider's mesh is no GLB file.")
    _, version, length = _HEAD.unpack_from(data)
    size, kind = _CHUNK.unpack_from(data, _HEAD.size)
    start = _HEAD.size + _CHUNK.size
    if version != 2 or length != len(data) or kind != b"JSON" or size > min(_LONGEST_JSON, len(data) - start):
        raise ProviderError("The provider's GLB file is damaged or not complete.")
    try:
        return _counts(from_json(data[start : start + size]))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError) as error:
        raise ProviderError("The provider's GLB file has a header that can't be read.") from error


def _counts(header: dict[str, Any]) -> tuple[int, int]:
    accessors = header.get("accessors", [])
    positions: dict[int, int] = {}
    faces = 0
    for mesh in header.get("meshes", []):
        for primitive in mesh["primitives"]:
            place = primitive["attributes"]["POSITION"]
            positions[place] = _count(accessors[place])
            indices = primitive.get("indices")
            corners = positions[place] if indices is None else _count(accessors[indices])
            mode = primitive.get("mode", _TRIANGLES)
            if mode == _TRIANGLES:
                faces += corners // 3
            elif mode in (_STRIP, _FAN):
                faces += max(0, corners - 2)
    return sum(positions.values()), faces


def _count(accessor: dict[str, Any]) -> int:
    count = int(accessor["count"])
    if not 0 <= count < 2**32:
        raise ValueError(f"a count of {count}")
    return count
