"""Invites: who has one may register."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from pluggably.tables.base import Base, Timestamped


class InviteTable(Timestamped, Base):
    """One invite; a revoked one has no row."""

    __tablename__ = "invites"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the invite's token, hexadecimal."""
    email: Mapped[str | None] = mapped_column(String(255))
    """Normalised; None: for whoever has it."""
    max_uses: Mapped[int]
    uses: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]
