"""The tables of limits and ledgers, asked and changed; whoever calls commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, case, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.features.limits.rules import Ledger, LimitKind, day_of, nanos
from pluggably.kit.clock import utc_now
from pluggably.tables.api_tokens import ApiTokenTable
from pluggably.tables.limit_ledgers import LimitLedgerTable
from pluggably.tables.limits import LimitTable
from pluggably.tables.requests import RequestTable
from pluggably.tables.users import UserTable

# One statement for both databases: SQLAlchemy has it in each dialect, and importing both costs memory.
_LEDGER = LimitLedgerTable.__table__.columns
_PUT = "INSERT INTO limit_ledgers (subject, state, updated_at) VALUES (:subject, :state, :moment)"
_TYPES = (
    bindparam("subject", type_=_LEDGER["subject"].type),
    bindparam("state", type_=_LEDGER["state"].type),
    bindparam("moment", type_=_LEDGER["updated_at"].type),
)
_ADD = text(f"{_PUT} ON CONFLICT DO NOTHING").bindparams(*_TYPES)
_KEEP = text(
    f"{_PUT} ON CONFLICT (subject) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at"
).bindparams(*_TYPES)


async def limits(db: AsyncSession, *, changed_after: datetime | None = None) -> list[LimitTable]:
    """All limits that are set, or those that were changed after that moment."""
    wanted = select(LimitTable)
    if changed_after is not None:
        wanted = wanted.where(LimitTable.updated_at > changed_after)
    return list(await db.scalars(wanted))


async def put(db: AsyncSession, subject: str, values: Mapping[str, Any]) -> LimitTable:
    """Set the limits of a subject."""
    row = LimitTable(subject=subject, updated_at=utc_now(), **values)
    return await db.merge(row)


async def find(db: AsyncSession, subject: str) -> LimitTable | None:
    """The limits that are set for a subject."""
    return await db.get(LimitTable, subject)


async def user_exists(db: AsyncSession, user_id: str) -> bool:
    """Whether there is such a user."""
    return await db.get(UserTable, user_id) is not None


async def token(db: AsyncSession, token_id: str) -> ApiTokenTable | None:
    """A token's row."""
    return await db.get(ApiTokenTable, token_id)


async def ledgers(db: AsyncSession, subjects: Iterable[str], *, lock: bool = False) -> dict[str, Ledger]:
    """The ledgers that there are; with `lock` nobody else changes them before the transaction's end."""
    wanted = select(LimitLedgerTable.subject, LimitLedgerTable.state).where(LimitLedgerTable.subject.in_(subjects))
    if lock:
        wanted = wanted.order_by(LimitLedgerTable.subject).with_for_update()
    return {subject: Ledger.from_json(state) for subject, state in (await db.execute(wanted)).all()}


async def add_ledgers(db: AsyncSession, made: Mapping[str, Ledger]) -> None:
    """Insert ledgers where there are none. In one order, so that nobody waits for somebody who waits."""
    await db.execute(_ADD, _rows(sorted(made.items())))


async def keep_ledgers(db: AsyncSession, changed: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Insert or replace ledgers, given as they are kept."""
    moment = utc_now()
    rows = [{"subject": subject, "state": state, "moment": moment} for subject, state in sorted(changed)]
    await db.execute(_KEEP, rows)


async def write_ledgers(db: AsyncSession, changed: Mapping[str, Ledger]) -> None:
    """Write ledgers that are locked."""
    moment = utc_now()
    rows = [
        {"subject": subject, "state": ledger.to_json(), "updated_at": moment} for subject, ledger in changed.items()
    ]
    await db.execute(update(LimitLedgerTable), rows)


async def forget_ledger(db: AsyncSession, subject: str) -> None:
    """Delete one."""
    await db.execute(delete(LimitLedgerTable).where(LimitLedgerTable.subject == subject))


async def forget_ledgers(db: AsyncSession, *, unused_since: datetime) -> None:
    """Delete those that say nothing any more."""
    await db.execute(delete(LimitLedgerTable).where(LimitLedgerTable.updated_at < unused_since))


async def used_by(db: AsyncSession, user_id: str, now: float) -> Ledger:
    """A ledger with what the table of finished requests says that a user has used today and this month (UTC)."""
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    is_today = RequestTable.created_at >= today
    tokens = func.coalesce(RequestTable.prompt_tokens, 0) + func.coalesce(RequestTable.completion_tokens, 0)
    cost = func.coalesce(RequestTable.cost_usd, 0)
    sums = (
        await db.execute(
            select(
                func.sum(case((is_today, tokens), else_=0)),
                func.sum(tokens),
                func.sum(case((is_today, cost), else_=0)),
                func.sum(cost),
            ).where(RequestTable.user_id == user_id, RequestTable.created_at >= today.replace(day=1))
        )
    ).one()
    used = {
        LimitKind.TOKENS_PER_DAY: int(sums[0] or 0),
        LimitKind.TOKENS_PER_MONTH: int(sums[1] or 0),
        LimitKind.COST_PER_DAY: nanos(float(sums[2] or 0)),
        LimitKind.COST_PER_MONTH: nanos(float(sums[3] or 0)),
    }
    return Ledger(day=day_of(now), used=used)


async def first_ledger(db: AsyncSession, subject: str, now: float) -> Ledger:
    """The ledger of somebody who has none yet: what a user has used is known, of a token nothing is."""
    kind, _, name = subject.partition(":")
    return await used_by(db, name, now) if kind == "user" else Ledger(day=day_of(now))


def _rows(ledgers: Iterable[tuple[str, Ledger]]) -> list[dict[str, Any]]:
    moment = utc_now()
    return [{"subject": subject, "state": ledger.to_json(), "moment": moment} for subject, ledger in ledgers]
