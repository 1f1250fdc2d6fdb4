"""The events of a stream, typed."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pluggably_client._bodies import Body
from pluggably_client.models import GenerateResponse, SelectionRead


class Event(Body):
    """An event of a stream; `number` counts from 1."""

    number: int | None = Field(None, exclude=True)

    @property
    def piece(self) -> str:
        """What it adds to the answer's text."""
        return ""

    @property
    def answer(self) -> GenerateResponse | None:
        """The whole answer, of the last event."""
        return None


class Queued(Event):
    """The request waits; position 1 is next, `eta_s` is in seconds."""

    request_id: str
    queue_position: int
    eta_s: float | None = None


class Selected(Event):
    """A model was chosen; again if a fallback changes it."""

    request_id: str
    selection: SelectionRead


class Loading(Event):
    """The model is being loaded."""

    model: str
    progress_pct: float | None = None


class Delta(Event):
    """A piece of the answer."""

    text: str | None = None
    reasoning: str | None = None
    tool_calls: list[dict[str, Any]] | None = None

    @property
    def piece(self) -> str:
        return self.text or ""


class Progress(Event):
    """How far an image or a mesh is; `preview` is a data URL."""

    progress_pct: float | None = None
    step: int | None = None
    steps: int | None = None
    preview: str | None = None


class Finished(Event):
    """The whole answer, once, at the end of a stream."""

    response: GenerateResponse

    @property
    def answer(self) -> GenerateResponse:
        return self.response


StreamEvent = Queued | Selected | Loading | Delta | Progress | Finished
KINDS: dict[str, type[Queued | Selected | Loading | Delta | Progress]] = {
    "queued": Queued,
    "selected": Selected,
    "loading": Loading,
    "delta": Delta,
    "progress": Progress,
}
"""By the names that the events have on the wire; `output` becomes `Finished`, `error` is raised."""
