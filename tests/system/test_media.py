"""Images and meshes from the built-in scene engine, through the same endpoint as text."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trimesh
from PIL import Image

from tests.factories.command import Command
from tests.factories.gateways import KEY, Gateway, running_gateway, wait_until
from tests.factories.images import png_url

PROMPT = "a red cube on a blue table"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway without weights."""
    with running_gateway(tmp_path_factory.mktemp("media"), PLUGGABLY_BUILTIN_MODELS="true") as running:
        yield running


def content(data_url: str) -> tuple[str, bytes]:
    head, _, data = data_url.partition(",")
    return head, base64.b64decode(data)


@pytest.mark.req("TEST-SYS-001", "SYS-REQ-004", "SYS-REQ-001")
def test_an_image_is_made_in_the_standard_schema(gateway: Gateway) -> None:
    reply = gateway.generate(PROMPT, modality="image", parameters={"width": 256, "height": 192})
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert (body["model"], body["modality"], body["finish_reason"]) == ("scene-image", "image", "stop")
    assert body["output"]["text"] is None
    (url,) = body["output"]["images"]
    head, data = content(url)
    assert head == "data:image/png;base64"
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    assert picture.size == (256, 192)
    colours = picture.getcolors(256 * 192)
    assert colours is not None
    assert any(red > 150 and green < 90 and blue < 90 for _, (red, green, blue) in colours)  # type: ignore[misc]
    assert body["warnings"] == []
    assert body["output"]["seed"] == 0


def test_what_was_drawn_can_be_drawn_again_by_its_seed(gateway: Gateway) -> None:
    small = {"width": 64, "height": 64}
    first = gateway.generate("three trees", modality="image", parameters={**small, "seed": 11}).json()["output"]
    assert first["seed"] == 11
    again = gateway.generate("three trees", modality="image", parameters={**small, "seed": first["seed"]}).json()
    assert again["output"]["images"] == first["images"]


@pytest.mark.req("TEST-SYS-001", "SYS-REQ-004", "SYS-REQ-003")
def test_a_mesh_is_made_in_the_standard_schema(gateway: Gateway) -> None:
    body = gateway.generate(PROMPT, modality="3d").json()
    assert (body["model"], body["modality"]) == ("scene-3d", "3d")
    head, data = content(body["output"]["mesh"])
    assert head == "data:model/gltf-binary;base64"
    scene = trimesh.load(io.BytesIO(data), file_type="glb")
    assert len(scene.geometry) >= 2  # type: ignore[union-attr]
    assert body["output"]["images"] is None


@pytest.mark.req("TEST-SYS-CR003-002", "SYS-REQ-CR003-002")
def test_an_image_under_auto_goes_to_an_image_model_that_takes_images(gateway: Gateway) -> None:
    with gateway.client() as client:
        reply = client.post(
            "/v1/generate", json={"model": "auto", "input": {"prompt": PROMPT, "images": [png_url()]}}
        )
    assert reply.status_code == 200, reply.text
    assert reply.json()["selection"]["selected_model"] == "scene-image"
    assert len(reply.json()["output"]["images"]) == 1


@pytest.mark.req("SYS-REQ-017")
def test_a_stream_carries_progress_and_one_output(gateway: Gateway) -> None:
    body = {"modality": "image", "input": {"prompt": PROMPT}, "parameters": {"width": 128, "height": 128}}
    events = [(name, data) for name, data, _ in gateway.events(body)]
    percents = [data["progress_pct"] for name, data in events if name == "progress"]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert [name for name, _ in events].count("output") == 1
    assert events[-2][1]["output"]["images"]


def test_what_is_not_understood_is_named(gateway: Gateway) -> None:
    body = gateway.generate(
        "a red cube and a flibbertigibbet", modality="image", parameters={"width": 64, "height": 64}
    )
    assert "flibbertigibbet" in body.json()["warnings"][0]


def test_a_parameter_that_the_model_lacks_is_refused(gateway: Gateway) -> None:
    reply = gateway.generate(PROMPT, modality="image", parameters={"steps": 3})
    assert (reply.status_code, reply.json()["error"]["param"]) == (422, "parameters.steps")
    mesh = gateway.generate(PROMPT, model="scene-3d", input={"prompt": PROMPT, "images": [png_url()]})
    assert (mesh.status_code, mesh.json()["error"]["code"]) == (400, "unsupported_feature")


def test_an_image_of_an_image_model_goes_on_in_the_background(gateway: Gateway) -> None:
    accepted = gateway.generate(PROMPT, modality="image", background=True, parameters={"width": 64, "height": 64})
    assert accepted.status_code == 202
    with gateway.client() as client:
        url = f"/v1/requests/{accepted.json()['request_id']}"
        finished = wait_until(lambda: (got := client.get(url).json())["status"] == "completed" and got)
    assert finished["progress_pct"] == 100
    assert finished["result"]["output"]["images"]


@pytest.mark.req("TEST-SYS-006", "SYS-REQ-016", "SYS-REQ-070")
def test_what_is_too_large_comes_as_an_artifact_whose_address_expires(tmp_path: Path) -> None:
    variables = {"PLUGGABLY_ARTIFACTS__INLINE_KB": "1", "PLUGGABLY_ARTIFACTS__TTL_S": "2"}
    variables["PLUGGABLY_BUILTIN_MODELS"] = "true"
    with running_gateway(tmp_path, **variables) as gateway:
        body = gateway.generate(PROMPT, modality="image", parameters={"width": 128, "height": 96}).json()
        assert body["output"]["images"] is None
        (artifact,) = body["output"]["artifacts"]
        assert (artifact["type"], artifact["media_type"]) == ("image", "image/png")
        assert (artifact["width"], artifact["height"]) == (128, 96)
        address = httpx.URL(gateway.url).join(artifact["url"])
        loaded = httpx.get(address)  # the address alone opens it
        assert loaded.status_code == 200
        assert len(loaded.content) == artifact["size_bytes"]
        assert Image.open(io.BytesIO(loaded.content)).size == (128, 96)
        part = httpx.get(address, headers={"Range": "bytes=0-7"})
        assert (part.status_code, part.content) == (206, b"\x89PNG\r\n\x1a\n")

        drawn = gateway.generate(input={"prompt": PROMPT, "images": [f"artifact:{artifact['id']}"]})
        assert drawn.status_code == 200, drawn.text
        assert drawn.json()["model"] == "scene-image"

        mesh: dict[str, Any] = gateway.generate(PROMPT, modality="3d").json()["output"]["artifacts"][0]
        assert mesh["faces"] > 12
        as_obj = httpx.get(httpx.URL(gateway.url).join(mesh["url"]).copy_merge_params({"format": "obj"}), timeout=30)
        assert as_obj.status_code == 200, as_obj.text
        assert b"\nv " in as_obj.content or as_obj.content.startswith(b"v ")
        small = {"width": 64, "height": 64}
        background = gateway.generate(PROMPT, modality="image", background=True, parameters=small).json()[
            "request_id"
        ]
        time.sleep(2.5)
        with gateway.client() as client:
            kept = client.get(f"/v1/requests/{background}").json()["result"]["output"]["artifacts"][0]
        assert httpx.get(httpx.URL(gateway.url).join(kept["url"])).status_code == 200
        gone = httpx.get(address)
        assert (gone.status_code, gone.json()["error"]["code"]) == (410, "artifact_expired")
        with gateway.client() as client:
            listed = client.get("/v1/artifacts").json()["artifacts"]
            again = next(item for item in listed if item["id"] == artifact["id"])
        assert httpx.get(httpx.URL(gateway.url).join(again["url"])).status_code == 200


async def test_the_command_line_makes_files(gateway: Gateway, tmp_path: Path) -> None:
    pluggably = Command(tmp_path, {"PLUGGABLY_URL": gateway.url, "PLUGGABLY_KEY": KEY})
    picture = await pluggably("make", PROMPT, "--out", str(tmp_path / "cube.png"), "-o", "size=96x64")
    assert picture.status == 0, picture.err
    with Image.open(tmp_path / "cube.png") as opened:
        assert opened.size == (96, 64)
    mesh = await pluggably("make", PROMPT, "--3d", "--out", str(tmp_path / "meshes/"), "-q")
    assert mesh.status == 0, mesh.err
    assert trimesh.load(mesh.out.strip()).geometry
