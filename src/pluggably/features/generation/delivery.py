"""How finished images and meshes reach the client: inline as data URLs, or as artifacts where they are too large."""

from __future__ import annotations

import base64
from typing import Any

from pluggably.contract.media import MediaItem
from pluggably.features.artifacts.schemas import Recipe
from pluggably.features.artifacts.service import ArtifactService
from pluggably.features.requests.registry import TrackedRequest
from pluggably.tables.artifacts import ArtifactKind


class Delivery:
    """Delivers finished items. `inline_bytes` is the most that those of one request may take inline."""

    def __init__(self, artifacts: ArtifactService, inline_bytes: int) -> None:
        self._artifacts = artifacts
        self._inline_bytes = inline_bytes

    async def deliver(
        self, request: TrackedRequest, items: list[MediaItem], kind: ArtifactKind, recipe: Recipe | None = None
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The response's `images` or `mesh`, or its `artifacts`; and the artifacts that were kept, in any case where
        there is a `recipe` to keep with them. Raises what keeping an artifact raises."""
        large = sum(len(item.data) for item in items) > self._inline_bytes
        kept = [await self.keep(request, item, kind, recipe) for item in items] if large or recipe else []
        if large:
            return {"artifacts": kept}, kept
        urls = [f"data:{item.media_type};base64,{base64.b64encode(item.data).decode()}" for item in items]
        return {"mesh": urls[0]} if kind is ArtifactKind.MESH else {"images": urls}, kept

    async def keep(
        self, request: TrackedRequest, item: MediaItem, kind: ArtifactKind, recipe: Recipe | None = None
    ) -> dict[str, Any]:
        """One item as an artifact. Raises what keeping it raises."""
        kept = await self._artifacts.save(
            request.user_id,
            request.id,
            kind,
            item.data,
            item.media_type,
            width=item.width,
            height=item.height,
            vertices=item.vertices,
            faces=item.faces,
            preview=item.preview,
            recipe=recipe,
        )
        return kept.model_dump(mode="json")
