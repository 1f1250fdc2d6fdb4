"""What an account with a provider has left, where its vendor tells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pluggably.contract.calls import Call, Reply


class CreditsState(StrEnum):
    """Whether an account can pay for more. `unknown`: its vendor does not say."""

    AVAILABLE = "available"
    EXHAUSTED = "exhausted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Credits:
    """What is left, and of how much where there is a limit, in units of `currency` (ISO 4217; None: the vendor's own
    credits)."""

    status: CreditsState = CreditsState.UNKNOWN
    remaining: float | None = None
    total: float | None = None
    currency: str | None = None


class TellsCredits(Protocol):
    """Asks a vendor what an account has left. It is called in the background, with the account's own key."""

    def credits_call(self) -> Call:
        """The call that asks."""

    def parse_credits(self, reply: Reply) -> Credits:
        """Read the answer (status 200). Raises `ProviderError` if it can't be read."""
