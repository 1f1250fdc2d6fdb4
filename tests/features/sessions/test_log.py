"""The log of a session under any order of turns, other answers, edits, resets and closings, beside a plain model."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pluggably.errors import NothingToRegenerate, SessionClosed
from pluggably.features.sessions.turns import Made
from pluggably.kit import migrations
from pluggably.kit.database import Database
from tests.factories.sessions import ADA, WINDOW_MODEL, House


@dataclass
class Said:
    """A message as it should be."""

    role: str
    content: str
    alternatives: list[str] = field(default_factory=list)


def contents(messages: list[Said]) -> list[str]:
    """What leaves the history becomes a list of alternatives: those of each message stay with it."""
    return [content for message in messages for content in (*message.alternatives, message.content)]


@pytest.fixture
def empty_database(tmp_path: Path) -> Path:
    """A database with every table, to be copied."""
    path = tmp_path / "empty.db"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.mark.req("SYS-REQ-020", "SYS-REQ-021", "SYS-REQ-048")
def test_the_log_is_what_was_said_whatever_happened(empty_database: Path) -> None:
    class Log(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.folder = Path(tempfile.mkdtemp())
            shutil.copy(empty_database, self.folder / "log.db")
            self.runner = asyncio.Runner()
            self.house = House(Database(f"sqlite:///{self.folder / 'log.db'}"), self.folder)
            self.expected: list[Said] = []
            self.closed = False
            self.number = 0

        def run(self, work: Any) -> Any:
            return self.runner.run(work)

        def name(self, kind: str) -> str:
            self.number += 1
            return f"{kind}{self.number}"

        @initialize()
        def begin(self) -> None:
            self.session_id = self.run(self.house.begin())

        @precondition(lambda self: not self.closed)
        @rule()
        def say(self) -> None:
            prompt, answer = self.name("p"), self.name("a")
            self.run(self.house.say(self.session_id, prompt, answer))
            self.expected += [Said("user", prompt), Said("assistant", answer)]

        @precondition(lambda self: not self.closed)
        @rule(begun=st.booleans())
        def be_cut_off(self, begun: bool) -> None:
            prompt, answer = self.name("p"), self.name("part")

            async def cut() -> None:
                turn = await self.house.turn(self.session_id, prompt)
                await turn.chat(WINDOW_MODEL, None, 16)
                turn.end(Made(WINDOW_MODEL, answer, "cancelled") if begun else None)
                await self.house.turns.close()

            self.run(cut())
            if begun:
                self.expected += [Said("user", prompt), Said("assistant", answer)]

        @precondition(lambda self: not self.closed and self.expected)
        @rule(data=st.data(), named=st.booleans(), edits=st.booleans())
        def answer_again(self, data: st.DataObject, named: bool, edits: bool) -> None:
            at = data.draw(st.integers(0, len(self.expected) - 1)) if named else len(self.expected) - 1
            answer_at = at if self.expected[at].role == "assistant" else at + 1
            prompt = self.name("e") if edits else None
            answer = self.name("b")

            async def again() -> list[dict[str, Any]]:
                page = await self.house.sessions.read(ADA, self.session_id, limit=200, cursor=None)
                message_id = page.messages[at].id if named else None
                found = await self.house.turns.again(ADA, self.session_id, message_id, prompt)
                turn = await self.house.turns.open(
                    ADA, self.name("req"), self.session_id, found.messages, None, None, found
                )
                assert await turn.take()
                asked = await turn.chat(WINDOW_MODEL, None, 16)
                await turn.store(Made(WINDOW_MODEL, answer, "stop"))
                turn.end()
                return asked

            asked = self.run(again())
            start = answer_at - 1 if edits else answer_at
            kept, gone = self.expected[:start], self.expected[start:]
            new = [Said("user", prompt)] if prompt is not None else []
            self.expected = [*kept, *new, Said("assistant", answer)]
            self.expected[start].alternatives = contents(gone)
            assert [message["content"] for message in asked] == [item.content for item in self.expected[:-1]]

        @rule()
        def reset(self) -> None:
            self.run(self.house.sessions.reset(ADA, self.session_id))
            self.expected = []

        @rule()
        def close(self) -> None:
            self.run(self.house.sessions.close(ADA, self.session_id))
            self.closed = True

        @precondition(lambda self: self.closed)
        @rule()
        def nothing_is_said_after_the_end(self) -> None:
            with pytest.raises(SessionClosed):
                self.run(self.house.turn(self.session_id, "late"))

        @precondition(lambda self: not self.closed and not self.expected)
        @rule()
        def there_is_nothing_to_answer_again(self) -> None:
            with pytest.raises(NothingToRegenerate):
                self.run(self.house.turns.again(ADA, self.session_id, None, None))

        @invariant()
        def the_log_is_as_it_should_be(self) -> None:
            if not hasattr(self, "session_id"):
                return
            session = self.run(self.house.sessions.read(ADA, self.session_id, limit=200, cursor=None))
            found = [
                Said(message.role, message.content, [other.content for other in message.alternatives])
                for message in session.messages
            ]
            assert found == self.expected
            assert session.message_count == len(self.expected)
            assert session.status == ("closed" if self.closed else "active")
            ids = [message.id for message in session.messages]
            assert len(set(ids)) == len(ids)

        def teardown(self) -> None:
            self.run(self.house.turns.close())
            self.run(self.house.database.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    run_state_machine_as_test(Log, settings=settings(max_examples=20, stateful_step_count=20, deadline=None))
