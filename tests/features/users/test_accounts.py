"""Accounts through a running application: registering, logging in and out, profiles, roles."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from pluggably.app import create_app
from pluggably.kit.database import Database
from pluggably.settings import Settings
from pluggably.tables.logins import LoginAttemptTable
from pluggably.tables.users import UserTable
from tests.factories.apps import AUTHORISED, KEY, client_of, running_app
from tests.factories.people import PASSWORD, api_token, bearer, invite, log_in, person, register

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    """A gateway that people need an invite for."""
    async with running_app(tmp_path_factory.mktemp("accounts")) as app:
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Carries no credential by itself."""
    async with client_of(app) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def as_shipped(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    """A gateway whose passwords cost what they cost everywhere but in tests."""
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("shipped"), api_keys=[SecretStr(KEY)]))
    async with app.router.lifespan_context(app):
        yield app


def code(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"]["code"])


# registering
@pytest.mark.req("SYS-REQ-037", "TEST-MAN-012")
async def test_registering_needs_an_invite_and_logging_out_ends_what_logging_in_began(
    client: httpx.AsyncClient,
) -> None:
    body = {"username": "mona", "password": PASSWORD}
    assert code(await client.post("/v1/users/register", json=body), 400) == "invalid_invite"
    token = await invite(client)
    made = await client.post("/v1/users/register", json={**body, "invite_token": token, "display_name": "Mona L."})
    assert made.status_code == 201
    profile = made.json()
    assert profile["username"] == "mona"
    assert profile["display_name"] == "Mona L."
    assert profile["preferred_models"] == {"text": None, "image": None, "3d": None}
    assert PASSWORD not in made.text

    answer = await log_in(client, "mona")
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["user"] == profile
    assert answer.headers["cache-control"] == "no-store"
    session = bearer(answer.json()["token"])
    assert (await client.get("/v1/users/me", headers=session)).json() == profile
    out = await client.post("/v1/users/logout", headers=session)
    assert (out.status_code, out.content) == (204, b"")
    assert code(await client.get("/v1/users/me", headers=session), 401) == "invalid_credentials"


async def test_an_invite_is_good_for_as_many_as_it_says(client: httpx.AsyncClient) -> None:
    token = await invite(client, max_uses=2)
    answers = [
        await client.post(
            "/v1/users/register", json={"username": f"guest{n}", "password": PASSWORD, "invite_token": token}
        )
        for n in range(3)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 400]


async def test_of_many_who_use_one_invite_at_once_one_gets_in(client: httpx.AsyncClient) -> None:
    token = await invite(client)
    bodies = [{"username": f"rush{n}", "password": PASSWORD, "invite_token": token} for n in range(6)]
    answers = await asyncio.gather(*(client.post("/v1/users/register", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400, 400, 400]


async def test_a_failed_registration_does_not_use_the_invite_up(client: httpx.AsyncClient) -> None:
    await register(client, "taken")
    token = await invite(client)
    body = {"username": "TAKEN", "password": PASSWORD, "invite_token": token}
    assert code(await client.post("/v1/users/register", json=body), 409) == "user_exists"
    assert (await client.post("/v1/users/register", json={**body, "username": "untaken"})).status_code == 201


async def test_an_invite_for_one_address_is_nobody_elses(client: httpx.AsyncClient) -> None:
    token = await invite(client, email="Ada@Example.org")
    body: dict[str, Any] = {"email": "eve@example.org", "password": PASSWORD, "invite_token": token}
    assert code(await client.post("/v1/users/register", json=body), 400) == "invalid_invite"
    assert code(await client.post("/v1/users/register", json={**body, "email": None, "username": "e"}), 400)
    made = await client.post("/v1/users/register", json={**body, "email": "ADA@example.ORG"})
    assert made.status_code == 201
    assert made.json()["email"] == "ada@example.org"


async def test_a_revoked_invite_lets_nobody_in(client: httpx.AsyncClient) -> None:
    made = (await client.post("/v1/users/invites", headers=AUTHORISED)).json()
    assert made["max_uses"] == 1
    listed = (await client.get("/v1/users/invites", headers=AUTHORISED)).json()
    assert listed["invites"][0]["id"] == made["id"]
    assert made["invite_token"] not in str(listed), "an invite is shown once"
    gone = await client.delete(f"/v1/users/invites/{made['id']}", headers=AUTHORISED)
    assert gone.json()["id"] == made["id"]
    body = {"username": "late", "password": PASSWORD, "invite_token": made["invite_token"]}
    assert code(await client.post("/v1/users/register", json=body), 400) == "invalid_invite"
    assert code(await client.delete(f"/v1/users/invites/{made['id']}", headers=AUTHORISED), 404) == "not_found"


@pytest.mark.parametrize(
    ("first", "second"),
    [("Zoë", "ZOË"), ("straße", "STRASSE"), ("ﬁona", "fiona"), ("Zoe\u0308b", "zoëb")],
)
async def test_two_spellings_of_one_name_are_one(client: httpx.AsyncClient, first: str, second: str) -> None:
    made = await register(client, first)
    assert made.status_code == 201, made.text
    assert code(await register(client, second), 409) == "user_exists"
    assert (await log_in(client, second)).json()["user"]["id"] == made.json()["id"]


@pytest.mark.parametrize(
    "body",
    [
        {"password": PASSWORD},
        {"username": "a b", "password": PASSWORD},
        {"username": "", "password": PASSWORD},
        {"username": "a@b", "password": PASSWORD},
        {"username": "x" * 65, "password": PASSWORD},
        {"username": "nul\x00", "password": PASSWORD},
        {"email": "nobody", "password": PASSWORD},
        {"email": "a@b@c", "password": PASSWORD},
        {"email": "a b@c", "password": PASSWORD},
        {"email": "x" * 250 + "@example.org", "password": PASSWORD},
        {"username": "short", "password": "1234567"},
        {"username": "long", "password": "é" * 513},
        {"username": "long", "password": "x" * 1025},
        {"username": "role", "password": PASSWORD, "role": "admin"},
    ],
)
async def test_what_can_be_no_account_is_refused(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    wanted = {**body, "invite_token": await invite(client)}
    answer = await client.post("/v1/users/register", json=wanted)
    assert code(answer, 422) == "validation_error"
    assert str(body["password"]) not in answer.text


async def test_every_byte_of_a_long_password_counts(client: httpx.AsyncClient) -> None:
    assert (await register(client, "longpass", password="x" * 1024)).status_code == 201
    assert code(await log_in(client, "longpass", "x" * 1023), 401) == "invalid_credentials"
    assert (await log_in(client, "longpass", "x" * 1024)).status_code == 200


async def test_passwords_are_stored_as_argon2id_alone(as_shipped: FastAPI) -> None:
    async with client_of(as_shipped) as client:
        await register(client, "stored")
    database: Database = as_shipped.state.database
    async with database.reading() as db:
        user = (await db.scalars(select(UserTable).where(UserTable.username_key == "stored"))).one()
    assert user.password_hash is not None
    assert user.password_hash.startswith("$argon2id$v=19$m=47104,t=2,p=1$")
    stored = Path(database.url.database or "").read_bytes()
    assert PASSWORD.encode() not in stored


# the first user
@pytest.mark.req("SYS-REQ-037")
async def test_the_first_user_who_was_invited_is_an_admin_and_the_second_is_none(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app, client_of(app) as client:
        assert [(await register(client, name)).json()["role"] for name in ("one", "two")] == ["admin", "user"]


@pytest.mark.req("SYS-REQ-037")
@pytest.mark.parametrize(
    ("peer", "headers", "settings", "role"),
    [
        ("127.0.0.1", {}, {}, "admin"),
        ("10.0.0.9", {}, {}, "user"),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.5"}, {}, "user"),
        ("127.0.0.1", {"Host": "gateway.example.org"}, {}, "user"),
        ("127.0.0.1", {}, {"host": "0.0.0.0"}, "user"),
        ("127.0.0.1", {}, {"public_url": "https://gateway.example.org"}, "user"),
    ],
)
async def test_nobody_on_a_network_becomes_an_admin_by_being_first(
    tmp_path: Path, peer: str, headers: dict[str, str], settings: dict[str, str], role: str
) -> None:
    async with running_app(tmp_path, invite_only=False, **settings) as app, client_of(app, peer=peer) as client:
        body = {"username": "first", "password": PASSWORD}
        answer = await client.post("/v1/users/register", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        assert answer.json()["role"] == role


async def test_of_many_who_come_first_at_once_one_is_an_admin(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app, client_of(app) as client:
        answers = await asyncio.gather(*(register(client, f"user{n}") for n in range(5)))
        assert sorted(answer.json()["role"] for answer in answers) == ["admin", "user", "user", "user", "user"]


# logging in
@pytest.mark.req("SYS-REQ-037")
async def test_one_can_log_in_by_address_and_by_name(client: httpx.AsyncClient) -> None:
    await register(client, "both", email="both@example.org")
    by_name = (await log_in(client, "BOTH")).json()
    body = {"email": "Both@Example.ORG", "password": PASSWORD}
    by_address = (await client.post("/v1/users/login", json=body)).json()
    assert by_name["user"] == by_address["user"]
    assert by_name["token"] != by_address["token"]


async def test_a_wrong_password_and_an_unknown_name_look_the_same(client: httpx.AsyncClient) -> None:
    await register(client, "known")
    wrong = await log_in(client, "known", "not the password")
    unknown = await log_in(client, "unknown", "not the password")
    assert code(wrong, 401) == code(unknown, 401) == "invalid_credentials"
    for answer in (wrong, unknown):
        del answer.headers["x-request-id"]
    assert wrong.headers == unknown.headers
    assert {**wrong.json()["error"], "request_id": ""} == {**unknown.json()["error"], "request_id": ""}


@pytest.mark.alone
async def test_a_wrong_password_and_an_unknown_name_take_the_same_time(as_shipped: FastAPI) -> None:
    times: dict[str, list[float]] = {"timed": [], "nobody": []}
    async with client_of(as_shipped) as client:
        await register(client, "timed")
        for number in range(12):
            for name, measured in times.items():
                began = perf_counter()
                await log_in(client, name if name == "timed" else f"nobody{number}", "not the password")
                measured.append(perf_counter() - began)
                async with as_shipped.state.database.transaction() as db:  # else the next one would have to wait
                    await db.execute(LoginAttemptTable.__table__.delete())
    known, unknown = median(times["timed"]), median(times["nobody"])
    assert 0.5 < known / unknown < 2, f"known {known:.4f} s, unknown {unknown:.4f} s"


async def test_whoever_keeps_failing_has_to_wait_also_with_the_right_password(client: httpx.AsyncClient) -> None:
    await register(client, "guessed")
    answers = [await log_in(client, "guessed", f"guess number {n}") for n in range(8)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert [answer.status_code for answer in answers[:5]] == [401] * 5
    assert refused
    for answer in [*refused, await log_in(client, "guessed")]:
        assert code(answer, 429) == "rate_limited"
        assert int(answer.headers["retry-after"]) >= 1
    assert code(await log_in(client, "somebodyelse"), 401), "another account is not held up"


async def test_many_attempts_at_once_get_no_further_than_one_after_the_other(client: httpx.AsyncClient) -> None:
    await register(client, "burst")
    answers = await asyncio.gather(*(log_in(client, "burst", f"guess number {n}") for n in range(20)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(401) <= 6
    assert statuses.count(429) >= 14


@pytest.mark.req("SYS-REQ-037")
async def test_logging_out_ends_that_login_alone(client: httpx.AsyncClient) -> None:
    await register(client, "twice")
    first, second = [bearer((await log_in(client, "twice")).json()["token"]) for _ in range(2)]
    await client.post("/v1/users/logout", headers=first)
    assert (await client.get("/v1/users/me", headers=first)).status_code == 401
    assert (await client.get("/v1/users/me", headers=second)).status_code == 200


@pytest.mark.req("SYS-REQ-037")
async def test_a_new_password_ends_all_other_logins_and_the_old_password(app: FastAPI) -> None:
    owner = await person(app, "careful")
    async with client_of(app) as client:
        other = bearer((await log_in(client, "careful")).json()["token"])
        change = {"current_password": PASSWORD, "new_password": "quite another one"}
        wrong = await client.post(
            "/v1/users/me/password", json={**change, "current_password": "wrong one"}, headers=owner.headers
        )
        assert code(wrong, 400) == "wrong_password"
        assert (await client.get("/v1/users/me", headers=other)).status_code == 200
        answer = await client.post("/v1/users/me/password", json=change, headers=owner.headers)
        assert answer.status_code == 200
        assert (await client.get("/v1/users/me", headers=owner.headers)).status_code == 200
        assert code(await client.get("/v1/users/me", headers=other), 401) == "invalid_credentials"
        assert code(await log_in(client, "careful"), 401) == "invalid_credentials"
        assert (await log_in(client, "careful", "quite another one")).status_code == 200


async def test_whoever_has_no_password_can_neither_log_in_nor_change_it(client: httpx.AsyncClient) -> None:
    assert code(await log_in(client, "operator", ""), 401) == "invalid_credentials"
    change = {"current_password": "", "new_password": PASSWORD}
    answer = await client.post("/v1/users/me/password", json=change, headers=AUTHORISED)
    assert code(answer, 400) == "wrong_password"


# profiles
@pytest.mark.req("SYS-REQ-038", "TEST-MAN-013")
async def test_preferences_are_kept_across_logins_and_a_restart(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        owner = await person(app, "ada")
        async with client_of(app, headers=owner.headers) as client:
            change = {
                "preferred_models": {"text": "tiny", "3d": "scene-3d"},
                "preferences": {"layout": "studio", "panel": {"open": True}},
            }
            answer = await client.patch("/v1/users/me", json=change)
            assert answer.status_code == 200
            assert answer.json()["preferred_models"] == {"text": "tiny", "image": None, "3d": "scene-3d"}
            merged = await client.patch(
                "/v1/users/me", json={"preferred_models": {"image": "x", "3d": None}, "preferences": {"panel": None}}
            )
            assert merged.json()["preferred_models"] == {"text": "tiny", "image": "x", "3d": None}
    async with running_app(tmp_path) as app, client_of(app) as client:
        answer = await log_in(client, "ada")
        assert answer.json()["user"]["preferred_models"] == {"text": "tiny", "image": "x", "3d": None}
        assert answer.json()["user"]["preferences"] == {"layout": "studio"}


@pytest.mark.req("SYS-REQ-038")
async def test_the_built_in_user_has_a_profile_like_any_other(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/users/me", headers=AUTHORISED)
    assert answer.json()["id"] == "operator"
    assert answer.json()["role"] == "admin"
    changed = await client.patch("/v1/users/me", json={"preferences": {"dark": True}}, headers=AUTHORISED)
    assert changed.json()["preferences"] == {"dark": True}
    again = await client.get("/v1/users/me", headers=AUTHORISED)
    assert again.json() == changed.json()


async def test_an_empty_change_changes_nothing(client: httpx.AsyncClient) -> None:
    before = (await client.get("/v1/users/me", headers=AUTHORISED)).json()
    assert (await client.patch("/v1/users/me", headers=AUTHORISED)).json() == before
    nulls = dict.fromkeys(("email", "username", "display_name", "preferred_models", "preferences"))
    assert (await client.patch("/v1/users/me", json=nulls, headers=AUTHORISED)).json() == before


@pytest.mark.parametrize(
    "change",
    [
        {"preferences": {"x": "y" * 70_000}},
        {"preferences": {"x": "\ud800"}},
        {"preferences": []},
        {"preferred_models": {"video": "x"}},
        {"preferred_models": {"text": ""}},
        {"preferred_models": {"text": "x" * 256}},
        {"display_name": "x\x00"},
        {"role": "admin"},
        {"id": "operator"},
    ],
)
async def test_what_can_be_no_profile_is_refused(client: httpx.AsyncClient, change: dict[str, Any]) -> None:
    headers = {**AUTHORISED, "content-type": "application/json"}
    answer = await client.patch("/v1/users/me", content=json.dumps(change), headers=headers)
    assert code(answer, 422) == "validation_error"


async def test_preferences_can_not_grow_without_bound_bit_by_bit(app: FastAPI) -> None:
    owner = await person(app, "grower")
    async with client_of(app, headers=owner.headers) as client:
        first = await client.patch("/v1/users/me", json={"preferences": {"a": "x" * 40_000}})
        assert first.status_code == 200
        answer = await client.patch("/v1/users/me", json={"preferences": {"b": "x" * 40_000}})
        assert code(answer, 422) == "validation_error"


async def test_a_name_that_is_taken_can_not_be_taken_again(app: FastAPI) -> None:
    owner, _ = await person(app, "cuckoo"), await person(app, "resident")
    async with client_of(app, headers=owner.headers) as client:
        assert code(await client.patch("/v1/users/me", json={"username": "Resident"}), 409) == "user_exists"
        assert code(await client.patch("/v1/users/me", json={"username": "Operator"}), 409) == "user_exists"
        renamed = await client.patch("/v1/users/me", json={"username": "robin", "email": "R@example.org"})
        assert (renamed.json()["username"], renamed.json()["email"]) == ("robin", "r@example.org")


# other people
@pytest.mark.req("SYS-REQ-037")
async def test_users_are_listed_newest_first_in_pages(app: FastAPI, client: httpx.AsyncClient) -> None:
    for name in ("page1", "page2"):
        await person(app, name)
    first = (await client.get("/v1/users?limit=1", headers=AUTHORISED)).json()
    assert [user["username"] for user in first["users"]] == ["page2"]
    names, cursor = [], None
    while True:
        query = f"/v1/users?limit=3{f'&cursor={cursor}' if cursor else ''}"
        page = (await client.get(query, headers=AUTHORISED)).json()
        names += [user["username"] for user in page["users"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names[:2] == ["page2", "page1"]
    assert names[-1] == "operator"
    assert len(names) == len(set(names))
    assert code(await client.get("/v1/users?cursor=x", headers=AUTHORISED), 422)


async def test_users_are_found_by_a_part_of_any_name(app: FastAPI, client: httpx.AsyncClient) -> None:
    found = await person(app, "needle_one")
    async with client_of(app, headers=found.headers) as own:
        await own.patch("/v1/users/me", json={"email": "haystack@example.org", "display_name": "Grace 100% Hopper"})
    await person(app, "needles")

    async def named(part: str) -> list[str]:
        answer = await client.get("/v1/users", params={"q": part}, headers=AUTHORISED)
        return [user["username"] for user in answer.json()["users"]]

    assert await named("NEEDLE_") == ["needle_one"]
    assert await named("stack@ex") == await named("grace 1") == await named("0% H") == ["needle_one"]
    assert await named("needle") == ["needles", "needle_one"]
    assert await named("%%") == []


@pytest.mark.req("SYS-REQ-037")
async def test_a_disabled_user_is_out_at_once_with_everything(app: FastAPI, client: httpx.AsyncClient) -> None:
    owner = await person(app, "leaver")
    token = (await api_token(app, owner))["token"]
    for credential in (owner.token, token):
        assert (await client.get("/v1/users/me", headers=bearer(credential))).status_code == 200
    gone = await client.patch(f"/v1/users/{owner.id}", json={"disabled": True}, headers=AUTHORISED)
    assert gone.json()["disabled"] is True
    for credential in (owner.token, token):
        assert code(await client.get("/v1/users/me", headers=bearer(credential)), 401) == "invalid_credentials"
    assert code(await log_in(client, "leaver"), 403) == "permission_denied"
    assert code(await log_in(client, "leaver", "wrong password"), 401) == "invalid_credentials"

    back = await client.patch(f"/v1/users/{owner.id}", json={"disabled": False}, headers=AUTHORISED)
    assert back.json()["disabled"] is False
    assert (await client.get("/v1/users/me", headers=bearer(token))).status_code == 200
    assert (await client.get("/v1/users/me", headers=owner.headers)).status_code == 401, "logins stay ended"


async def test_a_role_counts_at_once(app: FastAPI, client: httpx.AsyncClient) -> None:
    owner = await person(app, "climber")
    token = bearer((await api_token(app, owner))["token"])
    assert (await client.get("/v1/users", headers=token)).status_code == 403
    await client.patch(f"/v1/users/{owner.id}", json={"role": "admin"}, headers=AUTHORISED)
    assert (await client.get("/v1/users", headers=token)).status_code == 200
    await client.patch(f"/v1/users/{owner.id}", json={"role": "user"}, headers=AUTHORISED)
    assert (await client.get("/v1/users", headers=token)).status_code == 403


async def test_the_built_in_user_can_be_neither_disabled_nor_demoted(client: httpx.AsyncClient) -> None:
    for change in ({"disabled": True}, {"role": "user"}):
        assert code(await client.patch("/v1/users/operator", json=change, headers=AUTHORISED), 409) == "conflict"
    assert code(await client.patch("/v1/users/nobody", json={}, headers=AUTHORISED), 404) == "not_found"


async def test_two_replicas_on_postgresql_register_one_name_once(empty_database_url: str, tmp_path: Path) -> None:
    async with (
        running_app(tmp_path / "a", database_url=empty_database_url, jwt_secret="shared") as one,
        running_app(tmp_path / "b", database_url=empty_database_url, jwt_secret="shared") as two,
        client_of(one) as first,
        client_of(two) as second,
    ):
        answers = await asyncio.gather(*(register(client, "same") for client in (first, second) * 3))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
        assert {answer.json().get("role") for answer in answers if answer.status_code == 201} == {"admin"}
