"""Image models on diffusers as the gateway meets them: real pipelines with random weights, in worker processes."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import pickle
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema_rs
import psutil
import pytest
import pytest_asyncio
from PIL import Image, ImageChops, ImageStat

from pluggably.errors import ModelUnavailable
from pluggably.runtimes._diffusion_parameters import IMAGE_TO_IMAGE, image_facts, image_parameters
from pluggably.workers.interface import WorkerSpec
from pluggably.workers.pool import LocalWorkerPool
from pluggably.workers.worker import LocalWorker
from tests.factories.images import image_bytes
from tests.factories.pipelines import ROOT
from tests.factories.workers import IMPATIENT, alive, comes_true

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

QUICK = {"size": "64x64", "steps": 2, "seed": 1}
LONG = {"size": "512x512", "steps": 200, "count": 4}


def spec(folder: Path) -> WorkerSpec:
    return WorkerSpec(folder.name, "pluggably.runtimes.diffusion", {"model_path": str(folder), "threads": 2})


class Model:
    """A pipeline in its worker."""

    def __init__(self, worker: LocalWorker, session: aiohttp.ClientSession) -> None:
        self.worker = worker
        self.session = session

    async def events(self, prompt: str = "a cat", *images: bytes, previews: bool = False, **parameters: Any) -> Any:
        """All that is said to one request."""
        async with self.session.post(
            "/generate", json=body(prompt, *images, previews=previews, **parameters)
        ) as reply:
            assert reply.status == 200
            return [json.loads(line) for line in (await reply.read()).splitlines()]

    async def output(self, prompt: str = "a cat", *images: bytes, **parameters: Any) -> dict[str, Any]:
        """The last event, which is no error."""
        *_, last = await self.events(prompt, *images, **parameters)
        assert last["event"] == "output", last
        return dict(last)

    async def error(self, prompt: str = "a cat", *images: bytes, **parameters: Any) -> dict[str, Any]:
        """The last event, which is an error."""
        *_, last = await self.events(prompt, *images, **parameters)
        assert last["event"] == "error", last
        return dict(last)

    async def picture(self, prompt: str = "a cat", *images: bytes, **parameters: Any) -> Image.Image:
        """The only one of a request."""
        (item,) = (await self.output(prompt, *images, **parameters))["items"]
        return opened(item)


def body(prompt: str, *images: bytes, previews: bool = False, **parameters: Any) -> dict[str, Any]:
    files = [base64.b64encode(image).decode() for image in images]
    return {"modality": "image", "prompt": prompt, "images": files, "parameters": parameters, "previews": previews}


def opened(item: dict[str, Any]) -> Image.Image:
    """The picture of an item, in RGB; what is said of it is true."""
    picture = Image.open(io.BytesIO(base64.b64decode(item["data"])))
    assert picture.size == (item["width"], item["height"])
    assert item["media_type"] == f"image/{str(picture.format).lower()}"
    return picture.convert("RGB")


def distance(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures of one size, from 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[LocalWorkerPool]:
    pool = LocalWorkerPool()
    yield pool
    await pool.close()


async def model_of(pool: LocalWorkerPool, folder: Path) -> AsyncIterator[Model]:
    worker = await pool.ensure_ready(spec(folder))
    connector = aiohttp.UnixConnector(worker.socket_path, limit=0, force_close=True)
    async with aiohttp.ClientSession("http://localhost", connector=connector, read_bufsize=2**20) as session:
        yield Model(worker, session)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model(pool: LocalWorkerPool, tiny_pipelines: dict[str, Path]) -> AsyncIterator[Model]:
    """A Stable Diffusion."""
    async for model in model_of(pool, tiny_pipelines["stable-diffusion"]):
        yield model


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def flux(pool: LocalWorkerPool, tiny_pipelines: dict[str, Path]) -> AsyncIterator[Model]:
    """A transformer with two text encoders, its guidance distilled into it."""
    async for model in model_of(pool, tiny_pipelines["flux"]):
        yield model


@pytest.mark.req("SYS-REQ-003", "SYS-REQ-004", "TEST-SYS-001")
async def test_a_picture_has_the_size_asked_for(model: Model) -> None:
    for parameters, size in (
        ({"size": "128x64"}, (128, 64)),
        ({"width": 72, "height": 64}, (72, 64)),
        ({}, (128, 128)),
    ):
        assert (await model.picture(steps=1, **parameters)).size == size


@pytest.mark.req("SYS-REQ-003", "TEST-SYS-001")
async def test_another_family_of_pipelines_is_served_the_same_way(flux: Model) -> None:
    assert flux.worker.details["pipeline"] == "FluxPipeline"
    found = await flux.events(**QUICK | {"size": "96x64", "steps": 4}, previews=True, guidance=2)
    *progress, last = found
    assert opened(last["items"][0]).size == (96, 64)
    assert [event["step"] for event in progress] == [1, 2, 3, 4]
    assert any(event["preview"] for event in progress)
    assert last["warnings"] == []
    near, far = [
        await flux.picture("a cat", image_bytes("PNG"), **QUICK | {"steps": 10}, strength=strength)
        for strength in (0.1, 1)
    ]
    assert near.tobytes() != far.tobytes()


async def test_the_worker_says_where_its_model_is(model: Model) -> None:
    details = model.worker.details
    assert details["modalities"] == ["image"]
    assert (details["pipeline"], details["takes_images"]) == ("StableDiffusionPipeline", True)
    assert details["device"] in ("cpu", "cuda", "mps")
    assert (details["dtype"] == "float32") == (details["device"] == "cpu")
    assert details["threads"] == 2
    assert details["weights_bytes"] > 100_000


async def test_the_same_seed_gives_the_same_bytes(model: Model) -> None:
    first, again, other = [await model.output(**QUICK | {"seed": seed}) for seed in (7, 7, 8)]
    assert first["items"] == again["items"]
    assert first["items"] != other["items"]
    assert (first["seed"], other["seed"]) == (7, 8)


async def test_without_a_seed_one_is_drawn_and_told(model: Model) -> None:
    drawn = await model.output(size="64x64", steps=2)
    other = await model.output(size="64x64", steps=2)
    assert drawn["seed"] != other["seed"]
    assert (await model.output(size="64x64", steps=2, seed=drawn["seed"]))["items"] == drawn["items"]


async def test_several_pictures_are_from_seeds_that_count_on(model: Model) -> None:
    both = (await model.output(**QUICK, count=2))["items"]
    assert both == [(await model.output(**QUICK | {"seed": seed}))["items"][0] for seed in (1, 2)]


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
async def test_a_picture_has_the_format_asked_for(model: Model, kind: str) -> None:
    (item,) = (await model.output(**QUICK, format=kind))["items"]
    assert item["media_type"] == f"image/{kind}"
    assert opened(item).size == (64, 64)


async def test_prompts_steps_and_guidance_matter(model: Model) -> None:
    plain = await model.picture(**QUICK)
    assert plain.tobytes() != (await model.picture("a dog", **QUICK)).tobytes()
    assert plain.tobytes() != (await model.picture(**QUICK | {"steps": 3})).tobytes()
    assert plain.tobytes() != (await model.picture(**QUICK, guidance=2)).tobytes()
    assert plain.tobytes() != (await model.picture(**QUICK, negative_prompt="a dog")).tobytes()


@pytest.mark.req("SYS-REQ-004", "TEST-SYS-001")
async def test_a_picture_is_made_from_an_image_as_far_as_strength_says(model: Model) -> None:
    source = image_bytes("PNG", (128, 128))
    wanted = QUICK | {"size": "128x128", "steps": 10}
    near, far = [await model.picture("a cat", source, **wanted, strength=strength) for strength in (0.1, 1.0)]
    plain = await model.picture(**wanted)
    assert len({near.tobytes(), far.tobytes(), plain.tobytes()}) == 3
    # With one step of ten, two images still show; with all ten, none does.
    other = image_bytes("PNG", (128, 128), "L")
    inverted = io.BytesIO()
    ImageChops.invert(Image.open(io.BytesIO(other))).save(inverted, "PNG")
    near_other, far_other = [
        await model.picture("a cat", inverted.getvalue(), **wanted, strength=strength) for strength in (0.1, 1.0)
    ]
    assert distance(near, near_other) > distance(far, far_other)


async def test_a_picture_made_from_an_image_has_its_proportions(model: Model) -> None:
    wide = image_bytes("JPEG", (400, 100))
    assert (await model.picture("a cat", wide, steps=2, strength=1)).size == (256, 64)
    assert (await model.picture("a cat", wide, steps=2, strength=1, height=80)).size == (320, 80)
    cropped = await model.output("a cat", wide, steps=2, strength=1, size="64x64")
    assert cropped["warnings"] == ["the input image was cropped to the proportions of 64x64"]


async def test_steps_are_told_over_all_pictures(model: Model) -> None:
    for images, steps in (((), 6), ((image_bytes("PNG"),), 3)):
        found = await model.events(
            "a cat", *images, previews=True, size="64x64", steps=6, count=2, **strength(images)
        )
        *progress, last = found
        assert [event["step"] for event in progress] == list(range(1, 2 * steps + 1))
        assert {event["steps"] for event in progress} == {2 * steps}
        previews = [event["preview"] for event in progress if event["preview"]]
        assert 2 <= len(previews) <= 10
        for preview in previews:
            assert Image.open(io.BytesIO(base64.b64decode(preview))).format == "PNG"
        assert len(last["items"]) == 2
    assert not any(event.get("preview") for event in await model.events(**QUICK))


def strength(images: tuple[bytes, ...]) -> dict[str, float]:
    return {"strength": 0.5} if images else {}


@pytest.mark.req("SYS-REQ-047")
async def test_a_client_that_leaves_stops_the_work_between_steps(model: Model) -> None:
    await leaves_and_is_not_waited_for(model, LONG)


@pytest.mark.req("SYS-REQ-047")
async def test_a_client_that_leaves_stops_the_work_within_a_step(model: Model) -> None:
    # After its one step the picture is only decoded, which takes seconds at this size.
    await leaves_and_is_not_waited_for(model, {"size": "1024x1024", "steps": 1, "count": 4})


async def leaves_and_is_not_waited_for(model: Model, parameters: dict[str, Any]) -> None:
    before = (await model.output(**QUICK))["items"]
    async with model.session.post("/generate", json=body("a cat", **parameters)) as response:
        assert json.loads(await response.content.readline())["step"] == 1
    begun = time.monotonic()
    assert (await model.output(**QUICK))["items"] == before
    assert time.monotonic() - begun < 5  # 1 s on an idle machine; the whole would take much longer
    process = psutil.Process(model.worker.pid)
    used = sum(process.cpu_times()[:2])
    await asyncio.sleep(0.5)
    assert sum(process.cpu_times()[:2]) - used < 0.1


async def test_health_answers_while_a_picture_is_made(model: Model) -> None:
    task = asyncio.create_task(model.events(size="512x512", steps=4))
    waits = []
    while not task.done():
        begun = time.monotonic()
        async with model.session.get("/health") as response:
            assert response.status == 200
        waits.append(time.monotonic() - begun)
        await asyncio.sleep(0.05)
    assert (await task)[-1]["event"] == "output"
    assert max(waits) < 2


async def test_what_is_not_read_of_a_prompt_is_a_warning(model: Model, flux: Model) -> None:
    long = "ab " * 60
    assert (await model.output(long, **QUICK, negative_prompt=long))["warnings"] == [
        "the model reads the first 77 of the prompt's 122 tokens alone",
        "the model reads the first 77 of the negative prompt's 122 tokens alone",
    ]
    assert (await flux.output(long, **QUICK))["warnings"] == [
        "one of the model's text encoders reads the first 77 of the prompt's 122 tokens alone"
    ]


async def test_what_a_model_can_not_take_is_a_warning(model: Model, flux: Model) -> None:
    found = await flux.output(**QUICK, negative_prompt="a dog")
    assert found["warnings"] == ["the model takes no negative prompt"]
    assert found["items"] == (await flux.output(**QUICK))["items"]
    found = await model.output(**QUICK, negative_prompt="a dog", guidance=1)
    assert found["warnings"] == ["the negative prompt has no effect: the model works without guidance here"]
    found = await model.output(**QUICK, strength=0.5)
    assert found["warnings"] == ["strength has no effect without an input image"]


@pytest.mark.parametrize(
    ("parameters", "param"),
    [
        ({"width": 68}, "parameters.width"),
        ({"size": "68x64"}, "parameters.size"),
        ({"size": "64x4096"}, "parameters.size"),
        ({"steps": 0}, "parameters.steps"),
        ({"guidance": "much"}, "parameters.guidance"),
        ({"strength": 1.1}, "parameters.strength"),
        ({"negative_prompt": 1}, "parameters.negative_prompt"),
        ({"count": 5}, "parameters.count"),
        ({"format": "gif"}, "parameters.format"),
        ({"seed": -1}, "parameters.seed"),
    ],
)
async def test_parameters_out_of_bounds_are_refused(model: Model, parameters: dict[str, Any], param: str) -> None:
    refused = await model.error(**parameters)
    assert (refused["code"], refused["param"]) == ("validation_error", param)


async def test_images_that_can_not_be_used_are_refused(model: Model) -> None:
    image = image_bytes("PNG")
    refused = await model.error("a cat", image, image)
    assert (refused["code"], refused["param"]) == ("unsupported_feature", "input.images")
    refused = await model.error("a cat", b"no image")
    assert (refused["code"], refused["param"]) == ("invalid_image", "input.images")
    refused = await model.error("a cat", image, steps=2, strength=0.1)
    assert (refused["code"], refused["param"]) == ("validation_error", "parameters.strength")


async def test_a_picture_for_which_there_is_no_memory_is_an_error_and_the_engine_lives(model: Model) -> None:
    before = (await model.output(**QUICK))["items"]
    pid = model.worker.pid
    assert pid is not None
    limit = psutil.Process(pid).memory_info().vms + 20 * 2**20
    usual = resource.prlimit(pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    try:
        refused = await model.error(size="1024x1024", steps=1)
    finally:
        resource.prlimit(pid, resource.RLIMIT_AS, usual)
    assert (refused["code"], refused["param"]) == ("validation_error", "parameters.size")
    assert "memory" in refused["message"]
    assert "smaller" in refused["message"]
    assert (await model.output(**QUICK))["items"] == before


async def test_a_damaged_model_fails_to_load_and_leaves_no_process(
    tiny_pipelines: dict[str, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_pipelines["stable-diffusion"], tmp_path / "damaged")
    os.truncate(folder / "unet" / "diffusion_pytorch_model.safetensors", 5000)
    pool = LocalWorkerPool(IMPATIENT)
    with pytest.raises(ModelUnavailable, match=r"unet/diffusion_pytorch_model\.safetensors is damaged") as failed:
        await pool.ensure_ready(spec(folder))
    assert str(tmp_path) not in failed.value.message
    assert await comes_true(
        lambda: not [child for child in psutil.Process().children() if is_diffusion(child, folder)]
    )
    await pool.close()


def is_diffusion(process: psutil.Process, folder: Path) -> bool:
    """Whether a process is the worker of this folder and lives."""
    return alive(process.pid) and str(folder) in " ".join(process.cmdline())


async def test_without_the_engine_the_reason_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "diffusers.py").write_text("raise ModuleNotFoundError(\"No module named 'diffusers'\")")
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    with subprocess.Popen(
        [sys.executable, "-m", "pluggably.runtimes.diffusion"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b'{"model_path": "nowhere", "socket_path": "nowhere"}\n')
        child.stdin.flush()
        reported = json.loads(child.stdout.readline())
        assert child.wait(timeout=30) == 1  # by itself, with its standard input still open
    assert reported["event"] == "failed"
    assert reported["reason"].endswith("install pluggably[image]")


LOADING = """
import json, sys
from pathlib import Path
from pluggably.runtimes._pipelines import Refused, diffusers
from pluggably.runtimes._diffusion_engine import DiffusionEngine
found = {}
for folder in sys.argv[1:]:
    try:
        found[Path(folder).name] = "loaded a " + DiffusionEngine(Path(folder)).details()["pipeline"]
    except Refused as error:
        found[Path(folder).name] = str(error)
both = diffusers.pipelines.auto_pipeline.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING
texts = diffusers.pipelines.auto_pipeline.AUTO_TEXT2IMAGE_PIPELINES_MAPPING
names = [cls.__name__ for classes in (texts, both) for family, cls in classes.items() if family in both]
print(json.dumps({"folders": found, "image_to_image": names}))
"""


def changed(folder: Path, **changes: Any) -> Path:
    """Set values in the `model_index.json` of a folder."""
    path = folder / "model_index.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))
    return folder


@dataclass
class Loads:
    """What came of loading folders, by their names, and the classes that diffusers has for image to image."""

    folders: dict[str, str]
    image_to_image: set[str]
    reached: bool
    """Whether the process connected to the hub or to a proxy."""


@pytest.fixture(scope="module")
def loads(tiny_pipelines: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Loads:
    """All folders are loaded in one process, for its imports take long."""
    home = tmp_path_factory.mktemp("folders")

    def copy(name: str) -> Path:
        return shutil.copytree(tiny_pipelines["stable-diffusion"], home / name)

    weights = copy("pickled") / "unet" / "diffusion_pytorch_model.safetensors"
    weights.with_suffix(".bin").write_bytes(pickle.dumps(Touch(home / "touched")))
    weights.unlink()
    (copy("pickle_in_disguise") / "unet" / weights.name).write_bytes(pickle.dumps(Touch(home / "touched")))
    shard = copy("pickled_shard") / "unet"
    (shard / "diffusion_pytorch_model.safetensors.index.json").write_text('{"weight_map": {"a": "../../a.bin"}}')
    shard = copy("pickled_shard_of_variant") / "unet"
    (shard / "diffusion_pytorch_model.safetensors.index.fp16.json").write_text('{"weight_map": {"a": "a.bin"}}')
    (copy("no_shards") / "unet" / "diffusion_pytorch_model.safetensors.index.json").write_text("{}")
    changed(copy("own_pipeline"), _class_name=["pipeline", "Own"])
    (home / "own_pipeline" / "pipeline.py").write_text(f"open({str(home / 'touched')!r}, 'w')")
    changed(copy("own_part"), unet=["own_unet", "Own"])
    (home / "own_part" / "unet" / "own_unet.py").write_text(f"open({str(home / 'touched')!r}, 'w')")
    changed(copy("any_module"), unet=["subprocess", "Popen"])
    changed(copy("unknown_class"), _class_name="NoSuchPipeline")
    changed(copy("no_pictures"), _class_name="DDIMPipeline", vae=[None, None])
    changed(copy("path_for_a_name"), **{"../unet": ["diffusers", "UNet2DConditionModel"]})
    shutil.rmtree(copy("incomplete") / "vae")
    (copy("no_index") / "model_index.json").unlink()
    (copy("broken_config") / "unet" / "config.json").write_text("{")
    copy("to_be_fetched")
    for name, part in (("unet_lacks_weights", "unet"), ("encoder_lacks_weights", "text_encoder")):
        (file,) = (copy(name) / part).glob("*.safetensors")
        without_last_tensor(file)
    half = copy("variant") / "unet"
    (half / weights.name).rename(half / "diffusion_pytorch_model.fp16.safetensors")
    stray = copy("stray_files")
    (stray / "unet" / "diffusion_pytorch_model.bin").write_bytes(pickle.dumps(Touch(home / "touched")))
    (stray / "pipeline.py").write_text(f"open({str(home / 'touched')!r}, 'w')")
    for file in ("tokenizer.json", "vocab.json", "merges.txt"):
        (home / "to_be_fetched" / "tokenizer" / file).unlink(missing_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as hub:
        url = f"http://127.0.0.1:{hub.getsockname()[1]}"
        ran = subprocess.run(
            [sys.executable, "-c", LOADING, *map(str, home.iterdir())],
            cwd=ROOT,
            env=os.environ | {"HF_ENDPOINT": url, "HTTPS_PROXY": url, "HTTP_PROXY": url, "HF_HUB_OFFLINE": "0"},
            check=True,
            capture_output=True,
            timeout=110,
            text=True,
        )
        hub.setblocking(False)
        reached = True
        try:
            hub.accept()[0].close()
        except BlockingIOError:
            reached = False
    assert not (home / "touched").exists()
    found = json.loads(ran.stdout)
    return Loads(found["folders"], set(found["image_to_image"]), reached)


def without_last_tensor(path: Path) -> None:
    """Take the last tensor out of a safetensors file; it remains a valid one."""
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    last = max(header.keys() - {"__metadata__"}, key=lambda name: header[name]["data_offsets"][1])
    end = header.pop(last)["data_offsets"][0]
    head = json.dumps(header).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + data[:end])


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.path), "w")


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("pickled", "unet/diffusion_pytorch_model.bin is a pickle"),
        ("pickle_in_disguise", "unet/diffusion_pytorch_model.safetensors is damaged"),
        ("pickled_shard", "which is no safetensors file in that folder"),
        ("pickled_shard_of_variant", "which is no safetensors file in that folder"),
        ("no_shards", "which is no safetensors file in that folder"),
        ("own_pipeline", "its pipeline is code in the folder itself, which is never run"),
        ("own_part", "its unet is code of 'own_unet', which is never run"),
        ("any_module", "its unet is code of 'subprocess', which is never run"),
        ("unknown_class", "NoSuchPipeline"),
        ("no_pictures", "DDIMPipeline"),
        ("path_for_a_name", "names a component '../unet'"),
        ("incomplete", "it lacks the folder vae"),
        ("no_index", "model_index.json can't be read"),
        ("broken_config", "config"),
        ("to_be_fetched", "its tokenizer has no words"),
        ("unet_lacks_weights", "some weights of its unet are missing"),
        ("encoder_lacks_weights", "some weights of its text_encoder are missing"),
    ],
)
async def test_a_folder_that_is_not_safe_or_not_whole_is_refused(loads: Loads, folder: str, reason: str) -> None:
    assert reason in loads.folders[folder]
    assert not loads.folders[folder].startswith("loaded")


@pytest.mark.parametrize("folder", ["variant", "stray_files"])
async def test_other_files_in_a_folder_do_no_harm(loads: Loads, folder: str) -> None:
    assert loads.folders[folder] == "loaded a StableDiffusionPipeline"


async def test_no_network_is_touched(loads: Loads) -> None:
    assert len(loads.folders) > 10
    assert not loads.reached


async def test_the_schema_says_what_the_folder_says(tiny_pipelines: dict[str, Path]) -> None:
    plain, flux = image_facts(tiny_pipelines["stable-diffusion"]), image_facts(tiny_pipelines["flux"])
    assert (plain.default_side, plain.multiple, plain.takes_images) == (128, 8, True)
    assert (flux.default_side, flux.multiple, flux.takes_images) == (1024, 16, True)
    for schema, good, bad in (
        (plain.parameters(), {"width": 72, "height": 2048, "steps": 200, "guidance": 1.5, "count": 4}, {"width": 68}),
        (plain.parameters(), {"size": "640x480", "strength": 0.5, "negative_prompt": "x"}, {"strength": 2}),
        (flux.parameters(), {"seed": 1, "format": "webp"}, {"width": 72}),
        (
            image_parameters(default_side=512, multiple=8, default_steps=4, takes_images=False),
            {"steps": 1},
            {"strength": 0.5},
        ),
    ):
        jsonschema_rs.meta.validate(schema)
        validator = jsonschema_rs.Draft202012Validator(schema)
        assert validator.is_valid(good)
        assert not validator.is_valid(bad)
        assert all({"title", "description", "examples"} <= set(entry) for entry in schema["properties"].values())


@pytest.mark.parametrize(
    ("files", "default_side", "multiple", "default_steps"),
    [
        ({}, 512, 8, 30),
        ({"unet": {"sample_size": 64}, "vae": {"block_out_channels": [1, 2, 3, 4]}}, 512, 8, 30),
        ({"unet": {"sample_size": 128}, "vae": {"block_out_channels": [1, 2, 3, 4]}}, 1024, 8, 30),
        ({"unet": {"sample_size": 64}}, 64, 8, 30),
        ({"transformer": {"guidance_embeds": False}, "vae": {"block_out_channels": [1, 2, 3, 4]}}, 1024, 16, 4),
        ({"transformer": {"sample_size": 32}, "vae": {"encoder_block_out_channels": [1] * 6}}, 1024, 64, 30),
        ({"unet": {"sample_size": 64}, "scheduler": {"_class_name": "LCMScheduler"}}, 64, 8, 4),
        ({"unet": {"sample_size": [96, 64]}, "vae": {"block_out_channels": [1, 2, 3, 4]}}, 768, 8, 30),
        ({"unet": {"sample_size": 10**9}, "vae": {"block_out_channels": "many"}}, 2048, 8, 30),
    ],
)
async def test_facts_are_read_from_small_files(
    tmp_path: Path, files: dict[str, Any], default_side: int, multiple: int, default_steps: int
) -> None:
    (tmp_path / "model_index.json").write_text(
        json.dumps({"_class_name": "FluxPipeline" if default_steps == 4 else "X"})
    )
    for name, content in files.items():
        (tmp_path / name).mkdir()
        path = tmp_path / name / ("scheduler_config.json" if name == "scheduler" else "config.json")
        path.write_text(json.dumps(content))
    facts = image_facts(tmp_path)
    assert (facts.default_side, facts.multiple, facts.default_steps) == (default_side, multiple, default_steps)


async def test_classes_that_do_image_to_image_are_those_of_diffusers(loads: Loads) -> None:
    assert loads.image_to_image >= IMAGE_TO_IMAGE
