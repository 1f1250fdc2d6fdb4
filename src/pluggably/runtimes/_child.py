"""What every model process shares: its configuration, its reports, and its end together with the gateway.

The protocol with the parent: one line of JSON with the configuration comes on standard input, which then stays open
as a lifeline. Reports go out as lines of JSON on standard output: `{"event": "ready", "details": {…}}` or
`{"event": "failed", "reason": "…"}`. Everything else that is printed goes to standard error.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Parent:
    """The gateway as its child sees it."""

    def __init__(self) -> None:
        # Engines print where they like; reports must not be mixed with that.
        self._reports = os.dup(1)
        os.set_inheritable(self._reports, False)
        os.dup2(2, 1)

    def ready(self, **details: Any) -> None:
        """Say that the model answers now."""
        self._report({"event": "ready", "details": details})

    def failed(self, reason: str) -> None:
        """Say why the model can't be loaded."""
        self._report({"event": "failed", "reason": reason})

    def _report(self, event: dict[str, Any]) -> None:
        os.write(self._reports, json.dumps(event).encode() + b"\n")


def die_with_parent() -> None:
    """Linux: the parent's end is this process's end, even in a loop in native code that never lets Python run."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def join_parent() -> tuple[Parent, dict[str, Any]]:
    """Bind this process to its parent's life and read the configuration."""
    die_with_parent()
    parent = Parent()
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        os._exit(0)  # the parent went before it had told us anything
    threading.Thread(target=_follow_lifeline, name="lifeline", daemon=True).start()
    return parent, json.loads(line)


def wait_for_the_end() -> None:
    """Serve until the parent closes the lifeline; that ends the process."""
    while True:
        signal.pause()


def tame_openmp() -> None:
    """Settle how long an engine's threads spin while they wait for each other; read when the engine is imported.

    On two cores that another process kept half busy: 7 tokens/s of text with OpenMP's own choice, 30 with 1,000
    turns; with idle cores 84 either way. A small image model took 2.0 s in place of 0.15 s. Not to spin at all
    (`OMP_WAIT_POLICY=passive`) is several times slower everywhere.
    """
    os.environ.pop("OMP_WAIT_POLICY", None)
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def usable_cores() -> int:
    """Cores that this process may use: a container often has fewer than the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()  # "max 100000" is none
        cores = min(cores, max(1, int(quota) // int(period)))
    return cores


def _follow_lifeline() -> None:
    while os.read(0, 4096):
        pass
    # Nothing is worth an orderly end here: files are not written, and the memory goes with the process.
    os._exit(0)
