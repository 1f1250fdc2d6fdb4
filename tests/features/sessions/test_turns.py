"""Generating in sessions, through the running gateway."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from pluggably.contract.modality import Modality
from pluggably.errors import SessionNotFound
from pluggably.features.sessions.locks import LocalTurnLocks
from pluggably.features.sessions.schemas import SessionBody
from pluggably.features.sessions.turns import Made, Turns
from pluggably.routing.catalogue import Entry
from pluggably.tables.sessions import SessionStatus
from tests.factories.images import data_url, image_bytes
from tests.factories.sessions import MODEL, Chats, events_of
from tests.fakes.openai_server import PIECES, TEXT

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.req("SYS-REQ-020", "TEST-SYS-012")
async def test_a_second_prompt_is_asked_with_the_first_and_its_answer(chats: Chats) -> None:
    session_id = await chats.begin(system_prompt="Be brief.")
    first = await chats.said(session_id, "One?")
    assert (first["session_id"], first["warnings"]) == (session_id, [])
    assert chats.asked() == [("system", "Be brief."), ("user", "One?")]
    await chats.said(session_id, "Two?")
    expected = [("user", "One?"), ("assistant", TEXT), ("user", "Two?")]
    assert chats.asked() == [("system", "Be brief."), *expected]
    assert await chats.log(session_id) == [*expected, ("assistant", TEXT)]
    assert (await chats.read(session_id))["message_count"] == 4


@pytest.mark.req("SYS-REQ-020", "TEST-SYS-012")
async def test_generate_with_a_session_id_goes_on_in_that_session(chats: Chats) -> None:
    session_id = await chats.begin()
    body = {"model": MODEL, "session_id": session_id, "input": {"prompt": "One?"}}
    for _ in range(2):
        reply = await chats.client.post("/v1/generate", json=body)
        assert (reply.status_code, reply.json()["session_id"]) == (200, session_id)
    assert chats.asked() == [("user", "One?"), ("assistant", TEXT), ("user", "One?")]


async def test_without_a_session_nothing_is_kept(chats: Chats) -> None:
    before = (await chats.client.get("/v1/sessions", params={"limit": 1})).json()
    reply = await chats.client.post("/v1/generate", json={"model": MODEL, "input": {"prompt": "Hi"}})
    assert reply.json()["session_id"] is None
    assert (await chats.client.get("/v1/sessions", params={"limit": 1})).json() == before


async def test_another_session_in_the_body_is_refused(chats: Chats) -> None:
    first, second = await chats.begin(), await chats.begin()
    for named, status in ((second, 422), (first, 200)):
        body = {"model": MODEL, "session_id": named, "input": {"prompt": "Hi"}}
        reply = await chats.client.post(f"/v1/sessions/{first}/generate", json=body)
        assert reply.status_code == status
    assert (await chats.read(second))["messages"] == []


async def test_messages_are_appended_to_the_history(chats: Chats) -> None:
    session_id = await chats.begin()
    await chats.said(session_id, "One?")
    messages = [
        {"role": "user", "content": "Two?"},
        {"role": "assistant", "content": "Two."},
        {"role": "user", "content": "Three?", "name": "ada"},
    ]
    body = {"model": MODEL, "input": {"messages": messages}}
    assert (await chats.client.post(f"/v1/sessions/{session_id}/generate", json=body)).status_code == 200
    said = [("user", "Two?"), ("assistant", "Two."), ("user", "Three?")]
    assert chats.asked() == [("user", "One?"), ("assistant", TEXT), *said]
    assert (await chats.log(session_id))[2:] == [*said, ("assistant", TEXT)]
    session = await chats.read(session_id)
    assert session["message_count"] == 6
    assert session["messages"][4]["name"] == "ada"


async def test_a_system_prompt_of_the_turn_goes_before_that_of_the_session(chats: Chats) -> None:
    session_id = await chats.begin(system_prompt="Be brief.")
    await chats.said(session_id, "One?", system_prompt="Rhyme.")
    assert chats.asked() == [("system", "Rhyme."), ("user", "One?")]
    await chats.said(session_id, "Two?")
    assert chats.asked()[0] == ("system", "Be brief.")


async def test_a_streamed_answer_is_stored_before_its_end_is_told(chats: Chats) -> None:
    session_id = await chats.begin()
    body = {"model": MODEL, "input": {"prompt": "Hi"}, "stream": True}
    async with chats.client.stream("POST", f"/v1/sessions/{session_id}/generate", json=body) as reply:
        async for name, data in events_of(reply):
            if name == "output":
                assert (data["session_id"], data["output"]["text"]) == (session_id, TEXT)
                assert await chats.log(session_id) == [("user", "Hi"), ("assistant", TEXT)]
                break
        else:
            pytest.fail("there was no output")


async def test_a_background_request_is_stored_in_its_session(chats: Chats) -> None:
    session_id = await chats.begin()
    reply = await chats.ask(session_id, background=True)
    assert reply.status_code == 202
    found = await finished(chats, reply.json()["request_id"])
    assert found["result"]["session_id"] == session_id
    assert await chats.log(session_id) == [("user", "Hi"), ("assistant", TEXT)]


async def test_a_background_request_in_a_busy_session_is_accepted_at_once(chats: Chats) -> None:
    session_id = await chats.begin()
    first = asyncio.create_task(chats.ask(session_id, "first", model="acme:echo:0.5"))
    await asked(chats, "first")
    reply = await chats.ask(session_id, "second", model="acme:echo", background=True)
    assert reply.status_code == 202
    assert not first.done()
    assert (await first).status_code == 200
    await finished(chats, reply.json()["request_id"])
    assert [content for _, content in await chats.log(session_id)] == ["first", "first", "second", "second"]


@pytest.mark.req("SYS-REQ-020")
async def test_turns_of_one_session_run_one_after_the_other_and_others_do_not_wait(chats: Chats) -> None:
    session_id, other = await chats.begin(), await chats.begin()
    slow = asyncio.create_task(chats.ask(session_id, "slow", model="acme:echo:0.6"))
    await asked(chats, "slow")
    waiting = [asyncio.create_task(chats.ask(session_id, f"{n}", model="acme:echo")) for n in range(3)]
    assert (await chats.ask(other, "quick", model="acme:echo")).status_code == 200
    assert not slow.done()
    assert {(await task).status_code for task in (slow, *waiting)} == {200}
    contents = [content for _, content in await chats.log(session_id)]
    assert contents[:2] == ["slow", "slow"]
    assert contents[2::2] == contents[3::2]
    assert sorted(contents[2::2]) == ["0", "1", "2"]
    assert [content for _, content in chats.asked()] == contents[:-1]


async def test_a_turn_that_waits_says_so_in_its_stream(chats: Chats) -> None:
    session_id = await chats.begin()
    slow = asyncio.create_task(chats.ask(session_id, "slow stream", model="acme:echo:0.4"))
    await asked(chats, "slow stream")
    body = {"model": "acme:echo", "input": {"prompt": "next"}, "stream": True}
    async with chats.client.stream("POST", f"/v1/sessions/{session_id}/generate", json=body) as reply:
        events = [event async for event in events_of(reply)]
    assert [name for name, _ in events][:2] == ["selected", "queued"]
    assert events[1][1]["queue_position"] == 1
    assert events[-2][1]["output"]["text"] == "next"
    await slow


async def test_a_waiting_turn_whose_client_leaves_lets_the_next_one_go_on(chats: Chats) -> None:
    session_id = await chats.begin()
    slow = asyncio.create_task(chats.ask(session_id, "slowest", model="acme:echo:0.6"))
    await asked(chats, "slowest")
    leaving = asyncio.create_task(chats.ask(session_id, "leaves", model="acme:echo"))
    await asyncio.sleep(0.1)
    last = asyncio.create_task(chats.ask(session_id, "stays", model="acme:echo"))
    await asyncio.sleep(0.1)
    leaving.cancel()
    assert (await slow).status_code == 200
    assert (await last).status_code == 200
    assert [content for _, content in await chats.log(session_id)] == ["slowest", "slowest", "stays", "stays"]


async def test_an_answer_that_was_cut_off_is_kept_as_far_as_it_came(chats: Chats) -> None:
    session_id = await chats.begin()
    body = {"model": "acme:paced:0.1", "input": {"prompt": "Hi"}, "stream": True}
    async with chats.client.stream("POST", f"/v1/sessions/{session_id}/generate", json=body) as reply:
        pieces = 0
        async for name, _ in events_of(reply):
            pieces += name == "delta"
            if pieces == 2:
                break
    messages = await stored(chats, session_id, 2)
    assert [message["role"] for message in messages] == ["user", "assistant"]
    assert messages[1]["finish_reason"] == "cancelled"
    assert (TEXT * 10).startswith(messages[1]["content"])
    assert len(messages[1]["content"]) >= len("".join(PIECES[:2]))
    await chats.said(session_id, "And now?")
    assert [role for role, _ in chats.asked()] == ["user", "assistant", "user"]


async def test_a_cancelled_request_leaves_what_it_had_made(chats: Chats) -> None:
    session_id = await chats.begin()
    reply = await chats.ask(session_id, model="acme:paced:0.1", background=True)
    request_id = reply.json()["request_id"]
    await asyncio.sleep(0.3)
    await chats.client.post(f"/v1/requests/{request_id}/cancel")
    messages = await stored(chats, session_id, 2)
    assert (messages[1]["finish_reason"], messages[1]["request_id"]) == ("cancelled", request_id)


async def test_an_answer_whose_provider_fails_midway_is_marked(chats: Chats) -> None:
    session_id = await chats.begin()
    body = {"model": "acme:stream-error:500", "input": {"prompt": "Hi"}, "stream": True}
    async with chats.client.stream("POST", f"/v1/sessions/{session_id}/generate", json=body) as reply:
        names = [name async for name, _ in events_of(reply)]
    assert "error" in names
    messages = await stored(chats, session_id, 2)
    assert (messages[1]["content"], messages[1]["finish_reason"]) == ("Hello", "error")


@pytest.mark.parametrize("model", ["acme:error:500", "acme:error:400-context", "acme:drop"])
async def test_of_an_answer_that_never_began_nothing_is_stored(chats: Chats, model: str) -> None:
    session_id = await chats.begin()
    assert (await chats.ask(session_id, model=model)).status_code >= 400
    session = await chats.read(session_id)
    assert (session["messages"], session["message_count"], session["title"]) == ([], 0, None)
    assert (await chats.ask(session_id, "Better?")).status_code == 200


async def test_a_request_that_is_refused_lets_the_next_one_go_on(chats: Chats) -> None:
    session_id = await chats.begin()
    refusals = [
        {"parameters": {"nonsense": 1}},
        {"model": "nobody"},
        {"input": {"prompt": "Hi", "mesh": "artifact:x"}},
        {"input": {"prompt": "Hi", "images": ["file:///etc/passwd"]}},
    ]
    for refusal in refusals:
        body = {"model": MODEL, "input": {"prompt": "Hi"}, **refusal}
        reply = await chats.client.post(f"/v1/sessions/{session_id}/generate", json=body)
        assert 400 <= reply.status_code < 500, reply.text
    assert (await chats.ask(session_id)).status_code == 200
    assert (await chats.read(session_id))["message_count"] == 2


async def test_a_session_that_is_reset_under_a_turn_does_not_get_it(chats: Chats) -> None:
    session_id = await chats.begin()
    turn = asyncio.create_task(chats.ask(session_id, "late", model="acme:echo:0.4"))
    await asked(chats, "late")
    assert (await chats.client.post(f"/v1/sessions/{session_id}/reset")).status_code == 200
    reply = await turn
    assert reply.status_code == 200
    assert any("reset or erased" in warning for warning in reply.json()["warnings"])
    assert (await chats.read(session_id))["message_count"] == 0


async def test_a_session_that_is_erased_under_a_turn_stays_erased(chats: Chats) -> None:
    session_id = await chats.begin()
    turn = asyncio.create_task(chats.ask(session_id, "too late", model="acme:echo:0.4"))
    await asked(chats, "too late")
    assert (await chats.client.delete(f"/v1/sessions/{session_id}?purge=true")).status_code == 204
    assert (await turn).status_code == 200
    assert (await chats.client.get(f"/v1/sessions/{session_id}")).status_code == 404


# titles
@pytest.mark.req("SYS-REQ-066", "TEST-SYS-MVP-002")
@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("  A haiku\n\nabout\tthe sea. ", "A haiku about the sea."),
        ("word " * 40, ("word " * 11).strip() + "…"),
        ("x" * 500, "x" * 59 + "…"),
        ("a\x1b[31mred\u202eevil", "a [31mred evil"),
        ("模型" * 100, "模型" * 29 + "模…"),
    ],
)
async def test_the_first_prompt_makes_a_title_of_one_line(chats: Chats, prompt: str, title: str) -> None:
    session_id = await chats.begin()
    await chats.said(session_id, prompt)
    await chats.said(session_id, "Something else")
    assert (await chats.read(session_id))["title"] == title
    assert len(title) <= 60


async def test_a_title_that_was_given_stays(chats: Chats) -> None:
    session_id = await chats.begin(title="Mine")
    await chats.said(session_id, "Something else")
    assert (await chats.read(session_id))["title"] == "Mine"


# state tokens
@pytest.mark.req("SYS-REQ-022", "TEST-SYS-014")
async def test_state_tokens_are_kept_until_others_are_sent(chats: Chats) -> None:
    session_id = await chats.begin()
    assert (await chats.said(session_id, "1", state_tokens={"a": 1}))["state_tokens"] == {"a": 1}
    assert (await chats.said(session_id, "2"))["state_tokens"] == {"a": 1}
    assert (await chats.said(session_id, "3", state_tokens={"b": [2]}))["state_tokens"] == {"b": [2]}
    assert (await chats.read(session_id))["state_tokens"] == {"b": [2]}


async def test_state_tokens_that_are_too_large_are_refused(chats: Chats) -> None:
    session_id = await chats.begin()
    reply = await chats.ask(session_id, state_tokens={"a": "x" * 65_536})
    assert (reply.status_code, reply.json()["error"]["param"]) == (422, "state_tokens")
    assert (await chats.ask(session_id, state_tokens={"a": "x" * 65_000})).status_code == 200


# another answer
@pytest.mark.req("SYS-REQ-048", "TEST-MAN-017")
async def test_another_answer_takes_the_place_of_the_last_one(chats: Chats) -> None:
    session_id = await chats.begin()
    await chats.said(session_id, "One?")
    await chats.said(session_id, "Two?", parameters={"temperature": 0.5})
    before = (await chats.read(session_id))["messages"]
    reply = await chats.again(session_id)
    assert reply.status_code == 200
    sent = chats.upstream.chats[-1].json
    assert chats.asked() == [("user", "One?"), ("assistant", TEXT), ("user", "Two?")]
    assert sent["temperature"] == 0.5
    session = await chats.read(session_id)
    messages = session["messages"]
    assert session["message_count"] == len(messages) == 4
    assert messages[:3] == before[:3]
    assert messages[3]["request_id"] == reply.json()["request_id"]
    assert messages[3]["alternatives"] == [before[3]]
    await chats.again(session_id, parameters={"temperature": 1.0})
    assert chats.upstream.chats[-1].json["temperature"] == 1.0
    newest = (await chats.read(session_id))["messages"][3]
    assert [item["id"] for item in newest["alternatives"]] == [before[3]["id"], messages[3]["id"]]


@pytest.mark.req("SYS-REQ-048", "TEST-MAN-017")
async def test_another_model_answers_with_parameters_of_its_own(chats: Chats) -> None:
    session_id = await chats.begin()
    await chats.said(session_id, "One?", parameters={"temperature": 0.5})
    reply = await chats.again(session_id, model="acme:echo")
    assert reply.json()["output"]["text"] == "One?"
    assert "temperature" not in chats.upstream.chats[-1].json
    answer = (await chats.read(session_id))["messages"][1]
    assert (answer["model"], answer["alternatives"][0]["model"]) == ("acme:echo", MODEL)


async def test_a_prompt_can_be_said_in_other_words(chats: Chats) -> None:
    session_id = await chats.begin()
    await chats.said(session_id, "One?")
    await chats.said(session_id, "Tow?")
    before = (await chats.read(session_id))["messages"]
    assert (await chats.again(session_id, prompt="Two?")).status_code == 200
    assert chats.asked() == [("user", "One?"), ("assistant", TEXT), ("user", "Two?")]
    messages = (await chats.read(session_id))["messages"]
    assert [message["content"] for message in messages] == ["One?", TEXT, "Two?", TEXT]
    assert messages[2]["alternatives"] == before[2:]
    assert messages[3]["alternatives"] == []


@pytest.mark.parametrize("named", [0, 1])
async def test_an_earlier_message_is_gone_on_from_and_what_came_after_is_kept_beside(
    chats: Chats, named: int
) -> None:
    session_id = await chats.begin()
    for prompt in ("One?", "Two?", "Three?"):
        await chats.said(session_id, prompt)
    await chats.again(session_id)  # the last answer has an alternative
    before = (await chats.read(session_id))["messages"]
    reply = await chats.again(session_id, message_id=before[named]["id"])
    assert reply.status_code == 200
    assert chats.asked() == [("user", "One?")]
    session = await chats.read(session_id)
    assert session["message_count"] == 2
    prompt, answer = session["messages"]
    assert prompt == before[0]
    kept = [item["id"] for item in answer["alternatives"]]
    assert set(kept) == {item["id"] for item in before[1:]} | {before[5]["alternatives"][0]["id"]}
    await chats.said(session_id, "Four?")
    assert chats.asked() == [("user", "One?"), ("assistant", TEXT), ("user", "Four?")]


async def test_another_answer_is_streamed(chats: Chats) -> None:
    session_id = await chats.begin()
    await chats.said(session_id, "One?")
    url = f"/v1/sessions/{session_id}/regenerate"
    async with chats.client.stream("POST", url, json={"stream": True}) as reply:
        names = [name async for name, _ in events_of(reply)]
    assert names[0] == "selected"
    assert names[-2:] == ["output", None]
    assert (await chats.read(session_id))["message_count"] == 2


@pytest.mark.req("SYS-REQ-048")
async def test_another_answer_is_made_in_the_background(chats: Chats) -> None:
    session_id = await chats.begin()
    await chats.said(session_id, "One?")
    reply = await chats.again(session_id, background=True, parameters={"temperature": 0.5})
    assert reply.status_code == 202
    found = await finished(chats, reply.json()["request_id"])
    assert found["result"]["session_id"] == session_id
    prompt, answer = (await chats.read(session_id))["messages"]
    assert (prompt["content"], answer["request_id"]) == ("One?", reply.json()["request_id"])
    assert answer["parameters"] == {"temperature": 0.5}
    assert [earlier["role"] for earlier in answer["alternatives"]] == ["assistant"]


@pytest.mark.req("SYS-REQ-048")
async def test_another_answer_in_the_background_outlasts_its_client_and_is_watched_again(chats: Chats) -> None:
    session_id = await chats.begin()
    await chats.said(session_id, "One?")
    url, body = f"/v1/sessions/{session_id}/regenerate", {"model": "acme:paced:0.05", "stream": True}
    headers = {"x-request-id": "req_picked_up_again"}
    async with chats.client.stream("POST", url, json={**body, "background": True}, headers=headers) as reply:
        async for name, _ in events_of(reply):
            if name == "delta":
                break
    async with chats.client.stream("GET", "/v1/requests/req_picked_up_again/events") as reply:
        told = [(name, data) async for name, data in events_of(reply)]
    assert "".join(data["text"] for name, data in told if name == "delta") == TEXT * 10
    assert told[-2][0] == "output"
    assert [content for _, content in await chats.log(session_id)] == ["One?", TEXT * 10]


async def test_where_nothing_was_answered_nothing_is_answered_again(chats: Chats) -> None:
    session_id = await chats.begin()
    reply = await chats.client.post(f"/v1/sessions/{session_id}/regenerate")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "nothing_to_regenerate")
    await chats.said(session_id, "One?")
    old = (await chats.read(session_id))["messages"][1]["id"]
    await chats.again(session_id)
    for message_id in ("msg_nobody", old):
        reply = await chats.again(session_id, message_id=message_id)
        assert (reply.status_code, reply.json()["error"]["param"]) == (404, "message_id")


# images
@pytest.mark.req("SYS-REQ-032")
async def test_a_picture_of_a_prompt_is_kept_and_seen_again_in_the_next_turn(chats: Chats) -> None:
    session_id = await chats.begin()
    picture = data_url(image_bytes("PNG", (40, 30)))
    body = {"model": MODEL, "input": {"prompt": "What is it?", "images": [picture]}}
    reply = await chats.client.post(f"/v1/sessions/{session_id}/generate", json=body)
    assert reply.status_code == 200, reply.text
    prompt = (await chats.read(session_id))["messages"][0]
    (artifact,) = prompt["artifacts"]
    assert prompt["images"] == [artifact["url"]]
    assert prompt["content"][1]["image_url"]["url"] == f"artifact:{artifact['id']}"
    assert (await chats.client.get(artifact["url"])).content == image_bytes("PNG", (40, 30))
    await chats.said(session_id, "What colour?")
    first = chats.upstream.chats[-1].json["messages"][0]["content"]
    assert first[1]["image_url"]["url"].startswith("data:image/png;base64,")
    reply = await chats.again(session_id, message_id=prompt["id"], prompt="What is that?")
    assert reply.status_code == 200, reply.text
    texts = chats.upstream.chats[-1].json["messages"][0]["content"]
    assert texts[0] == {"type": "text", "text": "What is that?"}
    assert texts[1]["image_url"]["url"].startswith("data:image/png;base64,")


@pytest.mark.req("SYS-REQ-032", "TEST-MAN-009")
async def test_text_images_and_meshes_are_made_in_one_session(chats: Chats) -> None:
    session_id = await chats.begin()
    small = {"width": 64, "height": 64}
    await chats.said(session_id, "Hello")
    image = await chats.said(session_id, "a red cube", model="scene-image", parameters=small)
    mesh = await chats.said(session_id, "a red cube", model="scene-3d")
    assert image["output"]["images"][0].startswith("data:image/png")
    assert mesh["output"]["mesh"].startswith("data:model/gltf-binary")
    session = await chats.read(session_id)
    messages = session["messages"]
    assert [message["modality"] for message in messages] == ["text", "text", "image", "image", "3d", "3d"]
    for message, kind in ((messages[3], "image"), (messages[5], "mesh")):
        assert message["content"] is None
        (artifact,) = message["artifacts"]
        assert artifact["type"] == kind
        assert (await chats.client.get(artifact["url"])).status_code == 200
    assert messages[3]["images"] == [messages[3]["artifacts"][0]["url"]]
    await chats.said(session_id, "Thanks")
    assert chats.asked()[-5:-1] == [
        ("user", "a red cube"),
        ("assistant", "[an image was made]"),
        ("user", "a red cube"),
        ("assistant", "[a 3D model was made]"),
    ]


@pytest.mark.req("SYS-REQ-032", "TEST-MAN-009")
@pytest.mark.parametrize("model", ["scene-image", "scene-3d"])
async def test_make_it_blue_changes_what_was_made(chats: Chats, model: str) -> None:
    small: dict[str, Any] = {"width": 64, "height": 64} if model == "scene-image" else {}
    kind = "images" if model == "scene-image" else "mesh"
    alone = await chats.client.post(
        "/v1/generate", json={"model": model, "input": {"prompt": "a blue cube on a table"}, "parameters": small}
    )
    session_id = await chats.begin()
    red = await chats.said(session_id, "a red cube on a table", model=model, parameters=small)
    blue = await chats.said(session_id, "make it blue", model=model, parameters=small)
    assert blue["warnings"] == []
    assert blue["output"][kind] == alone.json()["output"][kind] != red["output"][kind]
    again = (await chats.again(session_id)).json()
    assert again["output"][kind] == blue["output"][kind]
    other = await chats.said(session_id, "a red cube on a table", model=model, parameters=small)
    assert other["output"][kind] == red["output"][kind]


async def test_a_text_turn_between_two_scenes_ends_what_the_second_goes_on_from(chats: Chats) -> None:
    session_id = await chats.begin()
    small = {"width": 64, "height": 64}
    await chats.said(session_id, "a red cube", model="scene-image", parameters=small)
    await chats.said(session_id, "Thanks")
    body = await chats.said(session_id, "make it blue", model="scene-image", parameters=small)
    assert body["warnings"]


# who may
@pytest.mark.req("SYS-REQ-032")
async def test_another_users_session_is_not_there(chats: Chats) -> None:
    session_id = await chats.begin(title="Mine")
    body = await chats.said(session_id, "Secret")

    sessions, turns = chats.app.state.sessions, chats.app.state.turns
    calls = [
        lambda user: sessions.read(user, session_id, limit=10, cursor=None),
        lambda user: sessions.change(user, session_id, SessionBody(title="Yours")),
        lambda user: sessions.close(user, session_id),
        lambda user: sessions.reset(user, session_id),
        lambda user: sessions.purge(user, session_id),
        lambda user: turns.open(user, "req_1", session_id, [], None, None),
        lambda user: turns.again(user, session_id, None, None),
    ]
    for call in calls:
        with pytest.raises(SessionNotFound):
            await call("eve")
    listed = await sessions.list("eve", status=None, search=None, limit=10, cursor=None)
    assert listed.sessions == []
    assert (
        await sessions.list("operator", status=SessionStatus.ACTIVE, search="Mine", limit=10, cursor=None)
    ).sessions
    session = await chats.read(session_id)
    assert (session["title"], session["message_count"], session["status"]) == ("Mine", 2, "active")
    assert session["messages"][1]["request_id"] == body["request_id"]


async def test_two_processes_that_store_at_once_keep_both_turns_whole(chats: Chats) -> None:
    """Locks are a process's own: what holds between processes is the order that the database gives."""
    session_id = await chats.begin()
    state = chats.app.state
    entry = Entry("acme:gpt-test", "gpt-test", "acme", Modality.TEXT)

    async def store(number: int) -> None:
        turns = Turns(state.database, state.artifacts, LocalTurnLocks())
        said = [{"role": "user", "content": f"prompt {number}"}]
        turn = await turns.open("operator", f"req_{number}", session_id, said, None, None)
        assert await turn.take()
        await turn.store(Made(entry, f"answer {number}", "stop"))
        turn.end()

    await asyncio.gather(*(store(number) for number in range(20)))
    contents = [content for _, content in await chats.log(session_id)]
    assert sorted(contents) == sorted(f"{kind} {number}" for kind in ("prompt", "answer") for number in range(20))
    assert [one.split()[1] for one in contents[::2]] == [one.split()[1] for one in contents[1::2]]
    assert (await chats.read(session_id))["message_count"] == 40


async def asked(chats: Chats, prompt: str) -> None:
    """Returns once the vendor was asked this."""
    async with asyncio.timeout(5):
        while not any(json.dumps(prompt) in chat.body.decode() for chat in chats.upstream.chats):
            await asyncio.sleep(0.01)


async def stored(chats: Chats, session_id: str, count: int) -> list[dict[str, Any]]:
    """The session's messages, once there are so many."""
    async with asyncio.timeout(5):
        while True:
            messages: list[dict[str, Any]] = (await chats.read(session_id))["messages"]
            if len(messages) >= count:
                return messages
            await asyncio.sleep(0.02)


async def finished(chats: Chats, request_id: str) -> dict[str, Any]:
    """The background request, once it has completed."""
    async with asyncio.timeout(5):
        while True:
            found: dict[str, Any] = (await chats.client.get(f"/v1/requests/{request_id}")).json()
            if found["status"] == "completed":
                return found
            assert found["status"] not in ("failed", "cancelled"), found
            await asyncio.sleep(0.02)
