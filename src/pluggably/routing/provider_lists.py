"""What the providers list, kept in the catalogue: asked at the start and now and then, never in a request's path."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

import structlog

from pluggably.contract.provider import Provider, RemoteModel
from pluggably.errors import PluggablyError
from pluggably.providers._transport import Transport
from pluggably.providers.directory import Configured, ProviderDirectory
from pluggably.routing import prices
from pluggably.routing.accounts import OPERATOR, Accounts, OperatorAccounts
from pluggably.routing.catalogue import Catalogue, Entry
from pluggably.routing.listed_parameters import ListedParameters
from pluggably.routing.model_lists import MOST_MODELS, ModelLists
from pluggably.routing.remote_models import remote_entry, shipped_models

log = structlog.get_logger(__name__)


class ProviderLists:
    """Keeps the models of the operator's accounts in the catalogue, and what could be had with a key as locked."""

    def __init__(
        self,
        providers: ProviderDirectory,
        transport: Transport,
        catalogue: Catalogue,
        schema: dict[str, Any],
        *,
        accounts: Accounts | None = None,
        lists: ModelLists | None = None,
    ) -> None:
        self._providers = providers
        self._accounts = accounts or OperatorAccounts(providers)
        self._lists = lists or ModelLists(transport)
        self._catalogue = catalogue
        self._parameters = ListedParameters(schema)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to ask; returns at once."""
        accounts = self._accounts.accounts_of(OPERATOR)
        self._catalogue.replace_locked(
            entry
            for provider in self._providers.providers()
            if provider.name not in accounts
            for entry in self._entries(provider, shipped_models(provider))
        )
        for configured in accounts.values():
            if configured.models:
                entries = self._take(configured, map(RemoteModel, configured.models))
                self._tasks.append(asyncio.create_task(self._price(configured, entries)))
            else:
                self._tasks.append(asyncio.create_task(self._follow(configured)))

    async def close(self) -> None:
        """Stop asking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, configured: Configured) -> None:
        name = configured.provider.name
        while True:
            try:
                listed = await self._lists.of(OPERATOR, configured)
            except PluggablyError as error:
                log.warning("list of models failed", provider=name, reason=error.message)
            else:
                error_now = self._lists.error_of(OPERATOR, configured)
                if error_now is None:
                    await self._price(configured, self._take(configured, listed))
                    log.info("models listed", provider=name, count=len(listed))
                else:
                    log.warning("list of models failed", provider=name, reason=error_now.message)
            await asyncio.sleep(self._lists.due_in(OPERATOR, configured))

    def _take(self, configured: Configured, listed: Iterable[RemoteModel]) -> list[Entry]:
        entries = self._entries(configured.provider, islice(listed, MOST_MODELS))
        self._catalogue.replace_listed(configured.provider.name, entries)
        return entries

    def _entries(self, provider: Provider, listed: Iterable[RemoteModel]) -> list[Entry]:
        schema = self._parameters.of(provider)
        return [remote_entry(provider, model, schema, origin="listed") for model in listed]

    async def _price(self, configured: Configured, entries: list[Entry]) -> None:
        """Add the prices to what was taken, as soon as they are known."""
        priced = await prices.look_up(configured, [entry.name for entry in entries])
        if priced:
            entries = [replace(entry, pricing=priced.get(entry.name)) for entry in entries]
            self._catalogue.replace_listed(configured.provider.name, entries)
