"""A model at a provider, as an entry of the catalogue: what it makes, and which parameters it takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pluggably.contract.media import MediaModel
from pluggably.contract.modality import Modality
from pluggably.contract.provider import KnowsModels, ParameterSchema, Provider, RemoteModel
from pluggably.routing.catalogue import Entry

_ANY_PARAMETERS: ParameterSchema = {"type": "object"}


def modality_of(provider: Provider, name: str, wanted: Modality | None = None) -> Modality:
    """What a model of this name makes: what an adapter claims, else what is wanted, else the first of text, images
    and meshes that the provider makes."""
    for modality, adapter in provider.adapters.items():
        if isinstance(adapter, KnowsModels) and adapter.claims(name) and wanted in (None, modality):
            return modality
    for modality, adapter in provider.adapters.items():
        if isinstance(adapter, KnowsModels) and adapter.claims(name):
            return modality
    if wanted is not None and wanted in provider.adapters:
        return wanted
    return next((modality for modality in Modality if modality in provider.adapters), Modality.TEXT)


def remote_entry(
    provider: Provider,
    model: RemoteModel,
    text_schema: ParameterSchema,
    *,
    origin: str,
    wanted: Modality | None = None,
) -> Entry:
    """The entry for a provider's model. `text_schema` is of any text model; `wanted` is what the request says."""
    modality = modality_of(provider, model.name, wanted)
    capabilities: dict[str, Any]
    if modality is Modality.TEXT:
        # Whether the model reads images is not in the list: the provider itself refuses what it can't do.
        schema = text_schema
        capabilities = {"input_modalities": ["text", "image"], "streaming": True}
        if origin == "listed":
            capabilities |= {
                "max_context_tokens": model.context_length,
                "output_formats": ["text", "json"],
                "tools": True,
                "json_schema": True,
            }
    else:
        known = _described(provider, modality, model.name)
        schema = known.parameters
        capabilities = {
            "input_modalities": ["text", "image"] if known.takes_images else ["text"],
            "output_formats": list(known.output_formats),
            "streaming": True,
        }
    return Entry(
        id=f"{provider.name}:{model.name}",
        name=model.name,
        provider=provider.name,
        modality=modality,
        origin=origin,
        description=model.description,
        capabilities=capabilities,
        parameters=schema,
        source={"type": "provider"} if origin == "listed" else {},
        created_at=datetime.fromtimestamp(model.created, UTC) if model.created else None,
    )


def shipped_models(provider: Provider) -> list[RemoteModel]:
    """The models that the provider's adapters know by themselves."""
    known = [adapter.models for adapter in provider.adapters.values() if isinstance(adapter, KnowsModels)]
    return [RemoteModel(name) for name in dict.fromkeys(name for names in known for name in names)]


def _described(provider: Provider, modality: Modality, name: str) -> MediaModel:
    adapter = provider.adapters.get(modality)
    return adapter.describe(name) if isinstance(adapter, KnowsModels) else MediaModel(_ANY_PARAMETERS)
