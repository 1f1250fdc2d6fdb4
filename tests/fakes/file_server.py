"""A real HTTP server on loopback that gives one file and misbehaves as it is told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Manners:
    """How one request is answered."""

    status: int | None = None
    """Answer only with this status."""
    ranges: bool = True
    stop_after: int | None = None
    """Bytes of the body, then …"""
    then: Literal["close", "stall"] = "close"
    shift: int = 0
    """Answer a range that begins this much later than the one asked for."""
    chunked: bool = False
    """Give no length."""


@dataclass
class FileServer:
    """`manners` are used up one by one; then the server behaves."""

    content: bytes
    manners: list[Manners] = field(default_factory=list)
    url: str = ""
    starts: list[int] = field(default_factory=list)
    """Where each request wanted to begin."""
    stalled: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked = re.search(r"(?mi)^range: bytes=(\d+)-\r$", head)
        start = int(asked[1]) if asked else 0
        self.starts.append(start)
        manners = self.manners.pop(0) if self.manners else Manners()
        if manners.status is not None:
            writer.write(f"HTTP/1.1 {manners.status} No\r\nContent-Length: 0\r\n\r\n".encode())
        elif asked and manners.ranges and start >= len(self.content):
            writer.write(b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n")
        else:
            await self._send(writer, manners, start if asked and manners.ranges else 0, bool(asked))
        await writer.drain()
        writer.close()

    async def _send(self, writer: asyncio.StreamWriter, manners: Manners, start: int, asked: bool) -> None:
        start += manners.shift
        body = self.content[start:]
        lines = ["HTTP/1.1 200 OK"]
        if asked and manners.ranges:
            lines = [
                "HTTP/1.1 206 Partial Content",
                f"Content-Range: bytes {start}-{len(self.content) - 1}/{len(self.content)}",
            ]
        if not manners.chunked:
            lines.append(f"Content-Length: {len(body)}")
        lines.append("Connection: close")
        writer.write("\r\n".join([*lines, "", ""]).encode())
        writer.write(body if manners.stop_after is None else body[: manners.stop_after])
        await writer.drain()
        if manners.stop_after is not None:
            if manners.then == "stall":
                self.stalled += 1
                await asyncio.sleep(3600)
            await asyncio.sleep(0.05)  # a reader drops what it has not taken yet when the connection breaks


@asynccontextmanager
async def file_server(content: bytes, *manners: Manners) -> AsyncIterator[FileServer]:
    """A running file server."""
    served = FileServer(content, list(manners))
    tasks: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await served.answer(reader, writer)
        except (asyncio.CancelledError, ConnectionError):
            writer.close()
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/file.bin"
    try:
        yield served
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
