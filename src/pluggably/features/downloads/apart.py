"""Has files fetched by a process of their own (`child`), so that no request waits for a download."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog

from pluggably.errors import BlockedURL, InsufficientStorage, PluggablyError, ProviderAuthError
from pluggably.features.downloads.child import Order
from pluggably.features.downloads.doors import Way
from pluggably.features.downloads.fetch import DownloadFailed, Expected, OnProgress, Patience, WrongContent, fetched

_END_S = 10.0
"""How long the process may take to keep what it has."""
_ERRORS: dict[str, type[PluggablyError]] = {
    kind.__name__: kind for kind in (BlockedURL, DownloadFailed, InsufficientStorage, ProviderAuthError, WrongContent)
}

log = structlog.get_logger(__name__)


class Apart:
    """A process that fetches files, one after the other, until the context ends. It starts with the first one."""

    def __init__(self, way: Way, patience: Patience | None = None) -> None:
        self._way = way
        self._patience = patience or Patience()
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()  # which ends it
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_END_S):  # Python 3.11's wait_for may swallow a cancellation
                    await process.communicate()
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def fetch(self, url: str, target: Path, expected: Expected, on_progress: OnProgress) -> None:
        """As `fetch.fetch`, there. A process that ends under way is followed by another one, unless it ended before
        it had brought anything."""
        order = Order(url=url, target=target, expected=expected, way=self._way, patience=self._patience)
        while True:
            before = await asyncio.to_thread(fetched, target)
            process = self._process or await self._started()
            if await _obeyed(process, order, on_progress):
                return
            self._process = None
            status = await process.wait()
            if await asyncio.to_thread(fetched, target) <= before:
                raise DownloadFailed(
                    f"The process that fetched {target.name} has ended ({status}); the next try goes on from what it "
                    "has kept."
                )
            log.warning("download_process_ended", status=status, file=target.name)

    async def _started(self) -> Process:
        # It is told all it needs; the gateway's own settings, secrets among them, are kept from it.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PLUGGABLY_")}
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "pluggably.features.downloads.child"),  # -P: no imports from this folder
            stdin=PIPE,
            stdout=PIPE,
            env=environment,
            start_new_session=True,  # which `step_back` asks for
        )
        return self._process


async def _obeyed(process: Process, order: Order, on_progress: OnProgress) -> bool:
    """Whether the process has done what it was told; False: it has ended. Raises what it says went wrong."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(ConnectionError):  # it is gone, which the end of its output says
        process.stdin.write(order.model_dump_json().encode() + b"\n")
        await process.stdin.drain()
    while (line := await process.stdout.readline()).endswith(b"\n"):  # else it ended, maybe within a line
        told: dict[str, Any] = json.loads(line)
        if "error" in told:
            raise _error(told["error"])
        if "done" in told:
            return True
        on_progress(*told["progress"])
    return False


def _error(told: dict[str, Any]) -> PluggablyError:
    kind = _ERRORS.get(told["type"], DownloadFailed)
    return kind(told["message"], param=told["param"], details=told["details"], retry_after=told["retry_after"])
