"""The asynchronous calls about models: the catalogue, what is in memory, what could be downloaded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pluggably_client import _operations as ops
from pluggably_client._async.connection import AsyncConnection
from pluggably_client._async.pages import LIMIT, each

if TYPE_CHECKING:
    from pluggably_client.models import (
        FoundModels,
        HubFiles,
        LoadedModelInfo,
        ModelChange,
        ModelCreate,
        ModelInfo,
        ModelList,
        ModelSchemaInfo,
        RuntimeChange,
        RuntimeStatusInfo,
        SchemaInfo,
    )


class AsyncModelCalls(AsyncConnection):
    """Models of the server."""

    async def list_models(
        self,
        *,
        modality: str | None = None,
        provider: str | None = None,
        status: str | None = None,
        access: str | None = None,
        q: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ModelList:
        """Models that match; all of them without `limit`."""
        query = {
            "modality": modality,
            "provider": provider,
            "status": status,
            "access": access,
            "q": q,
            "limit": limit,
            "cursor": cursor,
        }
        return await self._send(ops.list_models, query=query)

    def iter_models(
        self,
        *,
        modality: str | None = None,
        provider: str | None = None,
        status: str | None = None,
        q: str | None = None,
    ) -> AsyncIterator[ModelInfo]:
        """All that match, page by page."""
        return each(
            lambda cursor: self.list_models(
                modality=modality, provider=provider, status=status, q=q, limit=LIMIT, cursor=cursor
            ),
            lambda page: page.models,
        )

    async def get_model(self, model_id: str) -> ModelInfo:
        """One model."""
        return await self._send(ops.get_model, _of(model_id))

    async def register_model(self, model: ModelCreate | Mapping[str, Any]) -> ModelInfo:
        """Add a model to the catalogue. For admins, as are all changes."""
        return await self._send(ops.register_model, body=model)

    async def update_model(self, model_id: str, changes: ModelChange | Mapping[str, Any]) -> ModelInfo:
        """Change what is given."""
        return await self._send(ops.change_model, _of(model_id), body=changes)

    async def remove_model(self, model_id: str, *, files: bool = False) -> ModelInfo:
        """Remove a model from the catalogue, with `files` its files too."""
        return await self._send(ops.remove_model, _of(model_id), query={"files": files or None})

    async def set_default_model(self, model_id: str) -> ModelInfo:
        """Make it the default of its modality."""
        return await self._send(ops.make_default, _of(model_id))

    async def get_model_status(self, model_id: str) -> RuntimeStatusInfo:
        """Whether a model is in memory and how busy it is."""
        return await self._send(ops.model_status, _of(model_id))

    async def list_loaded_models(self) -> Sequence[LoadedModelInfo]:
        """The models that are in memory."""
        return (await self._send(ops.loaded_models)).models

    async def load_model(self, model_id: str, *, wait: bool = False, pin: bool | None = None) -> RuntimeChange:
        """Load a model; with `wait` until it is loaded."""
        return await self._send(ops.load_model, _of(model_id), body={"wait": wait, "pin": pin}, long=True)

    async def unload_model(self, model_id: str, *, force: bool = False) -> RuntimeChange:
        """Unload a model; `force` overrides a pin and waits for running requests."""
        return await self._send(ops.unload_model, _of(model_id), body={"force": force}, long=True)

    async def search_models(
        self,
        query: str | None = None,
        *,
        source: str | None = None,
        modality: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> FoundModels:
        """Models of a hub that could be downloaded, most downloaded first."""
        asked = {"query": query, "source": source, "modality": modality, "limit": limit, "cursor": cursor}
        return await self._send(ops.search_models, query=asked)

    async def list_model_files(self, repo: str, *, revision: str | None = None) -> HubFiles:
        """The files of a hub's repository, with what there is room for."""
        return await self._send(ops.list_files, {"repo": repo}, query={"revision": revision})

    async def schema(self, model: str | None = None) -> SchemaInfo | ModelSchemaInfo:
        """Every parameter that is known and how to ask, or the parameters of one model."""
        return await self._send(ops.schema, query={"model": model})


def _of(model_id: str) -> dict[str, str]:
    return {"model_id": model_id}
