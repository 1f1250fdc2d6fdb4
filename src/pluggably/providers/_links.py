"""Result bytes behind the links that vendors hand out: they expire, so they are fetched at once.

The link comes from the vendor's answer. It leads to a public address unless the vendor itself is reached at a private
one, and gets the account's key only where it leads to the vendor's own origin.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Protocol
from urllib.parse import SplitResult, urljoin, urlsplit

from pluggably.contract.calls import Call
from pluggably.errors import ProviderError
from pluggably.kit.addresses import is_public
from pluggably.kit.fetch import AddressRefused, Fetcher, FetchFailed, FetchLimits, TooLarge
from pluggably.kit.http import Address, ConnectFailed, ConnectionLost, HttpClient, TimedOut, TooLong
from pluggably.providers._transport import Account

MAX_RESULT_BYTES = 128 * 2**20
_LIMITS = FetchLimits(connect_s=10, idle_s=30, total_s=300, redirects=3, at_once=256)
_EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_ATTEMPTS = 3
_AGAIN_AFTER_S = 0.25
_PORTS = {"http": 80, "https": 443}


class Fetch(Protocol):
    """Fetches what a vendor's link leads to."""

    async def __call__(self, account: Account, url: str) -> bytes:
        """The whole content. Raises `ProviderError`."""


class _Passing(Exception):
    """A failure that may pass."""


class LinkFetcher:
    """Fetches results through the hardened fetcher. Build it inside a running event loop."""

    def __init__(self, http: HttpClient, max_bytes: int = MAX_RESULT_BYTES) -> None:
        self._http = http
        self._max_bytes = max_bytes
        self._public = Fetcher(limits=_LIMITS)
        self._anywhere = Fetcher(_EVERYWHERE, limits=_LIMITS)

    async def close(self) -> None:
        """Drop every connection."""
        await self._public.close()
        await self._anywhere.close()

    async def __call__(self, account: Account, url: str) -> bytes:
        """The content; what may pass is tried again."""
        provider = account.provider
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(_AGAIN_AFTER_S * 2**attempt)
            try:
                return await self._fetch(account, url)
            except _Passing as error:
                reason = error
            except AddressRefused as error:
                raise ProviderError(f"{provider}'s result link is not followed: {error}.") from error
            except TooLarge as error:
                large = ProviderError(f"{provider}'s result can't be taken: {error}. Mend the request: ask for less.")
                large.passing = False
                raise large from error
            except FetchFailed as error:
                if error.status is not None and error.status < 500:
                    raise ProviderError(f"{provider}'s result link answered with status {error.status}.") from error
                reason = _Passing(str(error))
        raise ProviderError(f"{provider}'s result could not be fetched: {reason}.") from reason

    @staticmethod
    def _why(error: ConnectFailed | ConnectionLost | TimedOut) -> str:
        """In words of ours: those of the engine below tell of sockets."""
        if isinstance(error, TimedOut):
            return str(error)
        return "it can't be reached" if isinstance(error, ConnectFailed) else "the connection broke"

    async def _fetch(self, account: Account, url: str) -> bytes:
        vendor = urlsplit(account.address.base_url)
        if _origin(url) == _origin(account.address.base_url):
            found = await self._from_vendor(account, urlsplit(url))
            if isinstance(found, bytes):
                return found
            url = urljoin(url, found)
        # A user's endpoint may lead nowhere but to the public internet.
        inside = not account.address.guarded and not await _is_public(vendor.hostname)
        fetcher = self._anywhere if inside else self._public
        return await fetcher.fetch(url, max_bytes=self._max_bytes)

    async def _from_vendor(self, account: Account, link: SplitResult) -> bytes | str:
        """The content, or where it is instead; asked with the account's key."""
        path = (link.path or "/") + (f"?{link.query}" if link.query else "")
        address = Address(f"{link.scheme}://{link.netloc}", guarded=account.address.guarded)
        headers = await account.headers_now()
        try:
            async with self._http.open(address, Call(path, method="GET"), headers, account.timeouts) as reply:
                location = _location(reply.status, reply.headers)
                if location is not None:
                    return location
                if reply.status >= 300:
                    raise FetchFailed("the vendor refused it", reply.status)
                return b"".join([part async for part in reply.chunks(self._max_bytes)])
        except TooLong as error:
            raise TooLarge(f"it is larger than {error.limit / 2**20:.4g} MiB") from error
        except (ConnectFailed, ConnectionLost, TimedOut) as error:
            raise _Passing(self._why(error)) from error


def _location(status: int, headers: Mapping[str, str]) -> str | None:
    return headers.get("location") if status in (301, 302, 303, 307, 308) else None


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    """Scheme, host and port; None for what is no plain http(s) address."""
    try:
        parts = urlsplit(url)
        origin = parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return None if "@" in parts.netloc or "\\" in url else origin


async def _is_public(host: str | None) -> bool:
    """Whether the vendor is somewhere in the public internet; one that can't be looked up counts as such."""
    try:
        found = await asyncio.to_thread(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return True
    return all(is_public(ip_address(str(place[4][0]).partition("%")[0])) for place in found)
