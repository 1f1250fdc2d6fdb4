"""How the models at providers stand at the moment: who cools down, and whose account has nothing left.

Every answer and every failure of a request is told here, and here alone it is said what a failure means for the
requests that come after it. Models of this machine look after themselves.
"""

from __future__ import annotations

from pluggably.errors import (
    CreditsExhausted,
    ModelNotFound,
    PluggablyError,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimited,
    ProviderUnavailable,
)
from pluggably.kit.metrics import COOLDOWNS
from pluggably.routing.catalogue import LOCAL, Entry
from pluggably.routing.cooldown import Health, LocalHealth
from pluggably.routing.credits import CreditsBook

BAD_KEY_S = 60.0
"""How long a model is left out whose provider refused the key."""
LIMITED_S = 1.0
"""How long a model is left out whose provider limits the rate and does not say for how long."""


class Standing:
    """Health and credits together: of each model of a provider, and of the account that it is asked with."""

    def __init__(self, health: Health | None = None, credits: CreditsBook | None = None) -> None:
        self.health: Health = health or LocalHealth()
        self.credits = credits or CreditsBook()

    def is_exhausted(self, entry: Entry) -> bool:
        """Whether the account that the model is asked with has nothing left."""
        return entry.provider != LOCAL and self.credits.is_exhausted(entry.account)

    def ready_in(self, entry: Entry) -> float:
        """Seconds until the model may be asked again; 0: now."""
        if entry.provider == LOCAL:
            return 0.0
        return self.health.ready_in(_model(entry))

    def begin(self, entry: Entry) -> float:
        """The model is asked now; what is returned goes with `succeeded` or `failed`."""
        if entry.provider == LOCAL:
            return 0.0
        return self.health.begin(_model(entry))

    def succeeded(self, entry: Entry, began: float) -> None:
        """The model has answered."""
        if entry.provider == LOCAL:
            return
        self.health.succeeded(_model(entry), began)
        self.credits.paid(entry.account)

    def failed(self, entry: Entry, began: float, error: PluggablyError) -> None:
        """The model has not answered. A mistake in the request says that there was somebody to see it."""
        if entry.provider == LOCAL:
            return
        if isinstance(error, CreditsExhausted):
            self.credits.refused(entry.account)
        elif isinstance(error, ProviderAuthError):
            self.health.failed(_model(entry), began, BAD_KEY_S)  # a key may be refused for one model alone
        elif isinstance(error, ProviderRateLimited):
            self.health.failed(_model(entry), began, error.asked_s or LIMITED_S)
        elif isinstance(error, ProviderUnavailable):
            self.health.failed(_model(entry), began, error.asked_s)
        elif isinstance(error, ProviderError) or _is_gone(entry, error):
            self.health.failed(_model(entry), began)
        else:
            self.health.succeeded(_model(entry), began)
        if self.is_exhausted(entry) or self.ready_in(entry) > 0:
            COOLDOWNS.labels(entry.label, error.code).inc()


def _model(entry: Entry) -> str:
    """One user's endpoint says nothing about another's, nor about the operator's."""
    return entry.id if entry.own_key is None else f"{entry.id} with {entry.own_key}"


def _is_gone(entry: Entry, error: PluggablyError) -> bool:
    """Whether the provider no longer has what it listed."""
    return isinstance(error, ModelNotFound) and entry.origin != "unlisted"
