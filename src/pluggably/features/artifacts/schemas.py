"""Artifacts as the API shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from pluggably.features.artifacts.signing import Addresses
from pluggably.kit.clock import WireTime, as_utc
from pluggably.tables.artifacts import ArtifactKind, ArtifactTable


class Recipe(BaseModel):
    """What an artifact was made with: enough to ask for it again."""

    model: str
    prompt: str
    parameters: dict[str, Any] = Field(description="those that the request set")
    images: list[str] = Field(
        description="addresses, and `artifact:ID`, of what it was made from; what came as data is not kept"
    )
    seed: int | None = Field(description="makes the same again; null where the model tells none")


class ArtifactRead(BaseModel):
    """An output that is fetched by its address."""

    id: str
    type: Literal["image", "mesh"]
    media_type: str = Field(examples=["image/png", "model/gltf-binary"])
    url: str = Field(description="signed; relative to the server's address unless the operator has set a public one")
    expires_at: WireTime = Field(description="the address is good until then; every read gives a new one")
    size_bytes: int
    width: int | None = Field(None, description="pixels; images only")
    height: int | None = Field(None, description="pixels; images only")
    vertices: int | None = Field(None, description="meshes only")
    faces: int | None = Field(None, description="meshes only")
    preview_url: str | None = Field(None, description="a picture of the mesh; signed as `url` is")
    created_at: WireTime
    recipe: Recipe | None = Field(
        None, description="of what was made with `keep` or in a session; left out where it was just asked for"
    )

    @classmethod
    def of(
        cls, row: ArtifactTable, addresses: Addresses, gone_at: datetime, *, tells_recipe: bool = False
    ) -> ArtifactRead:
        """With addresses that are signed now and live no longer than the artifact itself."""
        expires = addresses.expiry(gone_at)
        return cls(
            id=row.id,
            type="mesh" if row.kind == ArtifactKind.MESH else "image",
            media_type=row.media_type,
            url=addresses.make(row.id, expires),
            expires_at=datetime.fromtimestamp(expires, UTC),
            size_bytes=row.size_bytes,
            width=row.width,
            height=row.height,
            vertices=row.vertices,
            faces=row.faces,
            preview_url=addresses.make(row.preview_id, expires) if row.preview_id else None,
            created_at=as_utc(row.created_at),
            recipe=Recipe.model_validate(row.recipe) if tells_recipe and row.recipe is not None else None,
        )


class ArtifactList(BaseModel):
    """One's own artifacts, newest first."""

    artifacts: list[ArtifactRead]
    next_cursor: str | None
