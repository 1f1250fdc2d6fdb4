"""Service accounts and OAuth tokens as a user has them: stored over HTTP, checked, used, renewed, refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.factories.apps import client_of, running_app
from tests.factories.people import person
from tests.fakes.token_service import TokenService, document
from tests.fakes.vendors import TEXT, GoogleWithTokens

pytestmark = pytest.mark.req("SYS-REQ-064", "SYS-REQ-035")

PATH = "/v1/users/provider-keys"
MINE = "ya29.CANARY-mine"


@pytest.fixture
async def service() -> AsyncIterator[TokenService]:
    async with TokenService() as running:
        yield running


@pytest.fixture
async def vendor() -> AsyncIterator[GoogleWithTokens]:
    async with GoogleWithTokens() as running:
        assert isinstance(running, GoogleWithTokens)
        yield running


@pytest.fixture
async def client(tmp_path: Path, vendor: GoogleWithTokens) -> AsyncIterator[httpx.AsyncClient]:
    """Ann, at a gateway whose operator has no key with Google."""
    async with (
        running_app(
            tmp_path,
            providers={"google": {"base_url": vendor.base_url}},
            allow_private_urls=["127.0.0.0/8"],
            routing={"retries": 0},
        ) as app,
        client_of(app, headers=(await person(app, "ann")).headers) as client,
    ):
        yield client


async def store(client: httpx.AsyncClient, kind: str, **secret: Any) -> None:
    made = await client.post(PATH, json={"provider": "google", "credential_type": kind, **secret})
    assert made.status_code == 201, made.text
    assert "CANARY" not in made.text
    assert "PRIVATE KEY" not in made.text


async def check(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post(f"{PATH}/google/check")
    assert answer.status_code == 200, answer.text
    assert "CANARY" not in answer.text
    return dict(answer.json())


async def ask(client: httpx.AsyncClient, *, stream: bool = False) -> httpx.Response:
    body = {"model": "google:plain", "input": {"prompt": "Hi"}, "stream": stream}
    return await client.post("/v1/generate", json=body)


@pytest.mark.parametrize("as_text", [False, True])
async def test_a_service_account_is_stored_checked_and_used(
    client: httpx.AsyncClient, service: TokenService, vendor: GoogleWithTokens, as_text: bool
) -> None:
    key: Any = document(service.uri)
    await store(client, "service_account", service_account_json=json.dumps(key) if as_text else key)
    vendor.good = {"ya29.CANARY-1"}
    checked = await check(client)
    assert (checked["valid"], checked["models"] > 0) == (True, True)
    assert (await ask(client)).json()["output"]["text"] == TEXT
    assert TEXT in (await client.post(
        "/v1/chat/completions", json={"model": "google:plain", "messages": [{"role": "user", "content": "Hi"}]}
    )).text  # fmt: skip
    assert '"finish_reason":"stop"' in (await ask(client, stream=True)).text
    assert len(service.assertions) == 1, "a token is kept"


async def test_a_token_that_runs_out_is_renewed_before_a_call_meets_it(
    client: httpx.AsyncClient, service: TokenService, vendor: GoogleWithTokens
) -> None:
    service.life_s = 1
    await store(client, "service_account", service_account_json=document(service.uri))
    vendor.good = {f"ya29.CANARY-{number}" for number in range(1, 100)}
    assert (await ask(client)).status_code == 200
    before = len(service.assertions)
    await asyncio.sleep(0.6)  # half of its life
    assert (await ask(client)).status_code == 200
    assert len(service.assertions) > before
    assert vendor.shown[-1] == f"ya29.CANARY-{len(service.assertions)}"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_token_that_ends_before_its_time_is_renewed_within_the_call(
    client: httpx.AsyncClient, service: TokenService, vendor: GoogleWithTokens, stream: bool
) -> None:
    await store(client, "service_account", service_account_json=document(service.uri))
    vendor.good = {"ya29.CANARY-1"}
    assert (await ask(client)).status_code == 200
    vendor.good = {"ya29.CANARY-2"}
    answer = await ask(client, stream=stream)
    assert answer.status_code == 200
    assert "error" not in answer.text.replace('"error":null', "")
    assert vendor.shown[-2:] == ["ya29.CANARY-1", "ya29.CANARY-2"]


async def test_an_account_that_the_vendor_never_lets_in_is_asked_with_one_new_token_and_no_more(
    client: httpx.AsyncClient, service: TokenService, vendor: GoogleWithTokens
) -> None:
    await store(client, "service_account", service_account_json=document(service.uri))
    refused = (await ask(client)).json()["error"]
    assert refused["code"] == "provider_auth_error"
    assert "mend the key" in refused["message"]
    assert "CANARY" not in json.dumps(refused)
    await asyncio.sleep(0.5)  # the list of models is asked for aside
    before = len(vendor.shown)
    await ask(client)
    assert len(set(vendor.shown[before:])) == len(vendor.shown[before:]) == 2
    assert (await check(client))["valid"] is False


async def test_an_account_that_google_refuses_is_no_good_and_says_why(
    client: httpx.AsyncClient, service: TokenService
) -> None:
    await store(client, "service_account", service_account_json=document(service.uri))
    service.answer = 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    checked = await check(client)
    assert checked["valid"] is False
    assert "Invalid JWT Signature" in checked["message"]
    failed = (await ask(client)).json()["error"]
    assert (failed["code"], "google" in failed["message"]) == ("provider_auth_error", True)


async def test_a_token_service_that_is_down_says_nothing_of_the_key(
    client: httpx.AsyncClient, service: TokenService
) -> None:
    await store(client, "service_account", service_account_json=document(service.uri))
    service.answer = 503, {"error": "unavailable"}
    answer = await client.post(f"{PATH}/google/check")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "provider_unavailable")
    assert "Wait" in answer.json()["error"]["message"]


async def test_an_oauth_token_is_stored_checked_used_and_refused_once_it_has_expired(
    client: httpx.AsyncClient, vendor: GoogleWithTokens
) -> None:
    await store(client, "oauth_token", oauth_token=MINE)
    vendor.good = {MINE}
    assert (await check(client))["valid"] is True
    assert (await ask(client)).json()["output"]["text"] == TEXT
    vendor.good = set()
    assert (await check(client))["valid"] is False
    expired = (await ask(client)).json()["error"]
    assert (expired["code"], MINE in expired["message"]) == ("provider_auth_error", False)
    await store(client, "oauth_token", oauth_token=f"{MINE}-2")
    vendor.good = {f"{MINE}-2"}
    assert (await ask(client)).status_code == 200
