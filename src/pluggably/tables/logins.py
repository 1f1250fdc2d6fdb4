"""Logins: what session tokens and cookies stand for, and attempts that failed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from pluggably.tables.base import Base, Timestamped


class LoginTable(Timestamped, Base):
    """One login that goes on; one that has ended has no row."""

    __tablename__ = "logins"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class LoginAttemptTable(Base):
    """Attempts to log in to one account, or from one address, that did not succeed."""

    __tablename__ = "login_attempts"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the account's name or of the address, hexadecimal."""
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
