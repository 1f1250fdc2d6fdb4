"""Every text vendor behind a real gateway on loopback, asked by the official OpenAI client and by /v1/generate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import openai
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.factories.apps import AUTHORISED, running_app, served
from tests.factories.apps import KEY as GATEWAY_KEY
from tests.factories.images import png_url
from tests.fakes.vendors import KEY, TEXT, AnthropicServer, AzureServer, GoogleServer, ResponsesServer, Vendor

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.req("SYS-REQ-002", "SYS-REQ-017")]

SERVERS: dict[str, type[Vendor]] = {
    "anthropic": AnthropicServer,
    "google": GoogleServer,
    "openai_responses": ResponsesServer,
    "xai": ResponsesServer,
    "azure": AzureServer,
}
PNG = png_url(size=(4, 4))
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


@dataclass
class Gateway:
    """A gateway, its vendors, and two clients."""

    app: FastAPI
    vendors: dict[str, Vendor]
    client: httpx.AsyncClient
    openai: openai.AsyncOpenAI

    async def generate(self, model: str, **more: Any) -> httpx.Response:
        return await self.client.post("/v1/generate", json={"model": model, "input": {"prompt": "Hi"}, **more})

    async def chat(self, model: str, **more: Any) -> Any:
        messages = more.pop("messages", [{"role": "user", "content": "Hi"}])
        return await self.openai.chat.completions.create(model=model, messages=messages, **more)

    async def pieces(self, model: str, **more: Any) -> list[Any]:
        stream = await self.chat(model, stream=True, stream_options={"include_usage": True}, **more)
        return [chunk async for chunk in stream]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """One for all tests of this file."""
    async with AsyncExitStack() as stack:
        vendors: dict[str, Vendor] = {}
        accounts: dict[str, Any] = {}
        for name, server in SERVERS.items():
            vendors[name] = await stack.enter_async_context(server())
            accounts[name] = {"base_url": vendors[name].base_url, "api_key": KEY}
        app = await stack.enter_async_context(
            running_app(
                tmp_path_factory.mktemp("gateway"),
                providers=accounts,
                timeouts={"first_token_s": 1},
                routing={"retries": 0},
            )
        )
        url = await stack.enter_async_context(served(app))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, headers=AUTHORISED, timeout=20))
        official = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=GATEWAY_KEY, max_retries=0)
        yield Gateway(app, vendors, client, await stack.enter_async_context(official))


everywhere = pytest.mark.parametrize("name", SERVERS)


def cut_in_threes(event: bytes) -> Iterable[bytes]:
    """Also inside a character of several bytes."""
    return (event[start : start + 3] for start in range(0, len(event), 3))


def text_of(chunks: list[Any]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


@everywhere
async def test_the_official_client_gets_an_answer_with_its_usage(gateway: Gateway, name: str) -> None:
    completion = await gateway.chat(f"{name}:plain", max_tokens=9)
    assert completion.choices[0].message.content == TEXT
    assert completion.choices[0].finish_reason == "stop"
    usage = completion.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (19, 10, 29)
    assert usage.prompt_tokens_details.cached_tokens == 6
    assert usage.completion_tokens_details.reasoning_tokens == 4


@everywhere
@pytest.mark.parametrize("cut", [None, cut_in_threes])
async def test_the_official_client_reads_a_stream_however_it_is_cut(
    gateway: Gateway, name: str, cut: Callable[[bytes], Iterable[bytes]] | None
) -> None:
    gateway.vendors[name].cut = cut
    chunks = await gateway.pieces(f"{name}:plain")
    gateway.vendors[name].cut = None
    assert text_of(chunks) == (TEXT if name != "azure" else "Hello there")
    assert chunks[-1].usage.total_tokens == 29
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason] == [
        "stop" if name != "azure" else "content_filter"
    ]


@everywhere
@pytest.mark.parametrize("stream", [False, True])
async def test_tools_come_through_in_both_directions(gateway: Gateway, name: str, stream: bool) -> None:
    calls: list[Any] = []
    if stream:
        parts: dict[int, dict[str, str]] = {}
        for chunk in await gateway.pieces(f"{name}:tools", tools=[WEATHER]):
            for piece in (piece for choice in chunk.choices for piece in choice.delta.tool_calls or ()):
                call = parts.setdefault(piece.index, {"id": "", "name": "", "arguments": ""})
                call["id"] += piece.id or ""
                call["name"] += piece.function.name or ""
                call["arguments"] += piece.function.arguments or ""
        calls = [parts[index] for index in sorted(parts)]
    else:
        message = (await gateway.chat(f"{name}:tools", tools=[WEATHER])).choices[0].message
        calls = [
            {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}
            for call in message.tool_calls
        ]
    assert len(calls) == 2
    assert all(call["id"] and call["name"] and json.loads(call["arguments"]) is not None for call in calls)
    history = [
        {"role": "user", "content": "Hi"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {
                    "id": call["id"],
                    "type": "function",
                    "function": {"name": call["name"], "arguments": call["arguments"]},
                }
                for call in calls
            ],
        },
        *({"role": "tool", "tool_call_id": call["id"], "content": "Sunny"} for call in calls),
    ]
    completion = await gateway.chat(f"{name}:plain", messages=history, tools=[WEATHER])
    assert completion.choices[0].message.content == TEXT
    assert json.dumps(gateway.vendors[name].asked[-1].body).count("Sunny") == 2


@everywhere
async def test_an_image_reaches_the_vendor(gateway: Gateway, name: str) -> None:
    content = [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": PNG}}]
    await gateway.chat(f"{name}:plain", messages=[{"role": "user", "content": content}])
    assert PNG.partition(",")[2] in json.dumps(gateway.vendors[name].asked[-1].body)


@everywhere
async def test_a_json_schema_reaches_the_vendor(gateway: Gateway, name: str) -> None:
    schema = {"type": "object", "properties": {"city": {"const": "CANARY-SCHEMA"}}, "required": ["city"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "c", "schema": schema}}
    completion = await gateway.chat(f"{name}:json", response_format=wanted)
    assert json.loads(completion.choices[0].message.content) == {"city": "Bern"}
    assert "CANARY-SCHEMA" in json.dumps(gateway.vendors[name].asked[-1].body)


@pytest.mark.parametrize("name", [name for name in SERVERS if name != "azure"])
async def test_generate_tells_thoughts_and_streams_them(gateway: Gateway, name: str) -> None:
    body = (await gateway.generate(f"{name}:thinking")).json()
    assert (body["output"]["text"], body["output"]["reasoning"]) == ("Forty-two", "Six times seven.")
    streamed = await gateway.generate(f"{name}:thinking", stream=True)
    assert "Six times" in streamed.text
    assert '"finish_reason":"stop"' in streamed.text


@pytest.mark.parametrize(("name", "model"), [("anthropic", "thinking_tools"), ("google", "tools")])
@pytest.mark.parametrize("stream", [False, True])
async def test_what_belongs_to_a_call_reaches_the_caller(
    gateway: Gateway, name: str, model: str, stream: bool
) -> None:
    if stream:
        chunks = await gateway.pieces(f"{name}:{model}", tools=[WEATHER])
        first = next(piece for chunk in chunks for choice in chunk.choices for piece in choice.delta.tool_calls or ())
    else:
        first = (await gateway.chat(f"{name}:{model}", tools=[WEATHER])).choices[0].message.tool_calls[0]
    assert name in first.model_extra["extra_content"]
    reply = await gateway.generate(f"{name}:{model}", parameters={"tools": [WEATHER]}, stream=stream)
    assert '"extra_content":' in reply.text


async def test_what_is_left_out_is_told_in_the_warnings(gateway: Gateway) -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "system", "content": "Be brief."}]
    body = {"model": "anthropic:plain", "input": {"messages": messages}}
    (warning,) = (await gateway.client.post("/v1/generate", json=body)).json()["warnings"]
    assert "`messages`" in warning
    completion = await gateway.chat("anthropic:plain", messages=messages, store=True)
    assert [text.split("`")[1] for text in completion.model_extra["warnings"]] == ["messages", "store"]
    chunks = await gateway.pieces("google:plain", store=True)
    assert [text.split("`")[1] for text in chunks[0].model_extra["warnings"]] == ["store"]
    assert all("warnings" not in chunk.model_extra for chunk in chunks[1:])


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("anthropic", {"temperature": 1.5}),
        ("anthropic", {"seed": 3}),
        ("google", {"seed": 2**40}),
        ("openai_responses", {"stop": "END"}),
    ],
)
async def test_a_models_schema_is_its_vendors(gateway: Gateway, name: str, parameters: dict[str, Any]) -> None:
    reply = await gateway.generate(f"{name}:plain", parameters=parameters)
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "validation_error")
    assert f"parameters.{next(iter(parameters))}" in reply.text


async def test_parameters_of_the_vendors_own_arrive(gateway: Gateway) -> None:
    await gateway.generate("anthropic:plain", parameters={"top_k": 5, "reasoning_effort": "low"})
    sent = gateway.vendors["anthropic"].asked[-1].body
    assert (sent["top_k"], sent["output_config"]) == (5, {"effort": "low"})


async def test_the_vendors_models_are_listed_from_every_page(gateway: Gateway) -> None:
    wanted = {
        "anthropic:claude-test", "anthropic:claude-other", "google:gemini-test", "google:gemini-other",
        "openai_responses:gpt-test", "xai:gpt-other",
    }  # fmt: skip
    async with asyncio.timeout(10):
        while True:
            listed = {row["id"] for row in (await gateway.client.get("/v1/models?limit=200")).json()["models"]}
            if wanted <= listed:
                break
            await asyncio.sleep(0.05)
    assert "google:embedding-test" not in listed
    row = (await gateway.client.get("/v1/models/anthropic:claude-test")).json()
    assert row["capabilities"]["max_context_tokens"] == 200_000
    assert row["parameters"]["properties"]["temperature"]["maximum"] == 1
    assert "seed" not in row["parameters"]["properties"]
    assert "top_k" in row["parameters"]["properties"]


@pytest.mark.req("TEST-INT-001", "SYS-NFR-002")
@pytest.mark.parametrize(
    ("model", "status", "code", "wait"),
    [
        ("anthropic:error-401", 502, "provider_auth_error", None),
        ("anthropic:error-402", 402, "credits_exhausted", None),
        ("anthropic:error-429", 429, "provider_rate_limited", 17),
        ("anthropic:error-529", 503, "provider_unavailable", 5),
        ("anthropic:refused", 400, "content_refused", None),
        ("anthropic:html", 502, "provider_error", None),
        ("anthropic:slow-5", 504, "provider_timeout", None),
        ("anthropic:disconnect", 502, "provider_error", None),
        ("google:error-400-key", 502, "provider_auth_error", None),
        ("google:error-429", 429, "provider_rate_limited", 17),
        ("google:error-503", 503, "provider_unavailable", 5),
        ("google:error-400-context", 400, "context_length_exceeded", None),
        ("google:blocked", 400, "content_refused", None),
        ("google:refused", 400, "content_refused", None),
        ("google:html", 502, "provider_error", None),
        ("google:slow-5", 504, "provider_timeout", None),
        ("openai_responses:error-401", 502, "provider_auth_error", None),
        ("openai_responses:error-400", 400, "unsupported_feature", None),
        ("openai_responses:error-429-ms", 429, "provider_rate_limited", 2.5),
        ("openai_responses:error-502-html", 502, "provider_error", None),
        ("openai_responses:refused", 400, "content_refused", None),
        ("openai_responses:disconnect", 502, "provider_error", None),
        ("azure:error-401", 502, "provider_auth_error", None),
        ("azure:error-404", 404, "model_not_found", None),
        ("azure:error-400-refused", 400, "content_refused", None),
        ("azure:error-429", 429, "provider_rate_limited", 17),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_vendors_failure_is_the_same_standard_error_everywhere(
    gateway: Gateway, model: str, status: int, code: str, wait: float | None, stream: bool
) -> None:
    reply = await gateway.generate(model, stream=stream)
    if stream:
        last = [line for line in reply.text.splitlines() if line.startswith("data: {")][-1]
        error = json.loads(last.removeprefix("data: "))["error"]
    else:
        assert reply.status_code == status
        error = reply.json()["error"]
    assert (error["code"], error["retry_after"]) == (code, wait)
    assert KEY not in reply.text
    with pytest.raises(openai.APIError) as caught:
        await gateway.pieces(model) if stream else await gateway.chat(model)
    assert KEY not in str(caught.value)
    assert code in str(caught.value) or caught.value.code == code


@pytest.mark.req("TEST-INT-001")
@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("anthropic:error", "provider_unavailable"),
        ("anthropic:hang-up", "provider_error"),
        ("anthropic:cut_off", "provider_error"),
        ("google:error", "provider_unavailable"),
        ("google:hang-up", "provider_error"),
        ("google:cut_off", "provider_error"),
        ("openai_responses:error", "provider_rate_limited"),
        ("openai_responses:hang-up", "provider_error"),
        ("openai_responses:cut_off", "provider_error"),
    ],
)
async def test_a_stream_that_breaks_ends_with_its_error(gateway: Gateway, model: str, code: str) -> None:
    # `error` alone is a recorded stream; with a dash it is an answer of its own.
    reply = await gateway.generate(model if not model.endswith(":error") else f"{model}_inside", stream=True)
    lines = [line for line in reply.text.splitlines() if line.startswith("data: {")]
    assert "Grü" in reply.text
    assert json.loads(lines[-1].removeprefix("data: "))["error"]["code"] == code


@pytest.mark.req("SYS-NFR-003")
@pytest.mark.parametrize("name", ["anthropic", "google", "openai_responses"])
async def test_a_client_that_leaves_an_endless_stream_stops_the_vendor(gateway: Gateway, name: str) -> None:
    body = {"model": f"{name}:endless", "input": {"prompt": "Hi"}, "stream": True}
    async with gateway.client.stream("POST", "/v1/generate", json=body) as reply:
        async for line in reply.aiter_lines():
            if "delta" in line:
                break
    asked = gateway.vendors[name].asked[-1]
    async with asyncio.timeout(5):
        while not asked.left:
            await asyncio.sleep(0.02)


@pytest.mark.req("SYS-NFR-001")
async def test_the_vendors_key_is_in_no_metric_and_no_answer(gateway: Gateway) -> None:
    for path in ("/metrics", "/v1/models", "/health", "/openapi.json"):
        assert KEY not in (await gateway.client.get(path)).text
    assert all(vendor.asked for vendor in gateway.vendors.values())
