"""Sessions: chats that somebody goes on with."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pluggably.tables.base import Base, Timestamped


class SessionStatus(StrEnum):
    """Whether a session goes on."""

    ACTIVE = "active"
    CLOSED = "closed"


class SessionTable(Timestamped, Base):
    """One session of one user. Its messages are rows of their own (`session_messages`)."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_user_id_last_used_at_id", "user_id", "last_used_at", "id"),
        Index("ix_sessions_status_closed_at", "status", "closed_at"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(64))
    status: Mapped[SessionStatus] = mapped_column(String(16), default=SessionStatus.ACTIVE)
    title: Mapped[str | None] = mapped_column(String(200))
    system_prompt: Mapped[str | None] = mapped_column(Text)
    state_tokens: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    message_count: Mapped[int] = mapped_column(default=0)
    """Of the messages in its history; earlier answers are not counted."""
    next_position: Mapped[int] = mapped_column(default=0)
    """The position of the next message. Only ever grows: whoever writes a turn takes positions by raising it, so two
    writers, in whichever processes, can't take the same ones."""
    resets: Mapped[int] = mapped_column(default=0)
    """How often it was reset: a turn that began before a reset does not belong to what comes after."""
    last_used_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    def close(self, now: datetime) -> None:
        """Nothing is generated in it any more; closing it again changes nothing."""
        if self.status != SessionStatus.CLOSED:
            self.status, self.closed_at = SessionStatus.CLOSED, now

    def reset(self) -> None:
        """Nothing of what was said counts any more; turns under way are not stored."""
        self.message_count, self.state_tokens = 0, None
        self.resets += 1
