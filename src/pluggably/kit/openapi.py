"""The OpenAPI document: the envelope of every error, and the bodies that hot routes read by themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field

from pluggably.errors import PluggablyError

_BODIES: dict[str, type[BaseModel]] = {}
_EVENTS: dict[str, type[BaseModel]] = {}
_REF = "#/components/schemas/{model}"


class ErrorBody(BaseModel):
    """What went wrong and what to do about it."""

    code: str
    """Stable; clients may switch on it."""
    type: str
    message: str
    param: str | None
    details: dict[str, Any] | None
    request_id: str | None
    retry_after: float | None
    """Seconds."""


class ErrorEnvelope(BaseModel):
    """Every failure is answered with this."""

    error: ErrorBody


class StreamedEvent(BaseModel):
    """A server-sent event whose data is JSON."""

    event: str
    id: int = Field(description="Counts from 1.")
    data: Any


def event_stream(*events: type[StreamedEvent]) -> dict[str, Any]:
    """The `content` of an answer that is a stream, of these events if they are ours.

    They stand in `itemSchema`, which OpenAPI has from 3.2 on: https://spec.openapis.org/oas/v3.2.0.html#media-type-object
    """
    described: dict[str, Any] = {"schema": {"type": "string"}}
    if events:
        _EVENTS.update({event.__name__: event for event in events})
        described["itemSchema"] = {"oneOf": [{"$ref": _REF.format(model=event.__name__)} for event in events]}
    return {"text/event-stream": described}


def documented(
    *errors: type[PluggablyError],
    response: type[BaseModel] | None = None,
    events: bool | tuple[type[StreamedEvent], ...] = False,
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: its errors by status, and the shape of its 200 where the route writes it itself,
    which may be a stream: of a vendor's events, or of these."""
    by_status: dict[int, list[str]] = {}
    for error in errors:
        by_status.setdefault(error.status, []).append(f"`{error.code}`")
    found: dict[int | str, dict[str, Any]] = {
        status: {"model": ErrorEnvelope, "description": ", ".join(codes)} for status, codes in by_status.items()
    }
    if response is not None:
        found[200] = {"model": response, "description": "The answer"}
        if events:
            content = event_stream(*(events if isinstance(events, tuple) else ()))
            content["text/event-stream"]["example"] = 'event: delta\nid: 2\ndata: {"text":"Hel"}\n\n'
            found[200]["content"] = content
    return found


def also_documented(
    responses: dict[int | str, dict[str, Any]], *errors: type[PluggablyError]
) -> dict[int | str, dict[str, Any]]:
    """The responses with these errors too; those that are there already stay as they are."""
    found = dict(responses)
    for error in errors:
        code, known = f"`{error.code}`", found.get(error.status)
        if known is None:
            found[error.status] = {"model": ErrorEnvelope, "description": code}
        elif code not in known["description"]:
            found[error.status] = {**known, "description": f"{known['description']}, {code}"}
    return found


def request_body(model: type[BaseModel], media_type: str = "application/json") -> dict[str, Any]:
    """The `openapi_extra` of a hot route that reads this body."""
    _BODIES[model.__name__] = model
    schema = {"$ref": _REF.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
            servers=app.servers,
        )
        components = document.setdefault("components", {}).setdefault("schemas", {})
        for name, model in _BODIES.items():
            schema = model.model_json_schema(ref_template=_REF, mode="validation")
            components |= schema.pop("$defs", {})
            components[name] = schema
        for name, event in _EVENTS.items():
            schema = event.model_json_schema(ref_template=_REF, mode="serialization")
            _add(components, name, {**schema.pop("$defs", {}), name: schema})
        _show_envelopes(document)
        _name_operations(document, app)
        app.openapi_schema = document
    return app.openapi_schema


def _add(components: dict[str, Any], name: str, schemas: Mapping[str, Any]) -> None:
    """Add the schema of this name, and those that it leads to and that are not there yet."""
    components[name] = schemas[name]
    for found in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(schemas[name])):
        if found not in components:
            _add(components, found, schemas)


def _show_envelopes(document: dict[str, Any]) -> None:
    """Every failure has the envelope, also those that all routes share."""
    envelope = {"application/json": {"schema": {"$ref": _REF.format(model=ErrorEnvelope.__name__)}}}
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if status >= "400":
                    response.setdefault("content", envelope)


def _name_operations(document: dict[str, Any], app: FastAPI) -> None:
    """Operations are named after their endpoint's function, `head_…` where it also serves HEAD: clients make
    methods of these names. Raises `RuntimeError` for a name that two operations share."""
    seen: dict[str, str] = {}
    for route in app.routes:
        for method, operation in document["paths"].get(getattr(route, "path_format", None), {}).items():
            if method.upper() in (getattr(route, "methods", None) or ()):
                name = f"head_{route.name}" if method == "head" else route.name  # type: ignore[attr-defined]
                place = f"{method} {route.path_format}"  # type: ignore[attr-defined]
                if seen.setdefault(name, place) != place:
                    raise RuntimeError(f"{seen[name]} and {place} are both called {name}")
                operation["operationId"] = name
