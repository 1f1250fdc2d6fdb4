"""Cleanups on the wire."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, Field

from pluggably.features.storage.cleanup import WHY, Removal
from pluggably.features.storage.eviction import Evictable
from pluggably.kit.bodies import Body
from pluggably.kit.clock import WireTime


class CleanRequest(Body):
    """How to clean up."""

    dry_run: bool = Field(False, description="only say what would go")


class RemovalRead(BaseModel):
    """What a cleanup removes."""

    kind: Literal["model", "file"]
    name: str = Field(description="a model's id, or a file's path within its model folder")
    size_bytes: int
    reason: Literal["unused", "over_limit", "old_revision", "unfinished", "orphaned"]
    why: str
    last_used_at: WireTime | None

    @classmethod
    def of(cls, removal: Removal) -> Self:
        """One of a plan."""
        return cls.model_validate(
            {
                "kind": "model" if isinstance(removal.what, Evictable) else "file",
                "name": removal.name,
                "size_bytes": removal.what.size_bytes,
                "reason": removal.reason,
                "why": WHY[removal.reason],
                "last_used_at": removal.last_used_at,
            }
        )


class CleanupPlan(BaseModel):
    """What a cleanup would remove now."""

    dry_run: Literal[True] = True
    size_bytes: int = Field(description="of all of it")
    removals: list[RemovalRead]

    @classmethod
    def of(cls, removals: list[Removal]) -> Self:
        """A plan."""
        shown = [RemovalRead.of(removal) for removal in removals]
        return cls(size_bytes=sum(removal.size_bytes for removal in shown), removals=shown)
