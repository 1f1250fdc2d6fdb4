"""Conversions: what they keep of a mesh, what they refuse, what they cost."""

from __future__ import annotations

import asyncio
import struct
import time
from contextlib import aclosing

import numpy as np
import psutil
import pytest
import trimesh
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from pluggably.errors import UnsupportedFeature
from pluggably.features.artifacts.conversion import MAX_BYTES, Converter, key_of
from pluggably.features.artifacts.media import MeshFormat
from pluggably.features.artifacts.store import LocalStore
from pluggably.kit.ids import new_id
from pluggably.runtimes._raster import linear
from pluggably.runtimes.convert import CannotConvert, convert
from pluggably.runtimes.scenes.files import mesh_file
from pluggably.runtimes.scenes.language import read as scene_of
from pluggably.runtimes.scenes.layout import arrange
from tests.factories.meshes import BLUE, RED, read, two_solids

GLB = two_solids()
COARSE = 13
"""How far a dark colour may move on its way through GLB: eight bits of linear light are coarse there."""
pytestmark = pytest.mark.req("SYS-REQ-016")


def colours_at(mesh: object, *, left: bool) -> set[tuple[int, ...]]:
    """The colours of the corners left or right of x = 1.5."""
    corners, colours = mesh.vertices, mesh.visual.vertex_colors  # type: ignore[attr-defined]
    return {tuple(int(part) for part in colour) for colour in colours[(corners[:, 0] < 1.5) == left]}


@pytest.mark.parametrize("target", ["obj", "ply", "stl"])
def test_shape_and_place_are_kept(target: str) -> None:
    whole, made = read(GLB, "glb"), read(convert(GLB, "glb", target), target)
    assert np.allclose(made.bounds, whole.bounds)
    assert len(made.faces) == len(whole.faces)
    assert abs(made.volume - whole.volume) < 1e-4 * whole.volume


@pytest.mark.parametrize("target", ["obj", "ply"])
def test_colours_of_corners_and_of_materials_are_kept(target: str) -> None:
    made = read(convert(GLB, "glb", target), target)
    assert (colours_at(made, left=True), colours_at(made, left=False)) == ({RED}, {BLUE})


def test_there_and_back_again_keeps_shape_and_colours() -> None:
    for way in ("obj", "ply"):
        back = read(convert(convert(GLB, "glb", way), way, "glb"), "glb")
        assert (colours_at(back, left=True), colours_at(back, left=False)) == ({RED}, {BLUE})
        assert np.allclose(back.bounds, read(GLB, "glb").bounds)


def test_colours_of_corners_tint_their_material() -> None:
    box = trimesh.creation.box()
    box.visual = TextureVisuals(material=PBRMaterial(baseColorFactor=[255, 255, 51, 255]))
    box.visual.vertex_attributes["color"] = np.array([(200, 100, 50, 255)] * len(box.vertices), dtype=np.uint8)
    made = read(convert(bytes(box.export(file_type="glb")), "glb", "ply"), "ply")
    assert {tuple(colour) for colour in made.visual.vertex_colors.tolist()} == {(229, 168, 56, 255)}, "in sRGB"


def test_the_same_scene_has_the_same_colours_whichever_way_it_became_a_ply() -> None:
    scene = arrange(scene_of("a brown cube and a teal sphere"))
    direct, converted = (
        np.unique(read(data, "ply").visual.vertex_colors.astype(int), axis=0)
        for data in (mesh_file(scene, "ply").data, convert(mesh_file(scene, "glb").data, "glb", "ply"))
    )
    assert len(direct) == 2
    assert abs(direct - converted).max() <= COARSE


def test_colours_of_faces_stay_on_their_faces() -> None:
    cube = trimesh.creation.box()
    cube.visual.face_colors = np.array([[20 * number, 255 - 20 * number, 7, 255] for number in range(12)])
    wanted = cube.visual.face_colors.astype(int)
    glb = convert(bytes(cube.export(file_type="ply")), "ply", "glb")
    light = read(glb, "glb")
    shares = light.visual.vertex_colors[light.faces[:, 0]] / 255
    assert shares[3, :3] == pytest.approx(linear(tuple(wanted[3, :3] / 255)), abs=1 / 255)
    back = read(convert(glb, "glb", "ply"), "ply")
    assert abs(back.visual.vertex_colors[back.faces[:, 0]] - wanted).max() <= COARSE


def hostile() -> list[bytes]:
    """Files that lie about what is in them."""
    huge = struct.pack("<80xI", 4_000_000_000)
    deep = b"ply\nformat ascii 1.0\nelement vertex 99999999999\nproperty float x\nend_header\n"
    return [
        b"",
        b"\x00",
        b"garbage" * 100,
        GLB[:20],
        GLB[:100],
        GLB[: len(GLB) // 2],
        b"glTF" + b"\xff" * 60,
        huge,
        deep,
    ]


@pytest.mark.parametrize("source", ["glb", "obj", "stl", "ply"])
@pytest.mark.parametrize("number", range(len(hostile())))
def test_a_broken_file_is_an_error_that_says_so(source: str, number: int) -> None:
    with pytest.raises(CannotConvert):
        convert(hostile()[number], source, "ply" if source != "ply" else "obj")


async def test_the_process_behind_it_tells_the_reason(local_store: LocalStore) -> None:
    key = new_id("art")
    await local_store.put(key, b"no mesh at all", "model/gltf-binary")
    with pytest.raises(UnsupportedFeature, match="it is no GLB that can be read") as refusal:
        await Converter(local_store).convert(key, 14, MeshFormat.GLB, MeshFormat.OBJ)
    assert refusal.value.param == "format"
    assert await local_store.size(key_of(key, MeshFormat.OBJ)) is None


async def test_a_conversion_that_takes_too_long_is_ended(local_store: LocalStore) -> None:
    key = new_id("art")
    await local_store.put(key, GLB, "model/gltf-binary")
    started = time.monotonic()
    with pytest.raises(UnsupportedFeature, match=r"longer than 0\.05 seconds"):
        await Converter(local_store, timeout_s=0.05).convert(key, len(GLB), MeshFormat.GLB, MeshFormat.OBJ)
    assert time.monotonic() - started < 5
    assert not [child for child in psutil.Process().children() if "convert" in " ".join(child.cmdline())]
    assert await local_store.size(key_of(key, MeshFormat.OBJ)) is None


async def test_a_mesh_that_is_too_large_is_refused_unread(local_store: LocalStore) -> None:
    with pytest.raises(UnsupportedFeature, match="larger than 64 MiB"):
        await Converter(local_store).convert(new_id("art"), MAX_BYTES + 1, MeshFormat.GLB, MeshFormat.OBJ)


async def test_many_who_ask_at_once_get_the_same_file(local_store: LocalStore) -> None:
    key = new_id("art")
    await local_store.put(key, GLB, "model/gltf-binary")
    converter = Converter(local_store)
    made = await asyncio.gather(*(converter.convert(key, len(GLB), MeshFormat.GLB, MeshFormat.PLY) for _ in range(6)))
    assert len(set(made)) == 1
    name, size = made[0]
    async with aclosing(local_store.open(name, 0, size)) as pieces:
        assert len(read(b"".join([piece async for piece in pieces]), "ply").faces) == len(read(GLB, "glb").faces)
