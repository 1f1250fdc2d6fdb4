"""Model files are found where they lie, when they appear, change and go."""

from __future__ import annotations

import asyncio
import os
import pickle
import shutil
from pathlib import Path

import pytest

from pluggably.errors import ValidationFailed
from pluggably.features.models.schemas import ModelChange, ModelCreate
from pluggably.kit.database import Database
from tests.factories.models import (
    STRING,
    U32,
    House,
    gguf_bytes,
    started,
    text_fields,
    write_gguf,
    write_projector,
)
from tests.factories.pipeline_folders import safetensors_bytes


@pytest.mark.req("SYS-REQ-018", "TEST-SYS-010")
async def test_the_starter_model_is_listed_with_size_quantisation_path_and_status(
    house: House, starter_model: Path
) -> None:
    (house.folder / starter_model.name).symlink_to(starter_model)
    entry = (await house.scan())["SmolLM2-135M-Instruct.Q4_1"]
    assert entry.size_bytes == 98_362_432
    assert entry.version == "Q4_1"
    assert entry.local_path == str(house.folder / starter_model.name)
    assert (entry.status, entry.status_reason, entry.origin, entry.provider) == (
        "available",
        None,
        "discovered",
        "local",
    )
    assert entry.capabilities["max_context_tokens"] == 4096  # of its 8192 one request may use as many by default
    assert entry.runtime["parameter_count"] == 134_515_008
    assert entry.licence == "apache-2.0"
    assert "temperature" in entry.parameters["properties"]


@pytest.mark.req("SYS-REQ-018", "TEST-SYS-010")
async def test_a_file_that_appears_is_listed_and_one_that_goes_is_not(house: House) -> None:
    assert await house.scan() == {}
    path = write_gguf(house.folder / "deep" / "er" / "one.gguf")
    assert list(await house.scan()) == ["one"]
    path.unlink()
    assert await house.scan() == {}


@pytest.mark.req("SYS-REQ-018")
async def test_the_first_scan_is_over_when_the_start_is_and_later_ones_follow(house: House) -> None:
    write_gguf(house.folder / "early.gguf")
    await house.discovery.start()
    try:
        assert house.discovery.scanned
        assert house.catalogue.get("early")
        write_gguf(house.folder / "late.gguf")
        async with asyncio.timeout(10):
            while house.catalogue.get("late") is None:
                await asyncio.sleep(0.05)
    finally:
        await house.discovery.stop()


@pytest.mark.req("SYS-REQ-018")
async def test_damaged_files_are_listed_as_failed_and_break_nothing(house: House) -> None:
    (house.folder / "text.gguf").write_bytes(b"hello")
    (house.folder / "empty.gguf").touch()
    (house.folder / "cut-Q4_K_M.gguf").write_bytes(gguf_bytes()[:-10])
    write_gguf(house.folder / "vocabulary.gguf", tensors=())
    write_gguf(house.folder / "lora.gguf", text_fields(general__type=(STRING, "adapter")))
    write_gguf(house.folder / "good.gguf")
    entries = await house.scan()
    assert {name: entry.status for name, entry in entries.items()} == {
        "text": "failed",
        "empty": "failed",
        "cut-Q4_K_M": "failed",
        "vocabulary": "failed",
        "lora": "failed",
        "good": "available",
    }
    assert "is neither GGUF nor safetensors" in str(entries["text"].status_reason)
    assert (entries["empty"].size_bytes, entries["empty"].status_reason) == (0, "The file is empty.")
    assert "cut off" in str(entries["cut-Q4_K_M"].status_reason)
    assert entries["cut-Q4_K_M"].version == "Q4_K_M"
    assert entries["vocabulary"].status_reason == "The file holds no weights."
    assert "adapter" in str(entries["lora"].status_reason)
    assert not any(str(house.folder) in str(entry.status_reason) for entry in entries.values())


async def test_a_pickle_under_another_name_is_refused_with_the_reason(house: House) -> None:
    (house.folder / "renamed.gguf").write_bytes(pickle.dumps({"weights": [1.0]}))
    (house.folder / "weights.bin").write_bytes(pickle.dumps({"weights": [1.0]}))
    (house.folder / "lone.gguf").write_bytes(safetensors_bytes())
    entries = await house.scan()
    reason = "is a pickle, which can run code when it is loaded: get the GGUF or safetensors version of this model."
    assert entries["renamed"].status == "failed"
    assert entries["renamed"].status_reason == f"The file {reason}"
    assert "a diffusers pipeline has to be around it" in str(entries["lone"].status_reason)
    with pytest.raises(ValidationFailed, match=reason):
        await house.registry.register(ModelCreate(local_path="weights.bin"))


async def test_a_file_that_is_still_growing_becomes_available_when_it_is_whole(house: House) -> None:
    content = gguf_bytes()
    path = house.folder / "growing.gguf"
    for share, status in ((10, "failed"), (len(content) // 2, "failed"), (len(content), "available")):
        path.write_bytes(content[:share])
        assert (await house.scan())["growing"].status == status


async def test_an_unchanged_file_is_not_read_again_even_after_a_restart(database: Database, folder: Path) -> None:
    path = write_gguf(folder / "m.gguf")
    times = os.stat(path)
    await (await started(database, folder)).scan()
    path.write_bytes(bytes(times.st_size))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    restarted = await started(database, folder)
    assert (await restarted.scan())["m"].status == "available"
    os.utime(path)
    assert (await restarted.scan())["m"].status == "failed"


async def test_what_is_no_model_file_is_passed_over(house: House, tmp_path: Path) -> None:
    write_gguf(house.folder / ".hidden.gguf")
    write_gguf(house.folder / ".cache" / "m.gguf")
    write_gguf(house.folder / "m.gguf.part")
    write_gguf(house.folder / "control\ncharacter.gguf")
    (house.folder / "folder.gguf").mkdir()
    (house.folder / "dangling.gguf").symlink_to(tmp_path / "nothing")
    os.mkfifo(house.folder / "pipe.gguf")
    (house.folder / os.fsdecode(b"not-utf8-\xff.gguf")).write_bytes(gguf_bytes())
    assert await house.scan() == {}


async def test_links_in_a_circle_and_links_to_one_file_are_followed_once(house: House) -> None:
    path = write_gguf(house.folder / "a" / "m.gguf")
    (house.folder / "a" / "back").symlink_to(house.folder)
    (house.folder / "a" / "self").symlink_to("self")
    (house.folder / "b.gguf").symlink_to(path)
    os.link(path, house.folder / "c.gguf")
    assert len(await house.scan()) == 1


async def test_names_are_kept_apart_and_stay_while_their_file_stays(database: Database, folder: Path) -> None:
    house = await started(database, folder)
    first = write_gguf(folder / "a" / "m.gguf")
    write_gguf(folder / "b" / "m.gguf")
    assert sorted(await house.scan()) == ["b/m", "m"]
    assert {entry.name for entry in house.catalogue.entries()} == {"m"}
    first.unlink()
    assert list(await (await started(database, folder)).scan()) == ["b/m"]


async def test_no_file_takes_an_id_that_a_path_of_the_api_needs(house: House) -> None:
    for name in ("loaded", "search", "download", "auto"):
        write_gguf(house.folder / f"{name}.gguf")
    write_gguf(house.folder / "x" / "m.gguf")
    write_gguf(house.folder / "y" / "m.gguf")
    write_gguf(house.folder / "status.gguf")
    write_gguf(house.folder / "z" / "status.gguf")
    write_gguf(house.folder / f"{'long' * 60}.gguf")
    write_gguf(house.folder / ("d" * 100) / f"{'long' * 60}.gguf")
    entries = await house.scan()
    assert len(entries) == 10
    assert not {"loaded", "search", "download", "auto", "z/status"} & set(entries)
    assert {"m", "y/m", "status"} <= set(entries)
    assert all(len(model_id) <= 255 for model_id in entries)


async def test_a_split_model_is_one_model_and_a_missing_part_is_named(house: House) -> None:
    fields = text_fields(split__count=(U32, 2))
    first = write_gguf(house.folder / "big-Q8_0-00001-of-00002.gguf", fields)
    entry = (await house.scan())["big-Q8_0"]
    assert (entry.status, entry.status_reason) == (
        "failed",
        "The file is not complete: part 2 of 2 is missing.",
    )
    second = write_gguf(house.folder / "big-Q8_0-00002-of-00002.gguf", fields)
    (entry,) = (await house.scan()).values()
    assert entry.status == "available"
    assert entry.local_path == str(first)
    assert entry.size_bytes == first.stat().st_size + second.stat().st_size
    assert entry.runtime["parameter_count"] == 192
    second.write_bytes(second.read_bytes()[:-1])
    assert "cut off" in str((await house.scan())["big-Q8_0"].status_reason)


async def test_a_projector_gives_the_model_beside_it_eyes(house: House) -> None:
    write_gguf(house.folder / "seer" / "seer-Q4_0.gguf")
    write_gguf(house.folder / "blind" / "blind-Q4_0.gguf")
    assert not (await house.scan())["seer-Q4_0"].takes_images
    projector = write_projector(house.folder / "seer" / "mmproj-model-f16.gguf")
    entries = await house.scan()
    assert sorted(entries) == ["blind-Q4_0", "seer-Q4_0"]
    assert entries["seer-Q4_0"].capabilities["input_modalities"] == ["text", "image"]
    assert entries["seer-Q4_0"].runtime["projector"] == str(projector)
    assert not entries["blind-Q4_0"].takes_images
    projector.unlink()
    assert not (await house.scan())["seer-Q4_0"].takes_images


async def test_a_projector_of_sound_alone_gives_no_eyes_and_is_no_model(house: House) -> None:
    write_gguf(house.folder / "hearer-Q4_0.gguf")
    write_projector(house.folder / "mmproj-hearer-f16.gguf", reads_images=False)
    entries = await house.scan()
    assert sorted(entries) == ["hearer-Q4_0"]
    assert entries["hearer-Q4_0"].runtime["projector"] is None
    assert not entries["hearer-Q4_0"].takes_images


async def test_among_several_models_a_projector_belongs_to_the_one_it_is_named_after(house: House) -> None:
    write_gguf(house.folder / "gemma-3-4b-it-Q4_K_M.gguf")
    write_gguf(house.folder / "gemma-3-4b-it-Q8_0.gguf")
    write_gguf(house.folder / "other.gguf")
    write_projector(house.folder / "mmproj-gemma-3-4b-it-f16.gguf")
    entries = await house.scan()
    assert {name for name, entry in entries.items() if entry.takes_images} == {
        "gemma-3-4b-it-Q4_K_M",
        "gemma-3-4b-it-Q8_0",
    }


async def test_models_of_embeddings_answer_no_chat(house: House) -> None:
    write_gguf(house.folder / "minilm.gguf", text_fields("bert"))
    entry = (await house.scan())["minilm"]
    assert entry.status == "available"
    assert entry.runtime["kind"] == "embedding"
    assert entry.capabilities["output_formats"] == ["embedding"]
    assert entry.capabilities["embeddings"] is True
    assert entry.parameters["properties"] == {}


@pytest.mark.req("SYS-REQ-018")
async def test_an_explicit_entry_is_not_overwritten_by_a_file_of_its_name(house: House) -> None:
    await house.registry.register(ModelCreate(id="acme:m", description="mine", name="m"))
    await house.registry.register(ModelCreate(id="m", provider="acme", description="mine too"))
    write_gguf(house.folder / "m.gguf")
    entries = await house.scan()
    assert entries["acme:m"].description == "mine"
    assert entries["m"].description == "mine too"
    (discovered,) = [entry for entry in entries.values() if entry.origin == "discovered"]
    assert discovered.id.startswith("m-")
    assert discovered.local_path == str(house.folder / "m.gguf")


@pytest.mark.req("SYS-REQ-018")
async def test_what_somebody_wrote_stays_when_the_file_changes_goes_and_comes_back(house: House) -> None:
    path = write_gguf(house.folder / "m.gguf")
    await house.scan()
    await house.registry.change("m", ModelChange(description="mine", name="My model"))
    path.write_bytes(gguf_bytes(text_fields(general__name=(STRING, "another name"))))
    entry = (await house.scan())["m"]
    assert (entry.description, entry.name, entry.status) == ("mine", "My model", "available")
    assert entry.size_bytes == path.stat().st_size
    path.unlink()
    entry = (await house.scan())["m"]
    assert (entry.status, entry.status_reason, entry.description) == ("failed", "Its file is gone.", "mine")
    assert (await house.scan())["m"] == entry
    write_gguf(path)
    entry = (await house.scan())["m"]
    assert (entry.status, entry.status_reason, entry.description) == ("available", None, "mine")


async def test_a_disabled_model_stays_disabled_whatever_its_file_does(house: House) -> None:
    path = write_gguf(house.folder / "m.gguf")
    await house.scan()
    await house.registry.change("m", ModelChange(status="disabled"))
    path.write_bytes(b"damaged")
    assert (await house.scan())["m"].status == "disabled"
    assert (await house.registry.change("m", ModelChange(status="available"))).status == "available"
    assert (await house.scan())["m"].status == "failed"


async def test_a_folder_that_can_not_be_read_takes_no_entries_away(house: House) -> None:
    write_gguf(house.folder / "m.gguf")
    await house.scan()
    kept = house.folder.rename(house.folder.with_name("kept"))
    house.folder.symlink_to(house.folder)
    assert list(await house.scan()) == ["m"]
    house.folder.unlink()
    shutil.move(kept, house.folder)
    assert (await house.scan())["m"].status == "available"
