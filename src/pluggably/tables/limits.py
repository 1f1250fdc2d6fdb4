"""Limits that an admin has set for a user, or a user for a token."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Float, String
from sqlalchemy.orm import Mapped, mapped_column

from pluggably.kit.clock import utc_now
from pluggably.tables.base import Base


class LimitTable(Base):
    """The limits of one subject; NULL: not set. Rows stay, so that other processes see that a limit was lifted."""

    __tablename__ = "limits"

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    """`user:ID` or `token:ID`."""
    use_defaults: Mapped[bool] = mapped_column(default=True)
    """Whether the defaults of all users hold where nothing is set."""
    requests_per_minute: Mapped[int | None] = mapped_column(BigInteger)
    tokens_per_minute: Mapped[int | None] = mapped_column(BigInteger)
    tokens_per_day: Mapped[int | None] = mapped_column(BigInteger)
    tokens_per_month: Mapped[int | None] = mapped_column(BigInteger)
    cost_usd_per_day: Mapped[float | None] = mapped_column(Float)
    cost_usd_per_month: Mapped[float | None] = mapped_column(Float)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
