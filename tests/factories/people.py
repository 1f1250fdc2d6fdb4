"""People with accounts, and what they come in with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

from tests.factories.apps import AUTHORISED, client_of

PASSWORD = "correct horse battery staple"


@dataclass
class Person:
    """Somebody who has logged in; `headers` carry the session token."""

    name: str
    profile: dict[str, Any]
    token: str
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = bearer(self.token)

    @property
    def id(self) -> str:
        """The user's id."""
        return str(self.profile["id"])


def bearer(credential: str) -> dict[str, str]:
    """The header that carries it."""
    return {"Authorization": f"Bearer {credential}"}


async def invite(client: httpx.AsyncClient, **body: Any) -> str:
    """The token of a new invite, made with the operator's key."""
    answer = await client.post("/v1/users/invites", json=body, headers=AUTHORISED)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["invite_token"])


async def register(client: httpx.AsyncClient, name: str, **more: Any) -> httpx.Response:
    """Register somebody with an invite of their own."""
    body = {"username": name, "password": PASSWORD, "invite_token": await invite(client), **more}
    return await client.post("/v1/users/register", json=body)


async def log_in(client: httpx.AsyncClient, name: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
    """Log in by user name."""
    return await client.post("/v1/users/login", json={"username": name, "password": password, **more})


async def person(app: FastAPI, name: str, *, admin: bool = False) -> Person:
    """Somebody new who has logged in: an admin or none, whoever came first."""
    async with client_of(app) as client:
        registered = await register(client, name)
        assert registered.status_code == 201, registered.text
        role = {"role": "admin" if admin else "user"}
        changed = await client.patch(f"/v1/users/{registered.json()['id']}", json=role, headers=AUTHORISED)
        assert changed.status_code == 200, changed.text
        answer = (await log_in(client, name)).json()
    return Person(name, answer["user"], answer["token"])


async def api_token(app: FastAPI, owner: Person, *scopes: str, **body: Any) -> dict[str, Any]:
    """A new token of somebody's, as the API gives it."""
    wanted = {"name": "test", **({"scopes": list(scopes)} if scopes else {}), **body}
    async with client_of(app, headers=owner.headers) as client:
        answer = await client.post("/v1/users/tokens", json=wanted)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made
