"""What the providers list, kept in the catalogue: asked at the start and now and then, never in a request's path."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

import structlog

from pluggably.contract.calls import Call
from pluggably.contract.provider import ListsModels, ListsModelsInPages, RemoteModel
from pluggably.errors import PluggablyError
from pluggably.kit.jitter import jittered
from pluggably.providers._transport import Transport
from pluggably.providers.directory import Configured, ProviderDirectory
from pluggably.routing import prices
from pluggably.routing.catalogue import Catalogue, Entry
from pluggably.routing.listed_parameters import ListedParameters
from pluggably.routing.remote_models import remote_entry, shipped_models

REFRESH_S = 3600
_RETRY_S = 30
_LONGEST_RETRY_S = 1800
_MOST_MODELS = 5000
_MOST_PAGES = 50

log = structlog.get_logger(__name__)


class ProviderLists:
    """Asks each provider for its models, again every hour, after a failure sooner at first and then ever later."""

    def __init__(
        self, providers: ProviderDirectory, transport: Transport, catalogue: Catalogue, schema: dict[str, Any]
    ) -> None:
        self._providers = providers
        self._transport = transport
        self._catalogue = catalogue
        self._parameters = ListedParameters(schema)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to ask; returns at once."""
        for configured in self._providers.configured():
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
        failures = 0
        while True:
            try:
                listed = await self._ask(configured)
            except PluggablyError as error:
                failures += 1
                delay = min(_RETRY_S * 2 ** (failures - 1), _LONGEST_RETRY_S)
                log.warning("list of models failed", provider=configured.provider.name, reason=error.message)
            else:
                failures, delay = 0, REFRESH_S
                shipped = shipped_models(configured.provider)
                if listed is None:
                    self._take(configured, shipped)
                    return
                names = {model.name for model in listed}
                everything = listed + [model for model in shipped if model.name not in names]
                await self._price(configured, self._take(configured, everything))
                log.info("models listed", provider=configured.provider.name, count=len(listed))
            await asyncio.sleep(jittered(delay, 0.1))

    async def _ask(self, configured: Configured) -> list[RemoteModel] | None:
        for adapter in configured.provider.adapters.values():
            if isinstance(adapter, ListsModels):
                return await self._pages(configured, adapter)
        return None

    async def _pages(self, configured: Configured, adapter: ListsModels) -> list[RemoteModel]:
        listed: list[RemoteModel] = []
        call: Call | None = adapter.list_call()
        pages = 0
        while call is not None and len(listed) < _MOST_MODELS and pages < _MOST_PAGES:
            reply = await self._transport.send(configured.account, call)
            listed += adapter.parse_models(reply)
            pages += 1
            call = adapter.next_list_call(reply) if isinstance(adapter, ListsModelsInPages) else None
        return listed

    def _take(self, configured: Configured, listed: Iterable[RemoteModel]) -> list[Entry]:
        provider = configured.provider
        schema = self._parameters.of(provider)
        entries = [remote_entry(provider, model, schema, origin="listed") for model in islice(listed, _MOST_MODELS)]
        self._catalogue.replace_listed(provider.name, entries)
        return entries

    async def _price(self, configured: Configured, entries: list[Entry]) -> None:
        """Add the prices to what was taken, as soon as they are known."""
        priced = await prices.look_up(configured, [entry.name for entry in entries])
        if priced:
            entries = [replace(entry, pricing=priced.get(entry.name)) for entry in entries]
            self._catalogue.replace_listed(configured.provider.name, entries)
