"""`GET /v1/providers`, and models without a key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pluggably.providers.catalogue import BUILT_IN
from tests.factories.apps import AUTHORISED, KEY, client_of, running_app
from tests.fakes.openai_server import OpenAIServer

SECRET = "sk-CANARY-deepseek"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway with an account at DeepSeek, which tells its balance, and one at a server of one's own."""
    async with OpenAIServer() as vendor:
        balance = {"is_available": True, "balance_infos": [{"currency": "USD", "total_balance": "12.25"}]}
        vendor.answers["/user/balance"] = (200, balance)
        accounts = {
            "deepseek": {"api_key": SECRET, "base_url": vendor.base_url},
            "mine": {"base_url": vendor.base_url},
        }
        async with running_app(tmp_path, providers=accounts) as app, client_of(app, headers=AUTHORISED) as client:
            yield client


async def listed(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    answer = await client.get("/v1/providers")
    assert answer.status_code == 200
    assert SECRET not in answer.text
    assert KEY not in answer.text
    return {row["name"]: row for row in answer.json()["providers"]}


@pytest.mark.req("SYS-REQ-072")
async def test_every_provider_is_listed_with_its_credentials_and_credits(client: httpx.AsyncClient) -> None:
    providers = await listed(client)
    async with asyncio.timeout(5):
        while providers["deepseek"]["credits_status"]["remaining"] is None:
            await asyncio.sleep(0.02)
            providers = await listed(client)
    assert list(providers)[:3] == ["local", "deepseek", "mine"]
    assert {provider.name for provider in BUILT_IN} <= providers.keys()
    told = providers["deepseek"].pop("credits_status")
    assert told.pop("checked_at").endswith("Z")
    assert told == {
        "provider": "deepseek",
        "status": "available",
        "remaining": 12.25,
        "total": None,
        "currency": "USD",
    }
    assert (providers["deepseek"]["configured"], providers["openai"]["configured"]) == (True, False)
    assert providers["mine"]["credits_status"]["status"] == "unknown"
    assert providers["openai"]["credits_status"] is None
    assert providers["local"] == {
        "name": "local",
        "title": "This machine",
        "configured": True,
        "supported_modalities": ["text", "image", "3d"],
        "credential_types": {"type": "object", "maxProperties": 0},
        "credits_status": None,
    }
    assert providers["meshy"]["supported_modalities"] == ["3d"]
    way = providers["anthropic"]["credential_types"]["anyOf"][0]
    assert (way["type"], way["required"]) == ("object", ["credential_type", "api_key"])


@pytest.mark.req("SYS-REQ-071")
async def test_models_without_a_key_are_locked_and_say_which_key_unlocks_them(client: httpx.AsyncClient) -> None:
    async def models(query: str) -> dict[str, str]:
        found = (await client.get(f"/v1/models?{query}")).json()["models"]
        return {model["id"]: model["availability"]["access"] for model in found}

    assert "meshy:meshy-6" not in await models("")
    assert "meshy:meshy-6" not in await models("access=available")
    assert (await models("access=all"))["meshy:meshy-6"] == "locked"
    assert set((await models("provider=meshy")).values()) == {"locked"}
    locked = await models("access=locked")
    assert locked["meshy:meshy-6"] == "locked"
    assert set(locked.values()) == {"locked"}
    one = (await client.get("/v1/models/meshy:meshy-6")).json()
    assert one["availability"] == {"access": "locked", "credits_status": "unknown"}
    for model in ("meshy:meshy-6", "meshy-6"):
        refused = await client.post("/v1/generate", json={"model": model, "input": {"prompt": "a cup"}})
        error = refused.json()["error"]
        assert (refused.status_code, error["code"]) == (404, "provider_not_found")
        assert "PLUGGABLY_PROVIDERS__MESHY__API_KEY" in error["message"]
    bad = await client.get("/v1/models?access=mine")
    assert bad.status_code == 422
