"""The models that an account unlocks, asked for rarely."""

from __future__ import annotations

import asyncio

import pytest

from pluggably.errors import ProviderAuthError, ProviderError
from pluggably.kit.http import HttpClient
from pluggably.providers._transport import Transport
from pluggably.providers.directory import AccountSettings, Configured, load_providers
from pluggably.routing.model_lists import REFRESH_S, RETRY_S, ModelLists
from tests.fakes.openai_server import OpenAIServer, model_row

pytestmark = pytest.mark.req("SYS-REQ-071", "SYS-NFR-021")


def account(server: OpenAIServer, key: str) -> Configured:
    configured = load_providers({"acme": AccountSettings(api_key=key, base_url=server.base_url)}).get("acme")
    assert configured is not None
    return configured


async def test_each_owners_key_has_a_list_of_its_own(http: HttpClient, upstream: OpenAIServer) -> None:
    lists = ModelLists(Transport(http))
    upstream.models = {"data": [model_row("small")]}
    assert [model.name for model in await lists.of("ann", account(upstream, "sk-ann"))] == ["small"]
    upstream.models = {"data": [model_row("small"), model_row("large")]}
    assert [model.name for model in await lists.of("bob", account(upstream, "sk-bob"))] == ["small", "large"]
    assert [model.name for model in await lists.of("ann", account(upstream, "sk-ann"))] == ["small"]
    assert [request.headers["authorization"] for request in upstream.requests] == ["Bearer sk-ann", "Bearer sk-bob"]


async def test_many_who_ask_at_once_are_one_question_and_an_hour_passes_before_the_next(
    http: HttpClient, upstream: OpenAIServer
) -> None:
    now = 0.0
    lists, acme = ModelLists(Transport(http), clock=lambda: now), account(upstream, "sk-1")
    await asyncio.gather(*(lists.of("ann", acme) for _ in range(20)))
    assert len(upstream.requests) == 1
    assert 0.9 * REFRESH_S <= lists.due_in("ann", acme) <= 1.1 * REFRESH_S
    now = 1.2 * REFRESH_S
    await lists.of("ann", acme)
    assert len(upstream.requests) == 2


async def test_a_failure_is_not_asked_for_again_at_once_and_keeps_the_list(http: HttpClient) -> None:
    now = 0.0
    async with OpenAIServer() as server:
        lists, acme = ModelLists(Transport(http), clock=lambda: now), account(server, "sk-1")
        listed = await lists.of("ann", acme)
        server.models = "no list"
        now = 2 * REFRESH_S
        assert await lists.of("ann", acme) == listed
        assert isinstance(lists.error_of("ann", acme), ProviderError)
        delays = []
        for _ in range(9):
            delays.append(lists.due_in("ann", acme))
            now += delays[-1] + 1
            await lists.of("ann", acme)
        assert delays[0] <= 1.1 * RETRY_S
        assert delays[0] < delays[1] < delays[2]
        assert max(delays) <= 1.1 * 1800


async def test_who_never_listed_anything_says_why(http: HttpClient) -> None:
    async with OpenAIServer() as server:
        server.answers["/models"] = (401, {"error": {"message": "no such key"}})
        server.models = "no list"
        lists, acme = ModelLists(Transport(http)), account(server, "sk-1")
        for _ in range(3):
            with pytest.raises((ProviderAuthError, ProviderError)):
                await lists.of("ann", acme)
        assert len(server.requests) == 1
