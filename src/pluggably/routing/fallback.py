"""Who may answer in a model's place, in which order, and after which failures.

It decides and does nothing: whoever serves a request asks the models, and tells the plan how it went. A failure leads
to the next model only where the caller can do nothing about it and another model may do better: a vendor that is
down, out of credits or limiting the rate, a model that can't be loaded, has too long a queue or lost its process.
What is wrong with the request, what a model refuses to say, and what was cancelled stay as they are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Literal

from pluggably.errors import (
    BlockedURL,
    ContextLengthExceeded,
    CreditsExhausted,
    InsufficientStorage,
    InvalidImage,
    ModalityMismatch,
    ModelNotFound,
    ModelUnavailable,
    NotFound,
    PayloadTooLarge,
    PluggablyError,
    ProviderError,
    ProviderNotFound,
    ProviderRateLimited,
    ProviderUnavailable,
    QueueFull,
    RuntimeCrashed,
    UnsupportedFeature,
    ValidationFailed,
)
from pluggably.routing.catalogue import LOCAL, Entry
from pluggably.routing.selection import Attempt, Selection, Selector, Wish, refuse_unavailable

Fallback = Literal["default", "wait", "pinned"] | Sequence[str]
"""As configured; never another model; a pinned model; or these, in this order."""
REASON = "fallback"
"""The `reason` of a selection that is not the first one."""
LONGEST_MESSAGE = 300
"""Characters of an error's message that an attempt repeats."""


class FallbackReason(StrEnum):
    """Why another model than the chosen one answers."""

    CREDITS_EXHAUSTED = "credits_exhausted"
    MODEL_LOADING = "model_loading"
    MODEL_UNAVAILABLE = "model_unavailable"
    PROVIDER_ERROR = "provider_error"
    RATE_LIMITED = "rate_limited"


_REASONS: tuple[tuple[type[PluggablyError] | tuple[type[PluggablyError], ...], FallbackReason], ...] = (
    (CreditsExhausted, FallbackReason.CREDITS_EXHAUSTED),
    (ProviderRateLimited, FallbackReason.RATE_LIMITED),
    ((ModelUnavailable, QueueFull, RuntimeCrashed, InsufficientStorage), FallbackReason.MODEL_UNAVAILABLE),
    # A bad key of the operator's and a time-out are kinds of it.
    ((ProviderError, ProviderUnavailable), FallbackReason.PROVIDER_ERROR),
)
_UNSUITABLE = (
    BlockedURL,
    ContextLengthExceeded,
    InvalidImage,
    ModalityMismatch,
    ModelNotFound,
    PayloadTooLarge,
    ProviderNotFound,
    UnsupportedFeature,
    ValidationFailed,
)
"""What a stand-in may answer to a request that the chosen model would have taken."""


def reason_of(error: PluggablyError, entry: Entry) -> FallbackReason | None:
    """Why another model may answer where this one failed so; None: no other may."""
    for kinds, reason in _REASONS:
        if isinstance(error, kinds):
            return reason
    if isinstance(error, ModelNotFound) and entry.origin != "unlisted":
        return FallbackReason.MODEL_UNAVAILABLE  # the catalogue has it, its provider has it no longer
    return None


class Plan:
    """The models that may answer one request, and what became of those that were tried.

    `selection` is who answers now. Made by `Planner`.
    """

    def __init__(
        self,
        selector: Selector,
        wish: Wish,
        selection: Selection,
        stand_ins: Iterable[str] = (),
        *,
        pinned: bool = False,
    ) -> None:
        self.selection = selection
        self.pinned = pinned
        """Whether the stand-ins answer while the chosen model is being loaded."""
        self._selector = selector
        self._wish = wish
        self._chosen = selection
        self._left: deque[str | None] = deque(stand_ins)
        """Names, in order; None stands for the chosen model itself."""
        self._seen = {selection.entry.id}
        self._attempts: list[Attempt] = []
        self._reason: FallbackReason | None = None
        self._error: PluggablyError | None = None
        """How the chosen model failed."""

    @property
    def stand_ins(self) -> list[str]:
        """The names of those that were not tried yet."""
        return [name for name in self._left if name is not None]

    def meanwhile(self, loaded: Iterable[str]) -> Selection:
        """The chosen model is being loaded: who answers in the meantime. The chosen one if none of these can."""
        self._reason = FallbackReason.MODEL_LOADING
        self._left.extendleft(reversed([*loaded, None]))
        return self._next()

    def after(self, error: PluggablyError, ms: int) -> Selection:
        """Who is next, now that the model of `selection` has failed, after so many milliseconds.

        Raises the error that the request ends with: this one where no other model may try, else the chosen model's
        own once none is left. Where several were tried, its `details.attempts` says so.
        """
        entry = self.selection.entry
        self._note(entry.id, entry.provider, error, ms)
        reason = reason_of(error, entry)
        if entry is self._chosen.entry:
            self._error = error
            if reason is None:
                raise self._told(error)
            self._reason = reason
        elif reason is None and not isinstance(error, _UNSUITABLE):
            raise self._told(error)
        return self._next()

    def _next(self) -> Selection:
        while self._left:
            name = self._left.popleft()
            if name is None:
                self.selection = replace(self._chosen, attempts=tuple(self._attempts))
                return self.selection
            try:
                entry = self._find(name)
            except PluggablyError as error:
                known = self._selector.catalogue.get(name)
                self._note(name, known.provider if known is not None else None, error, 0)
                continue
            if entry.id in self._seen:
                continue
            self._seen.add(entry.id)
            self.selection = Selection(entry, self._chosen.requested, REASON, self._reason, tuple(self._attempts))
            return self.selection
        self.selection = self._chosen
        assert self._error is not None  # the chosen model has always had its turn
        raise self._told(self._error)

    def _find(self, name: str) -> Entry:
        """A stand-in. Raises what `Selector.choose` does where the request excludes it."""
        wish = self._wish
        asked = replace(wish, model=name, provider=None, modality=self._chosen.entry.modality)
        entry = self._selector.choose(asked).entry
        if wish.provider not in (None, entry.provider):
            raise ValidationFailed.of("provider", f"{wish.provider!r} must answer, and {entry.id} is not its model")
        return entry

    def _note(self, model: str, provider: str | None, error: PluggablyError, ms: int) -> None:
        self._attempts.append(Attempt(model, provider, error.code, error.message[:LONGEST_MESSAGE], ms))

    def _told(self, error: PluggablyError) -> PluggablyError:
        if len(self._attempts) > 1:
            attempts = [attempt.describe() for attempt in self._attempts]
            error.details = {**(error.details or {}), "attempts": attempts}
        return error


class Planner:
    """Chooses a model and who may stand in for it. `chains` are the configured stand-ins, by the model's id."""

    def __init__(self, selector: Selector, chains: Mapping[str, Sequence[str]]) -> None:
        self.catalogue = selector.catalogue
        self._selector = selector
        self._chains = chains

    def plan(self, wish: Wish, fallback: Fallback = "default") -> Plan:
        """The plan for a wish.

        Raises what `Selector.choose` does, for a model of `fallback` with that as its `param`; `ModelUnavailable`
        where nobody may stand in for a model that is not available.
        """
        selection = self._selector.choose(wish)
        entry = selection.entry
        names = self._stand_ins(entry, fallback)
        if wish.mode == "model":
            names = ()
        if not names:
            refuse_unavailable(entry)
        return Plan(self._selector, wish, selection, names, pinned=fallback == "pinned" and bool(names))

    def _stand_ins(self, entry: Entry, fallback: Fallback) -> Sequence[str]:
        if fallback == "default":
            return self._chains.get(entry.id, ())  # its own chain alone: those of stand-ins are for themselves
        if fallback == "wait":
            return ()
        if fallback == "pinned":
            pinned = [other for other in self.catalogue.entries() if other.pinned and other.provider == LOCAL]
            return [other.id for other in pinned if other.modality == entry.modality and other is not entry]
        for name in fallback:
            self._refuse_unknown(name)
        return fallback

    def _refuse_unknown(self, name: str) -> None:
        try:
            self._selector.choose(Wish(model=name))
        except NotFound as error:
            error.param = "fallback"
            raise
        except ValidationFailed as error:
            raise ValidationFailed.of("fallback", error.message) from error
        except UnsupportedFeature:
            pass  # it is passed over when its turn comes
