"""Images and 3D meshes as every adapter sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pluggably.contract.calls import Call
from pluggably.contract.modality import Modality
from pluggably.contract.text import Usage


@dataclass(slots=True)
class MediaRequest:
    """Something to draw or to model.

    `images` are data URLs that were checked; `parameters` are those of the model's own schema. With `previews` the
    provider may send unfinished pictures on the way. `history` are earlier prompts of the same conversation, oldest
    first, for a model that goes on from what they made.

    An adapter's `prepare` appends to `warnings` what has no effect: each a sentence that names it. What would do harm
    it refuses.
    """

    modality: Modality
    prompt: str
    images: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    previews: bool = False
    history: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    mask: str | None = None
    """A data URL of a picture whose transparent parts say where the first image is to be changed; only for an adapter
    that `TakesMasks`."""


@dataclass(slots=True)
class MediaProgress:
    """How far it is: a place in the provider's queue, or progress.

    `progress_pct` from 0 to 100; `preview` is a data URL; of a waiting request `queue_position` 1 is next; `eta_s` in
    seconds. What the provider does not tell is None.
    """

    progress_pct: float | None = None
    step: int | None = None
    steps: int | None = None
    preview: str | None = None
    queue_position: int | None = None
    eta_s: float | None = None


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
    usage: Usage | None = None
    """Tokens, where the provider counts them for images."""
    seed: int | None = None
    """What makes the same again, where the provider tells it."""
    credits: float | None = None
    """What it took of the account, in the vendor's own unit; None where it does not tell."""


@dataclass(frozen=True, slots=True)
class Made:
    """One image or mesh as a vendor hands it over: its bytes, or a link that they are fetched from at once.

    Type and size are read from the bytes, never believed. `preview_url` leads to a picture of a mesh.
    """

    data: bytes | None = None
    url: str | None = None
    preview_url: str | None = None


@dataclass(frozen=True, slots=True)
class VendorResult:
    """What a vendor's last answer holds."""

    made: list[Made]
    warnings: list[str] = field(default_factory=list)
    usage: Usage | None = None
    credits: float | None = None
    """What the last part took of the account, in the vendor's own unit; None where it does not tell."""


@dataclass(frozen=True, slots=True)
class NextCall:
    """What to ask a vendor next, where its answer is not the result yet.

    Without `poll` it is asked at once, else after a pause: `after_s` seconds where the vendor says so. `cancel` is
    the call that stops the vendor's work. `credits` is what a part that is over took of the account, where the vendor
    tells it.
    """

    call: Call
    poll: bool = True
    after_s: float | None = None
    progress: MediaProgress | None = None
    cancel: Call | None = None
    credits: float | None = None


@dataclass(frozen=True, slots=True)
class MediaModel:
    """What an adapter knows about a model by its name. `parameters` is a JSON Schema (draft 2020-12)."""

    parameters: dict[str, Any]
    takes_images: bool = False
    output_formats: tuple[str, ...] = ("png",)
