"""External JWTs: tokens that an OpenID Connect issuer signed.

Wire formats: OpenID Connect Discovery 1.0 (where the keys are), RFC 7517 (keys), RFC 7519 (claims), RFC 8725 (what
to beware of). Only asymmetric algorithms are accepted, each with keys of its own kind: nobody can sign with a public
key, or not at all.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeGuard
from urllib.parse import urlsplit

import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

from pluggably.contract.calls import Call
from pluggably.errors import NotReady, TokenExpired
from pluggably.kit.http import Address, ConnectFailed, ConnectionLost, HttpClient, TimedOut, Timeouts
from pluggably.settings import OIDCSettings

MAX_TOKEN_BYTES = 16 * 1024
MAX_DOCUMENT_BYTES = 512 * 1024
LEEWAY_S = 60
"""How much the issuer's clock may differ."""
KEYS_LAST_S = 300
"""After this time the keys are read anew, so that one that the issuer has withdrawn ends here too."""
KEYS_KEPT_S = 3600
"""How long old keys serve while the issuer does not answer."""
MAX_READS = 4
READS_WITHIN_S = 60
"""At most `MAX_READS` in so many seconds, whatever key ids the tokens name."""
MIN_RSA_BITS = 2048

_KINDS: dict[str, type[Key]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), RSAKey),
    **dict.fromkeys(("ES256", "ES384", "ES512"), ECKey),
    **dict.fromkeys(("EdDSA", "Ed25519"), OKPKey),
}
_TIMEOUTS = Timeouts(connect_s=5, first_token_s=10, idle_s=10, total_s=15)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the issuer vouches for; `id` is unique at this issuer."""

    issuer: str
    id: str
    name: str | None
    expires_at: float
    """Seconds since 1970."""


class ExternalIssuer:
    """Reads the tokens of one issuer."""

    def __init__(self, settings: OIDCSettings, http: HttpClient, now: Callable[[], float] = time.time) -> None:
        self._issuer = settings.issuer or ""
        self._audience = settings.audience or ""
        self._jwks_url = settings.jwks_url
        self.creates_users = settings.create_users
        """Whether an unknown subject becomes a user."""
        self._http = http
        self._now = now
        self._keys: list[tuple[dict[str, Any], Key]] = []
        self._read_at = float("-inf")
        self._reads: deque[float] = deque(maxlen=MAX_READS)
        self._reading = asyncio.Lock()

    async def read(self, token: str) -> Subject | None:
        """The subject of a token; None where the issuer did not sign it for this gateway.

        Raises `TokenExpired`, and `NotReady` where the issuer's keys can't be had.
        """
        if len(token) > MAX_TOKEN_BYTES:
            return None
        header, unproven = (_json_in(part) for part in token.split(".")[:2])
        algorithm, kid = header.get("alg"), header.get("kid")
        if unproven.get("iss") != self._issuer or not isinstance(algorithm, str) or algorithm not in _KINDS:
            return None
        if "crit" in header or not isinstance(kid, str | None):
            return None
        for key in await self._keys_for(algorithm, kid):
            try:
                claims = _verified(token, key, algorithm)
            except (JoseError, ValueError, TypeError):
                continue
            return self._subject(claims)
        return None

    def _subject(self, claims: dict[str, Any]) -> Subject | None:
        """What signed claims say; None unless they are for this gateway and for now."""
        now, subject, audience = self._now(), claims.get("sub"), claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if claims.get("iss") != self._issuer or self._audience not in audiences:
            return None
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or "\x00" in subject:
            return None
        if not _is_time(claims.get("exp")):
            return None
        for moment in (claims.get("nbf"), claims.get("iat")):
            if moment is not None and not (_is_time(moment) and moment <= now + LEEWAY_S):
                return None
        expires_at = float(claims["exp"]) + LEEWAY_S
        if expires_at <= now:
            raise TokenExpired("The issuer's token has expired: get a new one.")
        name = claims.get("name")
        shown = "".join(letter for letter in name if letter.isprintable())[:255] if isinstance(name, str) else None
        return Subject(self._issuer, subject, shown or None, expires_at)

    async def _keys_for(self, algorithm: str, kid: str | None) -> list[Key]:
        """The keys that may have signed; the issuer's are read where they are old or none fits."""
        found = self._fitting(algorithm, kid)
        if found and self._now() - self._read_at < KEYS_LAST_S:
            return found
        async with self._reading:
            found = self._fitting(algorithm, kid)
            if not found or self._now() - self._read_at >= KEYS_LAST_S:
                await self._read_keys()
                found = self._fitting(algorithm, kid)
        if self._now() - self._read_at > KEYS_KEPT_S:
            raise NotReady("The keys of the issuer of this token can't be read.")
        return found

    def _fitting(self, algorithm: str, kid: str | None) -> list[Key]:
        return [
            key
            for described, key in self._keys
            if isinstance(key, _KINDS[algorithm])
            and described.get("alg") in (None, algorithm)
            and (kid is None or described.get("kid") == kid)
        ]

    async def _read_keys(self) -> None:
        """Read the issuer's keys unless that was done too often of late; a failure keeps those that are there."""
        now = self._now()
        if len(self._reads) == MAX_READS and now - self._reads[0] < READS_WITHIN_S:
            return
        self._reads.append(now)
        try:
            document = await self._fetch(self._jwks_url or await self._discovered())
            described = [item for item in document["keys"] if isinstance(item, dict)]
        except (ConnectFailed, ConnectionLost, TimedOut, ValueError, KeyError, TypeError) as error:
            _log.warning(
                "an issuer's keys can't be read", issuer=self._issuer, error=str(error) or type(error).__name__
            )
            return
        self._keys = [(item, key) for item in described if (key := _public_key(item)) is not None]
        self._read_at = now

    async def _discovered(self) -> str:
        document = await self._fetch(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
        url = document["jwks_uri"]
        if document.get("issuer") != self._issuer:
            raise ValueError("the issuer calls itself otherwise")
        if not isinstance(url, str) or urlsplit(url).scheme not in ("https", urlsplit(self._issuer).scheme):
            raise ValueError("the address of the issuer's keys is none that can be trusted")
        return url

    async def _fetch(self, url: str) -> dict[str, Any]:
        call = Call("", method="GET", headers={"accept": "application/json"})
        async with self._http.open(Address(url), call, {}, _TIMEOUTS) as reply:
            if reply.status != 200:
                raise ValueError(f"{url} answers {reply.status}")
            body = b"".join([chunk async for chunk in reply.chunks(MAX_DOCUMENT_BYTES)])
        document = json.loads(body)
        if not isinstance(document, dict):
            raise TypeError(f"{url} holds no JSON object")
        return document


def _verified(token: str, key: Key, algorithm: str) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `EdDSA` is an old name, which most issuers of Ed25519 tokens still use
        return jwt.decode(token, key, algorithms=[algorithm]).claims


def _public_key(described: dict[str, Any]) -> Key | None:
    """A key that may verify signatures; None for any other."""
    if described.get("use") not in (None, "sig") or described.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of weak keys: they are refused below
            key = JWKRegistry.import_key(described)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if isinstance(key, RSAKey) and key.public_key.key_size < MIN_RSA_BITS:
        return None
    return key


def _json_in(part: str) -> dict[str, Any]:
    """A token's header or claims, unproven; an empty object for what can't be read."""
    try:
        found = json.loads(base64.urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_time(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53
