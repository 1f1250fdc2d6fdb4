"""How a secret travels to a vendor: one small type for each way, each with the JSON Schema of what it needs.

A provider names the ways that its vendor takes; of several, the first whose secrets are all there is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Credential(Protocol):
    """One way to prove who calls. `secrets` are by the names of `fields`."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The secrets that it needs."""

    def headers(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """The headers that carry them; none where one is missing (a local server often needs none)."""

    def schema(self) -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of an object with the secrets."""


@dataclass(frozen=True, slots=True)
class HeaderKey:
    """A key in a header of its own, such as `x-api-key`; `scheme` is a word before it."""

    header: str
    scheme: str = ""
    field: str = "api_key"
    title: str = "API key"

    @property
    def fields(self) -> tuple[str, ...]:
        """One key."""
        return (self.field,)

    def headers(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """The one header."""
        key = secrets.get(self.field)
        return {self.header: f"{self.scheme} {key}" if self.scheme else key} if key else {}

    def schema(self) -> dict[str, Any]:
        """An object with the key."""
        secret = {
            "title": self.title,
            "type": "string",
            "pattern": "^[!-~]+$",  # what a header can carry
            "maxLength": 8192,
            "writeOnly": True,
        }
        return {
            "title": self.title,
            "type": "object",
            "properties": {self.field: secret},
            "required": [self.field],
            "additionalProperties": False,
        }


class BearerKey(HeaderKey):
    """A key that travels as `Authorization: Bearer …`."""

    __slots__ = ()

    def __init__(self, field: str = "api_key", title: str = "API key") -> None:
        super().__init__("authorization", "Bearer", field, title)


class KeyScheme(HeaderKey):
    """A key that travels as `Authorization: SCHEME …`, such as `Authorization: Key …`."""

    __slots__ = ()

    def __init__(self, scheme: str, field: str = "api_key", title: str = "API key") -> None:
        super().__init__("authorization", scheme, field, title)


class OAuthToken(BearerKey):
    """An access token that was got elsewhere, as `Authorization: Bearer …` (RFC 6750)."""

    __slots__ = ()

    def __init__(self, field: str = "oauth_token", title: str = "OAuth access token") -> None:
        super().__init__(field, title)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A Google service account's JSON key, for which access tokens are got from Google as long as it is used.

    `scope` is the OAuth scope to ask for. Source of the key's fields: https://google.aip.dev/auth/4112
    """

    scope: str
    field: str = "service_account_json"
    title: str = "Service account (JSON key)"

    @property
    def fields(self) -> tuple[str, ...]:
        """The JSON document."""
        return (self.field,)

    def headers(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """None of its own: each call carries the access token of its time."""
        return {}

    def schema(self) -> dict[str, Any]:
        """An object with the document, as JSON or as its text."""
        text = {"type": "string", "minLength": 1, "maxLength": 8192}
        document = {
            "type": "object",
            "properties": {
                "type": {"const": "service_account"},
                "client_email": text,
                "private_key": text,
                "private_key_id": text,
                "token_uri": text,
            },
            "required": ["type", "client_email", "private_key"],
        }
        secret = {"title": self.title, "anyOf": [document, {**text, "maxLength": 32768}], "writeOnly": True}
        return {
            "title": self.title,
            "type": "object",
            "properties": {self.field: secret},
            "required": [self.field],
            "additionalProperties": False,
        }


def headers_of(credentials: tuple[Credential, ...], secrets: Mapping[str, str]) -> dict[str, str]:
    """The headers of the first way whose secrets are all there; none where there is none."""
    for credential in credentials:
        if all(secrets.get(name) for name in credential.fields):
            return credential.headers(secrets)
    return {}
