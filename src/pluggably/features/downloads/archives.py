"""Takes chosen files out of a zip archive (a wheel is one), within bounds, whoever packed it.

An archive is never unpacked as a whole: of its members the wanted ones are written, under names that are checked, as
new regular files. Links, devices and folders are passed over; sizes are counted as they are written, not believed.
Other archives are not opened.
"""

from __future__ import annotations

import errno
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path
from threading import Event

from pluggably.features.downloads.fetch import BLOCK, WrongContent, no_space
from pluggably.kit.paths import UnsafePath, safe_join

MAX_DIRECTORY_BYTES = 4 * 1024 * 1024
"""Of an archive's list of members, which is read at once."""

_DAMAGES = (zipfile.BadZipFile, zlib.error, struct.error, LZMAError, EOFError, NotImplementedError, ValueError)
"""What `zipfile` raises for archives that it can't read."""


class BadArchive(WrongContent):
    """The archive is damaged, goes beyond the bounds, or holds a wanted file under a name that leads elsewhere."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an archive may hold; sizes are in bytes, after decompression."""

    total_bytes: int
    """Of the files that are taken."""
    members: int = 10_000
    """Of all kinds."""
    ratio: float = 200.0
    """Bytes taken for each byte of the archive. Weights compress to half at best, text to a twentieth."""


def sizes(archive: Path, bounds: Bounds) -> dict[str, int]:
    """The files of an archive, by the names and with the sizes in bytes that it declares: not to be believed.

    Blocks. Raises `BadArchive`.
    """
    try:
        with _Reader(archive) as file, zipfile.ZipFile(file) as zipped:
            return {item.filename: item.file_size for item in _files(zipped, bounds)}
    except (OSError, *_DAMAGES) as error:
        raise _told(archive.parent, error) or error from error


def take(
    archive: Path,
    folder: Path,
    wanted: Callable[[str], bool],
    bounds: Bounds,
    *,
    stop: Event | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> list[Path]:
    """Write the members that `wanted(name)` chooses into `folder`, under their own paths, and return these.

    Blocks; raises `InterruptedError` once `stop` is set. `on_progress` hears of all bytes written so far. Where it
    raises, nothing that it has written stays; a process that is killed leaves what it has written, so the folder
    should be one that nobody looks into yet. Raises `BadArchive`, or `InsufficientStorage` where the disk is full.
    """
    made: list[Path] = []
    done = 0
    try:
        limit = min(bounds.total_bytes, int(archive.stat().st_size * bounds.ratio))
        with _Reader(archive) as file, zipfile.ZipFile(file) as zipped:
            for item in _chosen(zipped, wanted, bounds, limit):
                target = safe_join(folder, item.filename)
                target.parent.mkdir(parents=True, exist_ok=True)
                with zipped.open(item) as source, target.open("xb") as out:
                    made.append(target)
                    while block := source.read(BLOCK):
                        done += len(block)
                        if done > limit:
                            raise BadArchive(f"The archive holds more than {limit:,} bytes of what is wanted of it.")
                        if stop is not None and stop.is_set():
                            raise InterruptedError
                        out.write(block)
                        if on_progress is not None:
                            on_progress(done)
    except BaseException as error:
        for path in made:
            path.unlink(missing_ok=True)
        told = _told(folder, error)
        if told is None:
            raise
        raise told from error
    return made


class _Reader(io.FileIO):
    """Reads a file in pieces of bounded size."""

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes. Raises `BadZipFile` where too many are asked for at once."""
        if size is None or size < 0:
            size = BLOCK  # asked so, the archive's end is wanted: 64 KiB at most
        if size > MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile("its list of files is too long")
        return super().read(size) or b""


def _chosen(
    zipped: zipfile.ZipFile, wanted: Callable[[str], bool], bounds: Bounds, limit: int
) -> list[zipfile.ZipInfo]:
    chosen = [item for item in _files(zipped, bounds) if wanted(item.filename)]
    if any(item.flag_bits & 1 for item in chosen):
        raise BadArchive("The archive is encrypted.")
    if sum(item.file_size for item in chosen) > limit:
        raise BadArchive(f"The archive declares more than {limit:,} bytes of what is wanted of it.")
    return chosen


def _files(zipped: zipfile.ZipFile, bounds: Bounds) -> list[zipfile.ZipInfo]:
    items = zipped.infolist()
    if len(items) > bounds.members:
        raise BadArchive(f"The archive holds more than {bounds.members:,} files.")
    return [item for item in items if _is_file(item)]


def _is_file(item: zipfile.ZipInfo) -> bool:
    """Whether a member is no folder, link or device, by the mode that Unix tools write (stat's `S_IFMT`)."""
    return not item.is_dir() and (item.external_attr >> 28) in (0, 0o10)


def _told(folder: Path, error: BaseException) -> Exception | None:
    """The error as whoever asked for the archive is told it; None: as it is."""
    if isinstance(error, FileExistsError):
        return BadArchive("The archive holds one file twice, or a file that is there already.")
    if isinstance(error, UnsafePath):
        return BadArchive(f"The archive holds a file whose name {error}.")
    if isinstance(error, _DAMAGES):
        return BadArchive(f"The archive is damaged, or no zip archive: {error}.")
    if isinstance(error, OSError) and error.errno == errno.EINVAL:  # a place before the file's beginning
        return BadArchive("The archive is damaged: it names places outside itself.")
    return no_space(error, folder) if isinstance(error, OSError) else None
