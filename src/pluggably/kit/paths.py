"""Names from the outside and the file system: a name becomes a file's name, never a way to somewhere else."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

LONGEST_NAME = 120
"""Characters of a name made here: with an ending or a lock's prefix it stays under the 255 bytes of file systems."""
LONGEST_PART = 255
"""Bytes of one part of a path."""
MAX_PARTS = 32

_DIGEST = 12
_OTHER = re.compile(r"[^A-Za-z0-9._-]+")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.I)
"""What Windows takes for devices, whatever the ending."""


class UnsafePath(ValueError):
    """The path would lead out of its folder, or can't be had on every file system. The message is the reason."""


def safe_name(text: str) -> str:
    """A name for one file or folder made of any text: a repository, a revision, an id.

    Letters, digits, `.`, `_` and `-` of ASCII stay, all else becomes `-`; a text that had to be changed gets a digest
    of itself behind it, so that different texts have different names. Never empty, never hidden, at most
    `LONGEST_NAME` characters.
    """
    name = _OTHER.sub("-", text).strip(".-")
    if name and name == text and len(name) <= LONGEST_NAME and not _DEVICE.fullmatch(name):
        return name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    kept = name[: LONGEST_NAME - _DIGEST - 1].strip(".-")
    if not kept or _DEVICE.fullmatch(kept):
        kept = "name"
    return f"{kept}-{digest}"


def safe_join(folder: Path, relative: str) -> Path:
    """The place inside `folder` that a relative path from the outside names, with `/` between its parts.

    Links inside the folder are followed: where they lead out, the path is refused as well. Blocks (it looks at the
    links). Raises `UnsafePath`.
    """
    parts = relative.split("/")
    if len(parts) > MAX_PARTS:
        raise UnsafePath(f"has more than {MAX_PARTS} parts")
    for part in parts:
        _check(part)
    root = os.path.realpath(folder)
    path = os.path.join(root, *parts)
    resolved = os.path.realpath(path)
    if os.path.commonpath((root, resolved)) != root or resolved == root:
        raise UnsafePath("leads out of its folder through a link")
    return Path(path)


def _check(part: str) -> None:
    if part in ("", ".", ".."):
        raise UnsafePath("begins with `/` or holds an empty, `.` or `..` part")
    if not part.isprintable() or any(letter in part for letter in '\\:*?"<>|'):
        raise UnsafePath('holds a control character or one of \\ : * ? " < > |')
    if part != part.strip() or part.endswith(".") or _DEVICE.fullmatch(part):
        raise UnsafePath("holds a part that not every file system can hold")
    try:
        length = len(part.encode())
    except UnicodeEncodeError:
        raise UnsafePath("holds characters that are no Unicode") from None
    if length > LONGEST_PART:
        raise UnsafePath(f"holds a part of more than {LONGEST_PART} bytes")
