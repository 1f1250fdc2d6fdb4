"""Catalogues and providers for tests of the choice of a model."""

from __future__ import annotations

from typing import Any

from pluggably.contract.modality import Modality
from pluggably.providers.directory import AccountSettings, ProviderDirectory, load_providers
from pluggably.routing.catalogue import Catalogue, Entry
from pluggably.routing.selection import Selector

ANY_PARAMETERS: dict[str, Any] = {"type": "object"}


def entry(model_id: str, provider: str = "local", modality: Modality = Modality.TEXT, **more: Any) -> Entry:
    """A model; one of a provider's has an id that begins with the provider's name."""
    name = model_id.removeprefix(f"{provider}:")
    images = more.pop("images", False)
    capabilities = {"input_modalities": ["text", "image"] if images else ["text"], **more.pop("capabilities", {})}
    return Entry(model_id, name, provider, modality, capabilities=capabilities, **more)


def catalogue_of(*entries: Entry) -> Catalogue:
    """A catalogue in which local models are registered and others listed by their providers."""
    catalogue = Catalogue()
    catalogue.replace_registered(item for item in entries if item.provider == "local")
    for provider in {item.provider for item in entries} - {"local"}:
        catalogue.replace_listed(provider, [item for item in entries if item.provider == provider])
    return catalogue


def two_providers() -> ProviderDirectory:
    """`acme`, which is free, and `openai`, which is not."""
    return load_providers(
        {
            "acme": AccountSettings(base_url="http://127.0.0.1:9/v1"),
            "openai": AccountSettings(api_key="sk-test", base_url="http://127.0.0.1:9/v1"),
        }
    )


def selector_of(*entries: Entry, defaults: dict[Modality, str] | None = None) -> Selector:
    """Chooses among these entries and the two providers."""
    return Selector(catalogue_of(*entries), two_providers(), defaults or {}, ANY_PARAMETERS)
