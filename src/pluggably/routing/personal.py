"""The models as a user sees them who has keys of their own: what those keys unlock, beside what is there for all.

Of a provider that the user has a key for, the models that are listed are those of that key; where its list is not
known yet, those of the operator's. Nothing is copied: what changes for all changes here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from pluggably.routing.catalogue import Catalogue, Entry

Listed = Callable[[str], Mapping[str, Entry] | None]
"""What the key with a provider of this name unlocks, by id; None: nobody knows yet."""


class PersonalCatalogue(Catalogue):
    """Reads only: it is the operator's catalogue that changes."""

    def __init__(self, everybodys: Catalogue, keys: Mapping[str, str], listed: Listed) -> None:
        """`keys` are the ids of the user's own keys, by their providers' names."""
        super().__init__()
        self._everybodys = everybodys
        self._own = dict(keys)
        self._list_of = listed

    def get(self, model_id: str) -> Entry | None:
        """The entry with exactly this id."""
        entry = self._as_seen(self._everybodys.get(model_id))
        if entry is None:
            entry = next((listed[model_id] for listed in self._lists() if model_id in listed), None)
        return entry

    def named(self, name: str) -> list[Entry]:
        """The entries whose bare name this is, one per provider that has it."""
        shared = [seen for entry in self._everybodys.named(name) if (seen := self._as_seen(entry)) is not None]
        ids = {entry.id for entry in shared}
        return shared + [entry for entry in self._unlocked() if entry.name == name and entry.id not in ids]

    def entries(self) -> list[Entry]:
        """All entries, those for everybody first."""
        shared = [seen for entry in self._everybodys.entries() if (seen := self._as_seen(entry)) is not None]
        ids = {entry.id for entry in shared}
        return shared + [entry for entry in self._unlocked() if entry.id not in ids]

    def registered(self) -> list[Entry]:
        """The registry's entries."""
        return [entry for entry in self.entries() if entry.origin in ("explicit", "discovered")]

    def locked(self) -> list[Entry]:
        """Models of providers without a key: to be seen, not to be chosen."""
        return [entry for entry in self._everybodys.locked() if entry.provider not in self._own]

    def find_locked(self, model_id: str) -> Entry | None:
        """The locked model of exactly this id."""
        entry = self._everybodys.find_locked(model_id)
        return entry if entry is not None and entry.provider not in self._own else None

    def _as_seen(self, entry: Entry | None) -> Entry | None:
        if entry is None or entry.provider not in self._own:
            return entry
        listed = self._list_of(entry.provider)
        if entry.origin == "listed" and listed is not None:
            return None
        confirmed = listed is not None and f"{entry.provider}:{entry.name}" in listed
        return replace(entry, own_key=self._own[entry.provider], confirmed=confirmed)

    def _lists(self) -> Iterator[Mapping[str, Entry]]:
        return (listed for provider in self._own if (listed := self._list_of(provider)) is not None)

    def _unlocked(self) -> Iterator[Entry]:
        return (entry for listed in self._lists() for entry in listed.values())
