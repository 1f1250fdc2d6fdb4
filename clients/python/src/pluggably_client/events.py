"""The events of a stream, typed."""

from __future__ import annotations

from pluggably_client._bodies import Event
from pluggably_client.models import Delta, GenerateResponse, Loading, Progress, Queued, Selected

__all__ = ["KINDS", "Delta", "Event", "Finished", "Loading", "Progress", "Queued", "Selected", "StreamEvent"]


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
