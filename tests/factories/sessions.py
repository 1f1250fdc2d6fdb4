"""A gateway on a real port with a vendor of text, and what tests of sessions do with it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from tests.factories.apps import AUTHORISED, providers, running_app, served
from tests.fakes.openai_server import OpenAIServer

MODEL = "acme:gpt-test"


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
