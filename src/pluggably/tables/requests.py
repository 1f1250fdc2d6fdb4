"""Finished requests: what was asked of which model by whom, what it took, how it ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from pluggably.tables.base import Base


class RequestTable(Base):
    """One finished request. Written behind, in batches; prompts and answers are not kept.

    Clients may choose ids: the key holds the user, so that nobody's request hides behind another user's id.
    """

    __tablename__ = "requests"
    __table_args__ = (Index("ix_requests_user_id_created_at", "user_id", "created_at"),)

    user_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    route: Mapped[str] = mapped_column(String(128))
    model: Mapped[str | None] = mapped_column(String(255), index=True)
    provider: Mapped[str | None] = mapped_column(String(64))
    modality: Mapped[str | None] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    error_code: Mapped[str | None] = mapped_column(String(64))
    finish_reason: Mapped[str | None] = mapped_column(String(32))
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    cached_prompt_tokens: Mapped[int | None]
    reasoning_tokens: Mapped[int | None]
    cost_usd: Mapped[float | None] = mapped_column(Float)
    queue_ms: Mapped[int | None]
    load_ms: Mapped[int | None]
    first_output_ms: Mapped[int | None]
    total_ms: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime]
