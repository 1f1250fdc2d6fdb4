"""Fetch one file over HTTP: resumed where it stopped, checked by its hash, never half-written under its name.

The bytes gather in `TARGET.part`, and beside it in `TARGET.part.json` what the server said of them. A broken or
silent connection is retried from the last byte (https://www.rfc-editor.org/rfc/rfc9110#section-14), under the
condition that the file is still the same one (`If-Range`); a server that ignores ranges makes it start again. Neither
writing nor hashing holds the event loop up.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import re
import shutil
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import aiohttp
from filelock import AsyncFileLock
from yarl import URL

from pluggably.errors import BlockedURL, InsufficientStorage, ProviderAuthError, ProviderError
from pluggably.kit.fetch import AddressRefused, Fetcher, FetchFailed

OnProgress = Callable[[int, int], None]
"""Called with (bytes here, bytes in all or 0); the first number never falls."""

BLOCK = 1024 * 1024
"""Bytes that are written and hashed in one go."""
_GATHER_S = 0.25
"""What came in is written after so long at the latest: less than that is lost with the process."""
_READ = 512 * 1024
"""Bytes that may wait in a connection's buffer."""
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_STRONG_TAG = re.compile(r'"[\x21\x23-\x7e]{1,200}"')


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


@dataclass(frozen=True)
class Expected:
    """What is known of a file before it is here; a digest in hexadecimal."""

    size: int | None = None
    sha256: str | None = None
    blob_id: str | None = None
    """Git's name for it: the SHA-1 of its length and its content."""

    @property
    def digest(self) -> str | None:
        """The strongest one that is known."""
        return self.sha256 or self.blob_id

    def hasher(self, size: int) -> Any:
        """What computes the digest of a file of this size."""
        if self.sha256 is None and self.blob_id is not None:
            return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        return hashlib.sha256()


class Door(Protocol):
    """The way to a server."""

    def open(self, url: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """The answer to a GET, redirects followed. Raises `aiohttp.ClientError`, `TimeoutError`, `FetchFailed`, or
        `AddressRefused`."""


class OpenDoor:
    """To servers that the operator chose. `token` goes to the URL's own host, not to where that redirects."""

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, token: str | None = None, patience: Patience | None = None
    ) -> None:
        self._tls = tls
        self._token = token
        self._patience = patience or Patience()

    @asynccontextmanager
    async def open(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """See `Door`."""
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=self._patience.connect_s, sock_read=self._patience.idle_s
        )
        sent = dict(headers)
        if self._token is not None:
            sent["Authorization"] = f"Bearer {self._token}"  # which aiohttp sends to no other host
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True, read_bufsize=_READ) as session,
            session.get(url, headers=sent, ssl=self._tls or True) as response,
        ):
            yield response


class GuardedDoor:
    """To servers that a user named: to public addresses alone, and with nothing of the gateway's."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    def open(self, url: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """See `Door`."""
        return self._fetcher.open(url, headers)


async def fetch(
    url: str,
    target: Path,
    expected: Expected,
    *,
    on_progress: OnProgress | None = None,
    patience: Patience | None = None,
    door: Door | None = None,
) -> Path:
    """Put the file at `target`, and return that path.

    A right file that is there already stays; a second call for the same target, also from another process, waits for
    the first. Where nothing is known of the file, what the server says is its length is believed. Raises
    `InsufficientStorage`, `DownloadFailed`, `WrongContent`, `BlockedURL`, `ProviderAuthError`.
    """
    if not await is_here(target, expected):
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        lock = target.with_name(f".{target.name}.lock")
        async with AsyncFileLock(lock):
            if not await is_here(target, expected):
                patience = patience or Patience()
                await _Fetch(url, target, expected, on_progress, patience, door or OpenDoor(patience=patience)).run()
    if on_progress is not None:
        size = (await asyncio.to_thread(target.stat)).st_size
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


async def is_here(path: Path, expected: Expected) -> bool:
    """Whether exactly this file is there. The hash is read only where the size is right; without one, none is."""

    def check() -> bool:
        try:
            size = path.stat().st_size
            return (
                expected.digest is not None
                and expected.size in (None, size)
                and hash_of(path, expected) == expected.digest
            )
        except FileNotFoundError:
            return False

    return await asyncio.to_thread(check)


def hash_of(path: Path, expected: Expected) -> str:
    """The file's digest, of the kind that is expected, hexadecimal. Blocks: call it in a thread."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: expected.hasher(os.fstat(file.fileno()).st_size))
        return str(digest.hexdigest())


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


def _reason(error: Exception) -> str:
    """Why an attempt failed, for everybody to see: errors of aiohttp may tell addresses, which may hold secrets."""
    if isinstance(error, aiohttp.TooManyRedirects):
        return "it redirects too often"
    if isinstance(error, aiohttp.ClientResponseError):
        return "what answered speaks no HTTP"
    if isinstance(error, aiohttp.InvalidURL):
        return "it redirects to what is no address"
    return str(error) or type(error).__name__


class _TooMuch(WrongContent):
    """The server sends more than the file has."""


class _Broken(Exception):
    """This attempt ended early; the next one may go on, or starts again where `useless`."""

    def __init__(self, reason: str, *, useless: bool = False) -> None:
        super().__init__(reason)
        self.useless = useless


@dataclass
class _Notes:
    """What is known of a part file: for which digest it is, and what the server called the file."""

    digest: str | None = None
    tag: str | None = None
    size: int | None = None


class _Fetch:
    """One fetch: its attempts share the part file and the highest progress that was reported."""

    def __init__(
        self,
        url: str,
        target: Path,
        expected: Expected,
        on_progress: OnProgress | None,
        patience: Patience,
        door: Door,
    ) -> None:
        self._url = url
        self._shown = URL(url).with_user(None).with_query(None).with_fragment(None)  # the rest may hold secrets
        self._target = target
        self._part = _part_of(target)
        self._notes_at = target.with_name(f"{target.name}.part.json")
        self._expected = expected
        self._size = expected.size
        self._notes = _Notes()
        self._on_progress = on_progress
        self._patience = patience
        self._door = door
        self._highest = -1
        self._ended = False
        """Whether a body of unknown length came to its end."""
        self._hash: tuple[Any, int] | None = None
        """A digest, and of how many bytes of the part file it is."""

    async def run(self) -> None:
        await asyncio.to_thread(self._recall)
        resumed = await self._have() > 0
        await self._complete()
        if resumed and not await self._is_right():
            await self._discard()  # its beginning may have come from another file: a fresh one decides
            await self._complete()
        if not await self._is_right():
            await self._discard()
            kind = "SHA-256" if self._expected.sha256 else "hash"
            raise WrongContent(f"{self._shown} is not the file that was expected: its {kind} differs.")
        await asyncio.to_thread(self._part.replace, self._target)
        await asyncio.to_thread(self._notes_at.unlink, missing_ok=True)

    async def _have(self) -> int:
        return await asyncio.to_thread(fetched, self._target)

    def _recall(self) -> None:
        """Read what an earlier process has noted, and drop its bytes where they can't be of use."""
        try:
            notes = json.loads(self._notes_at.read_bytes())
            self._notes = _Notes(*(notes.get(name) for name in ("digest", "tag", "size")))
        except (FileNotFoundError, ValueError, AttributeError):
            self._notes = _Notes()
        digest = self._expected.digest
        known = self._notes.digest == digest if self._notes.digest else digest is not None
        if not known and (digest is not None or self._notes.tag is None):
            self._part.unlink(missing_ok=True)
            self._notes = _Notes()

    def _note(self, tag: str | None) -> None:
        """Write down what this server says, before the first byte of it."""
        notes = _Notes(self._expected.digest, tag, self._size)
        if notes != self._notes:
            self._notes = notes
            beside = self._notes_at.with_suffix(".new")
            beside.write_text(json.dumps(notes.__dict__))
            beside.replace(self._notes_at)

    async def _is_right(self) -> bool:
        if self._expected.digest is None:
            return True
        size = await self._have()
        if self._hash is not None and self._hash[1] == size:
            return str(self._hash[0].hexdigest()) == self._expected.digest
        return await asyncio.to_thread(hash_of, self._part, self._expected) == self._expected.digest

    async def _discard(self) -> None:
        self._hash, self._ended, self._notes = None, False, _Notes()
        for path in (self._part, self._notes_at):
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _complete(self) -> None:
        """Try until the part file has its full size."""
        patience = self._patience
        failures, most = 0, await self._have()
        while not self._ended and (self._size is None or await self._have() != self._size):
            try:
                await self._attempt()
                continue
            except _TooMuch:
                await self._discard()
                raise
            except AddressRefused as error:
                raise BlockedURL(f"{error}.", param="source.uri") from error
            except (_Broken, aiohttp.ClientError, FetchFailed, TimeoutError) as error:
                if isinstance(error, _Broken) and error.useless:
                    await self._discard()
                have = await self._have()
                failures = 1 if have > most else failures + 1
                most = max(most, have)
                if failures >= patience.attempts:
                    reason = _reason(error)
                    of = f" of {self._size:,}" if self._size is not None else ""
                    raise DownloadFailed(
                        f"{self._shown} could not be fetched ({reason}). {have:,}{of} bytes are kept; "
                        f"the next try goes on from there."
                    ) from error
            await asyncio.sleep(min(patience.backoff_s * 2 ** (failures - 1), patience.longest_backoff_s))

    async def _attempt(self) -> None:
        have = await self._have()
        if self._size is not None and have > self._size:
            await self._discard()
            have = 0
        await asyncio.to_thread(require_space, self._target.parent, (self._size or 0) - have)
        headers = {"Accept-Encoding": "identity"}  # the hash and the ranges are of the file itself
        if have:
            headers["Range"] = f"bytes={have}-"
            if self._notes.tag is not None:
                headers["If-Range"] = self._notes.tag
        async with self._door.open(self._url, headers) as response:
            if self._start_of(response, have) != have:
                await self._discard()
            tag = response.headers.get("ETag", "")
            await asyncio.to_thread(self._note, tag if _STRONG_TAG.fullmatch(tag) else None)
            try:
                await self._take(response)
            except OSError as error:
                if not isinstance(error, aiohttp.ClientError) and (full := no_space(error, self._target.parent)):
                    raise full from error
                raise
        if self._size is None:
            self._ended = True
        elif await self._have() < self._size:
            raise _Broken("the connection closed early")

    def _start_of(self, response: aiohttp.ClientResponse, have: int) -> int:
        """The position of the body's first byte in the file: 0 or `have`."""
        status = response.status
        if status == 416:
            raise _Broken("the server refused to go on from there", useless=True)
        if status in _TRY_AGAIN:
            raise _Broken(f"the server answered {status}")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise DownloadFailed(f"{self._shown} comes compressed, which was not asked for.")
        if status == 200:
            start, total = 0, response.content_length
        elif status == 206:
            match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if match is None or int(match[1]) != have:
                raise _Broken("the server sent another range than the one asked for", useless=True)
            start, total = have, None if match[2] == "*" else int(match[2])
        elif status in (401, 403):
            raise ProviderAuthError(f"{self._shown} answered {status}: it may not be fetched with this credential.")
        else:
            raise DownloadFailed(f"{self._shown} answered {status} {response.reason}.")
        if self._expected.size is None:
            self._size = total
        elif total is not None and total != self._size:
            raise WrongContent(f"{self._shown} has {total:,} bytes, {self._size:,} were expected.")
        return start

    async def _take(self, response: aiohttp.ClientResponse) -> None:
        """Append the body to the part file: while one block is written, the next one comes in."""
        file = await asyncio.to_thread(self._part.open, "ab", buffering=0)
        block = _Block(file.tell())
        writing: asyncio.Future[None] | None = None
        self._report(block.start)
        try:
            async for data in _as_it_comes(response.content):
                if data:
                    block.add(data)
                    if self._size is not None and block.end > self._size:
                        block.drop()
                        raise _TooMuch(f"{self._shown} sends more than the {self._size:,} bytes that were expected.")
                if block.is_due:
                    if writing is not None:
                        await writing
                    writing = _on_disk(self._store, file, block)
                    self._report(block.end)
                    block = _Block(block.end)
        finally:
            try:
                if writing is not None:
                    await _through(writing)
                if block.parts:  # also where the connection broke, or somebody cancels
                    await _through(_on_disk(self._store, file, block))
                    self._report(block.end)
            finally:
                file.close()

    def _store(self, file: Any, block: _Block) -> None:
        """Write what came in, and hash it. Blocks."""
        # Part by part: joining them would hold the interpreter's lock, on which the event loop waits.
        for part in block.parts:
            left = memoryview(part)
            while left:
                left = left[file.write(left) :]
        if self._expected.digest is None or self._size is None:
            return
        hashed, until = self._hash or (self._expected.hasher(self._size), 0)
        if until != block.start:  # of an earlier process, or of an earlier attempt
            hashed = self._expected.hasher(self._size)
            with self._part.open("rb") as before:
                left_to_hash = block.start
                while left_to_hash and (old := before.read(min(BLOCK, left_to_hash))):
                    hashed.update(old)
                    left_to_hash -= len(old)
        for part in block.parts:
            hashed.update(part)
        self._hash = (hashed, block.end)

    def _report(self, have: int) -> None:
        if have > self._highest:
            self._highest = have
            if self._on_progress is not None:
                self._on_progress(have, self._size or 0)


class _Block:
    """Bytes that came in and are not written yet; the first one stands at `start` in the file."""

    def __init__(self, start: int) -> None:
        self.start = self.end = start
        self.parts: list[bytes] = []
        self._since = 0.0

    def add(self, data: bytes) -> None:
        """Take more bytes."""
        if not self.parts:
            self._since = time.monotonic()
        self.parts.append(data)
        self.end += len(data)

    def drop(self) -> None:
        """Forget them."""
        self.parts.clear()

    @property
    def is_due(self) -> bool:
        """Whether they are many or have waited for long."""
        size = self.end - self.start
        return size >= BLOCK or (bool(self.parts) and time.monotonic() - self._since >= _GATHER_S)


async def _as_it_comes(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """What arrives, and nothing (`b""`) for every `_GATHER_S` seconds in which nothing does."""
    while True:
        data = content.read_nowait(-1)
        if data:
            yield data
            continue
        if content.at_eof():
            return
        more = asyncio.ensure_future(content.readany())
        try:
            while not (await asyncio.wait({more}, timeout=_GATHER_S))[0]:
                yield b""
        finally:
            if not more.done():
                more.cancel()
        yield more.result()


def _on_disk(work: Callable[[Any, _Block], None], file: Any, block: _Block) -> asyncio.Future[None]:
    """Begin to write and hash a block, in a thread."""
    return asyncio.get_running_loop().run_in_executor(None, work, file, block)


async def _through(work: asyncio.Future[None]) -> None:
    """Wait for work in a thread also when cancelled meanwhile: the file must not be closed under its hands."""
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await work
        raise
