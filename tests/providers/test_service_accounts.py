"""Access tokens for service accounts, from a token service on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Any

import pytest
from joserfc import jwt

from pluggably.errors import ProviderAuthError, ProviderUnavailable
from pluggably.kit.http import HttpClient, Timeouts
from pluggably.providers._service_accounts import ServiceAccountTokens
from pluggably.providers._transport import Transport
from pluggably.providers.google import provider as google
from pluggably.providers.personal import PersonalAccounts
from tests.fakes.token_service import KEY, TokenService, document

LOOPBACK = ip_network("127.0.0.0/8")


@pytest.fixture
async def service() -> AsyncIterator[TokenService]:
    async with TokenService() as running:
        yield running


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    http = HttpClient(allowed=[LOOPBACK])
    yield Transport(http)
    await http.close()


def tokens(transport: Transport, service: TokenService, clock: list[float]) -> ServiceAccountTokens:
    text = json.dumps(document(service.uri))
    return ServiceAccountTokens(transport, "google", text, "scope-x", {}, lambda _uri: True, lambda: clock[0])


@pytest.mark.req("SYS-REQ-064")
async def test_a_token_is_asked_for_with_a_signed_assertion_and_kept_until_shortly_before_its_end(
    transport: Transport, service: TokenService
) -> None:
    clock = [1_800_000_000.0]
    source = tokens(transport, service, clock)
    found = await asyncio.gather(*(source.headers() for _ in range(20)))
    assert {headers["authorization"] for headers in found} == {"Bearer ya29.CANARY-1"}
    (assertion,) = service.assertions
    signed = jwt.decode(assertion, KEY, ["RS256"])
    assert (signed.header["alg"], signed.header["kid"]) == ("RS256", "kid-1")
    assert signed.claims == {
        "iss": "robot@project.iam.example",
        "scope": "scope-x",
        "aud": service.uri,
        "iat": 1_800_000_000,
        "exp": 1_800_003_600,
    }
    clock[0] += 3200
    assert (await source.headers())["authorization"] == "Bearer ya29.CANARY-1"
    clock[0] += 200
    assert (await source.headers())["authorization"] == "Bearer ya29.CANARY-2"
    source.refused()
    assert (await source.headers())["authorization"] == "Bearer ya29.CANARY-3"


async def test_a_refused_account_is_an_error_of_the_key_and_not_asked_for_again_at_once(
    transport: Transport, service: TokenService
) -> None:
    clock = [0.0]
    source = tokens(transport, service, clock)
    service.answer = 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    for _ in range(3):
        with pytest.raises(ProviderAuthError, match=r"no token for this service account.*Invalid JWT Signature\."):
            await source.headers()
    assert len(service.assertions) == 1
    clock[0] += 11
    service.answer = None
    assert (await source.headers())["authorization"] == "Bearer ya29.CANARY-2"


async def test_a_token_service_that_is_down_is_no_fault_of_the_key(
    transport: Transport, service: TokenService
) -> None:
    service.answer = 503, {"error": "unavailable"}
    with pytest.raises(ProviderUnavailable):
        await tokens(transport, service, [0.0]).headers()


@pytest.mark.req("SYS-NFR-012")
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"token_uri": "https://evil.example/token"}, "token_uri must be"),
        ({"token_uri": "http://10.0.0.1/token"}, "token_uri must be"),
        ({"token_uri": 7}, "token_uri is no text"),
        ({"private_key": "CANARY"}, "no RSA key"),
        ({"private_key": KEY.as_pem(private=False).decode()}, "public key"),
        ({"client_email": ""}, "no client_email"),
        ({"type": "authorized_user"}, "no key of a service account"),
    ],
)
async def test_a_damaged_or_foreign_document_is_refused_and_not_repeated(
    transport: Transport, changed: dict[str, Any], says: str
) -> None:
    text = json.dumps(document("https://oauth2.googleapis.com/token", **changed))
    given = {"service_account_json": text}
    with pytest.raises(ValueError, match=says) as refused:
        PersonalAccounts(transport, [LOOPBACK]).configure(google, "pk_1", "service_account", given, Timeouts())
    assert "CANARY" not in str(refused.value)


@pytest.mark.req("SYS-REQ-064")
async def test_a_call_carries_the_token_and_no_key(transport: Transport, service: TokenService) -> None:
    given = {"service_account_json": json.dumps(document(service.uri))}
    personal = PersonalAccounts(transport, [LOOPBACK])
    account = personal.configure(google, "pk_1", "service_account", given, Timeouts()).account
    assert await account.headers_now() == {"authorization": "Bearer ya29.CANARY-1"}
    assert "ya29.CANARY-1" in account.secrets.values(), "no error repeats it"
    assert "CANARY" not in repr(account)
