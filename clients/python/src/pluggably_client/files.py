"""Images and meshes as bytes."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from pluggably_client.errors import UnexpectedReply

if TYPE_CHECKING:
    from pluggably_client.models import OutputRead

_ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "model/gltf-binary": ".glb",
    "model/obj": ".obj",
    "model/stl": ".stl",
    "application/x-ply": ".ply",
}


@dataclass(frozen=True)
class MediaFile:
    """An image or a mesh that was made."""

    media_type: str
    data: bytes

    @property
    def ending(self) -> str:
        """What a file of this kind ends in: `.png`, `.glb`, …; `.bin` for a kind that is not known here."""
        return _ENDINGS.get(self.media_type, ".bin")

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the bytes; where the path has no ending, it gets the one of their kind. The path that was written."""
        place = Path(path)
        if not place.suffix:
            place = place.with_suffix(self.ending)
        place.write_bytes(self.data)
        return place


def save_all(found: Sequence[MediaFile], path: str | PathLike[str]) -> list[Path]:
    """Write them all: one to the path itself, several to `NAME-1.png`, `NAME-2.png`, …"""
    if len(found) == 1:
        return [found[0].save(path)]
    place = Path(path)
    return [item.save(place.with_stem(f"{place.stem}-{number}")) for number, item in enumerate(found, 1)]


def inline_files(output: OutputRead) -> list[MediaFile]:
    """The images and the mesh that came as data URLs. Raises `UnexpectedReply` for one that can't be read."""
    found = []
    for url in (*(output.images or ()), *((output.mesh,) if output.mesh else ())):
        head, _, data = url.partition(",")
        try:
            found.append(MediaFile(head.removeprefix("data:").partition(";")[0], b64decode(data, validate=True)))
        except ValueError as error:
            raise UnexpectedReply("The server's answer holds a data URL that can't be read.") from error
    return found
