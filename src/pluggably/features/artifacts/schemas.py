"""Artifacts as the API shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, Field

from pluggably.features.artifacts.signing import Addresses
from pluggably.kit.clock import WireTime
from pluggably.tables.artifacts import ArtifactKind, ArtifactTable


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

    @classmethod
    def of(cls, row: ArtifactTable, addresses: Addresses, gone_at: datetime) -> ArtifactRead:
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
        )


class ArtifactList(BaseModel):
    """One's own artifacts, newest first."""

    artifacts: list[ArtifactRead]
    next_cursor: str | None
