"""HTTP/1.1 as uvicorn serves it, and two things more that ASGI has no words for.

A request hears at once that its client has left, without a task that waits for it. And the head of an answer goes out
together with the beginning of its body: one system call, and one packet.
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

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.cycle is not None and self.cycle.scope is self.scope:  # else it wants another protocol
            self.cycle.transport = HeadWithBody(self.transport, self.loop)


class HeadWithBody(asyncio.Transport):
    """Where one answer is written. The first piece, its head, waits for the second one, but not longer than until
    the event loop comes round."""

    __slots__ = ("_handle", "_head", "_is_first", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._is_first = True
        self._head = b""
        self._handle: asyncio.Handle | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send a piece, or keep it for a moment."""
        if self._is_first:
            self._is_first = False
            self._head = bytes(data)
            self._handle = self._loop.call_soon(self._flush)
        elif self._handle is not None:
            self._handle.cancel()
            self._handle = None
            self._transport.write(self._head + data)
        else:
            self._transport.write(data)

    def _flush(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
            self._transport.write(self._head)

    def close(self) -> None:
        """Close the connection once everything is sent."""
        self._flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether it is closed, or about to be."""
        return self._transport.is_closing()
