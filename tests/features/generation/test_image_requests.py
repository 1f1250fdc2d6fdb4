"""Requests with images through the running gateway, for a provider that is a real server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.factories.apps import AUTHORISED, KEY, client_of, providers, running_app, served
from tests.factories.images import data_url, image_bytes
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.web_host import WebHost, drip, ok, web_host

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.req("SYS-REQ-070", "TEST-MAN-018")]

PROVIDER_KEY = "sk-CANARY-provider"
PNG = image_bytes()
ENDPOINTS = ["/v1/generate", "/v1/chat/completions"]


@dataclass
class Gateway:
    """A gateway that may reach 127.0.0.1, its vendor, a host with pictures, and a client with the operator's key."""

    upstream: OpenAIServer
    host: WebHost
    client: httpx.AsyncClient

    async def ask(self, endpoint: str, url: str, **more: Any) -> httpx.Response:
        return await self.client.post(endpoint, json=body(endpoint, url), **more)


def body(endpoint: str, url: str) -> dict[str, Any]:
    """A request with a picture, in the endpoint's own shape."""
    if endpoint == "/v1/generate":
        return {"model": "acme:gpt-test", "input": {"prompt": "What is it?", "images": [url]}}
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
    return {"model": "acme:gpt-test", "messages": [{"role": "user", "content": parts}]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """One for all tests of this file."""
    async with OpenAIServer() as upstream, web_host({"/a.png": ok(PNG), "/drip": drip}) as host:
        accounts = providers(upstream.base_url, key=PROVIDER_KEY, models="gpt-test")
        data_dir = tmp_path_factory.mktemp("images")
        async with (
            running_app(data_dir, providers=accounts, allow_private_urls=["127.0.0.1/32"]) as app,
            served(app) as url,
            httpx.AsyncClient(base_url=url, headers=AUTHORISED, timeout=10) as client,
        ):
            yield Gateway(upstream, host, client)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_provider_gets_the_image_and_the_images_host_no_credential(gateway: Gateway, endpoint: str) -> None:
    gateway.host.heads.clear()
    reply = await gateway.ask(endpoint, f"{gateway.host.url}/a.png", headers={"cookie": "CANARY=1", "referer": KEY})
    assert reply.status_code == 200, reply.text
    (message,) = gateway.upstream.chats[-1].json["messages"]
    assert message["content"][1] == {"type": "image_url", "image_url": {"url": data_url(PNG)}}
    (head,) = gateway.host.heads
    for word in ("CANARY", KEY, "authorization", "api-key", "cookie", "referer", "request-id"):
        assert word.lower() not in head.lower()


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("http://127.0.0.2:8080/", 400, "blocked_url"),
        ("http://localhost\\@127.0.0.1/", 400, "blocked_url"),
        ("file:///etc/passwd", 400, "blocked_url"),
        ("{host}/none", 400, "invalid_image"),
        ("artifact:art_00000000000000000000000000", 404, "artifact_not_found"),
    ],
)
async def test_what_can_not_be_brought_never_reaches_the_provider(
    gateway: Gateway, endpoint: str, url: str, status: int, code: str
) -> None:
    before = len(gateway.upstream.chats)
    reply = await gateway.ask(endpoint, url.format(host=gateway.host.url))
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code), reply.text
    assert reply.json()["error"]["param"] == "input.images"
    assert len(gateway.upstream.chats) == before


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_client_that_leaves_ends_the_fetch(gateway: Gateway, endpoint: str) -> None:
    left, before = gateway.host.left, len(gateway.upstream.chats)
    with pytest.raises(httpx.ReadTimeout):
        await gateway.ask(endpoint, f"{gateway.host.url}/drip", timeout=0.5)
    async with asyncio.timeout(5):
        while gateway.host.left == left:
            await asyncio.sleep(0.02)
    assert len(gateway.upstream.chats) == before


@pytest.mark.parametrize("more", [{"background": True}, {"stream": True, "background": True}, {"stream": True}])
async def test_other_ways_to_be_answered_bring_images_too(gateway: Gateway, more: dict[str, Any]) -> None:
    asked = {**body("/v1/generate", f"{gateway.host.url}/a.png"), **more}
    before = len(gateway.upstream.chats)
    reply = await gateway.client.post("/v1/generate", json=asked)
    assert reply.is_success, reply.text
    await gateway.upstream.until(lambda: len(gateway.upstream.chats) > before)
    assert data_url(PNG) in gateway.upstream.chats[-1].body.decode()


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_without_the_operators_word_no_private_address_is_reached(
    gateway: Gateway, endpoint: str, tmp_path: Path
) -> None:
    gateway.host.heads.clear()
    accounts = providers(gateway.upstream.base_url, models="gpt-test")
    async with running_app(tmp_path, providers=accounts) as app, client_of(app, headers=AUTHORISED) as client:
        for host in ("127.0.0.1", "localhost", "[::1]", "2130706433", "0.0.0.0"):
            url = f"http://{host}:{gateway.host.port}/a.png"
            reply = await client.post(endpoint, json=body(endpoint, url))
            assert (reply.status_code, reply.json()["error"]["code"]) == (400, "blocked_url"), host
    assert gateway.host.heads == []
