"""Calls over aiohttp's connections, without what its sessions do for each of them.

A session builds every request anew, looks for cookies, proxies and redirects, and writes the body in a task of its
own. Here the head of a call is built once, by aiohttp's own `ClientRequest`, and goes out together with the body.
Names, TLS, the pool and the parser are aiohttp's.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import aiohttp
from aiohttp.streams import StreamReader
from yarl import URL

NEW_CONNECTION: ContextVar[bool] = ContextVar("new_connection", default=False)
"""Whether the connection of the call under way was made for it: only a kept one can have gone stale."""

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS"})
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_MOST_HEADS = 256


class _NotesNewConnections:
    """Sets `NEW_CONNECTION`."""

    async def _create_connection(self, *arguments: Any) -> Any:
        NEW_CONNECTION.set(True)
        return await super()._create_connection(*arguments)  # type: ignore[misc]


class NetworkConnector(_NotesNewConnections, aiohttp.TCPConnector):
    """Connections to other machines."""


class SocketConnector(_NotesNewConnections, aiohttp.UnixConnector):
    """Connections to a unix socket."""


class Response:
    """An answer whose head has come."""

    __slots__ = ("_connection", "content", "headers", "status")

    def __init__(
        self, connection: aiohttp.connector.Connection, status: int, headers: Mapping[str, str], content: StreamReader
    ) -> None:
        self.status = status
        self.headers = headers
        self.content = content
        self._connection = connection
        content.on_eof(self.release)

    def release(self) -> None:
        """Give the connection back, unless the other side has answered before it took the whole body."""
        transport = self._connection.transport
        if transport is not None and transport.get_write_buffer_size():
            self._connection.close()
        else:
            self._connection.release()

    def close(self) -> None:
        """Drop the connection."""
        self._connection.close()


class Pool:
    """Calls over the connections of one connector; `headers` go along with each."""

    def __init__(self, connector: aiohttp.BaseConnector, headers: Mapping[str, str]) -> None:
        self._connector = connector
        self._headers = headers
        self._heads: dict[tuple[object, ...], tuple[aiohttp.ClientRequest, bytes]] = {}

    async def send(
        self, method: str, url: URL, body: bytes | None, headers: Mapping[str, str], connect_s: float
    ) -> Response:
        """Call, and wait for the head of the answer. Redirects are not followed.

        Raises `aiohttp.ConnectionTimeoutError`, `aiohttp.ClientError`, `aiohttp.http.HttpProcessingError` for what is
        no HTTP, `OSError`, and `ValueError` for headers with control characters.
        """
        try:
            return await self._send(method, url, body, headers, connect_s)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
            if method not in _IDEMPOTENT or NEW_CONNECTION.get():
                raise
        return await self._send(method, url, body, headers, connect_s)  # the other side had closed the kept one

    async def _send(
        self, method: str, url: URL, body: bytes | None, headers: Mapping[str, str], connect_s: float
    ) -> Response:
        request, head = self._head(method, url, headers, keep=body is not None)
        try:
            connection = await self._connector.connect(request, [], _connecting_within(connect_s))
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(f"Connection timeout to host {url}") from error
        try:
            protocol = connection.protocol
            if protocol is None or protocol.transport is None:
                raise aiohttp.ServerDisconnectedError
            protocol.set_response_params(skip_payload=method == "HEAD", read_until_eof=True)
            if body is None:
                protocol.transport.write(head + b"\r\n")
            else:
                protocol.transport.writelines((b"%bContent-Length: %d\r\n\r\n" % (head, len(body)), body))
            message, content = await protocol.read()
            while 100 <= message.code < 200 and message.code != 101:
                message, content = await protocol.read()
            return Response(connection, message.code, message.headers, content)
        except BaseException:
            connection.close()
            raise

    def _head(
        self, method: str, url: URL, headers: Mapping[str, str], *, keep: bool
    ) -> tuple[aiohttp.ClientRequest, bytes]:
        """What names the connection, and the head but for the body's length."""
        key = (method, url, *headers.items())
        found = self._heads.get(key)
        if found is None:
            request = aiohttp.ClientRequest(
                method,
                url,
                headers={**self._headers, **headers},
                skip_auto_headers=("content-type",),
                loop=asyncio.get_running_loop(),
            )
            fields = [(name, value) for name, value in request.headers.items() if name.lower() != "content-length"]
            if self._connector.force_close:
                fields.append(("Connection", "close"))
            lines = [f"{method} {url.raw_path_qs} HTTP/1.1", *(f"{name}: {value}" for name, value in fields)]
            if any(map(_CONTROL.search, lines)):
                raise ValueError("a header holds a control character")
            found = request, ("\r\n".join(lines) + "\r\n").encode()
            if keep:  # what is fetched has a path of its own each time
                if len(self._heads) >= _MOST_HEADS:
                    self._heads.clear()
                self._heads[key] = found
        return found

    async def close(self) -> None:
        """Close every connection."""
        await self._connector.close()


@lru_cache(maxsize=256)
def _connecting_within(seconds: float) -> aiohttp.ClientTimeout:
    """The one time-out that is aiohttp's business."""
    return aiohttp.ClientTimeout(total=None, sock_connect=seconds)
