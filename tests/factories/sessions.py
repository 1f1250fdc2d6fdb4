"""A gateway on a real port with a vendor of text, and what tests of sessions do with it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from pluggably.contract.modality import Modality
from pluggably.features.artifacts.conversion import Converter
from pluggably.features.artifacts.service import ArtifactService
from pluggably.features.artifacts.signing import Addresses
from pluggably.features.artifacts.store import open_store
from pluggably.features.sessions import repository
from pluggably.features.sessions.locks import LocalTurnLocks
from pluggably.features.sessions.schemas import SessionBody
from pluggably.features.sessions.service import SessionService
from pluggably.features.sessions.turns import Made, Turn, Turns
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database
from pluggably.routing.catalogue import Entry
from tests.factories.apps import AUTHORISED, providers, running_app, served
from tests.fakes.openai_server import OpenAIServer

MODEL = "acme:gpt-test"
ADA, EVE = "ada", "eve"
WINDOW_MODEL = Entry("acme:m", "m", "acme", Modality.TEXT, capabilities={"max_context_tokens": 2048})


@dataclass
class Chats:
    """A gateway, its vendor, and a client with the operator's key."""

    app: FastAPI
    upstream: OpenAIServer
    client: httpx.AsyncClient

    async def begin(self, **body: Any) -> str:
        """A new session's id."""
        reply = await self.client.post("/v1/sessions", json=body)
        assert reply.status_code == 201, reply.text
        session_id: str = reply.json()["id"]
        return session_id

    async def ask(self, session_id: str, prompt: str = "Hi", model: str = MODEL, **more: Any) -> httpx.Response:
        """`POST /v1/sessions/{id}/generate`."""
        body = {"model": model, "input": {"prompt": prompt}, **more}
        return await self.client.post(f"/v1/sessions/{session_id}/generate", json=body)

    async def said(self, session_id: str, prompt: str, **more: Any) -> dict[str, Any]:
        """The response to a prompt that is answered."""
        reply = await self.ask(session_id, prompt, **more)
        assert reply.status_code == 200, reply.text
        body: dict[str, Any] = reply.json()
        return body

    async def again(self, session_id: str, **body: Any) -> httpx.Response:
        """`POST …/regenerate`."""
        return await self.client.post(f"/v1/sessions/{session_id}/regenerate", json=body)

    async def read(self, session_id: str, **query: Any) -> dict[str, Any]:
        """The session with its messages."""
        reply = await self.client.get(f"/v1/sessions/{session_id}", params=query)
        assert reply.status_code == 200, reply.text
        body: dict[str, Any] = reply.json()
        return body

    async def log(self, session_id: str) -> list[tuple[str, Any]]:
        """Role and content of each message, at most 200."""
        return [(item["role"], item["content"]) for item in (await self.read(session_id, limit=200))["messages"]]

    def asked(self) -> list[tuple[str, Any]]:
        """Role and content of each message that the vendor got last."""
        return [(item["role"], item["content"]) for item in self.upstream.chats[-1].json["messages"]]


async def events_of(reply: httpx.Response) -> AsyncIterator[tuple[str | None, Any]]:
    """Each event's name and data."""
    name = None
    async for line in reply.aiter_lines():
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, line[6:] if line == "data: [DONE]" else json.loads(line[6:])
            name = None


@asynccontextmanager
async def chatting(data_dir: Path, **settings: Any) -> AsyncIterator[Chats]:
    """A running gateway with the vendor `acme`."""
    async with OpenAIServer() as upstream:
        accounts = providers(upstream.base_url, models="gpt-test")
        async with (
            running_app(data_dir, providers=accounts, **settings) as app,
            served(app) as url,
            httpx.AsyncClient(base_url=url, headers=AUTHORISED, timeout=20) as client,
        ):
            yield Chats(app, upstream, client)


class House:
    """What stands around sessions in one process."""

    def __init__(self, database: Database, folder: Path) -> None:
        store = open_store(None, folder)
        addresses = Addresses(b"x" * 32, base="", ttl_s=60)
        self.database = database
        self.artifacts = ArtifactService(database, store, Converter(store), addresses, timedelta(days=1))
        self.sessions = SessionService(database, self.artifacts)
        self.turns = Turns(database, self.artifacts, LocalTurnLocks())
        self._asked = 0

    async def begin(self, user: str = ADA) -> str:
        return (await self.sessions.create(user, SessionBody())).id

    async def turn(self, session_id: str, prompt: str, user: str = ADA) -> Turn:
        self._asked += 1
        said = [{"role": "user", "content": prompt}]
        turn = await self.turns.open(user, f"req_{self._asked}", session_id, said, None, None)
        assert await turn.take()
        return turn

    async def say(self, session_id: str, prompt: str, answer: str, user: str = ADA) -> None:
        turn = await self.turn(session_id, prompt, user)
        assert await turn.store(Made(WINDOW_MODEL, answer, "stop")) == []
        turn.end()

    async def fill(self, session_id: str, messages: int, text: str = "x" * 400) -> None:
        """Add many messages at once."""
        async with self.database.transaction() as db:
            first = await repository.take_positions(
                db, session_id, ADA, resets=0, count=messages, now=utc_now(), title=None, state_tokens=None
            )
            assert first is not None
            rows = [self._row(session_id, first + number, text) for number in range(messages)]
            await repository.add(db, rows)

    @staticmethod
    def _row(session_id: str, position: int, text: str) -> dict[str, Any]:
        answers = position % 2 == 1
        return {
            "id": f"msg_{session_id}_{position:08}",
            "session_id": session_id,
            "position": position,
            "replaced_by": None,
            "role": "assistant" if answers else "user",
            "modality": "text",
            "content": f"{position} {text}",
            "size": len(text) + 32,
            "artifacts": None,
            "model": "acme:m" if answers else None,
            "provider": "acme" if answers else None,
            "request_id": f"req_{position // 2}",
            "parameters": None,
            "usage": None,
            "finish_reason": "stop" if answers else None,
            "details": None,
            "created_at": utc_now(),
        }
