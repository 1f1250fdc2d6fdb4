"""Embeddings from a vendor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.factories.apps import AUTHORISED, client_of, providers, running_app
from tests.fakes.openai_server import OpenAIServer


@pytest.fixture
async def client(upstream: OpenAIServer, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        running_app(tmp_path, providers=providers(upstream.base_url, models=["embed", "broken"])) as app,
        client_of(app, headers=AUTHORISED) as client,
    ):
        yield client


async def test_what_a_vendor_takes_besides_passes_on(client, upstream):
    asked = {"model": "acme:embed", "input": "a", "user": "u", "output_dtype": "int8", "encoding_format": "float"}
    assert (await client.post("/v1/embeddings", json=asked)).status_code == 200
    sent = upstream.requests[-1].json
    assert (sent["user"], sent["output_dtype"], sent["encoding_format"]) == ("u", "int8", "base64")


async def test_vectors_come_in_the_order_of_the_texts(client, upstream):
    asked = {"model": "acme:embed", "input": ["a", "bbb"], "dimensions": 4, "user": "u"}
    answer = (await client.post("/v1/embeddings", json=asked)).json()
    assert [item["embedding"] for item in answer["data"]] == [[0, 1, 0.5, 0.5], [1, 3, 0.5, 0.5]]
    assert (answer["model"], answer["usage"]) == ("acme:embed", {"prompt_tokens": 7, "total_tokens": 7})
    (call,) = [request for request in upstream.requests if request.path.endswith("/embeddings")]
    assert (call.json["model"], call.json["dimensions"]) == ("embed", 4)


async def test_an_answer_that_can_not_be_read_is_the_providers_fault(client):
    answer = await client.post("/v1/embeddings", json={"model": "acme:broken", "input": "a"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "provider_error")


async def test_it_is_accounted_for_like_any_other_request(client):
    answer = await client.post("/v1/embeddings", json={"model": "acme:embed", "input": "a"})
    assert answer.status_code == 200
    async with asyncio.timeout(10):
        while not (usage := (await client.get("/v1/usage")).json()["usage"]):
            await asyncio.sleep(0.05)
    assert (usage[0]["model"], usage[0]["requests"], usage[0]["prompt_tokens"]) == ("acme:embed", 1, 7)


async def test_without_a_model_that_makes_vectors_auto_says_so(tmp_path):
    async with running_app(tmp_path / "empty") as app, client_of(app, headers=AUTHORISED) as client:
        answer = await client.post("/v1/embeddings", json={"input": "a"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert "embeddings" in answer.json()["error"]["message"]
