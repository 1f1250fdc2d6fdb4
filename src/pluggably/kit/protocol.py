"""HTTP/1.1 as uvicorn serves it, and one thing more that ASGI has no words for.

A request hears at once that its client has left, without a task that waits for it.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pluggably.kit.connection import LINE, Line


class ClientProtocol(HttpToolsProtocol):
    """One client's connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._line = Line(self.flow.resume_reading)
        self._extensions = {LINE: self._line}

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._line.end()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = self._extensions  # type: ignore[typeddict-item]
