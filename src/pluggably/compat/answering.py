"""What the endpoints in a vendor's shape share: a streamed answer in that vendor's events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Generic, Protocol, TypeVar
from urllib.parse import quote

from fastapi import Request
from starlette.types import Send

from pluggably.contract.text import TextRequest, Usage
from pluggably.errors import NotReady, PluggablyError
from pluggably.features.generation.cache import CacheUse
from pluggably.features.generation.service import Generation, GenerationService
from pluggably.features.users.authentication import Caller
from pluggably.kit.connection import EventStream, UntilGone
from pluggably.kit.edge import RequestFacts
from pluggably.routing.catalogue import Entry
from pluggably.routing.local_models import Target
from pluggably.routing.selection import Selection

WorkT = TypeVar("WorkT")
PieceT = TypeVar("PieceT")
PieceT_contra = TypeVar("PieceT_contra", contravariant=True)
PING_S = 10
"""Seconds of silence after which a stream shows that it lives, where its format has an event for that."""


class AnswerWriter(Protocol[PieceT_contra]):
    """Writes one model's streamed answer; each call gives whole server-sent events, or nothing."""

    def write(self, piece: PieceT_contra, /) -> bytes:
        """The events of one piece."""

    def end(self, usage: Usage | None) -> bytes:
        """The last events of a complete answer."""

    def failed(self, error: PluggablyError) -> bytes:
        """The last events of one that broke off."""


class StreamedAnswer(Generic[WorkT, PieceT]):
    """Streams a generation's answer. `pieces` are those of one model's answer, `new_writer` makes what writes them.

    An error on the way is the last of the events; one before the first is raised as any other. `ping` is sent now and
    then while there is nothing else to send.
    """

    def __init__(
        self,
        send: Send,
        facts: RequestFacts,
        generation: Generation[WorkT],
        pieces: Callable[[Target, WorkT], AsyncGenerator[PieceT, None]],
        new_writer: Callable[[WorkT], AnswerWriter[PieceT]],
        *,
        ping: bytes | None = None,
    ) -> None:
        self._stream = EventStream(send, quiet_s=PING_S if ping else None, keep_alive=ping or b"")
        self._facts = facts
        self._generation = generation
        self._pieces = pieces
        self._new_writer = new_writer
        self._writer: AnswerWriter[PieceT] | None = None

    async def run(self, client: UntilGone) -> None:
        """Stream it. Raises what the generation ended with, also where the events have told it."""

        async def attempt(target: Target, work: WorkT) -> None:
            await self._attempt(target, work, client)

        try:
            await self._generation.answered(attempt, begun=lambda: self._stream.started)
        except PluggablyError as error:
            await self._tell(error, client)
            raise
        except asyncio.CancelledError:
            if not client.gone:
                await self._tell(self._generation.cancelled() or NotReady("The gateway is shutting down."), client)
            raise
        finally:
            self._stream.abandon()

    async def _attempt(self, target: Target, work: WorkT, client: UntilGone) -> None:
        self._writer = writer = self._new_writer(work)
        async with aclosing(self._pieces(target, work)) as pieces:
            async for piece in pieces:
                events = writer.write(piece)
                if events:
                    await self._start()
                    await self._stream.write(events)
        client.over()
        await self._start()
        await self._stream.end(writer.end(self._generation.tally.usage))

    async def _start(self) -> None:
        if not self._stream.started:
            await self._stream.start(headers_of(self._generation))

    async def _tell(self, error: PluggablyError, client: UntilGone) -> None:
        if self._stream.started and self._writer is not None:
            self._facts.error_code = error.code
            client.over()
            await self._stream.end(self._writer.failed(error))


async def kept(
    service: GenerationService, caller: Caller, entry: Entry, work: TextRequest, request: Request
) -> CacheUse | None:
    """What the caller was answered before, or the place for this answer; None where nothing is to be kept."""
    if service.cache is None or work.original is not None:
        return None
    return await service.cache.look_up(caller.user_id, entry, work, request.headers.get("cache-control"))


def headers_of(generation: Generation[WorkT]) -> list[tuple[bytes, bytes]]:
    """Headers that say what the cache had to do with the answer, and who served."""
    return [*generation.keeping.headers, *served_by(generation.selection)]


def served_by(selection: Selection) -> list[tuple[bytes, bytes]]:
    """Headers that say who served, and why, where it is not the model that was chosen first: the vendor's format has
    no place for that."""
    if selection.fallback_reason is None:
        return []
    return [
        (b"x-pluggably-model", quote(selection.entry.id, safe="/:@+").encode()),
        (b"x-pluggably-fallback-reason", selection.fallback_reason.encode()),
    ]
