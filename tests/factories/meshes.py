"""Meshes made on the spot."""

from __future__ import annotations

import io
from typing import Any

import trimesh
from trimesh.visual import ColorVisuals, TextureVisuals
from trimesh.visual.material import PBRMaterial

RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


def two_solids() -> bytes:
    """A GLB with a red box (colours of vertices) and, 3 to its right, a blue sphere (a material)."""
    box = trimesh.creation.box()
    box.visual = ColorVisuals(box, vertex_colors=[RED] * len(box.vertices))
    sphere = trimesh.creation.icosphere(subdivisions=2)
    sphere.visual = TextureVisuals(material=PBRMaterial(baseColorFactor=list(BLUE)))
    scene = trimesh.Scene()
    scene.add_geometry(box)
    scene.add_geometry(sphere, transform=trimesh.transformations.translation_matrix([3, 0, 0]))
    exported: Any = scene.export(file_type="glb")
    return bytes(exported)


def read(data: bytes, format: str) -> Any:
    """The mesh in these bytes, all its parts in one. Corners are merged for STL alone."""
    return trimesh.load_scene(io.BytesIO(data), file_type=format, process=format == "stl").to_mesh()
