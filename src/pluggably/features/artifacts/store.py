"""Where the bytes of artifacts are: one interface, and the store on the local disk.

Keys are made by the server, an artifact's id or the id with a format behind it; anything else is refused.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

import structlog

from pluggably.errors import InsufficientStorage, NotReady

CHUNK = 256 * 1024
"""Bytes that are held of an artifact while it is sent."""
UNFINISHED_S = 24 * 3600
"""Seconds after which a file that was never finished belongs to nobody any more."""

_KEY = re.compile(r"art_[0-9a-z]{26}(\.[a-z]{2,5})?", re.ASCII)

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

log = structlog.get_logger(__name__)

_T = TypeVar("_T")
Data = bytes | AsyncIterator[bytes]


class ObjectMissing(Exception):
    """The store holds nothing under this key, or less than was asked for."""


class ArtifactStore(Protocol):
    """A store. Nothing that was not written to its end is ever seen. Keys that the server did not make: `ValueError`.

    Whatever else goes wrong is `InsufficientStorage` or `NotReady`.
    """

    async def put(self, key: str, data: Data, media_type: str) -> int:
        """Keep the data and return its size in bytes. It is seen when this returns, whole or not at all."""

    def open(self, key: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """`length` bytes from `start` on, in pieces that are read when they are asked for. Raises `ObjectMissing`."""

    async def size(self, key: str) -> int | None:
        """Bytes; None where the store holds nothing under this key."""

    async def delete(self, key: str) -> None:
        """Forget it; nothing happens where it is not there."""

    async def tidy(self) -> None:
        """Remove what interrupted writes have left behind."""


def open_store(url: str | None, data_dir: Path) -> ArtifactStore:
    """The store at a `file:` or `s3:` URL; none: a folder of the data folder.

    Raises `ImportError` where S3's client is not installed.
    """
    if url is None:
        return LocalStore(data_dir / "artifacts")
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalStore(Path(unquote(parts.path)))
    from pluggably.features.artifacts.s3 import S3Store  # noqa: PLC0415 - an optional library

    return S3Store(parts.netloc, parts.path.strip("/"))


def checked(key: str) -> str:
    """The key. Raises `ValueError` for one that the server did not make."""
    if _KEY.fullmatch(key) is None:
        raise ValueError("this is no key of an artifact")
    return key


class LocalStore:
    """Files below one folder, spread over 1,024 folders. The folder is made when the first artifact comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"

    async def put(self, key: str, data: Data, media_type: str) -> int:
        """Written aside, synced, then renamed: a name leads to a whole file or to none."""
        target = self._path(key)
        with _told():
            if isinstance(data, bytes):
                return await asyncio.to_thread(_write_whole, self._incoming, target, data)
            unfinished = await _made(partial(_Unfinished, self._incoming), _Unfinished.discard)
            try:
                async for piece in data:
                    await asyncio.to_thread(unfinished.write, piece)
                return await asyncio.to_thread(unfinished.publish, target)
            except BaseException:
                await _whatever_happens(unfinished.discard)
                raise

    async def open(self, key: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """Read piece by piece."""
        with _told():
            file = await _made(partial(self._open_at, self._path(key), start), _close)
        try:
            while length:
                with _told():
                    piece = await asyncio.to_thread(file.read, min(CHUNK, length))
                if not piece:
                    raise ObjectMissing(key)
                length -= len(piece)
                yield piece
        finally:
            await _whatever_happens(file.close)

    async def size(self, key: str) -> int | None:
        """The file's size."""
        with _told():
            return await asyncio.to_thread(_size, self._path(key))

    async def delete(self, key: str) -> None:
        """Unlink it; who reads it at this moment reads on."""
        with _told():
            await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def tidy(self) -> None:
        """Unlink what was begun long ago and never finished."""
        with _told():
            await asyncio.to_thread(_tidy, self._incoming, time.time() - UNFINISHED_S)

    def _path(self, key: str) -> Path:
        name = checked(key)
        return self._folder / name.partition(".")[0][-2:] / name

    def _open_at(self, path: Path, start: int) -> BinaryIO:
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self._folder)):
            raise ObjectMissing(path.name)  # a link that leads out of the store
        try:
            file = path.open("rb")
        except FileNotFoundError:
            raise ObjectMissing(path.name) from None
        file.seek(start)
        return file


def _close(file: BinaryIO) -> None:
    file.close()


async def _whatever_happens(tidy_up: Callable[[], None]) -> None:
    """Run it in a thread to its end, also where whoever waits for it is cancelled again and again."""
    await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, tidy_up))


async def _made(make: Callable[[], _T], undo: Callable[[_T], None]) -> _T:
    """Make something in a thread; undo it there where whoever wanted it was cancelled meanwhile."""
    loop = asyncio.get_running_loop()
    making = loop.run_in_executor(None, make)

    def undone(done: asyncio.Future[_T]) -> None:
        if done.exception() is None:
            loop.run_in_executor(None, undo, done.result())

    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        making.add_done_callback(undone)
        raise


@contextmanager
def _told() -> Iterator[None]:
    """The disk's failures as the gateway's own. What the system says stays in the log: it names the folder."""
    try:
        yield
    except OSError as error:
        log.warning("artifact_store_failed", error=str(error))
        if error.errno in _FULL:
            raise InsufficientStorage("There is no room for this output in the artifact store.") from error
        raise NotReady("The artifact store does not answer as it should; try again.", retry_after=10) from error


class _Unfinished:
    """A file that nobody sees yet. Every method blocks.

    Its buffer has a lock: a thread that still writes after its task was cancelled is waited for before it is closed.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / secrets.token_hex(16)
        self._file = open(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")  # noqa: SIM115

    def write(self, piece: bytes) -> None:
        self._file.write(piece)

    def publish(self, target: Path) -> int:
        """Give it its name; its size in bytes."""
        self._file.flush()
        os.fsync(self._file.fileno())
        size = self._file.tell()
        self._file.close()
        target.parent.mkdir(exist_ok=True)
        self._path.replace(target)
        _sync_folder(target.parent)
        return size

    def discard(self) -> None:
        with suppress(OSError):  # what is left in the buffer has no room on the disk
            self._file.close()
        self._path.unlink(missing_ok=True)


def _write_whole(incoming: Path, target: Path, data: bytes) -> int:
    unfinished = _Unfinished(incoming)
    try:
        unfinished.write(data)
        return unfinished.publish(target)
    except BaseException:
        unfinished.discard()
        raise


def _sync_folder(folder: Path) -> None:
    """The new name outlives a loss of power too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _tidy(incoming: Path, before: float) -> None:
    if not incoming.is_dir():
        return
    for path in incoming.iterdir():
        with suppress(FileNotFoundError):  # finished meanwhile
            if path.stat().st_mtime < before:
                path.unlink()
