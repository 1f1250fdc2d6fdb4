"""The models that users' own keys unlock: asked for in the background, kept for an hour."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from pluggably.contract.provider import RemoteModel
from pluggably.errors import PluggablyError
from pluggably.kit.jitter import jittered
from pluggably.providers._transport import Transport, reading
from pluggably.providers.directory import Configured
from pluggably.routing import prices
from pluggably.routing.catalogue import Entry, account_name
from pluggably.routing.credits import CreditsBook
from pluggably.routing.listed_parameters import ListedParameters
from pluggably.routing.model_lists import REFRESH_S, RETRY_S, ModelLists
from pluggably.routing.remote_models import remote_entry

_AT_ONCE = 4
_LONGEST_RETRY_S = 1800.0
_MOST_OF_ONE = 2000
MOST_MODELS = 50_000
"""What all lists together may hold: some 50 MB. Those that were not used for longest are asked for again."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _List:
    own_key: str | None
    entries: dict[str, Entry] | None = None
    failures: int = 0
    due: float = float("-inf")
    asking: asyncio.Task[None] | None = None


class PersonalLists:
    """By (user, provider)."""

    def __init__(
        self,
        transport: Transport,
        credits: CreditsBook,
        schema: dict[str, Any],
        *,
        most_models: int = MOST_MODELS,
        refresh_s: float = REFRESH_S,
    ) -> None:
        self._vendors = ModelLists(transport)
        self._transport = transport
        self._credits = credits
        self._parameters = ListedParameters(schema)
        self._most_models = most_models
        self._refresh_s = refresh_s
        self._lists: OrderedDict[tuple[str, str], _List] = OrderedDict()
        self._prices: dict[str, dict[str, dict[str, Any] | None]] = {}
        """By provider and model; None: nobody knows."""
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def of(self, user_id: str, provider: str) -> Mapping[str, Entry] | None:
        """What the user's key with this provider unlocks, by id; None: nobody knows yet."""
        listed = self._lists.get((user_id, provider))
        if listed is None:
            return None
        self._lists.move_to_end((user_id, provider))
        return listed.entries

    def follow(self, user_id: str, configured: Configured) -> None:
        """Ask in the background if it is time to; returns at once."""
        listed = self._list(user_id, configured)
        if listed.asking is None and time.monotonic() >= listed.due:
            listed.asking = asyncio.create_task(self._ask(listed, user_id, configured))

    async def check(self, user_id: str, configured: Configured) -> int:
        """Ask now; how many models there are. Raises what the provider answered."""
        models = await self._vendors.ask(configured)
        self._take(self._list(user_id, configured), configured, models)
        return len(models)

    def forget(self, user_id: str, provider: str) -> None:
        """The user has no key with this provider any more."""
        listed = self._lists.pop((user_id, provider), None)
        if listed is not None:
            self._end(listed, provider)

    async def close(self) -> None:
        """Stop asking."""
        tasks = [listed.asking for listed in self._lists.values() if listed.asking is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _list(self, user_id: str, configured: Configured) -> _List:
        """The list of this key; that of the key which it has replaced is forgotten."""
        name = configured.provider.name
        listed = self._lists.get((user_id, name))
        if listed is None or listed.own_key != configured.own_key:
            if listed is not None:
                self._end(listed, name)
            listed = self._lists[user_id, name] = _List(configured.own_key)
        self._lists.move_to_end((user_id, name))
        return listed

    def _end(self, listed: _List, provider: str) -> None:
        if listed.asking is not None:
            listed.asking.cancel()
        self._credits.forget(account_name(provider, listed.own_key))

    async def _ask(self, listed: _List, user_id: str, configured: Configured) -> None:
        name = configured.provider.name
        try:
            async with self._slots:
                self._take(listed, configured, await self._vendors.ask(configured))
                await self._price(listed, configured)
                await self._look_at_credits(configured)
            log.info("models listed", provider=name, user=user_id, count=len(listed.entries or ()))
        except PluggablyError as error:
            listed.failures += 1
            delay = min(RETRY_S * 2.0 ** min(listed.failures - 1, 20), _LONGEST_RETRY_S)
            listed.due = time.monotonic() + jittered(delay, 0.1)
            log.warning("list of models failed", provider=name, user=user_id, code=error.code)
        finally:
            listed.asking = None

    def _take(self, listed: _List, configured: Configured, models: list[RemoteModel]) -> None:
        provider = configured.provider
        schema = self._parameters.of(provider)
        known = self._prices.get(provider.name, {})
        listed.entries = {}
        for model in models[:_MOST_OF_ONE]:
            entry = remote_entry(provider, model, schema, origin="listed")
            entry = replace(entry, own_key=configured.own_key, pricing=known.get(entry.name))
            listed.entries[entry.id] = entry
        listed.failures, listed.due = 0, time.monotonic() + self._refresh_s
        total = sum(len(other.entries or ()) for other in self._lists.values())
        for other in [*self._lists.values()]:
            if total <= self._most_models:
                break
            if other is not listed and other.entries is not None:
                total -= len(other.entries)
                other.entries, other.due = None, float("-inf")

    async def _price(self, listed: _List, configured: Configured) -> None:
        """Add the prices; models that others have asked about are not asked about again."""
        provider = configured.provider
        if not provider.commercial or configured.account.address.guarded or listed.entries is None:
            return
        known = self._prices.setdefault(provider.name, {})
        new = [entry.name for entry in listed.entries.values() if entry.name not in known]
        if not new:
            return
        found = await prices.look_up(configured, new)
        if len(known) < self._most_models:
            known.update({name: found.get(name) for name in new})
        listed.entries = {
            model_id: replace(entry, pricing=found.get(entry.name, entry.pricing))
            for model_id, entry in listed.entries.items()
        }

    async def _look_at_credits(self, configured: Configured) -> None:
        tells = configured.provider.credits
        if tells is not None:
            reply = await self._transport.send(configured.account, tells.credits_call())
            name = account_name(configured.provider.name, configured.own_key)
            with reading(configured.account):
                self._credits.told(name, tells.parse_credits(reply))
