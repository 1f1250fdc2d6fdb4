"""The scene engine as the gateway meets it: a worker process with a socket."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import jsonschema_rs
import psutil
import pytest
import trimesh
from PIL import Image

from pluggably.runtimes.scenes.parameters import image_parameters, mesh_parameters
from pluggably.workers.interface import WorkerSpec
from pluggably.workers.pool import LocalWorkerPool
from pluggably.workers.worker import LocalWorker
from tests.factories.images import image_bytes
from tests.factories.workers import alive, comes_true

SPEC = WorkerSpec("scene", "pluggably.runtimes.scene", {})
EXAMPLE = "a red cube on a blue table, two green spheres left of it, low-poly tree"
LONG = {"modality": "image", "prompt": EXAMPLE, "parameters": {"width": 2048, "height": 2048, "count": 4}}


@pytest.fixture
async def worker() -> AsyncIterator[LocalWorker]:
    pool = LocalWorkerPool()
    yield await pool.ensure_ready(SPEC)
    await pool.close()


@pytest.fixture
async def session(worker: LocalWorker) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.UnixConnector(worker.socket_path, limit=0, force_close=True)
    async with aiohttp.ClientSession("http://localhost", connector=connector, read_bufsize=2**20) as session:
        yield session


async def events(session: aiohttp.ClientSession, body: Any, status: int = 200) -> list[dict[str, Any]]:
    async with session.post("/generate", json=body) as response:
        assert response.status == status
        assert response.content_type == "application/x-ndjson"
        return [json.loads(line) for line in (await response.read()).splitlines()]


async def output(session: aiohttp.ClientSession, modality: str, prompt: str, **parameters: Any) -> dict[str, Any]:
    *_, last = await events(session, {"modality": modality, "prompt": prompt, "parameters": parameters})
    assert last["event"] == "output", last
    return last


@pytest.mark.req("SYS-REQ-003", "TEST-SYS-001")
async def test_a_picture_comes_with_progress_and_previews(session: aiohttp.ClientSession) -> None:
    found = await events(session, {"modality": "image", "prompt": EXAMPLE, "previews": True})
    *progress, last = found
    assert [(event["event"], event["step"], event["steps"]) for event in progress] == [
        ("progress", step, 3) for step in (1, 2, 3)
    ]
    (preview,) = [event["preview"] for event in progress if event["preview"] is not None]
    assert Image.open(io.BytesIO(base64.b64decode(preview))).size == (128, 128)
    assert (last["event"], last["seed"], last["warnings"]) == ("output", 0, [])
    (item,) = last["items"]
    assert (item["media_type"], item["width"], item["height"]) == ("image/png", 512, 512)
    picture = Image.open(io.BytesIO(base64.b64decode(item["data"])))
    assert (picture.format, picture.size) == ("PNG", (512, 512))


@pytest.mark.req("SYS-REQ-003", "TEST-SYS-001")
async def test_a_mesh_comes_with_a_preview(session: aiohttp.ClientSession) -> None:
    last = await output(session, "3d", EXAMPLE)
    (item,) = last["items"]
    assert item["media_type"] == "model/gltf-binary"
    mesh = trimesh.load(io.BytesIO(base64.b64decode(item["data"])), file_type="glb")
    assert sum(len(part.faces) for part in mesh.geometry.values()) == item["faces"]
    assert Image.open(io.BytesIO(base64.b64decode(item["preview"]))).size == (192, 192)


async def test_what_is_not_understood_is_a_warning(session: aiohttp.ClientSession) -> None:
    found = await output(session, "image", "a red cube, flibbertigibbet", width=64, height=64)
    assert found["warnings"] == ["not understood: 'flibbertigibbet'"]


async def test_an_image_travels_as_base64(session: aiohttp.ClientSession) -> None:
    backdrop = base64.b64encode(image_bytes("PNG")).decode()
    body = {"modality": "image", "prompt": "a cube", "parameters": {"size": "64x64"}}
    *_, plain = await events(session, body)
    *_, last = await events(session, body | {"images": [backdrop]})
    assert last["event"] == "output"
    assert last["items"][0]["data"] != plain["items"][0]["data"]


async def test_what_can_not_be_done_is_an_event(session: aiohttp.ClientSession) -> None:
    *_, last = await events(session, {"modality": "image", "prompt": "a cube", "parameters": {"width": 63}})
    assert (last["event"], last["code"], last["param"]) == ("error", "validation_error", "parameters.width")
    assert "64 to 2048" in last["message"]


async def test_what_is_no_request_is_refused(session: aiohttp.ClientSession) -> None:
    for change, code, param in (
        ({"modality": "text"}, "unsupported_feature", "modality"),
        ({"images": ["?"]}, "validation_error", "images"),
        ({"images": "AAAA"}, "validation_error", "images"),
        ({"parameters": [1]}, "validation_error", "parameters"),
        ({"prompt": 3}, "validation_error", "prompt"),
    ):
        (last,) = await events(session, {"modality": "image", "prompt": "a cube"} | change, status=400)
        assert (last["event"], last["code"], last["param"]) == ("error", code, param)
    (last,) = await events(session, [], status=400)
    assert last["param"] == "body"


async def test_a_body_that_is_no_json_is_refused(session: aiohttp.ClientSession) -> None:
    async with session.post("/generate", data=b"{") as response:
        assert response.status == 400
        assert json.loads(await response.read())["code"] == "validation_error"


async def test_a_client_that_leaves_stops_the_work(worker: LocalWorker, session: aiohttp.ClientSession) -> None:
    async with session.post("/generate", json=LONG) as response:
        await response.content.readline()
    begun = time.monotonic()
    await output(session, "image", "a cube", width=64, height=64)
    assert time.monotonic() - begun < 2  # the four pictures would take much longer
    process = psutil.Process(worker.pid)
    before = sum(process.cpu_times()[:2])
    await asyncio.sleep(0.5)
    assert sum(process.cpu_times()[:2]) - before < 0.1


@pytest.mark.alone
async def test_requests_are_done_in_their_order_and_health_answers_meanwhile(session: aiohttp.ClientSession) -> None:
    done: list[int] = []

    async def ask(number: int) -> None:
        await output(session, "image", f"{number} cubes", width=640, height=640)
        done.append(number)

    tasks = []
    for number in range(1, 6):
        tasks.append(asyncio.create_task(ask(number)))
        await asyncio.sleep(0.02)
    waits = []
    while not all(task.done() for task in tasks):
        begun = time.monotonic()
        async with session.get("/health") as response:
            assert response.status == 200
        waits.append(time.monotonic() - begun)
        await asyncio.sleep(0.05)
    await asyncio.gather(*tasks)
    assert done == [1, 2, 3, 4, 5]
    assert max(waits) < 1


async def test_one_that_leaves_the_queue_is_never_begun(session: aiohttp.ClientSession) -> None:
    first = asyncio.create_task(events(session, LONG))
    await asyncio.sleep(0.3)
    waiting = [asyncio.create_task(events(session, LONG)) for _ in range(3)]
    await asyncio.sleep(0.2)
    for task in (first, *waiting):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    begun = time.monotonic()
    await output(session, "image", "a cube", width=64, height=64)
    assert time.monotonic() - begun < 2


async def test_the_process_starts_soon_and_goes_with_its_pool() -> None:
    pool = LocalWorkerPool()
    begun = time.monotonic()
    worker = await pool.ensure_ready(SPEC)
    assert time.monotonic() - begun < 5
    assert worker.details["modalities"] == ["image", "3d"]
    pid = worker.pid
    assert pid is not None
    await pool.close()
    assert await comes_true(lambda: not alive(pid))


@pytest.mark.alone
async def test_a_picture_and_a_mesh_are_quick(session: aiohttp.ClientSession) -> None:
    async def best_of_five(modality: str) -> float:
        times = []
        for seed in range(5):
            begun = time.monotonic()
            await output(session, modality, EXAMPLE, seed=seed)
            times.append(time.monotonic() - begun)
        return min(times)

    # The goals are 0.3 s and 0.1 s on one idle core; the machine that runs this may be busy.
    assert await best_of_five("image") < 0.9
    assert await best_of_five("3d") < 0.3


def test_the_schemas_are_valid_and_know_their_parameters() -> None:
    for schema, good, bad in (
        (image_parameters(), {"width": 64, "height": 2048, "format": "webp", "seed": 1, "count": 4}, {"width": 63}),
        (image_parameters(), {"size": "640x480"}, {"negative_prompt": "trees"}),
        (mesh_parameters(), {"format": "stl", "seed": 1, "detail": "high"}, {"width": 64}),
    ):
        jsonschema_rs.meta.validate(schema)
        validator = jsonschema_rs.Draft202012Validator(schema)
        assert validator.is_valid(good)
        assert not validator.is_valid(bad)
        assert all({"title", "description", "examples"} <= set(entry) for entry in schema["properties"].values())
