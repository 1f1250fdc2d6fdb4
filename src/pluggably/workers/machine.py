"""What this machine has for models."""

from __future__ import annotations

import contextlib
import platform
import sys
from pathlib import Path

import psutil

MIB = 1024 * 1024
_SHARE = 0.8
_CONTAINER = Path("/sys/fs/cgroup/memory.max")


def default_memory_bytes(container: Path = _CONTAINER) -> int:
    """The memory that models may take where nobody has set a limit: 80 % of the machine's or the container's."""
    total = int(psutil.virtual_memory().total)
    with contextlib.suppress(OSError, ValueError):
        total = min(total, int(container.read_text(encoding="ascii")))  # "max": no limit
    return int(total * _SHARE)


def has_accelerator(devices: Path = Path("/dev")) -> bool:
    """Whether engines will find a GPU: NVIDIA's or AMD's driver on Linux, or a Mac with Apple's processor."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    return (devices / "nvidiactl").exists() or (devices / "kfd").exists()
