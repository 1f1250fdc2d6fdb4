"""A request that is turned away before a model was asked is no failure of that model: in metrics and in usage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from tests.factories.apps import AUTHORISED, client_of, providers, running_app
from tests.fakes.openai_server import OpenAIServer

pytestmark = pytest.mark.req("SYS-REQ-008", "SYS-REQ-015")

PATHS: dict[str, dict[str, Any]] = {
    "/v1/generate": {"input": {"prompt": "Hi"}},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "Hi"}]},
    "/v1/messages": {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5},
}


@pytest.fixture
async def client(tmp_path: Path, upstream: OpenAIServer) -> AsyncIterator[httpx.AsyncClient]:
    accounts = {
        **providers(upstream.base_url, models=["gpt-test"]),
        "deepseek": {"base_url": upstream.base_url, "api_key": "k", "models": ["gpt-test"]},
        "stability": {"base_url": upstream.base_url, "api_key": "k"},
    }
    async with (
        running_app(tmp_path, providers=accounts, routing={"retries": 0}) as app,
        client_of(app, headers=AUTHORISED) as client,
    ):
        yield client


def counted(name: str, **labels: str) -> float:
    """The sum of a metric's samples with these labels."""
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


class Grown:
    """How many requests of a route ended so since it was made."""

    def __init__(self, route: str) -> None:
        self._route = route
        self._before = self._now()

    def _now(self) -> dict[str, float]:
        ends = {
            end: counted("pluggably_requests_total", route=self._route, outcome=end) for end in ("error", "refused")
        }
        return {
            **ends,
            "errors": counted("pluggably_errors_total", route=self._route),
            "refusals": counted("pluggably_refusals_total", route=self._route),
        }

    def by(self) -> tuple[float, float]:
        """Errors and refusals; the two metrics of each agree."""
        grown = {name: value - self._before[name] for name, value in self._now().items()}
        assert (grown["error"], grown["refused"]) == (grown["errors"], grown["refusals"])
        return grown["error"], grown["refused"]


async def usage(client: httpx.AsyncClient, requests: int) -> dict[str, Any]:
    """The totals, once so many requests are in them."""
    async with asyncio.timeout(10):
        while (found := (await client.get("/v1/usage")).json())["total"]["requests"] < requests:
            await asyncio.sleep(0.05)
    return dict(found["total"])


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_refused_before_a_model_is_chosen_is_in_the_metrics_alone(
    client: httpx.AsyncClient, path: str
) -> None:
    grown = Grown(path)
    body = PATHS[path]
    answers = [
        await client.post(path, content=b"{", headers={"content-type": "application/json"}),
        await client.post(path, json={"model": 7, **body}),
        await client.post(path, json={"model": "no-such-model", **body}),
        await client.post(path, json={"model": "acme:gpt-test", **body}, headers={"x-api-key": "wrong"}),
        await client.post(path, content=b"x", headers={"content-type": "text/plain"}),
    ]
    assert all(400 <= answer.status_code < 500 for answer in answers)
    errors, refusals = grown.by()
    assert (errors, refusals) == (0, 4), "one of them never came to a route"
    await client.post(path, json={"model": "acme:gpt-test", **body})
    assert await usage(client, 1) == {**await usage(client, 1), "requests": 1, "errors": 0, "refused": 0}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ["/v1/generate", "/v1/chat/completions"])
async def test_a_parameter_that_the_model_lacks_is_a_refusal(
    client: httpx.AsyncClient, path: str, stream: bool
) -> None:
    grown = Grown(path)
    lacked = {"logit_bias": {"1": 5}}
    body = {"parameters": lacked} if path == "/v1/generate" else lacked
    answer = await client.post(path, json={"model": "deepseek:unlisted", **PATHS[path], **body, "stream": stream})
    assert "error" in answer.text
    assert grown.by() == (0, 1)


async def test_a_limit_that_is_reached_is_a_refusal_of_the_request_and_no_error_of_the_model(
    client: httpx.AsyncClient,
) -> None:
    await client.put("/v1/users/operator/limits", json={"requests_per_minute": 1})
    grown = Grown("/v1/generate")
    body = {"model": "acme:gpt-test", **PATHS["/v1/generate"]}
    answers = [await client.post("/v1/generate", json=body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 429, 429]
    assert grown.by() == (0, 2)
    total = await usage(client, 3)
    assert (total["errors"], total["refused"], total["total_tokens"]) == (0, 2, 14)
    refused = await client.get(f"/v1/requests/{answers[1].json()['error']['request_id']}/status")
    assert (refused.json()["status"], refused.json()["error"]["code"]) == ("failed", "rate_limited")


async def test_what_a_provider_says_no_to_is_an_error(client: httpx.AsyncClient) -> None:
    grown = Grown("/v1/generate")
    for name in ("400", "429", "402", "500"):
        await client.post("/v1/generate", json={"model": f"acme:error:{name}", **PATHS["/v1/generate"]})
    assert grown.by() == (4, 0)
    total = await usage(client, 4)
    assert (total["errors"], total["refused"]) == (4, 0)


async def test_images_that_a_vendor_cant_make_are_a_refusal(client: httpx.AsyncClient) -> None:
    grown = Grown("/v1/generate")
    body = {"model": "stability:stable-fast-3d", "input": {"prompt": "a chair"}}
    answer = await client.post("/v1/generate", json=body)
    assert answer.status_code == 400
    assert grown.by() == (0, 1)
    assert (await usage(client, 1))["refused"] == 1
