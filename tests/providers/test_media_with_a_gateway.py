"""Vendors of images and meshes behind a real gateway: what their failures say, and what they take for their work."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from prometheus_client import REGISTRY

from pluggably.contract.calls import Reply
from pluggably.contract.credits import Credits, CreditsState
from pluggably.errors import ProviderError
from pluggably.providers._credits import CreditBalance
from tests.factories.apps import AUTHORISED, client_of, running_app
from tests.fakes.media_vendors import PICTURE, MediaVendors, media_vendors

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = ("openai", "google", "xai", "huggingface", "stability", "replicate", "fal", "meshy", "tripo")
MESHY, TRIPO = "meshy:meshy-6", "tripo:v3.0-20250812"
IMAGE = "data:image/png;base64," + base64.b64encode(PICTURE).decode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def vendors() -> AsyncIterator[MediaVendors]:
    async with media_vendors() as server:
        server.again_s = 0.02
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(vendors: MediaVendors, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    accounts = {name: {"base_url": vendors.base_url(name), "api_key": "sk-CANARY-media"} for name in NAMES}
    async with (
        running_app(tmp_path_factory.mktemp("media"), providers=accounts, routing={"retries": 0}) as app,
        client_of(app, headers=AUTHORISED, timeout=60) as client,
    ):
        yield client


async def ask(client: httpx.AsyncClient, model: str, prompt: str, **more: Any) -> httpx.Response:
    body = {"model": model, "input": {"prompt": prompt}, "fallback": "wait", **more}
    return await client.post("/v1/generate", json=body)


FAILURES = [
    *[
        (model, word)
        for model in (MESHY, TRIPO)
        for word in ("fails", "refused", "cancelled", "expires", "key", "page")
    ],
    *[(MESHY, word) for word in ("gone", "truncated", "damaged", "file")],
    (TRIPO, "banned"),
    (TRIPO, "poor"),
    (TRIPO, "forbidden"),
    *[
        ("replicate:black-forest-labs/flux-schnell", word)
        for word in ("fails", "refused", "cancelled", "expires", "key", "gone", "truncated", "damaged", "page")
    ],
    *[
        ("fal:fal-ai/flux/dev", word)
        for word in ("fails", "invalid", "unsafe", "poor", "gone", "truncated", "damaged")
    ],
    *[("stability:ultra", word) for word in ("refused", "invalid", "filtered")],
    *[("openai:gpt-image-1", word) for word in ("refused", "page", "damaged")],
    *[("google:gemini-2.5-flash-image", word) for word in ("blocked", "unsafe", "talks")],
    ("xai:grok-imagine-image", "refused"),
    ("huggingface:black-forest-labs/FLUX.1-schnell", "cold"),
]


@pytest.mark.req("TEST-INT-001", "SYS-NFR-002")
@pytest.mark.parametrize(("model", "word"), FAILURES)
async def test_a_failure_is_one_clean_sentence_after_the_other(
    client: httpx.AsyncClient, model: str, word: str
) -> None:
    answer = await ask(client, model, f"{word} chair")
    assert answer.status_code >= 400, answer.text[:300]
    message = answer.json()["error"]["message"]
    provider = model.partition(":")[0]
    assert re.search(provider, re.sub(r"\W", "", message), re.IGNORECASE), message
    assert len(re.findall(r"Wait |[Mm]end the ", message)) == 1, message
    assert message.endswith("."), message
    assert ".." not in message
    assert " ." not in message
    for raw in (
        "Errno",
        "aiohttp",
        "Connect call",
        "ClientPayloadError",
        "ContentLengthError",
        "Traceback",
        "CANARY",
    ):
        assert raw not in message


@pytest.mark.req("SYS-REQ-015")
@pytest.mark.parametrize(
    ("model", "more", "credits"),
    [
        (MESHY, {}, 30),
        (MESHY, {"parameters": {"textured": False}}, 20),
        (TRIPO, {}, 30),
        ("stability:stable-fast-3d", {"input": {"images": [IMAGE]}}, None),
        ("replicate:black-forest-labs/flux-schnell", {}, None),
        ("fal:fal-ai/flux/dev", {}, None),
    ],
)
async def test_what_a_vendor_took_is_in_the_usage_where_it_tells(
    client: httpx.AsyncClient, model: str, more: dict[str, Any], credits: float | None
) -> None:
    provider = model.partition(":")[0]

    def counted() -> float:
        samples = (sample for metric in REGISTRY.collect() for sample in metric.samples)
        return sum(
            sample.value
            for sample in samples
            if sample.name == "pluggably_provider_credits_total" and sample.labels["provider"] == provider
        )

    before = counted()
    answer = await ask(client, model, "quick chair", **more)
    assert answer.status_code == 200, answer.text
    assert answer.json()["usage"]["provider_credits"] == credits
    assert counted() - before == (credits or 0)


@pytest.mark.req("SYS-REQ-073")
async def test_what_an_account_has_left_is_told_where_its_vendor_tells_it(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(10):
        while True:
            listed = (await client.get("/v1/providers")).json()["providers"]
            told = {item["name"]: item["credits_status"] for item in listed if item["credits_status"]}
            if all(told[name]["checked_at"] for name in ("meshy", "stability", "tripo")):
                break
            await asyncio.sleep(0.05)
    assert {name: told[name]["remaining"] for name in ("meshy", "stability", "fal")} == {
        "meshy": 980,
        "stability": 0.5,
        "fal": None,
    }
    assert told["fal"]["status"] == "unknown"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"data": {"balance": 12.5}}', Credits(CreditsState.AVAILABLE, 12.5)),
        (b'{"data": {"balance": "3"}}', Credits(CreditsState.AVAILABLE, 3)),
        (b'{"data": {"balance": 0}}', Credits(CreditsState.EXHAUSTED, 0)),
        (b'{"data": {"balance": -2}}', Credits(CreditsState.EXHAUSTED, -2)),
        (b'{"data": {}}', None),
        (b'{"data": 7}', None),
        (b"[]", None),
        (b"<html>", None),
    ],
)
async def test_a_balance_is_read_or_is_no_balance(body: bytes, expected: Credits | None) -> None:
    balance = CreditBalance("/b", "data", "balance")
    assert balance.credits_call().path == "/b"
    if expected is None:
        with pytest.raises(ProviderError):
            balance.parse_credits(Reply(200, {}, body))
    else:
        assert balance.parse_credits(Reply(200, {}, body)) == expected
