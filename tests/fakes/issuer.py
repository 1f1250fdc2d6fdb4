"""An OpenID Connect issuer on loopback: discovery, keys that are changed, tokens as a caller wants them."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

AUDIENCE = "pluggably"


def make_key(algorithm: str, kid: str) -> Key:
    """A new key for this algorithm."""
    parameters = {"kid": kid, "alg": algorithm, "use": "sig"}
    if algorithm.startswith("ES"):
        return ECKey.generate_key("P-256", parameters)
    if algorithm in ("EdDSA", "Ed25519"):
        return OKPKey.generate_key("Ed25519", parameters)
    return RSAKey.generate_key(2048, parameters)


class Issuer:
    """A running issuer; `asked` counts how often its keys were read."""

    def __init__(self, algorithm: str = "RS256") -> None:
        self.algorithm = algorithm
        self.url = ""
        self.asked = 0
        self.down = False
        self.published: list[dict[str, Any]] = []
        self.discovered: dict[str, Any] = {}
        self._made = 0
        self.rotate()

    def rotate(self, *, keep: bool = False) -> None:
        """Sign with a new key; the old one is withdrawn unless it is to be kept."""
        self._made += 1
        self.key = make_key(self.algorithm, f"key-{self._made}")
        self.published = [*(self.published if keep else ()), self.key.as_dict(private=False)]

    def token(self, subject: str = "s-1", *, key: Key | None = None, header: Any = None, **claims: Any) -> str:
        """A signed token; a claim that is None is left out."""
        now = int(time.time())
        said = {"iss": self.url, "sub": subject, "aud": AUDIENCE, "iat": now, "exp": now + 600, **claims}
        signing = key or self.key
        head = {"alg": self.algorithm, "kid": signing.kid, **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(head, said, signing, algorithms=[head["alg"]])

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/keys", self._keys)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self.discovered = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _discovery(self, _request: web.Request) -> web.Response:
        return web.json_response(self.discovered)

    async def _keys(self, _request: web.Request) -> web.Response:
        self.asked += 1
        return web.Response(status=503) if self.down else web.json_response({"keys": self.published})
