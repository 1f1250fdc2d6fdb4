"""Runs the real command line, in a clean environment and a folder of its own."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("pluggably")


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        """What it printed."""
        return json.loads(self.out)


@dataclass
class Command:
    """The command line with this folder as home, data folder and working folder."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """The environment that commands get: nothing of Pluggably but what a test set."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PLUGGABLY_")}
        home = {"HOME": str(self.folder), "XDG_STATE_HOME": str(self.folder / "state")}
        own = {"PLUGGABLY_DATA_DIR": str(self.folder / "data"), "COLUMNS": "120"}
        return {**inherited, **home, **own, **self.environ}

    async def __call__(self, *arguments: str, given: str = "") -> Result:
        """Run to the end; `given` is piped in."""
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment(),
            cwd=self.folder,
        )
        out, err = await process.communicate(given.encode())
        return Result(process.returncode or 0, out.decode(), err.decode())

    @asynccontextmanager
    async def terminal(self, *arguments: str) -> AsyncIterator[Terminal]:
        """Run at a terminal of its own."""
        ours, theirs = pty.openpty()
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            *arguments,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**self.environment(), "TERM": "dumb"},
            cwd=self.folder,
            preexec_fn=_own_terminal,
        )
        os.close(theirs)
        terminal = Terminal(ours, process)
        try:
            yield terminal
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            terminal.close()


def _own_terminal() -> None:
    import fcntl
    import termios

    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored in whatever a shell has put into the background
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """A terminal with a command at its other end."""

    def __init__(self, descriptor: int, process: asyncio.subprocess.Process) -> None:
        self._descriptor = descriptor
        self.process = process
        self.shown = ""
        self._more = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    def _read(self) -> None:
        data = b""
        with suppress(OSError):  # EIO: the command has ended
            data = os.read(self._descriptor, 65536)
        if not data:
            asyncio.get_running_loop().remove_reader(self._descriptor)
        self.shown += data.decode(errors="replace").replace("\r\n", "\n")
        self._more.set()

    async def type(self, text: str) -> None:
        """Press these keys."""
        await asyncio.to_thread(os.write, self._descriptor, text.encode())

    async def see(self, text: str, *, within_s: float = 60) -> str:
        """Wait for a text, and take everything up to its end off the screen."""
        async with asyncio.timeout(within_s):
            while text not in self.shown:
                self._more.clear()
                await self._more.wait()
        seen, _, self.shown = self.shown.partition(text)
        return seen + text

    async def press_ctrl_c(self) -> None:
        """Interrupt."""
        await self.type("\x03")

    async def interrupt(self, text: str) -> None:
        """Interrupt a prompt and wait for a text. Again and again: Python's readline does not notice a signal between
        the prompt and its first look at the keyboard."""
        for _ in range(20):
            await self.press_ctrl_c()
            with suppress(TimeoutError):
                await self.see(text, within_s=3)
                return
        raise AssertionError(f"{text!r} never came: {self.shown}")

    async def end(self, *, within_s: float = 60) -> int:
        """Wait for the command's end: its exit status."""
        async with asyncio.timeout(within_s):
            return await self.process.wait()

    def close(self) -> None:
        """Give the terminal back."""
        asyncio.get_running_loop().remove_reader(self._descriptor)
        try:
            os.close(self._descriptor)
        except OSError as error:
            if error.errno != errno.EBADF:
                raise
