"""Several deployments of one model over HTTP: vendors on loopback that fail now and then, slowly, or for good."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.factories.apps import AUTHORISED, running_app, served
from tests.fakes.openai_server import TEXT, OpenAIServer

GENERATE, CHAT = "/v1/generate", "/v1/chat/completions"
THINKS_S = 0.1
FAST = {"fast": [{"model": "one:gpt"}, {"model": "two:gpt"}]}


class Gateway:
    """A client of a gateway with the vendors `one` and `two`, each with a model `gpt`."""

    def __init__(self, client: httpx.AsyncClient, one: OpenAIServer, two: OpenAIServer) -> None:
        self.client = client
        self.one = one
        self.two = two

    async def ask(self, model: str = "fast", **more: Any) -> httpx.Response:
        return await self.client.post(GENERATE, json={"model": model, "input": {"prompt": "Hi"}, **more})

    async def chat(self, *, stream: bool) -> httpx.Response:
        body = {"model": "fast", "messages": [{"role": "user", "content": "Hi"}], "stream": stream}
        return await self.client.post(CHAT, json=body)

    async def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        lines = (await self.client.get("/metrics")).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name}{{"))


@asynccontextmanager
async def gateway(
    folder: Path, *, one: str | None = None, two: str | None = None, times: dict[str, Any] | None = None, **more: Any
) -> AsyncIterator[Gateway]:
    async with OpenAIServer() as first, OpenAIServer() as second:
        for server, mood in ((first, one), (second, two)):
            if mood is not None:
                server.mood = lambda mood=mood: mood
        accounts = {
            name: {"base_url": server.base_url, "models": "gpt", **({"timeouts": times} if times else {})}
            for name, server in (("one", first), ("two", second))
        }
        given = {"providers": accounts, "deployments": FAST, **more}
        async with (
            running_app(folder, **given) as app,
            served(app) as url,
            httpx.AsyncClient(base_url=url, headers=AUTHORISED, timeout=30) as client,
        ):
            yield Gateway(client, first, second)


async def timed(gateway: Gateway, requests: int, at_once: int) -> list[float]:
    """Seconds that each of so many requests takes; half of them are streams. Each must be answered in full."""
    numbers = iter(range(requests))
    taken: list[float] = []

    async def caller() -> None:
        for number in numbers:
            started = time.perf_counter()
            answer = await gateway.chat(stream=number % 2 == 0)
            taken.append(time.perf_counter() - started)
            assert answer.status_code == 200, answer.text
            if number % 2 == 0:
                assert answer.text.rstrip().endswith("[DONE]")
            else:
                assert answer.json()["choices"][0]["message"]["content"] == TEXT

    await asyncio.gather(*(caller() for _ in range(at_once)))
    return sorted(taken)


@pytest.mark.req("SYS-REQ-005", "SYS-REQ-053")
@pytest.mark.alone
async def test_half_of_one_vendors_calls_fail_and_no_caller_notices(tmp_path: Path) -> None:
    healthy = f"slow:{THINKS_S}"
    lots = random.Random(20261123)
    failures = ["error:500", "error:529", "drop", f"late-error:{THINKS_S / 2}:500", "garbage:http"]
    async with (
        gateway(tmp_path / "healthy", one=healthy, two=healthy) as both_well,
        gateway(tmp_path / "flaky", two=healthy) as flaky,
    ):
        flaky.one.mood = lambda: lots.choice(failures) if lots.random() < 0.5 else healthy
        # Beside each other: what else the machine does meets both.
        baseline, taken = await asyncio.gather(timed(both_well, 400, 4), timed(flaky, 400, 4))
        bad, good = len(flaky.one.chats), len(flaky.two.chats)
        assert await flaky.metric("pluggably_retries_total") > 0
        assert await flaky.metric("pluggably_cooldowns_total") > 0
    p99 = int(0.99 * 400)
    assert taken[p99] < 2 * baseline[p99] + 0.1, (taken[p99], baseline[p99])
    assert 0 < bad < good / 3, "it is left out while it cools down"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_vendor_that_is_down_is_asked_a_few_times_only(tmp_path: Path, stream: bool) -> None:
    async with gateway(tmp_path, one="error:500") as vendors:
        for _ in range(60):
            assert (await vendors.chat(stream=stream)).status_code == 200
        assert len(vendors.one.chats) == 3
        assert len(vendors.two.chats) == 60


async def test_a_vendor_that_recovers_is_found_out_by_one_request(tmp_path: Path) -> None:
    async with gateway(tmp_path, one="error:500", routing={"cooldown_s": 0.5}) as vendors:
        while len(vendors.one.chats) < 3:
            await vendors.ask()
        vendors.one.mood = lambda: "slow:0.3"
        await asyncio.sleep(0.55)
        asked = len(vendors.one.chats)
        await asyncio.gather(*(vendors.ask() for _ in range(20)))
        assert len(vendors.one.chats) == asked + 1, "one tries it, nineteen go to the other"
        await asyncio.gather(*(vendors.ask() for _ in range(40)))
        assert len(vendors.one.chats) > asked + 5


async def test_the_answer_says_each_try(tmp_path: Path) -> None:
    async with gateway(tmp_path, one="error:500", two="error:529") as vendors:
        answer = await vendors.ask()
        error = answer.json()["error"]
        attempts = error["details"]["attempts"]
        assert {attempt["model"] for attempt in attempts[:2]} == {"one:gpt", "two:gpt"}
        assert len(attempts) == 4, "two deployments, and two more tries after a pause"
        vendors.two.mood = None
        body = (await vendors.ask()).json()
        assert (body["model"], body["selection"]["fallback_used"]) == ("two:gpt", False)
        assert all(attempt["model"] == "one:gpt" for attempt in body["selection"]["attempts"])


async def test_the_vendors_own_time_is_waited_for(tmp_path: Path) -> None:
    async with gateway(tmp_path, one="error:503-ms") as vendors:  # it asks for 0.8 s
        started = time.perf_counter()
        asking = asyncio.create_task(vendors.ask("one:gpt"))
        await vendors.one.until(lambda: len(vendors.one.chats) == 1)
        vendors.one.mood = None
        body = (await asking).json()
        assert time.perf_counter() - started >= 0.8
        assert [attempt["code"] for attempt in body["selection"]["attempts"]] == ["provider_unavailable"]
        vendors.one.mood = lambda: "error:429"  # it asks for 7 s, which is too long
        refused = await vendors.ask("one:gpt")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
        assert len(vendors.one.chats) == 3


async def test_who_has_gone_is_not_tried_for_again(tmp_path: Path) -> None:
    async with gateway(tmp_path, one="error:503-ms") as vendors:
        with pytest.raises(httpx.ReadTimeout):
            await vendors.client.post(GENERATE, json={"model": "one:gpt", "input": {"prompt": "Hi"}}, timeout=0.4)
        await asyncio.sleep(1.5)
        assert len(vendors.one.chats) == 1


async def test_the_total_time_holds_for_all_tries_together(tmp_path: Path) -> None:
    times = {"total_s": 2, "first_token_s": 2, "idle_s": 2, "connect_s": 2}
    async with gateway(tmp_path, one="late-error:0.9:500", times=times, routing={"retries": 10}) as vendors:
        started = time.perf_counter()
        refused = await vendors.ask("one:gpt")
        assert refused.status_code in (502, 504)
        assert time.perf_counter() - started < 4, "ten tries would take 10 s"
        assert 2 <= len(vendors.one.chats) <= 4


async def test_a_slow_vendor_is_not_waited_for_twice(tmp_path: Path) -> None:
    times = {"first_token_s": 0.3}
    async with gateway(tmp_path, one="slow:30", times=times) as vendors:
        assert (await vendors.ask("one:gpt")).status_code == 504
        assert len(vendors.one.chats) == 1
        for _ in range(4):
            assert (await vendors.ask()).json()["model"] == "two:gpt"


@pytest.mark.req("SYS-REQ-074", "SYS-REQ-075")
async def test_without_credits_a_free_model_answers_and_the_response_says_so(tmp_path: Path) -> None:
    async with OpenAIServer() as paid:
        account = {"base_url": paid.base_url, "api_key": "sk-1", "models": "paid"}
        async with gateway(tmp_path, providers={}, deployments={}) as bare:
            assert (await bare.ask("openai:paid")).status_code == 404
        free = {"base_url": paid.base_url, "models": "free"}
        async with gateway(tmp_path / "both", providers={"openai": account, "acme": free}, deployments={}) as both:
            paid.mood = lambda: "error:402" if "paid" in paid.chats[-1].json["model"] else "echo"
            for number in range(3):
                body = (await both.ask("openai:paid")).json()
                assert (body["model"], body["selection"]["fallback_reason"]) == ("acme:free", "credits_exhausted")
                assert body["credits_status"]["provider"] == "openai"
                assert body["credits_status"]["status"] == "exhausted"
                assert len(paid.chats) == number + 2, "it is asked once"
            listed = (await both.client.get("/v1/models?provider=openai")).json()["models"]
            assert {model["availability"]["credits_status"] for model in listed} == {"exhausted"}
            refused = await both.ask("openai:paid", selection_mode="model")
            assert (refused.status_code, refused.json()["error"]["code"]) == (402, "credits_exhausted")
            paid.mood = None
            body = (await both.ask("openai:paid", fallback="wait")).json()
            assert (body["model"], body["credits_status"]["status"]) == ("openai:paid", "unknown")
            assert (await both.ask("openai:paid")).json()["model"] == "openai:paid"
