"""Both clients against a real server with a real model."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pluggably.features.downloads.starter import pull_starter
from pluggably_client import AsyncPluggably, Pluggably, PluggablyAPIError, ServerNotFound
from pluggably_client.models import Delta, Finished, Selected
from tests.factories.gateways import KEY, Gateway, running_gateway, wait_until

WEIGHTS = Path(__file__).resolve().parents[3] / ".cache" / "models"
MODEL = "SmolLM2-135M-Instruct.Q4_1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("models")
    weights = asyncio.run(pull_starter(WEIGHTS))
    (folder / weights.name).hardlink_to(weights)
    with running_gateway(tmp_path_factory.mktemp("gateway"), models=folder) as running:
        yield running


@pytest.fixture
def client(server: Gateway) -> Iterator[Pluggably]:
    with Pluggably(server.url, KEY) as client:
        yield client


def test_the_server_says_who_it_is(client):
    assert client.health().status == "ok"
    assert client.ready().status == "ready"
    assert client.version().version


def test_the_catalogue_and_the_schema_of_its_model_are_read(client):
    (model,) = client.models.list(modality="text").models
    assert (model.id, model.provider, model.size_bytes) == (MODEL, "local", 98_362_432)
    assert client.models.get(MODEL).capabilities.max_context_tokens == model.capabilities.max_context_tokens
    schema = client.schema(MODEL)
    assert (schema.model_id, schema.modality) == (MODEL, "text")
    assert "temperature" in schema.parameters["properties"]
    assert "temperature" in client.schema().parameters


def test_an_answer_names_its_model_and_counts_its_tokens(client):
    answer = client.generate("Say hello.", parameters={"max_tokens": 8})
    assert answer.text
    assert (answer.model, answer.modality) == (MODEL, "text")
    assert 0 < answer.usage.completion_tokens <= 8
    (loaded,) = client.models.loaded()
    assert loaded.model_id == MODEL
    assert client.models.status(MODEL).memory_bytes == loaded.memory_bytes


def test_a_stream_brings_the_text_in_pieces_and_then_the_whole(client):
    messages = [{"role": "user", "content": "Tell me a story."}]
    events = list(client.generate_stream(messages=messages, parameters={"max_tokens": 24}))
    pieces = [event.text for event in events if isinstance(event, Delta)]
    assert isinstance(events[0], Selected)
    assert isinstance(events[-1], Finished)
    assert len(pieces) > 1
    assert "".join(pieces) == events[-1].response.text


async def test_many_streams_run_side_by_side(server):
    async with AsyncPluggably(server.url, KEY) as client:

        async def text(prompt: str) -> str:
            stream = client.generate_stream(prompt, parameters={"max_tokens": 12})
            return "".join([event.text or "" async for event in stream if isinstance(event, Delta)])

        assert all(await asyncio.gather(*[text(f"Tell me about the number {number}.") for number in range(4)]))


async def test_a_stream_that_is_left_stops_the_model(server):
    async with AsyncPluggably(server.url, KEY) as client:
        async with contextlib.aclosing(client.generate_stream("Write a very long story.")) as events:
            async for event in events:
                if isinstance(event, Delta):
                    break
        with Pluggably(server.url, KEY) as watcher:
            wait_until(lambda: watcher.models.status(MODEL).runtime_status != "busy", timeout=5)


def test_a_model_is_unloaded_and_loaded(client):
    client.models.load(MODEL, wait=True)
    assert client.models.unload(MODEL).status == "unloaded"
    assert client.models.loaded() == []
    assert client.models.load(MODEL, wait=True).status == "loaded"


def test_an_unknown_model_is_an_error_with_suggestions(client):
    with pytest.raises(PluggablyAPIError) as caught:
        client.generate("Hello", model="smollm2")
    assert (caught.value.status, caught.value.code, caught.value.param) == (404, "model_not_found", "model")
    assert caught.value.details == {"suggestions": [MODEL]}
    assert caught.value.request_id.startswith("req_")


def test_a_wrong_parameter_is_named(client):
    with pytest.raises(PluggablyAPIError) as caught:
        list(client.generate_stream("Hello", parameters={"temperature": 9}))
    assert caught.value.details["fields"][0]["field"] == "parameters.temperature"


def test_a_wrong_key_is_refused(server):
    with Pluggably(server.url, "wrong") as client, pytest.raises(PluggablyAPIError) as caught:
        client.models.list()
    assert (caught.value.status, caught.value.code) == (401, "invalid_credentials")


def test_a_server_that_has_ended_is_not_found(tmp_path):
    with running_gateway(tmp_path) as ended:
        url = ended.url
    with Pluggably(url) as client, pytest.raises(ServerNotFound):
        client.health()


def test_usage_adds_up_what_was_asked(client):
    answer = client.generate("Hello", parameters={"max_tokens": 2})
    report = wait_until(lambda: (found := client.usage()).total.requests and found)
    assert report.usage[0].key == answer.model == MODEL
    assert report.total.completion_tokens >= 1
    assert client.usage(group_by="day", until=report.since).usage == []
