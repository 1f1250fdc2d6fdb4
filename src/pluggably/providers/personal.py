"""Users' own accounts with providers: which kinds of credentials a provider takes, and what calls need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from yarl import URL

from pluggably.contract.credentials import Credential, HeaderKey, OAuthToken, ServiceAccount
from pluggably.contract.provider import Place, Provider
from pluggably.kit.addresses import Network, may_be_reached
from pluggably.kit.fetch import AddressRefused, parse_url
from pluggably.kit.http import Address, Timeouts
from pluggably.providers._transport import Account, Transport
from pluggably.providers.directory import Configured

ENDPOINT = "endpoint"
_FIELDS: dict[str, str] = {
    "api_key": "api_key",
    "endpoint_key": "api_key",
    "service_account": "service_account_json",
    "oauth_token": "oauth_token",
}
"""What the secret is called in a request's body."""


def _ways(provider: Provider) -> dict[str, Credential]:
    """The kinds that a provider takes, each with the way that the secret travels."""
    ways: dict[str, Credential] = {}
    for credential in provider.credentials:
        if len(credential.fields) != 1:
            continue
        if isinstance(credential, ServiceAccount):
            ways.setdefault("service_account", credential)
        elif isinstance(credential, OAuthToken):
            ways.setdefault("oauth_token", credential)
        elif isinstance(credential, HeaderKey):
            ways.setdefault("api_key", credential)
            ways.setdefault("endpoint_key", credential)
    somewhere = provider.base_url is not None
    if somewhere and provider.placed is None:
        ways.pop("endpoint_key", None)
    if not somewhere:  # nobody knows where else to
        return {kind: credential for kind, credential in ways.items() if kind == "endpoint_key"}
    return ways


def credential_types(provider: Provider) -> dict[str, dict[str, Any]]:
    """The JSON Schema (draft 2020-12) of each kind that the provider takes: the fields of `POST
    /v1/users/provider-keys`, but for `provider`."""
    return {kind: _schema(kind, credential) for kind, credential in _ways(provider).items()}


def _schema(kind: str, credential: Credential) -> dict[str, Any]:
    own = credential.schema()
    properties: dict[str, Any] = {"credential_type": {"const": kind}}
    required = ["credential_type", _FIELDS[kind]]
    if kind == "endpoint_key":
        properties[ENDPOINT] = {"title": "Endpoint", "type": "string", "format": "uri", "minLength": 1}
        required.append(ENDPOINT)
    properties[_FIELDS[kind]] = own["properties"][credential.fields[0]]
    title = f"Endpoint and {own.get('title', 'key')}" if kind == "endpoint_key" else own.get("title", kind)
    return {
        "title": title,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


class PersonalAccounts:
    """Makes accounts of users' credentials. `allowed` are networks that users' endpoints may be in although they are
    not public."""

    def __init__(self, transport: Transport, allowed: Sequence[Network] = ()) -> None:
        self._transport = transport
        self._allowed = tuple(allowed)

    def configure(
        self, provider: Provider, own_key: str, kind: str, given: Mapping[str, str], timeouts: Timeouts
    ) -> Configured:
        """What calls with this key are made with; `given` are the fields of the body, with a service account's
        document as text.

        Raises `ValueError` with what is wrong, which repeats nothing of what was given, and `AddressRefused` for an
        endpoint that is not called whoever asks.
        """
        credential = dict[str, Credential](_ways(provider)).get(kind)
        if credential is None:
            raise ValueError(f"{provider.title or provider.name} takes no {kind}")
        address = None
        if kind == "endpoint_key":
            endpoint = self._endpoint(given[ENDPOINT])
            if provider.placed is not None:
                provider = provider.placed(provider, Place(endpoint, None))
            else:
                provider = replace(provider, base_url=endpoint)
            address = Address(provider.base_url or endpoint, guarded=True)
        assert provider.base_url is not None
        address = address or Address(provider.base_url)
        secret = given[dict[str, str](_FIELDS)[kind]]
        secrets = {credential.fields[0]: secret}
        headers = {**provider.default_headers, **credential.headers(secrets)}
        account = Account(provider.name, address, headers, secrets, timeouts)
        if isinstance(credential, ServiceAccount):
            # Loaded where there is one: what signs JWTs is 9 MB.
            from pluggably.providers._service_accounts import ServiceAccountTokens  # noqa: PLC0415

            tokens = ServiceAccountTokens(
                self._transport, provider.name, secret, credential.scope, secrets, self._may_ask
            )
            account = replace(account, tokens=tokens)
        return Configured(provider, account, own_key=own_key)

    def _endpoint(self, text: str) -> str:
        url = parse_url(text)
        if url.query_string or "?" in text or "#" in text:
            raise AddressRefused("an endpoint has no query and no fragment")
        self._refuse_literal(url)
        if url.scheme != "https" and not self._allowed:
            raise AddressRefused("a key is sent by https only")
        return str(url).rstrip("/")

    def _refuse_literal(self, url: URL) -> None:
        """What a name leads to is looked at when it is connected to; a number can be judged now."""
        try:
            address = ip_address(url.raw_host or "")
        except ValueError:
            return
        if not may_be_reached(address, self._allowed):
            raise AddressRefused(f"{url.raw_host} is no public address")

    def _may_ask(self, uri: str) -> bool:
        """Whether it is an address in a network that the operator allows, such as a token service of one's own."""
        try:
            return any(ip_address(parse_url(uri).raw_host or "") in network for network in self._allowed)
        except (AddressRefused, ValueError):
            return False
