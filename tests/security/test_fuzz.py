"""Random and malformed requests for every route: no 500, every answer as the OpenAPI document says.

Schemathesis makes the requests out of that document; the gateway is served on loopback, its provider is a fake.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from pluggably.app import create_app
from pluggably.kit.sse import EventParser
from pluggably.settings import Settings
from tests.factories.apps import AUTHORISED, served_aside

EACH = 50
"""Requests that follow the document, and as many that break it; each body is sent once more, damaged: 200 in all."""
FUZZING = settings(
    max_examples=EACH,
    phases=(Phase.generate,),
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
KNOWN = "acme:gpt-test"
LAST_EVENTS = {
    "/v1/messages": ("event: message_stop", "event: error"),
    "/v1/responses": ("event: response.completed", "event: response.incomplete", "event: response.failed"),
    "/v1/images/generations": ("event: image_generation.completed", "event: error"),
    "/v1/images/edits": ("event: image_edit.completed", "event: error"),
}
"""How streams end that do not end with `[DONE]`."""
HARMLESS = {404, 405}
"""Also possible where an id of a model makes another path of this one."""


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return create_app(Settings(local_only=True)).openapi()


def operations() -> list[Any]:
    """Every operation of the document."""
    return [found.ok() for found in schemathesis.openapi.from_dict(document()).get_all_operations()]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Calls the gateway with the operator's key."""
    with (
        served_aside(tmp_path_factory.mktemp("fuzz"), max_body_mb=0.1) as (url, _),
        httpx.Client(base_url=url, headers=AUTHORISED, timeout=20) as client,
    ):
        yield client


@cache
def shape_of(path: str, method: str, status: int) -> jsonschema_rs.Draft202012Validator | None:
    """The schema of an answer, where it has one."""
    answer = document()["paths"][path][method.lower()]["responses"].get(str(status), {})
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    if not schema:
        return None
    return jsonschema_rs.Draft202012Validator({**schema, "components": document()["components"]})


@cache
def shape_of_events(path: str, method: str) -> jsonschema_rs.Draft202012Validator | None:
    """The schema of the events of a stream, where they are ours."""
    content = document()["paths"][path][method.lower()]["responses"]["200"]["content"]
    schema = content["text/event-stream"].get("itemSchema")
    return schema and jsonschema_rs.Draft202012Validator({**schema, "components": document()["components"]})


def check(answer: httpx.Response, path: str, method: str, sent: Any) -> None:
    """Fail unless the answer is documented and has its documented shape."""
    where = f"{method} {path} with {sent!r}: {answer.status_code} {answer.text[:500]}"
    assert answer.status_code != 500, where
    documented = {int(status) for status in document()["paths"][path][method.lower()]["responses"]}
    if "{" in path:
        documented |= HARMLESS
    assert answer.status_code in documented, f"not documented: {where}"
    if method.upper() == "HEAD" or answer.status_code == 204:
        assert not answer.content, where
        return
    if answer.status_code >= 400:
        error = answer.json()["error"]
        assert error.keys() == {"code", "type", "message", "param", "details", "request_id", "retry_after"}, where
        assert error["request_id"] == answer.headers["x-request-id"], where
        assert error["code"] != "internal_error", where
    elif answer.headers["content-type"] == "application/json":
        shape = shape_of(path, method, answer.status_code)
        if shape is not None:
            shape.validate(answer.json())
    elif answer.headers["content-type"].startswith("text/event-stream"):
        last = answer.text.rstrip("\n").rpartition("\n\n")[2]
        assert answer.text.endswith("\n\n"), where
        assert last.startswith(LAST_EVENTS.get(path, "data: [DONE]")), where
        shape = shape_of_events(path, method)
        if shape is not None:
            for event in EventParser().feed(answer.content):
                if event.data != "[DONE]":
                    told = {"event": event.event, "id": int(event.id or 0), "data": json.loads(event.data)}
                    shape.validate(told)


def damaged(body: bytes, data: st.DataObject) -> bytes:
    """The same body with something wrong in it."""
    place = data.draw(st.integers(0, len(body)))
    kind = data.draw(st.integers(0, 6))
    if kind == 0:
        return body[:place]
    if kind == 1:
        return body[:place] + data.draw(st.binary(min_size=1, max_size=4)) + body[place:]
    if kind == 2:
        return body.replace(b"null", b"NaN").replace(b"true", b"1e999").replace(b"0", b"-Infinity")
    if kind == 3:
        return body.replace(b'""', b'"\\ud800"').replace(b': "', b': "\\u0000\\udfff')
    if kind == 4:
        return b'{"input": ' + b"[" * 2000 + b"]" * 2000 + b"}"
    if kind == 5:
        return b"[" + body + b"]"
    return body.replace(b'"', b"'").replace(b"{", b'{"__proto__": {}, "input": 1, "input": {}, ')


def prepare(client: httpx.Client, operation: Any, known: bool) -> str | None:
    """A model for a route that has one in its path, registered anew where a request has removed it."""
    if "{model_id}" not in operation.path or not known:
        return None
    if client.get("/v1/models/fuzzed").status_code == 404:
        body = {"id": "fuzzed", "name": "gpt-test", "provider": "acme", "modality": "text"}
        assert client.post("/v1/models", json=body).status_code == 201
    return "fuzzed"


@pytest.mark.req("SYS-NFR-002", "SYS-REQ-001", "TEST-UNIT-001")
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_no_request_that_the_document_allows_or_forbids_breaks_a_route(client: httpx.Client, operation: Any) -> None:
    modes = [GenerationMode.POSITIVE]
    if operation.body or operation.query or operation.path_parameters:
        modes.append(GenerationMode.NEGATIVE)
    for mode in modes:

        @FUZZING
        @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans(), data=st.data())
        def fuzz(case: Any, known: bool, data: st.DataObject) -> None:
            sent = case.as_transport_kwargs(base_url="http://localhost")
            path = httpx.URL(sent["url"]).raw_path.decode()
            model = prepare(client, operation, known)
            if model is not None:
                path = operation.path.replace("{model_id}", model)
            body = sent.get("json", sent.get("data"))
            if known and isinstance(body, dict) and "/models" not in operation.path:
                body["model"] = KNOWN
            content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
            headers = {"content-type": "application/json"} if content else {}
            for raw in [content, damaged(content, data)] if content else [content]:
                answer = client.request(
                    operation.method, path, content=raw, headers=headers, params=sent.get("params") or None
                )
                check(answer, operation.path, operation.method, raw or sent.get("params"))

        fuzz()
