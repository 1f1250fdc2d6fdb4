"""The outermost middleware, around small applications."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from pluggably.errors import Conflict, PluggablyError, ProviderTimeout, RateLimited
from pluggably.kit.edge import Edge, facts_of, send_error

LIMIT = 1000


async def echo(request: Request) -> Response:
    facts_of(request.scope).model = "tiny"
    return PlainTextResponse(await request.body())


async def show_id(request: Request) -> Response:
    return PlainTextResponse(facts_of(request.scope).request_id)


async def fail(request: Request) -> Response:
    raise RuntimeError("CANARY inside")


async def refuse(request: Request) -> Response:
    raise RateLimited("Slow down.", retry_after=2.6)


def wrapped() -> Starlette:
    routes = [
        Route("/echo", echo, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        Route("/id", show_id),
        Route("/fail", fail),
        Route("/refuse", refuse),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Edge, max_body=LIMIT)])


def client_of(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://localhost"
    )


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(wrapped()) as client:
        yield client


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


# request ids
@pytest.mark.parametrize("given", ["12345678", "a-b_C-9" + "x" * 57, "req_01jd3v5c8k2m4n6p8q0r2s4t6v"])
async def test_a_clients_own_request_id_is_kept(client: httpx.AsyncClient, given: str) -> None:
    answer = await client.get("/id", headers={"X-Request-ID": given})
    assert answer.text == given
    assert answer.headers.get_list("x-request-id") == [given]


@pytest.mark.parametrize(
    "given",
    ["", "1234567", "x" * 65, "has space", "semi;colon", "new\u00e9", "<script>", "a/b/c/d/e/f", "id\t12345678"],
)
async def test_an_odd_request_id_is_replaced(client: httpx.AsyncClient, given: str) -> None:
    answer = await client.get("/id", headers=[(b"x-request-id", given.encode())])
    assert answer.text.startswith("req_")
    assert answer.headers["x-request-id"] == answer.text


async def test_every_request_has_an_id_of_its_own(client: httpx.AsyncClient) -> None:
    ids = {(await client.get("/id")).text for _ in range(50)}
    assert len(ids) == 50


async def test_the_id_is_in_the_header_the_body_and_the_log(client: httpx.AsyncClient) -> None:
    answer = await client.get("/refuse", headers={"X-Request-ID": "my-own-id-1"})
    assert answer.headers["x-request-id"] == answer.json()["error"]["request_id"] == "my-own-id-1"


# errors
@pytest.mark.req("SYS-NFR-002")
async def test_an_error_of_ours_becomes_the_envelope(client: httpx.AsyncClient) -> None:
    answer = await client.get("/refuse")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "3"
    assert answer.headers["content-type"] == "application/json"
    error = answer.json()["error"]
    assert error == {
        "code": "rate_limited",
        "type": "rate_limit_error",
        "message": "Slow down.",
        "param": None,
        "details": None,
        "request_id": answer.headers["x-request-id"],
        "retry_after": 2.6,
    }


@pytest.mark.req("SYS-NFR-001", "SYS-NFR-002")
async def test_a_bug_is_500_without_its_words_but_with_a_traceback_in_the_log(client: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        answer = await client.get("/fail")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert "CANARY" not in answer.text
    (told,) = [event for event in logs if event["event"] == "unhandled"]
    assert told["exc_info"]
    assert told["path"] == "/fail"


async def test_a_bug_after_the_answer_has_begun_is_raised_to_the_server() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("too late")

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Edge(broken, max_body=LIMIT)), base_url="http://localhost"
    ) as client:
        with pytest.raises(RuntimeError, match="too late"):
            await client.get("/")


# bodies
async def test_a_body_within_the_limit_is_let_in(client: httpx.AsyncClient) -> None:
    body = b"[" + b" " * (LIMIT - 2) + b"]"
    answer = await client.post("/echo", content=body, headers={"content-type": "application/json"})
    assert answer.content == body


async def declared() -> AsyncIterator[bytes]:
    for _ in range(11):
        yield b"x" * 100


@pytest.mark.req("SYS-NFR-002")
@pytest.mark.parametrize("content", [lambda: b"x" * (LIMIT + 1), declared], ids=["declared", "chunked"])
async def test_a_body_over_the_limit_is_413(client: httpx.AsyncClient, content: Callable[[], Any]) -> None:
    answer = await client.post("/echo", content=content(), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "payload_too_large"
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("length", ["9" * 30, "9" * 5000])
async def test_a_length_beyond_all_numbers_is_413(client: httpx.AsyncClient, length: str) -> None:
    headers = {"content-length": length, "content-type": "application/json"}
    assert (await client.post("/echo", headers=headers)).status_code == 413


@pytest.mark.parametrize(
    "kind",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/xml", "text/json", "json", "application/jsonx", "application/json/x", "image/png"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_body_that_does_not_say_json_is_415(client: httpx.AsyncClient, kind: str | None, method: str) -> None:
    headers = {} if kind is None else {"content-type": kind}
    answer = await client.request(method, "/echo", content=b"{}", headers=headers)
    assert answer.status_code == 415
    assert answer.json()["error"]["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/problem+json"]
)
async def test_a_body_that_says_json_is_let_in(client: httpx.AsyncClient, kind: str) -> None:
    assert (await client.post("/echo", content=b"{}", headers={"content-type": kind})).status_code == 200


async def test_a_request_without_body_needs_no_type(client: httpx.AsyncClient) -> None:
    assert (await client.post("/echo")).status_code == 200


# log and metrics
@pytest.mark.req("SYS-REQ-008")
async def test_the_access_log_says_who_was_asked_and_how_it_ended(client: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        await client.get("/echo")
        await client.get("/refuse")
    first, second = logs
    assert {name: first[name] for name in ("event", "method", "path", "status", "outcome", "model")} == {
        "event": "request", "method": "GET", "path": "/echo", "status": 200, "outcome": "ok", "model": "tiny",
    }  # fmt: skip
    assert first["ms"] >= 0
    assert (second["status"], second["outcome"], second["error"]) == (429, "refused", "rate_limited")


@pytest.mark.req("SYS-NFR-001")
async def test_neither_query_nor_headers_nor_body_are_logged(client: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        await client.post("/echo?key=CANARY", json={"prompt": "CANARY"}, headers={"X-API-Key": "CANARY"})
    assert logs
    assert "CANARY" not in json.dumps(logs, default=str)


@pytest.mark.req("SYS-REQ-008")
async def test_a_method_that_nobody_knows_has_no_label_of_its_own(client: httpx.AsyncClient) -> None:
    labels = {"route": "/id", "status": "405", "model": "", "provider": "", "outcome": "refused"}
    before = counted("pluggably_requests_total", method="OTHER", **labels)
    await client.request("CANARY", "/id")
    assert counted("pluggably_requests_total", method="OTHER", **labels) == before + 1
    assert counted("pluggably_requests_total", method="CANARY", **labels) == 0


async def test_what_is_no_request_passes_by() -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def nothing() -> Any:
        return {}

    async def ignore(message: Any) -> None:
        return None

    await Edge(app, max_body=1)({"type": "lifespan"}, nothing, ignore)
    assert seen == ["lifespan"]


@pytest.mark.parametrize(
    ("error", "status", "extra"),
    [
        (Conflict("x"), 409, {}),
        (ProviderTimeout("x"), 504, {}),
        (RateLimited("x", details={"odd": {1, 2}}), 429, {}),
    ],
)
async def test_any_error_can_be_sent(error: PluggablyError, status: int, extra: dict[str, str]) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send_error(error, scope, send)

    async with client_of(Edge(app, max_body=LIMIT)) as client:
        answer = await client.get("/")
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, error.code)
        head = await client.head("/")
        assert (head.status_code, head.content) == (status, b"")


class Shape:
    """An envelope of somebody else's."""

    id_header = b"their-id"

    def status(self, error: PluggablyError) -> int:
        return 418

    def envelope(self, error: PluggablyError, request_id: str) -> dict[str, Any]:
        return {"theirs": error.code, "id": request_id}


@pytest.mark.parametrize(
    ("path", "theirs"),
    [("/their", True), ("/their/own", True), ("/theirs", False), ("/", False), ("/x/their", False)],
)
async def test_a_path_may_have_an_envelope_of_its_own(path: str, theirs: bool) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise Conflict("x")

    async with client_of(Edge(app, max_body=LIMIT, shapes={"/their": Shape()})) as client:
        answer = await client.get(path)
        large = await client.post(path, content=b"x" * (LIMIT + 1), headers={"content-type": "application/json"})
    assert (answer.status_code, large.status_code) == ((418, 418) if theirs else (409, 413))
    assert answer.headers.get("their-id") == (answer.headers["x-request-id"] if theirs else None)
    if theirs:
        assert answer.json() == {"theirs": "conflict", "id": answer.headers["x-request-id"]}


async def test_a_path_is_the_same_below_a_root_path() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise Conflict("x")

    transport = httpx.ASGITransport(Edge(app, max_body=LIMIT, shapes={"/their": Shape()}), root_path="/root")
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/root/their")).status_code == 418
