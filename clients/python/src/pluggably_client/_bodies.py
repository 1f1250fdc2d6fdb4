"""What the generated models rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from pluggably_client.models import GenerateResponse


class Body(BaseModel):
    """A part of a request or a reply. Fields that this version does not know are kept, not refused; numbers and
    lists that an older server does not know are 0 and empty."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        protected_namespaces=(),
        populate_by_name=True,
        serialize_by_alias=True,
        defer_build=True,  # most programs use a few of them: each is built when it is first needed
    )

    def to_json(self) -> dict[str, Any]:
        """What goes over the wire: what was set, under the names of the API."""
        return self.model_dump(mode="json", exclude_unset=True)


class Answer(Body):
    """An answer with its text at hand."""

    @property
    def text(self) -> str:
        """The generated text; empty where there is none."""
        return cast(Any, self).output.text or ""


class Group(Body):
    """Sums that say whose they are."""

    @property
    def key(self) -> str | None:
        """The model, user or day; None for requests that reached no model."""
        sums = cast(Any, self)
        named: str | None = sums.model or sums.user or sums.day
        return named


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


class Piece(Event):
    """An event that brings a piece of the answer."""

    @property
    def piece(self) -> str:
        return cast(Any, self).text or ""
