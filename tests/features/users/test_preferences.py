"""A user's preferred models choose for that user, and a user who is disabled stops at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.factories.apps import AUTHORISED, client_of, providers, running_app
from tests.factories.people import Person, api_token, bearer, person
from tests.fakes.openai_server import OpenAIServer

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    """A gateway with two models of a vendor."""
    async with OpenAIServer() as upstream:
        offered = providers(upstream.base_url, models=["gpt-test", "other"])
        async with running_app(tmp_path_factory.mktemp("preferences"), providers=offered) as app:
            yield app


async def chosen(client: httpx.AsyncClient) -> tuple[str, str]:
    answer = await client.post("/v1/generate", json={"input": {"prompt": "Hi"}})
    assert answer.status_code == 200, answer.text
    selection: dict[str, Any] = answer.json()["selection"]
    return selection["selected_model"], selection["reason"]


async def prefer(client: httpx.AsyncClient, model: str | None) -> None:
    answer = await client.patch("/v1/users/me", json={"preferred_models": {"text": model}})
    assert answer.status_code == 200


@pytest.mark.req("SYS-REQ-038", "TEST-MAN-013")
async def test_auto_chooses_what_the_user_prefers_at_once(app: FastAPI) -> None:
    ada, bob = await person(app, "ada"), await person(app, "bob")
    token = bearer((await api_token(app, ada))["token"])
    async with client_of(app, headers=ada.headers) as client, client_of(app, headers=token) as with_token:
        before = await chosen(client)
        assert before[1] == "first_available"
        wanted = next(name for name in ("acme:gpt-test", "acme:other") if name != before[0])
        await prefer(client, wanted)
        assert await chosen(client) == (wanted, "preferred")
        assert await chosen(with_token) == (wanted, "preferred")
        async with client_of(app, headers=bob.headers) as other:
            assert await chosen(other) == before, "it is nobody else's preference"
        body = {"messages": [{"role": "user", "content": "Hi"}]}
        answer = await client.post("/v1/chat/completions", json=body)
        noted = await client.get(f"/v1/requests/{answer.headers['x-request-id']}")
        assert noted.json()["model"] == wanted
        message = {**body, "model": "auto", "max_tokens": 8}
        assert (await client.post("/v1/messages", json=message)).json()["model"] == wanted
        await prefer(client, "a model that is gone")
        assert await chosen(client) == before
        await prefer(client, None)
        assert await chosen(client) == before


@pytest.mark.req("SYS-REQ-038")
async def test_the_operator_has_preferences_too_by_key_and_in_local_mode(tmp_path: Path) -> None:
    async with OpenAIServer() as upstream:
        offered = providers(upstream.base_url, models=["gpt-test", "other"])
        for _ in range(2):  # the second time it is there from the start
            async with (
                running_app(tmp_path, providers=offered, local_only=True) as app,
                client_of(app) as client,
                client_of(app, headers=AUTHORISED) as with_key,
            ):
                await prefer(client, "acme:other")
                for caller in (client, with_key):
                    assert await chosen(caller) == ("acme:other", "preferred")


async def test_disabling_a_user_stops_what_runs_for_them(app: FastAPI) -> None:
    eve: Person = await person(app, "eve")
    async with client_of(app, headers=eve.headers) as client, client_of(app, headers=AUTHORISED) as operator:
        waiting = asyncio.create_task(
            client.post("/v1/generate", json={"model": "acme:stall", "input": {"prompt": "Hi"}})
        )
        async with asyncio.timeout(10):
            while not (await client.get("/v1/requests?status=active")).json()["requests"]:
                await asyncio.sleep(0.02)
        await operator.patch(f"/v1/users/{eve.id}", json={"disabled": True})
        async with asyncio.timeout(5):
            answer = await waiting
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "request_cancelled"
