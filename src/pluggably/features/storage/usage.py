"""Measures the model folders: every file once, however many names and folders lead to it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path


def used_bytes(folders: Iterable[Path]) -> int:
    """Bytes of the files in these folders and below; hard links and overlapping folders count once.

    Links are not followed: what they point to lies elsewhere, and is counted there if that is in a model folder.
    What can't be read counts as nothing.
    """
    seen: set[tuple[int, int]] = set()
    total = 0
    for folder in folders:
        for entry in _files(os.path.realpath(folder)):
            found = _stat(entry)
            if found is None or not stat.S_ISREG(found.st_mode):
                continue
            identity = (found.st_dev, found.st_ino)
            if identity not in seen:
                seen.add(identity)
                total += found.st_size
    return total


def size_of(path: str) -> int | None:
    """Bytes of a model's file, or of all files in its folder; None where there is nothing."""
    where = Path(path)
    if where.is_dir():
        return used_bytes([where])
    try:
        return where.stat().st_size
    except OSError:
        return None


def free_bytes(folder: Path) -> int:
    """Bytes that this process may still write to the disk on which the folder is, or will be made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _files(folder: str) -> Iterator[str]:
    for parent, _, names in os.walk(folder):
        for name in names:
            yield os.path.join(parent, name)


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None  # removed meanwhile
