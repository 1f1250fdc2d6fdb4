"""Users: people with an account, and the built-in user `operator`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from pluggably.kit.clock import utc_now
from pluggably.tables.base import Base, Timestamped


class Role(StrEnum):
    """What a user may do besides using the gateway."""

    USER = "user"
    ADMIN = "admin"


class UserTable(Timestamped, Base):
    """One user. Rows stay: what belongs to a user is found by the id."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    email: Mapped[str | None] = mapped_column(String(255), unique=True)
    """Normalised: two spellings of one address are one."""
    username: Mapped[str | None] = mapped_column(String(64))
    """As its owner writes it."""
    username_key: Mapped[str | None] = mapped_column(String(128), unique=True)
    """Normalised: two spellings of one name are one."""
    display_name: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[Role] = mapped_column(String(16), default=Role.USER)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    """Argon2id in PHC format; None: nobody can log in with a password."""
    disabled: Mapped[bool] = mapped_column(default=False)
    preferred_models: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Modality → the model that `auto` chooses."""
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The user interface's own."""
    version: Mapped[int] = mapped_column(default=1)
    """Counts changes of the user, of the user's tokens and of the user's logins: whoever remembers another one reads
    anew."""
    changed_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    """When `version` changed."""

    def changed(self) -> None:
        """Let every process that remembers this user read anew."""
        self.version += 1
        self.changed_at = utc_now()
