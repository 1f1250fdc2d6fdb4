"""Session JWTs: what a login gives. Signed (HS256) with a key that signs nothing else, and good for as long as the
login that they name goes on.

The library is loaded with the first of them: a gateway where nobody logs in does without its 9 MB.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from pluggably.errors import TokenExpired
from pluggably.kit.secrets import derive_key

if TYPE_CHECKING:
    from joserfc.jwk import OctKey

ALGORITHM = "HS256"
ISSUER = "pluggably"
PURPOSE = "session tokens"


@dataclass(frozen=True, slots=True)
class SessionToken:
    """What a token that was signed here says."""

    user_id: str
    login_id: str
    expires_at: float
    """Seconds since 1970."""


class SessionTokens:
    """Signs and reads; `secret` is that of this installation."""

    def __init__(self, secret: bytes, now: Callable[[], float] = time.time) -> None:
        self._secret = derive_key(secret, PURPOSE)
        self._now = now

    def make(self, user_id: str, login_id: str, expires_at: datetime) -> str:
        """The token of a login."""
        from joserfc import jwt  # noqa: PLC0415 - loaded where somebody logs in

        claims = {
            "iss": ISSUER,
            "sub": user_id,
            "sid": login_id,
            "iat": int(self._now()),
            "exp": int(expires_at.timestamp()),
        }
        return jwt.encode({"alg": ALGORITHM}, claims, self._key, algorithms=[ALGORITHM])

    def read(self, token: str) -> SessionToken | None:
        """What it says; None where it was not signed here. Raises `TokenExpired`."""
        from joserfc import jwt  # noqa: PLC0415 - loaded where somebody logs in
        from joserfc.errors import JoseError  # noqa: PLC0415

        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            return None
        user_id, login_id, expires_at = (claims.get(name) for name in ("sub", "sid", "exp"))
        if claims.get("iss") != ISSUER or not isinstance(user_id, str) or not isinstance(login_id, str):
            return None
        if not isinstance(expires_at, int | float):
            return None
        if expires_at <= self._now():
            raise TokenExpired("This session is over: log in again.")
        return SessionToken(user_id, login_id, float(expires_at))

    @cached_property
    def _key(self) -> OctKey:
        from joserfc.jwk import OctKey  # noqa: PLC0415 - loaded where somebody logs in

        return OctKey.import_key(self._secret)
