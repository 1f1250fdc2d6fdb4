"""How keys travel."""

from __future__ import annotations

import jsonschema_rs
import pytest

from pluggably.contract.credentials import BearerKey, Credential, HeaderKey, KeyScheme, OAuthToken
from pluggably.contract.provider import Provider

KEY = "sk-CANARY"


@pytest.mark.req("SYS-REQ-002")
@pytest.mark.parametrize(
    ("credential", "headers"),
    [
        (BearerKey(), {"authorization": f"Bearer {KEY}"}),
        (HeaderKey("x-api-key"), {"x-api-key": KEY}),
        (HeaderKey("x-goog-api-key"), {"x-goog-api-key": KEY}),
        (HeaderKey("api-key"), {"api-key": KEY}),
        (KeyScheme("Key"), {"authorization": f"Key {KEY}"}),
        (OAuthToken(), {"authorization": f"Bearer {KEY}"}),
    ],
)
def test_each_credential_travels_in_its_own_header(credential: Credential, headers: dict[str, str]) -> None:
    (name,) = credential.fields
    assert credential.headers({name: KEY}) == headers
    assert credential.headers({}) == credential.headers({name: ""}) == {}
    jsonschema_rs.validate(credential.schema(), {name: KEY})
    for wrong in ({}, {name: ""}, {name: KEY, "other": "x"}):
        assert not jsonschema_rs.is_valid(credential.schema(), wrong)


def test_constant_headers_go_along_and_the_first_way_that_is_configured_is_used() -> None:
    provider = Provider(
        "acme",
        "https://acme.example",
        {},
        credentials=(HeaderKey("x-api-key"), OAuthToken()),
        default_headers={"acme-version": "2"},
    )
    assert provider.headers({}) == {"acme-version": "2"}
    assert provider.headers({"oauth_token": "t"}) == {"acme-version": "2", "authorization": "Bearer t"}
    assert provider.headers({"oauth_token": "t", "api_key": "k"}) == {"acme-version": "2", "x-api-key": "k"}
