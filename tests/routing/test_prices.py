"""Listed models and their prices, through the running application."""

from __future__ import annotations

import asyncio

import pytest

from tests.factories.apps import AUTHORISED, client_of, running_app


@pytest.mark.req("SYS-REQ-015")
async def test_a_listed_model_has_its_price_and_its_answer_a_cost(upstream, tmp_path):
    providers = {"openai": {"base_url": upstream.base_url, "api_key": "sk-CANARY", "models": ["gpt-5", "own-tune"]}}
    async with running_app(tmp_path, providers=providers) as app, client_of(app, headers=AUTHORISED) as client:
        async with asyncio.timeout(30):
            while (model := (await client.get("/v1/models/openai:gpt-5")).json()).get("pricing") is None:
                await asyncio.sleep(0.05)
        price = model["pricing"]
        assert 0 < price["cached_input_per_million_usd"] < price["input_per_million_usd"]
        assert (await client.get("/v1/models/openai:own-tune")).json()["pricing"] is None
        asked = {"model": "openai:gpt-5", "input": {"prompt": "Hi"}}
        usage = (await client.post("/v1/generate", json=asked)).json()["usage"]
    tokens = usage["prompt_tokens"] * price["input_per_million_usd"]
    tokens += usage["completion_tokens"] * price["output_per_million_usd"]
    assert usage["cost_usd"] == pytest.approx(tokens / 1e6)
    assert usage["cost_usd"] > 0
