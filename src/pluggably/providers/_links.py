"""Result bytes behind the links that vendors hand out: they expire, so they are fetched at once.

The link comes from the vendor's answer: it is http(s), leads to a public address unless the vendor itself is reached
at a private one, and gets the account's key only where it leads to the vendor's own origin.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import SplitResult, urljoin, urlsplit

from pluggably.contract.calls import Call
from pluggably.errors import ProviderError, ProviderTimeout
from pluggably.kit.http import Address, ConnectFailed, ConnectionLost, HttpClient, TimedOut, Timeouts
from pluggably.providers._transport import Account

MAX_RESULT_BYTES = 128 * 2**20
_MOST_HOPS = 3
_ATTEMPTS = 3
_AGAIN_AFTER_S = 0.5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}


class Fetch(Protocol):
    """Fetches what a vendor's link leads to."""

    async def __call__(self, account: Account, url: str) -> bytes:
        """The whole content. Raises `ProviderError` or `ProviderTimeout`."""


class LinkFetcher:
    """Fetches links, also over redirects, each of which is checked anew."""

    def __init__(self, http: HttpClient, max_bytes: int = MAX_RESULT_BYTES) -> None:
        self._http = http
        self._max_bytes = max_bytes

    async def __call__(self, account: Account, url: str) -> bytes:
        """The content; what may pass is tried again."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(_AGAIN_AFTER_S * 2**attempt)
            try:
                data = await self._follow(account, url)
            except TimedOut as error:
                raise ProviderTimeout(f"{account.provider}'s result took too long to fetch ({error}).") from error
            except (ConnectFailed, ConnectionLost) as error:
                reason: Exception = error
                continue
            if data is not None:
                return data
            reason = ConnectionLost("the server failed")
        raise ProviderError(f"{account.provider}'s result could not be fetched completely.") from reason

    async def _follow(self, account: Account, url: str) -> bytes | None:
        """The content, or None where the server failed."""
        vendor = urlsplit(account.address.base_url)
        for _ in range(_MOST_HOPS + 1):
            link = _checked(url, account.provider)
            own = _origin(link) == _origin(vendor)
            if not own and not await _may_reach(link, vendor):
                raise ProviderError(f"{account.provider}'s result is at an address that is not public.")
            headers = account.headers if own else {}
            status, reply_headers, data = await self._get(link, headers, account.timeouts)
            if status in _REDIRECTS and reply_headers.get("location"):
                url = urljoin(url, reply_headers["location"])
                continue
            if status >= 500:
                return None
            if status >= 300:
                raise ProviderError(f"{account.provider}'s result link answered with status {status}.")
            return data
        raise ProviderError(f"{account.provider}'s result link redirects too often.")

    async def _get(
        self, link: SplitResult, headers: Mapping[str, str], timeouts: Timeouts
    ) -> tuple[int, Mapping[str, str], bytes]:
        path = link.path + (f"?{link.query}" if link.query else "")
        address = Address(f"{link.scheme}://{link.netloc}")
        async with self._http.open(address, Call(path or "/", method="GET"), headers, timeouts) as reply:
            parts = [part async for part in reply.chunks(self._max_bytes)]
            return reply.status, reply.headers, b"".join(parts)


def _checked(url: str, provider: str) -> SplitResult:
    try:
        link = urlsplit(url)
        usable = link.scheme in _PORTS and link.hostname and not link.username and link.port != 0
    except ValueError:
        usable = False
    if not usable or any(char in url for char in "\\ \r\n\t"):
        raise ProviderError(f"{provider}'s result link is no http(s) address.")
    return link


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or _PORTS.get(url.scheme)


async def _may_reach(link: SplitResult, vendor: SplitResult) -> bool:
    return await _is_public(link) or not await _is_public(vendor)


async def _is_public(url: SplitResult) -> bool:
    try:
        found = await asyncio.to_thread(socket.getaddrinfo, url.hostname, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return all(ip_address(str(place[4][0]).partition("%")[0]).is_global for place in found)
