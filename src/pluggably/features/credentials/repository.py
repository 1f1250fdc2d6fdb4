"""Rows of provider keys, and the count of their changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.tables.provider_keys import ProviderKeyChangesTable, ProviderKeyTable

Row = ProviderKeyTable


async def of_user(db: AsyncSession, user_id: str) -> Sequence[Row]:
    """All keys of a user."""
    return (await db.scalars(select(Row).where(Row.user_id == user_id))).all()


async def page(db: AsyncSession, user_id: str, limit: int, before: tuple[datetime, str] | None) -> Sequence[Row]:
    """A user's keys, newest first, those after `before`."""
    query = select(Row).where(Row.user_id == user_id)
    if before is not None:
        made, row_id = before
        query = query.where(or_(Row.created_at < made, and_(Row.created_at == made, Row.id < row_id)))
    return (await db.scalars(query.order_by(Row.created_at.desc(), Row.id.desc()).limit(limit))).all()


async def find(db: AsyncSession, user_id: str, provider: str) -> Row | None:
    """A user's key with a provider."""
    return (await db.scalars(select(Row).where(Row.user_id == user_id, Row.provider == provider))).one_or_none()


async def remove(db: AsyncSession, user_id: str, provider: str) -> None:
    """Delete a user's key with a provider."""
    await db.execute(delete(Row).where(Row.user_id == user_id, Row.provider == provider))


async def note_change(db: AsyncSession) -> int:
    """Count a change, so that every process reads anew; the new count. Other changes wait for the commit."""
    await db.execute(
        text(
            "INSERT INTO provider_key_changes (id, count) VALUES (1, 1) "
            "ON CONFLICT (id) DO UPDATE SET count = provider_key_changes.count + 1"
        )
    )
    return await changes(db)


async def changes(db: AsyncSession) -> int:
    """How often keys have changed."""
    return await db.scalar(select(ProviderKeyChangesTable.count)) or 0


async def after(db: AsyncSession, last: str, limit: int, *, not_with: str | None = None) -> Sequence[Row]:
    """Keys of all users by id, from after `last` on; but for those that were encrypted with the key `not_with`."""
    query = select(Row).where(Row.id > last)
    if not_with is not None:
        query = query.where(Row.key_id != not_with)
    return (await db.scalars(query.order_by(Row.id).limit(limit))).all()


async def re_encrypt(db: AsyncSession, row: Row, key_id: str, ciphertext: bytes) -> bool:
    """Exchange the ciphertext, unless the row has changed or gone since it was read."""
    changed = await db.execute(
        update(Row)
        .where(Row.id == row.id, Row.key_id == row.key_id)
        .values(key_id=key_id, ciphertext=ciphertext)
        .returning(Row.id)
    )
    return changed.first() is not None
