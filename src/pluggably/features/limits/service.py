"""Limits in the path of a request, and as users and admins see and set them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import Any

from pluggably.contract.text import Usage
from pluggably.errors import LimitReached, NotFound, PermissionDenied, TokenNotFound
from pluggably.features.audit.log import Actor, record
from pluggably.features.limits import repository
from pluggably.features.limits.book import Book, amount, values_of
from pluggably.features.limits.estimate import ask_for
from pluggably.features.limits.headers import headers
from pluggably.features.limits.metrics import REJECTED
from pluggably.features.limits.rules import Ask, LimitKind, Refusal, nanos
from pluggably.features.limits.schemas import LimitsChange, LimitsRead, LimitState, MyLimits
from pluggably.features.limits.store import TOKEN, USER, Limited, LimitStore
from pluggably.features.users.authentication import OPERATOR, Caller
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database
from pluggably.kit.edge import RequestFacts
from pluggably.kit.ids import new_id
from pluggably.routing.catalogue import Entry

COUNTING = "/v1/messages/count_tokens"
"""Counts a request's tokens, and uses none."""
_NAMES = {
    LimitKind.REQUESTS_PER_MINUTE: "requests per minute",
    LimitKind.TOKENS_PER_MINUTE: "tokens per minute",
    LimitKind.TOKENS_PER_DAY: "tokens per day",
    LimitKind.TOKENS_PER_MONTH: "tokens per month",
    LimitKind.COST_PER_DAY: "US dollars per day",
    LimitKind.COST_PER_MONTH: "US dollars per month",
}


@dataclass(slots=True)
class Hold:
    """What one request holds, and what it has used at models that were left behind."""

    name: str = field(default_factory=lambda: new_id("hold"))
    subjects: tuple[str, ...] = ()
    """In whose ledgers it counts; empty: nobody's."""
    tokens: int = 0
    cost: int = 0

    def used(self, usage: Usage | None, cost_usd: float | None) -> None:
        """Add what a model has used."""
        if usage is not None:
            self.tokens += usage.total_tokens
        self.cost += nanos(cost_usd)


class Limiter:
    """Reserves before a model is asked and settles when the request is accounted for."""

    def __init__(self, database: Database, book: Book, store: LimitStore, assumed_output_tokens: int) -> None:
        self._database = database
        self.book = book
        self._store = store
        self._assumed = assumed_output_tokens

    @property
    def in_force(self) -> bool:
        """Whether anybody has limits."""
        return self.book.in_force

    async def start(self) -> None:
        """Read who has which limits."""
        await self.book.start()
        await self._store.start()

    async def close(self) -> None:
        """Write what is waiting, within a bound of time."""
        await self.book.close()
        await self._store.close()

    async def reserve(
        self, hold: Hold, caller: Caller, facts: RequestFacts, route: str, entry: Entry, work: Any
    ) -> None:
        """Take what the request may use at this model, in the place of what it holds for another one.

        Whoever calls settles, whatever comes of it. Raises `LimitReached`, or `NotReady` where the store can't be
        reached.
        """
        limited = await self.book.of(caller)
        if not limited:
            return
        work = getattr(work, "request", work)
        ask = ask_for(entry, None if route == COUNTING else work, self._assumed)
        if hold.tokens or hold.cost:  # another model has used something already
            ask = Ask(
                ask.tokens + hold.tokens,
                ask.cost + hold.cost,
                ask.least_tokens + hold.tokens,
                ask.least_cost + hold.cost,
            )
        hold.subjects = tuple({*hold.subjects, *(one.subject for one in limited)})
        reserved = await self._store.reserve(limited, hold.name, ask)
        facts.headers[:] = headers(reserved.standings, route, utc_now())
        if reserved.refusal is not None:
            REJECTED.labels(reserved.refusal.kind.value).inc()
            raise _reached(reserved.refusal)

    def settle(self, hold: Hold) -> None:
        """Put what was used in the place of what was held."""
        if hold.subjects:
            self._store.settle(hold.subjects, hold.name, hold.tokens, hold.cost)

    async def of_caller(self, caller: Caller) -> MyLimits:
        """The caller's limits, and those of the token that was used."""
        user = await self._read(f"{USER}{caller.user_id}")
        token = None
        if caller.token_id is not None and self.book.own(f"{TOKEN}{caller.token_id}").bounds:
            token = await self._read(f"{TOKEN}{caller.token_id}")
        return MyLimits(**dict(user), token=token)

    async def of_user(self, user_id: str) -> LimitsRead:
        """A user's limits. Raises `NotFound`."""
        await self._check_user(user_id)
        return await self._read(f"{USER}{user_id}")

    async def set_for_user(self, actor: Actor, caller: Caller, user_id: str, change: LimitsChange) -> LimitsRead:
        """Set a user's limits in the place of those that were set.

        Raises `NotFound`, and `PermissionDenied` for a caller whose own token has limits.
        """
        await self._check_user(user_id)
        await self._check_free(caller)
        return await self._set(actor, f"{USER}{user_id}", change)

    async def of_token(self, caller: Caller, token_id: str) -> LimitsRead:
        """The limits of one of the caller's tokens. Raises `TokenNotFound`."""
        await self._check_token(caller, token_id)
        return await self._read(f"{TOKEN}{token_id}")

    async def set_for_token(self, actor: Actor, caller: Caller, token_id: str, change: LimitsChange) -> LimitsRead:
        """Set the limits of one of the caller's tokens.

        Raises `TokenNotFound`, and `PermissionDenied` for a caller whose own token has limits: it could lift them.
        """
        await self._check_token(caller, token_id)
        await self._check_free(caller)
        return await self._set(actor, f"{TOKEN}{token_id}", change)

    async def _set(self, actor: Actor, subject: str, change: LimitsChange) -> LimitsRead:
        kind, _, target = subject.partition(":")
        async with self._database.transaction() as db:
            row = await repository.put(db, subject, change.model_dump())
            record(db, actor, "limits.changed", kind, target, change.model_dump(exclude_none=True))
        self.book.take(row)
        if not self.book.bounds(subject):
            await self._store.forget(subject)
        return await self._read(subject)

    async def _check_free(self, caller: Caller) -> None:
        if any(one.subject.startswith(TOKEN) for one in await self.book.of(caller)):
            raise PermissionDenied("A token that has limits may not change limits.")

    async def _check_user(self, user_id: str) -> None:
        if user_id != OPERATOR:
            async with self._database.reading() as db:
                if not await repository.user_exists(db, user_id):
                    raise NotFound(f"No user {user_id!r}.")

    async def _check_token(self, caller: Caller, token_id: str) -> None:
        async with self._database.reading() as db:
            row = await repository.token(db, token_id)
        if row is None or row.user_id != caller.user_id:
            raise TokenNotFound(f"No token {token_id!r}.")

    async def _read(self, subject: str) -> LimitsRead:
        own, bounds = self.book.own(subject), self.book.bounds(subject)
        found = await self._store.standing(Limited(subject, bounds))
        now = utc_now()  # after it was looked: a day ends at midnight, not a moment before
        states = {
            one.kind.value: LimitState(
                limit=amount(one.kind, one.bound),
                used=amount(one.kind, one.used) or 0,
                reserved=amount(one.kind, one.reserved) or 0,
                remaining=amount(one.kind, one.remaining),
                resets_at=now + timedelta(seconds=one.resets_s),
            )
            for one in found
        }
        kind, _, name = subject.partition(":")
        return LimitsRead(
            user_id=name if kind == "user" else None,
            token_id=name if kind == "token" else None,
            own=LimitsChange(**values_of(own.bounds), use_defaults=own.use_defaults),
            limits=states,
        )


def _reached(refusal: Refusal) -> LimitReached:
    name = _NAMES[refusal.kind]
    kind, wait = refusal.kind, refusal.retry_s
    whose = "This token's limit" if refusal.subject.startswith(TOKEN) else "Your limit"
    message = f"{whose} of {_shown(kind, refusal.bound)} {name} "
    if refusal.never and refusal.bound:
        message += (
            f"is less than this request may use ({_shown(kind, refusal.asked)}, counting its prompt and all that it "
            "allows for the answer). Lower `max_tokens`, or ask an admin."
        )
    elif refusal.busy:
        message += f"is set aside for requests that still run. Try again in {ceil(wait)} s."
    elif wait <= 120:
        message += f"is reached. Try again in {ceil(wait)} s."
    else:
        free_at = (utc_now() + timedelta(seconds=wait)).strftime("%Y-%m-%d %H:%M UTC")
        message += f"is reached. It is free again at {free_at}."
    details = {
        "limit": kind.value,
        "of": "token" if refusal.subject.startswith(TOKEN) else "user",
        "allowed": amount(kind, refusal.bound),
        "used": amount(kind, refusal.used),
        "needed": amount(kind, refusal.asked),
        "never": refusal.never,
    }
    return LimitReached(message, details=details, retry_after=ceil(wait))


def _shown(kind: LimitKind, value: int) -> str:
    return f"{value / 10**9:.6g}" if kind.is_cost else str(value)
