"""Sessions over HTTP: begun, listed, read, changed, closed, reset, erased, exported."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest

from tests.factories.sessions import Chats
from tests.fakes.openai_server import TEXT, USAGE

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIELDS = {
    "id",
    "status",
    "title",
    "system_prompt",
    "created_at",
    "last_used_at",
    "closed_at",
    "message_count",
    "state_tokens",
}


@pytest.mark.req("SYS-REQ-020", "TEST-SYS-012")
async def test_a_session_is_begun_and_read(chats: Chats) -> None:
    reply = await chats.client.post("/v1/sessions", json={"title": " Sea ", "system_prompt": "Be brief."})
    assert reply.status_code == 201
    session = reply.json()
    assert set(session) == FIELDS
    assert session["status"] == "active"
    assert (session["title"], session["system_prompt"]) == ("Sea", "Be brief.")
    assert (session["message_count"], session["closed_at"], session["state_tokens"]) == (0, None, None)
    assert await chats.read(session["id"]) == {**session, "messages": [], "next_cursor": None}


async def test_a_session_is_begun_with_an_empty_body_and_with_none(chats: Chats) -> None:
    assert (await chats.client.post("/v1/sessions", json={})).status_code == 201
    assert (await chats.client.post("/v1/sessions")).status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"titel": "x"}, "titel"),
        ({"title": "x" * 201}, "title"),
        ({"title": 7}, "title"),
        ({"title": "nul\x00"}, "title"),
        ({"system_prompt": "nul\x00"}, "system_prompt"),
        ({"system_prompt": "x" * 100_001}, "system_prompt"),
    ],
)
async def test_what_no_session_can_have_is_refused(chats: Chats, body: dict[str, Any], field: str) -> None:
    session_id = await chats.begin()
    for method, path in (("POST", "/v1/sessions"), ("PUT", f"/v1/sessions/{session_id}")):
        reply = await chats.client.request(method, path, json=body)
        assert (reply.status_code, reply.json()["error"]["param"]) == (422, field)


@pytest.mark.req("SYS-REQ-065", "TEST-SYS-MVP-001", "SYS-REQ-021", "TEST-SYS-013")
async def test_the_list_has_those_used_last_first_and_comes_in_pages(chats: Chats) -> None:
    made = [await chats.begin(title=f"Listed {number}") for number in range(5)]
    await chats.said(made[1], "Hi")
    await chats.client.delete(f"/v1/sessions/{made[3]}")
    expected = [made[1], made[4], made[3], made[2], made[0]]
    query: dict[str, Any] = {"q": "listed", "limit": 2}
    found = []
    while True:
        page = (await chats.client.get("/v1/sessions", params=query)).json()
        assert set(page) == {"sessions", "next_cursor"}
        assert all(set(session) == FIELDS for session in page["sessions"])
        found += [session["id"] for session in page["sessions"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert found == expected
    only = (await chats.client.get("/v1/sessions", params={"q": "listed", "status": "closed"})).json()["sessions"]
    assert [session["id"] for session in only] == [made[3]]
    assert (
        len((await chats.client.get("/v1/sessions", params={"q": "LISTED", "status": "active"})).json()["sessions"])
        == 4
    )


@pytest.mark.parametrize("cursor", ["nonsense", "WyJhIiwgImIiXQ", "WzEsIDJd"])
async def test_a_cursor_that_no_list_gave_is_refused(chats: Chats, cursor: str) -> None:
    session_id = await chats.begin()
    for path in ("/v1/sessions", f"/v1/sessions/{session_id}"):
        reply = await chats.client.get(path, params={"cursor": cursor})
        assert (reply.status_code, reply.json()["error"]["code"]) == (422, "validation_error")


async def test_signs_of_patterns_in_a_search_are_plain_text(chats: Chats) -> None:
    wanted = await chats.begin(title="100% sure_thing")
    await chats.begin(title="1000 sureXthing")
    for q in ("100%", "SURE_t"):
        found = (await chats.client.get("/v1/sessions", params={"q": q})).json()["sessions"]
        assert [session["id"] for session in found] == [wanted]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.req("SYS-REQ-060", "SYS-REQ-066", "TEST-INT-CR001-006", "TEST-SYS-MVP-002")
async def test_put_and_patch_merge(chats: Chats, method: str) -> None:
    session_id = await chats.begin(title="Old", system_prompt="Be brief.")
    reply = await chats.client.request(method, f"/v1/sessions/{session_id}", json={"title": "New"})
    assert reply.status_code == 200
    assert (reply.json()["title"], reply.json()["system_prompt"]) == ("New", "Be brief.")
    reply = await chats.client.request(
        method, f"/v1/sessions/{session_id}", json={"title": None, "system_prompt": ""}
    )
    assert (reply.json()["title"], reply.json()["system_prompt"]) == ("New", None)
    listed = (await chats.client.get("/v1/sessions")).json()["sessions"]
    assert next(session for session in listed if session["id"] == session_id)["title"] == "New"
    assert (await chats.read(session_id))["title"] == "New"


@pytest.mark.req("SYS-REQ-067", "TEST-SYS-MVP-003")
async def test_messages_say_who_said_what_when_and_what_it_took(chats: Chats) -> None:
    session_id = await chats.begin()
    body = await chats.said(session_id, "Hello?", parameters={"temperature": 0.5})
    prompt, answer = (await chats.read(session_id))["messages"]
    for message in (prompt, answer):
        assert message["created_at"].endswith("Z")
        datetime.fromisoformat(message["created_at"])
        assert (message["modality"], message["request_id"]) == ("text", body["request_id"])
        assert message["parameters"] == {"temperature": 0.5}
        assert (message["images"], message["artifacts"], message["alternatives"]) == (None, None, [])
    assert (prompt["role"], prompt["content"], prompt["model"], prompt["usage"]) == ("user", "Hello?", None, None)
    assert (answer["role"], answer["content"], answer["model"]) == ("assistant", TEXT, "acme:gpt-test")
    assert (answer["provider"], answer["usage"]) == ("acme", body["usage"])
    assert USAGE.items() <= answer["usage"].items()
    assert prompt["id"] < answer["id"]
    assert prompt["created_at"] < answer["created_at"]


async def test_messages_page_newest_first_and_each_page_is_in_order(chats: Chats) -> None:
    session_id = await chats.begin()
    for number in range(4):
        await chats.said(session_id, f"{number}", model="acme:echo")
    pages, query = [], {"limit": 3}
    while True:
        page = await chats.read(session_id, **query)
        assert page["message_count"] == 8
        pages.append([message["content"] for message in page["messages"]])
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert pages == [["2", "3", "3"], ["1", "1", "2"], ["0", "0"]]


@pytest.mark.req("SYS-REQ-021", "TEST-SYS-013")
async def test_closing_ends_a_session_and_keeps_it_readable(chats: Chats) -> None:
    session_id = await chats.begin()
    await chats.said(session_id, "Hi", state_tokens={"a": 1})
    reply = await chats.client.delete(f"/v1/sessions/{session_id}")
    assert reply.status_code == 200
    closed = reply.json()
    assert (closed["status"], closed["message_count"], closed["state_tokens"]) == ("closed", 2, {"a": 1})
    assert closed["closed_at"] is not None
    assert (await chats.client.delete(f"/v1/sessions/{session_id}")).json() == closed
    assert len((await chats.read(session_id))["messages"]) == 2
    calls = len(chats.upstream.chats)
    refused = await chats.ask(session_id)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "session_closed")
    refused = await chats.again(session_id)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "session_closed")
    assert len(chats.upstream.chats) == calls


@pytest.mark.req("SYS-REQ-021", "SYS-REQ-022", "TEST-SYS-013")
async def test_a_reset_forgets_messages_and_state_tokens(chats: Chats) -> None:
    session_id = await chats.begin(title="Kept")
    await chats.said(session_id, "My name is Ada.", state_tokens={"a": 1})
    reply = await chats.client.post(f"/v1/sessions/{session_id}/reset")
    assert reply.status_code == 200
    assert (reply.json()["message_count"], reply.json()["state_tokens"], reply.json()["title"]) == (0, None, "Kept")
    body = await chats.said(session_id, "Who am I?")
    assert chats.asked() == [("user", "Who am I?")]
    assert body["state_tokens"] is None
    assert await chats.log(session_id) == [("user", "Who am I?"), ("assistant", TEXT)]


async def test_purging_erases_a_session_with_what_was_made_in_it(chats: Chats) -> None:
    session_id = await chats.begin()
    await chats.said(session_id, "a red cube", model="scene-image", parameters={"width": 64, "height": 64})
    (artifact,) = (await chats.read(session_id))["messages"][1]["artifacts"]
    assert (await chats.client.get(artifact["url"])).status_code == 200
    reply = await chats.client.delete(f"/v1/sessions/{session_id}", params={"purge": "true"})
    assert (reply.status_code, reply.content) == (204, b"")
    assert (await chats.client.get(f"/v1/sessions/{session_id}")).status_code == 404
    assert (await chats.client.get(artifact["url"])).status_code == 410
    listed = (await chats.client.get("/v1/sessions", params={"limit": 200})).json()["sessions"]
    assert session_id not in {session["id"] for session in listed}


async def test_a_session_that_is_not_there_is_404_everywhere(chats: Chats) -> None:
    nobody = "/v1/sessions/ses_nobody"
    calls: list[tuple[str, str, Any]] = [
        ("GET", nobody, None),
        ("PUT", nobody, {}),
        ("PATCH", nobody, {}),
        ("DELETE", nobody, None),
        ("DELETE", f"{nobody}?purge=true", None),
        ("POST", f"{nobody}/reset", None),
        ("GET", f"{nobody}/export", None),
        ("POST", f"{nobody}/generate", {"input": {"prompt": "Hi"}}),
        ("POST", f"{nobody}/regenerate", {}),
        ("POST", "/v1/generate", {"session_id": "ses_nobody", "input": {"prompt": "Hi"}}),
    ]
    for method, path, body in calls:
        reply = await chats.client.request(method, path, json=body)
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "session_not_found"), (method, path)


async def test_an_export_as_json_has_everything(chats: Chats) -> None:
    session_id = await chats.begin(title="Größe & „Maß“ / ../x")
    for number in range(3):
        await chats.said(session_id, f"{number}", model="acme:echo")
    reply = await chats.client.get(f"/v1/sessions/{session_id}/export")
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-disposition"] == 'attachment; filename="grosse-mas-x.json"' or re.fullmatch(
        r'attachment; filename="[a-z0-9-]+\.json"', reply.headers["content-disposition"]
    )
    assert json.loads(reply.text) == await chats.read(session_id)


async def test_an_export_as_markdown_is_for_reading(chats: Chats) -> None:
    session_id = await chats.begin(title="*Big*\nnews", system_prompt="Be brief.")
    await chats.said(session_id, "What?")
    reply = await chats.client.get(f"/v1/sessions/{session_id}/export", params={"format": "markdown"})
    assert reply.headers["content-type"] == "text/markdown; charset=utf-8"
    assert reply.headers["content-disposition"] == 'attachment; filename="big-news.md"'
    lines = reply.text.splitlines()
    assert lines[0] == r"# \*Big\* news"
    assert [line for line in lines if line.startswith("## ")] == [
        "## System",
        "## User",
        "## Assistant (acme:gpt-test)",
    ]
    assert {"Be brief.", "What?", TEXT} <= set(lines)
    refused = await chats.client.get(f"/v1/sessions/{session_id}/export", params={"format": "pdf"})
    assert refused.status_code == 422


async def test_a_title_without_a_letter_gives_a_file_named_after_the_session(chats: Chats) -> None:
    session_id = await chats.begin(title="模型")
    reply = await chats.client.get(f"/v1/sessions/{session_id}/export")
    assert reply.headers["content-disposition"] == f'attachment; filename="{session_id}.json"'
