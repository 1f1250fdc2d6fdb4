"""Both clients against a real server with a real model."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pluggably.features.downloads.starter import pull_starter
from pluggably_client import (
    AsyncPluggably,
    Pluggably,
    PluggablyAPIError,
    PluggablyConnectionError,
    Retries,
    ServerNotFound,
)
from pluggably_client.codes import InvalidCredentials, RequestCancelled
from pluggably_client.events import Delta, Finished, Progress, Selected
from tests.factories.gateways import ENDLESS, KEY, Gateway, running_gateway, wait_until

WEIGHTS = Path(__file__).resolve().parents[3] / ".cache" / "models"
MODEL = "SmolLM2-135M-Instruct.Q4_1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("models")
    weights = asyncio.run(pull_starter(WEIGHTS))
    (folder / weights.name).hardlink_to(weights)
    with running_gateway(
        tmp_path_factory.mktemp("gateway"), models=folder, PLUGGABLY_BUILTIN_MODELS="true"
    ) as running:
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
    (model,) = client.list_models(modality="text").models
    assert (model.id, model.provider, model.size_bytes) == (MODEL, "local", 98_362_432)
    assert client.get_model(MODEL).capabilities.max_context_tokens == model.capabilities.max_context_tokens
    schema = client.schema(MODEL)
    assert (schema.model_id, schema.modality) == (MODEL, "text")
    assert "temperature" in schema.parameters["properties"]
    assert "temperature" in client.schema().parameters


def test_an_answer_names_its_model_and_counts_its_tokens(client):
    answer = client.generate("Say hello.", parameters={"max_tokens": 8})
    assert answer.text
    assert (answer.model, answer.modality) == (MODEL, "text")
    assert 0 < answer.usage.completion_tokens <= 8
    (loaded,) = [model for model in client.list_loaded_models() if model.model_id == MODEL]
    assert client.get_model_status(MODEL).memory_bytes == loaded.memory_bytes


def test_a_stream_brings_the_text_in_pieces_and_then_the_whole(client):
    messages = [{"role": "user", "content": "Tell me a story."}]
    events = list(client.stream(messages=messages, parameters={"max_tokens": 24}))
    pieces = [event.text for event in events if isinstance(event, Delta)]
    assert isinstance(events[0], Selected)
    assert isinstance(events[-1], Finished)
    assert len(pieces) > 1
    assert "".join(pieces) == events[-1].response.text


async def test_many_streams_run_side_by_side(server):
    async with AsyncPluggably(server.url, KEY) as client:

        async def text(prompt: str) -> str:
            stream = client.stream(prompt, parameters={"max_tokens": 12})
            return "".join([event.text or "" async for event in stream if isinstance(event, Delta)])

        assert all(await asyncio.gather(*[text(f"Tell me about the number {number}.") for number in range(4)]))


async def test_a_stream_that_is_left_stops_the_model(server):
    async with AsyncPluggably(server.url, KEY) as client:
        async with contextlib.aclosing(client.stream("Write a very long story.")) as events:
            async for event in events:
                if isinstance(event, Delta):
                    break
        with Pluggably(server.url, KEY) as watcher:
            wait_until(lambda: watcher.get_model_status(MODEL).runtime_status != "busy", timeout=5)


def test_a_model_is_unloaded_and_loaded(client):
    client.load_model(MODEL, wait=True)
    assert client.unload_model(MODEL).status == "unloaded"
    assert MODEL not in [model.model_id for model in client.list_loaded_models()]
    assert client.load_model(MODEL, wait=True).status == "loaded"


def test_an_unknown_model_is_an_error_with_suggestions(client):
    with pytest.raises(PluggablyAPIError) as caught:
        client.generate("Hello", model="smollm2")
    assert (caught.value.status, caught.value.code, caught.value.param) == (404, "model_not_found", "model")
    assert caught.value.details == {"suggestions": [MODEL]}
    assert caught.value.request_id.startswith("req_")


def test_a_wrong_parameter_is_named(client):
    with pytest.raises(PluggablyAPIError) as caught:
        list(client.stream("Hello", parameters={"temperature": 9}))
    assert caught.value.details["fields"][0]["field"] == "parameters.temperature"


def test_a_wrong_key_is_refused(server):
    with Pluggably(server.url, "wrong") as client, pytest.raises(PluggablyAPIError) as caught:
        client.list_models()
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


@pytest.mark.req("SYS-REQ-023", "SYS-REQ-024", "TEST-INT-003", "TEST-UNIT-007")
def test_a_user_logs_in_chats_in_a_session_and_ends_it(client):
    invite = client.create_invite().invite_token
    client.register(username="ada", password="correct horse battery", invite_token=invite)
    ada = client.login(username="ada", password="correct horse battery")
    with ada.sessions.create(title="Trip") as session:
        answer = session.generate("Say hello.", model=MODEL, parameters={"max_tokens": 8})
        assert (answer.session_id, answer.model) == (session.id, MODEL)
        with session.stream("And again?", model=MODEL, parameters={"max_tokens": 8}) as events:
            assert "".join(events.text()) == events.response.text
        again = session.regenerate(parameters={"max_tokens": 4})
        messages = list(session.messages())
        assert [message.role for message in messages] == ["assistant", "user"] * 2
        assert messages[0].content == again.text
        assert {model.id for model in ada.iter_models()} >= {MODEL, "scene-image", "scene-3d"}
        assert "openai" in {provider.name for provider in ada.list_providers().providers}
        assert session.reset().message_count == 0
    assert ada.sessions.get(session.id).status == "closed"
    assert [found.id for found in ada.sessions.iter(status="closed")] == [session.id]
    ada.logout()
    with pytest.raises(InvalidCredentials):
        ada.me()
    assert client.me().username == "operator"


@pytest.mark.req("SYS-REQ-023", "TEST-INT-003")
async def test_the_same_in_an_event_loop(server):
    async with AsyncPluggably(server.url, KEY) as client:
        async with await client.sessions.create() as session:
            answer = await session.generate("Say hello.", model=MODEL, parameters={"max_tokens": 8})
            assert answer.session_id == session.id
            assert [message.role async for message in session.messages()] == ["assistant", "user"]
        assert (await client.sessions.get(session.id)).status == "closed"
        assert MODEL in [model.id async for model in client.iter_models(modality="text")]
        assert (await client.list_providers()).providers
        await client.sessions.purge(session.id)


def test_an_image_and_a_mesh_are_made_and_written_to_files(client, tmp_path):
    with client.stream("a red cube", model="scene-image", parameters={"width": 128, "height": 128}) as events:
        assert [event for event in events if isinstance(event, Progress)]
    (image,) = client.save(events.response, tmp_path / "cube")
    assert (image.name, image.read_bytes()[:8]) == ("cube.png", b"\x89PNG\r\n\x1a\n")
    (mesh,) = client.save(client.generate("a castle and ten trees", model="scene-3d"), tmp_path / "castle")
    assert (mesh.name, mesh.read_bytes()[:4]) == ("castle.glb", b"glTF")
    kept = next(client.iter_artifacts())
    assert client.artifact_size(kept.id) == kept.size_bytes
    told = []
    stl = client.save_artifact(
        kept.id, tmp_path / "castle.stl", format="stl", on_progress=lambda *now: told.append(now)
    )
    assert told[-1][0] == stl.stat().st_size > 0


def test_a_request_in_the_background_is_waited_for(client):
    seen = []
    request = client.submit("Say hello.", model=MODEL, parameters={"max_tokens": 8})
    answer = request.wait(seen.append)
    assert isinstance(seen[-1], Finished)
    assert request.status().status == "completed"
    assert request.result().text == answer.text
    assert request.cancel().cancelled is False
    assert request.id in [found.request_id for found in client.iter_requests()]


def test_a_request_in_the_background_is_cancelled(client):
    long = {"max_tokens": 3500, "json_schema": ENDLESS}
    request = client.submit("Count.", model=MODEL, parameters=long)
    wait_until(lambda: request.status().status == "running")
    assert request.cancel().cancelled
    with pytest.raises(RequestCancelled):
        request.wait()


def test_a_stream_that_is_cut_in_the_middle_is_an_error(tmp_path):
    picture = {"width": 2048, "height": 2048}
    with (
        running_gateway(tmp_path, PLUGGABLY_BUILTIN_MODELS="true") as other,
        Pluggably(other.url, KEY, retries=Retries(0)) as client,
    ):
        with client.stream("ten trees", model="scene-image", parameters=picture) as events:
            assert isinstance(next(events), Selected)
            other.process.kill()
            other.process.wait()
            with pytest.raises(PluggablyConnectionError):
                events.finish()
        with pytest.raises(ServerNotFound):
            client.health()
