"""The artifacts' table, asked and changed; whoever calls commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.tables.artifacts import ArtifactKind, ArtifactState, ArtifactTable

_AT_ONCE = 500
"""Values in one question: SQLite takes no more than some thousands."""


async def find(db: AsyncSession, artifact_id: str) -> ArtifactTable | None:
    """The row of this id, in whatever state."""
    return await db.get(ArtifactTable, artifact_id)


async def stored(db: AsyncSession, user_id: str, artifact_ids: Sequence[str]) -> list[ArtifactTable]:
    """Those of these that are this user's and in the store."""
    wanted = select(ArtifactTable).where(
        ArtifactTable.id.in_(artifact_ids),
        ArtifactTable.user_id == user_id,
        ArtifactTable.state == ArtifactState.STORED,
    )
    return list(await db.scalars(wanted))


async def of_requests(db: AsyncSession, user_id: str, request_ids: Sequence[str]) -> list[ArtifactTable]:
    """What is in the store of these requests of a user's."""
    found: list[ArtifactTable] = []
    for start in range(0, len(request_ids), _AT_ONCE):
        wanted = select(ArtifactTable).where(
            ArtifactTable.user_id == user_id,
            ArtifactTable.request_id.in_(request_ids[start : start + _AT_ONCE]),
            ArtifactTable.state == ArtifactState.STORED,
        )
        found += await db.scalars(wanted)
    return found


async def page(
    db: AsyncSession,
    user_id: str,
    *,
    kind: ArtifactKind | None = None,
    made_after: datetime,
    before: str | None,
    limit: int,
) -> list[ArtifactTable]:
    """What this user has in the store, newest first, below the id `before`; of any kind but previews without `kind`.
    Ids sort by time."""
    wanted = select(ArtifactTable).where(
        ArtifactTable.user_id == user_id,
        ArtifactTable.state == ArtifactState.STORED,
        ArtifactTable.kind != ArtifactKind.PREVIEW if kind is None else ArtifactTable.kind == kind,
        ArtifactTable.created_at > made_after,
    )
    if before is not None:
        wanted = wanted.where(ArtifactTable.id < before)
    return list(await db.scalars(wanted.order_by(ArtifactTable.id.desc()).limit(limit)))


async def made_before(
    db: AsyncSession, state: ArtifactState, moment: datetime, *, above: str, limit: int
) -> list[ArtifactTable]:
    """Rows in this state from before `moment`, by id, above the id `above`."""
    wanted = (
        select(ArtifactTable)
        .where(ArtifactTable.state == state, ArtifactTable.created_at <= moment, ArtifactTable.id > above)
        .order_by(ArtifactTable.id)
        .limit(limit)
    )
    return list(await db.scalars(wanted))


async def mark_stored(db: AsyncSession, sizes: dict[str, int]) -> None:
    """The store holds them now; sizes in bytes by id."""
    for artifact_id, size in sizes.items():
        await db.execute(
            update(ArtifactTable)
            .where(ArtifactTable.id == artifact_id)
            .values(state=ArtifactState.STORED, size_bytes=size)
        )


async def mark_swept(db: AsyncSession, artifact_ids: Sequence[str]) -> None:
    """The store no longer holds them, and nothing is known any more of what they were made with."""
    await db.execute(
        update(ArtifactTable).where(ArtifactTable.id.in_(artifact_ids)).values(state=ArtifactState.SWEPT, recipe=None)
    )


async def forget(db: AsyncSession, artifact_ids: Sequence[str]) -> None:
    """Delete rows that never became an artifact."""
    await db.execute(delete(ArtifactTable).where(ArtifactTable.id.in_(artifact_ids)))
