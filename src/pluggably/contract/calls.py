"""An HTTP call that an adapter built, and what came back. Neither knows the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Call:
    """A call relative to a provider's base URL. `body` is sent as it is, with `content-type: application/json`."""

    path: str
    body: bytes | None = None
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One server-sent event, as specified by https://html.spec.whatwg.org/multipage/server-sent-events.html."""

    data: str
    event: str | None = None
    id: str | None = None
