"""`/v1/models` and `/v1/schema`.

Ids may hold `/`: the routes that end in a word stand before those that end in an id.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel

from pluggably.contract.credits import CreditsState
from pluggably.contract.modality import Modality
from pluggably.errors import (
    Conflict,
    InsufficientStorage,
    JobNotFound,
    ModelBusy,
    ModelNotFound,
    ModelPinned,
    ModelUnavailable,
    ProviderNotFound,
    UnsupportedFeature,
    ValidationFailed,
)
from pluggably.features.jobs.access import TheJobs
from pluggably.features.models import catalog
from pluggably.features.models.access import Keys, Models, TheCatalogue, TheResidency, UsableKeys
from pluggably.features.models.guide import schema_guide
from pluggably.features.models.schemas import (
    AnthropicModel,
    AnthropicModelList,
    Availability,
    LoadedModels,
    LoadRequest,
    ModelChange,
    ModelCreate,
    ModelInfo,
    ModelList,
    ModelSchemaInfo,
    OpenAIModel,
    RuntimeChange,
    RuntimeStatusInfo,
    SchemaInfo,
    UnloadRequest,
)
from pluggably.features.models.service import ModelRegistry
from pluggably.features.users.access import Audit, CanAdminister, CanRead
from pluggably.features.users.authentication import Caller
from pluggably.kit.openapi import documented
from pluggably.kit.pagination import MAX_LIMIT
from pluggably.kit.routes import GuardedRoute
from pluggably.routing.catalogue import LOCAL, Catalogue, Entry, not_found
from pluggably.routing.residency import Residency, RuntimeState
from pluggably.routing.selection import refuse_unavailable
from pluggably.tables.models import ModelStatus

router = APIRouter(tags=["models"], route_class=GuardedRoute)

ModelId = Annotated[str, Path(description="An id of the catalog; it may hold `/` and `:`, raw or percent-encoded.")]
_ANTHROPIC = "anthropic-version"
_MISSING = documented(ModelNotFound)


class View:
    """Shows entries to one caller."""

    def __init__(self, registry: ModelRegistry, residency: Residency, keys: UsableKeys, caller: Caller) -> None:
        self._registry = registry
        self._residency = residency
        self._accounts = keys.accounts.accounts_of(caller.user_id)
        self._credits = keys.credits
        self._caller = caller

    def info(self, entry: Entry) -> ModelInfo:
        """The entry, its runtime, and whether the caller can use it."""
        runtime = self._residency.status(entry) if entry.provider == LOCAL else None
        info = ModelInfo.of(
            entry,
            runtime_status=runtime.runtime_status if runtime else None,
            availability=self._availability(entry),
            is_admin=self._caller.is_admin,
        )
        used = [self._registry.last_used(entry), runtime.last_used_at if runtime else None]
        info.last_used_at = max((moment for moment in used if moment is not None), default=None)
        return info

    def accessible(self, catalogue: Catalogue, access: str | None) -> list[Entry]:
        """The models that a list is made of; registered ones are in it by default, whether locked or not."""
        known = catalogue.entries()
        if access is None:
            return known
        if access == "available":
            return [entry for entry in known if not self._is_locked(entry)]
        everything = known + catalogue.locked()
        return everything if access == "all" else [entry for entry in everything if self._is_locked(entry)]

    def _is_locked(self, entry: Entry) -> bool:
        return entry.provider != LOCAL and entry.provider not in self._accounts

    def _availability(self, entry: Entry) -> Availability:
        if entry.provider == LOCAL:
            return Availability(access="available")
        if self._is_locked(entry):
            return Availability(access="locked", credits_status=CreditsState.UNKNOWN)
        access: Literal["available", "unknown"] = "available" if entry.confirmed else "unknown"
        return Availability(access=access, credits_status=self._credits.of(entry.account).status)


def _json(body: BaseModel, status: int = 200) -> Response:
    """A body that is valid by construction needs no second validation."""
    return Response(body.model_dump_json(), status, media_type="application/json")


@router.get("/v1/models", response_model=ModelList)
async def list_models(
    request: Request,
    caller: CanRead,
    catalogue: TheCatalogue,
    registry: Models,
    residency: TheResidency,
    keys: Keys,
    modality: Annotated[Modality | None, Query()] = None,
    provider: Annotated[str | None, Query(max_length=64, examples=["local"])] = None,
    status: Annotated[ModelStatus | None, Query()] = None,
    access: Annotated[
        Literal["available", "locked", "all"] | None,
        Query(
            description="`locked`: what could be had with a key that nobody has configured; `all`: these too. "
            "None: without them, but for `provider`'s own."
        ),
    ] = None,
    q: Annotated[str | None, Query(max_length=255, description="Part of an id, a name or a description.")] = None,
    limit: Annotated[int | None, Query(ge=1, description="At most 200; none: all.")] = None,
    cursor: Annotated[str | None, Query(max_length=1024)] = None,
    after_id: Annotated[str | None, Query(max_length=255, description="Anthropic's paging.")] = None,
    before_id: Annotated[str | None, Query(max_length=255, description="Anthropic's paging.")] = None,
) -> Response:
    """The catalog, newest first; `data` repeats it in OpenAI's short shape.

    With an `anthropic-version` header the answer has Anthropic's shape.
    """
    view = View(registry, residency, keys, caller)
    entries = catalog.select(
        view.accessible(catalogue, access or ("all" if provider else None)),
        catalog.Filter(modality=modality, provider=provider, status=status, text=q),
    )
    if _ANTHROPIC in request.headers:
        page = catalog.around(entries, after_id, before_id, min(limit or 20, 1000))
        return _json(
            AnthropicModelList(
                data=[AnthropicModel.of(entry) for entry in page.entries],
                has_more=page.has_more,
                first_id=page.entries[0].id if page.entries else None,
                last_id=page.entries[-1].id if page.entries else None,
            )
        )
    if limit is not None and limit > MAX_LIMIT:
        raise ValidationFailed.of("limit", f"must be at most {MAX_LIMIT}", "less_than_equal")
    chosen, next_cursor = catalog.page(entries, limit, cursor)
    return _json(
        ModelList(
            models=[view.info(entry) for entry in chosen],
            next_cursor=next_cursor,
            data=[OpenAIModel.of(entry) for entry in chosen],
        )
    )


@router.post("/v1/models", status_code=201, responses=documented(Conflict, ProviderNotFound))
async def register_model(
    body: ModelCreate,
    caller: CanAdminister,
    registry: Models,
    residency: TheResidency,
    keys: Keys,
    audit: Audit,
) -> ModelInfo:
    """Register a model: a file inside a model folder, or a model of a provider."""
    entry = await registry.register(body)
    await audit.note("model.registered", "model", entry.id)
    return View(registry, residency, keys, caller).info(entry)


@router.get("/v1/models/loaded")
async def loaded_models(_caller: CanRead, residency: TheResidency) -> LoadedModels:
    """The models that are in memory."""
    return LoadedModels.of(residency.loaded())


@router.get("/v1/models/{model_id:path}/status", responses=documented(ModelNotFound, UnsupportedFeature))
async def model_status(
    model_id: ModelId, _caller: CanRead, registry: Models, residency: TheResidency
) -> RuntimeStatusInfo:
    """Whether a local model is in memory, and what it is doing."""
    entry = _local(registry.find(model_id))
    return RuntimeStatusInfo.of(entry, residency.status(entry))


@router.post(
    "/v1/models/{model_id:path}/load",
    response_model=RuntimeChange,
    responses={
        **documented(ModelNotFound, UnsupportedFeature, ModelUnavailable, InsufficientStorage),
        202: {"model": RuntimeChange, "description": "It is being loaded"},
    },
)
async def load_model(
    model_id: ModelId,
    _caller: CanAdminister,
    registry: Models,
    residency: TheResidency,
    body: LoadRequest | None = None,
) -> Response:
    """Bring a local model into memory: 200 once it is there, 202 while it is being loaded."""
    wanted = body or LoadRequest()
    entry = _local(registry.find(model_id))
    refuse_unavailable(entry)
    if wanted.pin is not None:
        entry = await registry.pin(model_id, wanted.pin)
    state = (await residency.load(entry, wanted.wait)).runtime_status
    there = state in (RuntimeState.LOADED, RuntimeState.BUSY)
    message = f"{model_id} is loaded." if there else f"{model_id} is being loaded; its status says when it is ready."
    return _json(RuntimeChange(model_id=model_id, status=state, message=message), 200 if there else 202)


@router.post(
    "/v1/models/{model_id:path}/unload",
    responses=documented(ModelNotFound, UnsupportedFeature, ModelBusy, ModelPinned),
)
async def unload_model(
    model_id: ModelId,
    _caller: CanAdminister,
    registry: Models,
    residency: TheResidency,
    body: UnloadRequest | None = None,
) -> RuntimeChange:
    """Give a local model's memory back."""
    entry = _local(registry.find(model_id))
    await residency.unload(entry, body is not None and body.force)
    return RuntimeChange(model_id=model_id, status=RuntimeState.UNLOADED, message=f"{model_id} is unloaded.")


@router.post("/v1/models/{model_id:path}/default", responses=documented(ModelNotFound, Conflict))
async def make_default(
    model_id: ModelId,
    caller: CanAdminister,
    registry: Models,
    residency: TheResidency,
    keys: Keys,
    audit: Audit,
) -> ModelInfo:
    """Let `auto` choose this model for its modality."""
    entry = await registry.make_default(model_id)
    await audit.note("model.made_default", "model", entry.id)
    return View(registry, residency, keys, caller).info(entry)


@router.get("/v1/models/{model_id:path}", response_model=ModelInfo, responses=_MISSING)
async def get_model(
    request: Request,
    model_id: ModelId,
    caller: CanRead,
    catalogue: TheCatalogue,
    registry: Models,
    residency: TheResidency,
    keys: Keys,
) -> Response:
    """One model. With an `anthropic-version` header the answer has Anthropic's shape."""
    entry = _find(catalogue, model_id)
    if _ANTHROPIC in request.headers:
        return _json(AnthropicModel.of(entry))
    return _json(View(registry, residency, keys, caller).info(entry))


@router.patch("/v1/models/{model_id:path}", responses=documented(ModelNotFound, Conflict))
async def change_model(
    model_id: ModelId,
    caller: CanAdminister,
    registry: Models,
    residency: TheResidency,
    keys: Keys,
    audit: Audit,
    body: ModelChange | None = None,
) -> ModelInfo:
    """Change a model; what is absent or null stays as it is."""
    change = body or ModelChange()
    entry = await registry.change(model_id, change)
    await audit.note("model.changed", "model", entry.id, {"fields": sorted(change.model_dump(exclude_none=True))})
    return View(registry, residency, keys, caller).info(entry)


@router.delete("/v1/models/{model_id:path}", responses=documented(ModelNotFound, Conflict, ModelBusy, ModelPinned))
async def remove_model(
    model_id: ModelId,
    caller: CanAdminister,
    registry: Models,
    residency: TheResidency,
    keys: Keys,
    jobs: TheJobs,
    audit: Audit,
    files: Annotated[bool, Query(description="Delete the model's files too.")] = False,
) -> ModelInfo:
    """Remove a model from the catalog, and its files where that is asked for. A download that brings it is cancelled.

    A file that stays is not discovered again until it changes.
    """
    entry = registry.find(model_id)
    if entry.status == ModelStatus.DOWNLOADING and entry.job_id is not None:
        with suppress(JobNotFound):
            await jobs.cancel(entry.job_id)
    if entry.provider == LOCAL and residency.status(entry).runtime_status is not RuntimeState.UNLOADED:
        await residency.unload(entry, force=False)
    removed = await registry.remove(model_id, files=files)
    await audit.note("model.removed", "model", removed.id, {"files": files})
    return View(registry, residency, keys, caller).info(removed)


@router.get("/v1/schema", response_model=SchemaInfo | ModelSchemaInfo, responses=_MISSING)
async def schema(
    _caller: CanRead,
    catalogue: TheCatalogue,
    model: Annotated[str | None, Query(max_length=255, description="An id of the catalog.")] = None,
) -> Response:
    """The parameters of all models and how to ask; with `model`, that model's own parameters as they are stored."""
    if model is None:
        return _json(schema_guide())
    entry = _find(catalogue, model)
    return _json(ModelSchemaInfo(model_id=entry.id, modality=entry.modality, parameters=entry.parameters))


def _find(catalogue: Catalogue, model_id: str) -> Entry:
    """A model that the caller can see, locked or not. Raises `ModelNotFound`."""
    entry = catalogue.get(model_id) or catalogue.find_locked(model_id)
    if entry is None:
        raise not_found(catalogue, model_id)
    return entry


def _local(entry: Entry) -> Entry:
    """Raise `UnsupportedFeature` for a model that does not run on this machine."""
    if entry.provider != LOCAL:
        raise UnsupportedFeature(
            f"{entry.id} runs at its provider {entry.provider}: there is nothing to load here.", param="model"
        )
    return entry
