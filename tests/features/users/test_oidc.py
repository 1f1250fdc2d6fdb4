"""External JWTs, from a real issuer on loopback: what is signed, for whom, by which key, until when."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from joserfc.errors import SecurityWarning
from joserfc.jwk import RSAKey

from pluggably.errors import NotReady, TokenExpired
from pluggably.features.users.administration import Administration
from pluggably.features.users.oidc import KEYS_KEPT_S, KEYS_LAST_S, READS_WITHIN_S, ExternalIssuer
from pluggably.kit.http import HttpClient
from pluggably.settings import OIDCSettings
from tests.factories.apps import AUTHORISED, client_of, running_app
from tests.factories.people import bearer, person
from tests.fakes.issuer import AUDIENCE, Issuer, make_key

pytestmark = pytest.mark.req("TEST-UNIT-003", "SYS-REQ-014")

PATH = "/v1/users/me"


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer() as issuer:
        yield issuer


@asynccontextmanager
async def gateway(folder: Path, issuer: Issuer, **oidc: Any) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """A gateway that knows the issuer and makes users."""
    settings = {"issuer": issuer.url, "audience": AUDIENCE, "create_users": True, **oidc}
    async with running_app(folder, oidc=settings) as app, client_of(app) as client:
        yield app, client


class Clock:
    """Seconds since 1970, moved by the test."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def reader(issuer: Issuer, http: HttpClient, clock: Clock | None = None) -> ExternalIssuer:
    settings = OIDCSettings(issuer=issuer.url, audience=AUDIENCE)
    return ExternalIssuer(settings, http, clock or time.time)


def code(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"]["code"])


# users
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("algorithm", ["RS256", "PS384", "ES256", "EdDSA", "Ed25519"])
async def test_a_token_of_the_issuer_opens_the_gateway(tmp_path: Path, algorithm: str) -> None:
    async with Issuer(algorithm) as issuer, gateway(tmp_path, issuer) as (_, client):
        token = issuer.token("ada", name="Ada L.", email="ada@example.org")
        profile = (await client.get(PATH, headers=bearer(token))).json()
        assert profile["display_name"] == "Ada L."
        assert profile["email"] is None, "addresses are not taken over: issuers let people choose them"
        assert profile["role"] == "user"
        again = await client.get(PATH, headers={"X-API-Key": issuer.token("ada", name="Another name")})
        assert again.json() == profile
        other = await client.get(PATH, headers=bearer(issuer.token("bob")))
        assert other.json()["id"] != profile["id"]
        assert issuer.asked == 1


async def test_an_unknown_subject_is_nobody_unless_users_are_made(tmp_path: Path, issuer: Issuer) -> None:
    async with gateway(tmp_path, issuer, create_users=False) as (app, client):
        owner = await person(app, "ada")
        headers = bearer(issuer.token("s-ada", email="ada@example.org"))
        assert code(await client.get(PATH, headers=headers), 401) == "invalid_credentials"
        await Administration(app.state.database).link("ada", issuer.url, "s-ada")
        fresh = bearer(issuer.token("s-ada", jti="2"))
        assert (await client.get(PATH, headers=fresh)).json()["id"] == owner.id


async def test_the_same_subject_of_another_issuer_is_another_user(tmp_path: Path, issuer: Issuer) -> None:
    async with Issuer() as other:
        async with gateway(tmp_path, issuer) as (_, client):
            first = (await client.get(PATH, headers=bearer(issuer.token("s-1")))).json()
            assert code(await client.get(PATH, headers=bearer(other.token("s-1"))), 401) == "invalid_credentials"
        async with gateway(tmp_path, other) as (_, client):
            second = (await client.get(PATH, headers=bearer(other.token("s-1")))).json()
            assert second["id"] != first["id"]
            assert code(await client.get(PATH, headers=bearer(issuer.token("s-1"))), 401) == "invalid_credentials"


async def test_a_disabled_user_is_out_with_external_tokens_too(tmp_path: Path, issuer: Issuer) -> None:
    async with gateway(tmp_path, issuer) as (_, client):
        headers = bearer(issuer.token())
        user = (await client.get(PATH, headers=headers)).json()
        await client.patch(f"/v1/users/{user['id']}", json={"disabled": True}, headers=AUTHORISED)
        assert code(await client.get(PATH, headers=headers), 401) == "invalid_credentials"
        assert code(await client.get(PATH, headers=bearer(issuer.token())), 401) == "invalid_credentials"


# what is refused
@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another service"},
        {"aud": None},
        {"aud": ["a", "b"]},
        {"aud": [["pluggably"]]},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"sub": ""},
        {"sub": None},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "nul\x00"},
        {"exp": None},
        {"exp": "2099"},
        {"exp": True},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"nbf": "soon"},
    ],
)
async def test_a_token_with_other_claims_is_refused(issuer: Issuer, http: HttpClient, claims: dict[str, Any]) -> None:
    external = reader(issuer, http)
    assert await external.read(issuer.token(**{"subject": "s-1", **_renamed(claims)})) is None
    assert await external.read(issuer.token(aud=["other", AUDIENCE])) is not None


def _renamed(claims: dict[str, Any]) -> dict[str, Any]:
    return {("subject" if name == "sub" and value is not None else name): value for name, value in claims.items()}


async def test_the_clocks_may_differ_by_a_minute_and_no_more(issuer: Issuer, http: HttpClient) -> None:
    external, now = reader(issuer, http), int(time.time())
    assert await external.read(issuer.token(exp=now - 30)) is not None
    assert await external.read(issuer.token(nbf=now + 30, iat=now + 30)) is not None
    with pytest.raises(TokenExpired):
        await external.read(issuer.token(exp=now - 120))


async def test_an_expired_token_says_so(tmp_path: Path, issuer: Issuer) -> None:
    async with gateway(tmp_path, issuer) as (_, client):
        old = issuer.token(exp=int(time.time()) - 3600)
        assert code(await client.get(PATH, headers=bearer(old)), 401) == "token_expired"


def signed_with_a_secret(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """By hand: the library refuses to take a public key for a secret."""
    signed = ".".join(_in_base64(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{_in_base64(hmac.digest(secret, signed.encode(), 'sha256'))}"


def _in_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


async def test_nobody_signs_with_a_public_key_or_not_at_all(tmp_path: Path, issuer: Issuer) -> None:
    async with gateway(tmp_path, issuer) as (_, client):
        good = issuer.token()
        _, payload, signature = good.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        public = RSAKey.import_key(issuer.published[0]).as_pem(private=False)
        secrets = (public, public.strip(), json.dumps(issuer.published[0]).encode(), b"x" * 32, b"")
        forged = [signed_with_a_secret({"alg": "HS256", "kid": issuer.key.kid}, claims, item) for item in secrets]
        for algorithm in ("none", "None", "NONE", "", "RS257", None, 7):
            header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": issuer.key.kid}).encode())
            forged += [f"{header.decode().rstrip('=')}.{payload}.{end}" for end in ("", signature)]
        stranger = make_key("RS256", issuer.key.kid or "")
        forged += [
            issuer.token(key=stranger),
            issuer.token(key=stranger, header={"jwk": stranger.as_dict(private=False)}),
            issuer.token(key=stranger, header={"jku": f"{issuer.url}/keys"}),
            good[:-4] + "AAAA",
            f"{good.rpartition('.')[0]}.",
            ".".join([*good.split(".")[:1], payload[:-2] + "AA", signature]),
        ]
        for token in forged:
            assert code(await client.get(PATH, headers=bearer(token)), 401) == "invalid_credentials", token
        assert (await client.get(PATH, headers=bearer(good))).status_code == 200


async def test_weak_keys_and_keys_for_other_uses_verify_nothing(issuer: Issuer, http: HttpClient) -> None:
    external = reader(issuer, http)
    with pytest.warns(SecurityWarning):
        weak = RSAKey.generate_key(1024, {"kid": "weak", "alg": "RS256"})
    sealing = make_key("RS256", "sealing")
    issuer.published += [
        weak.as_dict(private=False),
        {**sealing.as_dict(private=False), "use": "enc"},
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXM"},
        {"kty": "post-quantum", "kid": "new"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
    ]
    assert await external.read(issuer.token(key=weak)) is None
    assert await external.read(issuer.token(key=sealing)) is None
    assert await external.read(issuer.token()) is not None, "the good key among them works"
    unmarked = RSAKey.import_key({**issuer.key.as_dict(private=True), "alg": "PS256"})
    assert await external.read(issuer.token(key=unmarked, header={"alg": "PS256"})) is None, "its JWK says RS256"


# keys
async def test_a_new_key_is_found_and_a_withdrawn_one_ends(issuer: Issuer, http: HttpClient) -> None:
    clock = Clock()
    external = reader(issuer, http, clock)
    old = issuer.token()
    assert await external.read(old) is not None
    issuer.rotate(keep=True)
    assert await external.read(issuer.token()) is not None, "a key id that is new leads to another look"
    assert await external.read(old) is not None
    assert issuer.asked == 2
    issuer.rotate()
    clock.now += KEYS_LAST_S + 1
    assert await external.read(old) is None
    assert issuer.asked == 3


async def test_unknown_key_ids_do_not_make_the_gateway_ask_for_ever(issuer: Issuer, http: HttpClient) -> None:
    clock = Clock()
    external = reader(issuer, http, clock)
    assert await external.read(issuer.token()) is not None
    for number in range(50):
        assert await external.read(issuer.token(header={"kid": f"unknown-{number}"})) is None
    assert issuer.asked <= 4
    assert await external.read(issuer.token()) is not None
    clock.now += READS_WITHIN_S + 1
    issuer.rotate()
    assert await external.read(issuer.token()) is not None


async def test_a_token_without_a_key_id_is_tried_with_every_key(issuer: Issuer, http: HttpClient) -> None:
    issuer.rotate(keep=True)
    assert await reader(issuer, http).read(issuer.token(header={"kid": None})) is not None


async def test_old_keys_serve_while_the_issuer_is_down_but_not_for_ever(issuer: Issuer, http: HttpClient) -> None:
    clock = Clock()
    external = reader(issuer, http, clock)
    token = issuer.token(exp=int(clock.now) + 10 * KEYS_KEPT_S)
    assert await external.read(token) is not None
    issuer.down = True
    clock.now += KEYS_LAST_S + 1
    assert await external.read(token) is not None
    clock.now += KEYS_KEPT_S
    with pytest.raises(NotReady):
        await external.read(token)


async def test_while_the_issuer_was_never_reached_the_answer_is_503(tmp_path: Path, issuer: Issuer) -> None:
    issuer.down = True
    async with gateway(tmp_path, issuer) as (_, client):
        assert code(await client.get(PATH, headers=bearer(issuer.token())), 503) == "not_ready"
        assert (await client.get(PATH, headers=AUTHORISED)).status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"issuer": "https://evil.example"}, {"jwks_uri": "file:///etc/passwd"}, {"jwks_uri": None}, {"jwks_uri": ["x"]}],
)
async def test_a_discovery_that_contradicts_the_settings_is_not_believed(
    issuer: Issuer, http: HttpClient, change: dict[str, Any]
) -> None:
    issuer.discovered |= change
    with pytest.raises(NotReady):
        await reader(issuer, http).read(issuer.token())
    assert issuer.asked == 0


async def test_the_operator_may_say_where_the_keys_are(issuer: Issuer, http: HttpClient) -> None:
    issuer.discovered = {}
    settings = OIDCSettings(issuer=issuer.url, audience=AUDIENCE, jwks_url=f"{issuer.url}/keys")
    assert await ExternalIssuer(settings, http).read(issuer.token()) is not None


async def test_junk_is_no_token(issuer: Issuer, http: HttpClient) -> None:
    external = reader(issuer, http)
    deep = base64.urlsafe_b64encode(b"[" * 9000).decode()
    for junk in (
        "..",
        "a.b.c",
        "e30.e30.e30",
        f"{deep}.{deep}.x",
        "x" * 40_000 + "..",
        "é.é.é",
        "W10.W10.",
        "\ud800..",
    ):
        assert await external.read(junk) is None
    assert issuer.asked == 0
