"""Images and meshes from vendors, through a real gateway: queue, progress, cancelling, results kept at once."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import trimesh

from tests.factories.gateways import Gateway, running_gateway, wait_until
from tests.fakes.media_vendors import LARGE_MESH, PICTURE, MediaVendors, media_vendors_aside

PROVIDER_KEY = "sk-CANARY-provider"
PROMPT = "CANARY of a person"
VENDORS = ("openai", "google", "xai", "huggingface", "stability", "replicate", "fal", "meshy", "tripo")


@pytest.fixture(scope="module")
def vendors() -> Iterator[MediaVendors]:
    """The vendors on loopback."""
    with media_vendors_aside() as server:
        server.again_s = 0.1  # else each task would be waited for at the usual pace
        yield server


@pytest.fixture(scope="module")
def gateway(vendors: MediaVendors, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with an account at every vendor."""
    variables = {"PLUGGABLY_LOG_LEVEL": "debug"}
    for name in VENDORS:
        variables[f"PLUGGABLY_PROVIDERS__{name.upper()}__BASE_URL"] = vendors.base_url(name)
        variables[f"PLUGGABLY_PROVIDERS__{name.upper()}__API_KEY"] = PROVIDER_KEY
    with running_gateway(tmp_path_factory.mktemp("vendors"), **variables) as running:
        with running.client() as client:
            wait_until(lambda: "openai:gpt-image-1" in client.get("/v1/models").text)
        yield running


def body(model: str, prompt: str, **more: Any) -> dict[str, Any]:
    return {"model": model, "input": {"prompt": f"{prompt} {PROMPT}"}, **more}


def ask(gateway: Gateway, model: str, prompt: str, **more: Any) -> dict[str, Any]:
    with gateway.client() as client:
        reply = client.post("/v1/generate", json=body(model, prompt, **more))
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def picture(data_url: str) -> bytes:
    return base64.b64decode(data_url.partition(",")[2])


@pytest.mark.req("SYS-REQ-004", "SYS-REQ-002")
@pytest.mark.parametrize(
    "model",
    [
        "openai:gpt-image-1",
        "google:gemini-2.5-flash-image",
        "xai:grok-imagine-image",
        "huggingface:black-forest-labs/FLUX.1-schnell",
        "stability:ultra",
        "replicate:black-forest-labs/flux-schnell",
        "fal:fal-ai/flux/dev",
    ],
)
def test_every_vendor_of_images_answers_in_the_one_schema(gateway: Gateway, model: str) -> None:
    answer = ask(gateway, model, "a")
    assert (answer["modality"], answer["model"], answer["finish_reason"]) == ("image", model, "stop")
    assert len(answer["output"]["images"]) == 1


@pytest.mark.req("SYS-REQ-004", "SYS-REQ-002")
@pytest.mark.parametrize(
    "model", ["meshy:meshy-6", "tripo:v3.0-20250812", "stability:stable-fast-3d", "fal:fal-ai/trellis"]
)
def test_every_vendor_of_meshes_answers_in_the_one_schema(gateway: Gateway, model: str) -> None:
    image = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
    answer = ask(gateway, model, "", input={"images": [image]})
    assert (answer["modality"], answer["provider"]) == ("3d", model.partition(":")[0])
    scene = trimesh.load_scene(io.BytesIO(picture(answer["output"]["mesh"])), file_type="glb")
    assert len(scene.to_mesh().faces) == 20


@pytest.mark.req("SYS-REQ-015")
@pytest.mark.parametrize(
    ("model", "pricing", "cost"),
    [
        ("stability:core", {"per_image_usd": 0.03}, 0.03),
        ("meshy:meshy-6", {"per_mesh_usd": 0.1}, 0.1),
        ("fal:fal-ai/flux/dev", {"per_mesh_usd": 0.02}, None),
    ],
)
def test_what_vendors_make_costs_what_the_operator_says_and_else_nobody_knows(
    gateway: Gateway, model: str, pricing: dict[str, float], cost: float | None
) -> None:
    assert ask(gateway, model, "a")["usage"]["cost_usd"] is None
    with gateway.client() as client:
        listed = client.get(f"/v1/models/{model}").json()
        same = {name: listed[name] for name in ("modality", "parameters")}
        made = client.post("/v1/models", json={"id": model, "pricing": pricing, **same})
        assert made.status_code == 201, made.text
        usage = ask(gateway, model, "a")["usage"]
        assert client.delete(f"/v1/models/{model}").status_code < 300
    assert usage["cost_usd"] == cost


@pytest.mark.req("SYS-REQ-015")
def test_tokens_of_images_cost_more_than_those_of_text(gateway: Gateway) -> None:
    model = "google:gemini-2.5-flash-image"
    with gateway.client() as client:
        wait_until(lambda: client.get(f"/v1/models/{model}").json().get("pricing"))
        price = client.get(f"/v1/models/{model}").json()["pricing"]
    usage = ask(gateway, model, "a")["usage"]
    expected = 9 * price["input_per_million_usd"] + 1290 * price["output_image_per_million_usd"]
    assert usage["cost_usd"] == pytest.approx(expected / 1e6)


@pytest.mark.req("SYS-REQ-005")
@pytest.mark.parametrize(
    ("refusals", "tasks", "code"),
    [
        ([429], 2, None),
        ([503], 2, None),
        ([None, 429], 2, None),
        ([500], 0, "provider_error"),
    ],
)
def test_a_mesh_that_the_vendor_did_not_take_is_submitted_again_and_none_is_paid_twice(
    gateway: Gateway, vendors: MediaVendors, refusals: list[int | None], tasks: int, code: str | None
) -> None:
    vendors.tasks.clear()
    vendors.refusals[:] = refusals
    with gateway.client() as client:
        reply = client.post("/v1/generate", json=body("meshy:meshy-6", "quick"))
    assert (reply.json().get("error") or {}).get("code") == code, reply.text
    assert len(vendors.tasks) == tasks, "a preview and its texture, each once"


@pytest.mark.req("SYS-REQ-017", "SYS-REQ-046")
def test_a_stream_carries_the_vendor_s_queue_and_progress(gateway: Gateway) -> None:
    events = [(name, data) for name, data, _ in gateway.events(body("fal:fal-ai/flux/dev", "queue"))]
    assert events[0][0] == "selected"
    assert [data["queue_position"] for name, data in events if name == "queued"] == [2, 1]
    assert all(data["request_id"] for name, data in events if name == "queued")
    meshy = body("meshy:meshy-6", "queue", parameters={"textured": False})
    progress = [data["progress_pct"] for name, data, _ in gateway.events(meshy) if name == "progress"]
    assert progress == [10, 60]


@pytest.mark.req("SYS-REQ-017")
def test_a_stream_shows_unfinished_images(gateway: Gateway) -> None:
    events = [(name, data) for name, data, _ in gateway.events(body("openai:gpt-image-1", "a"))]
    previews = [picture(data["preview"]) for name, data in events if name == "progress"]
    assert previews == [PICTURE, PICTURE]
    (output,) = (data for name, data in events if name == "output")
    assert output["usage"]["total_tokens"] == 4171


@pytest.mark.req("SYS-REQ-016", "TEST-SYS-006")
def test_a_large_result_is_kept_before_the_vendor_s_link_expires(gateway: Gateway, vendors: MediaVendors) -> None:
    (artifact,) = ask(gateway, "meshy:meshy-6", "large", parameters={"textured": False})["output"]["artifacts"]
    assert (artifact["type"], artifact["media_type"]) == ("mesh", "model/gltf-binary")
    assert (artifact["size_bytes"], artifact["vertices"], artifact["faces"]) == (len(LARGE_MESH), 40_000, 20_000)
    fetched = len(vendors.asked("/files/large"))
    base = httpx.URL(gateway.url)
    assert httpx.get(base.join(artifact["url"])).content == LARGE_MESH
    assert httpx.get(base.join(artifact["preview_url"])).content == PICTURE
    assert len(vendors.asked("/files/large")) == fetched, "the vendor is not asked again"


@pytest.mark.req("SYS-REQ-047", "TEST-SYS-016")
@pytest.mark.parametrize("word", ["waits", "slow"])
def test_a_request_cancelled_by_its_id_is_cancelled_at_the_vendor(
    gateway: Gateway, vendors: MediaVendors, word: str
) -> None:
    before = set(vendors.tasks)
    request_id = f"cancel-vendor-{word}"
    replies: list[httpx.Response] = []

    def run() -> None:
        with gateway.client() as client:
            asked = body("fal:fal-ai/flux/dev", word)
            replies.append(client.post("/v1/generate", json=asked, headers={"X-Request-ID": request_id}))

    thread = threading.Thread(target=run)
    thread.start()
    with gateway.client() as client:
        path = f"/v1/requests/{request_id}"

        def waiting() -> Any:
            found = client.get(f"{path}/status").json()
            return (
                found
                if found.get("queue_position") or (word == "slow" and found.get("status") == "running")
                else None
            )

        found = wait_until(waiting)
        if word == "waits":
            assert (found["status"], found["queue_position"]) == ("queued", 4)
        wait_until(lambda: set(vendors.tasks) - before)
        assert client.post(f"{path}/cancel").json()["cancelled"] is True
    began = time.monotonic()
    thread.join(10)
    assert time.monotonic() - began < 2
    assert (replies[0].status_code, replies[0].json()["error"]["code"]) == (409, "request_cancelled")
    (task,) = set(vendors.tasks) - before
    wait_until(lambda: vendors.tasks[task].cancelled)


@pytest.mark.req("SYS-REQ-047")
def test_a_client_that_goes_away_cancels_its_task_at_the_vendor(gateway: Gateway, vendors: MediaVendors) -> None:
    before = set(vendors.tasks)
    with (
        gateway.client() as client,
        client.stream("POST", "/v1/generate", json=body("meshy:meshy-6", "slow", stream=True)) as reply,
    ):
        assert reply.status_code == 200
        for line in reply.iter_lines():
            if line == "event: progress":
                break
    (task,) = set(vendors.tasks) - before
    wait_until(lambda: vendors.tasks[task].cancelled)


def test_a_background_request_follows_the_vendor_s_task(gateway: Gateway) -> None:
    with gateway.client() as client:
        accepted = client.post("/v1/generate", json=body("replicate:a/b", "queue", modality="image", background=True))
        assert accepted.status_code == 202, accepted.text
        path = f"/v1/requests/{accepted.json()['request_id']}"
        finished = wait_until(lambda: (got := client.get(path).json())["status"] == "completed" and got)
    assert finished["progress_pct"] == 60
    assert finished["result"]["output"]["images"]


@pytest.mark.req("SYS-REQ-015", "SYS-REQ-019")
def test_models_that_make_pictures_and_meshes_are_listed_as_such(gateway: Gateway) -> None:
    with gateway.client() as client:
        found = {model["id"]: model for model in client.get("/v1/models").json()["models"]}
        schema = client.get("/v1/schema", params={"model": "meshy:meshy-6"}).json()
    modalities = {
        "openai:gpt-image-1": "image",
        "openai:gpt-test": "text",
        "google:gemini-2.5-flash-image": "image",
        "xai:grok-imagine-image": "image",
        "huggingface:org/chat": "text",
        "huggingface:black-forest-labs/FLUX.1-schnell": "image",
        "stability:stable-fast-3d": "3d",
        "stability:core": "image",
        "meshy:meshy-6": "3d",
    }
    assert {name: found[name]["modality"] for name in modalities} == modalities
    assert found["stability:core"]["capabilities"]["input_modalities"] == ["text"]
    assert schema["modality"] == "3d"
    assert schema["parameters"]["properties"]["topology"]["enum"] == ["triangle", "quad"]


@pytest.mark.req("SYS-REQ-005", "SYS-REQ-011", "SYS-REQ-069")
def test_the_backend_is_chosen_by_name_by_provider_or_by_modality(gateway: Gateway) -> None:
    assert ask(gateway, "openai:gpt-image-99", "a")["modality"] == "image"
    assert ask(gateway, "fal:someone/unheard-of", "a")["modality"] == "image"
    alone = ask(gateway, "auto", "quick", provider="tripo", modality="3d")
    assert alone["model"] == "tripo:v3.0-20250812"
    with gateway.client() as client:
        wrong = client.post("/v1/generate", json=body("openai:gpt-image-1", "a", modality="text"))
        mesh = client.post("/v1/generate", json=body("openai:gpt-image-1", "a", modality="3d"))
        unknown = client.post("/v1/generate", json=body("openai:gpt-image-1", "a", parameters={"steps": 3}))
    for reply in (wrong, mesh):
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "modality_mismatch")
    assert (unknown.status_code, unknown.json()["error"]["param"]) == (422, "parameters.steps")


@pytest.mark.req("SYS-NFR-002", "TEST-INT-001")
@pytest.mark.parametrize(
    ("prompt", "code"),
    [("refused", "content_refused"), ("fails", "provider_error"), ("key", "provider_auth_error"),
     ("gone", "provider_error"), ("page", "provider_error"), ("truncated", "provider_error")],
)  # fmt: skip
def test_failures_have_the_standard_codes_also_inside_a_stream(gateway: Gateway, prompt: str, code: str) -> None:
    asked = body("meshy:meshy-6", prompt, parameters={"textured": False}, fallback="wait")
    with gateway.client() as client:
        assert client.post("/v1/generate", json=asked).json()["error"]["code"] == code
    (error,) = (data for name, data, _ in gateway.events(asked) if name == "error")
    assert error["error"]["code"] == code


@pytest.mark.req("SYS-NFR-001")
def test_the_key_goes_to_the_vendor_alone_and_is_told_to_nobody(gateway: Gateway, vendors: MediaVendors) -> None:
    told = []
    with gateway.client() as client:
        for word in ("elsewhere", "redirected", "fails", "gone", "key", "busy", "refused"):
            asked = body("meshy:meshy-6", word, parameters={"textured": False}, fallback="wait")
            told.append(client.post("/v1/generate", json=asked).text)
        told.append(client.get("/metrics").text)
    elsewhere = [item for item in vendors.requests if f"http://{item.host}" == vendors.other_root]
    assert len(elsewhere) >= 2
    assert all(PROVIDER_KEY not in json.dumps(item.headers) for item in elsewhere)
    for text in (*told, gateway.logs()):
        assert "CANARY" not in text
