"""`POST /v1/generate` with a provider that is a real server on loopback."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select

from pluggably.tables.requests import RequestTable
from tests.factories.apps import AUTHORISED, providers, running_app, served
from tests.fakes.openai_server import PIECES, TEXT, USAGE, OpenAIServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/generate"
PROVIDER_KEY = "sk-CANARY-provider"
UNTOLD = {"cached_prompt_tokens": None, "reasoning_tokens": None, "cost_usd": None, "provider_credits": None}


@dataclass
class Gateway:
    """A gateway on a real port, its vendor, and a client with the operator's key."""

    app: FastAPI
    upstream: OpenAIServer
    client: httpx.AsyncClient

    async def ask(self, model: str = "acme:gpt-test", prompt: str = "Hi", **more: Any) -> httpx.Response:
        return await self.client.post(PATH, json={"model": model, "input": {"prompt": prompt}, **more})

    async def events(self, model: str = "acme:gpt-test", **more: Any) -> list[tuple[str | None, Any]]:
        body = {"model": model, "input": {"prompt": "Hi"}, "stream": True, **more}
        async with self.client.stream("POST", PATH, json=body) as answer:
            assert answer.status_code == 200, await answer.aread()
            return [event async for event in events_of(answer)]

    async def recorded(self, request_id: str) -> RequestTable:
        """The record of a finished request, which is written behind."""
        async with asyncio.timeout(5):
            while True:
                async with self.app.state.database.reading() as db:
                    row = (await db.scalars(select(RequestTable).where(RequestTable.id == request_id))).first()
                if row is not None:
                    return row
                await asyncio.sleep(0.02)


async def events_of(answer: httpx.Response) -> AsyncIterator[tuple[str | None, Any]]:
    """Each event's name and data; ids must count from 1."""
    name, number = None, 0
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("id: "):
            number += 1
            assert line == f"id: {number}"
        elif line.startswith("data: "):
            data = line[6:]
            yield name, data if data == "[DONE]" else json.loads(data)
            name = None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """One for all tests of this file."""
    async with OpenAIServer() as upstream:
        times = {"connect_s": 1, "first_token_s": 1, "idle_s": 1, "total_s": 10}
        accounts = providers(upstream.base_url, key=PROVIDER_KEY, models="gpt-test", timeouts=times)
        async with (
            running_app(tmp_path_factory.mktemp("generate"), providers=accounts) as app,
            served(app) as url,
            httpx.AsyncClient(base_url=url, headers=AUTHORISED, timeout=10) as client,
        ):
            yield Gateway(app, upstream, client)


# whole answers
@pytest.mark.req("SYS-REQ-001")
async def test_a_whole_answer_says_who_made_it_what_it_cost_and_how_long_it_took(gateway: Gateway) -> None:
    answer = await gateway.ask()
    assert answer.status_code == 200
    body = answer.json()
    timing = body.pop("timing")
    assert body == {
        "request_id": answer.headers["x-request-id"],
        "model": "acme:gpt-test",
        "provider": "acme",
        "modality": "text",
        "session_id": None,
        "state_tokens": None,
        "selection": {
            "selected_model": "acme:gpt-test",
            "selected_provider": "acme",
            "requested": "acme:gpt-test",
            "reason": "model_id",
            "fallback_used": False,
            "fallback_reason": None,
            "attempts": [],
        },
        "credits_status": {
            "provider": "acme",
            "status": "unknown",
            "remaining": None,
            "total": None,
            "currency": None,
            "checked_at": None,
        },
        "output": {
            "text": TEXT,
            "reasoning": None,
            "tool_calls": None,
            "images": None,
            "mesh": None,
            "artifacts": None,
            "seed": None,
            "logprobs": None,
        },
        "finish_reason": "stop",
        "usage": {**USAGE, **UNTOLD},
        "warnings": [],
    }
    assert timing.keys() == {"queue_ms", "load_ms", "first_output_ms", "total_ms"}
    assert 0 <= timing["first_output_ms"] <= timing["total_ms"]


@pytest.mark.req("SYS-REQ-CR003-001")
@pytest.mark.parametrize("model", [None, "auto"])
async def test_auto_chooses_a_model_and_names_it(gateway: Gateway, model: str | None) -> None:
    body: dict[str, Any] = {"input": {"prompt": "Hi"}, **({"model": model} if model else {})}
    selection = (await gateway.client.post(PATH, json=body)).json()["selection"]
    assert (selection["selected_model"], selection["requested"]) == ("acme:gpt-test", "auto")


async def test_the_provider_is_sent_what_was_asked(gateway: Gateway) -> None:
    await gateway.ask(
        prompt="Why?", system_prompt="Be short.", parameters={"temperature": 0.5, "max_tokens": 7, "seed": None}
    )
    sent = gateway.upstream.chats[-1].json
    assert sent == {
        "model": "gpt-test",
        "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Why?"}],
        "temperature": 0.5,
        "max_tokens": 7,
    }


async def test_messages_are_passed_on_as_they_are(gateway: Gateway) -> None:
    messages = [
        {"role": "user", "content": "1"},
        {"role": "assistant", "content": "2"},
        {"role": "user", "content": "3"},
    ]
    answer = await gateway.client.post(PATH, json={"model": "acme:gpt-test", "input": {"messages": messages}})
    assert answer.status_code == 200
    assert gateway.upstream.chats[-1].json["messages"] == messages


async def test_reasoning_tool_calls_and_refusals_have_their_places(gateway: Gateway) -> None:
    thought = (await gateway.ask("acme:reasoning")).json()["output"]
    assert (thought["reasoning"], thought["text"]) == ("Let me think.", TEXT)
    called = (await gateway.ask("acme:tools")).json()
    assert called["finish_reason"] == "tool_calls"
    assert [call["function"]["name"] for call in called["output"]["tool_calls"]] == ["weather", "time"]
    assert (await gateway.ask("acme:refusal")).json()["output"]["text"] == "I can't help with that."


async def test_a_background_request_to_a_provider_completes(gateway: Gateway) -> None:
    accepted = await gateway.ask(background=True)
    assert accepted.status_code == 202
    url = f"/v1/requests/{accepted.json()['request_id']}"
    async with asyncio.timeout(5):
        while (found := (await gateway.client.get(url)).json())["finished_at"] is None:
            await asyncio.sleep(0.02)
    assert found["result"]["output"]["text"] == TEXT
    assert found["result"]["usage"] == {**USAGE, **UNTOLD}


async def test_state_tokens_come_back(gateway: Gateway) -> None:
    assert (await gateway.ask(state_tokens={"a": [1]})).json()["state_tokens"] == {"a": [1]}
    refused = await gateway.ask(state_tokens={"a": "x" * 70_000})
    assert (refused.status_code, refused.json()["error"]["param"]) == (422, "state_tokens")


@pytest.mark.req("TEST-UNIT-001", "SYS-REQ-001")
@pytest.mark.parametrize(
    ("change", "status", "code", "param"),
    [
        ({"model": "nothing"}, 404, "model_not_found", "model"),
        ({"provider": "nobody"}, 404, "provider_not_found", "provider"),
        ({"modality": "image"}, 400, "modality_mismatch", "modality"),
        ({"modality": "video"}, 422, "validation_error", "modality"),
        ({"parameters": {"temperature": 7}}, 422, "validation_error", "parameters.temperature"),
        ({"parameters": {"no_such": 7}}, 422, "validation_error", "parameters.no_such"),
        ({"unknown": 1}, 422, "validation_error", "unknown"),
        ({"input": {}}, 422, "validation_error", "input"),
        ({"input": {"prompt": "a", "messages": [{"role": "user"}]}}, 422, "validation_error", "input"),
        ({"input": {"messages": [{"role": "king"}]}}, 422, "validation_error", "input.messages.0.role"),
        ({"selection_mode": "commercial_only"}, 422, "validation_error", "selection_mode"),
        ({"session_id": "ses_1"}, 404, "session_not_found", "session_id"),
        ({"fallback": ["a"]}, 404, "model_not_found", "fallback"),
        ({"input": {"prompt": "x", "mesh": "data:,"}}, 400, "unsupported_feature", "input.mesh"),
        ({"input": {"prompt": "x", "images": ["file:///etc/passwd"]}}, 400, "blocked_url", "input.images"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_what_is_wrong_is_told_before_anything_is_asked(
    gateway: Gateway, change: dict[str, Any], status: int, code: str, param: str, stream: bool
) -> None:
    asked = len(gateway.upstream.chats)
    body = {"model": "acme:gpt-test", "input": {"prompt": "Hi"}, "stream": stream, **change}
    answer = await gateway.client.post(PATH, json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, param), error
    assert len(gateway.upstream.chats) == asked


# what providers do wrong
@pytest.mark.req("TEST-INT-001", "SYS-REQ-002", "SYS-NFR-001")
@pytest.mark.parametrize(
    ("model", "status", "code"),
    [
        ("error:400", 422, "validation_error"),
        ("error:400-context", 400, "context_length_exceeded"),
        ("error:400-key", 422, "validation_error"),
        ("error:401", 502, "provider_auth_error"),
        ("error:402", 402, "credits_exhausted"),
        ("error:404", 404, "model_not_found"),
        ("error:429", 429, "provider_rate_limited"),
        ("error:500-html", 502, "provider_error"),
        ("error:529", 503, "provider_unavailable"),
        ("redirect", 502, "provider_error"),
        ("drop", 502, "provider_error"),
        ("garbage:http", 502, "provider_error"),
        ("garbage:json", 502, "provider_error"),
        ("garbage:shape", 502, "provider_error"),
        ("garbage:choices", 502, "provider_error"),
        ("slow:30", 504, "provider_timeout"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_providers_failure_is_a_standard_error(
    gateway: Gateway, model: str, status: int, code: str, stream: bool
) -> None:
    if not stream:
        answer = await gateway.ask(f"acme:{model}")
        assert answer.status_code == status
        text, error = answer.text, answer.json()["error"]
    else:
        events = await gateway.events(f"acme:{model}")
        assert [name for name, _ in events] == ["selected", "error", None]
        text, error = json.dumps(events), events[1][1]["error"]
    assert error["code"] == code
    assert PROVIDER_KEY not in text


@pytest.mark.req("TEST-INT-001")
async def test_retry_after_reaches_the_client(gateway: Gateway) -> None:
    answer = await gateway.ask("acme:error:429")
    assert answer.headers["retry-after"] == "7"
    assert answer.json()["error"]["retry_after"] == 7


@pytest.mark.req("SYS-NFR-001", "SYS-NFR-002")
@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("stream-error", "provider_error"),
        ("stream-error:429", "provider_rate_limited"),
        ("stream-error:insufficient_quota", "credits_exhausted"),
        ("error-beside-choices", "provider_rate_limited"),
        ("cut-off", "provider_error"),
        ("cut-off:politely", "provider_error"),
        ("garbage:stream", "provider_error"),
        ("garbage:chunks", "provider_error"),
        ("stall", "provider_timeout"),
    ],
)
async def test_a_failure_in_the_middle_of_a_stream_is_its_last_event(gateway: Gateway, model: str, code: str) -> None:
    events = await gateway.events(f"acme:{model}")
    assert events[-1] == (None, "[DONE]")
    name, data = events[-2]
    assert (name, data["error"]["code"]) == ("error", code)
    assert PROVIDER_KEY not in json.dumps(events)
    record = await gateway.recorded(data["error"]["request_id"])
    assert (record.status, record.error_code) == ("failed", code)


# streams
@pytest.mark.req("TEST-SYS-007", "SYS-REQ-017")
async def test_a_stream_has_the_events_of_the_contract_in_their_order(gateway: Gateway) -> None:
    events = await gateway.events()
    names = [name for name, _ in events]
    assert names == ["selected", *["delta"] * len(PIECES), "output", None]
    selected, output = events[0][1], events[-2][1]
    assert selected["request_id"] == output["request_id"]
    assert selected["selection"] == output["selection"]
    assert [data["text"] for name, data in events if name == "delta"] == list(PIECES)
    assert output["output"]["text"] == TEXT
    assert output["usage"] == {**USAGE, **UNTOLD}
    assert events[-1][1] == "[DONE]"


@pytest.mark.req("TEST-SYS-007", "SYS-REQ-017")
async def test_pieces_arrive_while_later_ones_are_being_made(gateway: Gateway) -> None:
    body = {"model": "acme:paced:0.02", "input": {"prompt": "Hi"}, "stream": True}
    arrivals = []
    async with gateway.client.stream("POST", PATH, json=body) as answer:
        async for name, _ in events_of(answer):
            if name == "delta":
                arrivals.append(time.monotonic())
    assert len(arrivals) == 10 * len(PIECES)
    assert arrivals[-1] - arrivals[0] > 0.5, "they came all together"


@pytest.mark.parametrize("model", ["comments", "unknown-events", "crlf", "no-done"])
async def test_a_vendors_quirks_leave_the_answer_whole(gateway: Gateway, model: str) -> None:
    events = await gateway.events(f"acme:{model}")
    assert events[-2][1]["output"]["text"] == TEXT


async def test_streams_cut_at_every_byte_read_the_same(gateway: Gateway) -> None:
    gateway.upstream.cut = lambda data: (data[at : at + 1] for at in range(len(data)))
    try:
        assert (await gateway.events())[-2][1]["output"]["text"] == TEXT
    finally:
        gateway.upstream.cut = None


async def test_reasoning_and_tool_calls_stream_too(gateway: Gateway) -> None:
    thought = await gateway.events("acme:reasoning")
    assert [data["reasoning"] for name, data in thought if name == "delta" and "reasoning" in data] == [
        "Let me ", "think.",
    ]  # fmt: skip
    output = (await gateway.events("acme:tools"))[-2][1]["output"]
    assert [call["function"] for call in output["tool_calls"]] == [
        {"name": "weather", "arguments": '{"city": "Zürich"}'},
        {"name": "time", "arguments": "{}"},
    ]


async def test_streams_share_the_connection_to_the_provider(gateway: Gateway) -> None:
    await gateway.events()
    before = gateway.upstream.connections
    for _ in range(4):
        await gateway.events()
    assert gateway.upstream.connections == before


# clients that leave, clients that are slow
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["echo:0.45", "paced:0.1"])
async def test_a_client_that_leaves_stops_the_work(gateway: Gateway, model: str, stream: bool) -> None:
    number = len(gateway.upstream.chats)
    asking = asyncio.create_task(
        gateway.client.post(
            PATH,
            json={"model": f"acme:{model}", "input": {"prompt": "Hi"}, "stream": stream},
            headers={"X-Request-ID": f"leaves-{model[:4]}-{stream}"},
        )
    )
    await gateway.upstream.until(lambda: len(gateway.upstream.chats) > number)
    await asyncio.sleep(0.15)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await gateway.upstream.until(lambda: gateway.upstream.chats[number].left, within_s=1)
    record = await gateway.recorded(f"leaves-{model[:4]}-{stream}")
    assert record.status == "cancelled"
    if model.startswith("paced") and stream:
        assert record.completion_tokens is not None
        assert record.completion_tokens >= 1, "what was made before is not forgotten"


@pytest.mark.req("SYS-NFR-003")
@pytest.mark.parametrize("path", [PATH, "/v1/chat/completions"])
async def test_a_reader_that_does_not_read_slows_the_provider_and_stops_it_by_leaving(
    gateway: Gateway, path: str
) -> None:
    number = len(gateway.upstream.chats)
    body = json.dumps(
        {
            "model": "acme:endless",
            "stream": True,
            **({"input": {"prompt": "Hi"}} if path == PATH else {"messages": [{"role": "user", "content": "Hi"}]}),
        }
    ).encode()
    host, port = gateway.client.base_url.host, gateway.client.base_url.port
    assert port is not None
    reader, writer = await asyncio.open_connection(host, port, limit=1024)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nX-API-Key: {AUTHORISED['x-api-key']}\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    assert b"200" in await reader.readline()
    await gateway.upstream.until(lambda: len(gateway.upstream.chats) > number)

    async def settled() -> int:
        """How much the provider has sent once it sends no more."""
        last = -1
        async with asyncio.timeout(5):
            while last != gateway.upstream.chats[number].sent:
                last = gateway.upstream.chats[number].sent
                await asyncio.sleep(0.1)
        return last

    sent = await settled()
    assert sent < 30_000_000, "nobody reads, and yet it keeps coming"
    writer.close()
    await gateway.upstream.until(lambda: gateway.upstream.chats[number].left, within_s=2)


@pytest.mark.req("SYS-REQ-008")
async def test_a_finished_request_is_recorded_behind_the_answer(gateway: Gateway) -> None:
    answer = await gateway.ask(model="acme:gpt-test")
    record = await gateway.recorded(answer.json()["request_id"])
    assert (record.status, record.model, record.provider, record.route) == (
        "completed",
        "acme:gpt-test",
        "acme",
        PATH,
    )
    assert (record.prompt_tokens, record.completion_tokens, record.user_id) == (9, 5, "operator")


async def test_an_id_that_was_used_before_is_a_conflict(gateway: Gateway) -> None:
    headers = {"X-Request-ID": "used-once-1"}
    body = {"model": "acme:gpt-test", "input": {"prompt": "Hi"}}
    assert (await gateway.client.post(PATH, json=body, headers=headers)).status_code == 200
    await gateway.recorded("used-once-1")
    again = await gateway.client.post(PATH, json=body, headers=headers)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
