"""The model registry: discovered files and entries that somebody made."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pluggably.contract.modality import Modality
from pluggably.tables.base import Base, Timestamped


class ModelStatus(StrEnum):
    """Whether a model can be asked."""

    AVAILABLE = "available"
    DOWNLOADING = "downloading"
    FAILED = "failed"
    DISABLED = "disabled"
    EVICTED = "evicted"


class ModelOrigin(StrEnum):
    """How an entry came to be. Discovery changes only what it made itself."""

    DISCOVERED = "discovered"
    EXPLICIT = "explicit"
    REMOVED = "removed"
    """A discovered entry that somebody removed while its file stays: a mark for discovery, listed nowhere."""


class ModelTable(Timestamped, Base):
    """One model: local weights, or a model of a provider."""

    __tablename__ = "models"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    version: Mapped[str | None] = mapped_column(String(64))
    modality: Mapped[Modality] = mapped_column(String(16), index=True)
    provider: Mapped[str] = mapped_column(String(64), index=True)
    origin: Mapped[ModelOrigin] = mapped_column(String(16))
    status: Mapped[ModelStatus] = mapped_column(String(16), index=True)
    status_reason: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    capabilities: Mapped[dict[str, Any]] = mapped_column(default=dict)
    source: Mapped[dict[str, Any]] = mapped_column(default=dict)
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    recommended_parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    pricing: Mapped[dict[str, Any] | None]
    runtime: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the runtime needs to know of the file: its kind, architecture, context length, projector."""
    licence: Mapped[str | None] = mapped_column(String(255))
    documentation: Mapped[str | None] = mapped_column(Text)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    local_path: Mapped[str | None] = mapped_column(Text, index=True)
    file_stamp: Mapped[str | None] = mapped_column(String(64))
    """Size and modification time of the file when it was read, so that an unchanged file is not read again."""
    job_id: Mapped[str | None] = mapped_column(String(64))
    """The job that brings its files, while it does."""
    written: Mapped[list[str] | None]
    """The fields that somebody wrote, which nothing else overwrites (`capabilities.tools` for one of them). None: the
    row is of an older version, and nobody knows."""
    enriched_at: Mapped[datetime | None]
    """When its source told about it; None: not yet."""
    is_default: Mapped[bool] = mapped_column(default=False)
    pinned: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
