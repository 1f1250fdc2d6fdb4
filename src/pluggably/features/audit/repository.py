"""The table of deeds, asked and swept; whoever calls commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.tables.audit import AuditTable as Row


async def page(
    db: AsyncSession,
    *,
    actor_id: str | None,
    target_id: str | None,
    action: str | None,
    before: str | None,
    limit: int,
) -> list[Row]:
    """Deeds, newest first, after this id; each filter that is given must fit."""
    wanted = select(Row)
    for column, value in ((Row.actor_id, actor_id), (Row.target_id, target_id), (Row.action, action)):
        if value is not None:
            wanted = wanted.where(column == value)
    if before is not None:
        wanted = wanted.where(Row.id < before)
    return list(await db.scalars(wanted.order_by(Row.id.desc()).limit(limit)))


async def forget(db: AsyncSession, until: datetime) -> None:
    """Delete what is older."""
    await db.execute(delete(Row).where(Row.created_at < until))
