"""Replies and events are read here. It loads the models, so it is loaded with the first reply."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, Union

import httpx
from pydantic import TypeAdapter, ValidationError

from pluggably_client import models
from pluggably_client.codes import BY_CODE
from pluggably_client.errors import FAMILIES, PluggablyAPIError, UnexpectedReply
from pluggably_client.events import KINDS, Finished, StreamEvent
from pluggably_client.models import GenerateResponse

if TYPE_CHECKING:
    from pluggably_client._wire import Call

Reply = TypeVar("Reply")


def read(reply: httpx.Response, asked: Call[Reply]) -> Reply:
    """The reply's body. Raises `PluggablyAPIError`, or `UnexpectedReply` for what no Pluggably server says."""
    good = reply.is_success or reply.status_code in asked.answers
    kind = asked.operation.reply
    if good and kind in (None, bytes, str):
        return _raw(reply, kind)  # type: ignore[no-any-return]
    data = _json(reply)
    if not good:
        raise api_error(data, reply)
    return _read_json(data, reply, _adapter(kind))  # type: ignore[no-any-return]


def api_error(data: Any, reply: httpx.Response | None = None) -> PluggablyAPIError:
    """The error of an envelope, of the class of its code; of anything else what can be known."""
    error = data.get("error") if isinstance(data, Mapping) else None
    status = reply.status_code if reply is not None else None
    if not isinstance(error, Mapping):
        return PluggablyAPIError(f"The server answered {status} without saying why.", code="unknown", status=status)
    details, code = error.get("details"), str(error.get("code") or "unknown")
    kind = BY_CODE.get(code) or FAMILIES.get(str(error.get("type")), PluggablyAPIError)
    return kind(
        str(error.get("message") or "The server gave no message."),
        code=code,
        status=status,
        type=error.get("type"),
        param=error.get("param"),
        details=dict(details) if isinstance(details, Mapping) else None,
        request_id=error.get("request_id") or (reply.headers.get("X-Request-ID") if reply is not None else None),
        retry_after=error.get("retry_after"),
    )


def read_event(name: str, number: int | None, data: str) -> StreamEvent | None:
    """An event of a generation; None for one that this version does not know.

    Raises `PluggablyAPIError` for an `error` event and `UnexpectedReply` for what can't be read.
    """
    try:
        body = json.loads(data)
        if name == "error":
            raise api_error(body)
        if name == "output":
            return Finished(number=number, response=GenerateResponse.model_validate(body))
        kind = KINDS.get(name)
        return None if kind is None else kind.model_validate({**body, "number": number})
    except (ValueError, TypeError) as error:
        raise UnexpectedReply(f"The server sent a {name or 'nameless'} event that can't be read: {error}") from error


def validated(kind: str, data: Any) -> Any:
    """Data of a reply as the model of this name. Raises `UnexpectedReply`."""
    try:
        return _adapter((kind,)).validate_python(data)
    except ValidationError as error:
        raise UnexpectedReply(f"The server answered something else than expected: {error}") from error


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Of one model, of several by their names, or of dictionaries."""
    if isinstance(kind, tuple):
        kind = Union[tuple(getattr(models, name) for name in kind)]  # noqa: UP007 - there is no other way to write it
    return TypeAdapter(kind)


def _read_json(data: Any, reply: httpx.Response, adapter: TypeAdapter[Any]) -> Any:
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        if not reply.is_success:
            raise api_error(data, reply) from None
        raise UnexpectedReply(f"{reply.url} answered something else than expected: {error}") from error


def _raw(reply: httpx.Response, kind: Any) -> Any:
    if kind is None:
        return None
    return reply.content if kind is bytes else reply.text


def _json(reply: httpx.Response) -> Any:
    try:
        return reply.json()
    except ValueError as error:
        if not reply.is_success:
            return None
        raise UnexpectedReply(
            f"{reply.url} is no Pluggably server: it answered {reply.headers.get('content-type', 'nothing')}."
        ) from error
