"""Fetch one file over HTTP: resumed where it stopped, checked by its hash, never half-written under its name.

The bytes gather in `TARGET.part`. A broken or silent connection is retried from the last byte
(https://www.rfc-editor.org/rfc/rfc9110#section-14); a server that ignores ranges makes it start again.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import re
import shutil
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from filelock import AsyncFileLock
from yarl import URL

from pluggably.errors import InsufficientStorage, ProviderError

OnProgress = Callable[[int, int], None]
"""Called with (bytes here, bytes in all); the first number never falls."""

BLOCK = 1024 * 1024
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class DownloadFailed(ProviderError):
    """The file could not be had; what was fetched is kept for the next try."""


class WrongContent(DownloadFailed):
    """The server's file is not the one that was asked for."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server, in seconds, and how often to try again without one new byte between."""

    connect_s: float = 15
    idle_s: float = 30
    attempts: int = 6
    backoff_s: float = 0.5
    longest_backoff_s: float = 15


async def fetch(
    url: str,
    target: Path,
    *,
    sha256: str,
    size: int,
    on_progress: OnProgress | None = None,
    patience: Patience | None = None,
    tls: ssl.SSLContext | None = None,
) -> Path:
    """Put the file of `size` bytes and this SHA-256 (hexadecimal) at `target`, and return that path.

    A right file that is there already stays; a second call for the same target, also from another process,
    waits for the first. Raises `InsufficientStorage`, `DownloadFailed`, `WrongContent`.
    """
    if not await is_here(target, sha256=sha256, size=size):
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        async with AsyncFileLock(target.with_name(f".{target.name}.lock")):
            if not await is_here(target, sha256=sha256, size=size):
                await _Fetch(url, target, sha256, size, on_progress, patience or Patience(), tls).run()
    if on_progress is not None:
        on_progress(size, size)
    return target


def fetched(target: Path) -> int:
    """How many bytes of an unfinished `target` are kept."""
    try:
        return _part_of(target).stat().st_size
    except FileNotFoundError:
        return 0


def _part_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


async def is_here(path: Path, *, sha256: str, size: int) -> bool:
    """Whether exactly this file is there. The hash is read only where the size is right."""

    def check() -> bool:
        try:
            return path.stat().st_size == size and hash_of(path) == sha256
        except FileNotFoundError:
            return False

    return await asyncio.to_thread(check)


def hash_of(path: Path) -> str:
    """The file's SHA-256, hexadecimal. Blocks: call it in a thread."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_space(folder: Path, needed: int) -> None:
    """Raise `InsufficientStorage` unless `folder` has room for `needed` bytes."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise InsufficientStorage(
            f"{folder} has {free:,} bytes free, {needed:,} are needed. Make room or choose another folder.",
            details={"free_bytes": free, "needed_bytes": needed},
        )


def no_space(error: OSError, folder: Path) -> InsufficientStorage | None:
    """`InsufficientStorage` where the error says that the disk is full."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return InsufficientStorage(f"{folder} is full. Make room or choose another folder.")
    return None


class _Broken(Exception):
    """This attempt ended early; the next one may go on, or starts again where `useless`."""

    def __init__(self, reason: str, *, useless: bool = False) -> None:
        super().__init__(reason)
        self.useless = useless


class _Fetch:
    """One fetch: its attempts share the part file and the highest progress that was reported."""

    def __init__(
        self,
        url: str,
        target: Path,
        sha256: str,
        size: int,
        on_progress: OnProgress | None,
        patience: Patience,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._url = url
        self._shown = URL(url).with_user(None).with_query(None)  # the rest may hold secrets
        self._target = target
        self._part = _part_of(target)
        self._sha256 = sha256
        self._size = size
        self._on_progress = on_progress
        self._patience = patience
        self._tls = tls
        self._highest = 0

    async def run(self) -> None:
        resumed = await asyncio.to_thread(fetched, self._target) > 0
        await self._complete()
        if resumed and not await self._is_right():
            await self._discard()  # its beginning may have come from another file: a fresh one decides
            await self._complete()
        if not await self._is_right():
            await self._discard()
            raise WrongContent(f"{self._shown} is not the file that was expected: its SHA-256 differs.")
        await asyncio.to_thread(self._part.replace, self._target)

    async def _is_right(self) -> bool:
        return await asyncio.to_thread(hash_of, self._part) == self._sha256

    async def _discard(self) -> None:
        await asyncio.to_thread(self._part.unlink, missing_ok=True)

    async def _complete(self) -> None:
        """Try until the part file has its full size."""
        patience = self._patience
        failures, most = 0, await asyncio.to_thread(fetched, self._target)
        while await asyncio.to_thread(fetched, self._target) != self._size:
            try:
                await self._attempt()
                continue
            except (_Broken, aiohttp.ClientError, TimeoutError) as error:
                if isinstance(error, _Broken) and error.useless:
                    await self._discard()
                have = await asyncio.to_thread(fetched, self._target)
                failures = 1 if have > most else failures + 1
                most = max(most, have)
                if failures >= patience.attempts:
                    reason = str(error) or type(error).__name__
                    raise DownloadFailed(
                        f"{self._shown} could not be fetched ({reason}). {have:,} of {self._size:,} bytes are kept; "
                        f"the next try goes on from there."
                    ) from error
            await asyncio.sleep(min(patience.backoff_s * 2 ** (failures - 1), patience.longest_backoff_s))

    async def _attempt(self) -> None:
        have = await asyncio.to_thread(fetched, self._target)
        if have > self._size:
            await self._discard()
            have = 0
        await asyncio.to_thread(require_space, self._target.parent, self._size - have)
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=self._patience.connect_s, sock_read=self._patience.idle_s
        )
        headers = {"Accept-Encoding": "identity"}  # the hash and the ranges are of the file itself
        if have:
            headers["Range"] = f"bytes={have}-"
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.get(self._url, headers=headers, ssl=self._tls or True) as response,
        ):
            if self._start_of(response, have) != have:
                await self._discard()
            await self._take(response)
        if await asyncio.to_thread(fetched, self._target) < self._size:
            raise _Broken("the connection closed early")

    def _start_of(self, response: aiohttp.ClientResponse, have: int) -> int:
        """The position of the body's first byte in the file: 0 or `have`."""
        status = response.status
        if status == 416:
            raise _Broken("the server refused to go on from there", useless=True)
        if status in _TRY_AGAIN:
            raise _Broken(f"the server answered {status}")
        if status == 200:
            start, total = 0, response.content_length
        elif status == 206:
            match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if match is None or int(match[1]) != have:
                raise _Broken("the server sent another range than the one asked for", useless=True)
            start, total = have, None if match[2] == "*" else int(match[2])
        else:
            raise DownloadFailed(f"{self._shown} answered {status} {response.reason}.")
        if total is not None and total != self._size:
            raise WrongContent(f"{self._shown} has {total:,} bytes, {self._size:,} were expected.")
        return start

    async def _take(self, response: aiohttp.ClientResponse) -> None:
        """Append the body to the part file."""
        file = await asyncio.to_thread(self._part.open, "ab")
        try:
            have = file.tell()
            self._report(have)
            async for block in response.content.iter_chunked(BLOCK):
                have += len(block)
                if have > self._size:
                    await self._discard()
                    raise WrongContent(f"{self._shown} sends more than the {self._size:,} bytes that were expected.")
                await asyncio.to_thread(file.write, block)
                self._report(have)
        except OSError as error:
            if full := no_space(error, self._target.parent):
                raise full from error
            raise
        finally:
            await asyncio.to_thread(file.close)

    def _report(self, have: int) -> None:
        if have > self._highest:
            self._highest = have
            if self._on_progress is not None:
                self._on_progress(have, self._size)
