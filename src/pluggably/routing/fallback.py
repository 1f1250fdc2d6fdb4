"""Who may answer in a model's place, in which order, and after which failures.

It decides and does nothing: whoever serves a request asks the models, and tells the plan how it went. A failure leads
to the next model only where the caller can do nothing about it and another model may do better: a vendor that is
down, out of credits or limiting the rate, a model that can't be loaded, has too long a queue or lost its process.
What is wrong with the request, what a model refuses to say, and what was cancelled stay as they are.
"""

from __future__ import annotations

import math
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
from pluggably.routing.accounts import Seen
from pluggably.routing.catalogue import LOCAL, Entry
from pluggably.routing.retries import Patience, waiting_helps
from pluggably.routing.selection import Attempt, Selection, Selector, Wish, passed_over, refuse_unavailable

Fallback = Literal["default", "wait", "pinned"] | Sequence[str]
"""As configured; never another model; a pinned model; or these, in this order."""
REASON = "fallback"
"""The `reason` of a selection that is not the first one."""
NO_PATIENCE = Patience(retries=0)
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

    `selection` is who answers now, after a pause of `pause_s`. Made by `Planner`.
    """

    def __init__(
        self,
        selector: Selector,
        wish: Wish,
        selection: Selection,
        stand_ins: Iterable[str] = (),
        *,
        pinned: bool = False,
        in_need: bool = False,
        patience: Patience = NO_PATIENCE,
    ) -> None:
        self.selection = selection
        self.pause_s = 0.0
        """Seconds to wait before `selection` is asked."""
        self.is_same_model = True
        """Whether the last move stayed with the model, at another deployment or at the same."""
        self.pinned = pinned
        """Whether the stand-ins answer while the chosen model is being loaded."""
        self._selector = selector
        self._standing = selector.standing
        self._wish = wish
        self._chosen = selection
        self._left: deque[str | None] = deque(stand_ins)
        """Names, in order; None stands for the chosen model itself."""
        self._cooling: list[Entry] = []
        """Stand-ins that cool down: asked when no other is left."""
        self._in_need = in_need
        """Whether others may be looked for where the chosen model's account has nothing left."""
        self._patience = patience
        self._retries = patience.retries
        self._deployments = deque(selection.others)
        """Those of the model that answers now which were not tried yet."""
        self._failed: dict[str, tuple[Entry, int]] = {}
        """Those that may be tried again, by id, and how often they were tried."""
        self._at_chosen = True
        self._seen = {entry.id for entry in (selection.entry, *selection.others)}
        self._attempts: list[Attempt] = list(selection.attempts)
        self._reason: str | None = selection.fallback_reason
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

    def pass_over(self) -> bool:
        """Let others go first where the chosen model is known to fail: it has no credits left, or it cools down.

        Where none of them can answer, it is asked all the same. Whether another one is asked first.
        """
        entry = self._chosen.entry
        if self._standing.is_exhausted(entry):
            self._look_further(entry)
            error: PluggablyError = passed_over(entry)
        elif (wait := self._standing.ready_in(entry)) > 0:
            error = ProviderUnavailable(f"{entry.id} has failed again and again and is left out for {wait:.0f} s.")
        else:
            return False
        if self.selection is not self._chosen or not self._left:
            return False
        self._note(entry, error, 0)
        self._reason = reason_of(error, entry)
        self._left.append(None)
        return self._next().entry is not entry

    def after(self, error: PluggablyError, ms: int, left_s: float = math.inf) -> Selection:
        """Who is next, now that the model of `selection` has failed, after so many milliseconds.

        Another deployment of the same model, else the same one after a pause of `pause_s` (which ends before `left_s`
        seconds are over), else another model. Raises the error that the request ends with: this one where no other
        model may try, else the chosen model's own once none is left. Where several were tried, its
        `details.attempts` says so.
        """
        entry = self.selection.entry
        self.pause_s = 0.0
        self._note(entry, error, ms)
        reason = reason_of(error, entry)
        if self._at_chosen:
            first, self._error = self._error is None, error if reason is not None else self._error or error
            if reason is None and (first or not isinstance(error, _UNSUITABLE)):
                raise self._told(error)
            if reason is not None:
                self._reason = reason
                if reason is FallbackReason.CREDITS_EXHAUSTED:
                    self._look_further(entry)
        elif reason is None and not isinstance(error, _UNSUITABLE):
            raise self._told(error)
        return self._other_deployment(entry, error, left_s) or self._next()

    def _other_deployment(self, failed: Entry, error: PluggablyError, left_s: float) -> Selection | None:
        """The same model elsewhere, or again."""
        if left_s <= 0:
            return None
        if error.work_begun:
            return None  # it would be charged for twice
        if waiting_helps(failed, error):
            tries = self._failed[failed.id][1] if failed.id in self._failed else 0
            self._failed[failed.id] = (failed, tries + 1)
        else:
            self._failed.pop(failed.id, None)
        while self._deployments:
            entry = self._deployments.popleft()
            if entry.status == "available" and not self._standing.is_exhausted(entry):
                return self._same_model(entry)
        if self._retries <= 0:
            return None
        found: tuple[float, Entry] | None = None
        for entry, tries in self._failed.values():
            ready_in = self._standing.ready_in(entry)
            pause = self._patience.pause(tries, ready_in, self._selector.chance)
            if pause is not None and pause < left_s and (found is None or pause < found[0]):
                found = pause, entry
        if found is None:
            return None
        self._retries -= 1
        self.pause_s = found[0]
        return self._same_model(found[1])

    def _same_model(self, entry: Entry) -> Selection:
        credits = FallbackReason.CREDITS_EXHAUSTED
        why = self._reason if not self._at_chosen or self._reason == credits else None
        self.is_same_model = True
        self.selection = replace(self.selection, entry=entry, fallback_reason=why, attempts=tuple(self._attempts))
        return self.selection

    def _next(self) -> Selection:
        """Another model."""
        self.is_same_model = False
        while self._left or self._cooling:
            if not self._left:
                self._cooling.sort(key=self._standing.ready_in)
                return self._stand_in(self._cooling.pop(0), ())
            name = self._left.popleft()
            if name is None:
                self._at_chosen, self._reason = True, self._chosen.fallback_reason
                self._failed.clear()
                self._deployments = deque(self._chosen.others)
                self.selection = replace(self._chosen, attempts=tuple(self._attempts))
                return self.selection
            try:
                found = self._find(name)
            except PluggablyError as error:
                self._note(self._selector.catalogue.get(name) or name, error, 0)
                continue
            entry = found.entry
            if entry.id in self._seen:
                continue
            self._seen.add(entry.id)
            if self._standing.is_exhausted(entry):
                self._note(entry, passed_over(entry), 0)
            elif self._standing.ready_in(entry) > 0:
                self._cooling.append(entry)
            else:
                return self._stand_in(entry, found.others)
        self.selection = self._chosen
        assert self._error is not None  # the chosen model has always had its turn
        raise self._told(self._error)

    def _stand_in(self, entry: Entry, others: Iterable[Entry]) -> Selection:
        self._at_chosen = False
        self._failed.clear()
        self._deployments = deque(other for other in others if other.id not in self._seen)
        self._seen.update(other.id for other in self._deployments)
        self.selection = Selection(entry, self._chosen.requested, REASON, self._reason, tuple(self._attempts))
        return self.selection

    def _look_further(self, entry: Entry) -> None:
        """The account has nothing left: add those that may answer for want of it, behind those that were named."""
        if self._in_need:
            self._in_need = False
            self._left.extend(self._selector.in_need(entry, self._wish))

    def _find(self, name: str) -> Selection:
        """A stand-in. Raises what `Selector.choose` does where the request excludes it."""
        wish = self._wish
        asked = replace(wish, model=name, provider=None, modality=self._chosen.entry.modality)
        found = self._selector.choose(asked)
        entry = found.entry
        if wish.provider not in (None, entry.provider):
            raise ValidationFailed.of("provider", f"{wish.provider!r} must answer, and {entry.id} is not its model")
        return found

    def _note(self, tried: Entry | str, error: PluggablyError, ms: int) -> None:
        model, provider = (tried, None) if isinstance(tried, str) else (tried.id, tried.provider)
        self._attempts.append(Attempt(model, provider, error.code, error.message[:LONGEST_MESSAGE], ms))

    def _told(self, error: PluggablyError) -> PluggablyError:
        if len(self._attempts) > 1:
            attempts = [attempt.describe() for attempt in self._attempts]
            error.details = {**(error.details or {}), "attempts": attempts}
        return error


class Planner:
    """Chooses a model and who may stand in for it.

    `chains` are the configured stand-ins, by the model's id; `patience` is for tries of the same deployment.
    """

    def __init__(
        self, selector: Selector, chains: Mapping[str, Sequence[str]], patience: Patience = NO_PATIENCE
    ) -> None:
        self.catalogue = selector.catalogue
        self.standing = selector.standing
        self._selector = selector
        self._chains = chains
        self._patience = patience

    def plan(self, wish: Wish, fallback: Fallback = "default", seen: Seen | None = None) -> Plan:
        """The plan for a wish of somebody for whom there is what is `seen`; None: what there is for everybody.

        Raises what `Selector.choose` does, for a model of `fallback` with that as its `param`; `ModelUnavailable`
        where nobody may stand in for a model that is not available.
        """
        if seen is not None:
            return Planner(self._selector.seen_by(seen), self._chains, self._patience).plan(wish, fallback)
        selection = self._selector.choose(wish)
        entry = selection.entry
        names = self._stand_ins(selection, fallback)
        if wish.mode == "model":
            names = ()
        if not names:
            refuse_unavailable(entry)
        return Plan(
            self._selector,
            wish,
            selection,
            names,
            pinned=fallback == "pinned" and bool(names),
            in_need=fallback == "default" and wish.mode != "model",
            patience=self._patience,
        )

    def _stand_ins(self, chosen: Selection, fallback: Fallback) -> Sequence[str]:
        entry = chosen.entry
        if fallback == "default":
            # Its own chain alone: those of stand-ins are for themselves.
            return self._chains.get(chosen.requested) or self._chains.get(entry.id, ())
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
