"""The models that can be chosen, held in memory, so that choosing one never asks the database.

The registry (features/models) keeps it in step with its table; the providers' own lists are added beside it.
With several replicas each holds its own copy and follows the registry's changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from pluggably.contract.modality import Modality
from pluggably.errors import ModelNotFound

LOCAL = "local"
_LONGEST_ID = 255


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the catalogue. `parameters` is its JSON Schema; `capabilities` as in ModelInfo."""

    id: str
    name: str
    provider: str
    modality: Modality
    status: str = "available"
    """`available`, `downloading`, `failed`, `disabled` or `evicted`."""
    status_reason: str | None = None
    origin: str = "explicit"
    """`explicit`, `discovered`, `listed` (by its provider; not in the registry), or `unlisted` (nowhere)."""
    version: str | None = None
    description: str | None = None
    capabilities: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    recommended_parameters: dict[str, Any] = field(default_factory=dict)
    source: dict[str, Any] = field(default_factory=dict)
    runtime: dict[str, Any] = field(default_factory=dict)
    pricing: dict[str, Any] | None = None
    licence: str | None = None
    documentation: str | None = None
    size_bytes: int | None = None
    local_path: str | None = None
    job_id: str | None = None
    """The job that brings its files."""
    stamp: str | None = None
    """Changes whenever the model's files do; empty or None while nobody has read them."""
    is_default: bool = False
    pinned: bool = False
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    own_key: str | None = None
    """The id of the user's own key that it is asked with, where that is not the operator's: so it is seen by one user
    alone."""
    confirmed: bool = True
    """False: nobody knows whether the user's own key unlocks it."""

    @property
    def account(self) -> str:
        """Whose account with the provider pays."""
        return account_name(self.provider, self.own_key)

    @property
    def label(self) -> str:
        """The model's name in metrics, where names that callers make up would pile up for ever."""
        made_up = self.origin == "unlisted" or (self.own_key is not None and self.origin == "listed")
        return f"{self.provider}:other" if made_up else self.id

    @property
    def takes_images(self) -> bool:
        """Whether the model reads images."""
        return "image" in self.capabilities.get("input_modalities", ())

    @property
    def reads_history(self) -> bool:
        """Whether a model of images or meshes goes on from the earlier prompts of a conversation by itself."""
        return bool(self.runtime.get("reads_history"))


def account_name(provider: str, own_key: str | None) -> str:
    """What an account with a provider is called where its health and its credits are kept."""
    return provider if own_key is None else f"{provider} with {own_key}"


class Catalogue:
    """All entries, by id and by bare name. Registered entries hide listed ones of the same id."""

    def __init__(self) -> None:
        self._registered: dict[str, Entry] = {}
        self._listed: dict[str, dict[str, Entry]] = {}
        self._locked: dict[str, Entry] = {}
        self._all: dict[str, Entry] = {}
        self._by_name: dict[str, list[Entry]] = {}

    def get(self, model_id: str) -> Entry | None:
        """The entry with exactly this id."""
        return self._all.get(model_id)

    def named(self, name: str) -> list[Entry]:
        """The entries whose bare name this is, one per provider that has it."""
        return self._by_name.get(name, [])

    def entries(self) -> list[Entry]:
        """All entries, registered ones first, each group in the order in which it came."""
        return list(self._all.values())

    def locked(self) -> list[Entry]:
        """Models of providers without a key: to be seen, not to be chosen."""
        return [entry for entry in self._locked.values() if entry.id not in self._all]

    def find_locked(self, model_id: str) -> Entry | None:
        """The locked model of exactly this id."""
        return self._locked.get(model_id)

    def locked_named(self, name: str) -> list[Entry]:
        """The locked models of this bare name."""
        return [entry for entry in self.locked() if entry.name == name]

    def registered(self) -> list[Entry]:
        """The registry's entries."""
        return list(self._registered.values())

    def replace_registered(self, entries: Iterable[Entry]) -> None:
        """Take the whole registry."""
        self._registered = {entry.id: entry for entry in entries}
        self._index()

    def put(self, entry: Entry) -> None:
        """Add or change one registered entry."""
        self._registered[entry.id] = entry
        self._index()

    def remove(self, model_id: str) -> None:
        """Forget one registered entry."""
        self._registered.pop(model_id, None)
        self._index()

    def replace_listed(self, provider: str, entries: Iterable[Entry]) -> None:
        """Take what a provider lists."""
        self._listed[provider] = {entry.id: entry for entry in entries}
        self._index()

    def replace_locked(self, entries: Iterable[Entry]) -> None:
        """Take the models of all providers without a key."""
        self._locked = {entry.id: entry for entry in entries}

    def _index(self) -> None:
        everything = dict(self._registered)
        for entries in self._listed.values():
            for model_id, entry in entries.items():
                everything.setdefault(model_id, entry)
        by_name: dict[str, list[Entry]] = {}
        for entry in everything.values():
            by_name.setdefault(entry.name, []).append(entry)
        self._all, self._by_name = everything, by_name


def not_found(catalogue: Catalogue, model: str, more: Iterable[str] = ()) -> ModelNotFound:
    """The error for a model that the catalogue lacks, with up to three ids, or `more` names, that hold the name or
    are close to it."""
    asked = model[:_LONGEST_ID]
    name = asked.lower()
    ids = {known.lower(): known for known in (*more, *(entry.id for entry in catalogue.entries()))}
    holding = sorted((match for match in ids if len(name) > 2 and name in match), key=len)
    close = get_close_matches(name, ids, n=3, cutoff=0.5)
    suggestions = [ids[match] for match in dict.fromkeys((*holding, *close))][:3]
    hint = f" Did you mean {' or '.join(repr(match) for match in suggestions)}?" if suggestions else ""
    return ModelNotFound(f"No model {asked!r}.{hint}", param="model", details={"suggestions": suggestions})
