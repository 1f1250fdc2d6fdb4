"""The models that each account unlocks, as its vendor lists them: kept for an hour, and asked for by one at a time.

An account is somebody's key with a provider. After a failure the vendor is asked again sooner at first and then ever
later, however often somebody wants to know.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pluggably.contract.calls import Call
from pluggably.contract.provider import ListsModels, ListsModelsInPages, RemoteModel
from pluggably.errors import PluggablyError
from pluggably.kit.jitter import jittered
from pluggably.providers._transport import Transport, reading
from pluggably.providers.directory import Configured
from pluggably.routing.remote_models import shipped_models

REFRESH_S = 3600.0
RETRY_S = 30.0
_LONGEST_RETRY_S = 1800.0
MOST_MODELS = 5000
_MOST_PAGES = 50


@dataclass(slots=True)
class _Listed:
    models: list[RemoteModel] | None = None
    error: PluggablyError | None = None
    failures: int = 0
    due: float = float("-inf")
    """When to ask again."""
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class ModelLists:
    """Lists by (owner, provider)."""

    def __init__(
        self, transport: Transport, *, refresh_s: float = REFRESH_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._transport = transport
        self._refresh_s = refresh_s
        self._clock = clock
        self._lists: dict[tuple[str, str], _Listed] = {}

    async def of(self, owner: str, configured: Configured) -> list[RemoteModel]:
        """The models of one account; the vendor is asked only if it is time to.

        Raises what the vendor answered last where it has never answered with a list.
        """
        listed = self._listed(owner, configured)
        async with listed.asking:
            if self._clock() >= listed.due:
                await self._refresh(listed, configured)
        if listed.models is not None:
            return listed.models
        assert listed.error is not None
        raise listed.error

    def error_of(self, owner: str, configured: Configured) -> PluggablyError | None:
        """Why the vendor's last answer was no list; None where it was one."""
        return self._listed(owner, configured).error

    def due_in(self, owner: str, configured: Configured) -> float:
        """Seconds until the vendor may be asked again."""
        return max(0.0, self._listed(owner, configured).due - self._clock())

    def _listed(self, owner: str, configured: Configured) -> _Listed:
        return self._lists.setdefault((owner, configured.provider.name), _Listed())

    async def _refresh(self, listed: _Listed, configured: Configured) -> None:
        try:
            listed.models, listed.error, listed.failures = await self.ask(configured), None, 0
            delay = self._refresh_s
        except PluggablyError as error:
            listed.error = error
            listed.failures += 1
            delay = min(RETRY_S * 2.0 ** min(listed.failures - 1, 20), _LONGEST_RETRY_S)
        listed.due = self._clock() + jittered(delay, 0.1)

    async def ask(self, configured: Configured) -> list[RemoteModel]:
        """What the vendor lists now, and what its adapters know besides. Raises what the vendor answered."""
        provider = configured.provider
        listed: list[RemoteModel] = []
        for adapter in provider.adapters.values():
            if isinstance(adapter, ListsModels):
                listed = await self._pages(configured, adapter)
                break
        names = {model.name for model in listed}
        return listed + [model for model in shipped_models(provider) if model.name not in names]

    async def _pages(self, configured: Configured, adapter: ListsModels) -> list[RemoteModel]:
        listed: list[RemoteModel] = []
        call: Call | None = adapter.list_call()
        pages = 0
        while call is not None and len(listed) < MOST_MODELS and pages < _MOST_PAGES:
            reply = await self._transport.send(configured.account, call)
            with reading(configured.account):
                listed += adapter.parse_models(reply)
                call = adapter.next_list_call(reply) if isinstance(adapter, ListsModelsInPages) else None
            pages += 1
        return listed
