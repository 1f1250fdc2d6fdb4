"""The files of models, deleted: only those inside the model folders, and of shared ones none that others need."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pluggably.errors import Conflict
from pluggably.features.models.discovery import Headers, ModelFile, look_at

_SNAPSHOTS = "snapshots"


class ModelFiles:
    """What lies in the model folders. Every method blocks."""

    def __init__(self, folders: list[Path]) -> None:
        self.folders = folders

    def is_inside(self, path: Path) -> bool:
        """Whether a path, all links followed, lies in a model folder."""
        try:
            resolved = Path(os.path.realpath(path))
        except (OSError, ValueError):
            return False
        return any(resolved.is_relative_to(os.path.realpath(folder)) for folder in self.folders)

    def reclaimable(self, path: Path) -> int:
        """Bytes of the disk that deleting the model at this path would free; 0 where it would be refused."""
        file = look_at(path, self.folders, Headers())
        if file is None or self._objection(file) is not None:
            return 0
        shared = _needed_by_others(file.parts)
        seen: set[tuple[int, int]] = set()
        total = 0
        for part in file.parts:
            with suppress(OSError):
                found = part.stat()
                identity = (found.st_dev, found.st_ino)
                if found.st_nlink == 1 and os.path.realpath(part) not in shared and identity not in seen:
                    seen.add(identity)
                    total += found.st_size
        return total

    def delete(self, path: Path) -> None:
        """Delete the model's files; where there are none, nothing happens. Raises `Conflict` and deletes nothing."""
        file = look_at(path, self.folders, Headers())
        if file is None:
            return
        objection = self._objection(file)
        if objection is not None:
            raise Conflict(f"{objection}; nothing was deleted.", param="files")
        shared = _needed_by_others(file.parts)
        for part in file.parts:
            target = os.path.realpath(part)
            part.unlink(missing_ok=True)
            if target not in shared:
                Path(target).unlink(missing_ok=True)
        if file.pipeline:
            self._remove_empty_folders(file.path)

    def _objection(self, file: ModelFile) -> str | None:
        if file.pipeline and file.missing:
            return f"The folder {file.missing}, more than a pipeline has"
        if not all(map(self.is_inside, file.parts)):
            return "The files lie outside the model folders"
        return None

    def _remove_empty_folders(self, pipeline: Path) -> None:
        """Remove what deleted files leave of a pipeline; whatever else somebody keeps there stays."""
        shutil.rmtree(pipeline / ".cache", ignore_errors=True)  # what a download notes of itself
        kept = {os.path.realpath(folder) for folder in self.folders}
        for folder, _, _ in os.walk(pipeline, topdown=False):
            if folder not in kept:
                with suppress(OSError):
                    os.rmdir(folder)


def repository_of(path: Path) -> Path | None:
    """The folder of a repository in Hugging Face's cache (`models--org--name`) in whose snapshots a path lies."""
    for folder in path.parents:
        if folder.name == _SNAPSHOTS and folder.parent.name.startswith("models--"):
            return folder.parent
    return None


def _needed_by_others(parts: Iterable[Path]) -> set[str]:
    """What files of other revisions in Hugging Face's cache link to as well: an unchanged file is kept once."""
    own = {str(part) for part in parts}
    needed: set[str] = set()
    for repository in {repository_of(part) for part in parts} - {None}:
        assert repository is not None
        for folder, _, names in os.walk(repository / _SNAPSHOTS):
            for name in names:
                path = os.path.join(folder, name)
                if path not in own and _is_link(path):
                    needed.add(os.path.realpath(path))
    return needed


def _is_link(path: str) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except OSError:
        return False
