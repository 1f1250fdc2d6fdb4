"""What belongs to one user: one of each, by the name of the path parameter that leads to it.

`tests/security/test_isolation.py` tries every route with such a parameter as somebody else. A feature whose routes
have an id of a new kind adds a line to `OWNED`, or to `SHARED` or `ADMINS_ONLY`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI

from pluggably.features.artifacts.service import ArtifactService
from pluggably.tables.artifacts import ArtifactKind
from tests.factories.apps import client_of
from tests.factories.images import image_bytes
from tests.factories.people import Person, api_token

Make = Callable[[FastAPI, Person], Awaitable[str]]


async def token(app: FastAPI, owner: Person) -> str:
    """An API token."""
    return str((await api_token(app, owner))["info"]["id"])


async def request(app: FastAPI, owner: Person) -> str:
    """A background request that has finished, under an id that its owner chose."""
    name = f"request-of-{owner.name}"
    body = {"model": "acme:gpt-test", "input": {"prompt": "secret"}, "background": True}
    async with client_of(app, headers=owner.headers) as client:
        answer = await client.post("/v1/generate", json=body, headers={"x-request-id": name})
        assert answer.status_code == 202, answer.text
        await client.get(f"/v1/requests/{name}/events")
    return name


async def artifact(app: FastAPI, owner: Person) -> str:
    """A picture in the store."""
    service: ArtifactService = app.state.artifacts
    return (await service.save(owner.id, "req_1", ArtifactKind.IMAGE, image_bytes("PNG"), "image/png")).id


async def session(app: FastAPI, owner: Person) -> str:
    """A session in which something was said and answered."""
    async with client_of(app, headers=owner.headers) as client:
        made = await client.post("/v1/sessions", json={"title": "secret"})
        assert made.status_code == 201, made.text
        name = str(made.json()["id"])
        answer = await client.post(f"/v1/sessions/{name}/generate", json=TURN)
        assert answer.status_code == 200, answer.text
    return name


async def provider_key(app: FastAPI, owner: Person) -> str:
    """A key with a provider."""
    async with client_of(app, headers=owner.headers) as client:
        key = {"provider": "acme", "credential_type": "api_key", "api_key": "sk-secret-of-its-owner"}
        answer = await client.post("/v1/users/provider-keys", json=key)
        assert answer.status_code == 201, answer.text
    return "acme"


TURN: dict[str, Any] = {"model": "acme:gpt-test", "input": {"prompt": "secret"}}
OWNED: dict[str, Make] = {
    "token_id": token,
    "request_id": request,
    "artifact_id": artifact,
    "session_id": session,
    "provider": provider_key,
}
"""Seen by its owner alone: 404 for everybody else, admins included."""
SHARED = frozenset({"model_id", "job_id", "repo"})
"""The catalog, the hub and the jobs that fill the catalog are everybody's to see; what changes them is for admins."""
ADMINS_ONLY = frozenset({"user_id", "invite_id"})
"""Routes of admins: 403 for everybody else, whatever the id."""
BODIES: dict[str, Any] = {"/v1/sessions/{session_id}/generate": TURN}
"""Path → a body that its route accepts, where `{}` is none: an invalid body would be refused before the id."""
