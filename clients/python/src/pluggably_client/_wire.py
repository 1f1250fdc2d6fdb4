"""What both clients share: requests are built and replies are read here; nothing here touches the network."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from pydantic import BaseModel, ValidationError

from pluggably_client.errors import (
    PluggablyAPIError,
    PluggablyConnectionError,
    PluggablyTimeoutError,
    ServerNotFound,
    UnexpectedReply,
)
from pluggably_client.models import (
    Artifact,
    Delta,
    Finished,
    GenerateOptions,
    GenerateResponse,
    Loading,
    MediaFile,
    Output,
    Progress,
    Queued,
    Selected,
    StreamEvent,
)

DEFAULT_URL = "http://127.0.0.1:8080"
Reply = TypeVar("Reply", bound=BaseModel)

_EVENTS: dict[str, type[Queued | Selected | Loading | Delta | Progress]] = {
    "queued": Queued,
    "selected": Selected,
    "loading": Loading,
    "delta": Delta,
    "progress": Progress,
}


@dataclass(frozen=True)
class Timeouts:
    """Seconds. `generate` is for an answer that comes in one piece, `idle` for the silence within a stream."""

    connect: float = 5
    read: float = 30
    generate: float = 1800
    idle: float = 60

    def of(self, read: float) -> httpx.Timeout:
        """The time-outs of a request that may take `read` seconds."""
        return httpx.Timeout(read, connect=self.connect)


@dataclass(frozen=True)
class Call:
    """A request; `body` is JSON."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)


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


def model_path(model_id: str, action: str = "") -> str:
    """The path of a model, whose id may hold any character."""
    return f"/v1/models/{quote(model_id, safe='')}{action}"


def files_path(repo: str) -> str:
    """The path of the files of a hub's repository."""
    return f"/v1/models/search/{quote(repo, safe='')}/files"


def job_path(job_id: str) -> str:
    """The path of a job."""
    return f"/v1/jobs/{quote(job_id, safe='')}"


def download(
    source: str,
    name: str,
    model_id: str | None,
    revision: str | None,
    files: Sequence[str] | None,
    sha256: str | None,
) -> Call:
    """A download of a model; what was left out is not sent."""
    options = {"revision": revision, "files": None if files is None else list(files), "sha256": sha256}
    options = {name: value for name, value in options.items() if value is not None}
    where = "id" if source in ("huggingface", "pypi") else "uri"
    body: dict[str, Any] = {"source": {"type": source, where: name}}
    if model_id is not None:
        body["model"] = {"id": model_id}
    if options:
        body["options"] = options
    return Call("POST", "/v1/models/download", body=body)


def query(**values: str | int | bool | None) -> dict[str, str]:
    """The query without what was left out."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in values.items()
        if value is not None
    }


def usage(group_by: str, since: datetime | None, until: datetime | None, everyone: bool | None) -> Call:
    """The call of `GET /v1/usage`."""
    begin, end = (moment.isoformat() if moment is not None else None for moment in (since, until))
    return Call("GET", "/v1/usage", query(group_by=group_by, since=begin, until=end, everyone=everyone))


def limits_path(user: str | None, token: str | None) -> str:
    """The path of the limits of a user, of a token, or without both of the caller. Raises `ValueError` for both."""
    if user is not None and token is not None:
        raise ValueError("limits belong to a user or to a token")
    if token is not None:
        return f"/v1/users/tokens/{quote(token, safe='')}/limits"
    return f"/v1/users/{quote(user, safe='') if user is not None else 'me'}/limits"


def generate(prompt: str | None, options: GenerateOptions, *, stream: bool) -> Call:
    """The call of `POST /v1/generate`."""
    body: dict[str, Any] = dict(options)
    request_id = body.pop("request_id", None)
    given = {"prompt": prompt} | {name: body.pop(name, None) for name in ("messages", "images", "mesh")}
    body["input"] = {name: value for name, value in given.items() if value is not None}
    body["stream"] = stream
    extra = {"Accept": "text/event-stream"} if stream else {}
    if request_id is not None:
        extra["X-Request-ID"] = request_id
    return Call("POST", "/v1/generate", body={k: v for k, v in body.items() if v is not None}, headers=extra)


def read(reply: httpx.Response, kind: type[Reply], *, also: Iterable[int] = ()) -> Reply:
    """The reply's body. `also` are statuses beside the successful ones that carry one.

    Raises `PluggablyAPIError`, or `UnexpectedReply` for what is no reply of a Pluggably server.
    """
    data = _json(reply)
    if not reply.is_success and reply.status_code not in also:
        raise api_error(data, reply)
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        if not reply.is_success:
            raise api_error(data, reply) from None
        raise UnexpectedReply(f"{reply.url} answered something else than expected: {error}") from error


def inline_files(output: Output) -> list[MediaFile]:
    """The images and the mesh that came as data URLs. Raises `UnexpectedReply` for one that can't be read."""
    found = []
    for url in (*(output.images or ()), *((output.mesh,) if output.mesh else ())):
        head, _, data = url.partition(",")
        try:
            found.append(MediaFile(head.removeprefix("data:").partition(";")[0], b64decode(data, validate=True)))
        except ValueError as error:
            raise UnexpectedReply("The server's answer holds a data URL that can't be read.") from error
    return found


def artifact(kept: Artifact) -> Call:
    """The call for an artifact's bytes, with the client's own key: a signed address may have expired."""
    return Call("GET", f"/v1/artifacts/{quote(kept.id, safe='')}")


def read_file(reply: httpx.Response) -> MediaFile:
    """The bytes of an artifact. Raises what `read` raises."""
    if not reply.is_success:
        read(reply, Output)
    return MediaFile(reply.headers.get("content-type", "").partition(";")[0], reply.content)


def api_error(data: Any, reply: httpx.Response | None = None) -> PluggablyAPIError:
    """The error of an envelope; of anything else what can be known."""
    error = data.get("error") if isinstance(data, Mapping) else None
    status = reply.status_code if reply is not None else None
    if not isinstance(error, Mapping):
        return PluggablyAPIError(f"The server answered {status} without saying why.", code="unknown", status=status)
    details = error.get("details")
    return PluggablyAPIError(
        str(error.get("message") or "The server gave no message."),
        code=str(error.get("code") or "unknown"),
        status=status,
        type=error.get("type"),
        param=error.get("param"),
        details=dict(details) if isinstance(details, Mapping) else None,
        request_id=error.get("request_id") or (reply.headers.get("X-Request-ID") if reply is not None else None),
        retry_after=error.get("retry_after"),
    )


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


class StreamReader:
    """Turns a stream's chunks, cut anywhere, into events.

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

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        """The events that this chunk completes, but those that we don't know.

        Raises `PluggablyAPIError` for an `error` event and `UnexpectedReply` for what can't be read.
        """
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        for line in lines:
            event = self._take(line.removesuffix(b"\r").decode("utf-8", "replace"))
            if event is not None:
                yield event

    def _take(self, line: str) -> StreamEvent | None:
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
        if not data:
            return None
        if data == "[DONE]":
            self.done = True
            return None
        return _event(name, data, self._number)

    def check_end(self) -> None:
        """Raise `PluggablyConnectionError` if the stream ended too early."""
        if not self.done:
            raise PluggablyConnectionError("The server's stream ended before the answer was complete.")


def _event(name: str, data: str, number: int | None) -> StreamEvent | None:
    try:
        body = json.loads(data)
        if name == "error":
            raise api_error(body)
        if name == "output":
            return Finished(number=number, response=GenerateResponse.model_validate(body))
        kind = _EVENTS.get(name)
        return None if kind is None else kind.model_validate({**body, "number": number})
    except (ValueError, TypeError) as error:
        raise UnexpectedReply(f"The server sent a {name or 'nameless'} event that can't be read: {error}") from error


def _json(reply: httpx.Response) -> Any:
    try:
        return reply.json()
    except ValueError as error:
        if not reply.is_success:
            return None
        raise UnexpectedReply(
            f"{reply.url} is no Pluggably server: it answered {reply.headers.get('content-type', 'nothing')}."
        ) from error
