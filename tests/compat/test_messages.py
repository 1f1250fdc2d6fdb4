"""`POST /v1/messages`, asked by the official client, with providers that are real servers on loopback."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import anthropic
import httpx
import pytest
import pytest_asyncio
from anthropic.types import Message, RawMessageStreamEvent
from fastapi import FastAPI
from pydantic import TypeAdapter

from pluggably.compat.messages import COUNT_PATH, PATH
from pluggably.kit.sse import EventParser
from tests.factories.apps import AUTHORISED, client_of, providers, running_app, served
from tests.factories.apps import KEY as GATEWAY_KEY
from tests.factories.images import png_url
from tests.fakes.openai_server import TEXT, OpenAIServer
from tests.fakes.vendors import KEY, TOKENS, AnthropicServer, GoogleServer
from tests.fakes.vendors import TEXT as VENDORS_TEXT

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.req("SYS-REQ-002", "SYS-REQ-017")]

PROVIDER_KEY = "sk-CANARY-provider"
EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
HELLO: list[Any] = [{"role": "user", "content": "Hi"}]
PNG = png_url(size=(4, 4))
WEATHER: Any = {
    "name": "weather",
    "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@dataclass
class Gateway:
    """A gateway on a real port, its vendors, the official client and a plain one."""

    app: FastAPI
    upstream: OpenAIServer
    anthropic: AnthropicServer
    google: GoogleServer
    official: anthropic.AsyncAnthropic
    client: httpx.AsyncClient

    async def ask(self, model: str = "acme:gpt-test", **more: Any) -> Message:
        return await self.official.messages.create(**{"model": model, "messages": HELLO, "max_tokens": 64, **more})

    async def raw(self, model: str = "acme:gpt-test", path: str = PATH, **more: Any) -> httpx.Response:
        return await self.client.post(path, json={"model": model, "messages": HELLO, "max_tokens": 64, **more})

    async def events(self, model: str = "acme:gpt-test", **more: Any) -> list[dict[str, Any]]:
        """A stream's events, each read with the types of the official client, down to the last field."""
        answer = await self.raw(model, stream=True, **more)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert not [line for line in answer.text.splitlines() if line.startswith(":")], "a comment"
        found = []
        for event in EventParser().feed(answer.content):
            data = json.loads(event.data)
            assert event.event == data["type"]
            if data["type"] not in ("ping", "error"):
                EVENT.validate_python(data, strict=True)
            found.append(data)
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """One for all tests of this file."""
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(OpenAIServer())
        claude, gemini = AnthropicServer(), GoogleServer()
        await stack.enter_async_context(claude)
        await stack.enter_async_context(gemini)
        times = {"connect_s": 1, "first_token_s": 1, "idle_s": 1, "total_s": 10}
        accounts = providers(upstream.base_url, key=PROVIDER_KEY, models="gpt-test", timeouts=times)
        accounts["anthropic"] = {"base_url": claude.base_url, "api_key": KEY}
        accounts["google"] = {"base_url": gemini.base_url, "api_key": KEY}
        app = await stack.enter_async_context(
            running_app(
                tmp_path_factory.mktemp("messages"),
                providers=accounts,
                default_models={"text": "acme:gpt-test"},
                routing={"retries": 0},
            )
        )
        url = await stack.enter_async_context(served(app))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, headers=AUTHORISED, timeout=10))
        official = anthropic.AsyncAnthropic(base_url=url, api_key=GATEWAY_KEY, max_retries=0)
        yield Gateway(app, upstream, claude, gemini, await stack.enter_async_context(official), client)


def texts_of(events: list[dict[str, Any]]) -> str:
    return "".join(event["delta"].get("text", "") for event in events if event["type"] == "content_block_delta")


def blocks_in_order(events: list[dict[str, Any]]) -> list[str]:
    """The kinds of the blocks; fails where they are not opened and closed one after the other."""
    kinds: list[str] = []
    is_open = False
    for event in events:
        match event["type"]:
            case "content_block_start":
                assert not is_open
                assert event["index"] == len(kinds)
                kinds.append(event["content_block"]["type"])
                is_open = True
            case "content_block_delta":
                assert is_open
                assert event["index"] == len(kinds) - 1
            case "content_block_stop":
                assert is_open
                assert event["index"] == len(kinds) - 1
                is_open = False
    assert not is_open
    return kinds


async def test_a_whole_answer_is_a_message(gateway: Gateway) -> None:
    message = await gateway.ask()
    assert [block.model_dump(exclude_none=True) for block in message.content] == [{"type": "text", "text": TEXT}]
    assert (message.type, message.role, message.model) == ("message", "assistant", "acme:gpt-test")
    assert (message.stop_reason, message.stop_sequence) == ("end_turn", None)
    assert (message.usage.input_tokens, message.usage.output_tokens) == (9, 5)
    assert message.id.startswith("msg_")
    assert message._request_id is not None
    assert message.id.endswith(message._request_id)


async def test_a_stream_has_the_vendors_events_and_no_others(gateway: Gateway) -> None:
    events = await gateway.events()
    kinds = [event["type"] for event in events]
    assert (kinds[0], kinds[-2], kinds[-1]) == ("message_start", "message_delta", "message_stop")
    assert blocks_in_order(events) == ["text"]
    assert texts_of(events) == TEXT
    assert events[-2]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert events[-2]["usage"] == {"input_tokens": 9, "output_tokens": 5}


async def test_the_official_client_follows_a_stream(gateway: Gateway) -> None:
    async with gateway.official.messages.stream(model="acme:gpt-test", messages=HELLO, max_tokens=64) as stream:
        pieces = [piece async for piece in stream.text_stream]
        message = await stream.get_final_message()
    assert len(pieces) > 2
    assert "".join(pieces) == TEXT == message.content[0].text  # type: ignore[union-attr]
    assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == ("end_turn", 9, 5)


async def test_pieces_arrive_while_later_ones_are_being_made(gateway: Gateway) -> None:
    body = {"model": "acme:paced:0.02", "messages": HELLO, "max_tokens": 64, "stream": True}
    async with gateway.client.stream("POST", PATH, json=body) as answer:
        arrivals = [time.monotonic() async for _ in answer.aiter_bytes()]
    assert arrivals[-1] - arrivals[0] > 0.5, "they came all together"


async def test_the_request_reaches_a_provider_in_its_own_language(gateway: Gateway) -> None:
    answer = await gateway.raw(
        system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "How is it?"}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "x"},
                    {"type": "text", "text": "I'll look."},
                    {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Rome"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": "Rain.", "is_error": True},
                    {"type": "text", "text": "And now?"},
                ],
            },
        ],
        tools=[WEATHER],
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
        stop_sequences=["END"],
        temperature=0.5,
        top_p=0.9,
        top_k=5,
        metadata={"user_id": "me"},
        service_tier="auto",
    )
    assert answer.status_code == 200, answer.text
    function = {"name": "weather", "parameters": WEATHER["input_schema"], "description": WEATHER["description"]}
    call = {"id": "toolu_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}
    assert gateway.upstream.chats[-1].json == {
        "model": "gpt-test",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "How is it?"},
            {"role": "assistant", "content": "I'll look.", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "toolu_1", "content": "Error: Rain."},
            {"role": "user", "content": "And now?"},
        ],
        "max_tokens": 64,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 5,
        "stop": ["END"],
        "tools": [{"type": "function", "function": function}],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
    }


async def test_images_are_passed_on(gateway: Gateway) -> None:
    source: Any = {"type": "base64", "media_type": "image/png", "data": PNG.partition(",")[2]}
    content: Any = [{"type": "image", "source": source}, {"type": "text", "text": "What is it?"}]
    await gateway.ask("acme:seeing", messages=[{"role": "user", "content": content}])
    assert gateway.upstream.chats[-1].json["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": PNG}},
        {"type": "text", "text": "What is it?"},
    ]


async def test_images_at_an_address_are_fetched_by_the_gateways_rules(gateway: Gateway) -> None:
    source: Any = {"type": "url", "url": "http://127.0.0.1:9/cat.png"}
    content: Any = [{"type": "image", "source": source}]
    answer = await gateway.raw("acme:seeing", messages=[{"role": "user", "content": content}])
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "blocked_url")


@pytest.mark.parametrize("stream", [False, True])
async def test_thoughts_are_blocks_of_their_own(gateway: Gateway, stream: bool) -> None:
    model = "acme:recording:deepseek.txt" if stream else "google:thinking"
    if stream:
        events = await gateway.events(model)
        assert blocks_in_order(events) == ["thinking", "text"]
        return
    message = await gateway.ask(model)
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.content[0].thinking  # type: ignore[union-attr]


async def test_calls_of_tools_stream_as_blocks(gateway: Gateway) -> None:
    events = await gateway.events("acme:recording:openai_tools.txt", tools=[WEATHER])
    kinds = blocks_in_order(events)
    assert kinds[-2:] == ["tool_use", "tool_use"]
    assert events[-2]["delta"]["stop_reason"] == "tool_use"
    for index, kind in enumerate(kinds):
        if kind == "tool_use":
            pieces = [
                event["delta"]["partial_json"]
                for event in events
                if event["type"] == "content_block_delta" and event["index"] == index
            ]
            assert isinstance(json.loads("".join(pieces) or "{}"), dict)


@pytest.mark.parametrize("stream", [False, True])
async def test_what_a_vendor_wants_back_with_its_calls_comes_back_in_a_loop_of_tools(
    gateway: Gateway, stream: bool
) -> None:
    asked: dict[str, Any] = {"model": "google:tools", "max_tokens": 64, "tools": [WEATHER]}
    if stream:
        async with gateway.official.messages.stream(messages=HELLO, **asked) as answer:
            message: Message = await answer.get_final_message()
    else:
        message = await gateway.ask(**asked)
    assert message.stop_reason == "tool_use"
    calls = [block for block in message.content if block.type == "tool_use"]
    assert [(call.name, call.input) for call in calls] == [("weather", {"city": "Zürich"}), ("time", {})]
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "7"} for call in calls]
    history = [*HELLO, {"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
    await gateway.ask("google:plain", messages=history, tools=[WEATHER])
    parts = gateway.google.asked[-1].body["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts if "functionCall" in part] == ["CiQB", None]


async def test_an_answer_that_was_cut_off_says_so(gateway: Gateway) -> None:
    assert (await gateway.ask("google:length")).stop_reason == "max_tokens"


async def test_what_is_left_out_without_harm_is_told(gateway: Gateway) -> None:
    thinking = {"type": "enabled", "budget_tokens": 1024}
    answer = (await gateway.raw(thinking=thinking)).json()
    assert any("thinking" in warning for warning in answer["warnings"])
    events = await gateway.events(thinking=thinking)
    assert events[0]["message"]["warnings"] == answer["warnings"]
    assert "reasoning_effort" not in gateway.upstream.chats[-1].json


async def test_thoughts_are_asked_for_where_the_model_has_them(gateway: Gateway) -> None:
    await gateway.ask("google:plain", max_tokens=4096, thinking={"type": "enabled", "budget_tokens": 1024})
    assert gateway.google.asked[-1].body["generationConfig"]["thinkingConfig"]["thinkingLevel"] == "low"


@pytest.mark.req("TEST-INT-001", "SYS-NFR-001", "SYS-NFR-002")
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("model", "status", "kind", "code"),
    [
        ("acme:error:400", 400, "invalid_request_error", "validation_error"),
        ("acme:error:400-context", 400, "invalid_request_error", "context_length_exceeded"),
        ("acme:error:401", 502, "api_error", "provider_auth_error"),
        ("acme:error:402", 402, "billing_error", "credits_exhausted"),
        ("acme:error:404", 404, "not_found_error", "model_not_found"),
        ("acme:error:413", 413, "request_too_large", "payload_too_large"),
        ("acme:error:429", 429, "rate_limit_error", "provider_rate_limited"),
        ("acme:error:503", 529, "overloaded_error", "provider_unavailable"),
        ("acme:drop", 502, "api_error", "provider_error"),
        ("acme:slow:30", 504, "timeout_error", "provider_timeout"),
        ("nobody", 404, "not_found_error", "model_not_found"),
        ("anthropic:error-529", 529, "overloaded_error", "provider_unavailable"),
        ("anthropic:error-429", 429, "rate_limit_error", "provider_rate_limited"),
    ],
)
async def test_a_failure_before_the_first_piece_is_a_plain_error(
    gateway: Gateway, model: str, status: int, kind: str, code: str, stream: bool
) -> None:
    answer = await gateway.raw(model, stream=stream)
    body = answer.json()
    assert (answer.status_code, body["type"], body["error"]["type"], body["error"]["code"]) == (
        status, "error", kind, code,
    )  # fmt: skip
    assert body["request_id"] == answer.headers["request-id"] == answer.headers["x-request-id"]
    assert (answer.headers.get("retry-after") is not None) == (body["error"]["retry_after"] is not None)
    assert PROVIDER_KEY not in answer.text
    assert KEY not in answer.text


@pytest.mark.req("SYS-NFR-001", "SYS-NFR-002")
@pytest.mark.parametrize(
    ("model", "code", "kind"),
    [
        ("acme:stream-error", "provider_error", "api_error"),
        ("acme:stream-error:429", "provider_rate_limited", "rate_limit_error"),
        ("acme:cut-off", "provider_error", "api_error"),
        ("acme:stall", "provider_timeout", "timeout_error"),
        ("anthropic:error_inside", "provider_unavailable", "overloaded_error"),
        ("anthropic:cut_off", "provider_error", "api_error"),
        ("anthropic:hang", "provider_error", "api_error"),
    ],
)
async def test_a_failure_in_the_middle_is_the_last_event(gateway: Gateway, model: str, code: str, kind: str) -> None:
    events = await gateway.events(model)
    assert [event["type"] for event in events if event["type"] == "error"] == ["error"]
    assert (events[-1]["error"]["code"], events[-1]["error"]["type"]) == (code, kind)
    assert texts_of(events)
    assert "message_stop" not in [event["type"] for event in events]
    assert KEY not in json.dumps(events)


async def test_the_official_client_raises_what_ends_a_stream(gateway: Gateway) -> None:
    with pytest.raises(anthropic.APIStatusError) as failure:
        async with gateway.official.messages.stream(
            model="acme:stream-error:429", messages=HELLO, max_tokens=64
        ) as stream:
            _ = [piece async for piece in stream.text_stream]
    assert failure.value.type == "rate_limit_error"


@pytest.mark.req("SYS-REQ-001")
@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages.0.content.0.text"),
        ({"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "messages.0.content.0.source"),
        ({"messages": [{"role": "user", "content": [{}]}]}, "messages.0.content"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"temperature": 1.5}, "temperature"),
        ({"model": 7}, "model"),
        ({"tools": [{"name": "f"}]}, "tools.0.input_schema"),
        ({"tools": [{"input_schema": {"type": "object"}}]}, "tools.0.name"),
        ({"tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tools": [WEATHER], "tool_choice": {"type": "tool"}}, "tool_choice.name"),
        ({"output_config": {"format": {"type": "xml"}}}, "output_config.format.type"),
    ],
)
async def test_an_invalid_body_is_400_and_names_the_field(
    gateway: Gateway, change: dict[str, Any], param: str
) -> None:
    answer = await gateway.raw(**change)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"]) == (400, "invalid_request_error", "validation_error")
    assert error["param"] == param


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools.0"),
        ({"mcp_servers": [{"type": "url", "url": "https://mcp.example", "name": "m"}]}, "mcp_servers"),
        (
            {"messages": [{"role": "user", "content": [{"type": "document", "source": {}}]}]},
            "messages.0.content.0",
        ),
    ],
)
async def test_what_only_the_vendor_can_do_is_refused_elsewhere(
    gateway: Gateway, change: dict[str, Any], param: str
) -> None:
    answer = await gateway.raw(**change)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "unsupported_feature", param)
    # Where Anthropic itself serves, its own word counts.
    assert (await gateway.raw("anthropic:plain", **change)).status_code == 200


@pytest.mark.req("SYS-REQ-014")
async def test_who_may_not_come_in_is_told_before_the_body_is_read(gateway: Gateway) -> None:
    answer = await gateway.client.post(PATH, headers={"x-api-key": "wrong"}, content=b"{", timeout=5)
    assert answer.status_code == 415
    bad = {"x-api-key": "wrong", "content-type": "application/json"}
    answer = await gateway.client.post(PATH, headers=bad, content=b"{")
    assert (answer.status_code, answer.json()["type"], answer.json()["error"]["type"]) == (
        401, "error", "authentication_error",
    )  # fmt: skip
    async with anthropic.AsyncAnthropic(
        base_url=str(gateway.client.base_url), api_key="wrong", max_retries=0
    ) as stranger:
        with pytest.raises(anthropic.AuthenticationError) as refusal:
            await stranger.messages.create(model="auto", messages=HELLO, max_tokens=4)
        with pytest.raises(anthropic.AuthenticationError):
            await stranger.messages.count_tokens(model="auto", messages=HELLO)
    assert refusal.value.type == "authentication_error"
    assert refusal.value.request_id is not None


async def test_a_bearer_token_serves_as_well(gateway: Gateway) -> None:
    async with anthropic.AsyncAnthropic(
        base_url=str(gateway.client.base_url), auth_token=GATEWAY_KEY, api_key=None, max_retries=0
    ) as client:
        assert (await client.messages.create(model="auto", messages=HELLO, max_tokens=4)).content


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", PATH, 405, "invalid_request_error"),
        ("GET", COUNT_PATH, 405, "invalid_request_error"),
        ("POST", f"{PATH}/nothing", 404, "not_found_error"),
        ("GET", f"{PATH}/batches", 404, "not_found_error"),
    ],
)
async def test_everything_below_the_path_fails_in_its_envelope(
    gateway: Gateway, method: str, path: str, status: int, kind: str
) -> None:
    answer = await gateway.client.request(method, path, json={} if method == "POST" else None)
    body = answer.json()
    assert (answer.status_code, body["type"], body["error"]["type"]) == (status, "error", kind)
    assert body["request_id"] == answer.headers["request-id"]


async def test_other_paths_keep_their_envelope(gateway: Gateway) -> None:
    answer = await gateway.client.get("/v1/messagesx")
    assert set(answer.json()) == {"error"}
    assert "request-id" not in answer.headers


async def test_a_body_that_is_too_large_is_told_in_the_envelope(gateway: Gateway) -> None:
    headers = {**AUTHORISED, "content-type": "application/json", "content-length": str(10**12)}
    async with client_of(gateway.app, headers=headers) as client:
        answer = await client.post(PATH, content=b"")
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "request_too_large")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["acme:paced:0.1", "anthropic:endless"])
async def test_a_client_that_leaves_stops_the_work(gateway: Gateway, model: str, stream: bool) -> None:
    upstream: Any = gateway.upstream if model.startswith("acme") else gateway.anthropic
    if upstream is gateway.anthropic and not stream:
        model = "anthropic:slow-30"
    asked = (lambda: gateway.upstream.chats) if model.startswith("acme") else (lambda: gateway.anthropic.asked)
    number = len(asked())
    asking = asyncio.create_task(gateway.raw(model, stream=stream))
    async with asyncio.timeout(5):
        while len(asked()) <= number:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    async with asyncio.timeout(5):
        while not asked()[number].left:
            await asyncio.sleep(0.01)


async def test_answers_are_never_mixed_up(gateway: Gateway) -> None:
    async def one(number: int) -> None:
        messages = [{"role": "user", "content": f"id-{number}"}]
        answer = await gateway.raw(f"acme:echo:{number % 5 / 100}", messages=messages, stream=number % 2 == 0)
        assert f'"id-{number}"' in answer.text
        assert answer.text.count("id-") == 1

    await asyncio.gather(*(one(number) for number in range(80)))


async def test_it_is_accounted_for_like_any_other_request(gateway: Gateway) -> None:
    async def used() -> dict[str, Any]:
        rows = (await gateway.client.get("/v1/usage")).json()["usage"]
        return next((row for row in rows if row["model"] == "acme:gpt-counted"), {})

    await gateway.raw("acme:gpt-counted")
    await gateway.raw("acme:gpt-counted", stream=True)
    async with asyncio.timeout(10):
        while (await used()).get("requests") != 2:
            await asyncio.sleep(0.05)
    assert ((await used())["prompt_tokens"], (await used())["completion_tokens"]) == (18, 10)


# Where the provider is Anthropic itself
async def test_anthropics_own_answer_passes_as_it_is(gateway: Gateway) -> None:
    answer = await gateway.raw("anthropic:thinking_tools")
    assert answer.content == gateway.anthropic.recorded("thinking_tools.json")


@pytest.mark.parametrize("name", ["plain", "thinking_tools", "tools", "unknown", "length"])
@pytest.mark.parametrize("size", [None, 1, 7])
async def test_anthropics_own_stream_passes_byte_by_byte(gateway: Gateway, name: str, size: int | None) -> None:
    if size is not None:
        gateway.anthropic.cut = lambda data: (data[at : at + size] for at in range(0, len(data), size))
    try:
        answer = await gateway.raw(f"anthropic:{name}", stream=True)
    finally:
        gateway.anthropic.cut = None
    assert answer.content == gateway.anthropic.recorded(f"{name}.txt")


async def test_anthropic_gets_the_request_as_it_came(gateway: Gateway) -> None:
    fields: dict[str, Any] = {
        "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "messages": [
            {"role": "user", "content": [{"type": "document", "source": {"type": "text", "data": "d"}}]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "EqQB"}]},
            {"role": "user", "content": "Go on."},
        ],
        "tools": [{"type": "web_search_20250305", "name": "web_search"}],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "metadata": {"user_id": "me"},
        "some_new_field": {"x": [1]},
    }
    body = {"model": "anthropic:plain", "max_tokens": 2048, **fields}
    answer = await gateway.client.post(PATH, json=body, headers={"anthropic-beta": "a-2026-01-01,b"})
    assert answer.status_code == 200, answer.text
    asked = gateway.anthropic.asked[-1]
    assert asked.body == {**body, "model": "plain", "stream": False}
    assert asked.headers["anthropic-beta"] == "a-2026-01-01,b"


async def test_thoughts_that_anthropic_never_signed_stay_behind(gateway: Gateway) -> None:
    ours = await gateway.ask("google:tools", tools=[WEATHER])
    unsigned = {"type": "thinking", "thinking": "Hm.", "signature": ""}
    content = [unsigned, *(block.model_dump(exclude_none=True) for block in ours.content)]
    calls = [block for block in content if block["type"] == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": call["id"], "content": "7"} for call in calls]
    history = [
        *HELLO,
        {"role": "assistant", "content": [unsigned]},
        {"role": "assistant", "content": content},
        {"role": "user", "content": results},
    ]
    await gateway.ask("anthropic:plain", messages=history, tools=[WEATHER])
    sent = gateway.anthropic.asked[-1].body["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "user"]
    assert {block["type"] for block in sent[1]["content"]} == {"text", "tool_use"}


@pytest.mark.parametrize("stream", [False, True])
async def test_tokens_that_pass_are_counted_all_the_same(gateway: Gateway, stream: bool) -> None:
    model = f"anthropic:{'length' if stream else 'json'}"

    async def used() -> dict[str, Any]:
        rows = (await gateway.client.get("/v1/usage")).json()["usage"]
        return next((row for row in rows if row["model"] == model), {})

    before = (await used()).get("requests", 0), (await used()).get("prompt_tokens", 0)
    assert (await gateway.raw(model, stream=stream)).status_code == 200
    async with asyncio.timeout(10):
        while (await used()).get("requests", 0) <= before[0]:
            await asyncio.sleep(0.05)
    assert (await used())["prompt_tokens"] - before[1] == 19, "those of the cache among them"


async def test_the_official_client_reads_signed_thoughts_and_calls_that_passed(gateway: Gateway) -> None:
    async with gateway.official.messages.stream(
        model="anthropic:thinking", messages=HELLO, max_tokens=64, tools=[WEATHER]
    ) as stream:
        kinds = [event.type async for event in stream]
    assert "message_stop" in kinds
    message = await gateway.ask("anthropic:plain")
    assert message.content[0].text == VENDORS_TEXT  # type: ignore[union-attr]


# Counting tokens
@pytest.mark.parametrize("model", ["anthropic:plain", "google:plain"])
async def test_tokens_are_counted_by_the_provider(gateway: Gateway, model: str) -> None:
    counted = await gateway.official.messages.count_tokens(
        model=model, messages=HELLO, system="Be brief.", tools=[WEATHER], tool_choice={"type": "auto"}
    )
    assert counted.input_tokens == TOKENS
    server = gateway.anthropic if model.startswith("anthropic") else gateway.google
    asked = server.asked[-1]
    if server is gateway.anthropic:
        assert (asked.path, asked.body["system"], asked.body["model"]) == (COUNT_PATH, "Be brief.", "plain")
        assert "stream" not in asked.body
        assert asked.body["tools"] == [WEATHER]
    else:
        inner = asked.body["generateContentRequest"]
        assert asked.path == "/v1beta/models/plain:countTokens"
        assert (inner["model"], inner["contents"]) == ("models/plain", [{"role": "user", "parts": [{"text": "Hi"}]}])
        assert {"systemInstruction", "tools"} <= set(inner)


async def test_no_number_is_made_up_where_nobody_counts(gateway: Gateway) -> None:
    with pytest.raises(anthropic.BadRequestError) as refusal:
        await gateway.official.messages.count_tokens(model="acme:gpt-test", messages=HELLO)
    error: Any = refusal.value.body
    assert (error["error"]["code"], error["error"]["param"]) == ("unsupported_feature", "model")


async def test_a_failure_of_the_count_is_the_vendors(gateway: Gateway) -> None:
    answer = await gateway.client.post(COUNT_PATH, json={"model": "anthropic:error-529", "messages": HELLO})
    assert (answer.status_code, answer.json()["error"]["type"]) == (529, "overloaded_error")


async def test_a_count_takes_what_is_part_of_the_prompt_and_nothing_else(gateway: Gateway) -> None:
    answer = await gateway.client.post(
        COUNT_PATH, json={"model": "google:plain", "messages": HELLO, "temperature": 1}
    )
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "temperature")
