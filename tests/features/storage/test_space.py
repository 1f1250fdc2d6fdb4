"""Room for downloads: promised before a byte comes, made by models that nobody needs, never by others."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from pluggably.errors import InsufficientStorage
from pluggably.features.models.schemas import ModelChange
from pluggably.kit.database import Database
from tests.factories.models import started
from tests.factories.storage import Store, store_in


@pytest.mark.req("SYS-REQ-012", "SYS-NFR-007", "TEST-UNIT-004")
async def test_a_download_that_does_not_fit_is_refused_with_what_could_go(store: Store) -> None:
    old, new = await store.put("old", "new")
    space = store.space(old + new + 100, evict=False)
    assert await space.free_bytes() == 100
    await space.admit(100, "fits")
    space.release("fits")
    with pytest.raises(InsufficientStorage) as error:
        await space.admit(old, "does not")
    assert error.value.envelope(None)["error"]["code"] == "insufficient_storage"
    details = error.value.details
    assert details is not None
    assert (details["needed_bytes"], details["free_bytes"], details["missing_bytes"]) == (old, 100, old - 100)
    assert (details["limit_bytes"], details["used_bytes"]) == (old + new + 100, old + new)
    assert [(model["id"], model["size_bytes"]) for model in details["evictable"]] == [("old", old), ("new", new)]
    assert details["evictable"][0]["last_used_at"] < details["evictable"][1]["last_used_at"]
    assert "storage.evict" in error.value.message
    assert await store.statuses() == {"old": "available", "new": "available"}
    assert space.promised_bytes == 0


@pytest.mark.req("SYS-REQ-012", "TEST-UNIT-004", "TEST-INT-002")
async def test_where_it_is_allowed_what_was_unused_for_longest_makes_room(store: Store) -> None:
    oldest, older, newest = await store.put("z-oldest", "a-older", "newest")
    space = store.space(oldest + older + newest)
    await space.admit(oldest + 1, "download")
    assert await store.statuses() == {"z-oldest": "evicted", "a-older": "evicted", "newest": "available"}
    assert [path.name for path in store.folder.iterdir()] == ["newest.gguf"]
    assert await space.free_bytes() == older - 1
    assert "pull it again" in str(store.entry("a-older").status_reason)


async def test_nothing_goes_where_all_that_may_go_is_not_enough(store: Store) -> None:
    first, second = await store.put("first", "second")
    space = store.space(first + second)
    with pytest.raises(InsufficientStorage, match="Even all idle models together") as error:
        await space.admit(first + second + 1, "download")
    assert error.value.details is not None
    assert error.value.details["evictable_bytes"] == first + second
    assert await store.statuses() == {"first": "available", "second": "available"}


@pytest.mark.req("SYS-REQ-012")
async def test_pinned_models_defaults_and_those_that_a_download_brings_stay(store: Store) -> None:
    sizes = await store.put("pinned", "default", "wanted", "free")
    await store.house.registry.change("pinned", ModelChange(pinned=True))
    await store.house.registry.make_default("default")
    space = store.space(sum(sizes))
    with pytest.raises(InsufficientStorage) as error:
        await space.admit(sizes[0] * 2, "download", sparing=["wanted"])
    assert error.value.details is not None
    assert [model["id"] for model in error.value.details["evictable"]] == ["free"]
    await space.admit(sizes[0], "download", sparing=["wanted"])
    assert [name for name, status in (await store.statuses()).items() if status == "evicted"] == ["free"]


@pytest.mark.req("SYS-REQ-012")
async def test_what_the_configuration_pins_or_makes_a_default_stays(database: Database, folder: Path) -> None:
    chosen = {"runtime": {"pinned": ["kept"]}, "default_models": {"text": "favourite"}}
    async with store_in(database, folder, **chosen) as store:
        sizes = await store.put("kept", "favourite")
        assert await store.evictor.candidates() == []
        with pytest.raises(InsufficientStorage, match="Nothing can go"):
            await store.space(sum(sizes)).admit(1, "download")


@pytest.mark.req("SYS-REQ-012")
async def test_a_model_in_memory_stays_and_may_go_once_it_is_unloaded(store: Store, starter_model: Path) -> None:
    shutil.copy(starter_model, store.folder / "resident.gguf")
    await store.house.scan()
    entry = store.entry("resident")
    size = starter_model.stat().st_size
    space = store.space(size)
    loading = asyncio.create_task(store.residency.load(entry, wait=True))
    await asyncio.sleep(0)
    assert await store.evictor.candidates() == []
    await loading
    with pytest.raises(InsufficientStorage):
        await space.admit(1, "download")
    assert (await store.statuses())["resident"] == "available"
    await store.residency.unload(entry, force=False)
    await space.admit(1, "download")
    assert (await store.statuses())["resident"] == "evicted"


async def test_a_model_that_somebody_begins_to_use_is_not_deleted_after_all(store: Store) -> None:
    await store.put("m")
    (model,) = await store.evictor.candidates()
    await store.house.registry.change("m", ModelChange(pinned=True))
    assert not await store.evictor.evict(model, "test", "why")
    assert await store.statuses() == {"m": "available"}
    assert (store.folder / "m.gguf").exists()


@pytest.mark.req("SYS-REQ-012")
async def test_of_two_downloads_at_once_that_fit_one_at_a_time_one_is_refused(store: Store) -> None:
    space = store.space(1000)
    answers = await asyncio.gather(
        *(space.admit(600, f"download {number}") for number in range(5)), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["InsufficientStorage"] * 4 + ["NoneType"]
    assert (await space.free_bytes(), space.promised_bytes) == (400, 600)


async def test_what_is_written_counts_once(store: Store) -> None:
    space = store.space(1000)
    await space.admit(600, "download")
    (store.folder / "m.gguf.part").write_bytes(bytes(250))
    assert await space.free_bytes() == 150
    space.written("download", 250)
    assert (await space.free_bytes(), space.promised_bytes) == (400, 350)
    await space.admit(350, "download")  # it goes on after an interruption
    assert await space.free_bytes() == 400
    space.release("download")
    space.release("download")
    space.written("download", 300)
    assert (await space.free_bytes(), space.promised_bytes) == (750, 0)


@pytest.mark.req("SYS-NFR-007")
async def test_a_download_of_unknown_size_ends_where_the_room_does(store: Store) -> None:
    space = store.space(1000)
    await space.admit(300, "known")
    await space.admit(0, "unknown")
    space.written("unknown", 700)
    with pytest.raises(InsufficientStorage, match="larger than the 700 bytes"):
        space.written("unknown", 701)


@pytest.mark.req("SYS-NFR-007")
async def test_a_part_of_the_disk_stays_free_without_a_limit_too(store: Store) -> None:
    space = store.space(keep_free_bytes=10**18)
    assert await space.free_bytes() == 0
    with pytest.raises(InsufficientStorage) as error:
        await space.admit(1, "download")
    assert error.value.details is not None
    assert error.value.details["limit_bytes"] is None
    await space.admit(0, "nothing")
    assert await store.space().free_bytes() > 0


@pytest.mark.req("SYS-REQ-012", "TEST-INT-002")
async def test_an_evicted_model_keeps_its_entry_and_is_there_again_with_its_file(
    store: Store, database: Database
) -> None:
    (size,) = await store.put("m")
    await store.house.registry.change("m", ModelChange(description="mine", licence="mit"))
    path = store.folder / "m.gguf"
    content = path.read_bytes()
    await store.space(size).admit(size, "download")
    restarted = await started(database, store.folder)
    assert {name: entry.status for name, entry in (await restarted.scan()).items()} == {"m": "evicted"}
    path.write_bytes(content)
    assert await store.statuses() == {"m": "available"}
    entry = store.entry("m")
    assert (entry.description, entry.licence, entry.status_reason) == ("mine", "mit", None)


async def test_files_that_two_names_lead_to_free_nothing_and_stay(store: Store, tmp_path: Path) -> None:
    await store.put("m")
    (tmp_path / "other name").hardlink_to(store.folder / "m.gguf")
    assert await store.evictor.candidates() == []


async def test_a_file_that_may_still_be_on_its_way_stays(store: Store) -> None:
    (store.folder / "m.gguf").write_bytes(b"GGUF")
    assert await store.statuses() == {"m": "failed"}
    assert await store.evictor.candidates() == []
