"""Artifacts: outputs that are kept in the store, and what is left to say of those that are gone."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pluggably.tables.base import Base, Timestamped


class ArtifactKind(StrEnum):
    """What an artifact shows."""

    IMAGE = "image"
    MESH = "mesh"
    PREVIEW = "preview"
    """A picture of a mesh: it belongs to the mesh and is in no list."""


class ArtifactState(StrEnum):
    """Whether the store holds it."""

    WRITING = "writing"
    """Its bytes are on their way. A row that stays so belongs to a write that was interrupted."""
    STORED = "stored"
    SWEPT = "swept"
    """Its bytes were deleted after their time; the row stays, so that its address can say so."""


class ArtifactTable(Timestamped, Base):
    """One output of one request."""

    __tablename__ = "artifacts"
    __table_args__ = (
        Index("ix_artifacts_user_id_id", "user_id", "id"),
        Index("ix_artifacts_state_created_at", "state", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Its name in the store too."""
    user_id: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[ArtifactKind] = mapped_column(String(16))
    state: Mapped[ArtifactState] = mapped_column(String(16), default=ArtifactState.WRITING)
    media_type: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    width: Mapped[int | None]
    height: Mapped[int | None]
    """Pixels of an image."""
    vertices: Mapped[int | None]
    faces: Mapped[int | None]
    preview_id: Mapped[str | None] = mapped_column(String(64))
    """The picture of a mesh."""
    recipe: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What it was made with, where the request wanted that kept; gone with the bytes."""
