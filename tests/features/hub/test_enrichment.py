"""What the hub tells about models that are registered with a source there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from pluggably.features.hub.client import Hub
from pluggably.features.hub.enrichment import Enricher, repository_of
from pluggably.features.models.schemas import ModelCreate, Source
from pluggably.kit.database import Database
from tests.factories.apps import AUTHORISED, client_of, running_app
from tests.factories.hub import TINY
from tests.factories.models import started, text_fields, write_gguf
from tests.fakes.hub import FakeHub, Fault

SOURCE = {"type": "huggingface", "uri": TINY}
DESCRIPTION = "Tiny Llama is a language model of 42 parameters that was trained on a single sentence."


async def becomes(client: httpx.AsyncClient, model_id: str, is_so: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """The model as soon as it is so."""
    async with asyncio.timeout(10):
        while True:
            model: dict[str, Any] = (await client.get(f"/v1/models/{model_id}")).json()
            if is_so(model):
                return model
            await asyncio.sleep(0.05)


async def registered(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await client.post("/v1/models", json={"id": "org/tiny", "source": SOURCE, **fields})
    assert answer.status_code == 201, answer.text
    model: dict[str, Any] = answer.json()
    return model


@pytest.mark.req("SYS-REQ-040", "TEST-INT-007")
async def test_a_registered_model_gets_its_description_licence_and_guidance_from_the_hub(
    client: httpx.AsyncClient, hub: FakeHub
) -> None:
    assert (await registered(client))["description"] is None
    model = await becomes(client, "org/tiny", lambda model: model["description"])
    assert model["description"] == DESCRIPTION
    assert model["licence"] == "apache-2.0"
    assert model["documentation"] == f"{hub.url}/{TINY}"
    assert model["capabilities"]["max_context_tokens"] == 2048
    assert model["capabilities"]["tools"] is True
    assert model["recommended_parameters"] == {"temperature": 0.6, "top_p": 0.9, "repeat_penalty": 1.1}
    assert model["source"] == {**SOURCE, "revision": None}
    assert (model["modality"], model["status"]) == ("text", "failed")


@pytest.mark.req("SYS-REQ-040", "TEST-INT-007")
async def test_what_somebody_wrote_stays_also_when_it_is_changed_later(client: httpx.AsyncClient) -> None:
    written = {
        "description": "Ours.",
        "licence": "proprietary",
        "capabilities": {"max_context_tokens": 512, "tools": False},
        "recommended_parameters": {"temperature": 0.1},
    }
    await registered(client, **written)
    model = await becomes(client, "org/tiny", lambda model: model["documentation"])
    assert model["capabilities"].items() >= written.pop("capabilities").items()  # type: ignore[attr-defined]
    assert model.items() >= written.items()
    await client.patch("/v1/models/org/tiny", json={"source": {"type": "huggingface", "uri": "acme/tiny-llama"}})
    await asyncio.sleep(0.5)
    model = (await client.get("/v1/models/org/tiny")).json()
    assert model.items() >= written.items()


async def test_a_new_source_is_asked_anew(client: httpx.AsyncClient) -> None:
    await registered(client, source={"type": "huggingface", "uri": "acme/tiny-llama"})
    model = await becomes(client, "org/tiny", lambda model: model["licence"])
    assert (model["licence"], model["capabilities"]["max_context_tokens"]) == ("acme-1.0", 4096)
    assert model["description"] is None
    await client.patch("/v1/models/org/tiny", json={"source": SOURCE})
    assert (await becomes(client, "org/tiny", lambda model: model["description"]))["description"] == DESCRIPTION


@pytest.mark.req("SYS-REQ-040", "TEST-INT-007")
async def test_what_a_file_says_of_itself_goes_before_what_its_repository_says(tmp_path: Path, hub: FakeHub) -> None:
    folder = tmp_path / "files"
    fields = text_fields(general__license=(8, "mit"), general__sampling__temp=(6, 0.25))
    write_gguf(folder / "mine.gguf", fields)
    settings = {"hub": {"endpoint": hub.url}, "model_dirs": [folder]}
    async with running_app(tmp_path, **settings) as app, client_of(app, headers=AUTHORISED) as client:
        before = await registered(client, local_path="mine.gguf")
        assert "Tiny Test" in before["description"]
        model = await becomes(client, "org/tiny", lambda model: model["description"] == DESCRIPTION)
    assert (model["licence"], model["capabilities"]["max_context_tokens"]) == ("mit", 2048)
    assert model["recommended_parameters"] == {"temperature": 0.25, "top_p": 0.9, "repeat_penalty": 1.1}
    assert model["status"] == "available"


async def test_the_task_on_the_hub_says_what_a_model_without_a_file_makes(client: httpx.AsyncClient) -> None:
    await registered(client, source={"type": "huggingface", "uri": "acme/painter"})
    model = await becomes(client, "org/tiny", lambda model: model["modality"] == "image")
    assert model["parameters"]["properties"] == {}


@pytest.mark.req("SYS-REQ-040", "TEST-INT-007")
@pytest.mark.parametrize(
    "fault", [Fault(hang=True, times=None), Fault(status=500, times=None), Fault(html=True, times=None)], ids=str
)
async def test_a_hub_that_fails_delays_no_registration_and_fails_none(
    client: httpx.AsyncClient, hub: FakeHub, fault: Fault
) -> None:
    hub.misbehave(fault)
    began = time.monotonic()
    model = await registered(client, name="Ours")
    assert time.monotonic() - began < 0.9  # less than the hub's time-out
    assert (model["name"], model["description"]) == ("Ours", None)
    await asyncio.sleep(0.3)
    assert hub.requests("info")
    answer = await client.patch("/v1/models/org/tiny", json={"description": "By hand."})
    assert answer.json()["description"] == "By hand."
    assert (await client.delete("/v1/models/org/tiny")).status_code == 200


async def test_a_repository_that_is_not_there_is_asked_for_once(client: httpx.AsyncClient, hub: FakeHub) -> None:
    await registered(client, source={"type": "huggingface", "uri": "acme/nothing"})
    await registered(client, id="org/other")
    await becomes(client, "org/other", lambda model: model["description"])
    await client.patch("/v1/models/org/tiny", json={"name": "Nothing"})
    await asyncio.sleep(0.3)
    assert len(hub.requests("info", "acme/nothing")) == 1


async def test_a_source_elsewhere_is_nothing_that_the_hub_is_asked_about(
    client: httpx.AsyncClient, hub: FakeHub
) -> None:
    await registered(client, source={"type": "url", "uri": "https://example.org/a.gguf"})
    await registered(client, id="org/second")
    await becomes(client, "org/second", lambda model: model["description"])
    assert len(hub.requests("info")) == 1


async def test_enrichment_can_be_switched_off(tmp_path: Path, hub: FakeHub) -> None:
    settings = {"hub": {"endpoint": hub.url, "enrich": False}}
    async with running_app(tmp_path, **settings) as app, client_of(app, headers=AUTHORISED) as client:
        await registered(client)
        await asyncio.sleep(0.3)
    assert hub.asked == []


@pytest.mark.req("SYS-REQ-040", "TEST-INT-007")
async def test_a_hub_that_was_away_is_asked_again_also_after_a_restart(
    database: Database, tmp_path: Path, hub: FakeHub
) -> None:
    folder = tmp_path / "models"
    house = await started(database, folder)
    hub.misbehave(Fault(on="info", status=503, times=2))
    enricher = Enricher(house.registry, Hub(hub.url, 2), False, first_wait_s=0.05)
    enricher.start()
    await house.registry.register(ModelCreate(id="org/tiny", source=Source(type="huggingface", uri=f"hf:{TINY}")))
    async with asyncio.timeout(10):
        while house.registry.find("org/tiny").description is None:
            await asyncio.sleep(0.02)
    await enricher.stop()
    assert len(hub.requests("info")) == 3
    hub.misbehave(Fault(hang=True))
    await house.registry.register(ModelCreate(id="org/late", source=Source(type="huggingface", uri=TINY)))

    again = await started(database, folder)
    assert [sourced.model_id for sourced in again.registry.sourced()] == ["org/late"]
    hub.behave()
    enricher = Enricher(again.registry, Hub(hub.url, 2), False, first_wait_s=0.05)
    enricher.start()
    async with asyncio.timeout(10):
        while again.registry.sourced():
            await asyncio.sleep(0.02)
    await enricher.stop()
    assert again.registry.find("org/late").description == DESCRIPTION


async def test_a_gated_repository_tells_its_facts_without_its_files(client: httpx.AsyncClient, hub: FakeHub) -> None:
    hub.repos[TINY].gated = "manual"
    await registered(client)
    model = await becomes(client, "org/tiny", lambda model: model["licence"])
    assert (model["description"], model["licence"]) == (None, "apache-2.0")


@pytest.mark.parametrize(
    ("uri", "repo"),
    [
        ("org/name", "org/name"),
        ("hf:org/name", "org/name"),
        ("hf://org/name", "org/name"),
        ("org/name:Q4_K_M", "org/name"),
        ("hf:org/name@v1", "org/name"),
        ("https://huggingface.co/org/name", "org/name"),
        ("https://huggingface.co/org/name/tree/main", "org/name"),
        ("org/name/file.gguf", "org/name"),
        ("gpt2", "gpt2"),
        ("", ""),
    ],
)
def test_a_source_names_its_repository_in_many_ways(uri: str, repo: str) -> None:
    assert repository_of(uri) == repo
