"""Requests that go on without their client: the answer is an event log and a result that are kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import structlog
from starlette.types import Message

from pluggably.errors import NotReady, PluggablyError
from pluggably.features.generation.answer import Answer
from pluggably.features.generation.service import Generation, GenerationService
from pluggably.features.generation.work import Work
from pluggably.features.requests.event_log import EventLog
from pluggably.features.sessions.turns import Turn
from pluggably.features.users.authentication import Caller
from pluggably.kit.edge import RequestFacts
from pluggably.routing.catalogue import Entry
from pluggably.routing.fallback import Plan

log = structlog.get_logger(__name__)


class BackgroundRunner:
    """Runs background requests and ends them with the server."""

    def __init__(self, service: GenerationService) -> None:
        self._service = service
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(
        self,
        caller: Caller,
        facts: RequestFacts,
        plan: Plan,
        route: str,
        work: Work | None,
        prepare: Callable[[Entry], Awaitable[Work]],
        state_tokens: dict[str, Any] | None,
        turn: Turn | None = None,
    ) -> tuple[Generation[Work], EventLog]:
        """Begin; returns once the request has its place. Raises `Conflict`, `QueueFull` …: whatever comes before."""
        events = EventLog()
        generation = self._service.begin(caller, replace(facts), plan, route, work, prepare, events=events, turn=turn)
        entered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        answer = Answer(_nobody, replace(facts), generation, state_tokens)
        task = asyncio.create_task(self._run(generation, answer, events, entered))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await entered
        return generation, events

    async def close(self) -> None:
        """Cancel what still runs; each log ends with an error that says so."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @staticmethod
    async def _run(
        generation: Generation[Work], answer: Answer, events: EventLog, entered: asyncio.Future[None]
    ) -> None:
        try:
            async with generation:
                entered.set_result(None)
                try:
                    await answer.log(events)
                except asyncio.CancelledError:
                    if generation.tracked.cancel_requested:
                        raise
                    message = "The gateway was stopped before this request had finished; send it again."
                    raise NotReady(message) from None
        except PluggablyError as error:
            if not entered.done():
                entered.set_exception(error)
        except asyncio.CancelledError:
            if not entered.done():
                entered.cancel()
            raise
        except Exception as error:
            if not entered.done():
                entered.set_exception(error)
            else:
                log.exception("background request failed", request_id=generation.tracked.id)
        finally:
            events.abandon()


async def _nobody(_message: Message) -> None:
    """Nobody is connected to a background request."""
