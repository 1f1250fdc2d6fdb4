"""The events of a stream as the OpenAPI document describes them: a name, a number, and data of that name's shape.

On the wire they are server-sent events, `data` as JSON: `event: delta`, `id: 2`, `data: {"text":"Hel"}`.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field
from pydantic.config import JsonDict
from pydantic.json_schema import SkipJsonSchema

from pluggably.features.generation.schemas import GenerateResponse, SelectionRead
from pluggably.features.requests.schemas import RequestStatusRead
from pluggably.kit.openapi import ErrorEnvelope, StreamedEvent

Nothing = SkipJsonSchema[None]


def _left_out(description: str | None = None) -> Any:
    """A field that is left out where there is nothing to say, and never null."""
    return Field(None, description=description, json_schema_extra=_without_default)


def _without_default(schema: JsonDict) -> None:
    del schema["default"]


class SelectedData(BaseModel):
    """Who answers; again if a fallback changes it."""

    request_id: str
    selection: SelectionRead


class QueuedData(BaseModel):
    """The request waits. Again at every change."""

    request_id: str
    queue_position: int = Field(description="1 is next.")
    eta_s: float | None = Field(description="Seconds.")


class LoadingData(BaseModel):
    """The model is being loaded."""

    model: str
    progress_pct: float | None = Field(description="From 0 to 100, where it is known.")


class DeltaData(BaseModel):
    """A piece of a text answer: of its text, of the model's thoughts, or of calls of tools."""

    text: str | Nothing = _left_out()
    reasoning: str | Nothing = _left_out()
    tool_calls: list[dict[str, Any]] | Nothing = _left_out("As OpenAI streams them.")


class ProgressData(BaseModel):
    """How far an image or a mesh is."""

    progress_pct: float | None = Field(description="From 0 to 100, where it is known.")
    step: int | None
    steps: int | None
    preview: str | Nothing = _left_out("A data URL.")


class SelectedEvent(StreamedEvent):
    """A model was chosen."""

    event: Literal["selected"]
    data: SelectedData


class QueuedEvent(StreamedEvent):
    """The request waits for its turn."""

    event: Literal["queued"]
    data: QueuedData


class LoadingEvent(StreamedEvent):
    """A model is being loaded for the request."""

    event: Literal["loading"]
    data: LoadingData


class DeltaEvent(StreamedEvent):
    """A piece of the answer."""

    event: Literal["delta"]
    data: DeltaData


class ProgressEvent(StreamedEvent):
    """A step of the work."""

    event: Literal["progress"]
    data: ProgressData


class OutputEvent(StreamedEvent):
    """The whole answer: the last event."""

    event: Literal["output"]
    data: GenerateResponse


class ErrorEvent(StreamedEvent):
    """What went wrong: the last event in the place of `output`."""

    event: Literal["error"]
    data: ErrorEnvelope


class RequestStatusEvent(StreamedEvent):
    """How far a request is that keeps no events of its own."""

    event: Literal["status"]
    data: RequestStatusRead


EVENTS = (SelectedEvent, QueuedEvent, LoadingEvent, DeltaEvent, ProgressEvent, OutputEvent, ErrorEvent)
"""What the stream of a generation may hold."""
