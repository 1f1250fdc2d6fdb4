"""Lists of the catalog: filtered, newest first, in pages. All of it happens in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pluggably.contract.modality import Modality
from pluggably.errors import ValidationFailed
from pluggably.kit.pagination import decode_cursor, encode_cursor
from pluggably.routing.catalogue import Entry


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; None: not at all."""

    modality: Modality | None = None
    provider: str | None = None
    status: str | None = None
    text: str | None = None

    def admits(self, entry: Entry) -> bool:
        """Whether an entry belongs to the list."""
        return (
            self.modality in (None, entry.modality)
            and self.provider in (None, entry.provider)
            and self.status in (None, entry.status)
            and (self.text is None or self.text.lower() in f"{entry.id}\n{entry.name}\n{entry.description}".lower())
        )


@dataclass(frozen=True, slots=True)
class Around:
    """A page in Anthropic's way of paging."""

    entries: list[Entry]
    has_more: bool


def select(entries: Iterable[Entry], wanted: Filter) -> list[Entry]:
    """The entries of a list, newest first."""
    return sorted(filter(wanted.admits, entries), key=_key)


def page(entries: list[Entry], limit: int | None, cursor: str | None) -> tuple[list[Entry], str | None]:
    """A page of a sorted list, and the cursor of the next one. Raises `ValidationFailed` for a bad cursor."""
    if cursor is not None:
        moment, model_id = decode_cursor(cursor, 2)
        if isinstance(moment, str) or not isinstance(model_id, str):
            raise ValidationFailed.of("cursor", "is not a cursor that a list gave", "invalid_cursor")
        entries = [entry for entry in entries if _key(entry) > (-moment, model_id)]
    if limit is None or len(entries) <= limit:
        return entries, None
    moment, model_id = _key(entries[limit - 1])
    return entries[:limit], encode_cursor(-moment, model_id)


def around(entries: list[Entry], after_id: str | None, before_id: str | None, limit: int) -> Around:
    """The page after or before an id; an id that is not in the list stands at its end."""
    ids = [entry.id for entry in entries]
    if before_id is not None:
        rest = entries[: ids.index(before_id)] if before_id in ids else []
        return Around(rest[-limit:], len(rest) > limit)
    if after_id is not None:
        entries = entries[ids.index(after_id) + 1 :] if after_id in ids else []
    return Around(entries[:limit], len(entries) > limit)


def _key(entry: Entry) -> tuple[float, str]:
    return (-entry.created_at.timestamp() if entry.created_at else 0.0, entry.id)
