"""Turns: one generation in a session, from what the model gets to know to what is kept of it.

Nothing is written before the answer is complete: then its prompt and it itself are stored in one transaction, before
the client hears of the end. An answer that is cut off after it began (its client left, it was cancelled, its model
failed) is kept as far as it came, with its prompt; of one that never began nothing is.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

import structlog
from pydantic_core import to_json
from sqlalchemy.exc import SQLAlchemyError

from pluggably.contract.modality import Modality
from pluggably.errors import (
    ContextLengthExceeded,
    InvalidImage,
    NotFound,
    NothingToRegenerate,
    NotReady,
    PluggablyError,
    SessionClosed,
    SessionNotFound,
)
from pluggably.features.artifacts.media import IMAGE_TYPES
from pluggably.features.artifacts.service import ArtifactService
from pluggably.features.sessions import context, repository
from pluggably.features.sessions.locks import TurnLocks
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database
from pluggably.kit.ids import new_id
from pluggably.kit.images import image_facts
from pluggably.routing.catalogue import Entry
from pluggably.tables.artifacts import ArtifactKind
from pluggably.tables.session_messages import SessionMessageTable
from pluggably.tables.sessions import SessionStatus, SessionTable

MAX_STATE_BYTES = 64 * 1024
MAX_ASKED = 500
"""Messages of one turn that a regenerated answer is asked again with."""
MOST_IMAGES = 8
"""Of the history, that a model gets beside those of the turn."""
MOST_PROMPTS = 64
"""Messages that are looked through for prompts to go on from."""
LONGEST_PROMPT = 10_000
"""Characters of each."""
LONGEST_MODEL = 255
"""Characters of a model's id that are kept: callers may make up names for their providers."""
_LEAST_SHARE = 1 / 16
_ARTIFACT = "artifact:"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """What a turn came to. `artifacts` are those that were kept, as the response shows them."""

    entry: Entry
    content: str | None
    finish_reason: str
    usage: dict[str, Any] | None = None
    artifacts: list[dict[str, Any]] | None = None
    reasoning: str | None = None
    tool_calls: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """What an answer is asked again with: its turn's messages, and where they lie."""

    messages: list[dict[str, Any]]
    answer: SessionMessageTable
    first_position: int
    """Of the turn: what the model gets to know of the session lies before."""
    from_position: int
    """From here on the history is replaced."""
    stored: int
    """How many of the messages stay as they are."""


@dataclass(slots=True)
class _Known:
    """What was read of the session when the turn began."""

    row: SessionTable
    history: dict[int, repository.Fitting] = field(default_factory=dict)
    """By the bytes that there was room for."""
    last: SessionMessageTable | None = None


class Turns:
    """Begins turns. Built once; ends what is still being stored with the server."""

    def __init__(self, database: Database, artifacts: ArtifactService, locks: TurnLocks) -> None:
        self.database = database
        self.artifacts = artifacts
        self.locks = locks
        self._storing: set[asyncio.Task[Any]] = set()

    async def open(
        self,
        user_id: str,
        request_id: str,
        session_id: str,
        messages: list[dict[str, Any]],
        parameters: dict[str, Any] | None,
        state_tokens: dict[str, Any] | None,
        again: Again | None = None,
    ) -> Turn:
        """A turn that is still to be taken, in which `messages` are said.

        Raises `SessionNotFound` or `SessionClosed`.
        """
        async with self.database.reading() as db:
            row = await repository.find(db, user_id, session_id)
        _check_open(row, session_id)
        return Turn(self, user_id, request_id, session_id, messages, parameters, state_tokens, again)

    async def again(self, user_id: str, session_id: str, message_id: str | None, prompt: str | None) -> Again:
        """The turn of the last answer, or of the one that `message_id` names, itself or by its prompt.

        Raises `SessionNotFound`, `SessionClosed`, `NothingToRegenerate`, `NotFound` for a message that is not in the
        history.
        """
        async with self.database.reading() as db:
            _check_open(await repository.find(db, user_id, session_id), session_id)
            position = None
            if message_id is not None:
                named = await repository.message(db, session_id, message_id)
                if named is None:
                    raise NotFound(f"No message {message_id!r} is in the session's history.", param="message_id")
                position = named.position
            answer = await repository.answer_from(db, session_id, position=position)
            if answer is None:
                raise NothingToRegenerate("There is no answer yet.", param="message_id" if message_id else None)
            asked = await repository.asked_before(db, answer, limit=MAX_ASKED)
        if not asked:
            raise NothingToRegenerate("The prompt of this answer is not there.", param="message_id")
        messages, _ = context.as_chat(asked, images=True)
        stored, start = len(messages), answer.position
        if prompt is not None:
            last = next((number for number in reversed(range(len(asked))) if asked[number].role == "user"), None)
            if last is None:
                raise NothingToRegenerate("This answer has no prompt.", param="message_id")
            stored, start = last, asked[last].position
            pictures = [part for part in messages[last]["content"] or () if isinstance(part, dict)]
            pictures = [part for part in pictures if part["type"] == "image_url"]
            said: Any = [{"type": "text", "text": prompt}, *pictures] if pictures else prompt
            messages = [*messages[:last], {"role": "user", "content": said}]
        return Again(messages, answer, asked[0].position, start, stored)

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Hold on to a task that stores a turn until it is done."""
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)

    async def close(self) -> None:
        """Wait for what is being stored."""
        await asyncio.gather(*self._storing, return_exceptions=True)


class Turn:
    """One generation in a session."""

    def __init__(
        self,
        turns: Turns,
        user_id: str,
        request_id: str,
        session_id: str,
        messages: list[dict[str, Any]],
        parameters: dict[str, Any] | None,
        state_tokens: dict[str, Any] | None,
        again: Again | None,
    ) -> None:
        self.session_id = session_id
        self.warnings: list[str] = []
        """What was left out for the model that is asked now."""
        self._turns = turns
        self._user_id = user_id
        self._request_id = request_id
        self._messages = messages
        self._parameters = parameters
        self._given_tokens = state_tokens
        self._again = again
        self._asked_at = utc_now()
        self._known: _Known | None = None
        self._share = 1.0
        """Of the room that there seems to be, how much the history gets."""
        self._history_given = False
        self._holds = False
        self._storing: asyncio.Task[list[str]] | None = None

    # The turn itself

    @property
    def ahead(self) -> int:
        """How many turns go before this one."""
        return self._turns.locks.waiting(self.session_id)

    async def take(self) -> bool:
        """Take it, if nobody has it."""
        self._holds = await self._turns.locks.take(self.session_id)
        return self._holds

    async def wait(self) -> None:
        """Take it, after those that came before."""
        await self._turns.locks.wait(self.session_id)
        self._holds = True

    def end(self, cut_off: Made | None = None) -> None:
        """It is over; `cut_off` is what was made of an answer that has not come to its end. Never waits."""
        if not self._holds:
            return
        self._holds = False
        if self._storing is None and cut_off is not None and self._known is not None:
            self._storing = asyncio.create_task(self._write(cut_off), name="store what was made of an answer")
            self._turns.keep(self._storing)
            self._storing.add_done_callback(self._report)
        release = self._turns.locks.release
        if self._storing is None or self._storing.done():
            release(self.session_id)
        else:
            self._storing.add_done_callback(lambda _: release(self.session_id))

    # What the model gets to know

    @property
    def state_tokens(self) -> dict[str, Any] | None:
        """Those of the request, else those that the session has."""
        if self._given_tokens is not None:
            return self._given_tokens
        return None if self._known is None else self._known.row.state_tokens

    async def chat(self, entry: Entry, system_prompt: str | None, max_tokens: Any) -> list[dict[str, Any]]:
        """The history as far as it fits, and what is said now. A system prompt of the turn's own goes before the
        session's; one is always kept."""
        self.warnings.clear()
        known = await self._read()
        system_prompt = system_prompt or known.row.system_prompt
        system = [{"role": "system", "content": system_prompt}] if system_prompt else []
        given = self._messages
        fitting = await self._history(int(self._share * context.room(entry, [*system, *given], max_tokens)))
        self._history_given = bool(fitting.rows)
        sees = entry.takes_images
        history, blind = context.as_chat(fitting.rows, images=sees)
        if sees:
            await self._only_living_images(history)
        if fitting.more or len(history) < len(fitting.rows):
            self.warnings.append(
                f"older messages of the session were left out: only {len(history)} fit the context of {entry.id}"
            )
        if blind:
            self.warnings.append(f"images of earlier messages were left out: {entry.id} takes none")
        # The last message of the history tells whether there may be one, if there was room for it.
        may_be = not fitting.rows or fitting.rows[-1].modality == Modality.IMAGE
        image = await self._image(entry) if may_be else None
        return [*system, *history, *(given if image is None else _with_image(given, image))]

    def tighten(self, error: PluggablyError) -> bool:
        """Whether to ask again with half of the history, since what was estimated to fit did not."""
        if not isinstance(error, ContextLengthExceeded) or not self._history_given or self._share < _LEAST_SHARE:
            return False
        self._share /= 2
        return True

    async def image(self, entry: Entry) -> str | None:
        """The address of the last answer as an input, where it is an image, the model takes some and the turn brings
        none."""
        self.warnings.clear()
        return await self._image(entry)

    async def prompts(self, entry: Entry) -> list[str]:
        """The prompts, oldest first, of the last answers of the same modality that followed each other: for a model
        that goes on from them by itself."""
        if not entry.reads_history:
            return []
        await self._read()
        before = self._again.first_position if self._again else None
        async with self._turns.database.reading() as db:
            rows, _ = await repository.newest(db, self.session_id, before=before, limit=MOST_PROMPTS)
        found: list[str] = []
        for row in reversed(rows):
            if row.modality != entry.modality:
                break
            if row.role == "user" and (said := context.text_of(row.content)):
                found.append(said[:LONGEST_PROMPT])
        return found[::-1]

    async def _image(self, entry: Entry) -> str | None:
        if not entry.takes_images or entry.reads_history:
            return None
        if any(context.images_of(message.get("content")) for message in self._messages):
            return None
        last = await self._last_answer()
        if last is None or last.modality != Modality.IMAGE or not last.artifacts:
            return None
        found: str = last.artifacts[-1]["id"]
        if found not in await self._turns.artifacts.read_many(self._user_id, [found]):
            self.warnings.append("the last image of the session is gone: it was kept for its time")
            return None
        self.warnings.append(f"the last image of the session was given to {entry.id}")
        return _ARTIFACT + found

    async def _last_answer(self) -> SessionMessageTable | None:
        known = await self._read()
        if known.last is None:
            before = self._again.first_position if self._again else None
            async with self._turns.database.reading() as db:
                rows, _ = await repository.newest(db, self.session_id, before=before, limit=1)
            known.last = rows[0] if rows and rows[0].role == "assistant" else None
        return known.last

    async def _read(self) -> _Known:
        """The session as it is now that nobody else generates in it."""
        if self._known is None:
            async with self._turns.database.reading() as db:
                row = await repository.find(db, self._user_id, self.session_id)
            self._known = _Known(_check_open(row, self.session_id))
        return self._known

    async def _history(self, size: int) -> repository.Fitting:
        known = await self._read()
        if size <= 0:
            return repository.Fitting([], known.row.message_count > 0)
        if size not in known.history:
            before = self._again.first_position if self._again else None
            async with self._turns.database.reading() as db:
                known.history[size] = await repository.newest_that_fit(
                    db, self.session_id, before=before, size=size, count=context.MOST_MESSAGES
                )
        return known.history[size]

    async def _only_living_images(self, history: list[dict[str, Any]]) -> None:
        """Leave out images that are gone, and all but the newest."""
        wanted = [url for message in reversed(history) for url in context.images_of(message["content"])]
        if not wanted:
            return
        ids = [url.removeprefix(_ARTIFACT) for url in wanted if url.startswith(_ARTIFACT)]
        living = await self._turns.artifacts.read_many(self._user_id, ids[: 4 * MOST_IMAGES])
        kept: list[str] = []
        for url in wanted:
            if url.removeprefix(_ARTIFACT) in living and url not in kept and len(kept) < MOST_IMAGES:
                kept.append(url)
        if len(kept) < len(set(wanted)):
            self.warnings.append("images of earlier messages were left out: only the newest that are kept are given")
        for message in history:
            if isinstance(message["content"], list):
                message["content"] = [
                    part
                    for part in message["content"]
                    if part.get("type") != "image_url" or part["image_url"]["url"] in kept
                ] or ""

    # What is kept

    async def store(self, made: Made, returned: dict[str, Any] | None = None) -> list[str]:
        """Store prompt and answer, and what the provider returned of its state; what could not be kept.

        Goes on when whoever waits is cancelled. Raises `NotReady` where the database does not take it.
        """
        await self._read()
        self._given_tokens = merged(self.state_tokens, returned)
        self._storing = asyncio.create_task(self._write(made), name="store a turn")
        self._turns.keep(self._storing)
        try:
            return await asyncio.shield(self._storing)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.exception("turn_not_stored", session_id=self.session_id, request_id=self._request_id)
            raise NotReady("The answer could not be stored in its session; send the request again.") from error

    async def _write(self, made: Made) -> list[str]:
        assert self._known is not None
        session, again = self._known.row, self._again
        warnings: list[str] = []
        asked = self._messages[again.stored if again else 0 :]
        now = utc_now()
        rows = [await self._row_of(message, warnings) for message in asked]
        details = {"reasoning": made.reasoning, "tool_calls": made.tool_calls}
        rows.append(
            {
                "role": "assistant",
                "content": made.content,
                "artifacts": made.artifacts,
                "model": made.entry.id[:LONGEST_MODEL],
                "provider": made.entry.provider,
                "usage": made.usage,
                "parameters": self._parameters,
                "finish_reason": made.finish_reason,
                "details": {name: value for name, value in details.items() if value} or None,
                "created_at": now,
            }
        )
        for row, message_id in zip(rows, sorted(new_id("msg") for _ in rows), strict=True):
            row |= {
                "id": message_id,
                "session_id": session.id,
                "replaced_by": None,
                "modality": made.entry.modality.value,
                "request_id": self._request_id,
                "size": context.size_of(row["content"], row["details"]),
            }
        async with self._turns.database.transaction() as db:
            first = await repository.take_positions(
                db,
                session.id,
                self._user_id,
                resets=session.resets,
                count=len(rows),
                now=now,
                title=context.title_of(asked),
                state_tokens=self.state_tokens,
            )
            if first is None:
                return [*warnings, "the session was reset or erased meanwhile: this answer is not in it"]
            if again is not None:
                await repository.replace(db, session.id, from_position=again.from_position, by=first)
            await repository.add(db, [{**row, "position": first + place} for place, row in enumerate(rows)])
        return warnings

    async def _row_of(self, message: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
        """A message of the prompt. Images in it become artifacts: a database is no place for megabytes."""
        content, kept = message.get("content"), []
        if isinstance(content, list):
            parts = []
            for part in content:
                url = part["image_url"]["url"] if part.get("type") == "image_url" else ""
                artifact = await self._kept_image(url) if url[:5].lower() == "data:" else None
                if artifact is not None:
                    kept.append(artifact)
                    part = {**part, "image_url": {**part["image_url"], "url": _ARTIFACT + artifact["id"]}}  # noqa: PLW2901
                elif url[:5].lower() == "data:":
                    warnings.append("an image of the prompt is not kept in the session")
                    continue
                parts.append(part)
            content = parts
        details = {name: message[name] for name in ("name", "tool_calls", "tool_call_id") if message.get(name)}
        return {
            "role": message["role"],
            "content": content,
            "artifacts": kept or None,
            "model": None,
            "provider": None,
            "usage": None,
            "parameters": self._parameters if message is self._messages[-1] else None,
            "finish_reason": None,
            "details": details or None,
            "created_at": self._asked_at,
        }

    async def _kept_image(self, url: str) -> dict[str, Any] | None:
        """An image of the prompt as an artifact; None where it is none or can't be kept."""
        try:
            data = await asyncio.to_thread(base64.b64decode, url.partition(",")[2])
            facts = await image_facts(data)
            if facts.media_type not in IMAGE_TYPES:
                return None
            kept = await self._turns.artifacts.save(
                self._user_id,
                self._request_id,
                ArtifactKind.IMAGE,
                data,
                facts.media_type,
                width=facts.width,
                height=facts.height,
            )
        except (binascii.Error, ValueError, InvalidImage, PluggablyError):
            return None
        return kept.model_dump(mode="json")

    def _report(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and task.exception() is not None:
            log.error("turn_not_stored", session_id=self.session_id, error=repr(task.exception()))


def fits(tokens: dict[str, Any]) -> bool:
    """Whether state tokens are small enough to be kept."""
    return len(to_json(tokens)) <= MAX_STATE_BYTES


def merged(tokens: dict[str, Any] | None, returned: dict[str, Any] | None) -> dict[str, Any] | None:
    """State tokens with what the provider returned, unless they would become too large."""
    if not returned:
        return tokens
    both = {**(tokens or {}), **returned}
    if fits(both):
        return both
    log.warning("state_tokens_too_large")
    return tokens


def _check_open(row: SessionTable | None, session_id: str) -> SessionTable:
    if row is None:
        raise SessionNotFound(f"No session {session_id!r}.", param="session_id")
    if row.status == SessionStatus.CLOSED:
        raise SessionClosed(f"The session {session_id!r} is closed.", param="session_id")
    return row


def _with_image(messages: list[dict[str, Any]], image: str) -> list[dict[str, Any]]:
    """The messages with an image in the last thing that the user said."""
    for number in reversed(range(len(messages))):
        message = messages[number]
        if message["role"] == "user":
            content = message.get("content") or []
            parts = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
            picture = {"type": "image_url", "image_url": {"url": image}}
            changed = {**message, "content": [*parts, picture]}
            return [*messages[:number], changed, *messages[number + 1 :]]
    return messages
