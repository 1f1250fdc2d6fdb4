"""Access tokens for Google's service accounts: asked for with a signed assertion, kept until they are about to end.

Sources: RFC 7523 (JWT bearer grant), https://developers.google.com/identity/protocols/oauth2/service-account
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from pluggably.contract.calls import Call
from pluggably.errors import BlockedURL, PluggablyError, ProviderAuthError, ProviderError
from pluggably.kit.http import Address, Timeouts
from pluggably.providers._transport import Account, Transport

TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFE_S = 3600
_EARLY_S = 300
"""A token is not used in its last minutes: a call may take some."""
_AGAIN_S = 10.0
"""After a refusal Google is not asked again for so long."""
_TIMEOUTS = Timeouts(connect_s=10, first_token_s=20, idle_s=20, total_s=30)


class ServiceAccountTokens:
    """The tokens of one service account. Raises `ValueError` with what is wrong with the key.

    `secrets` are those of the account that the tokens are for: the current token is among them, so that no error
    repeats it. `may_ask` says whether a token address that is not Google's own may be asked all the same.
    """

    def __init__(
        self,
        transport: Transport,
        provider: str,
        document: str,
        scope: str,
        secrets: dict[str, str],
        may_ask: Callable[[str], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        key = read_document(document)
        self._email, self._scope = key["client_email"], scope
        self._uri = key.get("token_uri", TOKEN_URI)
        if self._uri != TOKEN_URI and not may_ask(self._uri):
            raise ValueError(f"token_uri must be {TOKEN_URI}")
        try:
            self._key = RSAKey.import_key(key["private_key"])
        except (JoseError, ValueError, TypeError):
            raise ValueError("private_key is no RSA key in PEM") from None
        if not self._key.is_private:
            raise ValueError("private_key is a public key")
        self._header = {"alg": "RS256", "typ": "JWT"}
        if "private_key_id" in key:
            self._header["kid"] = key["private_key_id"]
        secrets["private_key"] = key["private_key"]
        self._secrets = secrets
        self._provider = provider
        self._transport = transport
        self._clock = clock
        self._asking = asyncio.Lock()
        self._token: str | None = None
        self._until = float("-inf")
        self._failed: PluggablyError | None = None
        self._failed_until = float("-inf")

    async def headers(self) -> Mapping[str, str]:
        """The token's header. Raises `ProviderAuthError` where Google refuses the account."""
        if self._token is None or self._clock() >= self._until:
            async with self._asking:
                if self._token is None or self._clock() >= self._until:
                    await self._ask()
        return {"authorization": f"Bearer {self._token}"}

    def refused(self) -> None:
        """Ask for another token before the next call."""
        self._token = None

    async def _ask(self) -> None:
        now = self._clock()
        if self._failed is not None and now < self._failed_until:
            raise self._failed
        try:
            self._token, life_s = await self._grant(round(now))
        except PluggablyError as error:
            self._failed, self._failed_until = error, now + _AGAIN_S
            raise
        self._failed = None
        self._secrets["access_token"] = self._token
        self._until = now + max(life_s - _EARLY_S, life_s / 2)

    async def _grant(self, now: int) -> tuple[str, float]:
        claims = {"iss": self._email, "scope": self._scope, "aud": self._uri, "iat": now, "exp": now + _LIFE_S}
        assertion = await asyncio.to_thread(jwt.encode, self._header, claims, self._key, ["RS256"])
        parts = urlsplit(self._uri)
        body = urlencode({"grant_type": _GRANT, "assertion": assertion}).encode()
        account = Account(
            f"The token service for {self._provider}",
            Address(f"{parts.scheme}://{parts.netloc}", guarded=True),
            secrets={**self._secrets, "assertion": assertion},
            timeouts=_TIMEOUTS,
        )
        call = Call(parts.path, body, headers={"content-type": "application/x-www-form-urlencoded"})
        try:
            reply = await self._transport.send(account, call)
        except PluggablyError as error:
            if error.status >= 429 or isinstance(error, BlockedURL):
                raise
            refused = f"{self._provider}: Google gives no token for this service account; mend its key."
            raise ProviderAuthError(f"{refused} {error.message}") from error
        try:
            answer = json.loads(reply.body)
            return str(answer["access_token"]), float(answer["expires_in"])
        except (ValueError, KeyError, TypeError) as error:
            raise ProviderError(f"{self._provider}: Google's answer holds no token.") from error


def read_document(text: str) -> dict[str, Any]:
    """The fields of a service account's JSON key. Raises `ValueError` with what is wrong; it repeats nothing."""
    try:
        key = json.loads(text)
    except ValueError:
        raise ValueError("it is no JSON") from None
    if not isinstance(key, dict) or key.get("type") != "service_account":
        raise ValueError("it is no key of a service account (its `type` must be `service_account`)")
    for name in ("client_email", "private_key"):
        if not isinstance(key.get(name), str) or not key[name]:
            raise ValueError(f"it has no {name}")
    for name in ("token_uri", "private_key_id"):
        if not isinstance(key.get(name, ""), str):
            raise ValueError(f"its {name} is no text")
    return key
