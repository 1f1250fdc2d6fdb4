"""Fetches what users name by a URL: the one way out for addresses that are not the operator's.

Whoever names a URL lets the gateway's machine speak for them. So only http and https are spoken, with public
addresses alone (`kit.addresses`) and those that the operator allows; a host's name is looked up once for each
connection, every address that comes back is judged, and the connection goes to one of these and nowhere else;
redirects are followed by hand, each as if it were the first. Nothing of the gateway goes along: no credential, no
cookie, no referrer, no proxy of the environment. Sizes and times are bounded, and what a server says about its
content is not believed.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import quote

import aiohttp
import idna
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from pluggably.kit.addresses import Network, may_be_reached

MAX_URL = 8000
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_BEGINNING = re.compile(r"(https?)://([^/?#]*)", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[^\s:\[\]%]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_STREAMED = 512 * 1024
"""Bytes of an answer that may wait to be read, where it is read piece by piece."""
_AS_IT_IS = "%/?:@!$&'()*+,;=-._~[]"
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_UNKNOWN = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Seconds to look up and connect, of silence, and in all; redirects in a row; fetches of all users at once."""

    connect_s: float = 5
    idle_s: float = 10
    total_s: float = 30
    redirects: int = 5
    at_once: int = 64


class AddressRefused(Exception):
    """An address that is not asked. The message tells nothing of what is behind it."""


class FetchFailed(Exception):
    """The address was asked and gave nothing that is of use. `status` is its answer's, where that was the reason."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class TooLarge(FetchFailed):
    """What is there is larger than whoever fetches it takes: it will be again."""


class Fetcher:
    """Fetches; nothing is kept between two fetches. Build it inside a running event loop.

    `allowed` are networks that may be reached although they are not public. `resolver` looks names up (the system's
    own unless given; its answers are judged here, whoever gives them). `tls` says whom to trust; none: whom the
    system trusts.
    """

    def __init__(
        self,
        allowed: Sequence[Network] = (),
        *,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
        limits: FetchLimits | None = None,
    ) -> None:
        self._limits = limits or FetchLimits()
        self._gate = CheckedResolver(resolver or SystemResolver(), allowed)
        self._slots = asyncio.Semaphore(self._limits.at_once)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self._gate, use_dns_cache=False, force_close=True, limit=0, ssl=tls or True
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            headers={"accept-encoding": "identity", "user-agent": "pluggably"},
            timeout=aiohttp.ClientTimeout(total=None, connect=self._limits.connect_s, sock_read=self._limits.idle_s),
        )

    async def fetch(self, url: str, *, max_bytes: int, accept: str = "*/*") -> bytes:
        """What is at the URL, as it came: its kind is for the caller to find out.

        Raises `AddressRefused`, also for where a redirect leads, or `FetchFailed`.
        """
        target = parse_url(url)
        limits = self._limits
        try:
            async with asyncio.timeout(limits.total_s), self._slots:
                for _ in range(limits.redirects + 1):
                    found = await self._ask(target, max_bytes, accept)
                    if isinstance(found, bytes):
                        return found
                    target = found
        except TimeoutError:
            raise FetchFailed(f"it took longer than {limits.total_s:g} s") from None
        raise FetchFailed(f"it redirects more than {limits.redirects} times")

    @asynccontextmanager
    async def open(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer at the end of all redirects, whatever its status, to be read piece by piece for as long as it
        takes; only its silence is bounded.

        Raises as `fetch` does until the answer has begun; what breaks later is aiohttp's error.
        """
        target = parse_url(url)
        for _ in range(self._limits.redirects + 1):
            host = target.raw_host or ""
            self._gate.check_literal(host)
            with self._told(host):
                response = await self._session.get(
                    target, headers=headers, allow_redirects=False, read_bufsize=_STREAMED
                )
            try:
                if response.status not in _REDIRECTS:
                    yield response
                    return
                target = _redirected(target, response.headers.get("location"))
            finally:
                response.close()
        raise FetchFailed(f"it redirects more than {self._limits.redirects} times")

    async def check(self, url: str) -> None:
        """Raises `AddressRefused` for an address that is not asked, as far as can be known without asking it."""
        target = parse_url(url)
        host = target.raw_host or ""
        self._gate.check_literal(host)
        if not _is_literal(host):
            try:
                await self._gate.resolve(host, target.port or 0)
            except OSError:
                return  # nobody knows now; whoever connects will

    async def close(self) -> None:
        """Drop every connection."""
        await self._session.close()
        await self._gate.close()

    async def _ask(self, url: URL, max_bytes: int, accept: str) -> bytes | URL:
        """The content, or where it is instead."""
        host = url.raw_host or ""
        self._gate.check_literal(host)
        with self._told(host):
            async with self._session.get(url, headers={"accept": accept}, allow_redirects=False) as response:
                try:
                    if response.status in _REDIRECTS:
                        return _redirected(url, response.headers.get("location"))
                    if response.status != 200:
                        raise FetchFailed(f"{host} answered {response.status}", response.status)
                    return await _read(response, host, max_bytes)
                finally:
                    response.close()

    @contextmanager
    def _told(self, host: str) -> Iterator[None]:
        """Turn what goes wrong with a host into `FetchFailed`."""
        try:
            yield
        except aiohttp.ConnectionTimeoutError:
            raise FetchFailed(f"{host} could not be reached within {self._limits.connect_s:g} s") from None
        except aiohttp.ServerTimeoutError:
            raise FetchFailed(f"{host} said nothing for {self._limits.idle_s:g} s") from None
        except aiohttp.ClientConnectorDNSError:
            raise FetchFailed(f"{host} could not be looked up") from None
        except aiohttp.ClientSSLError:
            raise FetchFailed(f"{host} has no certificate that is trusted") from None
        except aiohttp.ClientConnectorError:
            raise FetchFailed(f"{host} could not be reached") from None
        except aiohttp.ClientResponseError:
            raise FetchFailed(f"{host} answered with what is no HTTP") from None
        except (aiohttp.ClientError, OSError):
            raise FetchFailed(f"the connection to {host} broke") from None


def parse_url(text: str) -> URL:
    """An http(s) URL that every reader understands alike, ready to be asked, without its fragment.

    There is one spelling for each thing: no user name, no backslash, no blank, no control or format character, no
    percent sign in the host; a host in Unicode must be valid as it stands (IDNA 2008, nothing is mapped), one of
    numbers four decimal ones. Ports below 1024 are 80 and 443. Raises `AddressRefused`.
    """
    _check_characters(text)
    beginning = _BEGINNING.match(text)
    if beginning is None:
        raise AddressRefused("only http:// and https:// addresses are fetched")
    scheme, authority = beginning[1].lower(), beginning[2]
    if "@" in authority:
        raise AddressRefused("the address holds a user name")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise AddressRefused("the address has no host that can be read")
    host = _host(parts[1])
    port = int(parts[2]) if parts[2] else _PORTS[scheme]
    if (port < 1024 and port not in _PORTS.values()) or port > 65535:
        raise AddressRefused(f"nothing is fetched from port {port}")
    rest = text[beginning.end() :].partition("#")[0]
    netloc = f"[{host}]" if ":" in host else host
    if port != _PORTS[scheme]:
        netloc += f":{port}"
    try:
        url = URL(f"{scheme}://{netloc}{quote(rest, safe=_AS_IT_IS)}", encoded=True)
        agreed = (url.scheme, url.raw_host, url.port, url.raw_user) == (scheme, host, port, None)
    except ValueError:
        agreed = False
    if not agreed:  # whoever connects reads it in another way than who judges it
        raise AddressRefused("the address can be read in several ways")
    return url


def _check_characters(text: str) -> None:
    if len(text) > MAX_URL:
        raise AddressRefused(f"the address is longer than {MAX_URL} characters")
    if not text.isprintable() or " " in text or "\\" in text:
        raise AddressRefused("the address holds characters that no address has")


def _host(text: str) -> str:
    """The host as it is looked up: an IPv6 address without brackets, an IPv4 address, or a name in ASCII."""
    if text.startswith("["):
        try:
            return IPv6Address(text[1:-1]).compressed
        except AddressValueError:
            raise AddressRefused("the address has no host that can be read") from None
    name = text.lower()
    if not name.isascii():
        try:
            name = idna.encode(name, strict=True).decode("ascii")
        except UnicodeError:  # idna's own errors are of this kind
            raise AddressRefused("the host's name is no internationalised name (IDNA 2008)") from None
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # Whoever resolves names takes 2130706433, 0x7f.1, 0177.0.0.1 and 127.1 for 127.0.0.1.
        try:
            return str(IPv4Address(name))
        except AddressValueError:
            raise AddressRefused("an IPv4 address is written as four decimal numbers") from None
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused("the address has no host that can be read")
    return name


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _redirected(url: URL, location: str | None) -> URL:
    if not location:
        raise FetchFailed(f"{url.raw_host} redirects to nowhere")
    if _SCHEME.match(location):
        target = parse_url(location)
    elif location.startswith("//"):
        target = parse_url(f"{url.scheme}:{location}")
    else:
        _check_characters(location)
        target = parse_url(str(url.join(URL(location, encoded=True))))
    if url.scheme == "https" and target.scheme == "http":
        raise AddressRefused("it redirects from https to http")
    return target


async def _read(response: aiohttp.ClientResponse, host: str, max_bytes: int) -> bytes:
    # Nothing is unpacked, so nothing can swell: identity is what was asked for.
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise FetchFailed(f"{host} sent it compressed, which was not asked for")
    too_large = TooLarge(f"it is larger than {max_bytes / 2**20:.4g} MiB")
    if (response.content_length or 0) > max_bytes:
        raise too_large
    parts, total = [], 0
    while part := await response.content.readany():
        total += len(part)
        if total > max_bytes:
            raise too_large
        parts.append(part)
    return b"".join(parts)


class CheckedResolver(AbstractResolver):
    """Looks a name up and lets its addresses pass only if all of them may be reached.

    Nobody else stands between a name and a connection: what is returned here is what is connected to.
    """

    def __init__(self, resolver: AbstractResolver, allowed: Sequence[Network]) -> None:
        self._resolver = resolver
        self._allowed = tuple(allowed)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises `AddressRefused`, and `OSError` where the look-up itself fails.

        A name that leads nowhere and one that leads inside get one answer: nobody learns which inner names exist.
        """
        try:
            found = await self._resolver.resolve(host, port, family)
        except socket.gaierror as error:
            if error.errno in _UNKNOWN:
                raise _not_public(host) from None
            raise
        if not found:
            raise _not_public(host)
        for item in found:
            self.check(item["host"], host)
        return found

    def check_literal(self, host: str) -> None:
        """Raises `AddressRefused` for a host that is an address and may not be reached: no resolver will see it."""
        if _is_literal(host):
            self.check(host, host)

    def check(self, address: str, host: str) -> None:
        """Raises `AddressRefused` unless the address may be reached; `host` is what the user named."""
        try:
            reachable = may_be_reached(ip_address(address), self._allowed)
        except ValueError:
            reachable = False
        if not reachable:
            raise _not_public(host)

    async def close(self) -> None:
        await self._resolver.close()


def _not_public(host: str) -> AddressRefused:
    return AddressRefused(f"{host} has no public address")


class SystemResolver(AbstractResolver):
    """The system's look-ups, in threads of their own: names that take long keep nobody waiting but each other."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="look-ups")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of a host. Raises `OSError`."""
        look_up = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        return [
            ResolveResult(
                hostname=host,
                host=_scoped(address),
                port=port,
                family=its_family,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for its_family, _, protocol, _, address in found
            if its_family in (socket.AF_INET, socket.AF_INET6)
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _scoped(address: tuple[Any, ...]) -> str:
    """The address, with the interface that it holds on alone (IPv6's scope id), which no public one has."""
    host, *_, scope = address if len(address) == 4 else (address[0], 0)
    return f"{host}%{scope}" if scope and "%" not in host else str(host)
