"""`python -m pluggably.runtimes.convert FROM TO`: a mesh on standard input, in another format on standard output.

Formats: `glb`, `obj`, `stl`, `ply`. A process of its own, because a mesh may come from anywhere: all that it can do
is to cost this process its time or its memory, and both are limited. The exit status is 0, or 1 with the reason as
the last line of standard error.
"""

from __future__ import annotations

import io
import resource
import sys
from typing import Any

from pluggably.runtimes._child import die_with_parent

MEMORY_BYTES = 3 * 1024**3
CPU_S = 60
MAX_FACES = 5_000_000
_TEXTURED = "pluggably textured"


class CannotConvert(Exception):
    """Why this mesh can't be had in that format."""


def convert(data: bytes, source: str, target: str) -> bytes:
    """The same mesh in another format. Raises `CannotConvert`.

    Colours of materials become colours of vertices where the new format knows no materials; STL knows no colours.
    A scene of several meshes becomes one mesh, but for GLB.
    """
    import trimesh  # noqa: PLC0415 - after the limits are set

    try:
        # STL repeats each corner for each of its faces; elsewhere corners at one place may differ in colour.
        scene = trimesh.load_scene(io.BytesIO(data), file_type=source, process=source == "stl")
    except Exception as error:  # readers of broken files fail in every way there is
        raise CannotConvert(f"it is no {source.upper()} that can be read") from error
    meshes = [geometry for geometry in scene.geometry.values() if isinstance(geometry, trimesh.Trimesh)]
    if not any(len(mesh.faces) for mesh in meshes):
        raise CannotConvert("there is no face in it")
    if sum(len(mesh.faces) for mesh in meshes) > MAX_FACES:
        raise CannotConvert(f"it has more than {MAX_FACES} faces")
    for mesh in meshes:
        _colour_vertices(mesh, keep_materials=target == "glb")
        _translate_light(mesh, source, target)
    whole: Any = scene if target == "glb" else scene.to_mesh()
    exported = whole.export(file_type=target)
    return exported.encode() if isinstance(exported, str) else bytes(exported)


def _colour_vertices(mesh: Any, *, keep_materials: bool) -> None:
    """Replace colours of faces, and textures and materials unless they are kept, by colours of vertices."""
    import numpy  # noqa: PLC0415
    from trimesh.visual import ColorVisuals  # noqa: PLC0415

    visual = mesh.visual
    if visual.kind == "face":
        colours = visual.face_colors.repeat(3, axis=0)
        mesh.unmerge_vertices()  # three for each face: neighbours of other colours share none
    elif visual.kind == "texture" and not keep_materials:
        material = visual.material
        image = getattr(material, "baseColorTexture", None) or getattr(material, "image", None)
        textured = visual.uv is not None and image is not None
        mesh.metadata[_TEXTURED] = textured
        colours = material.to_color(visual.uv) if textured else [material.main_color] * len(mesh.vertices)
        tints = visual.vertex_attributes.get("color")
        if tints is not None and tints.dtype == "uint8" and tints.shape == (len(mesh.vertices), 4):
            colours = numpy.asarray(colours) * (tints / 255.0)  # as glTF 2.0 wants it (3.9.2)
            colours = colours.round().astype("uint8")
    else:
        return
    mesh.visual = ColorVisuals(mesh, vertex_colors=colours)


def _translate_light(mesh: Any, source: str, target: str) -> None:
    """Numbers of colours as the new format means them: linear light in GLB (glTF 2.0, 3.7.2.1), sRGB elsewhere.

    Textures are sRGB everywhere: what came of one stays as it is.
    """
    if mesh.visual.kind != "vertex" or (source == "glb") == (target == "glb") or mesh.metadata.get(_TEXTURED):
        return
    from pluggably.runtimes._raster import from_srgb, srgb  # noqa: PLC0415

    colours = mesh.visual.vertex_colors.copy()
    shown = colours[:, :3]
    colours[:, :3] = srgb(shown / 255) if source == "glb" else (from_srgb(shown) * 255).round()
    mesh.visual.vertex_colors = colours


def main() -> int:
    """Convert once; the exit status."""
    die_with_parent()
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    if sys.platform == "linux":  # others refuse this limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    _, source, target = sys.argv
    try:
        sys.stdout.buffer.write(convert(sys.stdin.buffer.read(), source, target))
        sys.stdout.buffer.flush()
    except CannotConvert as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except MemoryError:
        sys.stderr.write("\nit needs too much memory\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
