"""Images and 3D meshes as every adapter sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pluggably.contract.modality import Modality


@dataclass(slots=True)
class MediaRequest:
    """Something to draw or to model.

    `images` are data URLs that were checked; `parameters` are those of the model's own schema. With `previews` the
    provider may send unfinished pictures on the way.
    """

    modality: Modality
    prompt: str
    images: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    previews: bool = False


@dataclass(slots=True)
class MediaProgress:
    """How far it is: `progress_pct` from 0 to 100; `preview` is a data URL."""

    progress_pct: float
    step: int
    steps: int
    preview: str | None = None


@dataclass(slots=True)
class MediaItem:
    """One finished image or mesh: its bytes, with width and height in pixels or the numbers of vertices and faces."""

    media_type: str
    data: bytes
    width: int | None = None
    height: int | None = None
    vertices: int | None = None
    faces: int | None = None
    preview: bytes | None = None
    """A PNG of a mesh."""


@dataclass(slots=True)
class MediaResult:
    """Everything that was made; `warnings` name what the request said and the result lacks."""

    items: list[MediaItem]
    warnings: list[str] = field(default_factory=list)
