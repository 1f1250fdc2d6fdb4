"""Diffusion models in folders: found, loaded and asked through the same endpoint as everything else."""

from __future__ import annotations

import base64
import io
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trimesh
from PIL import Image

from tests.factories.gateways import Gateway, running_gateway, wait_until
from tests.factories.images import png_url

SMALL = {"width": 64, "height": 64, "seed": 7}
MODEL, MESH_MODEL = "stable-diffusion", "shap-e"


@pytest.fixture(scope="module")
def gateway(
    tiny_pipelines: dict[str, Path], tiny_shap_e: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """A gateway with a small Stable Diffusion and a small Shap-E, of random weights; 24 KiB come inline."""
    models = tmp_path_factory.mktemp("models")
    shutil.copytree(tiny_pipelines[MODEL], models / MODEL)
    shutil.copytree(tiny_shap_e["text"], models / MESH_MODEL)
    folder = tmp_path_factory.mktemp("gateway")
    with running_gateway(folder, models=models, PLUGGABLY_ARTIFACTS__INLINE_KB="24") as running:
        yield running


def ask(**more: Any) -> dict[str, Any]:
    parameters = {**SMALL, "steps": 3, **more.pop("parameters", {})}
    return {"model": MODEL, "input": {"prompt": "a red cube"}, "parameters": parameters, **more}


def picture(data_url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(data_url.partition(",")[2])))


@pytest.mark.req("TEST-SYS-001", "SYS-REQ-003", "SYS-REQ-004", "SYS-REQ-017")
def test_an_image_is_made_with_progress_at_every_step(gateway: Gateway) -> None:
    events = [(name, data) for name, data, _ in gateway.events(ask())]
    steps = [(data["step"], data["steps"]) for name, data in events if name == "progress"]
    assert steps[-3:] == [(1, 3), (2, 3), (3, 3)]
    (output,) = [data for name, data in events if name == "output"]
    assert (output["model"], output["modality"]) == (MODEL, "image")
    assert picture(output["output"]["images"][0]).size == (64, 64)


@pytest.mark.req("SYS-REQ-003", "SYS-REQ-070")
def test_an_image_is_made_of_an_image(gateway: Gateway) -> None:
    source = {"prompt": "a red cube", "images": [png_url()]}
    body = ask(input=source, parameters={"strength": 0.7, "format": "jpeg"})
    with gateway.client() as client:
        reply = client.post("/v1/generate", json=body)
    assert reply.status_code == 200, reply.text
    (url,) = reply.json()["output"]["images"]
    assert url.startswith("data:image/jpeg;base64,")
    assert picture(url).format == "JPEG"


@pytest.mark.req("SYS-REQ-016", "TEST-SYS-006")
def test_a_large_image_comes_as_an_artifact(gateway: Gateway) -> None:
    with gateway.client() as client:
        reply = client.post("/v1/generate", json=ask(parameters={"width": 512, "height": 384, "steps": 1}))
        assert reply.status_code == 200, reply.text
        assert reply.json()["output"]["images"] is None
        (artifact,) = reply.json()["output"]["artifacts"]
        assert (artifact["width"], artifact["height"]) == (512, 384)
        assert picture("," + base64.b64encode(client.get(artifact["url"]).content).decode()).size == (512, 384)


@pytest.mark.req("TEST-SYS-001", "SYS-REQ-003", "SYS-REQ-004", "SYS-REQ-017")
def test_a_mesh_is_made_of_a_text_with_progress_and_a_preview(gateway: Gateway) -> None:
    parameters = {"steps": 4, "resolution": 32, "seed": 7}
    body = {"model": MESH_MODEL, "input": {"prompt": "a chair"}, "parameters": parameters}
    events = [(name, data) for name, data, _ in gateway.events(body)]
    percents = [data["progress_pct"] for name, data in events if name == "progress"]
    assert len(percents) > 2
    assert percents == sorted(percents)
    (output,) = [data for name, data in events if name == "output"]
    assert (output["model"], output["modality"], output["output"]["mesh"]) == (MESH_MODEL, "3d", None)
    (artifact,) = output["output"]["artifacts"]
    assert (artifact["type"], artifact["media_type"]) == ("mesh", "model/gltf-binary")
    with gateway.client() as client:
        mesh = trimesh.load(io.BytesIO(client.get(artifact["url"]).content), file_type="glb", force="mesh")
        preview = Image.open(io.BytesIO(client.get(artifact["preview_url"]).content))
    assert len(mesh.faces) == artifact["faces"] > 0  # type: ignore[union-attr]
    assert preview.format == "PNG"


@pytest.mark.req("SYS-REQ-003", "SYS-REQ-016")
@pytest.mark.parametrize("kind", ["obj", "stl", "ply"])
def test_a_mesh_over_the_inline_limit_is_an_artifact_in_every_format(gateway: Gateway, kind: str) -> None:
    parameters = {"steps": 1, "resolution": 32, "seed": 7, "format": kind}
    with gateway.client() as client:
        reply = client.post(
            "/v1/generate", json={"model": MESH_MODEL, "input": {"prompt": "a chair"}, "parameters": parameters}
        )
        assert reply.status_code == 200, reply.text
        (artifact,) = reply.json()["output"]["artifacts"]
        kept = client.get(artifact["url"])
    assert kept.headers["content-type"] == artifact["media_type"] == f"model/{kind}"
    assert kept.headers["content-disposition"].endswith(f'.{kind}"')
    mesh = trimesh.load(io.BytesIO(kept.content), file_type=kind, force="mesh")
    assert len(mesh.faces) == artifact["faces"]  # type: ignore[union-attr]


@pytest.mark.req("SYS-REQ-047", "TEST-SYS-016")
def test_a_cancelled_request_stops_between_its_steps(gateway: Gateway) -> None:
    replies: list[Any] = []
    request_id = "req_of_the_pipelines_test"

    def generate() -> None:
        with gateway.client() as client:
            body = ask(parameters={"width": 512, "height": 512, "steps": 200})
            replies.append(client.post("/v1/generate", json=body, headers={"x-request-id": request_id}))

    thread = threading.Thread(target=generate)
    thread.start()
    with gateway.client() as client:

        def has_begun() -> bool:
            status = client.get(f"/v1/requests/{request_id}/status")
            return status.status_code == 200 and (status.json()["progress_pct"] or 0) > 0

        wait_until(has_begun, timeout=60)
        assert client.post(f"/v1/requests/{request_id}/cancel").json()["status"] == "cancelled"
        thread.join(30)
        assert (replies[0].status_code, replies[0].json()["error"]["code"]) == (409, "request_cancelled")
        status = client.get(f"/v1/models/{MODEL}/status").json()
        assert (status["runtime_status"], status["last_error"]) == ("loaded", None)
        assert client.post("/v1/generate", json=ask()).status_code == 200


@pytest.mark.req("SYS-REQ-018")
def test_a_loaded_pipeline_says_its_size_its_device_and_until_when_it_stays(gateway: Gateway) -> None:
    with gateway.client() as client:
        client.post("/v1/generate", json=ask()).raise_for_status()
        models = client.get("/v1/models/loaded").json()["models"]
        (loaded,) = [model for model in models if model["model_id"] == MODEL]
        status = client.get(f"/v1/models/{MODEL}/status").json()
    assert loaded["memory_bytes"] > 100 * 2**20
    assert loaded["device"] in ("cpu", "cuda", "mps")
    assert loaded["until"] > loaded["last_used_at"]
    assert (status["device"], status["until"] is None) == (loaded["device"], False)


@pytest.mark.req("SYS-REQ-003")
def test_a_pipeline_of_pickles_says_why_it_can_not_be_asked(gateway: Gateway, tmp_path: Path) -> None:
    with gateway.client() as client:
        folder = Path(client.get(f"/v1/models/{MODEL}").json()["local_path"])
        copy = tmp_path / "pickled"
        shutil.copytree(folder, copy)
        weights = copy / "unet" / "diffusion_pytorch_model.safetensors"
        weights.rename(weights.with_suffix(".bin"))
        copy.rename(folder.parent / "pickled")
        wait_until(lambda: client.get("/v1/models/pickled").status_code == 200)
        reply = client.post("/v1/generate", json={**ask(), "model": "pickled"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "model_unavailable")
    assert "get the safetensors version" in reply.json()["error"]["message"]
