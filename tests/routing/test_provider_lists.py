"""What providers list, kept in the catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from pluggably.kit.http import HttpClient
from pluggably.providers._transport import Transport
from pluggably.providers.directory import AccountSettings, load_providers
from pluggably.routing.catalogue import Catalogue
from pluggably.routing.provider_lists import ProviderLists
from tests.fakes.openai_server import OpenAIServer, model_row

SCHEMA = {"type": "object"}


@asynccontextmanager
async def listing(http: HttpClient, **accounts: AccountSettings) -> AsyncIterator[Catalogue]:
    catalogue = Catalogue()
    lists = ProviderLists(load_providers(accounts), Transport(http), catalogue, SCHEMA)
    lists.start()
    try:
        yield catalogue
    finally:
        await lists.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_providers_own_list_is_taken_at_the_start(http: HttpClient, upstream: OpenAIServer) -> None:
    upstream.models = {"data": [model_row("a", context_length=4096), model_row("b", created=10**30)]}
    async with listing(http, acme=AccountSettings(api_key="sk-1", base_url=upstream.base_url)) as catalogue:
        await until(catalogue.entries)
        first, second = catalogue.entries()
    assert (first.id, first.name, first.provider, first.origin) == ("acme:a", "a", "acme", "listed")
    assert first.capabilities["max_context_tokens"] == 4096
    assert first.created_at is not None
    assert second.created_at is None, "a date that no calendar holds"
    assert upstream.requests[0].headers["authorization"] == "Bearer sk-1"


async def test_names_that_the_operator_gave_need_no_call(http: HttpClient, upstream: OpenAIServer) -> None:
    account = AccountSettings(base_url=upstream.base_url, models=("mine", "yours"))
    async with listing(http, acme=account) as catalogue:
        assert {entry.id for entry in catalogue.entries()} == {"acme:mine", "acme:yours"}
    assert upstream.connections == 0


async def test_one_provider_that_fails_keeps_no_other_from_being_listed(
    http: HttpClient, upstream: OpenAIServer
) -> None:
    async with (
        OpenAIServer(models="no list") as broken,
        listing(
            http, bad=AccountSettings(base_url=broken.base_url), good=AccountSettings(base_url=upstream.base_url)
        ) as catalogue,
    ):
        await until(lambda: catalogue.entries() and broken.requests)
        assert {entry.provider for entry in catalogue.entries()} == {"good"}


async def test_a_hostile_list_is_bounded(http: HttpClient, upstream: OpenAIServer) -> None:
    upstream.models = {"data": [model_row(f"m{number}") for number in range(6000)]}
    async with listing(http, acme=AccountSettings(base_url=upstream.base_url)) as catalogue:
        await until(catalogue.entries)
        assert len(catalogue.entries()) == 5000
