"""Users' own keys with providers, encrypted."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pluggably.tables.base import Base, Timestamped


class CredentialType(StrEnum):
    """What a credential consists of."""

    API_KEY = "api_key"
    ENDPOINT_KEY = "endpoint_key"
    """A key, and the address that it is for."""
    SERVICE_ACCOUNT = "service_account"
    OAUTH_TOKEN = "oauth_token"  # noqa: S105 - a kind of secret, none itself


class ProviderKeyTable(Timestamped, Base):
    """One user's credential with one provider. What it is replaced by has a row of its own."""

    __tablename__ = "provider_keys"
    __table_args__ = (UniqueConstraint("user_id", "provider"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(64))
    provider: Mapped[str] = mapped_column(String(64))
    credential_type: Mapped[CredentialType] = mapped_column(String(32))
    masked_key: Mapped[str] = mapped_column(String(255))
    """Enough to tell keys apart, never enough to use one."""
    key_id: Mapped[str] = mapped_column(String(16), index=True)
    """The encryption key's name."""
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    """The secrets as JSON, bound to `place`."""

    @property
    def place(self) -> str:
        """What the ciphertext is bound to."""
        return "\n".join((self.id, self.user_id, self.provider, self.credential_type))


class ProviderKeyChangesTable(Base):
    """How often provider keys have changed: one row, by which every process sees that it has to read anew."""

    __tablename__ = "provider_key_changes"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(BigInteger)
