"""The folders in which workers' sockets lie: private, and removed by the next start where a gateway was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path

_PREFIX = "pluggably-"
_LOCK = "lock"
_LONGEST_PARENT = 80  # a socket's path may have 107 bytes


class SocketFolder:
    """A new folder that nobody else may enter. Its lock is held for as long as the process lives, however it ends."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_parent()))
        unnamed = self.path / f".{_LOCK}"
        self._lock = os.open(unnamed, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        unnamed.rename(self.path / _LOCK)  # whoever sees it sees it locked

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def remove_stale_folders() -> int:
    """Remove what killed gateways of this user have left behind; how many folders that were.

    A folder counts as left behind if it is this user's own, has a lock, and nobody holds that.
    """
    removed = 0
    for entry in Path(_parent()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            found = entry.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                continue
            lock = os.open(entry / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(entry, ignore_errors=True)
                removed += 1
            finally:
                os.close(lock)
    return removed


def _parent() -> str:
    """The folder for temporary files, if the paths below it are short enough for sockets."""
    parent = tempfile.gettempdir()
    return parent if len(os.fsencode(parent)) <= _LONGEST_PARENT else "/tmp"  # noqa: S108 - what is made there is private
