"""API tokens of users."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from pluggably.tables.base import Base, Timestamped


class ApiTokenTable(Timestamped, Base):
    """One token that can be used; a revoked one has no row."""

    __tablename__ = "api_tokens"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    prefix: Mapped[str] = mapped_column(String(16))
    """Its first letters, to tell tokens apart."""
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the token, hexadecimal."""
    scopes: Mapped[list[str]]
    made_with: Mapped[str | None] = mapped_column(String(64), index=True)
    """The token that made it, which takes it along when it is revoked; None: its user did."""
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    """Coarse, and written behind."""
