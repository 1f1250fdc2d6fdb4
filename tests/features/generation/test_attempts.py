"""Fallback over HTTP: vendors on loopback that fail in every way, and others that stand in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select

from pluggably.contract.modality import Modality
from pluggably.kit.sse import EventParser
from pluggably.tables.requests import RequestTable
from tests.factories.apps import AUTHORISED, providers, running_app, served
from tests.factories.catalogues import entry
from tests.factories.images import png_url
from tests.fakes.openai_server import TEXT, OpenAIServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

GENERATE, CHAT = "/v1/generate", "/v1/chat/completions"
PROVIDER_KEY = "sk-CANARY-provider"
FAILING = {
    "acme:error:401": ("provider_auth_error", "provider_error"),
    "acme:error:402": ("credits_exhausted", "credits_exhausted"),
    "acme:error:404": ("model_not_found", "model_unavailable"),
    "acme:error:429": ("provider_rate_limited", "rate_limited"),
    "acme:error:429-quota": ("credits_exhausted", "credits_exhausted"),
    "acme:error:500-html": ("provider_error", "provider_error"),
    "acme:error:503": ("provider_unavailable", "provider_error"),
    "acme:drop": ("provider_error", "provider_error"),
    "acme:garbage:http": ("provider_error", "provider_error"),
    "acme:slow:30": ("provider_timeout", "provider_error"),
    "gone:gpt-test": ("provider_unavailable", "provider_error"),
}
"""Models that fail before they answer, with the error's code and the reason for going on."""
UNREADABLE = ("acme:garbage:json", "acme:garbage:shape", "acme:garbage:choices", "acme:garbage:empty")
CHAINS = {
    **{model: ["other:gpt-test"] for model in (*FAILING, *UNREADABLE, "acme:slow-first:30", "acme:stream-error:429")},
    "acme:error:400": ["other:gpt-test"],
    "acme:error:529": ["nobody", "acme:error:503", "other:gpt-test"],
    "acme:error:504": ["acme:error:504", "other:error:500", "acme:error:504", "acme:drop"],
    "absent": ["other:gpt-test"],
}
FORGETFUL = {"retries": 0, "cooldown_longest_s": 0.001, "credits_pause_s": 0.001}
"""Each test meets vendors that have not failed yet, and sees each failure once."""


@dataclass
class Gateway:
    """A gateway on a real port, two vendors, and a client with the operator's key."""

    app: FastAPI
    acme: OpenAIServer
    other: OpenAIServer
    client: httpx.AsyncClient

    async def ask(self, model: str, **more: Any) -> httpx.Response:
        return await self.client.post(GENERATE, json={"model": model, "input": {"prompt": "Hi"}, **more})

    async def chat(self, model: str, **more: Any) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], **more}
        return await self.client.post(CHAT, json=body)

    async def events(self, model: str, **more: Any) -> list[tuple[str, Any]]:
        """The events of a stream, without the last one that says it is over."""
        answer = await self.ask(model, stream=True, **more)
        assert answer.status_code == 200, answer.text
        *events, done = EventParser().feed(answer.content)
        assert done.data == "[DONE]"
        return [(event.event or "", json.loads(event.data)) for event in events]

    async def recorded(self, request_id: str) -> RequestTable:
        """The record of a finished request, which is written behind."""
        async with asyncio.timeout(5):
            while True:
                async with self.app.state.database.reading() as db:
                    row = (await db.scalars(select(RequestTable).where(RequestTable.id == request_id))).first()
                if row is not None:
                    return row
                await asyncio.sleep(0.02)

    async def counted(self, model: str, reason: str) -> float:
        """How often the metrics say that a model was left behind."""
        text = (await self.client.get("/metrics")).text
        name = f'pluggably_fallbacks_total{{model="{model}",reason="{reason}"}} '
        return sum(float(line.removeprefix(name)) for line in text.splitlines() if line.startswith(name))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """One for all tests of this file. The catalogue has the models by whose names `acme` fails."""
    async with OpenAIServer() as acme, OpenAIServer() as other:
        times = {"connect_s": 1, "first_token_s": 1, "idle_s": 1, "total_s": 10}
        known = [model.removeprefix("acme:") for model in CHAINS if model.startswith("acme:")]
        accounts = {
            **providers(acme.base_url, key=PROVIDER_KEY, models=[*known, "gpt-test"], timeouts=times),
            "other": {"base_url": other.base_url, "models": "gpt-test", "timeouts": times},
            "gone": {"base_url": "http://127.0.0.1:9/v1", "models": "gpt-test", "timeouts": times},
        }
        folder = tmp_path_factory.mktemp("fallback")
        async with (
            running_app(folder, providers=accounts, runtime={"fallbacks": CHAINS}, routing=FORGETFUL) as app,
            served(app) as url,
            httpx.AsyncClient(base_url=url, headers=AUTHORISED, timeout=10) as client,
        ):
            narrow = {"type": "object", "properties": {}, "additionalProperties": False}
            listed = [
                entry("other:gpt-test", "other", images=True),
                entry("other:narrow", "other", parameters=narrow),
                entry("other:blind", "other"),
                entry("other:painter", "other", Modality.IMAGE),
            ]
            app.state.catalogue.replace_listed("other", listed)
            app.state.catalogue.replace_listed("local", [entry("absent", status="downloading")])
            yield Gateway(app, acme, other, client)


async def finished(gateway: Gateway, request_id: str) -> Any:
    """A background request once nothing more happens."""
    async with asyncio.timeout(10):
        while True:
            found = (await gateway.client.get(f"/v1/requests/{request_id}")).json()
            if found["finished_at"] is not None:
                return found
            await asyncio.sleep(0.02)


# whole answers
@pytest.mark.req("SYS-REQ-053", "TEST-INT-017", "SYS-REQ-CR003-004", "TEST-SYS-CR003-003")
async def test_the_configured_stand_in_answers_and_the_response_says_who_and_why(gateway: Gateway) -> None:
    before = await gateway.counted("acme:error:503", "provider_error")
    answer = await gateway.ask("acme:error:503")
    body = answer.json()
    assert answer.status_code == 200
    assert (body["model"], body["provider"], body["output"]["text"]) == ("other:gpt-test", "other", TEXT)
    (attempt,) = body["selection"].pop("attempts")
    assert body["selection"] == {
        "selected_model": "other:gpt-test",
        "selected_provider": "other",
        "requested": "acme:error:503",
        "reason": "fallback",
        "fallback_used": True,
        "fallback_reason": "provider_error",
    }
    assert attempt.pop("ms") >= 0
    assert "overloaded" in attempt.pop("message")
    assert attempt == {"model": "acme:error:503", "provider": "acme", "code": "provider_unavailable"}
    assert gateway.other.chats[-1].json["model"] == "gpt-test"
    record = await gateway.recorded(body["request_id"])
    assert (record.model, record.provider, record.status) == ("other:gpt-test", "other", "completed")
    assert await gateway.counted("acme:error:503", "provider_error") == before + 1


@pytest.mark.req("SYS-REQ-053")
@pytest.mark.parametrize("model", FAILING)
@pytest.mark.parametrize("stream", [False, True])
async def test_every_failure_of_a_vendor_before_its_answer_leads_on(
    gateway: Gateway, model: str, stream: bool
) -> None:
    code, reason = FAILING[model]
    if stream:
        events = await gateway.events(model)
        names = [name for name, _ in events]
        assert names[:3] == ["selected", "selected", "delta"]
        assert names[-1] == "output"
        assert events[0][1]["selection"]["selected_model"] == model
        output = events[-1][1]
        assert events[1][1] == {"request_id": output["request_id"], "selection": output["selection"]}
    else:
        answer = await gateway.ask(model)
        assert answer.status_code == 200, answer.text
        output = answer.json()
    assert output["output"]["text"] == TEXT
    selection = output["selection"]
    assert (selection["selected_model"], selection["fallback_reason"]) == ("other:gpt-test", reason)
    assert [(item["model"], item["code"]) for item in selection["attempts"]] == [(model, code)]
    assert PROVIDER_KEY not in json.dumps(output)


@pytest.mark.req("SYS-REQ-053")
@pytest.mark.parametrize("model", FAILING)
@pytest.mark.parametrize("stream", [False, True])
async def test_openai_clients_get_the_configured_stand_in_too(gateway: Gateway, model: str, stream: bool) -> None:
    answer = await gateway.chat(model, stream=stream)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-pluggably-model"] == "other:gpt-test"
    assert answer.headers["x-pluggably-fallback-reason"] == FAILING[model][1]
    if stream:
        *events, done = EventParser().feed(answer.content)
        assert done.data == "[DONE]"
        pieces = [json.loads(event.data)["choices"][0]["delta"].get("content") for event in events]
        assert "".join(piece or "" for piece in pieces) == TEXT
    else:
        assert answer.json()["choices"][0]["message"]["content"] == TEXT


async def test_without_a_fallback_the_headers_say_nothing_of_one(gateway: Gateway) -> None:
    for stream in (False, True):
        answer = await gateway.chat("acme:gpt-test", stream=stream)
        assert not {"x-pluggably-model", "x-pluggably-fallback-reason"} & answer.headers.keys()


@pytest.mark.parametrize("model", UNREADABLE)
async def test_a_whole_answer_that_can_not_be_read_leads_on(gateway: Gateway, model: str) -> None:
    body = (await gateway.ask(model)).json()
    assert (body["model"], body["output"]["text"]) == ("other:gpt-test", TEXT)


@pytest.mark.parametrize(
    ("model", "status", "code"),
    [
        ("acme:error:400", 422, "validation_error"),
        ("acme:error:400-context", 400, "context_length_exceeded"),
        ("acme:error:400-refused", 400, "content_refused"),
        ("acme:error:413", 413, "payload_too_large"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_what_is_wrong_with_the_request_stays_wrong(
    gateway: Gateway, model: str, status: int, code: str, stream: bool
) -> None:
    asked = len(gateway.other.chats)
    if stream:
        events = await gateway.events(model, fallback=["other:gpt-test"])
        assert [name for name, _ in events] == ["selected", "error"]
        error = events[-1][1]["error"]
    else:
        answer = await gateway.ask(model, fallback=["other:gpt-test"])
        assert answer.status_code == status
        error = answer.json()["error"]
    assert error["code"] == code
    assert "attempts" not in (error["details"] or {})
    assert len(gateway.other.chats) == asked


async def test_who_is_not_there_is_passed_over_on_the_way(gateway: Gateway) -> None:
    selection = (await gateway.ask("acme:error:529")).json()["selection"]
    assert (selection["selected_model"], selection["fallback_reason"]) == ("other:gpt-test", "provider_error")
    told = [(attempt["model"], attempt["provider"], attempt["code"]) for attempt in selection["attempts"]]
    assert told == [
        ("acme:error:529", "acme", "provider_unavailable"),
        ("nobody", None, "model_not_found"),
        ("acme:error:503", "acme", "provider_unavailable"),
    ]


@pytest.mark.req("SYS-REQ-053", "TEST-INT-017")
@pytest.mark.parametrize("how", ["whole", "stream", "background"])
async def test_a_model_that_is_not_there_yet_is_answered_for(gateway: Gateway, how: str) -> None:
    if how == "stream":
        events = await gateway.events("absent")
        assert [name for name, _ in events].count("selected") == 1, "nobody else was said to answer"
        body = events[-1][1]
    elif how == "background":
        accepted = (await gateway.ask("absent", background=True)).json()
        body = (await finished(gateway, accepted["request_id"]))["result"]
    else:
        body = (await gateway.ask("absent")).json()
    assert (body["model"], body["selection"]["fallback_reason"]) == ("other:gpt-test", "model_unavailable")
    assert body["selection"]["attempts"][0]["code"] == "model_unavailable"
    refused = await gateway.ask("absent", fallback="wait")
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "model_unavailable")


@pytest.mark.req("SYS-REQ-053")
@pytest.mark.parametrize("path", [GENERATE, CHAT])
@pytest.mark.parametrize("stream", [False, True])
async def test_when_all_fail_the_first_failure_is_told_with_all_attempts(
    gateway: Gateway, path: str, stream: bool
) -> None:
    if path == GENERATE and stream:
        events = await gateway.events("acme:error:504")
        assert [name for name, _ in events] == ["selected", "selected", "selected", "error"]
        error = events[-1][1]["error"]
    else:
        answer = await (gateway.ask if path == GENERATE else gateway.chat)("acme:error:504", stream=stream)
        assert answer.status_code == 504
        error = answer.json()["error"]
    assert error["code"] == "provider_timeout"
    assert [(attempt["model"], attempt["code"]) for attempt in error["details"]["attempts"]] == [
        ("acme:error:504", "provider_timeout"),
        ("other:error:500", "provider_error"),
        ("acme:drop", "provider_error"),
    ]
    record = await gateway.recorded(error["request_id"])
    assert (record.model, record.status, record.error_code) == ("acme:error:504", "failed", "provider_timeout")


@pytest.mark.parametrize(
    "options",
    [
        {"fallback": "wait"},
        {"fallback": []},
        {"selection_mode": "model"},
        {"selection_mode": "model", "fallback": ["other:gpt-test"]},
    ],
)
async def test_who_wants_this_model_alone_gets_no_other(gateway: Gateway, options: dict[str, Any]) -> None:
    asked = len(gateway.other.chats)
    answer = await gateway.ask("acme:error:503", **options)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["details"]) == (503, "provider_unavailable", None)
    events = await gateway.events("acme:error:503", **options)
    assert [name for name, _ in events] == ["selected", "error"]
    assert len(gateway.other.chats) == asked


async def test_each_models_own_parameters_modality_and_inputs_count(gateway: Gateway) -> None:
    fallback = ["other:narrow", "other:painter", "other:gpt-test"]
    answer = await gateway.ask("acme:error:503", fallback=fallback, parameters={"temperature": 0.5})
    selection = answer.json()["selection"]
    assert selection["selected_model"] == "other:gpt-test"
    codes = [attempt["code"] for attempt in selection["attempts"]]
    assert codes == ["provider_unavailable", "validation_error", "modality_mismatch"]
    picture = {"prompt": "What is it?", "images": [png_url()]}
    answer = await gateway.ask("acme:error:503", input=picture, fallback=["other:blind", "other:gpt-test"])
    selection = answer.json()["selection"]
    assert selection["selected_model"] == "other:gpt-test"
    assert [attempt["code"] for attempt in selection["attempts"]] == ["provider_unavailable", "unsupported_feature"]


@pytest.mark.parametrize(
    ("fallback", "status", "code"),
    [
        (["other:gpt-test", "no such"], 404, "model_not_found"),
        (["xai:grok"], 404, "provider_not_found"),
        (["gpt-test"], 422, "validation_error"),
        (["other:gpt-test"] * 17, 422, "validation_error"),
        ([""], 422, "validation_error"),
        ("sometimes", 422, "validation_error"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_bad_list_is_refused_before_anything_is_asked(
    gateway: Gateway, fallback: Any, status: int, code: str, stream: bool
) -> None:
    asked = len(gateway.acme.chats)
    answer = await gateway.ask("acme:gpt-test", fallback=fallback, stream=stream)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"].partition(".")[0]) == (status, code, "fallback")
    assert len(gateway.acme.chats) == asked


# streams
@pytest.mark.parametrize("path", [GENERATE, CHAT])
async def test_a_stream_that_opens_and_then_says_nothing_leads_on(gateway: Gateway, path: str) -> None:
    if path == GENERATE:
        events = await gateway.events("acme:slow-first:30")
        assert [name for name, _ in events][:2] == ["selected", "selected"]
        assert events[-1][1]["output"]["text"] == TEXT
    else:
        answer = await gateway.chat("acme:slow-first:30", stream=True)
        assert answer.headers["x-pluggably-model"] == "other:gpt-test"
        assert answer.content.endswith(b"data: [DONE]\n\n")


@pytest.mark.req("SYS-REQ-053", "SYS-NFR-002")
@pytest.mark.parametrize("path", [GENERATE, CHAT])
async def test_once_output_has_been_sent_a_failure_ends_the_stream(gateway: Gateway, path: str) -> None:
    asked = len(gateway.other.chats)
    if path == GENERATE:
        events = await gateway.events("acme:stream-error:429")
        assert [name for name, _ in events] == ["selected", "delta", "delta", "error"]
        error = events[-1][1]["error"]
    else:
        answer = await gateway.chat("acme:stream-error:429", stream=True)
        assert answer.status_code == 200
        *_, failed, done = EventParser().feed(answer.content)
        assert done.data == "[DONE]"
        error = json.loads(failed.data)["error"]
    assert error["code"] == "provider_rate_limited"
    assert len(gateway.other.chats) == asked


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_nobody_has_seen_yet_may_still_be_given_by_another(
    gateway: Gateway, stream: bool
) -> None:
    """Only where it is wanted whole: its first half is thrown away."""
    answer = await gateway.ask("acme:error:503", fallback=["acme:cut-off", "other:gpt-test"], stream=stream)
    if stream:
        assert answer.text.count("event: error") == 1
    else:
        assert answer.json()["output"]["text"] == TEXT


# requests
@pytest.mark.req("SYS-REQ-053", "SYS-REQ-046")
async def test_a_background_request_shows_who_serves_it_now_and_keeps_both_selections(gateway: Gateway) -> None:
    accepted = await gateway.ask("acme:error:503", fallback=["other:slow:0.5"], background=True)
    assert accepted.status_code == 202
    url = f"/v1/requests/{accepted.json()['request_id']}"
    async with asyncio.timeout(5):
        while (await gateway.client.get(f"{url}/status")).json()["model"] != "other:slow:0.5":
            await asyncio.sleep(0.02)
    found = await finished(gateway, accepted.json()["request_id"])
    assert (found["model"], found["result"]["model"]) == ("other:slow:0.5", "other:slow:0.5")
    events = (await gateway.client.get(f"{url}/events")).text
    assert events.count("event: selected") == 2


@pytest.mark.req("SYS-REQ-053", "SYS-REQ-047")
@pytest.mark.parametrize("fallback", [["acme:slow:0.9", "other:gpt-test"], ["other:stall", "other:gpt-test"]])
async def test_cancelling_stops_every_attempt(gateway: Gateway, fallback: list[str]) -> None:
    number, request_id = len(gateway.acme.chats) + len(gateway.other.chats), f"cancelled-{len(fallback[0])}"
    asking = asyncio.create_task(
        gateway.client.post(
            GENERATE,
            json={"model": "acme:error:503", "input": {"prompt": "Hi"}, "fallback": fallback},
            headers={"x-request-id": request_id},
        )
    )
    async with asyncio.timeout(5):
        while len(gateway.acme.chats) + len(gateway.other.chats) < number + 2:
            await asyncio.sleep(0.01)
    cancelled = (await gateway.client.post(f"/v1/requests/{request_id}/cancel")).json()
    assert (cancelled["cancelled"], cancelled["status"]) == (True, "cancelled")
    answer = await asking
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "request_cancelled")
    record = await gateway.recorded(request_id)
    assert (record.model, record.status) == (fallback[0], "cancelled")
    await asyncio.sleep(0.3)
    assert len(gateway.acme.chats) + len(gateway.other.chats) == number + 2, "nobody else was asked"
