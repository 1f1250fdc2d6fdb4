"""A host of the web on loopback: pages as raw bytes of HTTP, and a name service that says what it is told."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from threading import Thread

from aiohttp.abc import AbstractResolver, ResolveResult

Page = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def ok(body: bytes, *headers: str) -> bytes:
    """A whole answer."""
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *map(str.encode, headers), b"", body])


def answer(status: int, *headers: str) -> bytes:
    """An answer without a body."""
    lines = [f"HTTP/1.1 {status} As it is", *headers, "" if status == 204 else "Content-Length: 0", "", ""]
    return "\r\n".join(line for line in lines[:-2] if line).encode() + b"\r\n\r\n"


def redirect(location: str, status: int = 302) -> bytes:
    """An answer that leads on; its body is nothing that anybody should see."""
    return answer(status, f"Location: {location}")


async def endless(writer: asyncio.StreamWriter) -> None:
    """A body without an end, as fast as it is taken."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")
        await writer.drain()


async def drip(writer: asyncio.StreamWriter) -> None:
    """A body of 1000 bytes, ten a second."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.1)


async def stall(writer: asyncio.StreamWriter) -> None:
    """A head, some of the body, then nothing."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome")
    await asyncio.sleep(3600)


async def mute(writer: asyncio.StreamWriter) -> None:
    """Nothing at all."""
    await asyncio.sleep(3600)


@dataclass
class WebHost:
    """A running host; `pages` by path. A path that it does not know is 404."""

    pages: dict[str, Page]
    url: str = ""
    port: int = 0
    heads: list[str] = field(default_factory=list)
    """Each request's head as it came."""
    left: int = 0
    """Connections that were closed before the answer was complete."""
    open: int = 0
    most_open: int = 0

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for."""
        return [head.split(" ")[1] for head in self.heads]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close."""
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(head)
            page = self.pages.get(head.split(" ")[1], answer(404))
            if isinstance(page, bytes):
                writer.write(page)
                await writer.drain()
            else:
                gone = asyncio.ensure_future(reader.read())  # ends when the other side closes
                writing = asyncio.ensure_future(page(writer))
                done, pending = await asyncio.wait({gone, writing}, return_when=asyncio.FIRST_COMPLETED)
                for task in pending:
                    task.cancel()
                await asyncio.gather(gone, writing, return_exceptions=True)
                self.left += gone in done or any(task.exception() for task in done)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def web_host(
    pages: dict[str, Page], *, address: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[WebHost]:
    """A running host."""
    host = WebHost(pages)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await host.serve(reader, writer)
        except asyncio.CancelledError:
            writer.close()
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(serve, address, port, ssl=tls)
    host.port = server.sockets[0].getsockname()[1]
    host.url = f"http{'s' if tls else ''}://{address}:{host.port}"
    try:
        yield host
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


@contextmanager
def web_host_aside(pages: dict[str, Page], *, address: str = "127.0.0.1") -> Iterator[WebHost]:
    """A host that a thread runs, for tests that run in no loop."""
    ready: Future[tuple[WebHost, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        async with web_host(pages, address=address) as host:
            ready.set_result((host, asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    host, loop, stop = ready.result(10)
    try:
        yield host
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


class Names(AbstractResolver):
    """Looks names up in a table. A list of several answers is used up one by one; the last one stays."""

    def __init__(self, **answers: list[list[str] | OSError]) -> None:
        self._answers = {name.replace("_", "."): list(those) for name, those in answers.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        answers = self._answers.get(host)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, OSError):
            raise found
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        """Nothing to close."""
