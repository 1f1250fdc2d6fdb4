"""Scenes as files: GLB with a material for each body, OBJ and PLY with colours of vertices, STL with shapes alone."""

from __future__ import annotations

import numpy as np
import trimesh
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from pluggably.runtimes._mesh_files import MEDIA_TYPES, MeshFile, coloured_file
from pluggably.runtimes._raster import linear
from pluggably.runtimes.scenes.layout import Scene
from pluggably.runtimes.scenes.palette import Paint


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
        whole = trimesh.Scene()
        materials: dict[Paint, PBRMaterial] = {}
        for number, (name, body, paint) in enumerate(bodies, start=1):
            material = materials.setdefault(paint, _material(paint))
            mesh = trimesh.Trimesh(
                body.vertices,
                body.faces,
                # Without normals, a reader has to show facets (glTF 2.0, 3.7.2.1).
                vertex_normals=body.normals,
                visual=TextureVisuals(material=material),
                process=False,
                validate=False,
            )
            unique = f"{name} {number}"
            whole.add_geometry(mesh, node_name=unique, geom_name=unique)
        return MeshFile(MEDIA_TYPES[kind], bytes(whole.export(file_type="glb")), vertices, faces)
    offsets = np.cumsum([0, *(len(body.vertices) for _, body, _ in bodies)])
    colours = np.concatenate([np.tile((*paint.colour, 1.0), (len(body.vertices), 1)) for _, body, paint in bodies])
    return coloured_file(
        kind,
        np.concatenate([body.vertices for _, body, _ in bodies]),
        np.concatenate([body.faces + offset for (_, body, _), offset in zip(bodies, offsets, strict=False)]),
        np.round(colours * 255).astype(np.uint8),
    )


def _material(paint: Paint) -> PBRMaterial:
    red, green, blue = linear(paint.colour)
    return PBRMaterial(
        name="#{:02x}{:02x}{:02x}".format(*(round(channel * 255) for channel in paint.colour)),
        baseColorFactor=np.array([red, green, blue, 1.0]),
        metallicFactor=paint.metallic,
        roughnessFactor=paint.roughness,
        emissiveFactor=np.array([red, green, blue]) * paint.glow,
    )
