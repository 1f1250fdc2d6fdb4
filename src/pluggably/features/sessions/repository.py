"""The tables of sessions and messages, asked and changed; whoever calls commits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Text, cast, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from pluggably.tables.session_messages import SessionMessageTable as Message
from pluggably.tables.sessions import SessionStatus
from pluggably.tables.sessions import SessionTable as Session

_LOOKED_AT = 200
"""Sizes that a question asks for, at least, where messages are looked for that fit."""


async def find(db: AsyncSession, user_id: str, session_id: str) -> Session | None:
    """A user's session."""
    return (await db.scalars(select(Session).where(Session.id == session_id, Session.user_id == user_id))).first()


async def page(
    db: AsyncSession,
    user_id: str,
    *,
    status: SessionStatus | None,
    search: str | None,
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[Session]:
    """A user's sessions, those used last first, after the key `before`; `search` is part of the title."""
    wanted = select(Session).where(Session.user_id == user_id)
    if status is not None:
        wanted = wanted.where(Session.status == status)
    if search:
        wanted = wanted.where(Session.title.icontains(search, autoescape=True))
    if before is not None:
        wanted = wanted.where(tuple_(Session.last_used_at, Session.id) < before)
    return list(await db.scalars(wanted.order_by(Session.last_used_at.desc(), Session.id.desc()).limit(limit)))


async def newest(
    db: AsyncSession, session_id: str, *, before: int | None, limit: int
) -> tuple[list[Message], list[Message]]:
    """The newest messages of the history, below the position `before`, in order; and their alternatives, in order."""
    wanted = _history(session_id, before)
    positions = wanted.with_only_columns(Message.position).order_by(Message.position.desc()).limit(limit)
    # PostgreSQL and SQLite take a bounded subquery here, so that one question brings both.
    bounded = select(positions.subquery().c.position)
    found = await db.scalars(
        select(Message)
        .where(
            Message.session_id == session_id,
            or_(
                Message.replaced_by.is_(None) & Message.position.in_(bounded),
                Message.replaced_by.in_(bounded),
            ),
        )
        .order_by(Message.position)
    )
    rows = list(found)
    shown = [row for row in rows if row.replaced_by is None]
    return shown, [row for row in rows if row.replaced_by is not None]


async def forward(db: AsyncSession, session_id: str, *, above: int, limit: int) -> list[Message]:
    """The history in order, above the position `above`."""
    wanted = _history(session_id, None).where(Message.position > above)
    return list(await db.scalars(wanted.order_by(Message.position).limit(limit)))


class Said(NamedTuple):
    """What a model gets to know of a message: a long history is many of them, and nothing else of it is read."""

    role: str
    modality: str
    content: Any
    details: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Fitting:
    """The newest messages that fit, in order, and whether there are older ones."""

    rows: list[Said]
    more: bool


async def newest_that_fit(db: AsyncSession, session_id: str, *, before: int | None, size: int, count: int) -> Fitting:
    """The newest messages of the history, below the position `before`, whose sizes together are at most `size`."""
    first, left, taken, more, wanted = None, size, 0, False, _LOOKED_AT
    while not more:
        sizes = _history(session_id, first if first is not None else before)
        columns = sizes.with_only_columns(Message.position, Message.size).order_by(Message.position.desc())
        looked_at = (await db.execute(columns.limit(wanted))).all()
        for position, needed in looked_at:
            left -= needed
            taken += 1
            if left < 0 or taken > count:
                more = True
                break
            first = position
        if len(looked_at) < wanted:
            break
        likely = left * taken // max(1, size - left)  # how many fit if they are like those so far; a few more
        wanted = min(max(_LOOKED_AT, likely + likely // 8 + 1), count + 1 - taken)
    if first is None:
        return Fitting([], more)
    fitting = _history(session_id, before).where(Message.position >= first).order_by(Message.position)
    as_stored = (cast(Message.content, Text), cast(Message.details, Text))
    rows = (await db.execute(fitting.with_only_columns(Message.role, Message.modality, *as_stored))).all()
    roles, modalities, contents, details = zip(*rows, strict=True)
    return Fitting(list(map(Said, roles, modalities, _read_json(contents), _read_json(details))), more)


async def message(db: AsyncSession, session_id: str, message_id: str) -> Message | None:
    """A message of the history."""
    wanted = _history(session_id, None).where(Message.id == message_id)
    return (await db.scalars(wanted)).first()


async def answer_from(db: AsyncSession, session_id: str, *, position: int | None) -> Message | None:
    """The first answer at or after a position; None: the last answer."""
    wanted = _history(session_id, None).where(Message.role == "assistant", Message.finish_reason.is_not(None))
    if position is None:
        wanted = wanted.order_by(Message.position.desc())
    else:
        wanted = wanted.where(Message.position >= position).order_by(Message.position)
    return (await db.scalars(wanted.limit(1))).first()


async def asked_before(db: AsyncSession, answer: Message, *, limit: int) -> list[Message]:
    """What was said in the turn of an answer before it, in order."""
    wanted = _history(answer.session_id, answer.position).order_by(Message.position.desc()).limit(limit)
    asked: list[Message] = []
    for row in await db.scalars(wanted):
        # A regenerated answer has a request of its own: the turn ends at the answer before it.
        if row.role == "assistant" and row.finish_reason is not None:
            break
        asked.append(row)
    return asked[::-1]


async def take_positions(
    db: AsyncSession,
    session_id: str,
    user_id: str,
    *,
    resets: int,
    count: int,
    now: datetime,
    title: str | None,
    state_tokens: dict[str, Any] | None,
) -> int | None:
    """Make room for a turn of `count` messages: the position of the first one.

    None where the session is gone, or was reset since its `resets` were read. Another writer of the same session
    waits here until this one has committed.
    """
    changed = (
        update(Session)
        .where(Session.id == session_id, Session.user_id == user_id, Session.resets == resets)
        .values(
            next_position=Session.next_position + count,
            message_count=Session.message_count + count,
            last_used_at=now,
            title=func.coalesce(Session.title, title),
            state_tokens=state_tokens,
        )
        .returning(Session.next_position)
        .execution_options(synchronize_session=False)
    )
    following = (await db.execute(changed)).scalar()
    return None if following is None else following - count


async def replace(db: AsyncSession, session_id: str, *, from_position: int, by: int) -> None:
    """Take the end of the history, from a position on, out of it: it becomes alternatives of the message at `by`."""
    ours = update(Message).where(Message.session_id == session_id).values(replaced_by=by)
    ours = ours.execution_options(synchronize_session=False)
    shown = Message.replaced_by.is_(None) & (Message.position >= from_position) & (Message.position < by)
    taken: int = (await db.execute(ours.where(shown))).rowcount  # type: ignore[attr-defined]
    await db.execute(ours.where(Message.replaced_by >= from_position, Message.replaced_by < by))
    await db.execute(
        update(Session)
        .where(Session.id == session_id)
        .values(message_count=Session.message_count - taken)
        .execution_options(synchronize_session=False)
    )


async def add(db: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert messages."""
    await db.execute(insert(Message), list(rows))


async def forget_messages(db: AsyncSession, session_id: str) -> None:
    """Delete all messages of a session."""
    await db.execute(delete(Message).where(Message.session_id == session_id))


async def request_ids(db: AsyncSession, session_id: str) -> list[str]:
    """The requests whose messages a session has."""
    return list(await db.scalars(select(Message.request_id).where(Message.session_id == session_id).distinct()))


async def erase(db: AsyncSession, session_id: str) -> None:
    """Delete a session with its messages."""
    await forget_messages(db, session_id)
    await db.execute(delete(Session).where(Session.id == session_id))


async def closed_before(db: AsyncSession, moment: datetime, *, limit: int) -> list[Session]:
    """Sessions that were closed before that moment."""
    wanted = select(Session).where(Session.status == SessionStatus.CLOSED, Session.closed_at <= moment)
    return list(await db.scalars(wanted.limit(limit)))


async def forget_state_tokens(db: AsyncSession, moment: datetime) -> int:
    """Clear the state tokens of sessions that were closed before that moment; of how many."""
    cleared = await db.execute(
        update(Session)
        .where(Session.status == SessionStatus.CLOSED, Session.closed_at <= moment, Session.state_tokens.is_not(None))
        .values(state_tokens=None)
        .execution_options(synchronize_session=False)
    )
    count: int = cleared.rowcount  # type: ignore[attr-defined]
    return count


def _read_json(texts: Sequence[str | None]) -> list[Any]:
    """What JSON texts say. All in one go: a parser begun for each of a thousand messages takes longer than the rest
    of a turn."""
    if not any(texts):
        return [None] * len(texts)
    found: list[Any] = json.loads(f"[{','.join(text or 'null' for text in texts)}]")
    return found


def _history(session_id: str, before: int | None) -> Any:
    wanted = select(Message).where(Message.session_id == session_id, Message.replaced_by.is_(None))
    return wanted if before is None else wanted.where(Message.position < before)
