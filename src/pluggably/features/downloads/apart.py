"""Has files fetched by a process of their own (`child`), so that no request waits for a download."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pluggably.errors import BlockedURL, InsufficientStorage, PluggablyError, ProviderAuthError
from pluggably.features.downloads.child import Order
from pluggably.features.downloads.doors import Way
from pluggably.features.downloads.fetch import DownloadFailed, Expected, OnProgress, Patience, WrongContent

_END_S = 10.0
"""How long the process may take to keep what it has."""
_ERRORS: dict[str, type[PluggablyError]] = {
    kind.__name__: kind for kind in (BlockedURL, DownloadFailed, InsufficientStorage, ProviderAuthError, WrongContent)
}


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
        """As `fetch.fetch`, there."""
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "pluggably.features.downloads.child"),
                stdin=PIPE,
                stdout=PIPE,
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        order = Order(url=url, target=target, expected=expected, way=self._way, patience=self._patience)
        with suppress(ConnectionError):  # it is gone, which the end of its output says
            process.stdin.write(order.model_dump_json().encode() + b"\n")
            await process.stdin.drain()
        while line := await process.stdout.readline():
            told: dict[str, Any] = json.loads(line)
            if "error" in told:
                raise _error(told["error"])
            if "done" in told:
                return
            on_progress(*told["progress"])
        raise DownloadFailed(
            f"The process that fetched {target.name} has ended ({await process.wait()}); the next try goes on from "
            "what it has kept."
        )


def _error(told: dict[str, Any]) -> PluggablyError:
    kind = _ERRORS.get(told["type"], DownloadFailed)
    return kind(told["message"], param=told["param"], details=told["details"], retry_after=told["retry_after"])
