"""Opens files that may hold a model, whatever lies under the name."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


class DamagedModelFile(Exception):
    """The file is of no format that is read here, is damaged, or is not all here. The message is the reason, without
    the path."""


@contextmanager
def open_model_file(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """A regular file, open for reading, and its size in bytes.

    Raises `DamagedModelFile`, also for what fails or does not make sense while it is open.
    """
    try:
        # A FIFO under this name would otherwise block until somebody writes into it.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise DamagedModelFile("is not a regular file")
            yield file, status.st_size
    except (OSError, ValueError) as error:
        raise DamagedModelFile(f"can't be read: {getattr(error, 'strerror', None) or error}") from error
