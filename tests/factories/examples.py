"""The examples of the documentation: read from its pages, run as a reader would, compared with what is shown."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SERVER = "http://127.0.0.1:8080"
MORE = "…"
"""In shown JSON, as a key: there is more than is shown."""

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BIN = Path(sys.executable).parent
_CURL = Path(__file__).parents[1] / "fakes" / "curl.py"


@dataclass(frozen=True)
class Example:
    """A block of code, and the block that stands right behind it as its answer."""

    page: str
    line: int
    language: str
    code: str
    answer_language: str | None = None
    answer: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def examples(page: Path) -> list[Example]:
    """The blocks of a page in their order."""
    text = page.read_text(encoding="utf-8")
    blocks = list(_BLOCK.finditer(text))
    found = []
    for number, block in enumerate(blocks):
        after = blocks[number + 1] if number + 1 < len(blocks) else None
        follows = after is not None and not text[block.end() : after.start()].strip()
        shows = follows and after is not None and after[1] in ("json", "text")
        found.append(
            Example(
                page=str(page.relative_to(ROOT)),
                line=text.count("\n", 0, block.start()) + 1,
                language=block[1],
                code=block[2],
                answer_language=after[1] if shows and after is not None else None,
                answer=after[2] if shows and after is not None else "",
            )
        )
    return found


def run(example: Example, url: str, folder: Path, **variables: str) -> str:
    """What the example prints when the server is at `url`. Fails if it ends with an error."""
    code = example.code.replace(SERVER, url)
    command = [sys.executable, "-c", code] if example.language == "python" else ["sh", "-euc", code]
    environment = {**os.environ, **variables, "PATH": f"{folder}:{_BIN}:{os.environ['PATH']}"}
    if shutil.which("curl") is None:
        stand_in = folder / "curl"
        stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{_CURL}" "$@"\n')
        stand_in.chmod(0o755)
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, f"{example}: {done.stdout}{done.stderr}"
    return done.stdout


def differences(shown: Any, real: Any, at: str = "answer") -> list[str]:
    """Where real JSON has other fields or kinds of values than the JSON that is shown.

    A shown null stands for anything, and so does a real one; of a list the first entry stands for all.
    """
    if shown is None or real is None:
        return []
    if isinstance(shown, dict) and isinstance(real, dict):
        named = {key for key in shown if key != MORE}
        found = [f"{at}.{key} is shown and does not come" for key in sorted(named - set(real))]
        if MORE not in shown:
            found += [f"{at}.{key} comes and is not shown" for key in sorted(set(real) - named)]
        return found + [
            problem
            for key in sorted(named & set(real))
            for problem in differences(shown[key], real[key], f"{at}.{key}")
        ]
    if isinstance(shown, list) and isinstance(real, list):
        if bool(shown) != bool(real):
            return [f"{at} is shown with {len(shown)} entries and comes with {len(real)}"]
        return differences(shown[0], real[0], f"{at}[0]") if shown else []
    return [] if _kind(shown) == _kind(real) else [f"{at} is shown as {_kind(shown)} and comes as {_kind(real)}"]


def event_names(stream: str) -> list[str]:
    """The names of a stream's events in order, a run of equal ones counted once; waiting and loading left out."""
    names: list[str] = []
    for name in re.findall(r"^event: (\w+)$", stream, re.MULTILINE):
        if name not in ("queued", "loading") and names[-1:] != [name]:
            names.append(name)
    return names


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__
