"""Scenes as files: GLB with a material for each body, OBJ and PLY with colours of vertices, STL with shapes alone."""

from __future__ import annotations

import numpy as np

from pluggably.runtimes._mesh_files import MEDIA_TYPES, MeshFile, coloured_file
from pluggably.runtimes.scenes.glb import glb
from pluggably.runtimes.scenes.layout import Scene


def mesh_file(scene: Scene, kind: str) -> MeshFile:
    """The scene in the format `glb`, `obj`, `stl` or `ply`; y is up."""
    bodies = [
        (f"{scene.description.things[member.thing].kind}-{member.thing + 1}.{member.number + 1} {role}", body, paint)
        for member in scene.members
        for role, body, paint in member.pieces()
    ]
    vertices = sum(len(body.vertices) for _, body, _ in bodies)
    faces = sum(len(body.faces) for _, body, _ in bodies)
    if kind == "glb":
        return MeshFile(MEDIA_TYPES[kind], glb(bodies), vertices, faces)
    offsets = np.cumsum([0, *(len(body.vertices) for _, body, _ in bodies)])
    colours = np.concatenate([np.tile((*paint.colour, 1.0), (len(body.vertices), 1)) for _, body, paint in bodies])
    return coloured_file(
        kind,
        np.concatenate([body.vertices for _, body, _ in bodies]),
        np.concatenate([body.faces + offset for (_, body, _), offset in zip(bodies, offsets, strict=False)]),
        np.round(colours * 255).astype(np.uint8),
    )
