"""One operating-system process that serves one model: from its start to the end of its whole group."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

KEPT_LINES = 40
_LINE_BYTES = 500
_REPORT_BYTES = 64 * 1024
_LOG_PREFIX = re.compile(r"^[\d.]+ [EWID] +")  # llama.cpp: time and level


class LoadFailed(Exception):
    """The process did not become ready; the message is the reason, without paths of this machine."""


class WorkerProcess:
    """A started process, the leader of a session and process group of its own.

    It gets its configuration on standard input, which then stays open: its end tells the process to end.
    """

    def __init__(self, process: asyncio.subprocess.Process, config: Mapping[str, Any]) -> None:
        self._process = process
        self._config = config
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        # None: the process ended without one.
        self._report: asyncio.Future[dict[str, Any] | None] = asyncio.get_running_loop().create_future()
        self.gone = asyncio.Event()
        """Set when the process has ended and was reaped."""
        self._readers = [
            asyncio.create_task(self._read_reports(), name=f"worker {self.pid} reports"),
            asyncio.create_task(self._read_log(), name=f"worker {self.pid} log"),
        ]
        self._reaper = asyncio.create_task(self._reap(), name=f"worker {self.pid} end")

    @classmethod
    async def start(cls, module: str, config: Mapping[str, Any]) -> WorkerProcess:
        """Start `python -m module`. The gateway's own settings, secrets among them, are kept from it."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PLUGGABLY_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # nothing is imported from the current folder
            "-m",
            module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_REPORT_BYTES,
            env=environment,
            start_new_session=True,
        )
        started = cls(process, config)
        assert process.stdin is not None
        process.stdin.write(json.dumps(dict(config)).encode() + b"\n")
        return started

    @property
    def pid(self) -> int:
        """The process and its group."""
        return self._process.pid

    @property
    def lines(self) -> list[str]:
        """The last lines of standard error."""
        return list(self._lines)

    async def wait_ready(self) -> dict[str, Any]:
        """What the process says when it is ready. Raises `LoadFailed`."""
        report = await asyncio.shield(self._report)
        if report is None:
            raise LoadFailed(self._reason(f"the process ended with {self.exit}"))
        if report["event"] == "failed":
            await self._drain()
            raise LoadFailed(self._reason(str(report.get("reason"))))
        details = report.get("details")
        return details if isinstance(details, dict) else {}

    @property
    def running(self) -> bool:
        """False from the moment on at which the process's end was noticed."""
        return self._process.returncode is None

    @property
    def exit(self) -> str:
        """How the process ended: `status 1`, `SIGKILL`."""
        code = self._process.returncode
        if code is not None and code < 0:
            try:
                return signal.Signals(-code).name
            except ValueError:
                return f"signal {-code}"
        return f"status {code}"

    async def healthy(self, socket_path: str, timeout_s: float) -> bool:
        """Whether `GET /health` on the socket is answered with 200 in time."""
        writer = None
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await asyncio.open_unix_connection(socket_path)
                writer.write(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
                status = await reader.readline()
                return status.split(b" ", 2)[1:2] == [b"200"]
        except (OSError, TimeoutError, ValueError):
            return False
        finally:
            if writer is not None:
                writer.close()

    async def memory_bytes(self) -> int | None:
        """Resident memory of the process and its descendants."""
        return await asyncio.to_thread(_resident, self.pid)

    async def end(self, grace_s: float) -> None:
        """End the whole group: close the lifeline, then SIGTERM, then SIGKILL, each after `grace_s` seconds."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        if not await self.ended_within(grace_s):
            self._signal(signal.SIGTERM)
            await self.ended_within(grace_s)
        await self.kill()

    async def kill(self) -> None:
        """End the whole group at once."""
        self._signal(signal.SIGKILL)
        await self.gone.wait()

    async def ended_within(self, seconds: float) -> bool:
        """Whether the process ends within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self.gone.wait()
        except TimeoutError:
            return self.gone.is_set()
        return True

    def _signal(self, number: signal.Signals) -> None:
        if self.gone.is_set():
            return  # the group's number may be somebody else's by now
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    async def _reap(self) -> None:
        await self._process.wait()
        self._signal(signal.SIGKILL)  # what the process started must not stay behind
        await self._drain()
        for reader in self._readers:
            reader.cancel()
        assert self._process.stdin is not None
        self._process.stdin.close()
        if not self._report.done():
            self._report.set_result(None)
        self.gone.set()

    async def _drain(self) -> None:
        """Let the readers see what was written last. Bounded: a descendant may hold the pipes open."""
        await asyncio.wait(self._readers, timeout=0.5)

    async def _read_reports(self) -> None:
        assert self._process.stdout is not None
        while True:
            try:
                line = await self._process.stdout.readline()
            except ValueError:
                continue  # longer than any report; what was read is dropped
            if not line:
                return
            try:
                report = json.loads(line)
            except ValueError:
                continue
            if isinstance(report, dict) and report.get("event") in ("ready", "failed") and not self._report.done():
                self._report.set_result(report)

    async def _read_log(self) -> None:
        assert self._process.stderr is not None
        pending = b""
        while chunk := await self._process.stderr.read(_REPORT_BYTES):
            *lines, pending = (pending + chunk).split(b"\n")
            pending = pending[:_LINE_BYTES]
            self._lines.extend(line[:_LINE_BYTES].decode("utf-8", "replace").rstrip() for line in lines)
        if pending:
            self._lines.append(pending.decode("utf-8", "replace").rstrip())

    def _reason(self, reported: str) -> str:
        lines = [line for line in self._lines if line]
        traceback = any(line.startswith("Traceback ") for line in lines)
        # Python says what happened last; engines say it first, and then what followed from it.
        cause = lines[-1 if traceback else 0] if lines else None
        reason = reported if cause is None else f"{reported}: {_LOG_PREFIX.sub('', cause)}"
        for value in self._config.values():
            if isinstance(value, str) and os.path.isabs(value):
                reason = reason.replace(value, Path(value).name)
        return reason


def _resident(pid: int) -> int | None:
    total = None
    with contextlib.suppress(psutil.Error):
        leader = psutil.Process(pid)
        for process in (leader, *leader.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total = (total or 0) + process.memory_info().rss
    return total
