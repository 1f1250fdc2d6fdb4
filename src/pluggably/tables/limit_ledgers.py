"""What users and tokens with limits have used."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from pluggably.kit.clock import utc_now
from pluggably.tables.base import Base


class LimitLedgerTable(Base):
    """The ledger of one subject. Where several processes serve, its row is the ledger, and its lock the order."""

    __tablename__ = "limit_ledgers"

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    """`user:ID` or `token:ID`."""
    state: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
