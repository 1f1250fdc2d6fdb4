"""The asynchronous calls about the server itself."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pluggably_client import _operations as ops
from pluggably_client import _wire
from pluggably_client._async.connection import AsyncConnection

if TYPE_CHECKING:
    from pluggably_client.models import (
        FeaturesRead,
        HealthRead,
        ProviderList,
        ReadyRead,
        StorageRead,
        UsageReport,
        VersionRead,
    )


class AsyncServerCalls(AsyncConnection):
    """How the server is, what it can do, what was used."""

    async def health(self) -> HealthRead:
        """Whether the server is alive."""
        return await self._send(ops.health)

    async def ping(self) -> None:
        """What `health` tells, without a body: raises where the server is not alive."""
        await self._send(ops.head_health)

    async def ready(self) -> ReadyRead:
        """Whether the server can serve, and what is missing where it can't."""
        return await self._send(ops.ready, answers=(503,))

    async def is_ready(self) -> bool:
        """Whether the server can serve."""
        call = _wire.call(ops.head_ready, answers=(503,))
        return (await self._answer(call, self._timeouts.read)).is_success

    async def version(self) -> VersionRead:
        """The server's version."""
        return await self._send(ops.version)

    async def features(self) -> FeaturesRead:
        """What the server can do."""
        return await self._send(ops.features)

    async def metrics(self) -> str:
        """Counters and gauges, in the text format of Prometheus."""
        return await self._send(ops.metrics)

    async def list_providers(self) -> ProviderList:
        """Who could do the work, and what their credentials look like."""
        return await self._send(ops.list_providers)

    async def storage(self) -> StorageRead:
        """What model files take on the server's disk."""
        return await self._send(ops.read_storage)

    async def usage(
        self,
        *,
        group_by: str = "model",
        since: datetime | None = None,
        until: datetime | None = None,
        everyone: bool | None = None,
        limit: int | None = None,
    ) -> UsageReport:
        """Requests, tokens and cost by `model`, `day` or (for admins) `user`, of the last 30 days unless said
        otherwise; `everyone`: of all users, for admins."""
        query = {"group_by": group_by, "since": since, "until": until, "everyone": everyone, "limit": limit}
        return await self._send(ops.read_usage, query=query)
