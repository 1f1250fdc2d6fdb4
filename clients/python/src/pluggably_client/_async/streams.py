"""The asynchronous streams: of a generation, of a request that is watched, of a job."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from pluggably_client import _wire
from pluggably_client._async.connection import AsyncConnection
from pluggably_client._wire import Call
from pluggably_client.errors import PluggablyConnectionError

if TYPE_CHECKING:
    from pluggably_client.events import StreamEvent
    from pluggably_client.models import GenerateResponse


Item = TypeVar("Item")


class AsyncEvents(Generic[Item]):
    """Events as they come. Leaving the `with` block, or `aclose`, hangs up."""

    def __init__(self, events: AsyncIterator[Item]) -> None:
        self._events: Any = events

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        item: Item = await anext(self._events)
        return item

    async def aclose(self) -> None:
        """Hang up."""
        await self._events.aclose()


class AsyncStream(AsyncEvents["StreamEvent"]):
    """The events of a generation. Hanging up before its end cancels it, but for one in the background."""

    def __init__(self, events: AsyncIterator[StreamEvent]) -> None:
        super().__init__(events)
        self.response: GenerateResponse | None = None
        """The whole answer, once the last event has come."""

    async def __anext__(self) -> StreamEvent:
        event: StreamEvent = await anext(self._events)
        self.response = event.answer or self.response
        return event

    async def text(self) -> AsyncIterator[str]:
        """The pieces of the text alone."""
        async for event in self:
            if event.piece:
                yield event.piece

    async def finish(self) -> GenerateResponse:
        """Wait for the whole answer. Raises `PluggablyConnectionError` where the stream has ended without it."""
        async for _ in self:
            pass
        if self.response is None:
            raise PluggablyConnectionError("The stream ended before it brought an answer.")
        return self.response


async def generation(connection: AsyncConnection, call: Call[Any]) -> AsyncGenerator[StreamEvent, None]:
    """The events of a generation; an error among them is raised. The last one is `Finished`."""
    reader = _wire.EventReader()
    async with aclosing(connection._chunks(call)) as chunks:
        async for chunk in chunks:
            for name, number, data in reader.feed(chunk):
                event = _wire.read_event(name, number, data)
                if event is not None:
                    yield event
            if reader.done:
                return
    reader.check_end()


async def watched(
    connection: AsyncConnection, call: Call[Any], after: int | None
) -> AsyncGenerator[StreamEvent, None]:
    """A request's events from the one after `after`; a connection that breaks is made again."""
    attempt = 0
    while True:
        headers = {"Accept": "text/event-stream"} | ({} if after is None else {"Last-Event-ID": str(after)})
        try:
            async with aclosing(generation(connection, replace(call, headers=headers))) as events:
                async for event in events:
                    after, attempt = event.number, 0
                    yield event
                    if event.answer is not None:
                        return
            return
        except PluggablyConnectionError:
            pause_s = connection._retries.pause(attempt)
            if pause_s is None:
                raise
        attempt += 1
        await asyncio.sleep(pause_s)


async def states(connection: AsyncConnection, call: Call[Any], kind: str) -> AsyncGenerator[Any, None]:
    """The data of each `status` event, as the model of this name."""
    reader = _wire.EventReader()
    async with aclosing(connection._chunks(call)) as chunks:
        async for chunk in chunks:
            for name, _, data in reader.feed(chunk):
                if name == "status":
                    yield _wire.validated(kind, json.loads(data))
            if reader.done:
                return
    reader.check_end()
