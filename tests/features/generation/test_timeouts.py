"""The four time-outs, of text and of media, whole and streamed: what the caller reads, and who is asked next."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from pluggably.routing.cooldown import LocalHealth
from tests.factories.apps import AUTHORISED, client_of, running_app
from tests.fakes.media_vendors import MediaVendors, media_vendors
from tests.fakes.openai_server import TEXT, OpenAIServer

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.req("TEST-INT-001", "SYS-REQ-005", "SYS-NFR-002")]

SHORT = 0.5
LONG = 20.0
KINDS = ("first token", "idle", "total")


@dataclass
class Gateway:
    """A gateway with a provider for each time-out that is short: `PROVIDER_KIND`, and one that is well."""

    app: FastAPI
    client: httpx.AsyncClient
    upstream: OpenAIServer
    media: MediaVendors

    async def error(self, model: str, *, stream: bool, **more: Any) -> dict[str, Any]:
        """The error that a request ends with."""
        reply = await self.generate(model, stream=stream, **more)
        if not stream:
            return dict(reply.json()["error"])
        data = [line for line in reply.text.splitlines() if line.startswith("data: {")]
        return dict(json.loads(data[-1].removeprefix("data: "))["error"])

    def forget(self) -> None:
        """No model cools down any longer."""
        self.app.state.generation.standing.health = LocalHealth()

    async def generate(self, model: str, *, stream: bool = False, prompt: str = "Hi", **more: Any) -> httpx.Response:
        body = {"model": model, "input": {"prompt": prompt}, "stream": stream, **more}
        return await self.client.post("/v1/generate", json=body)


@pytest.fixture(scope="module")
def deaf() -> Iterator[str]:
    """The address of a server whose queue of connections is full: a further one is never made."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = []
        for _ in range(8):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(server.getsockname())
            waiting.append(one)
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        for one in waiting:
            one.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory, deaf: str) -> AsyncIterator[Gateway]:
    patient = {"connect_s": LONG, "first_token_s": LONG, "idle_s": LONG, "total_s": LONG}
    short = {kind: {**patient, f"{kind.replace(' ', '_')}_s": SHORT} for kind in ("connect", *KINDS)}
    async with OpenAIServer() as upstream, media_vendors() as media:
        accounts: dict[str, Any] = {
            "acme": {"base_url": upstream.base_url},
            "deaf": {"base_url": deaf, "timeouts": short["connect"], "models": ["m"]},
            "fal": {"base_url": deaf.removesuffix("/v1"), "api_key": "k", "timeouts": short["connect"]},
            "meshy": {"base_url": media.base_url("meshy"), "api_key": "k", "timeouts": short["total"]},
            "replicate": {"base_url": media.base_url("replicate"), "api_key": "k", "timeouts": short["first token"]},
        }
        accounts |= {
            f"acme_{kind.replace(' ', '_')}": {"base_url": upstream.base_url, "timeouts": short[kind]}
            for kind in KINDS
        }
        async with (
            running_app(
                tmp_path_factory.mktemp("gateway"), providers=accounts, routing={"retries": 1, "longest_wait_s": 0.05}
            ) as app,
            client_of(app, headers=AUTHORISED, timeout=60) as client,
        ):
            yield Gateway(app, client, upstream, media)


def check(error: dict[str, Any], provider: str, kind: str) -> None:
    """The one code, whose it was, which time it was, and what to do."""
    assert error["code"] == "provider_timeout"
    assert error["message"] == (
        f"{provider} took too long ({kind} time-out after {SHORT:g} s). Wait a while, then try again."
    )


CASES = [
    ("first token", "slow:20", False),
    ("first token", "slow:20", True),
    ("first token", "slow-first:20", True),
    ("idle", "stall", True),
    ("total", "slow:20", False),
    ("total", "slow:20", True),
    ("total", "paced:0.05", True),
]
"""Which time runs out at a server that does this, whole or streamed. A whole answer comes at once, without idling."""


@pytest.mark.parametrize(("kind", "does", "stream"), CASES)
async def test_a_time_that_runs_out_is_named_and_the_same_place_is_not_asked_again(
    gateway: Gateway, kind: str, does: str, stream: bool
) -> None:
    provider = f"acme_{kind.replace(' ', '_')}"
    before = len(gateway.upstream.chats)
    check(await gateway.error(f"{provider}:{does}", stream=stream), provider, kind)
    asked = gateway.upstream.chats[before:]
    assert len(asked) == 1, "it would take as long again, and may be charged for"
    await gateway.upstream.until(lambda: asked[0].left)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_connection_that_is_not_made_in_time_is_tried_again_since_nothing_was_sent(
    gateway: Gateway, stream: bool
) -> None:
    gateway.forget()
    error = await gateway.error("deaf:m", stream=stream)
    check(error, "deaf", "connect")
    assert [attempt["code"] for attempt in error["details"]["attempts"]] == ["provider_timeout"] * 2


@pytest.mark.parametrize(
    ("model", "stream"),
    [(f"acme_{kind.replace(' ', '_')}:{does}", stream) for kind, does, stream in CASES if "slow" in does]
    + [("deaf:m", False), ("deaf:m", True)],
)
async def test_another_model_answers_where_one_was_too_slow_to_begin(
    gateway: Gateway, model: str, stream: bool
) -> None:
    gateway.forget()
    reply = await gateway.generate(model, stream=stream, fallback=["acme:gpt-test"])
    if stream:
        outputs = [line for line in reply.text.splitlines() if '"fallback_used"' in line]
        last = json.loads(outputs[-1].removeprefix("data: "))
    else:
        last = reply.json()
    assert (last["model"], last["output"]["text"]) == ("acme:gpt-test", TEXT)
    selection = last["selection"]
    assert (selection["fallback_used"], selection["fallback_reason"]) == (True, "provider_error")
    assert {attempt["code"] for attempt in selection["attempts"]} == {"provider_timeout"}


@pytest.mark.parametrize(("kind", "does"), [("idle", "stall"), ("total", "paced:0.05")])
async def test_nobody_goes_on_with_an_answer_that_has_begun(gateway: Gateway, kind: str, does: str) -> None:
    provider = f"acme_{kind}"
    error = await gateway.error(f"{provider}:{does}", stream=True, fallback=["acme:gpt-test"])
    check(error, provider, kind)


async def test_slow_pieces_are_no_silence(gateway: Gateway) -> None:
    reply = await gateway.generate("acme_idle:paced:0.02", stream=True)
    assert '"finish_reason":"stop"' in reply.text


# Media: submit and poll, each call with its own times, and one for the whole task
@pytest.mark.parametrize("stream", [False, True])
async def test_a_task_has_the_total_time_for_all_its_polls_and_is_cancelled_after_it(
    gateway: Gateway, stream: bool
) -> None:
    before = len(gateway.media.asked("/v2/text-to-3d", "POST"))
    error = await gateway.error("meshy:meshy-6", stream=stream, prompt="slow chair")
    assert error["code"] == "provider_timeout"
    assert error["message"] == f"meshy took longer than {SHORT:g} s for the task. Wait a while, then try again."
    assert len(gateway.media.asked("/v2/text-to-3d", "POST")) == before + 1, "a mesh that was begun is begun once"
    async with asyncio.timeout(5):  # it is told aside
        while not gateway.media.asked("/v2/text-to-3d/", "DELETE"):
            await asyncio.sleep(0.02)
    gateway.media.requests.clear()


@pytest.mark.parametrize("stream", [False, True])
async def test_a_task_that_is_not_taken_in_time_is_not_submitted_again(gateway: Gateway, stream: bool) -> None:
    gateway.media.delay_s = 2.0
    before = len(gateway.media.asked("predictions", "POST"))
    error = await gateway.error("replicate:black-forest-labs/flux-schnell", stream=stream, prompt="a cat")
    gateway.media.delay_s = 0.0
    check(error, "replicate", "first token")
    assert len(gateway.media.asked("predictions", "POST")) == before + 1, "it might be paid for twice"


@pytest.mark.parametrize("stream", [False, True])
async def test_an_image_whose_vendor_cant_be_connected_to_is_tried_again_and_then_made_by_another(
    gateway: Gateway, stream: bool
) -> None:
    model = "fal:fal-ai/flux/dev"
    error = await gateway.error(model, stream=stream, prompt="a cat")
    check(error, "fal", "connect")
    other = "replicate:black-forest-labs/flux-schnell"
    made = await gateway.generate(model, prompt="quick cat", fallback=[other])
    assert made.json()["model"] == other
