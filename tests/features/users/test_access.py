"""What each scope opens, and what it does not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import APIRoute

from pluggably.app import PUBLIC
from pluggably.features.users.access import (
    may_administer,
    may_generate,
    may_manage,
    may_read,
    may_read_as_admin,
)
from pluggably.features.users.authentication import Authenticator, Caller
from pluggably.kit.routes import grants_access
from tests.factories.apps import client_of, running_app
from tests.factories.models import write_gguf

pytestmark = [pytest.mark.req("TEST-UNIT-003", "SYS-REQ-014"), pytest.mark.asyncio(loop_scope="module")]

SCOPES = ("read", "generate", "manage")


class Tokens:
    """A kind of credential: `admin+read+manage` proves an admin with these scopes, `read` a user with this one."""

    async def check(self, credential: str) -> Caller | None:
        words = set(credential.split("+"))
        scopes = frozenset(words & set(SCOPES))
        return Caller("someone", "admin" in words, scopes, "token") if scopes or "admin" in words else None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    """A gateway that knows these tokens alone."""
    async with running_app(tmp_path_factory.mktemp("access")) as app:
        app.state.authenticator = Authenticator([Tokens()], local_mode=False)
        yield app


def guarded(app: FastAPI) -> list[tuple[str, str, str, bool]]:
    """Each guarded route: method, path, the scope that it needs, whether an admin's."""
    found = []
    for route in app.routes:
        if isinstance(route, APIRoute) and route.path not in PUBLIC:
            (guard,) = (d.call for d in route.dependant.dependencies if grants_access(d.call))
            admin = guard in (may_administer, may_read_as_admin)
            path = re.sub(r"\{[^}]+\}", "x", route.path)
            found += [(method, path, guard.__dict__["grants_access"], admin) for method in route.methods]
    return found


async def status(app: FastAPI, token: str, method: str, path: str) -> int:
    async with client_of(app, headers={"x-api-key": token}) as client:
        answer = await client.request(method, path)
        if answer.status_code == 403 and method != "HEAD":
            assert answer.json()["error"]["code"] == "permission_denied"
        return answer.status_code


async def test_every_route_opens_to_its_own_scope_alone(app: FastAPI) -> None:
    routes = guarded(app)
    assert len(routes) > 12
    for method, path, scope, admin in routes:
        for token in (*SCOPES, "admin", *(f"admin+{name}" for name in SCOPES)):
            enough = scope in token.split("+") and (not admin or "admin" in token)
            found = await status(app, token, method, path)
            assert (found != 403) == enough, (method, path, token, found)
            assert found != 401


ADMINS = (
    "/v1/users",
    "/v1/users/x",
    "/v1/users/x/limits",
    "/v1/users/invites",
    "/v1/users/invites/x",
    "/v1/audit",
)
OWN = (
    "/v1/users/me",
    "/v1/users/me/password",
    "/v1/users/logout",
    "/v1/users/tokens",
    "/v1/users/tokens/x",
    "/v1/users/provider-keys",
    "/v1/users/provider-keys/x",
    "/v1/users/provider-keys/x/check",
    "/v1/users/tokens/x/limits",
)
GENERATING = {
    "/v1/generate",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/images/generations",
    "/v1/images/edits",
    "/v1/images/variations",
    "/v1/messages",
    "/v1/messages/count_tokens",
    "/v1/responses",
    "/v1/requests/x/cancel",
}


async def test_reading_generating_and_managing_need_what_the_contract_says(app: FastAPI) -> None:
    for method, path, scope, admin in guarded(app):
        reads = method in ("GET", "HEAD")
        if path in GENERATING or (path.startswith(("/v1/sessions", "/v1/artifacts")) and not reads):
            assert (scope, admin) == ("generate", False)
        elif reads:
            assert (scope, admin) == ("read", path in ADMINS), path
        else:
            assert (scope, admin) == ("manage", path not in OWN), path


async def test_each_access_dependency_says_its_scope() -> None:
    guards = (may_read, may_generate, may_manage, may_administer, may_read_as_admin)
    assert [guard.__dict__["grants_access"] for guard in guards] == ["read", "generate", "manage", "manage", "read"]
    assert not grants_access(test_each_access_dependency_says_its_scope)


async def test_paths_on_this_machine_are_shown_to_admins_only(app: FastAPI) -> None:
    path = write_gguf(app.state.settings.model_folders[0] / "tiny.gguf")
    folder = str(path.parent)
    body = {"id": "mine", "name": "mine", "provider": "local", "modality": "text", "local_path": str(path)}
    async with client_of(app) as client:
        made = await client.post("/v1/models", json=body, headers={"x-api-key": "admin+manage"})
        assert made.status_code == 201, made.text
        for token, shown in (("read", False), ("admin+read", True)):
            answer = await client.get("/v1/models", headers={"x-api-key": token})
            assert answer.status_code == 200
            assert (folder in answer.text) == shown
