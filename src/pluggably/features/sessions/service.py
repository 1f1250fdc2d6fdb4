"""Sessions: begun, listed, read, changed, closed, reset, erased. Other users' sessions are not there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from pluggably.errors import SessionNotFound, ValidationFailed
from pluggably.features.artifacts.schemas import ArtifactRead
from pluggably.features.artifacts.service import ArtifactService
from pluggably.features.sessions import context, repository
from pluggably.features.sessions.schemas import MessageRead, SessionBody, SessionDetail, SessionList, SessionRead
from pluggably.kit.clock import as_utc, iso, utc_now
from pluggably.kit.database import Database
from pluggably.kit.ids import new_id
from pluggably.kit.pagination import decode_cursor, encode_cursor
from pluggably.tables.session_messages import SessionMessageTable
from pluggably.tables.sessions import SessionStatus, SessionTable

_ARTIFACT = "artifact:"


class SessionService:
    """Sessions of all users."""

    def __init__(self, database: Database, artifacts: ArtifactService) -> None:
        self._database = database
        self._artifacts = artifacts

    async def create(self, user_id: str, body: SessionBody) -> SessionRead:
        """Begin one."""
        now = utc_now()
        row = SessionTable(
            id=new_id("ses"),
            user_id=user_id,
            status=SessionStatus.ACTIVE,
            title=body.title or None,
            system_prompt=body.system_prompt or None,
            message_count=0,
            created_at=now,
            last_used_at=now,
        )
        async with self._database.transaction() as db:
            db.add(row)
        return SessionRead.of(row)

    async def list(
        self, user_id: str, *, status: SessionStatus | None, search: str | None, limit: int, cursor: str | None
    ) -> SessionList:
        """A user's sessions, those used last first. Raises `ValidationFailed` for a bad cursor."""
        before = _session_key(cursor) if cursor is not None else None
        async with self._database.reading() as db:
            rows = await repository.page(db, user_id, status=status, search=search, before=before, limit=limit + 1)
        shown = rows[:limit]
        following = encode_cursor(iso(shown[-1].last_used_at), shown[-1].id) if len(rows) > limit else None
        return SessionList(sessions=[SessionRead.of(row) for row in shown], next_cursor=following)

    async def read(self, user_id: str, session_id: str, *, limit: int, cursor: str | None) -> SessionDetail:
        """A session with a page of its messages: the newest first, each page in order.

        At most three queries. Raises `SessionNotFound`, `ValidationFailed` for a bad cursor.
        """
        before = _position(cursor) if cursor is not None else None
        async with self._database.reading() as db:
            row = await _found(db, user_id, session_id)
            messages, others = await repository.newest(db, session_id, before=before, limit=limit + 1)
        following = None
        if len(messages) > limit:
            messages = messages[-limit:]
            following = encode_cursor(messages[0].position)
        shown = await self._shown(user_id, messages, others)
        return SessionDetail(**SessionRead.of(row).model_dump(), messages=shown, next_cursor=following)

    async def change(self, user_id: str, session_id: str, body: SessionBody) -> SessionRead:
        """Merge what the body says into it. Raises `SessionNotFound`."""
        async with self._database.transaction() as db:
            row = await _found(db, user_id, session_id)
            if body.title is not None:
                row.title = body.title or None
            if body.system_prompt is not None:
                row.system_prompt = body.system_prompt or None
        return SessionRead.of(row)

    async def close(self, user_id: str, session_id: str) -> SessionRead:
        """End it; everything stays to be read, the state tokens too. Raises `SessionNotFound`."""
        async with self._database.transaction() as db:
            row = await _found(db, user_id, session_id)
            row.close(utc_now())
        return SessionRead.of(row)

    async def reset(self, user_id: str, session_id: str) -> SessionRead:
        """Forget its messages and its state tokens. Raises `SessionNotFound`."""
        async with self._database.transaction() as db:
            row = await _found(db, user_id, session_id)
            row.reset()
            await repository.forget_messages(db, session_id)
        return SessionRead.of(row)

    async def purge(self, user_id: str, session_id: str) -> None:
        """Erase it, with its messages and what was made in it. Raises `SessionNotFound`, `NotReady`."""
        async with self._database.reading() as db:
            await _found(db, user_id, session_id)
            requests = await repository.request_ids(db, session_id)
        # The session goes last: what could not be deleted is tried again with the next call.
        await self._artifacts.erase(user_id, requests)
        async with self._database.transaction() as db:
            await repository.erase(db, session_id)

    async def after(
        self, user_id: str, session_id: str, *, above: int, limit: int
    ) -> tuple[Sequence[MessageRead], int | None]:
        """Messages of the history in order, without alternatives, above a position; and the last one's position,
        None after the last page."""
        async with self._database.reading() as db:
            rows = await repository.forward(db, session_id, above=above, limit=limit)
        return await self._shown(user_id, rows, ()), rows[-1].position if len(rows) == limit else None

    async def _shown(
        self, user_id: str, rows: Sequence[SessionMessageTable], others: Sequence[SessionMessageTable]
    ) -> Sequence[MessageRead]:
        """Messages with their alternatives, with new addresses of what they show."""
        wanted = {id_ for row in (*rows, *others) for id_ in _artifacts_in(row)}
        living = await self._artifacts.read_many(user_id, wanted)
        alternatives: dict[int | None, list[MessageRead]] = {}
        for row in others:
            alternatives.setdefault(row.replaced_by, []).append(_message(row, living))
        return [_message(row, living, alternatives.get(row.position)) for row in rows]


async def _found(db: Any, user_id: str, session_id: str) -> SessionTable:
    row = await repository.find(db, user_id, session_id)
    if row is None:
        raise SessionNotFound(f"No session {session_id!r}.", param="session_id")
    return row


def _artifacts_in(row: SessionMessageTable) -> Iterable[str]:
    yield from (artifact["id"] for artifact in row.artifacts or ())
    for url in context.images_of(row.content):
        if url.startswith(_ARTIFACT):
            yield url.removeprefix(_ARTIFACT)


def _message(
    row: SessionMessageTable, living: dict[str, ArtifactRead], alternatives: list[MessageRead] | None = None
) -> MessageRead:
    """One message. What is gone keeps its old address, which says so."""
    kept = [living.get(item["id"]) or ArtifactRead.model_validate(item) for item in row.artifacts or ()]
    own = {artifact.id: artifact for artifact in kept}
    images = []
    for url in context.images_of(row.content):
        name = url.removeprefix(_ARTIFACT)
        shown = own.get(name) or living.get(name)
        images.append(shown.url if shown is not None else url)
    if not images:
        images = [artifact.url for artifact in kept if artifact.type == "image"]
    return MessageRead.model_validate(
        {
            "id": row.id,
            "role": row.role,
            "modality": row.modality,
            "content": row.content,
            "images": images or None,
            "artifacts": kept or None,
            "model": row.model,
            "provider": row.provider,
            "request_id": row.request_id,
            "parameters": row.parameters,
            "usage": row.usage,
            "finish_reason": row.finish_reason,
            "created_at": as_utc(row.created_at),
            "alternatives": alternatives or [],
            **(row.details or {}),
        }
    )


def _session_key(cursor: str) -> tuple[datetime, str]:
    moment, session_id = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(str(moment)).astimezone(UTC), str(session_id)
    except (ValueError, OverflowError):
        raise _bad_cursor() from None


def _position(cursor: str) -> int:
    (position,) = decode_cursor(cursor, 1)
    if not isinstance(position, int) or not 0 <= position < 2**31:
        raise _bad_cursor()
    return position


def _bad_cursor() -> ValidationFailed:
    return ValidationFailed.of("cursor", "is not a cursor that a list gave", "invalid_cursor")
