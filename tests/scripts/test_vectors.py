"""The clients' vectors are what a gateway says today, and they leave nothing out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from pydantic import BaseModel, TypeAdapter

from pluggably.features.generation.schemas import GenerateResponse
from pluggably.features.requests.schemas import Accepted
from scripts.generate import application
from scripts.vectors import VECTORS, rendered
from tests.factories.walk import walked

EVENTS = {"queued", "selected", "loading", "delta", "progress", "output", "error", "status"}
STREAMED = {"follow_request", "follow_job"}
"""Operations that have no other answer than a stream."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return application().openapi()


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["operationId"]: item for path in document["paths"].values() for item in path.values()}


def vectors() -> dict[str, Any]:
    return {path.name: json.loads(path.read_text()) for path in sorted(VECTORS.glob("*.json"))}


def exchanges() -> Iterator[tuple[str, dict[str, Any]]]:
    for content in vectors().values():
        for exchange in content.get("exchanges", ()):
            yield content["operation"], exchange


@pytest.mark.req("SYS-REQ-023")
async def test_a_walk_through_the_api_gives_what_is_written_down(tmp_path: Path) -> None:
    async with walked(tmp_path) as walk:
        found = dict(walk.vectors())
    written = vectors()
    assert sorted(found) == sorted(written)
    for name, content in found.items():
        assert json.loads(rendered(content)) == written[name], f"{name}: `python -m scripts.vectors` writes it anew"


@pytest.mark.req("SYS-REQ-023")
def test_every_operation_and_every_kind_of_event_is_there(document: dict[str, Any]) -> None:
    found = vectors()
    names = set(operations(document))
    assert {content["operation"] for content in found.values() if "operation" in content} == names
    assert {name for name, _ in exchanges()} == names - STREAMED
    assert {stream["operation"] for stream in found["streams.json"]["streams"]} > STREAMED
    assert {event["name"] for event in found["events.json"]["events"]} == EVENTS
    succeeded = {name for name, exchange in exchanges() if exchange["status"] < 300}
    assert names - STREAMED - succeeded == {"vary_images"}, "of every operation there is an answer that is no error"


@pytest.mark.req("SYS-REQ-023", "SYS-REQ-018")
def test_every_event_of_a_stream_is_as_the_document_describes_it(document: dict[str, Any]) -> None:
    schemas, kinds = document["components"]["schemas"], set()
    for stream in vectors()["streams.json"]["streams"]:
        answer = operations(document)[stream["operation"]]["responses"]["200"]
        described = answer["content"]["text/event-stream"]["itemSchema"]
        shape = jsonschema_rs.Draft202012Validator({**described, "components": document["components"]})
        for event in stream["events"]:
            shape.validate({"event": event["name"], "id": event["id"], "data": event["data"]})
            (wrapper,) = [
                schemas[name]
                for name in references(described)
                if schemas[name]["properties"]["event"]["const"] == event["name"]
            ]
            (kind,) = references(wrapper["properties"]["data"])
            assert set(event["data"]) <= set(schemas[kind]["properties"]), f"{kind} leaves something out"
            kinds.add((event["name"], kind))
    assert {name for name, _ in kinds} == EVENTS


@pytest.mark.req("SYS-REQ-023", "TEST-UNIT-006")
def test_the_servers_own_models_read_and_write_every_body_without_loss(document: dict[str, Any]) -> None:
    by_name = {kind.__name__: kind for kind in descendants(BaseModel) if kind.__module__.startswith("pluggably.")}
    checked = 0
    for name, exchange in exchanges():
        operation = operations(document)[name]
        asked = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        told = operation["responses"].get(str(exchange["status"]), {}).get("content", {})
        pairs = [(told.get("application/json", {}).get("schema", {}), exchange["response"])]
        if exchange["status"] < 300:
            pairs.append((asked, exchange["request"]["body"]))
        for schema, body in pairs:
            kinds = [by_name[kind] for kind in references(schema) if kind in by_name]
            if body is None or not kinds or not isinstance(body, dict):
                continue
            if name == "count_tokens" and exchange["status"] == 400:
                continue  # Anthropic's envelope
            if name == "store_provider_key" and body is exchange["request"]["body"]:
                body = {**body, "api_key": "**********"}  # noqa: PLW2901 - what the server never writes
            assert any(survives(kind, body) for kind in kinds), (name, exchange["name"], kinds)
            checked += 1
    assert checked > 100


@pytest.mark.req("SYS-REQ-023")
def test_the_response_in_a_stream_is_the_whole_one() -> None:
    outputs = [event["data"] for event in vectors()["events.json"]["events"] if event["name"] == "output"]
    assert outputs
    assert all(survives(GenerateResponse, output) for output in outputs)
    accepted = [
        exchange["response"] for name, exchange in exchanges() if exchange["status"] == 202 and name == "generate"
    ]
    assert all(survives(Accepted, answer) for answer in accepted)


def survives(kind: type[BaseModel], body: dict[str, Any]) -> bool:
    """Whether a body is the same after it was read and written."""
    adapter = TypeAdapter(kind)
    try:
        read = adapter.validate_python(body)
    except ValueError:
        return False
    return bool(adapter.dump_python(read, mode="json", exclude_unset=True, by_alias=True) == body)


def references(schema: dict[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        yield schema["$ref"].rpartition("/")[2]
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from references(part)


def descendants(kind: type[Any]) -> Iterator[type[Any]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)
