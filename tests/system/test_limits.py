"""Limits that hold under load, for all gateways together, and over a `kill -9`."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.factories.databases import PostgresServer
from tests.factories.gateways import Gateway, running_gateway
from tests.fakes.openai_server import USAGE, OpenAIServer

MINE = "/v1/users/operator/limits"
TOKENS = USAGE["total_tokens"]
BODY: dict[str, Any] = {
    "model": "acme:slow:0.3",
    # Nine tokens by its length, as many as the vendor counts: what is set aside is what is used.
    "messages": [{"role": "user", "content": "x" * 15}],
    "max_tokens": USAGE["completion_tokens"],
}


def gateway_of(tmp_path: Path, vendor: OpenAIServer, **variables: str) -> Any:
    tmp_path.mkdir(exist_ok=True)
    return running_gateway(
        tmp_path,
        PLUGGABLY_PROVIDERS__ACME__BASE_URL=vendor.base_url,
        PLUGGABLY_PROVIDERS__ACME__MODELS="m",
        **variables,
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The variables of a gateway on this kind of database."""
    if request.param == "sqlite":
        yield {}
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.empty_database() as url:
        yield {"PLUGGABLY_DATABASE_URL": url}


async def statuses(gateways: list[Gateway], count: int) -> list[int]:
    """So many calls at once, over all gateways."""
    async with httpx.AsyncClient(
        headers=gateways[0].headers, timeout=60, limits=httpx.Limits(max_connections=count)
    ) as client:
        calls = (
            client.post(f"{gateways[number % len(gateways)].url}/v1/chat/completions", json=BODY)
            for number in range(count)
        )
        return [answer.status_code for answer in await asyncio.gather(*calls)]


async def today(gateway: Gateway) -> dict[str, Any]:
    async with httpx.AsyncClient(headers=gateway.headers, timeout=20) as client:
        return dict((await client.get(f"{gateway.url}{MINE}")).json()["limits"]["tokens_per_day"])


async def limit(gateway: Gateway, **limits: Any) -> None:
    async with httpx.AsyncClient(headers=gateway.headers, timeout=20) as client:
        (await client.put(f"{gateway.url}{MINE}", json=limits)).raise_for_status()


@pytest.mark.parametrize("limits", [{"tokens_per_day": 10 * TOKENS}, {"requests_per_minute": 10}])
async def test_of_a_hundred_calls_at_once_against_a_budget_for_ten_exactly_ten_are_served(
    tmp_path: Path, upstream: OpenAIServer, database: dict[str, str], limits: dict[str, int]
) -> None:
    with gateway_of(tmp_path, upstream, **database) as gateway:
        await limit(gateway, **limits)
        found = await statuses([gateway], 100)
        assert (found.count(200), found.count(429)) == (10, 90)
        assert len([one for one in upstream.requests if one.path.endswith("/chat/completions")]) == 10
        state = await today(gateway)
        assert (state["used"], state["reserved"]) == (10 * TOKENS, 0)
        if "tokens_per_day" in limits:
            assert await statuses([gateway], 5) == [429] * 5


async def test_two_gateways_on_one_database_have_one_budget_and_know_each_others_limits(
    tmp_path: Path, upstream: OpenAIServer, postgres_server: PostgresServer
) -> None:
    with (
        postgres_server.empty_database() as url,
        gateway_of(tmp_path / "a", upstream, PLUGGABLY_DATABASE_URL=url) as one,
        gateway_of(tmp_path / "b", upstream, PLUGGABLY_DATABASE_URL=url) as other,
    ):
        await limit(one, tokens_per_day=10 * TOKENS)
        await asyncio.sleep(1.5)  # the other one looks every second
        found = await statuses([one, other], 100)
        assert (found.count(200), found.count(429)) == (10, 90)
        assert (await today(other))["used"] == (await today(one))["used"] == 10 * TOKENS
        await limit(other)
        await asyncio.sleep(1.5)
        assert await statuses([one, other], 4) == [200] * 4


async def test_what_was_used_outlives_a_killed_gateway_and_what_it_held_does_not(
    tmp_path: Path, upstream: OpenAIServer
) -> None:
    with gateway_of(tmp_path, upstream) as gateway:
        await limit(gateway, tokens_per_day=10 * TOKENS)
        assert await statuses([gateway], 4) == [200] * 4
        await asyncio.sleep(1.5)  # what is written behind is written
        async with httpx.AsyncClient(headers=gateway.headers) as client:
            hanging = asyncio.create_task(
                client.post(f"{gateway.url}/v1/chat/completions", json={**BODY, "model": "acme:slow:60"})
            )
            async with asyncio.timeout(10):
                while not (await today(gateway))["reserved"]:
                    await asyncio.sleep(0.02)
            os.kill(gateway.process.pid, signal.SIGKILL)
            gateway.process.wait(5)
            with pytest.raises(httpx.HTTPError):
                await hanging
    with gateway_of(tmp_path, upstream) as gateway:
        state = await today(gateway)
        assert (state["used"], state["reserved"]) == (4 * TOKENS, 0)
        found = await statuses([gateway], 20)
        assert (found.count(200), found.count(429)) == (6, 14)
