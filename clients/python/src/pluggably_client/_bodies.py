"""What the generated models rest on."""

from __future__ import annotations

from typing import Any, cast

from pydantic import BaseModel, ConfigDict


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
