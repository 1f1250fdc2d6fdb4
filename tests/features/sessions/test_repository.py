"""The log of messages on both databases, and what reading a long one costs."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from pluggably.contract.modality import Modality
from pluggably.features.sessions import repository
from pluggably.features.sessions.retention import SessionRetention
from pluggably.features.sessions.turns import Made
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database
from pluggably.routing.catalogue import Entry
from pluggably.tables.artifacts import ArtifactKind
from pluggably.tables.sessions import SessionTable
from tests.factories.images import image_bytes
from tests.factories.sessions import ADA, EVE, WINDOW_MODEL, House

EYES = Entry("acme:eyes", "eyes", "acme", Modality.TEXT, capabilities={"input_modalities": ["text", "image"]})


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    house = House(database, tmp_path)
    yield house
    await house.turns.close()


@pytest.fixture
async def either(either_database: Database, tmp_path: Path) -> AsyncIterator[House]:
    house = House(either_database, tmp_path)
    yield house
    await house.turns.close()


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is asked of the database, without the beginnings and ends of transactions."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            asked.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def test_turns_are_kept_in_order_on_either_database(either: House) -> None:
    session_id = await either.begin()
    for number in range(3):
        await either.say(session_id, f"p{number}", f"a{number}")
    session = await either.sessions.read(ADA, session_id, limit=50, cursor=None)
    assert [message.content for message in session.messages] == ["p0", "a0", "p1", "a1", "p2", "a2"]
    assert session.message_count == 6
    ids = [message.id for message in session.messages]
    assert ids == sorted(ids)


async def test_odd_characters_and_long_names_are_kept_on_either_database(either: House) -> None:
    session_id = await either.begin()
    odd = "nul \x00, “ü” 模型 🦊, \u202e"
    turn = await either.turn(session_id, odd)
    entry = Entry("acme:" + "m" * 255, "m" * 255, "acme", Modality.TEXT)
    await turn.store(Made(entry, odd, "stop"), {"odd": odd})
    turn.end()
    session = await either.sessions.read(ADA, session_id, limit=50, cursor=None)
    assert [message.content for message in session.messages] == [odd, odd]
    assert session.state_tokens == {"odd": odd}
    assert session.messages[1].model == entry.id[:255]


async def test_an_answer_is_replaced_and_a_session_reset_and_erased_on_either_database(either: House) -> None:
    session_id = await either.begin()
    for number in range(3):
        await either.say(session_id, f"p{number}", f"a{number}")
    old = (await either.sessions.read(ADA, session_id, limit=50, cursor=None)).messages
    again = await either.turns.again(ADA, session_id, old[3].id, None)
    turn = await either.turns.open(ADA, "req_again", session_id, again.messages, None, None, again)
    assert await turn.take()
    await turn.store(Made(WINDOW_MODEL, "b1", "stop"))
    turn.end()
    session = await either.sessions.read(ADA, session_id, limit=50, cursor=None)
    assert [message.content for message in session.messages] == ["p0", "a0", "p1", "b1"]
    assert [message.content for message in session.messages[3].alternatives] == ["a1", "p2", "a2"]
    assert session.message_count == 4
    assert (await either.sessions.reset(ADA, session_id)).message_count == 0
    await either.say(session_id, "p", "a")
    await either.sessions.purge(ADA, session_id)
    async with either.database.reading() as db:
        assert await repository.find(db, ADA, session_id) is None
        assert await repository.forward(db, session_id, above=-1, limit=10) == []


@pytest.mark.req("SYS-REQ-032")
async def test_users_have_sessions_of_their_own(either: House) -> None:
    mine, yours = await either.begin(ADA), await either.begin(EVE)
    await either.say(mine, "p", "a")
    for user, expected in ((ADA, [mine]), (EVE, [yours])):
        listed = await either.sessions.list(user, status=None, search=None, limit=10, cursor=None)
        assert [session.id for session in listed.sessions] == expected


async def test_the_list_comes_in_pages_on_either_database(either: House) -> None:
    made = [await either.begin() for _ in range(5)]
    found: list[str] = []
    cursor = None
    while True:
        page = await either.sessions.list(ADA, status=None, search=None, limit=2, cursor=cursor)
        found += [session.id for session in page.sessions]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == made[::-1]


@pytest.mark.req("SYS-REQ-021")
@pytest.mark.alone
async def test_the_last_page_of_a_long_session_takes_three_queries_and_under_50_ms(house: House) -> None:
    session_id = await house.begin()
    await house.fill(session_id, 2000)
    picture = await house.artifacts.save(
        ADA, "req_p", ArtifactKind.IMAGE, image_bytes(), "image/png", width=4, height=4
    )
    turn = await house.turn(session_id, "a picture")
    await turn.store(Made(WINDOW_MODEL, None, "stop", artifacts=[picture.model_dump(mode="json")]))
    turn.end()
    again = await house.turns.again(ADA, session_id, None, None)
    turn = await house.turns.open(ADA, "req_again", session_id, again.messages, None, None, again)
    await turn.take()
    await turn.store(Made(WINDOW_MODEL, None, "stop", artifacts=[picture.model_dump(mode="json")]))
    turn.end()
    times = []
    for _ in range(5):
        with statements(house.database) as asked:
            started = time.perf_counter()
            session = await house.sessions.read(ADA, session_id, limit=50, cursor=None)
            times.append(time.perf_counter() - started)
        assert len(asked) <= 3
    assert len(session.messages) == 50
    assert session.messages[-1].alternatives[0].artifacts
    assert min(times) < 0.05


@pytest.mark.req("SYS-REQ-020")
async def test_a_turn_in_a_session_of_2000_messages_asks_and_reads_as_much_as_in_one_of_20(house: House) -> None:
    seen = {}
    for size in (20, 2000):
        session_id = await house.begin()
        await house.fill(session_id, size)
        turn = await house.turn(session_id, "Next?")
        with statements(house.database) as asked:
            messages = await turn.chat(WINDOW_MODEL, None, 256)
        seen[size] = (len(asked), len(messages))
        await turn.store(Made(WINDOW_MODEL, "a", "stop"))
        turn.end()
    assert seen[20] == seen[2000]
    assert seen[2000][0] <= 3


@pytest.mark.req("SYS-REQ-020")
async def test_a_large_window_is_filled_from_2000_messages_with_four_questions(house: House) -> None:
    session_id = await house.begin()
    await house.fill(session_id, 2000, "x" * 100)
    turn = await house.turn(session_id, "Next?")
    large = replace(EYES, capabilities={**EYES.capabilities, "max_context_tokens": 32_768})
    with statements(house.database) as asked:
        messages = await turn.chat(large, None, 256)
    assert len(asked) <= 4
    assert 800 < len(messages) < 2000
    assert [message["content"].split()[0] for message in messages[:-1]] == [
        str(number) for number in range(2001 - len(messages), 2000)
    ]
    turn.end()


async def test_a_model_gets_to_know_what_was_said_to_the_letter_on_either_database(either: House) -> None:
    session_id = await either.begin()
    odd = "nul \x00, “ü” 模型 🦊, \u202e, [1, 2], null"
    calls = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": "ü"}'}}]
    turn = await either.turn(session_id, odd)
    await turn.store(Made(WINDOW_MODEL, None, "tool_calls", reasoning="hm", tool_calls=calls))
    turn.end()
    await either.say(session_id, "", odd)
    turn = await either.turn(session_id, "Next?")
    assert await turn.chat(WINDOW_MODEL, None, 256) == [
        {"role": "user", "content": odd},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "user", "content": ""},
        {"role": "assistant", "content": odd},
        {"role": "user", "content": "Next?"},
    ]
    turn.end()


async def test_the_newest_messages_that_fit_are_taken_and_the_others_are_named(house: House) -> None:
    session_id = await house.begin()
    await house.fill(session_id, 100)
    turn = await house.turn(session_id, "Next?")
    messages = await turn.chat(WINDOW_MODEL, "Be brief.", 256)
    assert messages[0] == {"role": "system", "content": "Be brief."}
    assert messages[-1] == {"role": "user", "content": "Next?"}
    history = messages[1:-1]
    assert history[0]["role"] == "user"
    positions = [int(message["content"].split()[0]) for message in history]
    assert positions == list(range(positions[0], 100))
    total = sum(len(message["content"]) for message in messages)
    assert 0.8 * (2048 - 256) * 3.5 - 1000 < total < (2048 - 256) * 3.5
    assert len(turn.warnings) == 1
    assert f"only {len(history)} fit" in turn.warnings[0]
    turn.end()


async def test_a_larger_window_holds_more_and_a_stand_in_gets_what_fits_it(house: House) -> None:
    session_id = await house.begin()
    await house.fill(session_id, 100)
    turn = await house.turn(session_id, "Next?")
    narrow = await turn.chat(WINDOW_MODEL, None, 256)
    wide = await turn.chat(EYES, None, 256)
    assert len(narrow) < len(wide) == 101
    assert turn.warnings == []
    turn.end()


async def test_a_prompt_that_leaves_no_room_is_asked_alone(house: House) -> None:
    session_id = await house.begin()
    await house.fill(session_id, 4)
    turn = await house.turn(session_id, "x" * 10_000)
    messages = await turn.chat(WINDOW_MODEL, "Be brief.", 256)
    assert [message["role"] for message in messages] == ["system", "user"]
    assert len(turn.warnings) == 1
    turn.end()


DRAWS = Entry("acme:draws", "draws", "acme", Modality.IMAGE, capabilities={"input_modalities": ["text", "image"]})
BLIND = Entry("acme:blind", "blind", "acme", Modality.IMAGE, capabilities={"input_modalities": ["text"]})


async def draw(house: House, session_id: str) -> str:
    """A turn that makes an image; its artifact."""
    kept = await house.artifacts.save(
        ADA, "req_drawn", ArtifactKind.IMAGE, image_bytes(), "image/png", width=4, height=4
    )
    turn = await house.turn(session_id, "a red cube")
    await turn.store(Made(DRAWS, None, "stop", artifacts=[kept.model_dump(mode="json")]))
    turn.end()
    return kept.id


@pytest.mark.req("SYS-REQ-032")
async def test_a_model_that_takes_images_goes_on_from_the_last_answer_where_that_is_an_image(house: House) -> None:
    session_id = await house.begin()
    artifact = await draw(house, session_id)
    turn = await house.turn(session_id, "make it blue")
    assert await turn.image(DRAWS) == f"artifact:{artifact}"
    assert turn.warnings == ["the last image of the session was given to acme:draws"]
    assert await turn.image(BLIND) is None
    assert turn.warnings == []
    assert (await turn.chat(EYES, None, 10))[-1]["content"][-1]["image_url"]["url"] == f"artifact:{artifact}"
    turn.end()
    await house.say(session_id, "Thanks", "You are welcome")
    turn = await house.turn(session_id, "make it blue")
    assert await turn.image(DRAWS) is None
    turn.end()


@pytest.mark.req("SYS-REQ-032")
async def test_an_image_that_the_turn_brings_goes_before_that_of_the_session(house: House) -> None:
    session_id = await house.begin()
    await draw(house, session_id)
    parts = [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}]
    turn = await house.turns.open(ADA, "req_x", session_id, [{"role": "user", "content": parts}], None, None)
    await turn.take()
    assert await turn.image(DRAWS) is None
    turn.end()


async def test_an_image_that_is_gone_is_named_and_left_out(house: House) -> None:
    session_id = await house.begin()
    await draw(house, session_id)
    await house.artifacts.erase(ADA, ["req_drawn"])
    turn = await house.turn(session_id, "make it blue")
    assert await turn.image(DRAWS) is None
    assert turn.warnings == ["the last image of the session is gone: it was kept for its time"]
    turn.end()


async def test_closed_sessions_are_forgotten_after_their_time_on_either_database(either: House) -> None:
    old, young, active = [await either.begin() for _ in range(3)]
    for session_id in (old, young, active):
        await either.say(session_id, "p", "a")
        async with either.database.transaction() as db:
            row = await repository.find(db, ADA, session_id)
            assert row is not None
            row.state_tokens = {"a": 1}
    for session_id, days in ((old, 10), (young, 3)):
        await either.sessions.close(ADA, session_id)
        async with either.database.transaction() as db:
            row = await repository.find(db, ADA, session_id)
            assert row is not None
            row.closed_at = utc_now() - timedelta(days=days)
    retention = SessionRetention(
        either.database, either.sessions, sessions=timedelta(days=7), state_tokens=timedelta(days=2)
    )
    assert await retention.sweep() == 1
    async with either.database.reading() as db:
        left = {row.id: row.state_tokens for row in await db.scalars(select(SessionTable))}
    assert left == {young: None, active: {"a": 1}}


async def test_without_a_limit_closed_sessions_stay(house: House) -> None:
    session_id = await house.begin()
    await house.sessions.close(ADA, session_id)
    retention = SessionRetention(house.database, house.sessions, sessions=None, state_tokens=timedelta(seconds=0))
    assert await retention.sweep() == 0
    assert (await house.sessions.read(ADA, session_id, limit=1, cursor=None)).id == session_id
