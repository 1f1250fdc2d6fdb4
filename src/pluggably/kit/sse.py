"""Server-sent events, written and read.

Source of the format: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

import codecs
import re
from collections.abc import AsyncIterator
from typing import Any

from pydantic_core import to_json

from pluggably.contract.calls import ServerEvent
from pluggably.errors import ProviderError

DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"
_LINE_END = re.compile(r"\r\n|\n|\r")


def encode_event(event: str, data: Any, number: int) -> bytes:
    """One named and numbered event with JSON data."""
    return b"event: %s\nid: %d\ndata: %s\n\n" % (event.encode(), number, to_json(data, inf_nan_mode="null"))


class EventParser:
    """Turns chunks that were cut anywhere into events."""

    def __init__(self, max_event_bytes: int = 16 * 1024 * 1024) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self._data: list[str] = []
        self._event: str | None = None
        self._id: str | None = None
        self._first = True
        self._max = max_event_bytes

    def feed(self, chunk: bytes, *, final: bool = False) -> list[ServerEvent]:
        """The events that this chunk completes. Raises `ValueError` for an event over the size limit."""
        text = self._pending + self._decoder.decode(chunk, final)
        if self._first and text:
            text = text.removeprefix("\ufeff")
            self._first = False
        events: list[ServerEvent] = []
        start = 0
        for match in _LINE_END.finditer(text, max(0, len(self._pending) - 1)):
            if match.group() == "\r" and match.end() == len(text) and not final:
                break  # the "\n" of "\r\n" may be in the next chunk
            self._take_line(text[start : match.start()], events)
            start = match.end()
        self._pending = text[start:]
        if len(self._pending) + sum(map(len, self._data)) > self._max:
            raise ValueError(f"an event is larger than {self._max} characters")
        return events

    def _take_line(self, line: str, events: list[ServerEvent]) -> None:
        if not line:
            if self._data:
                events.append(ServerEvent("\n".join(self._data), self._event, self._id))
            self._data, self._event = [], None
            return
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._event = value
        elif field == "id" and "\0" not in value:
            self._id = value


async def parse_events(chunks: AsyncIterator[bytes]) -> AsyncIterator[ServerEvent]:
    """The events of a stream of chunks. Raises `ProviderError` for one that is too large."""
    parser = EventParser()
    async for chunk in chunks:
        try:
            events = parser.feed(chunk)
        except ValueError as error:
            raise ProviderError(f"The provider's stream can't be read: {error}.") from error
        for event in events:
            yield event
