"""What must be there before the gateway can serve."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from pluggably.contract.modality import Modality
from pluggably.kit.database import Database
from pluggably.routing.catalogue import LOCAL
from pluggably.routing.local_models import LocalModels
from pluggably.routing.residency import RuntimeState
from pluggably.routing.selection import Selector

_TIMEOUT_S = 5


class Readiness:
    """Asks the database, the data folder and the default models."""

    def __init__(
        self,
        database: Database,
        data_dir: Path,
        selector: Selector,
        local: LocalModels,
        defaults: dict[Modality, str],
        scanned: Callable[[], bool],
    ) -> None:
        self._database = database
        self._data_dir = data_dir
        self._selector = selector
        self._local = local
        self._defaults = defaults
        self._scanned = scanned

    async def checks(self) -> dict[str, str]:
        """`ok`, or what is missing, for each of `database`, `storage` and `default_model`."""
        return {
            "database": await self._check_database(),
            "storage": await asyncio.to_thread(self._check_storage),
            "default_model": self._check_default_model(),
        }

    async def _check_database(self) -> str:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await self._database.ping()
        except (SQLAlchemyError, OSError, TimeoutError):
            return "does not answer"
        return "ok"

    def _check_storage(self) -> str:
        return "ok" if os.access(self._data_dir, os.W_OK | os.X_OK) else "the data folder can't be written"

    def _has_models(self) -> bool:
        """Whether there is a model beside those that come with Pluggably: they are not what a gateway is run for."""
        entries = self._selector.catalogue.entries()
        return any(entry.status == "available" and entry.source.get("type") != "builtin" for entry in entries)

    def _check_default_model(self) -> str:
        if not self._scanned():
            return "the model folders are being read"
        for modality, name in self._defaults.items():
            chosen = self._selector.default_for(modality)
            named = chosen is not None and (name in (chosen[0].id, chosen[0].name) or self._selector.is_given(name))
            if chosen is None or not named:
                return f"{name} is not available"
            entry = chosen[0]
            state = self._local.status(entry).runtime_status
            if entry.provider == LOCAL and state not in (RuntimeState.LOADED, RuntimeState.BUSY):
                return f"{name} is not loaded yet"
        if not self._defaults and not self._has_models():
            return "no model is available; run `pluggably pull starter`"
        return "ok"
