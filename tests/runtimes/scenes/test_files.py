"""Files of meshes, opened by two readers."""

from __future__ import annotations

import io

import numpy as np
import pygltflib
import pytest
import trimesh

from pluggably.runtimes._raster import linear
from pluggably.runtimes.scenes.files import mesh_file
from pluggably.runtimes.scenes.language import read
from pluggably.runtimes.scenes.layout import arrange
from pluggably.runtimes.scenes.palette import rgb
from pluggably.runtimes.scenes.words import NOUNS

EXAMPLE = "a red cube on a blue table, two green spheres left of it, low-poly tree"
EVERYTHING = ", ".join(f"a {words.split()[0]}" for words in list(NOUNS.values())[:22])
THE_REST = ", ".join(f"a {words.split()[0]}" for words in list(NOUNS.values())[22:])
PROMPTS = [EXAMPLE, EVERYTHING, THE_REST, "", "a golden ring around a snowman", "twenty low-poly mushrooms"]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_part_of_a_glb_is_watertight_and_finite(prompt: str) -> None:
    file = mesh_file(arrange(read(prompt)), "glb")
    loaded = trimesh.load(io.BytesIO(file.data), file_type="glb")
    assert isinstance(loaded, trimesh.Scene)
    for name, mesh in loaded.geometry.items():
        assert mesh.is_watertight, name
        assert mesh.is_winding_consistent, name
        assert mesh.volume > 0, name
        assert np.isfinite(mesh.vertices).all()
    assert sum(len(mesh.vertices) for mesh in loaded.geometry.values()) == file.vertices
    assert sum(len(mesh.faces) for mesh in loaded.geometry.values()) == file.faces


def test_colours_are_materials_in_linear_light() -> None:
    loaded = trimesh.load(io.BytesIO(mesh_file(arrange(read(EXAMPLE)), "glb").data), file_type="glb")
    for part, colour in (("cube-1.1 body", "#d62828"), ("table-2.1 top", "#2563c9"), ("sphere-3.2 body", "#2f9e44")):
        (mesh,) = [mesh for name, mesh in loaded.geometry.items() if name.startswith(part)]
        found = mesh.visual.material.baseColorFactor[:3] / 255
        assert found == pytest.approx(linear(rgb(colour)), abs=0.005)
    golden = trimesh.load(io.BytesIO(mesh_file(arrange(read("a golden ball")), "glb").data), file_type="glb")
    (mesh,) = golden.geometry.values()
    assert mesh.visual.material.metallicFactor == 1


@pytest.mark.parametrize("prompt", PROMPTS)
def test_another_reader_opens_the_glb_and_sees_the_same(prompt: str) -> None:
    file = mesh_file(arrange(read(prompt)), "glb")
    glb = pygltflib.GLTF2.load_from_bytes(file.data)
    assert glb.asset.version == "2.0"
    primitives = [primitive for mesh in glb.meshes for primitive in mesh.primitives]
    assert sum(glb.accessors[primitive.attributes.POSITION].count for primitive in primitives) == file.vertices
    assert sum(glb.accessors[primitive.indices].count for primitive in primitives) == 3 * file.faces
    assert all(primitive.material is not None for primitive in primitives)
    blob = glb.binary_blob()
    for primitive in primitives:
        accessor = glb.accessors[primitive.attributes.POSITION]
        view = glb.bufferViews[accessor.bufferView]
        start = (view.byteOffset or 0) + (accessor.byteOffset or 0)
        points = np.frombuffer(blob, "<f4", accessor.count * 3, start).reshape(-1, 3)
        assert points.min(axis=0) == pytest.approx(accessor.min, abs=1e-6)
        assert points.max(axis=0) == pytest.approx(accessor.max, abs=1e-6)


def test_smooth_bodies_bring_their_normals_and_faceted_ones_none() -> None:
    for prompt, expected in (("a ball", True), ("a low-poly ball", False)):
        glb = pygltflib.GLTF2.load_from_bytes(mesh_file(arrange(read(prompt)), "glb").data)
        (mesh,) = glb.meshes
        assert (mesh.primitives[0].attributes.NORMAL is not None) is expected


@pytest.mark.parametrize("kind", ["obj", "ply"])
def test_other_formats_keep_shape_and_colours(kind: str) -> None:
    scene = arrange(read("a red cube on a blue ball"))
    file = mesh_file(scene, kind)
    loaded = trimesh.load(io.BytesIO(file.data), file_type=kind, process=False)
    assert (len(loaded.vertices), len(loaded.faces)) == (file.vertices, file.faces)
    assert loaded.is_watertight
    colours = {tuple(colour) for colour in loaded.visual.vertex_colors[:, :3].tolist()}
    assert colours == {(0xD6, 0x28, 0x28), (0x25, 0x63, 0xC9)}
    assert loaded.bounds[1][1] == pytest.approx(scene.box(0)[1][1], abs=1e-5)


def test_stl_keeps_the_shape() -> None:
    file = mesh_file(arrange(read("a red cube on a blue ball")), "stl")
    loaded = trimesh.load(io.BytesIO(file.data), file_type="stl")
    assert loaded.is_watertight
    assert len(loaded.faces) == file.faces


def test_the_same_prompt_gives_the_same_bytes() -> None:
    assert mesh_file(arrange(read(EXAMPLE), seed=3), "glb") == mesh_file(arrange(read(EXAMPLE), seed=3), "glb")
    assert mesh_file(arrange(read(EXAMPLE), seed=3), "glb") != mesh_file(arrange(read(EXAMPLE), seed=4), "glb")


def test_more_detail_means_more_faces() -> None:
    low, medium, high = (
        mesh_file(arrange(read("a ball"), detail=detail), "glb").faces for detail in ("low", "medium", "high")
    )
    assert low < medium < high
