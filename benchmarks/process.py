"""Server processes: kept on one core, watched with their children, ended as a group."""

import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Cores:
    """Which cores the server under test has to itself, and which the mock vendor and the load share."""

    server: frozenset[int]
    load: frozenset[int]

    @classmethod
    def split(cls) -> "Cores | None":
        """The last core for the server, the others for the rest; None where there is only one to split."""
        if not hasattr(os, "sched_getaffinity"):
            return None
        *others, last = sorted(os.sched_getaffinity(0))
        return cls(frozenset({last}), frozenset(others)) if others else None


def raise_open_files(wanted: int = 65_536) -> None:
    """Let this process have many connections at once, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def free_port() -> int:
    """A TCP port of the loopback address that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment and `extra`, without proxies and without settings of the gateway."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PLUGGABLY_") and not name.lower().endswith("_proxy")
    }
    return {**kept, **extra}


def end_with_parent() -> None:
    """Linux: a benchmark that is killed leaves no server behind. Runs in the new process, before the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG of linux/prctl.h


class Server:
    """A running server and everything it started."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        cores: frozenset[int] | None,
        *,
        keep_stdin: bool = False,
    ) -> None:
        """Start `command`; with `keep_stdin` its standard input stays open until `stop`."""
        before = os.sched_getaffinity(0) if cores else None
        if cores:
            os.sched_setaffinity(0, cores)  # the child inherits it
        try:
            with log.open("ab") as output:
                self._process = subprocess.Popen(
                    command,
                    env=clean_environment(environment),
                    stdin=subprocess.PIPE if keep_stdin else subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    preexec_fn=end_with_parent,  # noqa: PLW1509 - one call of the system, which takes no lock
                )
        finally:
            if before:
                os.sched_setaffinity(0, before)
        self.log = log
        self._seen = psutil.Process(self._process.pid)

    def _tree(self) -> list[psutil.Process]:
        try:
            return [self._seen, *self._seen.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def cpu_seconds(self) -> float:
        """User and system time so far, of the whole tree and of those of its children that have ended."""
        total = 0.0
        for process in self._tree():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
                total += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
        return total

    def resident_bytes(self) -> int:
        """Resident memory of the whole tree; pages that processes share count once for each."""
        total = 0
        for process in self._tree():
            with suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        return total

    def ended(self) -> bool:
        return self._process.poll() is not None

    def last_words(self, lines: int = 5) -> str:
        """The end of what the server printed."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def kill(self) -> None:
        """End the server at once, as a crash does; what it started ends as it can."""
        self._process.kill()
        self._process.wait()

    def stop(self, patience: float = 10.0) -> None:
        """Ask the server to end; after `patience` seconds end its whole session by force."""
        tree = self._tree()
        if self._process.stdin:
            self._process.stdin.close()
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        for process in tree:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()


def python_module(name: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules with this very Python."""
    return [sys.executable, "-m", name, *arguments]
