"""Sessions in a real server: what a crash leaves, what a model that was unloaded still knows."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.factories.databases import PostgresServer
from tests.factories.gateways import Gateway, running_gateway, wait_until
from tests.fakes.openai_server import OpenAIServer

AT_ONCE = 200
SESSIONS = 20


@pytest.mark.req("SYS-REQ-020")
async def test_kill_9_during_200_writes_loses_nothing_that_was_acknowledged_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    async with OpenAIServer() as upstream:
        variables = {
            "PLUGGABLY_PROVIDERS__ACME__BASE_URL": upstream.base_url,
            "PLUGGABLY_PROVIDERS__ACME__API_KEY": "sk-test",
        }
        running = running_gateway(tmp_path, **variables)
        gateway: Gateway = await asyncio.to_thread(running.__enter__)
        acknowledged: list[tuple[str, str]] = []
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(
            base_url=gateway.url, headers=gateway.headers, timeout=60, limits=limits
        ) as client:
            ids = [(await client.post("/v1/sessions", json={})).json()["id"] for _ in range(SESSIONS)]

            async def go_on(number: int) -> None:
                """One turn after the other, whole or streamed, until the server is gone."""
                for turn in range(1000):
                    prompt, session_id = f"{number}/{turn}", ids[number % SESSIONS]
                    body: dict[str, Any] = {
                        "model": "acme:echo",
                        "input": {"prompt": prompt},
                        "stream": number % 2 == 0,
                    }
                    try:
                        reply = await client.post(f"/v1/sessions/{session_id}/generate", json=body)
                    except httpx.TransportError:
                        return
                    assert reply.status_code == 200, reply.text
                    if "event: output" in reply.text or number % 2:
                        acknowledged.append((session_id, prompt))

            tasks = [asyncio.create_task(go_on(number)) for number in range(AT_ONCE)]
            async with asyncio.timeout(60):
                while len(acknowledged) < AT_ONCE:
                    await asyncio.sleep(0.005)
            os.kill(gateway.process.pid, signal.SIGKILL)
            await asyncio.gather(*tasks)
        await asyncio.to_thread(gateway.process.wait)
        await asyncio.to_thread(running.__exit__, None, None, None)

        running = running_gateway(tmp_path, **variables)
        gateway = await asyncio.to_thread(running.__enter__)
        try:
            async with httpx.AsyncClient(base_url=gateway.url, headers=gateway.headers, timeout=60) as client:
                found: Counter[tuple[str, str]] = Counter()
                for session_id in ids:
                    messages, query = [], {"limit": 200}
                    while True:
                        page = (await client.get(f"/v1/sessions/{session_id}", params=query)).json()
                        messages = page["messages"] + messages
                        if page["next_cursor"] is None:
                            break
                        query["cursor"] = page["next_cursor"]
                    assert page["message_count"] == len(messages)
                    # Every turn is whole: a prompt, and the answer that repeats it.
                    assert [message["role"] for message in messages] == ["user", "assistant"] * (len(messages) // 2)
                    for prompt, answer in zip(messages[::2], messages[1::2], strict=True):
                        assert prompt["content"] == answer["content"]
                        assert prompt["request_id"] == answer["request_id"]
                        found[session_id, prompt["content"]] += 1
                reply = await client.post(
                    f"/v1/sessions/{ids[0]}/generate", json={"model": "acme:echo", "input": {"prompt": "And on."}}
                )
                assert reply.status_code == 200
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)
    assert len(acknowledged) >= AT_ONCE
    assert set(acknowledged) <= set(found)
    assert set(found.values()) == {1}


@pytest.mark.req("SYS-REQ-020")
async def test_turns_of_one_session_come_one_after_the_other_through_two_gateways_on_one_database(
    tmp_path: Path, upstream: OpenAIServer, postgres_server: PostgresServer
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with postgres_server.empty_database() as url:
        variables = {"PLUGGABLY_DATABASE_URL": url, "PLUGGABLY_PROVIDERS__ACME__BASE_URL": upstream.base_url}
        with (
            running_gateway(tmp_path / "a", **variables) as one,
            running_gateway(tmp_path / "b", **variables) as other,
        ):
            async with httpx.AsyncClient(headers=one.headers, timeout=60) as client:
                session_id = (await client.post(f"{one.url}/v1/sessions", json={})).json()["id"]

                async def say(gateway: Gateway, prompt: str, model: str, stream: bool = False) -> None:
                    body = {"model": model, "input": {"prompt": prompt}, "stream": stream}
                    reply = await client.post(f"{gateway.url}/v1/sessions/{session_id}/generate", json=body)
                    assert reply.status_code == 200, reply.text
                    assert "event: error" not in reply.text

                first = asyncio.create_task(say(one, "first", "acme:echo:1.5"))
                await upstream.until(lambda: len(upstream.chats) == 1)
                await asyncio.gather(
                    say(other, "on the other", "acme:echo"), say(other, "streamed", "acme:echo", stream=True)
                )
                assert first.done()
                assert [message["content"] for message in upstream.chats[1].json["messages"]][:2] == ["first"] * 2
                turns = [(number, (one, other)[number % 2]) for number in range(12)]
                await asyncio.gather(*(say(gateway, f"{number}", "acme:echo") for number, gateway in turns))
                messages = (await client.get(f"{other.url}/v1/sessions/{session_id}")).json()["messages"]
                asked = [message["content"] for message in messages if message["role"] == "user"]
                assert asked[0] == "first"
                assert sorted(asked[3:]) == sorted(f"{number}" for number, _ in turns)
                # Whoever was asked later knew all that came before.
                for chat, known in zip(upstream.chats, range(1, 31, 2), strict=True):
                    assert len(chat.json["messages"]) == known

                hanging = asyncio.create_task(say(one, "hangs", "acme:stall"))
                await upstream.until(lambda: len(upstream.chats) == 16)
                os.kill(one.process.pid, signal.SIGKILL)
                await asyncio.gather(hanging, return_exceptions=True)
                async with asyncio.timeout(10):
                    await say(other, "after the crash", "acme:echo")


@pytest.mark.req("SYS-REQ-054", "TEST-SYS-017", "SYS-REQ-020", "TEST-SYS-012")
def test_a_session_goes_on_with_its_context_after_its_model_was_unloaded(gateway: Gateway) -> None:
    few = {"max_tokens": 8}
    with gateway.client() as client:
        session_id = client.post("/v1/sessions", json={"system_prompt": "You are a poet."}).json()["id"]

        def say(prompt: str) -> dict[str, Any]:
            body = {"input": {"prompt": prompt}, "parameters": few}
            reply = client.post(f"/v1/sessions/{session_id}/generate", json=body)
            assert reply.status_code == 200, reply.text
            answer: dict[str, Any] = reply.json()
            return answer

        first = say("My name is Ada.")
        second = say("I live by the sea.")
        model = first["model"]
        assert client.post(f"/v1/models/{model}/unload", json={}).status_code == 200
        status = f"/v1/models/{model}/status"
        wait_until(lambda: client.get(status).json()["runtime_status"] == "unloaded")
        third = say("Where do I live?")
        assert client.get(status).json()["runtime_status"] == "loaded"
        session = client.get(f"/v1/sessions/{session_id}").json()
    prompts = [answer["usage"]["prompt_tokens"] for answer in (first, second, third)]
    assert prompts[0] < prompts[1] < prompts[2]
    said = [message["content"] for message in session["messages"]]
    assert said[::2] == ["My name is Ada.", "I live by the sea.", "Where do I live?"]
    assert said[1::2] == [answer["output"]["text"] for answer in (first, second, third)]
    assert session["message_count"] == 6


@pytest.mark.req("SYS-REQ-020", "SYS-REQ-054")
def test_a_session_outgrows_the_window_of_a_real_model_and_goes_on(model_folder: Path, tmp_path: Path) -> None:
    with (
        running_gateway(tmp_path, models=model_folder, PLUGGABLY_RUNTIME__CONTEXT_TOKENS="256") as gateway,
        gateway.client() as client,
    ):
        session_id = client.post("/v1/sessions", json={}).json()["id"]
        warned = []
        for number in range(6):
            prompt = f"Tell me about number {number}. " + "The sea is wide and the sky is high. " * 5
            body = {"input": {"prompt": prompt}, "parameters": {"max_tokens": 8}}
            reply = client.post(f"/v1/sessions/{session_id}/generate", json=body)
            assert reply.status_code == 200, reply.text
            assert reply.json()["usage"]["total_tokens"] <= 256
            warned.append(bool(reply.json()["warnings"]))
        assert not warned[0]
        assert warned[-1]
        digits = " ".join(str(number % 10) for number in range(50))  # a token for each: twice what was estimated
        for _ in range(4):
            body = {"input": {"prompt": digits}, "parameters": {"max_tokens": 4}}
            reply = client.post(f"/v1/sessions/{session_id}/generate", json=body)
            assert reply.status_code == 200, reply.text
        alone = {"input": {"prompt": "sea " * 2000}}
        reply = client.post(f"/v1/sessions/{session_id}/generate", json=alone)
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "context_length_exceeded")


KEEPER = """
import json
from pluggably.contract.calls import Call
from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider
from pluggably.contract.text import TextDelta, TextResult

class Keeper:
    def prepare(self, request, model):
        number = (request.state_tokens or {}).get("number", 0)
        messages = [{"role": "user", "content": str(number)}]
        body = {"model": "echo", "messages": messages, "stream": request.stream}
        return Call("/chat/completions", json.dumps(body).encode())

    def parse(self, reply):
        text = json.loads(reply.body)["choices"][0]["message"]["content"]
        return TextResult(text=text, state_tokens={"number": int(text) + 1})

    async def stream(self, events, request):
        text = ""
        async for event in events:
            if event.data == "[DONE]":
                break
            for choice in json.loads(event.data)["choices"]:
                piece = choice["delta"].get("content") or ""
                text += piece
                yield TextDelta(text=piece)
        yield TextDelta(finish_reason="stop", state_tokens={"number": int(text) + 1})

provider = Provider(name="keeper", base_url="http://127.0.0.1:9", adapters={Modality.TEXT: Keeper()}, needs_key=False)
"""


@pytest.mark.req("SYS-REQ-022", "TEST-SYS-014")
async def test_what_a_provider_returns_of_its_state_is_merged_and_comes_back_to_it(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    (plugin / "keeper-1.dist-info").mkdir(parents=True)
    (plugin / "keeper.py").write_text(KEEPER)
    (plugin / "keeper-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: keeper\nVersion: 1\n")
    (plugin / "keeper-1.dist-info" / "entry_points.txt").write_text(
        "[pluggably.providers]\nkeeper = keeper:provider\n"
    )
    path = os.pathsep.join([str(plugin), *filter(None, [os.environ.get("PYTHONPATH")])])
    async with OpenAIServer() as upstream:
        running = running_gateway(tmp_path, PYTHONPATH=path, PLUGGABLY_PROVIDERS__KEEPER__BASE_URL=upstream.base_url)
        gateway: Gateway = await asyncio.to_thread(running.__enter__)
        try:
            async with httpx.AsyncClient(base_url=gateway.url, headers=gateway.headers, timeout=30) as client:
                session_id = (await client.post("/v1/sessions", json={})).json()["id"]
                url = f"/v1/sessions/{session_id}/generate"
                body: dict[str, Any] = {"model": "keeper:m", "input": {"prompt": "Hi"}}
                first = (await client.post(url, json={**body, "state_tokens": {"mine": 1}})).json()
                assert first["state_tokens"] == {"mine": 1, "number": 1}
                second = (await client.post(url, json=body)).json()
                assert (second["output"]["text"], second["state_tokens"]) == ("1", {"mine": 1, "number": 2})
                streamed = (await client.post(url, json={**body, "stream": True})).text
                assert '"state_tokens":{"mine":1,"number":3}' in streamed
                session = (await client.get(f"/v1/sessions/{session_id}")).json()
                assert session["state_tokens"] == {"mine": 1, "number": 3}
                alone = (await client.post("/v1/generate", json={**body, "state_tokens": {"number": 7}})).json()
                assert alone["state_tokens"] == {"number": 8}
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)
