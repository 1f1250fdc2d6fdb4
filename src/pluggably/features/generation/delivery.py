"""How finished images and meshes reach the client: inline as data URLs, or as artifacts where they are too large."""

from __future__ import annotations

import base64
from typing import Any, Protocol

from pluggably.contract.media import MediaItem


class Saver(Protocol):
    """Keeps a finished item for its user."""

    async def __call__(self, item: MediaItem, kind: str) -> dict[str, Any]:
        """The artifact object of the response, with its signed URL."""


class Delivery:
    """Delivers the items of one request. `inline_bytes` is the most that all of them together may take inline."""

    def __init__(self, save: Saver, inline_bytes: int) -> None:
        self._save = save
        self._inline_bytes = inline_bytes

    async def deliver(self, items: list[MediaItem], kind: str) -> dict[str, Any]:
        """The response's `images` or `mesh`, or its `artifacts`; `kind` is `image` or `mesh`."""
        if sum(len(item.data) for item in items) > self._inline_bytes:
            return {"artifacts": [await self._save(item, kind) for item in items]}
        urls = [f"data:{item.media_type};base64,{base64.b64encode(item.data).decode()}" for item in items]
        return {"mesh": urls[0]} if kind == "mesh" else {"images": urls}
