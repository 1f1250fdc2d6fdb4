"""What counts against a limit, and when something fits: pure, without a clock, a database or a request.

A ledger holds what one user or one token has used. A request takes what it may use before it begins (a hold), and
what it has really used takes the hold's place when it ends. Minutes slide: what was taken in any 60 seconds is never
more than the limit. Days and months are those of UTC; a request counts for the day on which it began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any

MINUTE = 60
NANO = 10**9
"""Costs are whole nano-dollars inside: what is added up must not drift."""
FORGET_S = 3600.0
"""Seconds after which an expired hold is forgotten; until then its request may still tell what it used."""
BUSY_RETRY_S = 5.0
"""Seconds to wait where only requests that still run are in the way."""


class LimitKind(StrEnum):
    """What can be limited."""

    REQUESTS_PER_MINUTE = "requests_per_minute"
    TOKENS_PER_MINUTE = "tokens_per_minute"
    TOKENS_PER_DAY = "tokens_per_day"
    TOKENS_PER_MONTH = "tokens_per_month"
    COST_PER_DAY = "cost_usd_per_day"
    COST_PER_MONTH = "cost_usd_per_month"

    @property
    def is_cost(self) -> bool:
        """Whether it counts nano-dollars."""
        return self in (LimitKind.COST_PER_DAY, LimitKind.COST_PER_MONTH)


Bounds = Mapping[LimitKind, int]
"""The most that may be used, in requests, tokens and nano-dollars; what is not named is not limited."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request may use: at most `tokens` and `cost` nano-dollars.

    Where its length is open it makes do with what is left, if that is not under `least_tokens` and `least_cost`.
    """

    tokens: int
    cost: int
    least_tokens: int
    least_cost: int


@dataclass(slots=True)
class Taken:
    """What one request holds. `moment` is when it began and `expires` when nobody believes in it any more, both in
    seconds since 1970; `day` is the one on which it began."""

    tokens: int
    cost: int
    moment: float
    expires: float
    day: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request does not fit. `used` counts what others hold too; `asked` is the least that it needs."""

    subject: str
    kind: LimitKind
    bound: int
    used: int
    asked: int
    retry_s: float
    never: bool
    """Whether it would not fit even if nothing were used."""
    busy: bool
    """Whether it would fit if no other request were running."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one limit stands. `frees_s` is in how many seconds something is free again, `resets_s` all of it."""

    kind: LimitKind
    bound: int | None
    used: int
    reserved: int
    frees_s: float
    resets_s: float

    @property
    def remaining(self) -> int | None:
        """What can still be taken; None where nothing bounds it."""
        return None if self.bound is None else max(0, self.bound - self.used - self.reserved)


class Window:
    """Amounts by the second in which they were taken. A second counts as long as any of its moments is less than a
    minute ago, so that 60 seconds never hold more than was meant."""

    def __init__(self, amounts: Mapping[int, int] | None = None) -> None:
        self.amounts = dict(amounts or {})

    def total(self, now: float) -> int:
        """What counts now."""
        oldest = int(now) - MINUTE
        if any(second < oldest for second in self.amounts):
            self.amounts = {second: amount for second, amount in self.amounts.items() if second >= oldest}
        return sum(self.amounts.values())

    def holds(self, moment: float) -> bool:
        """Whether what was taken at that moment is still among the amounts."""
        return int(moment) in self.amounts

    def add(self, moment: float, amount: int) -> None:
        """Take (or give back) an amount at that moment."""
        second = int(moment)
        left = self.amounts.get(second, 0) + amount
        if left > 0:
            self.amounts[second] = left
        else:
            self.amounts.pop(second, None)

    def frees_s(self, now: float, amount: int) -> float:
        """In how many seconds `amount` of it counts no longer."""
        for second in sorted(self.amounts):
            amount -= self.amounts[second]
            if amount <= 0:
                return max(0.0, second + MINUTE + 1 - now)
        return float(MINUTE)


@dataclass(slots=True)
class Ledger:
    """What one user or token has used, and what its running requests hold."""

    requests: Window = field(default_factory=Window)
    tokens: Window = field(default_factory=Window)
    day: str = ""
    """`2026-11-23`: the day that `used` speaks of; its month is that of the day."""
    used: dict[LimitKind, int] = field(default_factory=dict)
    """Tokens and nano-dollars of ended requests, of the day and of the month."""
    taken: dict[str, Taken] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "requests": {str(second): amount for second, amount in self.requests.amounts.items()},
            "tokens": {str(second): amount for second, amount in self.tokens.amounts.items()},
            "day": self.day,
            "used": dict(self.used),
            "taken": {
                name: [one.tokens, one.cost, one.moment, one.expires, one.day] for name, one in self.taken.items()
            },
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Ledger:
        """As it was."""
        return cls(
            Window({int(second): amount for second, amount in kept["requests"].items()}),
            Window({int(second): amount for second, amount in kept["tokens"].items()}),
            kept["day"],
            {LimitKind(kind): amount for kind, amount in kept["used"].items()},
            {name: Taken(*values) for name, values in kept["taken"].items()},
        )

    def roll(self, now: float) -> None:
        """Begin a new day or month where one has begun, and forget what counts no longer."""
        self.requests.total(now)
        self.tokens.total(now)
        today = day_of(now)
        if today > self.day:
            kept = (LimitKind.TOKENS_PER_MONTH, LimitKind.COST_PER_MONTH) if today[:7] == self.day[:7] else ()
            self.used = {kind: amount for kind, amount in self.used.items() if kind in kept}
            self.day = today
        for name in [name for name, one in self.taken.items() if one.expires + FORGET_S < now]:
            del self.taken[name]

    def standing(self, kind: LimitKind, bound: int | None, now: float) -> Standing:
        """Where it stands with one limit. `roll` comes first."""
        reserved = self._reserved(kind, now, None)
        if kind is LimitKind.REQUESTS_PER_MINUTE or kind is LimitKind.TOKENS_PER_MINUTE:
            window = self.requests if kind is LimitKind.REQUESTS_PER_MINUTE else self.tokens
            total = window.total(now)
            frees = window.frees_s(now, 1) if total else float(MINUTE)
            resets = window.frees_s(now, total) if total else 0.0
            return Standing(kind, bound, total - reserved, reserved, frees, resets)
        resets = period_end(kind, now) - now
        return Standing(kind, bound, self.used.get(kind, 0), reserved, resets, resets)

    def counted(self, kind: LimitKind, now: float, without: str | None) -> int:
        """What counts against a limit for the request `without`: everything but its own. `roll` comes first."""
        own = self.taken.get(without) if without is not None else None
        if kind is LimitKind.REQUESTS_PER_MINUTE:
            return self.requests.total(now)
        if kind is LimitKind.TOKENS_PER_MINUTE:
            total = self.tokens.total(now)
            return total - own.tokens if own is not None and self.tokens.holds(own.moment) else total
        return self.used.get(kind, 0) + self._reserved(kind, now, without)

    def _reserved(self, kind: LimitKind, now: float, without: str | None) -> int:
        if kind is LimitKind.REQUESTS_PER_MINUTE:
            return 0
        total = 0
        for name, one in self.taken.items():
            if name == without or one.expires <= now:
                continue
            if kind is LimitKind.TOKENS_PER_MINUTE:
                total += one.tokens if self.tokens.holds(one.moment) else 0
            elif self._is_current(kind, one.day):
                total += one.cost if kind.is_cost else one.tokens
        return total

    def _is_current(self, kind: LimitKind, day: str) -> bool:
        if kind is LimitKind.TOKENS_PER_DAY or kind is LimitKind.COST_PER_DAY:
            return day == self.day
        return day[:7] == self.day[:7]

    def take(self, name: str, tokens: int, cost: int, now: float, expires: float) -> None:
        """Hold an amount; a request that holds one already is counted once, and what it held is replaced."""
        before = self.taken.get(name)
        if before is None:
            self.requests.add(now, 1)
        elif self.tokens.holds(before.moment):
            self.tokens.add(before.moment, -before.tokens)
        self.tokens.add(now, tokens)
        self.taken[name] = Taken(tokens, cost, now, expires, day_of(now))

    def settle(self, name: str, tokens: int, cost: int, now: float) -> None:
        """Put what was really used in the place of what was held. What is not held was settled before."""
        self.roll(now)
        held = self.taken.pop(name, None)
        if held is None:
            return
        if int(held.moment) >= int(now) - MINUTE:
            self.tokens.add(held.moment, tokens - held.tokens)
        for kind in (
            LimitKind.TOKENS_PER_DAY,
            LimitKind.TOKENS_PER_MONTH,
            LimitKind.COST_PER_DAY,
            LimitKind.COST_PER_MONTH,
        ):
            amount = cost if kind.is_cost else tokens
            if amount and self._is_current(kind, held.day):
                self.used[kind] = self.used.get(kind, 0) + amount

    def renew(self, name: str, expires: float) -> None:
        """The request goes on."""
        held = self.taken.get(name)
        if held is not None:
            held.expires = expires


@dataclass(frozen=True, slots=True)
class Claim:
    """A ledger that a request counts in, with the limits that hold for it."""

    subject: str
    ledger: Ledger
    bounds: Bounds


def reserve(claims: Sequence[Claim], name: str, ask: Ask, now: float, expires: float) -> Refusal | None:
    """Take what a request asks for in all ledgers, or in none and say why: of several reasons the longest lasting."""
    refusals: list[Refusal] = []
    tokens, cost = ask.tokens, ask.cost
    for claim in claims:
        ledger = claim.ledger
        ledger.roll(now)
        for kind, bound in claim.bounds.items():
            counted = ledger.counted(kind, now, name)
            left = bound - counted
            if kind is LimitKind.REQUESTS_PER_MINUTE:
                most = least = 0 if name in ledger.taken else 1
            elif kind.is_cost:
                most, least, cost = ask.cost, ask.least_cost, min(cost, left)
            else:
                most, least, tokens = ask.tokens, ask.least_tokens, min(tokens, left)
            if most and (left <= 0 or least > left):  # what costs nothing is free for everybody
                refusals.append(_refusal(claim, kind, bound, counted, max(1, least), now))
    if refusals:
        return max(refusals, key=lambda one: (one.never, one.retry_s))
    for claim in claims:
        claim.ledger.take(name, max(0, tokens), max(0, cost), now, expires)
    return None


def _refusal(claim: Claim, kind: LimitKind, bound: int, counted: int, least: int, now: float) -> Refusal:
    ledger, never, busy = claim.ledger, least > bound, False
    if kind is LimitKind.REQUESTS_PER_MINUTE or kind is LimitKind.TOKENS_PER_MINUTE:
        window = ledger.requests if kind is LimitKind.REQUESTS_PER_MINUTE else ledger.tokens
        retry = float(MINUTE) if never else window.frees_s(now, counted + least - bound)
    else:
        busy = ledger.used.get(kind, 0) + least <= bound
        retry = BUSY_RETRY_S if busy else period_end(kind, now) - now
    return Refusal(claim.subject, kind, bound, counted, least, max(1.0, retry), never, busy)


def day_of(moment: float) -> str:
    """The day of UTC, as `2026-11-23`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def period_end(kind: LimitKind, now: float) -> float:
    """When the day or the month of UTC ends, in seconds since 1970."""
    start = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if kind in (LimitKind.TOKENS_PER_DAY, LimitKind.COST_PER_DAY):
        return (start + timedelta(days=1)).timestamp()
    return (start.replace(day=1) + timedelta(days=32)).replace(day=1).timestamp()


def nanos(dollars: float | None) -> int:
    """Whole nano-dollars, rounded up."""
    return 0 if not dollars else ceil(round(dollars * NANO, 3))
