"""Jobs of the scene engine: formats, sizes, backdrops, and what it refuses."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pluggably.errors import InvalidImage, PluggablyError, UnsupportedFeature, ValidationFailed
from pluggably.runtimes._media_server import Cancelled, ImageItem, Job, MeshItem, Output, Work
from pluggably.runtimes.scenes.engine import SceneEngine
from pluggably.runtimes.scenes.words import LEXICON
from tests.factories.images import image_bytes


def made(modality: str, prompt: str, *images: bytes, previews: bool = False, **parameters: Any) -> Output:
    return SceneEngine().generate(Job(modality, prompt, list(images), parameters, previews), Work(lambda _: None))


def pictures(prompt: str, *images: bytes, **parameters: Any) -> list[Image.Image]:
    found = []
    for item in made("image", prompt, *images, **({"width": 64, "height": 64} | parameters)).items:
        assert isinstance(item, ImageItem)
        picture = Image.open(io.BytesIO(item.data))
        assert picture.size == (item.width, item.height)
        assert item.media_type == f"image/{str(picture.format).lower()}"
        found.append(picture)
    return found


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_formats_of_pictures(kind: str) -> None:
    (picture,) = pictures("a cube", format=kind)
    assert picture.format == kind.upper()


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        ({}, (512, 512)),
        ({"width": 64}, (64, 512)),
        ({"size": "300x70"}, (300, 70)),
        ({"width": 128.0, "height": 64, "size": None}, (128, 64)),
    ],
)
def test_sizes(parameters: dict[str, Any], size: tuple[int, int]) -> None:
    (item,) = made("image", "a cube", **parameters).items
    assert isinstance(item, ImageItem)
    assert Image.open(io.BytesIO(item.data)).size == (item.width, item.height) == size


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("glb", "model/gltf-binary"), ("obj", "model/obj"), ("stl", "model/stl"), ("ply", "model/ply")],
)
def test_formats_of_meshes(kind: str, media_type: str) -> None:
    output = made("3d", "a cube", format=kind, detail="low")
    (item,) = output.items
    assert isinstance(item, MeshItem)
    assert item.media_type == media_type
    loaded = trimesh.load(io.BytesIO(item.data), file_type=kind)
    assert loaded.bounds[1][1] == pytest.approx(0.8, abs=1e-4)
    assert Image.open(io.BytesIO(item.preview or b"")).size == (192, 192)
    assert output.warnings == (["STL holds no colours"] if kind == "stl" else [])


def test_several_pictures_are_from_seeds_that_count_on() -> None:
    first, second = pictures("a tree", seed=7, count=2)
    assert first.tobytes() != second.tobytes()
    assert second.tobytes() == pictures("a tree", seed=8)[0].tobytes()


@settings(max_examples=40, deadline=None)
@given(
    st.one_of(st.text(max_size=80), st.lists(st.sampled_from(sorted(LEXICON)), max_size=12).map(" ".join)),
    st.integers(0, 2**32 - 1),
)
def test_every_prompt_gives_a_picture_and_a_valid_mesh(prompt: str, seed: int) -> None:
    (picture,) = pictures(prompt, seed=seed)
    picture.load()
    (item,) = made("3d", prompt, seed=seed, detail="low").items
    assert isinstance(item, MeshItem)
    loaded = trimesh.load(io.BytesIO(item.data), file_type="glb")
    assert isinstance(loaded, trimesh.Scene)
    assert all(mesh.is_watertight and np.isfinite(mesh.vertices).all() for mesh in loaded.geometry.values())


def test_the_same_job_gives_the_same_bytes() -> None:
    assert made("image", "a tree on a rock", seed=5) == made("image", "a tree on a rock", seed=5)
    assert made("3d", "a tree on a rock", seed=5) == made("3d", "a tree on a rock", seed=5)


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "L"), ("JPEG", "RGB"), ("WEBP", "RGBA"), ("GIF", "P")]
)
def test_an_image_is_the_backdrop(kind: str, mode: str) -> None:
    (plain,), (picture,) = pictures("a red cube"), pictures("a red cube", image_bytes(kind, mode=mode))
    assert picture.getpixel((1, 1)) != plain.getpixel((1, 1))
    flat = io.BytesIO()
    Image.new("RGB", (50, 50), "#20a040").save(flat, "PNG")
    (picture,) = pictures("a red cube", flat.getvalue())
    assert picture.getpixel((1, 1)) == pytest.approx((0x20, 0xA0, 0x40), abs=2)


def test_a_backdrop_hides_the_setting_and_further_images_are_not_used() -> None:
    data = image_bytes("PNG")
    output = made("image", "a cube on grass", data, data, size="64x64")
    assert output.warnings == [
        "only the first image is used, as the backdrop",
        "sky and ground of the prompt are hidden by the backdrop",
    ]


@pytest.mark.parametrize(
    ("parameters", "param"),
    [
        ({"width": 63}, "parameters.width"),
        ({"height": 2049}, "parameters.height"),
        ({"width": True}, "parameters.width"),
        ({"size": "99999x1"}, "parameters.size"),
        ({"size": "10x64"}, "parameters.size"),
        ({"size": "64x64", "width": 64}, "parameters.size"),
        ({"format": "tiff"}, "parameters.format"),
        ({"count": 5}, "parameters.count"),
        ({"seed": -1}, "parameters.seed"),
        ({"seed": "one"}, "parameters.seed"),
    ],
)
def test_parameters_out_of_bounds_are_refused(parameters: dict[str, Any], param: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        made("image", "a cube", **parameters)
    assert refused.value.param == param


@pytest.mark.parametrize("data", [b"", b"no image", image_bytes("PNG")[:60], image_bytes("BMP"), image_bytes("TIFF")])
def test_what_is_no_image_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidImage):
        made("image", "a cube", data)


def test_an_image_with_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    bomb = io.BytesIO()
    Image.new("1", (9000, 9000)).save(bomb, "PNG")
    with pytest.raises(InvalidImage, match="pixels"):
        made("image", "a cube", bomb.getvalue())


def test_meshes_take_no_images() -> None:
    with pytest.raises(UnsupportedFeature):
        made("3d", "a cube", image_bytes("PNG"))


def test_progress_counts_up_and_previews_come_only_when_asked_for() -> None:
    for previews in (False, True):
        for modality, steps in (("image", 5), ("3d", 4)):
            lines: list[bytes] = []
            parameters = {"count": 3, "width": 64, "height": 64} if modality == "image" else {}
            SceneEngine().generate(Job(modality, "a cube", [], parameters, previews), Work(lines.append))
            events = [json.loads(line) for line in lines]
            assert [event["step"] for event in events] == list(range(1, steps + 1))
            assert {event["steps"] for event in events} == {steps}
            assert sum(event["preview"] is not None for event in events) == previews


def test_stopped_work_ends_at_the_next_step() -> None:
    work = Work(lambda _: work.stop())
    with pytest.raises(Cancelled):
        SceneEngine().generate(Job("image", "a cube"), work)
    assert not issubclass(Cancelled, PluggablyError)
