"""Which accounts with providers a user's requests are made with.

Today they are the operator's, the same for everybody. Users' own keys go before them here: whoever asks for a model,
lists models or looks at credits asks `accounts_of` first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pluggably.providers.directory import Configured, ProviderDirectory

OPERATOR = "operator"
"""Whose accounts everybody may use."""


class Accounts(Protocol):
    """Finds accounts."""

    def accounts_of(self, user_id: str) -> Mapping[str, Configured]:
        """What this user's requests are made with, by the provider's name."""


class OperatorAccounts:
    """The operator's accounts, for every user."""

    def __init__(self, providers: ProviderDirectory) -> None:
        self._accounts = {configured.provider.name: configured for configured in providers.configured()}

    def accounts_of(self, user_id: str) -> Mapping[str, Configured]:
        """The same for everybody."""
        return self._accounts
