"""Which accounts with providers a user's requests are made with.

The operator's are there for everybody; a user's own keys go before them, for that user alone. Whoever asks for a
model, lists models or looks at credits asks here first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pluggably.providers.directory import Configured, ProviderDirectory
from pluggably.routing.catalogue import Catalogue

OPERATOR = "operator"
"""Whose accounts everybody may use."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is for a user with keys of their own: the providers, and the models."""

    providers: ProviderDirectory
    catalogue: Catalogue


class Accounts(Protocol):
    """Finds accounts in memory; `ready` has them read into it first."""

    def is_ready(self, user_id: str) -> bool:
        """Whether this user's accounts are in memory, as they are now."""

    async def ready(self, user_id: str) -> None:
        """Read this user's accounts unless they are in memory. Never raises: who then asks for them is told why."""

    def seen_by(self, user_id: str) -> Seen | None:
        """What there is for this user; None: what there is for everybody. Raises as `accounts_of` does."""

    def accounts_of(self, user_id: str) -> Mapping[str, Configured]:
        """What this user's requests are made with, by the provider's name.

        Raises `NotReady` where they could not be read.
        """


class OperatorAccounts:
    """The operator's accounts, for every user."""

    def __init__(self, providers: ProviderDirectory) -> None:
        self._accounts = {configured.provider.name: configured for configured in providers.configured()}

    def is_ready(self, user_id: str) -> bool:
        """They are never out of memory."""
        return True

    async def ready(self, user_id: str) -> None:
        """There is nothing to read."""

    def seen_by(self, user_id: str) -> Seen | None:
        """Nothing but what everybody sees."""
        return None

    def accounts_of(self, user_id: str) -> Mapping[str, Configured]:
        """The same for everybody."""
        return self._accounts
