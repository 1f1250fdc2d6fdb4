"""The registry: what is registered is kept, what is changed is shown at once, what is removed is gone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pluggably.contract.modality import Modality
from pluggably.errors import Conflict, ModelNotFound, PluggablyError, ProviderNotFound, ValidationFailed
from pluggably.features.models.parameter_schemas import local_text_parameters, remote_text_parameters
from pluggably.features.models.schemas import Capabilities, ModelChange, ModelCreate, Source
from pluggably.kit.database import Database
from pluggably.routing.catalogue import Entry
from tests.factories.models import House, gguf_bytes, started, text_fields, write_gguf


def fields_of(error: pytest.ExceptionInfo[PluggablyError]) -> list[str]:
    details = error.value.details
    assert details is not None
    return [field["field"] for field in details["fields"]]


@pytest.mark.req("SYS-REQ-033", "TEST-INT-005")
async def test_models_of_every_kind_are_the_same_after_a_restart(either_database: Database, folder: Path) -> None:
    house = await started(either_database, folder)
    write_gguf(folder / "found.gguf")
    write_gguf(folder / "cut.gguf").write_bytes(gguf_bytes()[:50])
    write_gguf(folder / "named.gguf")
    await house.scan()
    await house.registry.register(
        ModelCreate(
            id="ours",
            local_path="named.gguf",
            description="Größe Ω 模型",
            capabilities=Capabilities(tools=False, hardware_requirements={"gpu": "8 GB"}),
            recommended_parameters={"temperature": 0.3},
            pricing={"prompt_per_million_usd": 0.1},
            pinned=True,
        )
    )
    await house.registry.register(
        ModelCreate(
            id="acme:big",
            version="2",
            source=Source(type="provider", uri="https://acme.example/big"),
            licence="proprietary",
            parameters={"type": "object", "properties": {"mood": {"enum": ["calm", "wild"]}}},
        )
    )
    await house.registry.make_default("acme:big")
    before = {entry.id: entry for entry in house.catalogue.entries()}
    assert set(before) == {"found", "cut", "ours", "acme:big"}
    restarted = await started(either_database, folder)
    after = {entry.id: entry for entry in restarted.catalogue.entries()}
    assert after == before
    assert await restarted.scan() == before


async def test_a_registered_file_takes_the_place_of_the_discovered_one(house: House) -> None:
    path = write_gguf(house.folder / "m.gguf")
    await house.scan()
    await house.registry.make_default("m")
    entry = await house.registry.register(ModelCreate(id="mine", local_path=str(path), name="Mine"))
    assert (entry.id, entry.name, entry.version, entry.status, entry.is_default) == (
        "mine",
        "Mine",
        "F32",
        "available",
        True,
    )
    assert list(await house.scan()) == ["mine"]


async def test_an_id_is_made_from_the_file_or_the_name(house: House) -> None:
    write_gguf(house.folder / "sub" / "m-F16.gguf")
    assert (await house.registry.register(ModelCreate(local_path="sub/m-F16.gguf"))).id == "m-F16"
    assert (await house.registry.register(ModelCreate(name="remote", provider="acme"))).id == "remote"
    with pytest.raises(ValidationFailed) as error:
        await house.registry.register(ModelCreate(description="nothing to call it by"))
    assert fields_of(error) == ["id"]


async def test_the_provider_is_told_from_the_id(house: House) -> None:
    entry = await house.registry.register(ModelCreate(id="acme:big"))
    assert (entry.provider, entry.name, entry.status) == ("acme", "big", "available")
    assert entry.parameters == remote_text_parameters()
    assert (await house.registry.register(ModelCreate(id="org/repo:tag"))).provider == "local"
    with pytest.raises(ProviderNotFound):
        await house.registry.register(ModelCreate(id="x", provider="nobody"))


async def test_a_local_model_without_a_file_can_not_be_asked_and_says_why(house: House) -> None:
    entry = await house.registry.register(
        ModelCreate(id="org/later", source=Source(type="huggingface", uri="org/later"))
    )
    assert (entry.status, entry.status_reason) == (
        "failed",
        "It has no file yet: download it, or register it with local_path.",
    )
    assert await house.scan() == {"org/later": entry}


async def test_an_id_is_given_once(house: House) -> None:
    await house.registry.register(ModelCreate(id="acme:big"))
    with pytest.raises(Conflict, match="already"):
        await house.registry.register(ModelCreate(id="acme:big"))
    answers = await asyncio.gather(
        *(house.registry.register(ModelCreate(id="acme:new")) for _ in range(5)), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict"] * 4 + ["Entry"]


@pytest.mark.parametrize(
    "model_id",
    ["auto", "loaded", "search", "download", "a/status", "a/b/load", "a/unload", "a/default", "search/x/files",
     "/a", "a/", "a//b", "..", "a/../b", "./a", "a/."],
)  # fmt: skip
async def test_ids_that_no_path_could_reach_are_refused(house: House, model_id: str) -> None:
    with pytest.raises(ValidationFailed) as error:
        await house.registry.register(ModelCreate(id=model_id, provider="acme"))
    assert fields_of(error) == ["id"]


async def test_a_path_must_lie_inside_a_model_folder(house: House, tmp_path: Path) -> None:
    outside = write_gguf(tmp_path / "outside.gguf")
    (house.folder / "link.gguf").symlink_to(outside)
    (house.folder / "up").symlink_to(tmp_path)
    for path in (str(outside), "../outside.gguf", "link.gguf", "up/outside.gguf", "nothing.gguf", ".", "a\0b"):
        with pytest.raises(ValidationFailed) as error:
            await house.registry.register(ModelCreate(id="m", local_path=path))
        assert fields_of(error) == ["local_path"]


async def test_a_damaged_file_is_not_registered(house: House) -> None:
    (house.folder / "m.gguf").write_bytes(b"no model")
    with pytest.raises(ValidationFailed, match="neither GGUF nor safetensors"):
        await house.registry.register(ModelCreate(local_path="m.gguf"))


async def test_a_file_is_known_by_its_first_bytes_not_by_its_ending(house: House) -> None:
    write_gguf(house.folder / "sha256-0123")
    entry = await house.registry.register(ModelCreate(id="blob", local_path="sha256-0123"))
    assert entry.status == "available"
    assert await house.scan() == {"blob": entry}
    (house.folder / "sha256-0123").unlink()
    assert (await house.scan())["blob"].status == "failed"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array"},
        {},
        {"type": "objekt"},
        {"type": "object", "properties": {"a": {"minimum": "x"}}},
        {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/schema"}}},
        {"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}},
        {"type": "object", "$schema": "http://127.0.0.1:9/dialect"},
        {"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"},
        {"type": "object", "properties": {"a": {"pattern": "("}}},
    ],
)
async def test_parameters_must_be_a_schema_that_stands_alone(house: House, schema: dict[str, object]) -> None:
    with pytest.raises(ValidationFailed) as error:
        await house.registry.register(ModelCreate(id="acme:m", parameters=schema))
    assert fields_of(error) == ["parameters"]


async def test_recommended_parameters_must_fit_the_schema(house: House) -> None:
    with pytest.raises(ValidationFailed) as error:
        await house.registry.register(ModelCreate(id="acme:m", recommended_parameters={"temperature": 9}))
    assert fields_of(error) == ["recommended_parameters"]


async def test_a_change_leaves_the_rest_as_it_is(house: House) -> None:
    write_gguf(house.folder / "m.gguf")
    before = (await house.scan())["m"]
    after = await house.registry.change("m", ModelChange(capabilities=Capabilities(tools=False)))
    assert after.capabilities == before.capabilities | {"tools": False}
    assert (after.parameters, after.runtime, after.licence) == (before.parameters, before.runtime, before.licence)
    assert (after.origin, after.created_at) == ("explicit", before.created_at)
    assert await house.registry.change("m", ModelChange()) == after


async def test_changing_what_a_provider_lists_makes_an_entry_of_it(house: House) -> None:
    listed = Entry("acme:m1", "m1", "acme", Modality.TEXT, origin="listed", parameters=remote_text_parameters())
    house.catalogue.replace_listed("acme", [listed])
    entry = await house.registry.change("acme:m1", ModelChange(status="disabled"))
    assert (entry.name, entry.status, entry.origin) == ("m1", "disabled", "explicit")
    assert entry.parameters == listed.parameters
    house.catalogue.replace_listed("acme", [Entry("acme:m2", "m2", "acme", Modality.TEXT, origin="listed")])
    with pytest.raises(Conflict, match="listed by its provider"):
        await house.registry.remove("acme:m2", files=False)


async def test_a_removed_model_is_not_discovered_again_until_its_file_changes(
    database: Database, folder: Path
) -> None:
    house = await started(database, folder)
    path = write_gguf(folder / "m.gguf")
    await house.scan()
    await house.registry.remove("m", files=False)
    assert path.exists()
    assert await house.scan() == {}
    restarted = await started(database, folder)
    assert await restarted.scan() == {}
    write_gguf(path, text_fields(general__name=None))
    assert list(await restarted.scan()) == ["m"]
    await restarted.registry.remove("m", files=False)
    assert (await restarted.registry.register(ModelCreate(id="m", local_path="m.gguf"))).status == "available"


async def test_removing_with_files_deletes_every_part(house: House) -> None:
    parts = [write_gguf(house.folder / "sub" / f"big-0000{number}-of-00002.gguf") for number in (1, 2)]
    other = write_gguf(house.folder / "sub" / "other.gguf")
    await house.scan()
    removed = await house.registry.remove("big", files=True)
    assert removed.id == "big"
    assert not any(part.exists() for part in parts)
    assert list(await house.scan()) == ["other"]
    assert other.exists()


async def test_files_outside_the_model_folders_are_not_deleted(house: House, tmp_path: Path) -> None:
    outside = write_gguf(tmp_path / "outside.gguf")
    (house.folder / "m.gguf").symlink_to(outside)
    await house.scan()
    with pytest.raises(Conflict, match="outside"):
        await house.registry.remove("m", files=True)
    assert outside.exists()
    assert list(await house.scan()) == ["m"]


async def test_files_of_two_entries_are_not_deleted_with_one(house: House) -> None:
    path = write_gguf(house.folder / "m.gguf")
    for model_id in ("one", "two"):
        await house.registry.register(ModelCreate(id=model_id, local_path="m.gguf"))
    with pytest.raises(Conflict, match="two"):
        await house.registry.remove("one", files=True)
    assert path.exists()
    assert set(await house.scan()) == {"one", "two"}


async def test_a_modality_has_one_default(house: House) -> None:
    for name in ("a", "b"):
        write_gguf(house.folder / f"{name}.gguf")
    await house.registry.register(ModelCreate(id="acme:painter", modality=Modality.IMAGE))
    await house.scan()
    for model_id in ("acme:painter", "a", "b"):
        assert (await house.registry.make_default(model_id)).is_default
    assert {entry.id for entry in house.catalogue.entries() if entry.is_default} == {"b", "acme:painter"}


async def test_a_default_and_a_pin_of_the_configuration_hold(database: Database, folder: Path) -> None:
    write_gguf(folder / "a.gguf")
    write_gguf(folder / "b.gguf")
    house = await started(database, folder, default_models={"text": "local:a"}, runtime={"pinned": ["b"]})
    entries = await house.scan()
    assert (entries["a"].is_default, entries["a"].pinned) == (True, True)
    assert (entries["b"].is_default, entries["b"].pinned) == (False, True)
    with pytest.raises(Conflict, match="local:a"):
        await house.registry.make_default("b")
    with pytest.raises(Conflict, match="pins"):
        await house.registry.change("b", ModelChange(pinned=False))
    await house.registry.make_default("a")
    assert (await (await started(database, folder)).scan())["a"].is_default


async def test_last_uses_are_known_at_once_and_written_by_the_recorder(database: Database, folder: Path) -> None:
    write_gguf(folder / "m.gguf")
    house = await started(database, folder)
    entry = (await house.scan())["m"]
    moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
    house.registry.used(entry, moment)
    assert house.registry.last_used(entry) == moment
    assert (await started(database, folder)).catalogue.entries()[0].last_used_at is None


async def test_an_unknown_model_is_answered_with_close_ids(house: House) -> None:
    write_gguf(house.folder / "SmolLM2-135M.Q4_1.gguf")
    await house.scan()
    for asked in ("smollm2-135m.q4_1", "smollm2", "SmolLM-135M.Q4_0"):
        with pytest.raises(ModelNotFound) as error:
            house.registry.find(asked)
        assert error.value.details == {"suggestions": ["SmolLM2-135M.Q4_1"]}
        assert error.value.param == "model"
    with pytest.raises(ModelNotFound) as error:
        house.registry.find("entirely different")
    assert error.value.details == {"suggestions": []}


async def test_local_models_store_the_schema_of_the_local_engine(house: House) -> None:
    write_gguf(house.folder / "m.gguf")
    assert (await house.scan())["m"].parameters == local_text_parameters()
