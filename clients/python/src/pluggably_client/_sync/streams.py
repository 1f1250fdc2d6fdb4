"""Generated from `_async/streams.py` by `python -m scripts.generate`; not to be edited."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from pluggably_client import _wire
from pluggably_client._sync.connection import Connection
from pluggably_client._wire import Call
from pluggably_client.errors import PluggablyConnectionError

if TYPE_CHECKING:
    from pluggably_client.events import StreamEvent
    from pluggably_client.models import GenerateResponse


Item = TypeVar("Item")


class Events(Generic[Item]):
    """Events as they come. Leaving the `with` block, or `close`, hangs up."""

    def __init__(self, events: Iterator[Item]) -> None:
        self._events: Any = events

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Item:
        item: Item = next(self._events)
        return item

    def close(self) -> None:
        """Hang up."""
        self._events.close()


class Stream(Events["StreamEvent"]):
    """The events of a generation. Hanging up before its end cancels it, but for one in the background."""

    def __init__(self, events: Iterator[StreamEvent]) -> None:
        super().__init__(events)
        self.response: GenerateResponse | None = None
        """The whole answer, once the last event has come."""

    def __next__(self) -> StreamEvent:
        event: StreamEvent = next(self._events)
        self.response = event.answer or self.response
        return event

    def text(self) -> Iterator[str]:
        """The pieces of the text alone."""
        for event in self:
            if event.piece:
                yield event.piece

    def finish(self) -> GenerateResponse:
        """Wait for the whole answer. Raises `PluggablyConnectionError` where the stream has ended without it."""
        for _ in self:
            pass
        if self.response is None:
            raise PluggablyConnectionError("The stream ended before it brought an answer.")
        return self.response


def generation(connection: Connection, call: Call[Any]) -> Generator[StreamEvent, None, None]:
    """The events of a generation; an error among them is raised. The last one is `Finished`."""
    reader = _wire.EventReader()
    with closing(connection._chunks(call)) as chunks:
        for chunk in chunks:
            for name, number, data in reader.feed(chunk):
                event = _wire.read_event(name, number, data)
                if event is not None:
                    yield event
            if reader.done:
                return
    reader.check_end()


def watched(connection: Connection, call: Call[Any], after: int | None) -> Generator[StreamEvent, None, None]:
    """A request's events from the one after `after`; a connection that breaks is made again."""
    attempt = 0
    while True:
        headers = {"Accept": "text/event-stream"} | ({} if after is None else {"Last-Event-ID": str(after)})
        try:
            with closing(generation(connection, replace(call, headers=headers))) as events:
                for event in events:
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
        time.sleep(pause_s)


def states(connection: Connection, call: Call[Any], kind: str) -> Generator[Any, None, None]:
    """The data of each `status` event, as the model of this name."""
    reader = _wire.EventReader()
    with closing(connection._chunks(call)) as chunks:
        for chunk in chunks:
            for name, _, data in reader.feed(chunk):
                if name == "status":
                    yield _wire.validated(kind, json.loads(data))
            if reader.done:
                return
    reader.check_end()
