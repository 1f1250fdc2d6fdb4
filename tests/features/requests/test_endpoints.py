"""A background request and what is left of it after a restart, asked for over HTTP."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from pluggably.features.requests.event_log import EventLog
from pluggably.features.requests.registry import RequestStatus, TrackedRequest
from tests.factories.apps import AUTHORISED, client_of, providers, running_app
from tests.fakes.openai_server import TEXT, OpenAIServer

HI = {"model": "acme:gpt-test", "input": {"prompt": "Hi"}, "background": True}


async def finished(client: httpx.AsyncClient, request_id: str) -> dict[str, Any]:
    """The request after its end."""
    async with asyncio.timeout(10):
        while True:
            found: dict[str, Any] = (await client.get(f"/v1/requests/{request_id}")).json()
            if found["status"] in ("completed", "failed", "cancelled"):
                return found
            await asyncio.sleep(0.02)


def last_event(stream: str) -> tuple[str, int, dict[str, Any]]:
    """Name, number and data of the last event before `[DONE]`."""
    *_, last, done, rest = stream.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    name, number, data = (line.partition(": ")[2] for line in last.splitlines())
    return name, int(number), json.loads(data)


async def test_a_result_is_there_after_a_restart(tmp_path: Path, upstream: OpenAIServer) -> None:
    settings = {"providers": providers(upstream.base_url)}
    async with running_app(tmp_path, **settings) as app, client_of(app, headers=AUTHORISED) as client:
        request_id = (await client.post("/v1/generate", json=HI)).json()["request_id"]
        before = await finished(client, request_id)
        stream = (await client.get(f"/v1/requests/{request_id}/events")).text
        all_seen = {"Last-Event-ID": str(last_event(stream)[1])}
        rest = await client.get(f"/v1/requests/{request_id}/events", headers=all_seen)
        assert rest.text == "data: [DONE]\n\n"
    async with running_app(tmp_path, **settings) as app, client_of(app, headers=AUTHORISED) as client:
        url = f"/v1/requests/{request_id}"
        after = (await client.get(url)).json()
        assert after["result"]["output"]["text"] == TEXT
        assert {**after, "progress_pct": None} == {**before, "progress_pct": None}
        assert (await client.get(f"{url}/status")).json()["status"] == "completed"
        assert (await client.post(f"{url}/cancel")).json()["cancelled"] is False
        listed = (await client.get("/v1/requests")).json()["requests"]
        assert [item["request_id"] for item in listed] == [request_id]
        assert (await client.get("/v1/requests", params={"status": "active"})).json()["requests"] == []
        replay = await client.get(f"{url}/events")
        assert replay.headers["content-type"].startswith("text/event-stream")
        assert last_event(replay.text) == last_event(stream)
        number = last_event(stream)[1]
        middle = await client.get(f"{url}/events", headers={"Last-Event-ID": str(number - 1)})
        assert middle.text == replay.text
        seen_all = await client.get(f"{url}/events", headers=all_seen)
        assert seen_all.text == "data: [DONE]\n\n"


async def test_the_error_of_a_request_is_there_after_a_restart(tmp_path: Path, upstream: OpenAIServer) -> None:
    settings = {"providers": providers(upstream.base_url, models=["error:500"])}
    async with running_app(tmp_path, **settings) as app, client_of(app, headers=AUTHORISED) as client:
        asked = await client.post("/v1/generate", json={**HI, "model": "acme:error:500"})
        request_id = asked.json()["request_id"]
        before = await finished(client, request_id)
    async with running_app(tmp_path, **settings) as app, client_of(app, headers=AUTHORISED) as client:
        after = (await client.get(f"/v1/requests/{request_id}")).json()
        assert after == before
        assert after["error"]["code"] == "provider_error"
        name, _, data = last_event((await client.get(f"/v1/requests/{request_id}/events")).text)
        assert (name, data) == ("error", {"error": after["error"]})


async def test_a_request_that_a_shutdown_cut_off_says_so(tmp_path: Path, upstream: OpenAIServer) -> None:
    settings = {"providers": providers(upstream.base_url, models=["endless"])}
    async with running_app(tmp_path, **settings) as app, client_of(app, headers=AUTHORISED) as client:
        asked = await client.post("/v1/generate", json={**HI, "model": "acme:endless"})
        request_id = asked.json()["request_id"]
        await upstream.until(lambda: bool(upstream.chats))
    async with running_app(tmp_path, **settings) as app, client_of(app, headers=AUTHORISED) as client:
        after = (await client.get(f"/v1/requests/{request_id}")).json()
        assert (after["status"], after["error"]["code"], after["result"]) == ("failed", "not_ready", None)
        assert "stopped" in after["error"]["message"]


@pytest.mark.req("SYS-NFR-014")
async def test_another_users_kept_request_is_not_found(tmp_path: Path, upstream: OpenAIServer) -> None:
    theirs = TrackedRequest("req_of_somebody_else", "bob", "model", "text", events=EventLog())
    theirs.result = {"output": {"text": "secret"}}
    async with running_app(tmp_path) as app:
        app.state.requests.claim(theirs)
        theirs.finished(RequestStatus.COMPLETED)
        app.state.requests.release(theirs)
    async with running_app(tmp_path) as app, client_of(app, headers=AUTHORISED) as client:
        assert await app.state.requests.recall("bob", theirs.id) is not None
        for path in ("", "/status", "/events"):
            answer = await client.get(f"/v1/requests/{theirs.id}{path}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "request_not_found")
        assert (await client.post(f"/v1/requests/{theirs.id}/cancel")).status_code == 404
        assert (await client.get("/v1/requests")).json()["requests"] == []


async def test_a_kept_id_is_taken_after_a_restart_too(tmp_path: Path, upstream: OpenAIServer) -> None:
    settings = {"providers": providers(upstream.base_url)}
    named = {"X-Request-ID": "chosen-by-the-client"}
    async with running_app(tmp_path, **settings) as app, client_of(app, headers=AUTHORISED) as client:
        await client.post("/v1/generate", json=HI, headers=named)
        await finished(client, "chosen-by-the-client")
    async with running_app(tmp_path, **settings) as app, client_of(app, headers=AUTHORISED) as client:
        again = await client.post("/v1/generate", json=HI, headers=named)
        assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")


async def test_a_cursor_that_nobody_gave_is_refused(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app, client_of(app, headers=AUTHORISED) as client:
        # ["yesterday", "x"] and [1, "x"]: of the right shape, without a time.
        for cursor in ("nonsense!", "WyJ5ZXN0ZXJkYXkiLCAieCJd", "WzEsICJ4Il0"):
            answer = await client.get("/v1/requests", params={"cursor": cursor})
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, "validation_error")
