"""What the caller reads when a provider fails: whose failure it is, and what can be done about it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from pluggably.errors import (
    ContentRefused,
    PluggablyError,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimited,
    ProviderUnavailable,
)
from pluggably.providers._errors import explained, sentence
from pluggably.providers._media_shape import failed, refused
from tests.factories.apps import AUTHORISED, client_of, providers, running_app
from tests.fakes.openai_server import ERRORS, OpenAIServer

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.req("TEST-INT-001", "SYS-NFR-002")]

HELLO = [{"role": "user", "content": "Hi"}]
SURFACES: dict[str, dict[str, Any]] = {
    "/v1/generate": {"input": {"prompt": "Hi"}},
    "/v1/chat/completions": {"messages": HELLO},
    "/v1/responses": {"input": "Hi"},
    "/v1/messages": {"messages": HELLO, "max_tokens": 5},
    "/v1/completions": {"prompt": "Hi"},
}
WHOLE = ("garbage:json", "garbage:shape", "garbage:empty", "garbage:choices", "garbage:list")
STREAMED = ("garbage:stream", "cut-off", "cut-off:politely", "stream-error")
EITHER = ("garbage:http", "drop", "page", "redirect", "slow:30")
ANSWERS = ("Wait ", "Mend the ", "mend the ")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway with one provider, which is tried once."""
    async with (
        OpenAIServer() as upstream,
        running_app(
            tmp_path_factory.mktemp("gateway"),
            providers=providers(upstream.base_url),
            timeouts={"first_token_s": 0.2, "idle_s": 0.2},
            routing={"retries": 0},
        ) as app,
        client_of(app, headers=AUTHORISED) as client,
    ):
        yield client


async def message_of(gateway: httpx.AsyncClient, path: str, model: str, **more: Any) -> str:
    """The words of the error that the answer is, or ends with."""
    reply = await gateway.post(path, json={"model": f"acme:{model}", **SURFACES[path], **more})
    if reply.headers["content-type"].startswith("application/json"):
        return str(reply.json()["error"]["message"])
    data = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: {")]
    found = next(event for event in reversed(data) if event.get("error") or event.get("response", {}).get("error"))
    return str((found.get("error") or found["response"]["error"])["message"])


def check(message: str) -> None:
    assert "acme" in message
    assert sum(message.count(answer) for answer in ANSWERS) == 1, message
    assert ".." not in message
    assert message.endswith(".")
    for raw in ("Errno", "ClientError", "ServerDisconnected", "Traceback", "Connect call failed", "Bad status line"):
        assert raw not in message


@pytest.mark.parametrize("path", SURFACES)
@pytest.mark.parametrize("model", [*EITHER, *WHOLE])
async def test_a_whole_answer_that_fails_names_its_provider_and_what_to_do(
    gateway: httpx.AsyncClient, path: str, model: str
) -> None:
    check(await message_of(gateway, path, model))


@pytest.mark.parametrize("path", SURFACES)
@pytest.mark.parametrize("model", [*EITHER, *STREAMED])
async def test_a_stream_that_fails_names_its_provider_and_what_to_do(
    gateway: httpx.AsyncClient, path: str, model: str
) -> None:
    check(await message_of(gateway, path, model, stream=True))


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_refusal_names_its_provider_and_what_to_do(
    gateway: httpx.AsyncClient, name: str, stream: bool
) -> None:
    check(await message_of(gateway, "/v1/generate", f"error:{name}", stream=stream))


async def test_vectors_that_cant_be_read_are_somebodys(gateway: httpx.AsyncClient) -> None:
    reply = await gateway.post("/v1/embeddings", json={"model": "acme:broken", "input": "Hi"})
    assert reply.json()["error"]["message"] == (
        "acme's answer holds no vectors that can be read. Wait a while, then try again."
    )


async def test_the_time_to_wait_is_told(gateway: httpx.AsyncClient) -> None:
    assert (await message_of(gateway, "/v1/generate", "error:429")).endswith("Wait 7 s, then try again.")


@pytest.mark.parametrize(
    ("error", "provider", "words"),
    [
        (
            ProviderError("The provider's answer has no choices."),
            "acme",
            "acme's answer has no choices. Wait a while",
        ),
        (ProviderError("An event of the provider's is odd."), "acme", "An event of acme's is odd. Wait a while"),
        (ProviderError("It is odd"), "acme", "acme: It is odd. Wait a while, then try again."),
        (ProviderError("Hugging Face sent nothing."), "huggingface", "Hugging Face sent nothing. Wait a while"),
        (ProviderError("macmex sent nothing."), "acme", "acme: macmex sent nothing. Wait a while"),
        (ProviderUnavailable("acme is away.", retry_after=2.2), "acme", "acme is away. Wait 3 s, then try again."),
        (ProviderRateLimited("acme!", retry_after=0.1), "acme", "acme! Wait 1 s, then try again."),
        (ContentRefused("acme: no."), "acme", "acme: no. Mend the request: ask for something else."),
        (ProviderAuthError("acme refused it; mend the key."), "acme", "acme refused it; mend the key."),
    ],
)
async def test_what_lacks_a_name_or_an_answer_gets_one(error: PluggablyError, provider: str, words: str) -> None:
    explained(error, provider)
    assert error.message.startswith(words)
    assert str(error) == error.message
    once = error.message
    explained(error, provider)
    assert error.message == once, "told twice, it says so once"


@pytest.mark.parametrize("reason", ["it crashed.", "it crashed", " it crashed. "])
async def test_a_vendors_full_stop_is_not_followed_by_another(reason: str) -> None:
    assert failed("Acme", reason).message == "Acme could not make it: it crashed."
    assert refused("Acme", reason).message == "Acme refused the content: it crashed."
    assert sentence("Really?") == "Really?"
