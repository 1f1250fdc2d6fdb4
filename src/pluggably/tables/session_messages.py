"""The messages of sessions: a row each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pluggably.tables.base import Base, Timestamped


class SessionMessageTable(Timestamped, Base):
    """One message: in its session's history, or kept as an alternative of the one that took its place."""

    __tablename__ = "session_messages"
    __table_args__ = (
        Index("uq_session_messages_session_id_position", "session_id", "position", unique=True),
        # Holds all that the search for the newest messages that fit looks at.
        Index("ix_session_messages_history", "session_id", "replaced_by", "position", "size"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(64), ForeignKey("sessions.id", ondelete="CASCADE"))
    position: Mapped[int]
    """Its place in the session's order; never used twice."""
    replaced_by: Mapped[int | None]
    """Null: it is in the history. Else the position of the message whose alternative it is."""
    role: Mapped[str] = mapped_column(String(16))
    modality: Mapped[str] = mapped_column(String(16))
    content: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    """Text, content parts, or null."""
    size: Mapped[int]
    """Characters of its text, and what its images count for."""
    artifacts: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """Images and meshes, as they were when they were kept; their addresses are made anew at every read."""
    model: Mapped[str | None] = mapped_column(String(255))
    provider: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64))
    parameters: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    usage: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    finish_reason: Mapped[str | None] = mapped_column(String(32))
    """Of an answer; `cancelled` or `error` where it was cut off."""
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What only some messages have: `name`, `tool_calls`, `tool_call_id`, `reasoning`."""
