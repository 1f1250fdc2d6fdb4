"""Both clients against a server on loopback that speaks the gateway's wire format."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from pluggably_client import (
    AsyncPluggably,
    Pluggably,
    PluggablyAPIError,
    PluggablyConnectionError,
    PluggablyTimeoutError,
    Timeouts,
    UnexpectedReply,
)
from pluggably_client.models import Delta, Finished, Loading, Progress, Queued, Selected
from tests.fakes.gateway import RESPONSE, SELECTION, Answer, Gateway, Stream, envelope, gateway

QUICK = Timeouts(connect=1, read=0.3, generate=0.5, idle=0.3)
Ask = Callable[..., Any]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Gateway]:
    async with gateway() as running:
        yield running


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, server: Gateway) -> Ask:
    """`await ask("models.get", "x")` calls a client's method; a stream comes back as a list."""

    def synchronous(name: str, args: Any, kwargs: Any, key: str | None) -> Any:
        with Pluggably(server.url, key, timeouts=QUICK) as client:
            method: Any = client
            for part in name.split("."):
                method = getattr(method, part)
            found = method(*args, **kwargs)
            return list(found) if inspect.isgenerator(found) else found

    async def call(name: str, *args: Any, key: str | None = "secret", **kwargs: Any) -> Any:
        if request.param == "sync":
            return await asyncio.to_thread(synchronous, name, args, kwargs, key)
        async with AsyncPluggably(server.url, key, timeouts=QUICK) as client:
            method: Any = client
            for part in name.split("."):
                method = getattr(method, part)
            found = method(*args, **kwargs)
            return [event async for event in found] if inspect.isasyncgen(found) else await found

    return call


async def test_health_and_version_are_read(server, ask):
    server.on("GET /health", Answer({"status": "ok"}))
    server.on("GET /v1/version", Answer({"version": "0.1.0", "api": "v1"}))
    assert (await ask("health")).status == "ok"
    assert (await ask("version")).version == "0.1.0"


async def test_a_server_that_is_not_ready_says_what_is_missing(server, ask):
    body = {**envelope("not_ready", "The default model is loading."), "status": "not_ready"}
    server.on("GET /ready", Answer({**body, "checks": {"database": "ok", "default_model": "loading"}}, 503))
    ready = await ask("ready")
    assert ready.status == "not_ready"
    assert ready.checks["default_model"] == "loading"


async def test_the_key_travels_in_its_header_and_none_is_sent_without_one(server, ask):
    server.on("GET /health", Answer({"status": "ok"}))
    await ask("health")
    await ask("health", key=None)
    assert server.requests[0].headers["x-api-key"] == "secret"
    assert "x-api-key" not in server.requests[1].headers


async def test_models_are_listed_with_filters_and_unknown_fields_are_kept(server, ask):
    model = {"id": "tiny", "modality": "text", "size_bytes": 5, "status": "available", "novelty": {"a": 1}}
    server.on("GET /v1/models", Answer({"models": [model], "next_cursor": "c2", "object": "list", "data": []}))
    page = await ask("models.list", modality="text", q="ti", limit=1)
    assert [found.id for found in page.models] == ["tiny"]
    assert page.next_cursor == "c2"
    assert page.models[0].model_dump()["novelty"] == {"a": 1}
    assert server.requests[0].query == {"modality": "text", "q": "ti", "limit": "1"}


async def test_the_hub_is_searched_and_a_repository_looked_into(server, ask):
    found = {"id": "org/tiny", "modality_hints": ["text"], "size_bytes": 7, "new": 1}
    server.on("GET /v1/models/search", Answer({"results": [found], "next_cursor": "more"}))
    server.on("GET /v1/models/search/org%2Ftiny/files", Answer({"files": [{"name": "a.gguf", "fits": True}]}))
    page = await ask("models.search", "tiny", modality="text", limit=1)
    assert (page.results[0].id, page.results[0].gated, page.next_cursor) == ("org/tiny", False, "more")
    assert server.requests[0].query == {"query": "tiny", "modality": "text", "limit": "1"}
    (file,) = await ask("models.files", "org/tiny", revision="v1")
    assert (file.name, file.size_bytes, file.fits) == ("a.gguf", None, True)
    assert server.requests[1].query == {"revision": "v1"}


async def test_a_model_id_with_slashes_and_colons_is_one_part_of_the_path(server, ask):
    server.on("GET /v1/models/org%2Fname%3Av1%3F", Answer({"id": "org/name:v1?"}))
    assert (await ask("models.get", "org/name:v1?")).id == "org/name:v1?"


async def test_models_are_loaded_unloaded_watched_and_removed(server, ask):
    server.on("GET /v1/models/loaded", Answer({"models": [{"model_id": "tiny", "is_busy": True}]}))
    server.on("GET /v1/models/tiny/status", Answer({"model_id": "tiny", "runtime_status": "busy"}))
    server.on("POST /v1/models/tiny/load", Answer({"model_id": "tiny", "status": "loading", "message": ""}, 202))
    server.on("POST /v1/models/tiny/unload", Answer({"model_id": "tiny", "status": "unloaded"}))
    server.on("DELETE /v1/models/tiny", Answer({"id": "tiny"}))
    assert (await ask("models.loaded"))[0].is_busy
    assert (await ask("models.status", "tiny")).runtime_status == "busy"
    assert (await ask("models.load", "tiny", wait=True)).status == "loading"
    assert (await ask("models.unload", "tiny", force=True)).status == "unloaded"
    assert (await ask("models.delete", "tiny", files=True)).id == "tiny"
    load, unload, delete = server.requests[2:]
    assert load.body == {"wait": True, "pin": None}
    assert unload.body == {"force": True}
    assert delete.query == {"files": "true"}


async def test_the_schema_of_one_model_or_of_everything_is_read(server, ask):
    server.on("GET /v1/schema", Answer({"version": "1", "parameters": {"temperature": {"type": "number"}}}))
    assert "temperature" in (await ask("schema")).parameters
    await ask("schema", "tiny")
    assert server.requests[1].query == {"model": "tiny"}


async def test_a_prompt_is_sent_as_input_and_its_answer_is_typed(server, ask):
    server.on("POST /v1/generate", Answer({**RESPONSE, "brand_new": 1}))
    answer = await ask(
        "generate", "Hello", model="tiny", parameters={"max_tokens": 5}, images=["data:x"], request_id="req-of-mine"
    )
    assert answer.text == "Good day."
    assert answer.usage.total_tokens == 6
    assert answer.selection.reason == "default_for_modality"
    (request,) = server.requests
    assert request.body == {
        "model": "tiny",
        "parameters": {"max_tokens": 5},
        "input": {"prompt": "Hello", "images": ["data:x"]},
        "stream": False,
    }
    assert request.headers["x-request-id"] == "req-of-mine"


@pytest.mark.parametrize("chunk", [None, 1, 7])
async def test_a_stream_gives_typed_events_however_it_is_cut(server, ask, chunk):
    pieces = (
        b": keep-alive\n\n",
        ("selected", {"request_id": "req_1", "selection": SELECTION}),
        ("queued", {"request_id": "req_1", "queue_position": 2, "eta_s": 1.5}),
        ("loading", {"model": "tiny", "progress_pct": None}),
        ("novelty", {"of": "a later version"}),
        ("delta", {"text": "Gräß"}),
        ("delta", {"text": "e\u2028\u0085!", "more": 1}),
        ("progress", {"progress_pct": 50, "step": 1, "steps": 2}),
        ("output", RESPONSE),
    )
    server.on("POST /v1/generate", Stream(pieces, chunk=chunk))
    events = await ask("generate_stream", "Hello")
    assert [type(event) for event in events] == [Selected, Queued, Loading, Delta, Delta, Progress, Finished]
    assert "".join(event.text for event in events if isinstance(event, Delta)) == "Gräße\u2028\u0085!"
    assert events[-1].response.text == "Good day."
    assert [event.number for event in events] == [2, 3, 4, 6, 7, 8, 9]
    assert server.requests[0].body["stream"] is True


async def test_an_error_inside_a_stream_is_raised_after_what_came_before(server):
    crash = envelope("runtime_crashed", "The model's process ended.", retry_after=5)
    server.on("POST /v1/generate", Stream((("delta", {"text": "Go"}), ("error", crash))))
    seen = []
    async with AsyncPluggably(server.url) as client:
        events = client.generate_stream("Hello")
        seen.append(await anext(events))
        with pytest.raises(PluggablyAPIError) as caught:
            await anext(events)
    assert [event.text for event in seen] == ["Go"]
    assert (caught.value.code, caught.value.request_id, caught.value.retry_after) == ("runtime_crashed", "req_1", 5)


@pytest.mark.parametrize("then", ["end", "break"])
async def test_a_stream_that_ends_too_early_is_an_error(server, ask, then):
    server.on("POST /v1/generate", Stream((("delta", {"text": "Go"}),), then=then))
    with pytest.raises(PluggablyConnectionError):
        await ask("generate_stream", "Hello")


async def test_a_stream_that_falls_silent_times_out(server, ask):
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n")
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(mute, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
    async with silent:
        with pytest.raises(PluggablyTimeoutError):
            await ask("generate_stream", "Hello")


async def test_closing_a_stream_hangs_up(server):
    server.on("POST /v1/generate", Stream((("delta", {"text": "Go"}),), then="stall"))
    async with AsyncPluggably(server.url) as client:
        events = client.generate_stream("Hello")
        assert isinstance(await anext(events), Delta)
        await events.aclose()
        await asyncio.wait_for(server.left.wait(), 5)


async def test_closing_a_synchronous_stream_hangs_up(server):
    server.on("POST /v1/generate", Stream((("delta", {"text": "Go"}),), then="stall"))

    def first() -> Any:
        with Pluggably(server.url) as client:
            events = client.generate_stream("Hello")
            event = next(events)
            events.close()
            return event

    assert isinstance(await asyncio.to_thread(first), Delta)
    await asyncio.wait_for(server.left.wait(), 5)


@pytest.mark.parametrize("call", ["generate", "generate_stream"])
async def test_a_refusal_carries_everything_that_the_envelope_says(server, ask, call):
    body = envelope(
        "model_not_found",
        "No model 'x'.",
        type="not_found_error",
        param="model",
        details={"suggestions": ["tiny"]},
        request_id="req_9",
    )
    server.on("POST /v1/generate", Answer(body, 404))
    with pytest.raises(PluggablyAPIError, match="No model 'x'") as caught:
        await ask(call, "Hello", model="x")
    error = caught.value
    assert (error.status, error.code, error.type, error.param) == (404, "model_not_found", "not_found_error", "model")
    assert (error.details, error.request_id) == ({"suggestions": ["tiny"]}, "req_9")


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"[]", b'{"error": "text"}', b""])
async def test_a_failure_without_an_envelope_still_has_its_status(server, ask, body):
    server.on("GET /v1/version", Answer(body, 502, "text/html"))
    with pytest.raises(PluggablyAPIError) as caught:
        await ask("version")
    assert (caught.value.status, caught.value.code) == (502, "unknown")


@pytest.mark.parametrize("body", [b"<html>A router's login page</html>", b"[]", b'{"status": 7}', b""])
async def test_another_kind_of_server_is_recognised_as_such(server, ask, body):
    server.on("GET /health", Answer(body, 200, "text/html"))
    with pytest.raises(UnexpectedReply):
        await ask("health")


async def test_an_event_that_cannot_be_read_is_reported(server, ask):
    server.on("POST /v1/generate", Stream((b"event: delta\ndata: {broken\n\n",)))
    with pytest.raises(UnexpectedReply, match="delta"):
        await ask("generate_stream", "Hello")


async def test_a_server_that_is_not_there_is_named(server, ask, unused_tcp_port):
    server.url = f"http://127.0.0.1:{unused_tcp_port}"
    with pytest.raises(PluggablyConnectionError, match=str(unused_tcp_port)):
        await ask("health")


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://[", "http://127.0.0.1:99999"])
async def test_an_address_that_is_none_is_an_error_of_ours(server, ask, url):
    server.url = url
    with pytest.raises(PluggablyConnectionError):
        await ask("health")


async def test_limits_are_read_and_set_for_oneself_a_user_and_a_token(server, ask):
    state = {"limit": 10, "used": 4, "reserved": 1, "remaining": 5, "resets_at": "2026-11-24T00:00:00Z"}
    limits = {"user_id": "u", "token_id": None, "own": {"tokens_per_day": 10}, "limits": {"tokens_per_day": state}}
    for path in ("me/limits", "usr_1/limits", "tokens/tok_1/limits"):
        server.on(f"GET /v1/users/{path}", Answer(limits))
        server.on(f"PUT /v1/users/{path}", Answer(limits))
    for names in ({}, {"user": "usr_1"}, {"token": "tok_1"}):
        found = await ask("limits", **names)
        assert (found.own, found.limits["tokens_per_day"].remaining) == ({"tokens_per_day": 10}, 5)
    await ask("set_limits", {"tokens_per_day": 10}, "usr_1")
    assert (server.requests[-1].method, server.requests[-1].body) == ("PUT", {"tokens_per_day": 10})
    with pytest.raises(ValueError, match="a user or to a token"):
        await ask("limits", "usr_1", token="tok_1")


async def test_users_are_listed_in_pages(server, ask):
    server.on("GET /v1/users", Answer({"users": [{"id": "usr_1", "username": "ada"}], "next_cursor": "c"}))
    page = await ask("users", limit=1, cursor="b")
    assert ([user.username for user in page.users], page.next_cursor) == (["ada"], "c")
    assert server.requests[-1].query == {"limit": "1", "cursor": "b"}
