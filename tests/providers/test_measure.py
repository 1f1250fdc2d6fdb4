"""What results are, read from their bytes."""

from __future__ import annotations

import json
import struct
from contextlib import suppress

import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st

from pluggably.contract.modality import Modality
from pluggably.errors import ProviderError
from pluggably.providers._measure import measured, mesh_counts
from tests.factories.images import image_bytes
from tests.factories.meshes import two_solids
from tests.fakes.media_vendors import MESH, PAGE, PICTURE, glb


def test_a_glb_tells_its_vertices_and_faces() -> None:
    assert mesh_counts(glb(30, 20)) == (30, 20)


def test_the_counts_are_those_of_another_reader() -> None:
    data = two_solids()
    scene = trimesh.load_scene(trimesh.util.wrap_as_stream(data), file_type="glb", process=False)
    geometries = scene.geometry.values()
    assert mesh_counts(data) == (
        sum(len(item.vertices) for item in geometries),
        sum(len(item.faces) for item in geometries),
    )


@pytest.mark.parametrize("data", [b"", b"glTF", PAGE, MESH[:-1], MESH[:40], MESH + b"\0", b"glTX" + MESH[4:]])
def test_what_is_no_whole_glb_is_refused(data: bytes) -> None:
    with pytest.raises(ProviderError):
        mesh_counts(data)


NUMBERS = st.integers(-(2**70), 2**70) | st.floats() | st.none() | st.booleans() | st.text(max_size=3)
PRIMITIVES = st.fixed_dictionaries(
    {"attributes": st.fixed_dictionaries({"POSITION": NUMBERS | st.integers(0, 2)})},
    optional={"indices": st.integers(0, 2) | NUMBERS, "mode": st.integers(0, 6) | NUMBERS},
)
HEADERS = st.fixed_dictionaries(
    {
        "accessors": st.lists(st.fixed_dictionaries({"count": st.integers(0, 9) | NUMBERS}), max_size=3),
        "meshes": st.lists(st.fixed_dictionaries({"primitives": st.lists(PRIMITIVES, max_size=3)}), max_size=3),
    }
)


@given(
    HEADERS.map(lambda header: json.dumps(header).encode()) | st.binary(max_size=200), st.none() | st.integers(0, 400)
)
def test_hostile_headers_are_counted_or_refused(header: bytes, size: int | None) -> None:
    size = len(header) if size is None else size
    data = struct.pack("<4sIII4s", b"glTF", 2, 20 + len(header), size, b"JSON") + header
    with suppress(ProviderError):
        assert min(mesh_counts(data)) >= 0


@pytest.mark.parametrize(
    ("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
async def test_an_image_is_what_its_bytes_are(kind: str, media_type: str) -> None:
    item = await measured(image_bytes(kind, (33, 21)), Modality.IMAGE)
    assert (item.media_type, item.width, item.height) == (media_type, 33, 21)


@pytest.mark.parametrize("data", [PAGE, b"", PICTURE[:200], image_bytes("GIF"), MESH])
async def test_what_is_no_whole_image_that_is_kept_is_refused(data: bytes) -> None:
    with pytest.raises(ProviderError):
        await measured(data, Modality.IMAGE)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_preview_becomes_a_png(kind: str) -> None:
    item = await measured(MESH, Modality.MESH, image_bytes(kind))
    assert item.preview is not None
    assert item.preview.startswith(b"\x89PNG")


async def test_a_damaged_preview_is_none_and_costs_nobody_the_mesh() -> None:
    item = await measured(MESH, Modality.MESH, PAGE)
    assert (item.data, item.preview) == (MESH, None)
