"""The table of background requests, asked and changed; whoever calls commits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from pluggably.tables.background_requests import BackgroundRequestTable as Row

_KEY = ("user_id", "id")
_COLUMNS = [column.name for column in Row.__table__.columns]
# One statement for both databases: SQLAlchemy has it in each dialect, and importing both costs memory.
_PUT = text(
    f"INSERT INTO {Row.__tablename__} ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)}) "  # noqa: S608 - names of ours
    "ON CONFLICT (user_id, id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in _KEY)
).bindparams(*(bindparam(name, type_=Row.__table__.columns[name].type) for name in _COLUMNS))


async def put(db: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Insert rows, each with every column, or take the place of those that are there."""
    await db.execute(_PUT, rows)


async def find(db: AsyncSession, user_id: str, request_id: str) -> Row | None:
    """A user's row."""
    return await db.get(Row, (user_id, request_id))


async def page(
    db: AsyncSession,
    user_id: str,
    *,
    seen_after: datetime | None = None,
    finished_after: datetime | None = None,
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[Row]:
    """A user's rows without their results, newest first: those that go on, as their processes have said after the
    one moment, or with them those that finished after the other.

    `before` is the sort key of the row that they come after: time of creation and id.
    """
    wanted = select(Row).where(Row.user_id == user_id)
    if finished_after is None:
        wanted = wanted.where(Row.finished_at.is_(None), Row.seen_at >= seen_after)
    else:
        wanted = wanted.where(Row.finished_at.is_(None) | (Row.finished_at > finished_after))
    if before is not None:
        wanted = wanted.where(tuple_(Row.created_at, Row.id) < before)
    newest = wanted.order_by(Row.created_at.desc(), Row.id.desc()).limit(limit)
    return list(await db.scalars(newest.options(defer(Row.result, raiseload=True))))


async def renew(db: AsyncSession, runner: str, moment: datetime) -> None:
    """Note that the process which runs them lives."""
    await db.execute(update(Row).where(Row.runner == runner, Row.finished_at.is_(None)).values(seen_at=moment))


async def unfinished(db: AsyncSession, *, seen_before: datetime | None, limit: int) -> list[Row]:
    """Rows that go on, and whose process has not been heard of since that moment."""
    wanted = select(Row).where(Row.finished_at.is_(None)).limit(limit)
    if seen_before is not None:
        wanted = wanted.where(Row.seen_at < seen_before)
    return list(await db.scalars(wanted))


async def forget(db: AsyncSession, *, finished_before: datetime, keep: int) -> None:
    """Delete what finished before that moment, and the oldest of what is more than `keep` finished rows."""
    beyond = select(Row.finished_at).where(Row.finished_at.is_not(None)).order_by(Row.finished_at.desc())
    newest_beyond = await db.scalar(beyond.offset(keep).limit(1))
    await db.execute(delete(Row).where(Row.finished_at <= finished_before))
    if newest_beyond is not None:
        await db.execute(delete(Row).where(Row.finished_at <= newest_beyond))
