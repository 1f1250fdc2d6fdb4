"""The audit log: who did what, told to admins, with no secret in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.factories.apps import AUTHORISED, KEY, client_of, running_app
from tests.factories.people import PASSWORD, api_token, bearer, log_in, person

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    async with running_app(tmp_path_factory.mktemp("audit"), trusted_proxies=["127.0.0.1/32"]) as app:
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def operator(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Carries the operator's key."""
    async with client_of(app, headers=AUTHORISED) as client:
        yield client


async def test_who_did_what_to_what_and_from_where(app: FastAPI, operator: httpx.AsyncClient) -> None:
    ada = await person(app, "ada")
    made = await api_token(app, ada)
    token_id = made["info"]["id"]
    async with client_of(app, headers=bearer(made["token"])) as client:
        headers = {"X-Request-ID": "request-0001", "X-Forwarded-For": "198.51.100.7, 2001:db8::5"}
        child = await client.post("/v1/users/tokens", json={"name": "child"}, headers=headers)
    (entry,) = (await operator.get(f"/v1/audit?target_id={child.json()['info']['id']}")).json()["audit"]
    assert entry == {
        "id": entry["id"],
        "at": entry["at"],
        "actor_id": ada.id,
        "actor_kind": "token",
        "actor_token_id": token_id,
        "address": "2001:db8::5",
        "request_id": "request-0001",
        "action": "token.created",
        "target_type": "token",
        "target_id": child.json()["info"]["id"],
        "details": {"name": "child", "scopes": ["generate", "manage", "read"]},
    }
    await operator.patch(f"/v1/users/{ada.id}", json={"role": "admin"})
    (changed, *_) = (await operator.get(f"/v1/audit?target_id={ada.id}&action=user.changed")).json()["audit"]
    assert (changed["actor_id"], changed["actor_kind"]) == ("operator", "operator_key")
    assert changed["details"] == {"role": "admin"}
    by_ada = (await operator.get(f"/v1/audit?actor_id={ada.id}")).json()["audit"]
    assert [item["action"] for item in by_ada] == ["token.created", "token.created", "user.logged_in", "user.created"]


async def test_a_model_that_somebody_changes_is_in_the_log(operator: httpx.AsyncClient) -> None:
    body = {"id": "mine", "name": "mine", "provider": "local", "modality": "text", "status": "disabled"}
    made = await operator.post("/v1/models", json=body)
    assert made.status_code == 201, made.text
    assert (await operator.patch("/v1/models/mine", json={"description": "secret plans"})).status_code == 200
    assert (await operator.delete("/v1/models/mine")).status_code == 200
    found = (await operator.get("/v1/audit?target_id=mine")).json()["audit"]
    assert [item["action"] for item in found] == ["model.removed", "model.changed", "model.registered"]
    assert "secret plans" not in str(found), "what was written is not repeated"


async def test_no_secret_is_in_the_log(app: FastAPI, operator: httpx.AsyncClient) -> None:
    eve = await person(app, "eve")
    token = await api_token(app, eve)
    async with client_of(app, headers=eve.headers) as client:
        change = {"current_password": PASSWORD, "new_password": "CANARY another one"}
        assert (await client.post("/v1/users/me/password", json=change)).status_code == 200
        await client.delete(f"/v1/users/tokens/{token['info']['id']}")
        await log_in(client, "eve", "CANARY wrong one")
    invited = (await operator.post("/v1/users/invites")).json()["invite_token"]
    log = (await operator.get("/v1/audit?limit=200")).text
    for secret in (PASSWORD, "CANARY", token["token"], eve.token, invited, KEY):
        assert secret not in log


async def test_it_is_for_admins_and_comes_in_pages(app: FastAPI, operator: httpx.AsyncClient) -> None:
    bob = await person(app, "bob")
    async with client_of(app, headers=bob.headers) as client:
        assert (await client.get("/v1/audit")).status_code == 403
    whole = (await operator.get("/v1/audit?limit=200")).json()["audit"]
    found, query = [], "/v1/audit?limit=3"
    while True:
        page = (await operator.get(query)).json()
        found += page["audit"]
        if page["next_cursor"] is None:
            break
        query = f"/v1/audit?limit=3&cursor={page['next_cursor']}"
    assert found == whole
    assert (await operator.get("/v1/audit?cursor=x")).status_code == 422
