"""What downloads that nobody goes on with have left in the model folders."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from pluggably.features.downloads.getter import STAGING

STALE_S = 24 * 3600.0
"""Younger files are left alone: somebody may still go on with them."""
MAX_ENTRIES = 100_000
"""Files and folders looked at."""

_UNFINISHED = (".part", ".part.json", ".partial", ".incomplete")
_LOCK = ".lock"
_GATHERED = f"{os.sep}{STAGING}{os.sep}"

Reason = Literal["unfinished", "orphaned"]


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file that nobody needs: `unfinished`, or `orphaned`: a lock of nothing, or weights that no revision has."""

    path: Path
    name: str
    """Within its model folder."""
    reason: Reason
    size_bytes: int
    modified_ns: int


def find_leftovers(folders: Iterable[Path], in_use: Collection[str] = (), stale_s: float = STALE_S) -> list[Leftover]:
    """All that was not written for `stale_s` seconds, largest first; what lies at or below a path of `in_use` stays.

    Links are not followed. Blocks.
    """
    before = time.time_ns() - round(stale_s * 1e9)
    kept = [os.path.realpath(path) for path in in_use]
    found: dict[str, Leftover] = {}
    for folder in folders:
        root = os.path.realpath(folder)
        for path, status in _files(root):
            reason = _reason(path)
            if reason is None or status.st_mtime_ns > before or _is_below(path, kept):
                continue
            name = os.path.relpath(path, root)
            found.setdefault(path, Leftover(Path(path), name, reason, status.st_size, status.st_mtime_ns))
    return sorted(found.values(), key=lambda leftover: (-leftover.size_bytes, leftover.name))


def remove_leftover(leftover: Leftover) -> bool:
    """Delete it, unless somebody has written to it since, or holds its lock; whether that was done. Blocks."""
    path = leftover.path
    lock = _lock_of(path)
    try:
        with FileLock(lock, timeout=0) if lock.exists() else nullcontext():
            status = os.lstat(path)
            if path != lock and status.st_mtime_ns != leftover.modified_ns:
                return False
            path.unlink()
            _remove_empty(path.parent)
            return True
    except (Timeout, OSError):
        return False


def _files(root: str) -> Iterator[tuple[str, os.stat_result]]:
    left = MAX_ENTRIES
    for folder, _, names in os.walk(root):
        left -= len(names) + 1
        if left < 0:
            return
        for name in names:
            path = os.path.join(folder, name)
            with suppress(OSError):
                status = os.lstat(path)
                if stat.S_ISREG(status.st_mode):
                    yield path, status


def _remove_empty(folder: Path) -> None:
    """Remove the folders in which a download gathered its files, if that was the last one."""
    while _GATHERED in f"{folder}{os.sep}":
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _reason(path: str) -> Reason | None:
    folder, name = os.path.split(path)
    if name.endswith(_UNFINISHED) or _GATHERED in path:
        return "unfinished"
    if name.startswith(".") and name.endswith(_LOCK):
        target = os.path.join(folder, name[1 : -len(_LOCK)])
        needed = any(os.path.lexists(target + ending) for ending in ("", *_UNFINISHED))
        return None if needed else "orphaned"
    repository, blobs = os.path.split(folder)
    if blobs == "blobs" and os.path.basename(repository).startswith("models--"):
        return None if _is_linked(os.path.join(repository, "snapshots"), path) else "orphaned"
    return None


def _is_linked(snapshots: str, blob: str) -> bool:
    """Whether some revision in Hugging Face's cache has this file."""
    for folder, _, names in os.walk(snapshots):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path) and os.path.realpath(path) == blob:
                return True
    return False


def _lock_of(path: Path) -> Path:
    """The lock that whoever writes the file holds."""
    if path.name.endswith(_LOCK):
        return path
    ending = max((ending for ending in _UNFINISHED if path.name.endswith(ending)), key=len, default="")
    return path.with_name(f".{path.name.removesuffix(ending)}{_LOCK}")


def _is_below(path: str, kept: list[str]) -> bool:
    return any(path == one or path.startswith(one.rstrip(os.sep) + os.sep) for one in kept)
