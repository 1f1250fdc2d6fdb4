"""Background requests: what is known of them after a restart, and on other replicas."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pluggably.tables.base import Base


class BackgroundRequestTable(Base):
    """One background request, from its beginning to the end of the time for which its result is kept.

    Written behind. A row without `finished_at` belongs to a request that goes on, or to a gateway that is no more.
    """

    __tablename__ = "background_requests"
    __table_args__ = (
        Index("ix_background_requests_user_id_created_at", "user_id", "created_at"),
        Index("ix_background_requests_finished_at", "finished_at"),
    )

    user_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    runner: Mapped[str] = mapped_column(String(64))
    """The process that runs it."""
    seen_at: Mapped[datetime]
    """When that process last said that it lives."""
    model: Mapped[str] = mapped_column(String(255))
    modality: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    error: Mapped[dict[str, Any] | None]
    """The inside of the envelope."""
    result: Mapped[str | None] = mapped_column(Text)
    """The generate response as JSON."""
    last_event: Mapped[int]
    """The number of the last event in its stream; 0 while it goes on."""
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
