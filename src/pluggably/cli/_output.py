"""How results are printed: for people, as JSON, or ids only. Results go to stdout, everything else to stderr."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

Mode = Literal["human", "json", "quiet"]
PIPE_CLOSED = 141
"""What a shell reports for a program that a closed pipe ended: 128 + SIGPIPE."""

_PIPED_WIDTH = 1000
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Failed(Exception):
    """A command can't do what it should; the message says why and what to do."""


class Output:
    """The one way to stdout."""

    def __init__(self) -> None:
        self.mode: Mode = "human"

    def choose(self, mode: Mode) -> None:
        """Set the mode. Raises `typer.BadParameter` when two different ones are asked for."""
        if self.mode not in ("human", mode):
            raise typer.BadParameter("--json and --quiet exclude each other")
        self.mode = mode

    def emit(self, data: Any, *, ids: Iterable[str], human: Callable[[], RenderableType]) -> None:
        """Print one result: `data` as JSON, or `ids` one a line, or what `human` makes."""
        if self.mode == "json":
            import json

            self.write(json.dumps(data, indent=2, ensure_ascii=False, default=str) + "\n")
        elif self.mode == "quiet":
            self.write("".join(f"{name}\n" for name in ids))
        else:
            self.write(_rendered(human()))

    def note(self, text: str) -> None:
        """Tell people something that is no result."""
        if self.mode == "human":
            complain(text)

    def write_aside(self, content: RenderableType) -> None:
        """Show people something before they are asked about it."""
        if self.mode == "human":
            sys.stderr.write(_rendered(content))
            sys.stderr.flush()

    def write(self, text: str) -> None:
        """Write to stdout at once. A closed pipe ends the program quietly."""
        left = memoryview(text.encode(sys.stdout.encoding, "replace"))
        try:
            while left:  # unbuffered (PYTHONUNBUFFERED), one write may take a part only
                left = left[sys.stdout.buffer.write(left) :]
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(PIPE_CLOSED) from None


def complain(text: str) -> None:
    """One line on stderr."""
    try:
        sys.stderr.write(" ".join(text.split("\n")).rstrip() + "\n")
        sys.stderr.flush()
    except (BrokenPipeError, UnicodeEncodeError):
        return


def table(*columns: str, right: Iterable[str] = ()) -> Table:
    """An empty table; the columns in `right` are set to the right."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def size(number: int | None) -> str:
    """`98.4 MB`; a dash for what is not known."""
    if number is None:
        return "-"
    amount, units = float(number), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while amount >= 999.5 and unit != "TB":
        amount, unit = amount / 1000, next(units)
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 99.95 else f"{amount:.1f} {unit}"


def ago(moment: datetime | None) -> str:
    """`2 h ago`; a dash for never."""
    return "-" if moment is None else f"{span(datetime.now(UTC) - moment)} ago"


def span(duration: timedelta) -> str:
    """`14 min`, in whole units of the largest kind that fits."""
    seconds = max(0, int(duration.total_seconds()))
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def printable(text: str) -> str:
    """The text without the characters that steer a terminal: it may come from a model or a stranger."""
    return _CONTROLS.sub("", text)


def _rendered(content: RenderableType) -> str:
    from rich.console import Console

    terminal = sys.stdout.isatty()
    console = Console(file=sys.stdout, width=None if terminal else _PIPED_WIDTH, highlight=False, markup=False)
    with console.capture() as capture:
        console.print(content, soft_wrap=isinstance(content, str))
    text = capture.get()
    if terminal:
        return text
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())
