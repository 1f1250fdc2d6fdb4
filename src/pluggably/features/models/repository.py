"""The models' table, asked and changed; whoever calls commits."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.tables.models import ModelTable


async def all_models(db: AsyncSession) -> list[ModelTable]:
    """Every row, removed ones included, in the order in which they came."""
    rows = await db.scalars(select(ModelTable).order_by(ModelTable.created_at, ModelTable.id))
    return list(rows)


async def find(db: AsyncSession, model_id: str) -> ModelTable | None:
    """The row of this id."""
    return await db.get(ModelTable, model_id)


async def at_path(db: AsyncSession, path: str) -> list[ModelTable]:
    """The rows that rest on this file."""
    rows = await db.scalars(select(ModelTable).where(ModelTable.local_path == path))
    return list(rows)
