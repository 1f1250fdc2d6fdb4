"""Folders with diffusers pipelines: found like model files, read with care, refused where they could run code."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluggably.contract.modality import Modality
from pluggably.errors import Conflict, ModelUnavailable, ValidationFailed
from pluggably.features.models.discovery import Headers, describe, look, look_at
from pluggably.features.models.engines import Engine
from pluggably.features.models.pipeline_families import FAMILIES
from pluggably.features.models.pipelines import INDEX, MAX_JSON_BYTES, read_pipeline
from pluggably.features.models.schemas import ModelChange, ModelCreate
from pluggably.kit.database import Database
from pluggably.routing.selection import refuse_unavailable
from pluggably.runtimes._diffusion_parameters import IMAGE_TO_IMAGE
from tests.factories.models import House, started, write_gguf
from tests.factories.pipeline_folders import SHAP_E, STABLE_DIFFUSION, write_pipeline

THERE = {"diffusion": Engine(("json",), "image"), "mesh": Engine(("json",), "mesh")}
"""Engines whose modules every Python has."""
AWAY = {"diffusion": Engine(("json", "a_module_that_nobody_has"), "image")}


@pytest.fixture
async def house(database: Database, folder: Path) -> House:
    """A registry with an empty table and an empty folder, in front of engines that are installed."""
    return await started(database, folder, engines=THERE)


def test_the_families_are_classes_of_diffusers() -> None:
    package = find_spec("diffusers")
    assert package is not None
    assert package.origin is not None
    names = Path(package.origin).read_text()
    assert [name for name in FAMILIES if f'"{name}"' not in names] == []
    assert set(FAMILIES) >= IMAGE_TO_IMAGE


@pytest.mark.req("SYS-REQ-018", "SYS-REQ-003")
async def test_a_pipeline_is_listed_as_a_model_with_what_its_files_say(
    house: House, tiny_pipelines: Mapping[str, Path]
) -> None:
    shutil.copytree(tiny_pipelines["stable-diffusion"], house.folder / "tiny-sd")
    (entry,) = (await house.scan()).values()
    assert (entry.id, entry.status, entry.status_reason) == ("tiny-sd", "available", None)
    assert (entry.modality, entry.version) == (Modality.IMAGE, "fp32")
    weights = list((house.folder / "tiny-sd").rglob("*.safetensors"))
    assert len(weights) == 3
    in_files = sum(path.stat().st_size for path in weights)
    assert entry.size_bytes is not None
    assert in_files - 200_000 < entry.size_bytes < in_files
    assert entry.runtime["parameter_count"] * 4 <= entry.size_bytes + 8 * 77
    assert (entry.runtime["engine"], entry.runtime["pipeline"]) == ("diffusion", "StableDiffusionPipeline")
    assert entry.capabilities["input_modalities"] == ["text", "image"]
    assert entry.capabilities["output_formats"] == ["png", "jpeg", "webp"]
    assert entry.capabilities["hardware_requirements"] == {"memory_bytes": entry.size_bytes, "gpu_required": False}
    assert entry.parameters["properties"]["width"]["default"] == 128  # 16 latent pixels, each 8 of the picture
    assert "strength" in entry.parameters["properties"]
    assert entry.description is not None
    assert "Stable Diffusion: " in entry.description
    assert "128x128" in entry.description
    jsonschema_rs.Draft202012Validator(entry.parameters)


async def test_a_pipeline_with_a_transformer_is_listed_too(house: House, tiny_pipelines: Mapping[str, Path]) -> None:
    (house.folder / "tiny-flux").symlink_to(tiny_pipelines["flux"])
    (entry,) = (await house.scan()).values()
    assert (entry.id, entry.status, entry.runtime["pipeline"]) == ("tiny-flux", "available", "FluxPipeline")
    assert entry.local_path == os.path.realpath(tiny_pipelines["flux"])


async def test_a_pipeline_of_meshes_is_listed_as_3d(house: House) -> None:
    write_pipeline(house.folder / "words", SHAP_E)
    write_pipeline(house.folder / "pictures", SHAP_E, _class_name="ShapEImg2ImgPipeline")
    entries = await house.scan()
    assert {name: entry.modality for name, entry in entries.items()} == dict.fromkeys(("words", "pictures"), "3d")
    assert entries["words"].capabilities["input_modalities"] == ["text"]
    assert entries["pictures"].capabilities["input_modalities"] == ["image"]
    assert entries["words"].capabilities["output_formats"] == ["glb", "obj", "stl", "ply"]
    assert entries["words"].runtime["engine"] == "mesh"
    assert "resolution" in entries["words"].parameters["properties"]


async def test_what_lies_in_a_pipeline_is_no_model_of_its_own(house: House) -> None:
    pipeline = write_pipeline(house.folder / "outer")
    write_gguf(pipeline / "unet" / "inner.gguf")
    write_gguf(pipeline / "beside.gguf")
    write_pipeline(pipeline / "nested")
    write_gguf(house.folder / "own.gguf")
    assert sorted(await house.scan()) == ["outer", "own"]


async def test_the_model_folder_itself_may_be_a_pipeline(database: Database, tmp_path: Path) -> None:
    house = await started(database, write_pipeline(tmp_path / "sd"), engines=THERE)
    assert list(await house.scan()) == ["sd"]


async def test_a_snapshot_in_the_hubs_cache_is_named_as_on_the_hub(house: House) -> None:
    repository = house.folder / "models--acme--tiny-sd"
    new, old = (repository / "snapshots" / (letter * 40) for letter in "ba")
    blobs = repository / "blobs"
    blobs.mkdir(parents=True)
    for snapshot in (new, old):
        write_pipeline(snapshot)
        for number, path in enumerate(sorted(snapshot.rglob("*.safetensors"))):
            blob = blobs / f"{snapshot.name[0]}{number}"
            path.rename(blob)
            path.symlink_to(os.path.relpath(blob, path.parent))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("b" * 40)
    write_pipeline(house.folder / "models--solo" / "snapshots" / ("c" * 40))
    write_pipeline(house.folder / "models--acme--status" / "snapshots" / ("d" * 40))
    entries = await house.scan()
    assert sorted(entries) == [
        "acme/tiny-sd",
        "acme/tiny-sd@aaaaaaaa",
        f"models--acme--status/snapshots/{'d' * 40}",  # an id that ends in /status could not be asked for
        "solo",
    ]
    assert entries["acme/tiny-sd"].local_path == str(new)
    assert {entry.status for entry in entries.values()} == {"available"}


async def test_a_change_of_any_file_is_seen_and_nothing_else_is_read_again(database: Database, folder: Path) -> None:
    house = await started(database, folder, engines=THERE)
    pipeline = write_pipeline(folder / "sd", without=("vae",))
    entry = (await house.scan())["sd"]
    assert (entry.status, entry.status_reason) == ("failed", "The weights of vae are missing.")
    write_pipeline(pipeline)
    assert (await house.scan())["sd"].status == "available"
    weights = pipeline / "vae" / "diffusion_pytorch_model.safetensors"
    times, content = weights.stat(), weights.read_bytes()
    weights.write_bytes(bytes(len(content)))
    os.utime(weights, ns=(times.st_atime_ns, times.st_mtime_ns))
    house = await started(database, folder, engines=THERE)
    assert (await house.scan())["sd"].status == "available"
    os.utime(weights)
    assert "no safetensors file" in str((await house.scan())["sd"].status_reason)
    shutil.rmtree(pipeline)
    assert await house.scan() == {}


@pytest.mark.parametrize(("kind", "precision"), [("F32", "fp32"), ("F16", "fp16"), ("BF16", "bf16")])
def test_the_version_is_the_precision_of_the_weights(tmp_path: Path, kind: str, precision: str) -> None:
    found = read_pipeline(write_pipeline(tmp_path / "sd", kind=kind))
    assert (found.precision, found.parameter_count, found.problem) == (precision, 96, None)


def test_of_several_sets_of_weights_the_plain_one_counts(tmp_path: Path) -> None:
    folder = write_pipeline(tmp_path / "sd")
    write_pipeline(folder, weights="{stem}.fp16.safetensors", kind="F16")
    found = read_pipeline(folder)
    assert (found.variant, found.precision, found.size_bytes) == (None, "fp32", 96 * 4)


def test_a_variant_is_taken_where_nothing_else_is_there(tmp_path: Path) -> None:
    folder = write_pipeline(tmp_path / "sd", weights="{stem}.fp16.safetensors", kind="F16")
    found = read_pipeline(folder)
    assert (found.variant, found.precision, found.size_bytes, found.problem) == ("fp16", "fp16", 96 * 2, None)
    (folder / "vae" / "diffusion_pytorch_model.fp16.safetensors").rename(folder / "vae" / "model.ema.safetensors")
    assert "different variants" in str(read_pipeline(folder).problem)


@pytest.mark.parametrize("name", ["{stem}-{part}.safetensors", "{stem}.fp16-{part}.safetensors"])
def test_parts_count_together_and_a_missing_one_is_named(tmp_path: Path, name: str) -> None:
    folder = write_pipeline(tmp_path / "sd", weights=name.format(stem="{stem}", part="00001-of-00002"))
    assert read_pipeline(folder).problem == "The weights of text_encoder are not complete: part 2 of 2 is missing."
    write_pipeline(folder, weights=name.format(stem="{stem}", part="00002-of-00002"))
    found = read_pipeline(folder)
    assert (found.problem, found.parameter_count) == (None, 2 * 96)


async def test_what_somebody_else_keeps_in_a_pipeline_is_not_deleted(house: House) -> None:
    pipeline = write_pipeline(house.folder / "sd")
    own = (pipeline / "my" / "own" / "deep" / "notes.txt", pipeline / ".hidden")
    own[0].parent.mkdir(parents=True)
    for path in own:
        path.touch()
    await house.scan()
    await house.registry.remove("sd", files=True)
    assert sorted(path for path in pipeline.rglob("*") if path.is_file()) == sorted(own)
    much = write_pipeline(house.folder / "much")
    for number in range(2001):
        (much / f"{number}.txt").touch()
    await house.scan()
    with pytest.raises(Conflict, match="more than 2000 files"):
        await house.registry.remove("much", files=True)
    assert len(list(much.iterdir())) > 2001


async def test_the_blobs_of_a_removed_snapshot_are_deleted_too(house: House) -> None:
    snapshot = write_pipeline(house.folder / "models--acme--sd" / "snapshots" / ("a" * 40))
    weights = snapshot / "unet" / "diffusion_pytorch_model.safetensors"
    blob = snapshot.parent.parent / "blobs" / "1"
    blob.parent.mkdir()
    weights.rename(blob)
    weights.symlink_to(blob)
    await house.scan()
    await house.registry.remove("acme/sd", files=True)
    assert not blob.exists()
    assert not snapshot.exists()


async def test_a_model_folder_that_is_a_pipeline_is_emptied_and_stays(database: Database, tmp_path: Path) -> None:
    house = await started(database, write_pipeline(tmp_path / "sd"), engines=THERE)
    await house.scan()
    await house.registry.remove("sd", files=True)
    assert house.folder.is_dir()
    assert await house.scan() == {}


@pytest.mark.req("SYS-REQ-003")
@pytest.mark.parametrize("ending", [".bin", ".ckpt", ".pt"])
async def test_pickled_weights_are_refused_with_what_to_do(house: House, ending: str) -> None:
    folder = write_pipeline(house.folder / "sd", without=("unet",))
    (folder / "unet").mkdir()
    (folder / "unet" / f"diffusion_pytorch_model{ending}").write_bytes(b"\x80\x04.")
    entry = (await house.scan())["sd"]
    assert entry.status == "failed"
    assert entry.status_reason == (
        f"The weights of unet are pickles ({ending}), which can run code when they are loaded: "
        "get the safetensors version of this model."
    )
    with pytest.raises(ModelUnavailable, match="safetensors version"):
        refuse_unavailable(entry)


def test_pickles_beside_safe_weights_do_no_harm(tmp_path: Path) -> None:
    folder = write_pipeline(tmp_path / "sd")
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x04.")
    assert read_pipeline(folder).problem is None


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        ({"unet": ["my_pipeline", "MyUNet"]}, "code of its own (my_pipeline)"),
        ({"unet": ["os", "system"]}, "code of its own (os)"),
        ({"_class_name": ["my_pipeline", "MyPipeline"]}, "code of its own"),
        ({"_class_name": "StableDiffusionControlNetPipeline"}, "no runtime here for pipelines of the class"),
        ({"_class_name": "My Pipeline"}, "names no pipeline"),
        ({"_class_name": None}, "names no pipeline"),
        ({"unet": ["diffusers", None]}, "is damaged"),
        ({"unet": ["diffusers"]}, "is damaged"),
        ({"unet": ["diffusers", "UNet", "x"]}, "is damaged"),
        ({"unet": [["diffusers"], {}]}, "is damaged"),
        ({"../../etc": ["diffusers", "UNet2DConditionModel"]}, "is damaged"),
        ({f"part{number}": ["diffusers", "DDIMScheduler"] for number in range(100)}, "is damaged"),
        ({"unet": 7, "vae": {}, "text_encoder": "x"}, "holds no weights"),
    ],
)
async def test_what_can_not_be_used_is_listed_as_failed_with_the_reason(
    house: House, index: dict[str, object], reason: str
) -> None:
    write_pipeline(house.folder / "sd")
    (house.folder / "sd" / INDEX).write_text(json.dumps({**STABLE_DIFFUSION, **index}))
    entry = (await house.scan())["sd"]
    assert entry.status == "failed"
    assert reason in str(entry.status_reason)
    assert str(house.folder) not in str(entry.status_reason)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff" * 20, b"[" * 200_000, b'{"a":' * 30_000, b" " * (MAX_JSON_BYTES + 1)]
)
def test_an_index_that_is_none_is_a_reason_and_no_error(tmp_path: Path, content: bytes) -> None:
    folder = write_pipeline(tmp_path / "sd")
    (folder / INDEX).write_bytes(content)
    assert INDEX in str(read_pipeline(folder).problem)


def test_fifos_in_a_pipeline_block_nothing(tmp_path: Path) -> None:
    folder = write_pipeline(tmp_path / "sd")
    for path in ("unet/config.json", "vae/config.json", "unet/diffusion_pytorch_model.safetensors", INDEX):
        (folder / path).unlink()
        os.mkfifo(folder / path)
        (file,), _ = look([tmp_path])
        assert describe(file, Headers()).size_bytes >= 0
    assert "regular file" in str(read_pipeline(folder).problem)


JSONS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
INDICES = st.dictionaries(st.sampled_from(sorted(STABLE_DIFFUSION)), JSONS, max_size=3)
CONFIGS = st.dictionaries(
    st.sampled_from(["sample_size", "block_out_channels", "encoder_block_out_channels", "timestep_spacing"]),
    JSONS | st.lists(st.integers(), max_size=9) | st.integers(),
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pipeline(tmp_path_factory.mktemp("fuzz") / "sd")


@settings(max_examples=150, deadline=2000)
@given(index=INDICES, unet=CONFIGS, vae=CONFIGS, scheduler=CONFIGS)
def test_no_json_raises_or_makes_a_schema_that_is_none(
    scratch: Path, index: dict[str, object], unet: object, vae: object, scheduler: object
) -> None:
    (scratch / INDEX).write_text(json.dumps({**STABLE_DIFFUSION, **index}))
    for name, config in (("unet/config", unet), ("vae/config", vae), ("scheduler/scheduler_config", scheduler)):
        (scratch / f"{name}.json").write_text(json.dumps(config))
    file = look_at(scratch, [scratch.parent], Headers())
    assert file is not None
    facts = describe(file, Headers())
    if facts.parameters is not None:
        schema = jsonschema_rs.Draft202012Validator(facts.parameters)
        side = facts.parameters["properties"]["width"]["default"]
        assert schema.is_valid({"width": side, "height": side})
    json.dumps(facts.runtime, allow_nan=False)


async def test_without_its_engine_a_pipeline_is_disabled_and_says_what_to_install(
    database: Database, folder: Path
) -> None:
    write_pipeline(folder / "sd")
    house = await started(database, folder, engines=AWAY)
    entry = (await house.scan())["sd"]
    assert entry.status == "disabled"
    assert "a_module_that_nobody_has is missing" in str(entry.status_reason)
    with pytest.raises(ModelUnavailable, match=r"pip install 'pluggably\[image\]'"):
        refuse_unavailable(entry)
    again = await house.registry.change("sd", ModelChange(status="available", description="mine"))
    assert again.status == "disabled"
    restarted = await started(database, folder, engines=THERE)
    (entry,) = restarted.catalogue.entries()
    assert (entry.status, entry.status_reason, entry.description) == ("available", None, "mine")


async def test_a_pipeline_is_registered_by_its_folder(house: House) -> None:
    write_pipeline(house.folder / "deep" / "sd")
    entry = await house.registry.register(ModelCreate(local_path="deep/sd", id="painter"))
    assert (entry.id, entry.modality, entry.origin) == ("painter", Modality.IMAGE, "explicit")
    assert "steps" in entry.parameters["properties"]
    assert list(await house.scan()) == ["painter"]
    with pytest.raises(ValidationFailed):
        await house.registry.register(ModelCreate(local_path="deep"))


async def test_removing_a_pipeline_with_its_files_leaves_nothing_of_it(house: House) -> None:
    pipeline = write_pipeline(house.folder / "deep" / "sd")
    (pipeline / ".cache" / "tool").mkdir(parents=True)
    (pipeline / ".cache" / "tool" / "lock").touch()
    (pipeline / "empty" / "deeper").mkdir(parents=True)
    keep = write_gguf(house.folder / "deep" / "keep.gguf")
    await house.scan()
    await house.registry.remove("sd", files=True)
    assert not pipeline.exists()
    assert keep.exists()
    assert list(await house.scan()) == ["keep"]


async def test_the_files_of_a_pipeline_outside_the_model_folders_are_never_deleted(
    house: House, tmp_path: Path
) -> None:
    outside = write_pipeline(tmp_path / "elsewhere" / "sd")
    (house.folder / "sd").symlink_to(outside)
    assert list(await house.scan()) == ["sd"]
    with pytest.raises(Conflict, match="outside the model folders"):
        await house.registry.remove("sd", files=True)
    assert (outside / INDEX).exists()
    inside = write_pipeline(house.folder / "half")
    weights = inside / "unet" / "diffusion_pytorch_model.safetensors"
    weights.unlink()
    weights.symlink_to(outside / "unet" / weights.name)
    await house.scan()
    with pytest.raises(Conflict, match="outside the model folders"):
        await house.registry.remove("half", files=True)
    assert (inside / INDEX).exists()


def test_a_pipeline_of_thousands_of_files_is_refused(tmp_path: Path) -> None:
    folder = write_pipeline(tmp_path / "sd")
    (folder / "images").mkdir()
    for number in range(2001):
        (folder / "images" / f"{number}.txt").touch()
    (file,), _ = look([tmp_path])
    assert describe(file, Headers()).problem == "The folder holds more than 2000 files."


def test_links_in_a_circle_within_a_pipeline_are_survived(tmp_path: Path) -> None:
    folder = write_pipeline(tmp_path / "sd")
    (folder / "unet" / "back").symlink_to(folder)
    (folder / "self").symlink_to("self")
    (file,), _ = look([tmp_path])
    assert describe(file, Headers()).problem is None
