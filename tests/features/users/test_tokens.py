"""API tokens and session tokens: what they open, how they end, every way to carry them."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.errors import NotReady
from pluggably.features.users.authentication import OperatorCallers
from pluggably.features.users.credentials import UserCredentials
from pluggably.features.users.session_tokens import PURPOSE, SessionTokens
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database
from pluggably.kit.secrets import derive_key, kept_secret
from pluggably.tables.api_tokens import ApiTokenTable
from pluggably.tables.logins import LoginTable
from pluggably.tables.users import UserTable
from tests.factories.apps import AUTHORISED, KEY, client_of, running_app
from tests.factories.people import Person, api_token, bearer, log_in, person, register

pytestmark = [pytest.mark.req("TEST-UNIT-003", "SYS-REQ-014"), pytest.mark.asyncio(loop_scope="module")]

PATH = "/v1/users/me"
CARRIERS: dict[str, Callable[[str], dict[str, str]]] = {
    "X-API-Key": lambda key: {"X-API-Key": key},
    "Authorization": lambda key: {"Authorization": f"Bearer {key}"},
    "both": lambda key: {"X-API-Key": key, "Authorization": f"bearer  {key}"},
}
every_carrier = pytest.mark.parametrize("carry", CARRIERS.values(), ids=CARRIERS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    async with running_app(tmp_path_factory.mktemp("tokens")) as app:
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Carries no credential by itself."""
    async with client_of(app) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ada(app: FastAPI) -> Person:
    """Somebody with an account."""
    return await person(app, "ada")


def code(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"]["code"])


# API tokens
@pytest.mark.req("SYS-REQ-036", "SYS-REQ-039", "TEST-MAN-011", "TEST-MAN-014")
async def test_a_token_opens_until_it_is_revoked(app: FastAPI, client: httpx.AsyncClient, ada: Person) -> None:
    made = await api_token(app, ada, "read")
    token, info = made["token"], made["info"]
    assert token.startswith("pgy_")
    assert len(token) >= 47, "256 random bits"
    assert info["scopes"] == ["read"]
    assert token.startswith(info["prefix"])
    assert len(info["prefix"]) < 12
    headers = bearer(token)
    assert (await client.get(PATH, headers=headers)).json()["username"] == "ada"

    listed = await client.get("/v1/users/tokens", headers=ada.headers)
    assert info["id"] in [item["id"] for item in listed.json()["tokens"]]
    assert token not in listed.text, "a token is shown once"

    revoked = await client.delete(f"/v1/users/tokens/{info['id']}", headers=ada.headers)
    assert (revoked.status_code, revoked.json()["id"]) == (200, info["id"])
    assert code(await client.get(PATH, headers=headers), 401) == "invalid_credentials"
    again = await client.delete(f"/v1/users/tokens/{info['id']}", headers=ada.headers)
    assert code(again, 404) == "token_not_found"


@pytest.mark.req("SYS-NFR-015")
async def test_no_token_and_no_invite_is_in_the_database(
    app: FastAPI, client: httpx.AsyncClient, ada: Person
) -> None:
    token = (await api_token(app, ada))["token"]
    invited = (await client.post("/v1/users/invites", headers=AUTHORISED)).json()["invite_token"]
    database: Database = app.state.database
    stored = b"".join(path.read_bytes() for path in Path(database.url.database or "").parent.glob("pluggably.db*"))
    for secret in (token, invited, ada.token):
        assert secret.encode() not in stored
        assert secret.partition("_")[2].encode() not in stored or secret == ada.token


@pytest.mark.req("SYS-REQ-039")
@pytest.mark.parametrize("scopes", [["read"], ["generate"], ["manage"], ["read", "manage"]])
async def test_a_token_does_what_its_scopes_say(
    app: FastAPI, client: httpx.AsyncClient, ada: Person, scopes: list[str]
) -> None:
    headers = bearer((await api_token(app, ada, *scopes))["token"])
    assert (await client.get(PATH, headers=headers)).status_code == (200 if "read" in scopes else 403)
    generated = await client.post("/v1/generate", json={"model": "nobody", "input": {"prompt": "x"}}, headers=headers)
    assert generated.status_code == (404 if "generate" in scopes else 403)
    assert (await client.patch(PATH, headers=headers)).status_code == (200 if "manage" in scopes else 403)
    assert (await client.get("/v1/users", headers=headers)).status_code == 403, "no admin's"


@pytest.mark.req("SYS-REQ-039")
async def test_a_token_is_never_stronger_than_what_made_it(
    app: FastAPI, client: httpx.AsyncClient, ada: Person
) -> None:
    maker = await api_token(app, ada, "read", "manage", expires_days=2)
    headers = bearer(maker["token"])

    async def make(**body: Any) -> httpx.Response:
        return await client.post("/v1/users/tokens", json={"name": "child", **body}, headers=headers)

    assert code(await make(scopes=["generate"]), 403) == "permission_denied"
    assert code(await make(scopes=["read", "generate", "manage"]), 403) == "permission_denied"
    assert code(await make(expires_days=3), 403) == "permission_denied"
    child = (await make()).json()
    assert child["info"]["scopes"] == ["manage", "read"]
    assert child["info"]["expires_at"] == maker["info"]["expires_at"]
    assert (await make(scopes=["read"], expires_days=1)).status_code == 201
    grandchild = await client.post(
        "/v1/users/tokens", json={"name": "grandchild", "scopes": ["read"]}, headers=bearer(child["token"])
    )
    made = [child["token"], grandchild.json()["token"]]
    for token in made:
        assert (await client.get(PATH, headers=bearer(token))).status_code == 200
    await client.delete(f"/v1/users/tokens/{maker['info']['id']}", headers=ada.headers)
    for token in made:
        assert (await client.get(PATH, headers=bearer(token))).status_code == 401, "what it made goes with it"


@pytest.mark.req("SYS-REQ-039")
async def test_an_expired_token_says_so(app: FastAPI, client: httpx.AsyncClient, ada: Person) -> None:
    made = await api_token(app, ada, expires_days=1)
    assert made["info"]["expires_at"].endswith("Z")
    past = utc_now() - timedelta(seconds=1)
    async with app.state.database.transaction() as db:
        await db.execute(update(ApiTokenTable).where(ApiTokenTable.id == made["info"]["id"]).values(expires_at=past))
    for _ in range(2):
        answer = await client.get(PATH, headers=bearer(made["token"]))
        assert code(answer, 401) == "token_expired"
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.req("SYS-REQ-039")
async def test_a_token_that_expires_while_it_is_known_stops_then(
    app: FastAPI, client: httpx.AsyncClient, ada: Person
) -> None:
    made = await api_token(app, ada, expires_days=1)
    soon = utc_now() + timedelta(seconds=1)
    async with app.state.database.transaction() as db:
        await db.execute(update(ApiTokenTable).where(ApiTokenTable.id == made["info"]["id"]).values(expires_at=soon))
    assert (await client.get(PATH, headers=bearer(made["token"]))).status_code == 200
    await asyncio.sleep(1.1)
    assert code(await client.get(PATH, headers=bearer(made["token"])), 401) == "token_expired"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["admin"]},
        {"name": "x", "expires_days": 0},
        {"name": "x", "expires_days": 10**9},
        {"name": "x\x00"},
    ],
)
async def test_what_can_be_no_token_is_refused(client: httpx.AsyncClient, ada: Person, body: dict[str, Any]) -> None:
    assert code(await client.post("/v1/users/tokens", json=body, headers=ada.headers), 422) == "validation_error"


async def test_tokens_are_listed_newest_first_in_pages(app: FastAPI, client: httpx.AsyncClient) -> None:
    owner = await person(app, "collector")
    made = [(await api_token(app, owner, name=f"t{n}"))["info"]["id"] for n in range(5)]
    found, query = [], "/v1/users/tokens?limit=2"
    while True:
        page = (await client.get(query, headers=owner.headers)).json()
        found += [item["id"] for item in page["tokens"]]
        if page["next_cursor"] is None:
            break
        query = f"/v1/users/tokens?limit=2&cursor={page['next_cursor']}"
    assert sorted(found) == sorted(made)
    assert len(found) == 5


@pytest.mark.req("SYS-REQ-039")
async def test_the_last_use_of_a_token_is_written_down(app: FastAPI, client: httpx.AsyncClient, ada: Person) -> None:
    made = await api_token(app, ada)
    assert made["info"]["last_used_at"] is None
    began = utc_now() - timedelta(seconds=1)
    await client.get(PATH, headers=bearer(made["token"]))
    async with asyncio.timeout(10):
        while True:
            listed = (await client.get("/v1/users/tokens", headers=ada.headers)).json()["tokens"]
            (used,) = [item["last_used_at"] for item in listed if item["id"] == made["info"]["id"]]
            if used is not None:
                break
            await asyncio.sleep(0.1)
    assert began <= datetime.fromisoformat(used) <= utc_now()


# every way to carry one
@every_carrier
async def test_every_header_takes_every_kind(
    app: FastAPI, client: httpx.AsyncClient, ada: Person, carry: Callable[[str], dict[str, str]]
) -> None:
    token = (await api_token(app, ada))["token"]
    for credential, name in ((KEY, "operator"), (token, "ada"), (ada.token, "ada")):
        assert (await client.get(PATH, headers=carry(credential))).json()["username"] == name
    for wrong in (token[:-1], token + "x", token.upper(), ada.token[:-2], ada.token + "x", "pgy_", "a.b.c", ".."):
        assert code(await client.get(PATH, headers=carry(wrong)), 401) == "invalid_credentials"


async def test_two_credentials_that_differ_are_refused_though_both_are_good(
    app: FastAPI, client: httpx.AsyncClient, ada: Person
) -> None:
    token = (await api_token(app, ada))["token"]
    cookie = {"Cookie": f"pluggably_session={ada.token}"}
    for headers in (
        {"X-API-Key": token, **bearer(ada.token)},
        {"X-API-Key": KEY, **bearer(token)},
        {**bearer(token), **cookie},
        {"X-API-Key": KEY, **cookie},
        {"Cookie": f"pluggably_session={ada.token}; pluggably_session=another"},
    ):
        assert code(await client.get(PATH, headers=headers), 401) == "invalid_credentials"
    same = {**bearer(ada.token), "X-API-Key": ada.token, **cookie}
    assert (await client.get(PATH, headers=same)).status_code == 200


INJECTIONS = (
    "' OR '1'='1",
    "pgy_' OR 1=1 --",
    "pgy_'; DROP TABLE users; --",
    "pgy_%",
    'pgy_" OR ""="',
    "pgy_\\",
    "a.b.c' OR '1'='1",
    "') UNION SELECT digest FROM api_tokens --",
    "pgy_" + "x" * 5000,
    "pgy_é",
)


@pytest.mark.parametrize("text", INJECTIONS)
async def test_sql_in_a_credential_is_a_wrong_credential(client: httpx.AsyncClient, text: str) -> None:
    for name, value in (
        (b"x-api-key", text),
        (b"authorization", f"Bearer {text}"),
        (b"cookie", f"pluggably_session={text}"),
    ):
        answer = await client.get(PATH, headers=[(name, value.encode())])
        assert code(answer, 401) in ("invalid_credentials", "authentication_required")
    for body in ({"username": "x", "password": text}, {"email": f"{text[:20]}@x", "password": text}):
        assert (await client.post("/v1/users/login", json=body)).status_code in (401, 422, 429)
    assert (await client.get(PATH, headers=AUTHORISED)).status_code == 200


# session tokens
def claims_in(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def signed(app: FastAPI, claims: dict[str, Any], *, key: bytes | None = None, algorithm: str = "HS256") -> str:
    """A token with this gateway's own key, or with another."""
    own = derive_key(kept_secret(app.state.settings.data_dir), PURPOSE)
    return jwt.encode({"alg": algorithm}, claims, OctKey.import_key(key or own), algorithms=[algorithm])


async def test_a_session_token_says_whose_it_is_and_no_more(ada: Person) -> None:
    assert claims_in(ada.token).keys() == {"iss", "sub", "sid", "iat", "exp"}
    assert claims_in(ada.token)["sub"] == ada.id


async def test_an_expired_session_token_says_so(app: FastAPI, client: httpx.AsyncClient, ada: Person) -> None:
    claims = {**claims_in(ada.token), "exp": int(time.time()) - 1}
    assert code(await client.get(PATH, headers=bearer(signed(app, claims))), 401) == "token_expired"


async def test_a_session_token_must_be_signed_here_by_the_right_key_and_algorithm(
    app: FastAPI, client: httpx.AsyncClient, ada: Person
) -> None:
    claims = claims_in(ada.token)
    assert (await client.get(PATH, headers=bearer(signed(app, claims)))).status_code == 200
    secret = kept_secret(app.state.settings.data_dir)
    header, payload, signature = ada.token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    forged = [
        signed(app, claims, key=secret),
        signed(app, claims, key=derive_key(secret, "artifact addresses")),
        signed(app, claims, key=b"x" * 32),
        signed(app, claims, algorithm="HS512"),
        f"{none}.{payload}.",
        f"{none}.{payload}.{signature}",
        f"{header}.{payload}.",
        signed(app, {**claims, "iss": "somebody else"}),
        signed(app, {**claims, "sid": "login_unknown"}),
        signed(app, {**claims, "sub": "operator"}),
        signed(app, {**claims, "sub": 1}),
        signed(app, {name: value for name, value in claims.items() if name != "exp"}),
        signed(app, {name: value for name, value in claims.items() if name != "sid"}),
        signed(app, {**claims, "exp": "never"}),
    ]
    for token in forged:
        assert code(await client.get(PATH, headers=bearer(token)), 401) == "invalid_credentials", token


async def test_a_login_lasts_as_long_as_the_operator_says(tmp_path: Path) -> None:
    async with running_app(tmp_path, login_ttl_s=120) as app:
        owner = await person(app, "brief")
        left = claims_in(owner.token)["exp"] - time.time()
        assert 100 < left <= 120


async def test_session_tokens_have_a_key_of_their_own() -> None:
    moment = utc_now() + timedelta(hours=1)
    token = SessionTokens(b"one").make("usr_1", "login_1", moment)
    read = SessionTokens(b"one").read(token)
    assert read is not None
    assert (read.user_id, read.login_id) == ("usr_1", "login_1")
    assert SessionTokens(b"two").read(token) is None


# cookies
async def test_a_cookie_is_kept_from_scripts_and_other_sites(app: FastAPI) -> None:
    async with client_of(app) as client:
        await register(client, "browser")
        answer = await log_in(client, "browser", cookie=True)
    assert answer.json()["token"] is None
    assert answer.json()["token_type"] == "cookie"
    cookie = answer.headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    assert name == "pluggably_session"
    parts = [part.strip().lower() for part in rest.split(";")][1:]
    assert {"httponly", "path=/", "samesite=strict"} <= set(parts)
    assert "secure" not in parts, "this server has no TLS"
    assert any(part.startswith("max-age=") for part in parts)


@pytest.mark.parametrize(
    ("base", "settings"), [("https://localhost", {}), ("http://localhost", {"public_url": "https://g.example.org/x"})]
)
async def test_over_tls_a_cookie_is_sent_over_tls_alone(tmp_path: Path, base: str, settings: dict[str, str]) -> None:
    async with running_app(tmp_path, **settings) as app, client_of(app) as client:
        client.base_url = httpx.URL(base)
        await register(client, "browser")
        answer = await log_in(client, "browser", cookie=True)
        assert "secure" in answer.headers["set-cookie"].lower().split("; ")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8080", 200),
        ("https://localhost:8080", 200),
        (None, 403),
        ("null", 403),
        ("https://evil.example", 403),
        ("http://localhost:9999", 403),
        ("http://localhost", 403),
        ("http://localhost:8080.evil.example", 403),
    ],
)
async def test_with_a_cookie_only_the_gateways_own_pages_write(
    client: httpx.AsyncClient, ada: Person, origin: str | None, status: int
) -> None:
    headers = {"Cookie": f"theme=dark; pluggably_session={ada.token}"}
    assert (await client.get(PATH, headers=headers)).status_code == 200
    headers |= {} if origin is None else {"Origin": origin}
    answer = await client.patch(PATH, headers=headers)
    assert answer.status_code == status, answer.text
    written = await client.patch(PATH, headers={**headers, **bearer(ada.token)})
    assert written.status_code == 200, "no site can make a browser send that header"


async def test_the_public_address_counts_as_the_gateways_own(tmp_path: Path) -> None:
    async with running_app(tmp_path, public_url="https://g.example.org/sub") as app, client_of(app) as client:
        owner = await person(app, "ada")
        for origin, status in (("https://g.example.org", 200), ("https://h.example.org", 403)):
            headers = {"Cookie": f"pluggably_session={owner.token}", "Origin": origin}
            assert (await client.patch(PATH, headers=headers)).status_code == status


async def test_a_cookie_takes_no_other_kind(app: FastAPI, client: httpx.AsyncClient, ada: Person) -> None:
    token = (await api_token(app, ada))["token"]
    for credential in (token, KEY, ""):
        answer = await client.get(PATH, headers={"Cookie": f"pluggably_session={credential}"})
        assert code(answer, 401) == "invalid_credentials"


async def test_logging_out_takes_the_cookie_away(app: FastAPI) -> None:
    async with client_of(app) as client:
        await register(client, "leaver")
        token = (await log_in(client, "leaver", cookie=True)).cookies["pluggably_session"]
        assert (await client.get(PATH)).json()["username"] == "leaver", "the client sends it by itself"
        answer = await client.post("/v1/users/logout", headers={"Origin": "http://localhost:8080"})
        assert answer.status_code == 204
        assert "max-age=0" in answer.headers["set-cookie"].lower()
        assert code(await client.get(PATH), 401) == "authentication_required"
        headers = {"Cookie": f"pluggably_session={token}"}
        assert code(await client.get(PATH, headers=headers), 401) == "invalid_credentials"


async def test_another_sites_page_can_log_nobody_in(client: httpx.AsyncClient) -> None:
    body = {"username": "ada", "password": "x", "cookie": True}
    answer = await client.post("/v1/users/login", json=body, headers={"Origin": "https://evil.example"})
    assert code(answer, 403) == "permission_denied"


async def test_in_local_mode_a_cookie_that_is_over_holds_nobody_up(tmp_path: Path) -> None:
    async with running_app(tmp_path, local_only=True) as app, client_of(app) as client:
        answer = await client.get(PATH, headers={"Cookie": "pluggably_session=a.b.c"})
        assert answer.json()["id"] == "operator"
        owner = await person(app, "ada")
        answer = await client.get(PATH, headers={"Cookie": f"pluggably_session={owner.token}"})
        assert answer.json()["username"] == "ada"


# replicas
@pytest.mark.req("SYS-REQ-039")
@pytest.mark.alone
async def test_what_one_replica_ends_stops_at_the_other_within_a_second(
    empty_database_url: str, tmp_path: Path
) -> None:
    shared = {"database_url": empty_database_url, "jwt_secret": "shared by both"}
    async with (
        running_app(tmp_path / "a", **shared) as here,
        running_app(tmp_path / "b", **shared) as there,
        client_of(here) as first,
        client_of(there) as second,
    ):

        async def ends(headers: dict[str, str]) -> float:
            began = time.monotonic()
            while (await second.get(PATH, headers=headers)).status_code == 200:
                assert time.monotonic() - began < 1.5
                await asyncio.sleep(0.02)
            return time.monotonic() - began

        owner = await person(here, "ada")
        token = await api_token(here, owner)
        other = bearer((await log_in(first, "ada")).json()["token"])
        for headers in (bearer(token["token"]), owner.headers, other):
            assert (await second.get(PATH, headers=headers)).status_code == 200
        await first.delete(f"/v1/users/tokens/{token['info']['id']}", headers=owner.headers)
        assert await ends(bearer(token["token"])) < 1
        await first.post("/v1/users/logout", headers=other)
        assert await ends(other) < 1
        await first.patch(PATH, json={"display_name": "Ada L."}, headers=owner.headers)
        await first.patch(f"/v1/users/{owner.id}", json={"disabled": True}, headers=AUTHORISED)
        assert await ends(owner.headers) < 1


class Outage(Database):
    """A database that can be out of reach."""

    down = False

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """As ever, while it can be reached."""
        if self.down:
            raise OperationalError("SELECT", {}, OSError("no route to host"))
        async with super().reading() as db:
            yield db


async def test_a_process_that_can_not_ask_the_database_believes_no_user_for_longer_than_a_second(
    database: Database,
) -> None:
    outage = Outage(str(database.url))
    sessions = SessionTokens(b"secret")
    credentials = UserCredentials(outage, sessions, None, OperatorCallers(), lambda user_id: None)
    await credentials.start()
    async with database.transaction() as db:
        db.add(UserTable(id="usr_1", username="ada", username_key="ada"))
        await db.flush()
        db.add(LoginTable(id="login_1", user_id="usr_1", expires_at=utc_now() + timedelta(hours=1)))
    token = sessions.make("usr_1", "login_1", utc_now() + timedelta(hours=1))
    assert await credentials.check(token) is not None
    outage.down = True
    assert await credentials.check(token) is not None, "what is known is known for a moment"
    await asyncio.sleep(1)
    with pytest.raises(NotReady):
        await credentials.check(token)
    outage.down = False
    assert await credentials.check(token) is not None
    await credentials.close()
    await outage.close()
