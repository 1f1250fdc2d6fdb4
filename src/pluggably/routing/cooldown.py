"""Who is left out for a while, because it has failed.

After some failures among its last calls a deployment cools down: it is left out for a time that doubles whenever it
fails again, up to a bound. Then one request tries it, and the others wait for how that ends. What a vendor itself
says about when to come back (`Retry-After`) is kept to without such a trial.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

TRIAL_S = 30.0
"""How long a trial may keep others away; after that the next one may try."""
_MOST_STATES = 4096


class Health(Protocol):
    """What is known about deployments, by a key. Replicas may share it behind this interface."""

    def ready_in(self, key: str) -> float:
        """Seconds until it may be asked again; 0: now."""

    def begin(self, key: str) -> float:
        """Note that it is asked now; returns the moment, which `succeeded` and `failed` want back."""

    def succeeded(self, key: str, began: float) -> None:
        """It has answered what it was asked at that moment."""

    def failed(self, key: str, began: float, wait_s: float | None = None) -> None:
        """It has not. `wait_s` is what it said itself about when to come back."""


@dataclass(frozen=True, slots=True)
class Cooling:
    """When a deployment cools down, and for how long at first and at most, in seconds."""

    after_failures: int = 3
    """Among twice as many calls: one that fails half of the time, at random, answers in between."""
    first_s: float = 5
    longest_s: float = 300


@dataclass(slots=True)
class _State:
    recent: int = 0
    """Its last calls as bits, the latest one the lowest; 1 is a failure."""
    level: int = 0
    """How often it has cooled down without having been well since."""
    until: float = 0
    changed: float = float("-inf")
    """When it last began to cool down: what was asked before says nothing about it."""
    on_trial: bool = False


class LocalHealth:
    """What this process has seen."""

    def __init__(self, cooling: Cooling | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._cooling = cooling or Cooling()
        self._counted = (1 << 2 * self._cooling.after_failures) - 1
        self._clock = clock
        self._states: dict[str, _State] = {}

    def ready_in(self, key: str) -> float:
        """Seconds until it may be asked again; 0: now."""
        state = self._states.get(key)
        return max(0.0, state.until - self._clock()) if state is not None else 0.0

    def begin(self, key: str) -> float:
        """Note that it is asked now; the first one after a cool-down is its trial."""
        now = self._clock()
        state = self._states.get(key)
        if state is not None and state.on_trial and now >= state.until:
            state.until = now + min(TRIAL_S, self._cooling.longest_s)
        return now

    def succeeded(self, key: str, began: float) -> None:
        """It is well again, unless it was asked before it began to cool down."""
        state = self._states.get(key)
        if state is None or began < state.changed:
            return
        state.recent = state.recent << 1 & self._counted
        state.until, state.on_trial = 0, False
        state.level = max(0, state.level - 1)
        if state.level == 0 and not state.recent:
            del self._states[key]

    def failed(self, key: str, began: float, wait_s: float | None = None) -> None:
        """One more failure: at its end the deployment may begin to cool down."""
        now, cooling = self._clock(), self._cooling
        state = self._states.get(key)
        if state is None:
            if len(self._states) >= _MOST_STATES:
                del self._states[next(iter(self._states))]
            state = self._states[key] = _State()
        if began < state.changed:
            return
        if wait_s is not None:
            state.until = max(state.until, now + min(wait_s, cooling.longest_s))
            return
        state.recent = (state.recent << 1 | 1) & self._counted
        if state.recent.bit_count() >= cooling.after_failures or state.level > 0:
            span = min(cooling.first_s * 2.0 ** min(state.level, 60), cooling.longest_s)
            state.recent, state.level = 0, state.level + 1
            state.changed, state.until, state.on_trial = now, now + span, True
