"""A token service on loopback that speaks Google's JWT bearer grant (RFC 7523), and the documents that it takes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

from joserfc.jwk import RSAKey

KEY = RSAKey.generate_key(2048)


@dataclass
class TokenService:
    """Answers as Google's does; `answer` is status and body of the next ones."""

    answer: tuple[int, Any] | None = None
    life_s: int = 3600
    assertions: list[str] = field(default_factory=list)
    """What was asked with; as many tokens as that were given out, unless `answer` says otherwise."""

    async def __aenter__(self) -> TokenService:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.uri = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/token"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        body = parse_qs((await reader.readexactly(length)).decode())
        assert head.startswith("post /token ")
        assert body["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        self.assertions += body["assertion"]
        token = {"access_token": f"ya29.CANARY-{len(self.assertions)}", "expires_in": self.life_s}
        status, said = self.answer or (200, token)
        content = json.dumps(said).encode()
        writer.write(b"HTTP/1.1 %d X\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % (status, len(content)))
        writer.write(content)
        await writer.drain()
        writer.close()


def document(uri: str, **more: Any) -> dict[str, Any]:
    """A service account's JSON key, for which tokens are had at `uri`."""
    return {
        "type": "service_account",
        "client_email": "robot@project.iam.example",
        "private_key_id": "kid-1",
        "private_key": KEY.as_pem(private=True).decode(),
        "token_uri": uri,
        **more,
    }
