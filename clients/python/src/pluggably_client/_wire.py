"""What both clients share: requests are built here; nothing here touches the network.

The models are large and are loaded by the first reply that is read (`_reading`), not by importing the client.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote, urlsplit

import httpx

from pluggably_client._operation import Operation
from pluggably_client.errors import (
    PluggablyAPIError,
    PluggablyConnectionError,
    PluggablyTimeoutError,
    ServerNotFound,
)

if TYPE_CHECKING:
    from pluggably_client.events import StreamEvent

DEFAULT_URL = "http://127.0.0.1:8080"
Reply = TypeVar("Reply")
_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})


@dataclass(frozen=True)
class Call(Generic[Reply]):
    """One request. `body` is JSON, or with `files` (name, bytes, media type by field) the fields of a form."""

    operation: Operation[Reply]
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    files: dict[str, tuple[str, bytes, str]] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    answers: tuple[int, ...] = ()
    """Statuses beside the successful ones that carry a reply."""
    long: bool = False
    """It may take as long as generating does."""

    @property
    def method(self) -> str:
        """Of HTTP."""
        return self.operation.method

    @property
    def repeatable(self) -> bool:
        """Whether twice is as good as once."""
        return self.method in _REPEATABLE

    def content(self) -> dict[str, Any]:
        """The body as the HTTP library's arguments."""
        if self.files is not None:
            return {"data": self.body, "files": self.files}
        return {"json": self.body} if self.body is not None else {}


def call(
    operation: Operation[Reply],
    path: Mapping[str, str] | None = None,
    *,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    **more: Any,
) -> Call[Reply]:
    """The call of an operation; what is None is left out of the query, and of a body that is a dictionary."""
    filled = operation.path.format(**{name: quote(value, safe="") for name, value in (path or {}).items()})
    return Call(operation, filled, _query(query or {}), _plain(body), **more)


def generate(
    operation: Operation[Reply],
    prompt: str | None,
    options: Mapping[str, Any],
    path: Mapping[str, str] | None = None,
    *,
    stream: bool = False,
    background: bool = False,
) -> Call[Reply]:
    """The call of `POST /v1/generate` and of its twin in a session. `options` are `GenerateOptions`."""
    body: dict[str, Any] = dict(options)
    request_id = body.pop("request_id", None)
    given = {"prompt": prompt} | {name: body.pop(name, None) for name in ("messages", "images", "mesh")}
    body["input"] = _plain(given)
    body["stream"] = stream
    if background:
        body["background"] = True
    extra = {"Accept": "text/event-stream"} if stream else {}
    if request_id is not None:
        extra["X-Request-ID"] = request_id
    return call(operation, path, body=body, headers=extra, long=True)


def address(url: str) -> str:
    """The server's address. Raises `PluggablyConnectionError` for what is none."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, or too large
        usable = False
    if not usable:
        raise PluggablyConnectionError(f"{url!r} is no address of a server; one looks like {DEFAULT_URL}.")
    return url.rstrip("/")


def headers(api_key: str | None) -> dict[str, str]:
    """The headers of every request."""
    common = {"Accept": "application/json", "User-Agent": "pluggably-client"}
    return common | ({"X-API-Key": api_key} if api_key else {})


def read(reply: httpx.Response, asked: Call[Reply]) -> Reply:
    """The reply's body. Raises `PluggablyAPIError`, or `UnexpectedReply` for what no Pluggably server says."""
    from pluggably_client import _reading

    return _reading.read(reply, asked)


def read_event(name: str, number: int | None, data: str) -> StreamEvent | None:
    """An event of a generation; see `_reading.read_event`."""
    from pluggably_client import _reading

    return _reading.read_event(name, number, data)


def validated(kind: str, data: Any) -> Any:
    """Data of a reply as the model of this name. Raises `UnexpectedReply`."""
    from pluggably_client import _reading

    return _reading.validated(kind, data)


def api_error(data: Any) -> PluggablyAPIError:
    """The error of an envelope."""
    from pluggably_client import _reading

    return _reading.api_error(data)


def asked_pause(asked: Call[Any], reply: httpx.Response) -> tuple[bool, float | None]:
    """Whether the call may be made again after this refusal, and the seconds that the server names."""
    named = _seconds(reply.headers.get("Retry-After"))
    if reply.headers.get("x-should-retry") == "false" or reply.status_code in asked.answers:
        return False, None
    if reply.status_code == 429:
        return True, named
    return reply.status_code == 503 and (asked.repeatable or named is not None), named


def may_repeat(asked: Call[Any], error: PluggablyConnectionError) -> bool:
    """Whether the call may be made again after this failure: it never reached the server, or twice does no harm."""
    if isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout):
        return True
    return asked.repeatable and not isinstance(error, PluggablyTimeoutError)


@contextmanager
def connection_errors(base_url: str) -> Iterator[None]:
    """Turn the HTTP library's errors into ours."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise PluggablyTimeoutError(f"{base_url} did not answer in time ({type(error).__name__}).") from error
    except httpx.ConnectError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise PluggablyConnectionError(
                f"The certificate of {base_url} is not trusted ({error}). "
                "If it is from an authority of your own, name that one's file in SSL_CERT_FILE."
            ) from error
        raise ServerNotFound(f"No server answers at {base_url} ({error}).") from error
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise PluggablyConnectionError(f"The connection to {base_url} failed ({reason}).") from error


class EventReader:
    """Turns a stream's chunks, cut anywhere, into events: name, number, JSON text.

    Source of the format: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
    (A Pluggably server ends its lines with a line feed. The HTTP library's own lines won't do: it also splits at
    characters that JSON may hold, such as U+2028.)
    """

    def __init__(self) -> None:
        self.done = False
        """`[DONE]` was seen."""
        self._pending = b""
        self._name = ""
        self._number: int | None = None
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[tuple[str, int | None, str]]:
        """The events that this chunk completes."""
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        for line in lines:
            event = self._take(line.removesuffix(b"\r").decode("utf-8", "replace"))
            if event is not None:
                yield event

    def check_end(self) -> None:
        """Raise `PluggablyConnectionError` if the stream ended too early."""
        if not self.done:
            raise PluggablyConnectionError("The server's stream ended before the answer was complete.")

    def _take(self, line: str) -> tuple[str, int | None, str] | None:
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                self._data.append(value)
            elif name == "event":
                self._name = value
            elif name == "id":
                self._number = int(value) if value.isdecimal() else None
            return None
        name, data = self._name, "\n".join(self._data)
        self._name, self._data = "", []
        if data == "[DONE]":
            self.done = True
            return None
        return (name, self._number, data) if data else None


def _query(values: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name, value in values.items():
        if isinstance(value, bool):
            found[name] = str(value).lower()
        elif isinstance(value, datetime):
            found[name] = value.isoformat()
        elif value is not None:
            found[name] = str(value)
    return found


def _plain(body: Any) -> Any:
    if hasattr(body, "to_json"):
        return body.to_json()
    return {name: value for name, value in body.items() if value is not None} if isinstance(body, dict) else body


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else max(0.0, float(text))
    except ValueError:
        return None
