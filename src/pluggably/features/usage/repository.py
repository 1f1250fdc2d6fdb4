"""The table of finished requests, added up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.tables.requests import RequestTable

_TOTALS = (
    func.count().label("requests"),
    func.sum(case((RequestTable.status == "failed", 1), else_=0)).label("errors"),
    func.sum(case((RequestTable.status == "refused", 1), else_=0)).label("refused"),
    func.sum(case((RequestTable.status == "cancelled", 1), else_=0)).label("cancelled"),
    func.coalesce(func.sum(RequestTable.prompt_tokens), 0).label("prompt_tokens"),
    func.coalesce(func.sum(RequestTable.completion_tokens), 0).label("completion_tokens"),
    func.coalesce(func.sum(RequestTable.cached_prompt_tokens), 0).label("cached_prompt_tokens"),
    func.coalesce(func.sum(RequestTable.reasoning_tokens), 0).label("reasoning_tokens"),
    func.sum(RequestTable.cost_usd).label("cost_usd"),
)
"""A sum of costs is NULL where no request has one: that nothing was priced is not that nothing was paid."""


def _within(
    query: Select[*tuple[Any, ...]], user_id: str | None, since: datetime, until: datetime
) -> Select[*tuple[Any, ...]]:
    query = query.where(RequestTable.created_at >= since, RequestTable.created_at < until)
    return query if user_id is None else query.where(RequestTable.user_id == user_id)


async def by_group(
    db: AsyncSession, group: str, user_id: str | None, since: datetime, until: datetime, limit: int
) -> Sequence[Row[Any]]:
    """Sums by `model`, `user` or `day` (of UTC), each under the label `key`; those with the most requests first,
    days by date. `user_id` None: of all users."""
    key = _key(db, group)
    order = (key.desc(),) if group == "day" else (func.count().desc(), key)
    query = _within(select(key.label("key"), *_TOTALS), user_id, since, until)
    return (await db.execute(query.group_by(key).order_by(*order).limit(limit))).all()


def _key(db: AsyncSession, group: str) -> ColumnElement[Any]:
    if group != "day":
        return (RequestTable.user_id if group == "user" else RequestTable.model).expression
    moment = RequestTable.created_at
    if db.get_bind().dialect.name == "sqlite":
        return func.date(moment)
    return func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD")


async def total(db: AsyncSession, user_id: str | None, since: datetime, until: datetime) -> Row[Any]:
    """The sums of all groups."""
    return (await db.execute(_within(select(*_TOTALS), user_id, since, until))).one()
