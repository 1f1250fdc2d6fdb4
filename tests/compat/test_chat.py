"""`POST /v1/chat/completions` with a provider that is a real server on loopback."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from pluggably.compat.chat import PATH
from pluggably.kit.sse import EventParser
from pluggably.routing.catalogue import Catalogue
from tests.factories.apps import AUTHORISED, providers, running_app, served
from tests.factories.catalogues import entry
from tests.factories.images import png_url
from tests.factories.streams import WHOLE, recording
from tests.fakes.openai_server import PIECES, TEXT, USAGE, OpenAIServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROVIDER_KEY = "sk-CANARY-provider"


@dataclass
class Gateway:
    """A gateway on a real port, its vendor, and a client with the operator's key."""

    app: FastAPI
    upstream: OpenAIServer
    client: httpx.AsyncClient

    async def ask(self, model: str = "acme:gpt-test", **more: Any) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], **more}
        return await self.client.post(PATH, json=body)

    async def chunks(self, model: str = "acme:gpt-test", **more: Any) -> list[Any]:
        """The data of a stream's events."""
        answer = await self.ask(model, stream=True, **more)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        events = EventParser().feed(answer.content)
        return [event.data if event.data == "[DONE]" else json.loads(event.data) for event in events]


def text_of(chunks: list[Any]) -> str:
    return "".join(
        choice["delta"].get("content") or "" for chunk in chunks if chunk != "[DONE]" for choice in chunk["choices"]
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """One for all tests of this file."""
    async with OpenAIServer() as upstream:
        times = {"connect_s": 1, "first_token_s": 1, "idle_s": 1, "total_s": 10}
        accounts = providers(upstream.base_url, key=PROVIDER_KEY, models="gpt-test", timeouts=times)
        async with (
            running_app(tmp_path_factory.mktemp("chat"), providers=accounts, routing={"retries": 0}) as app,
            served(app) as url,
            httpx.AsyncClient(base_url=url, headers=AUTHORISED, timeout=10) as client,
        ):
            yield Gateway(app, upstream, client)


async def test_a_whole_answer_is_the_vendors_own(gateway: Gateway) -> None:
    answer = await gateway.ask()
    body = answer.json()
    assert answer.status_code == 200
    assert (body["object"], body["choices"][0]["message"]["content"], body["usage"]) == (
        "chat.completion", TEXT, USAGE,
    )  # fmt: skip
    assert answer.headers["x-request-id"].startswith("req_")


async def test_every_field_of_the_request_is_passed_on(gateway: Gateway) -> None:
    fields = {
        "temperature": 0.1,
        "n": 2,
        "stop": ["a"],
        "seed": 7,
        "logprobs": True,
        "top_logprobs": 3,
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}},
        "metadata": {"a": "b"},
        "user": "me",
        "some_new_field": {"x": [1]},
    }
    assert (await gateway.ask(**fields)).status_code == 200
    sent = gateway.upstream.chats[-1].json
    assert sent == {"model": "gpt-test", "messages": [{"role": "user", "content": "Hi"}], **fields}


@pytest.mark.parametrize("model", [None, "auto", "gpt-test", "acme:gpt-test"])
async def test_the_model_takes_the_same_names_as_elsewhere(gateway: Gateway, model: str | None) -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}], **({"model": model} if model else {})}
    assert (await gateway.client.post(PATH, json=body)).status_code == 200
    assert gateway.upstream.chats[-1].json["model"] == "gpt-test"


@pytest.mark.req("SYS-REQ-017")
@pytest.mark.parametrize("asked", [None, {}, {"include_usage": False}, {"include_usage": True}])
async def test_a_stream_carries_its_usage_only_where_the_client_asked(gateway: Gateway, asked: Any) -> None:
    chunks = await gateway.chunks(stream_options=asked)
    assert chunks[-1] == "[DONE]"
    assert text_of(chunks) == TEXT
    with_usage = [chunk for chunk in chunks[:-1] if chunk.get("usage")]
    wanted = bool(asked and asked.get("include_usage"))
    assert [chunk["usage"] for chunk in with_usage] == ([USAGE] if wanted else [])
    assert all(chunk["choices"] for chunk in chunks[:-1] if not chunk.get("usage"))
    assert gateway.upstream.chats[-1].json["stream_options"] == {"include_usage": True}, "it is always accounted for"


@pytest.mark.parametrize("name", WHOLE)
async def test_a_vendors_stream_passes_byte_by_byte(gateway: Gateway, name: str) -> None:
    answer = await gateway.ask(f"acme:recording:{name}", stream=True, stream_options={"include_usage": True})
    assert answer.content == recording(name)


async def test_a_stream_that_is_cut_anywhere_passes_whole(gateway: Gateway) -> None:
    gateway.upstream.cut = lambda data: (data[at : at + 3] for at in range(0, len(data), 3))
    try:
        answer = await gateway.ask("acme:recording:openai.txt", stream=True, stream_options={"include_usage": True})
    finally:
        gateway.upstream.cut = None
    assert answer.content == recording("openai.txt")


@pytest.mark.req("TEST-SYS-007", "SYS-REQ-017")
async def test_pieces_arrive_while_later_ones_are_being_made(gateway: Gateway) -> None:
    body = {"model": "acme:paced:0.02", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    async with gateway.client.stream("POST", PATH, json=body) as answer:
        arrivals = [time.monotonic() async for _ in answer.aiter_bytes()]
    assert len(arrivals) > 5 * len(PIECES)
    assert arrivals[-1] - arrivals[0] > 0.5, "they came all together"


@pytest.mark.parametrize("model", ["wait-after-done:30", "wait-after-done:0.05"])
async def test_what_the_connection_does_after_the_last_event_changes_nothing(gateway: Gateway, model: str) -> None:
    started = time.monotonic()
    chunks = await gateway.chunks(f"acme:{model}")
    assert (text_of(chunks), chunks[-1]) == (TEXT, "[DONE]")
    assert time.monotonic() - started < 5


@pytest.mark.req("TEST-INT-001", "SYS-NFR-001", "SYS-NFR-002")
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("model", "status", "code"),
    [
        ("error:400", 400, "validation_error"),
        ("error:400-context", 400, "context_length_exceeded"),
        ("error:401", 502, "provider_auth_error"),
        ("error:404", 404, "model_not_found"),
        ("error:422", 400, "validation_error"),
        ("error:429", 429, "provider_rate_limited"),
        ("error:503", 503, "provider_unavailable"),
        ("drop", 502, "provider_error"),
        ("redirect", 502, "provider_error"),
        ("slow:30", 504, "provider_timeout"),
    ],
)
async def test_a_failure_before_the_first_piece_is_a_plain_error(
    gateway: Gateway, model: str, status: int, code: str, stream: bool
) -> None:
    answer = await gateway.ask(f"acme:{model}", stream=stream)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/json"
    assert PROVIDER_KEY not in answer.text


@pytest.mark.req("SYS-NFR-001", "SYS-NFR-002")
@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("stream-error", "provider_error"),
        ("stream-error:429", "provider_rate_limited"),
        ("error-beside-choices", "provider_rate_limited"),
        ("cut-off", "provider_error"),
        ("cut-off:politely", "provider_error"),
        ("stall", "provider_timeout"),
        ("no-done", "provider_error"),
    ],
)
async def test_a_failure_in_the_middle_is_the_last_event_in_openais_form(
    gateway: Gateway, model: str, code: str
) -> None:
    chunks = await gateway.chunks(f"acme:{model}")
    assert chunks[-1] == "[DONE]"
    assert chunks[-2]["error"]["code"] == code
    assert text_of(chunks[:-2]).startswith("Hel")
    assert PROVIDER_KEY not in json.dumps(chunks)


@pytest.mark.req("SYS-REQ-001")
@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": "Hi"}, "messages"),
        ({"messages": [1]}, "messages.0"),
        ({"temperature": 3}, "temperature"),
        ({"n": 0}, "n"),
        ({"n": 1000}, "n"),
        ({"top_logprobs": 21}, "top_logprobs"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools.0.function.name"),
        ({"stream": "maybe"}, "stream"),
        ({"model": ""}, "model"),
        ({"model": 7}, "model"),
        ({"stop": ["x"] * 17}, "stop"),
    ],
)
async def test_an_invalid_body_is_400_and_names_the_field(
    gateway: Gateway, change: dict[str, Any], param: str
) -> None:
    answer = await gateway.ask(**{"stream": False, **change})
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert (error["code"], error["type"]) == ("validation_error", "invalid_request_error")
    assert error["param"].split(".")[0] == param.split(".", maxsplit=1)[0]


async def test_images_choose_a_model_that_sees(gateway: Gateway) -> None:
    catalogue: Catalogue = gateway.app.state.catalogue
    catalogue.replace_listed("acme", [entry("acme:blind", "acme"), entry("acme:seeing", "acme", images=True)])
    try:
        parts = [{"type": "image_url", "image_url": {"url": png_url()}}]
        body = {"messages": [{"role": "user", "content": parts}]}
        assert (await gateway.client.post(PATH, json=body)).status_code == 200
        assert gateway.upstream.chats[-1].json["model"] == "seeing"
        refused = await gateway.client.post(PATH, json={**body, "model": "acme:blind"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "unsupported_feature")
    finally:
        catalogue.replace_listed("acme", [entry("acme:gpt-test", "acme", images=True)])


async def test_two_choices_stay_apart(gateway: Gateway) -> None:
    chunks = await gateway.chunks("acme:two-choices")
    for index in (0, 1):
        pieces = [
            choice["delta"].get("content", "")
            for chunk in chunks[:-1]
            for choice in chunk["choices"]
            if choice["index"] == index
        ]
        assert "".join(pieces) == f"a{index}b{index}"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_stops_the_work(gateway: Gateway, stream: bool) -> None:
    number = len(gateway.upstream.chats)
    asking = asyncio.create_task(gateway.ask("acme:paced:0.1", stream=stream))
    await gateway.upstream.until(lambda: len(gateway.upstream.chats) > number)
    await asyncio.sleep(0.2)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await gateway.upstream.until(lambda: gateway.upstream.chats[number].left, within_s=1)


async def test_answers_are_never_mixed_up(gateway: Gateway) -> None:
    async def one(number: int) -> None:
        body = {
            "model": f"acme:echo:{number % 5 / 100}",
            "messages": [{"role": "user", "content": f"id-{number}"}],
            "stream": number % 2 == 0,
        }
        answer = await gateway.client.post(PATH, json=body)
        assert f'"id-{number}"' in answer.text
        assert answer.text.count("id-") == 1

    await asyncio.gather(*(one(number) for number in range(80)))
