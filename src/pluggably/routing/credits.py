"""What the accounts with providers have left: as their vendors tell it, and as refused requests show it.

Vendors are asked in the background, at most once in a while for each account, and never in a request's path.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog

from pluggably.contract.credits import Credits, CreditsState
from pluggably.errors import PluggablyError
from pluggably.kit.clock import iso, utc_now
from pluggably.kit.jitter import jittered
from pluggably.providers._transport import Transport, reading
from pluggably.providers.directory import Configured, ProviderDirectory
from pluggably.routing.catalogue import account_name

REFRESH_S = 300.0
"""How often an account's credits are asked for."""
SOONEST_S = 60.0
"""The least time between two such questions, also where a request was refused for want of credits."""
REFUSED_S = 300.0
"""How long an account is passed over after such a refusal, where its vendor says nothing more."""
_LONGEST_RETRY_S = 3600.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Account:
    told: Credits = field(default_factory=Credits)
    checked_at: datetime | None = None
    refused: bool = False
    refused_until: float = 0
    doubted: Callable[[], None] | None = None


class CreditsBook:
    """What is known about each provider's account. Asking it costs a look into a dictionary."""

    def __init__(self, refused_s: float = REFUSED_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._refused_s = refused_s
        self._clock = clock
        self._accounts: dict[str, _Account] = {}

    def is_exhausted(self, provider: str) -> bool:
        """Whether to pass it over: its vendor says so, or has refused a request for it a short while ago."""
        account = self._accounts.get(provider)
        if account is None:
            return False
        if account.told.status is CreditsState.EXHAUSTED:
            return True
        return account.refused and self._clock() < account.refused_until

    def of(self, provider: str) -> Credits:
        """What is known; after a refusal `exhausted` until something was paid for again."""
        account = self._accounts.get(provider)
        if account is None:
            return Credits()
        return replace(account.told, status=CreditsState.EXHAUSTED) if account.refused else account.told

    def describe(self, provider: str, own_key: str | None = None) -> dict[str, Any]:
        """The `credits_status` of a response, for the operator's account or that of a user's own key."""
        name = account_name(provider, own_key)
        credits = self.of(name)
        account = self._accounts.get(name)
        checked_at = account.checked_at if account is not None else None
        return {
            "provider": provider,
            "status": credits.status.value,
            "remaining": credits.remaining,
            "total": credits.total,
            "currency": credits.currency,
            "checked_at": iso(checked_at) if checked_at is not None else None,
        }

    def told(self, provider: str, credits: Credits) -> None:
        """The vendor has answered."""
        account = self._account(provider)
        account.told, account.checked_at = credits, utc_now()
        if credits.status is not CreditsState.UNKNOWN:
            account.refused = False

    def refused(self, provider: str) -> None:
        """A request was refused because the account has nothing left."""
        account = self._account(provider)
        account.refused, account.refused_until = True, self._clock() + self._refused_s
        if account.doubted is not None:
            account.doubted()

    def paid(self, provider: str) -> None:
        """A request was answered."""
        account = self._accounts.get(provider)
        if account is None:
            return
        account.refused = False
        if account.told.status is CreditsState.EXHAUSTED:
            account.told = Credits()  # what the vendor told is out of date

    def forget(self, account: str) -> None:
        """There is another key, or none: what is known was about the old one."""
        self._accounts.pop(account, None)

    def when_refused(self, provider: str, call: Callable[[], None]) -> None:
        """Have this called whenever a request is refused."""
        self._account(provider).doubted = call

    def _account(self, provider: str) -> _Account:
        return self._accounts.setdefault(provider, _Account())


class CreditsWatch:
    """Asks the vendors that tell: every few minutes, sooner after a refusal, ever later while they don't answer."""

    def __init__(
        self,
        providers: ProviderDirectory,
        transport: Transport,
        book: CreditsBook,
        *,
        refresh_s: float = REFRESH_S,
        soonest_s: float = SOONEST_S,
    ) -> None:
        self._providers = providers
        self._transport = transport
        self._book = book
        self._refresh_s = refresh_s
        self._soonest_s = soonest_s
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to ask; returns at once."""
        for configured in self._providers.configured():
            if configured.provider.credits is not None:
                self._tasks.append(asyncio.create_task(self._follow(configured)))

    async def close(self) -> None:
        """Stop asking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, configured: Configured) -> None:
        name = configured.provider.name
        refused = asyncio.Event()
        self._book.when_refused(name, refused.set)
        failures = 0
        while True:
            refused.clear()
            try:
                self._book.told(name, await self._ask(configured))
                failures, delay = 0, self._refresh_s
            except PluggablyError as error:
                failures += 1
                delay = min(self._refresh_s * 2.0 ** min(failures, 20), _LONGEST_RETRY_S)
                log.warning("credits unknown", provider=name, reason=error.message)
            await asyncio.sleep(self._soonest_s)
            with suppress(TimeoutError):
                rest = jittered(delay, 0.1) - self._soonest_s
                async with asyncio.timeout(max(0.0, rest)):
                    await refused.wait()

    async def _ask(self, configured: Configured) -> Credits:
        tells = configured.provider.credits
        assert tells is not None
        reply = await self._transport.send(configured.account, tells.credits_call())
        with reading(configured.account):
            return tells.parse_credits(reply)
