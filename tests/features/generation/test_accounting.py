"""What an answer costs that was whole, cut off, left or cancelled: in the response, the metrics and `/v1/usage`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select

from pluggably.contract.text import TextRequest
from pluggably.features.generation.estimate import prompt_tokens
from pluggably.tables.requests import RequestTable
from tests.factories.apps import AUTHORISED, providers, running_app, served
from tests.fakes.openai_server import USAGE, OpenAIServer
from tests.fakes.vendors import KEY as VENDOR_KEY
from tests.fakes.vendors import AnthropicServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

GENERATE, CHAT = "/v1/generate", "/v1/chat/completions"
PROMPT = "Tell me something about the sea."
PRICING = {"input_per_million_usd": 1e6, "output_per_million_usd": 1e9, "cached_input_per_million_usd": 1e3}
"""One dollar for a token of the prompt, a thousand for one of the answer, a tenth of a cent for a cached one."""
MODELS = (
    "acme:gpt-test", "acme:stall", "acme:endless", "acme:stream-error:500", "acme:cut-off",
    "acme:cached:4", "anthropic:endless",
)  # fmt: skip


@dataclass
class Gateway:
    """A gateway whose models have prices, its vendors, and a client with the operator's key."""

    app: FastAPI
    upstream: OpenAIServer
    client: httpx.AsyncClient

    def body(self, path: str, model: str, **more: Any) -> dict[str, Any]:
        prompt = (
            {"input": {"prompt": PROMPT}} if path == GENERATE else {"messages": [{"role": "user", "content": PROMPT}]}
        )
        return {"model": model, **prompt, **more}

    async def recorded(self, request_id: str) -> RequestTable:
        """The record of a finished request, which is written behind."""
        async with asyncio.timeout(5):
            while True:
                async with self.app.state.database.reading() as db:
                    row = (await db.scalars(select(RequestTable).where(RequestTable.id == request_id))).first()
                if row is not None:
                    return row
                await asyncio.sleep(0.02)

    async def spent(self, model: str) -> float:
        """US dollars, as the metrics have them."""
        text = (await self.client.get("/metrics")).text
        start = f'pluggably_cost_usd_total{{model="{model}",provider="{model.partition(":")[0]}"}} '
        return sum(float(line.removeprefix(start)) for line in text.splitlines() if line.startswith(start))

    async def billed(self, model: str) -> float:
        """US dollars, as `/v1/usage` has them."""
        usage = (await self.client.get("/v1/usage")).json()["usage"]
        return sum(group["cost_usd"] or 0 for group in usage if group["model"] == model)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """One for all tests of this file."""
    async with OpenAIServer() as upstream, AnthropicServer() as anthropic:
        times = {"connect_s": 1, "first_token_s": 1, "idle_s": 0.5, "total_s": 10}
        accounts = {
            **providers(upstream.base_url, timeouts=times, models="gpt-test"),
            "anthropic": {"base_url": anthropic.base_url, "api_key": VENDOR_KEY},
        }
        async with (
            running_app(tmp_path_factory.mktemp("cost"), providers=accounts) as app,
            served(app) as url,
            httpx.AsyncClient(base_url=url, headers=AUTHORISED, timeout=10) as client,
        ):
            for model in MODELS:
                made = await client.post("/v1/models", json={"id": model, "pricing": PRICING})
                assert made.status_code == 201, made.text
            yield Gateway(app, upstream, client)


def dollars(prompt: int, completion: int, cached: int = 0) -> float:
    return (prompt - cached) * 1 + cached * 0.001 + completion * 1000


@pytest.mark.parametrize("path", [GENERATE, CHAT])
@pytest.mark.parametrize("stream", [False, True])
async def test_tokens_that_the_vendor_had_in_its_cache_are_cheaper(gateway: Gateway, path: str, stream: bool) -> None:
    model = "acme:cached:4"
    before = await gateway.spent(model)
    answer = await gateway.client.post(path, json=gateway.body(path, model, stream=stream))
    assert answer.status_code == 200, answer.text
    record = await gateway.recorded(answer.headers["x-request-id"])
    assert record.cost_usd == pytest.approx(dollars(9, 5, cached=4))
    assert (record.cached_prompt_tokens, record.reasoning_tokens) == (4, 1)
    assert await gateway.spent(model) - before == pytest.approx(record.cost_usd)
    if path == GENERATE and not stream:
        assert answer.json()["usage"] == {
            **USAGE, "cached_prompt_tokens": 4, "reasoning_tokens": 1, "cost_usd": record.cost_usd,
            "provider_credits": None,
        }  # fmt: skip


@pytest.mark.parametrize("path", [GENERATE, CHAT])
@pytest.mark.parametrize(
    ("model", "code"),
    [("acme:stall", "provider_timeout"), ("acme:stream-error:500", None), ("acme:cut-off", "provider_error")],
)
async def test_a_stream_that_fails_costs_what_came_of_it(
    gateway: Gateway, path: str, model: str, code: str | None
) -> None:
    spent = await gateway.spent(model)
    billed = await gateway.billed(model)
    answer = await gateway.client.post(path, json=gateway.body(path, model, stream=True))
    record = await gateway.recorded(answer.headers["x-request-id"])
    assert record.status == "failed"
    assert code in (None, record.error_code)
    assert record.prompt_tokens == 8, "32 characters"
    assert record.completion_tokens is not None
    assert record.completion_tokens >= 1
    assert record.cost_usd == dollars(8, record.completion_tokens)
    assert await gateway.spent(model) - spent == pytest.approx(record.cost_usd)
    assert await gateway.billed(model) - billed == pytest.approx(record.cost_usd)


@pytest.mark.parametrize("path", [GENERATE, CHAT])
@pytest.mark.parametrize("model", ["acme:endless", "anthropic:endless"])
@pytest.mark.parametrize("how", ["leaves", "cancels"])
async def test_a_stream_that_nobody_wants_any_more_costs_what_came_of_it(
    gateway: Gateway, path: str, model: str, how: str
) -> None:
    spent = await gateway.spent(model)
    body = gateway.body(path, model, stream=True)
    async with gateway.client.stream("POST", path, json=body) as answer:
        request_id = answer.headers["x-request-id"]
        read = 0
        async for chunk in answer.aiter_bytes():
            read += len(chunk)
            if read > 10_000 and how == "leaves":
                break
            if 2000 < read < 100_000_000 and how == "cancels":
                await gateway.client.post(f"/v1/requests/{request_id}/cancel")
                read = 100_000_000
    record = await gateway.recorded(request_id)
    assert record.status == "cancelled"
    assert record.prompt_tokens is not None
    assert record.prompt_tokens >= 8
    assert record.completion_tokens is not None
    assert record.completion_tokens > 3, "the pieces count, although the vendor told of none yet"
    assert record.cost_usd == pytest.approx(dollars(record.prompt_tokens, record.completion_tokens))
    assert await gateway.spent(model) - spent == pytest.approx(record.cost_usd)


@pytest.mark.parametrize(
    ("messages", "parameters", "tokens"),
    [
        ([{"role": "user", "content": ""}], {}, 0),
        ([{"role": "system", "content": "abcd"}, {"role": "user", "content": "e"}], {}, 2),
        ([{"role": "user", "content": [{"type": "text", "text": "abcd"}, {"type": "image_url"}, 7]}], {}, 1),
        ([{"role": "assistant", "content": None, "tool_calls": [{"a": 1}]}], {}, 3),
        ([{"role": "user", "content": "abcd"}], {"tools": [{"a": 1}]}, 4),
    ],
)
async def test_a_prompt_is_estimated_by_its_length(
    messages: list[dict[str, Any]], parameters: dict[str, Any], tokens: int
) -> None:
    assert prompt_tokens(TextRequest(messages, parameters)) == tokens
