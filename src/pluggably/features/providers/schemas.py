"""Providers as the API shows them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from pluggably.contract.credits import CreditsState
from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider
from pluggably.providers.personal import credential_types


class CreditsRead(BaseModel):
    """What an account with a provider has left, as far as its vendor tells."""

    provider: str
    status: CreditsState = Field(description="`unknown` where the vendor does not tell.")
    remaining: float | None = Field(description="In units of `currency`.")
    total: float | None = Field(description="The account's limit, where it has one.")
    currency: str | None = Field(description="ISO 4217.", examples=["USD"])
    checked_at: str | None = Field(description="When the vendor told it; it is asked every few minutes.")


class ProviderRead(BaseModel):
    """One provider."""

    name: str
    title: str
    configured: bool = Field(description="Whether its models can be used: there is a key, or none is needed.")
    supported_modalities: list[Modality]
    credential_types: dict[str, Any] = Field(
        description="JSON Schema of what `POST /v1/users/provider-keys` takes beside `provider`: one of `anyOf`."
    )
    credits_status: CreditsRead | None = Field(description="Null without an account, and for this machine.")

    @classmethod
    def of(cls, provider: Provider, *, configured: bool, credits: dict[str, Any] | None) -> ProviderRead:
        """A provider of the directory."""
        ways = list(credential_types(provider).values())
        return cls(
            name=provider.name,
            title=provider.title or provider.name,
            configured=configured,
            supported_modalities=[modality for modality in Modality if modality in provider.adapters],
            credential_types={"anyOf": ways} if ways else {"type": "object", "maxProperties": 0},
            credits_status=CreditsRead.model_validate(credits) if credits is not None else None,
        )


class ProviderList(BaseModel):
    """All providers: this machine, then those with an account, then the others, each group by name."""

    providers: list[ProviderRead]
