"""The whole application: its routes and who may call them, its envelope, its document, its start."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Route

from pluggably.app import PUBLIC, create_app, refuse_open_routes
from pluggably.errors import PluggablyError
from pluggably.features.users.access import may_generate, may_read
from pluggably.kit.routes import GuardedRoute, HotRoute
from pluggably.settings import ConfigurationError, Settings
from tests.factories.apps import AUTHORISED, KEY, client_of, providers, running_app, served
from tests.fakes.openai_server import TEXT, OpenAIServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = {"content-type": "application/json"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def upstream() -> AsyncIterator[OpenAIServer]:
    """A vendor on loopback."""
    async with OpenAIServer() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(tmp_path_factory: pytest.TempPathFactory, upstream: OpenAIServer) -> AsyncIterator[FastAPI]:
    """A gateway with one provider and one operator key."""
    settings: dict[str, Any] = {"max_body_mb": 0.01, "providers": providers(upstream.base_url, models="gpt-test")}
    async with running_app(tmp_path_factory.mktemp("app"), **settings) as app:
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stranger(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Has no key."""
    async with client_of(app) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Has the operator's key."""
    async with client_of(app, headers=AUTHORISED) as client:
        yield client


def error_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The envelope of an answer, checked for its shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    error: dict[str, Any] = answer.json()["error"]
    assert error.keys() == {"code", "type", "message", "param", "details", "request_id", "retry_after"}
    assert error["request_id"] == answer.headers["x-request-id"]
    assert error["code"] in {kind.code for kind in all_errors(PluggablyError)}
    return error


def all_errors(kind: type[PluggablyError]) -> set[type[PluggablyError]]:
    """This error and all below it."""
    return {kind}.union(*(all_errors(child) for child in kind.__subclasses__()))


def calls(app: FastAPI) -> list[tuple[str, str]]:
    """Each route's method and path, with a value for every parameter."""
    found = []
    for route in app.routes:
        assert isinstance(route, Route | APIRoute)
        path = re.sub(r"\{[^}]+\}", "some-model", route.path)
        found += [(method, path) for method in sorted((route.methods or set()) - {"HEAD"})]
    return found


# who may call
@pytest.mark.req("TEST-UNIT-003", "SYS-REQ-014")
async def test_every_route_but_the_public_ones_answers_401_without_a_key(
    app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    seen = 0
    for method, path in calls(app):
        for content in (b"", b"{}", b"{not json", b'{"input": {"prompt": "Hi"}}'):
            answer = await stranger.request(method, path, content=content, headers=JSON)
            if path in PUBLIC:
                fine = (200, 503) if method in ("GET", "HEAD") else (400, 422)
                assert answer.status_code in fine, path
            else:
                assert error_of(answer, 401)["code"] == "authentication_required", path
                seen += 1
    assert seen > 40


@pytest.mark.req("TEST-UNIT-003", "SYS-REQ-014")
async def test_a_wrong_key_opens_no_route(app: FastAPI, stranger: httpx.AsyncClient) -> None:
    for method, path in calls(app):
        if path not in PUBLIC:
            for headers in ({"X-API-Key": KEY[:-1]}, {"Authorization": f"Bearer {KEY}x"}):
                answer = await stranger.request(method, path, content=b"{}", headers={**JSON, **headers})
                assert error_of(answer, 401)["code"] == "invalid_credentials", path


async def test_who_may_not_come_in_is_not_read(app: FastAPI) -> None:
    read = []

    async def body() -> AsyncIterator[bytes]:
        for _ in range(5):
            read.append(1)
            yield b" " * 1000

    async with client_of(app) as stranger:
        for path in ("/v1/generate", "/v1/chat/completions", "/v1/models", "/v1/models/x/load"):
            answer = await stranger.post(path, content=body(), headers=JSON)
            assert answer.status_code == 401
    assert not read


@pytest.mark.req("SYS-REQ-014")
@pytest.mark.parametrize(
    "path",
    ["//v1/models", "/v1//models", "/v1/models/", "/v1/./models", "/v1/../v1/models", "/v1%2fmodels", "/v1%2Fmodels",
     "/v1/models%2f", "/%761/models", "/V1/models", "/v1/Models", "/v1/models;x=1", "/v1/models%00", "/v1/models%0a",
     "/v1/models%20", "/health/../v1/models", "/health%2f..%2fv1%2fmodels", "/docs/../v1/models",
     "/v1/version/../models", "/v1/models?key=1", "/v1/generate/", "//v1/generate", "/v1/generate%2f", "/metrics/",
     "//metrics", "/v1/models/loaded", "/v1/models/a/b/c", "/v1/models/%2e%2e/%2e%2e", "/v1/models/x%2fstatus"],
)  # fmt: skip
@pytest.mark.parametrize("host", ["localhost", "evil.example", "[", "a b", "localhost/health", "@/health?", ""])
async def test_odd_paths_and_hosts_lead_nobody_past_the_door(
    stranger: httpx.AsyncClient, path: str, host: str
) -> None:
    for method in ("GET", "POST", "DELETE"):
        request = stranger.build_request(method, "http://localhost", headers={"host": host})
        request.url = httpx.URL("http://localhost").copy_with(raw_path=path.encode())
        answer = await stranger.send(request)
        assert answer.status_code in (401, 404, 405), (method, path, answer.text)
        error_of(answer, answer.status_code)
        assert "location" not in answer.headers


async def test_a_route_that_does_not_authorise_stops_the_start() -> None:
    async def endpoint() -> None:
        raise AssertionError("never called")

    guarded = APIRouter(route_class=GuardedRoute)
    guarded.get("/v1/open")(endpoint)
    unguarded = APIRouter()
    unguarded.get("/v1/late", dependencies=[Depends(may_read)])(endpoint)
    for routes in (guarded.routes, unguarded.routes, [Route("/v1/plain", endpoint)]):
        app = FastAPI(openapi_url=None)
        app.router.routes.extend(routes)
        with pytest.raises(RuntimeError, match=r"/v1/\w+ does not authorise"):
            refuse_open_routes(app)
    guarded = APIRouter(route_class=GuardedRoute)
    guarded.get("/v1/closed", dependencies=[Depends(may_read)])(endpoint)
    app = FastAPI(openapi_url=None)
    app.router.routes.extend(guarded.routes)
    refuse_open_routes(app)


async def test_a_hot_route_names_exactly_one_access_dependency() -> None:
    async def none(request: Any) -> None: ...

    async def two(a: Annotated[Any, Depends(may_read)], b: Annotated[Any, Depends(may_generate)]) -> None: ...

    for endpoint in (none, two):
        with pytest.raises(TypeError, match="exactly one"):
            HotRoute("/v1/hot", endpoint)


async def test_only_what_the_contract_opens_is_public() -> None:
    entrances = {"/v1/users/register", "/v1/users/login"}
    pages = {"/health", "/ready", "/v1/version", "/docs", "/openapi.json"}
    parts_of_docs = {path for path in PUBLIC if path.startswith("/docs/")}
    assert pages | parts_of_docs | entrances == PUBLIC


async def test_metrics_need_a_key_unless_the_operator_opens_them(tmp_path: Path, stranger: httpx.AsyncClient) -> None:
    error_of(await stranger.get("/metrics"), 401)
    async with running_app(tmp_path, metrics_open=True) as app, client_of(app) as client:
        assert (await client.get("/metrics")).status_code == 200
        error_of(await client.get("/v1/models"), 401)


async def test_local_mode_on_a_reachable_address_does_not_start(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.168.1.5", "example.org"):
        with pytest.raises(ConfigurationError, match="PLUGGABLY_LOCAL_ONLY"):
            create_app(Settings(data_dir=tmp_path, local_only=True, host=host))
    for host in ("127.0.0.1", "::1", "localhost"):
        create_app(Settings(data_dir=tmp_path, local_only=True, host=host))
    assert not list(tmp_path.iterdir()), "local mode makes no key"


async def test_a_provider_that_can_not_be_set_up_stops_the_start_and_is_named(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "api_keys": [KEY], "providers": {"acme": {}}})
    with pytest.raises(ConfigurationError, match="PLUGGABLY_PROVIDERS__ACME__BASE_URL"):
        create_app(settings)


# the envelope
@pytest.mark.req("SYS-NFR-002")
async def test_what_is_not_there_is_404(client: httpx.AsyncClient) -> None:
    for path in ("/", "/v1", "/v2/models", "/nothing", "/v1/models/nothing/here"):
        error = error_of(await client.get(path), 404)
        assert error["type"] == "not_found_error"


@pytest.mark.req("SYS-NFR-002")
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/v1/generate", {"POST"}), ("DELETE", "/v1/chat/completions", {"POST"}), ("POST", "/health", {"GET"}),
     ("PUT", "/v1/schema", {"GET"}), ("OPTIONS", "/v1/version", {"GET"}), ("TRACE", "/v1/models/loaded", {"GET"})],
)  # fmt: skip
async def test_a_method_that_a_path_lacks_is_405_and_says_which_it_has(
    client: httpx.AsyncClient, method: str, path: str, allowed: set[str]
) -> None:
    answer = await client.request(method, path)
    assert error_of(answer, 405)["code"] == "method_not_allowed"
    assert allowed <= {name.strip() for name in answer.headers["allow"].split(",")}


BODIES = ("/v1/generate", "/v1/chat/completions", "/v1/models", "/v1/models/x/load", "/v1/models/x/unload")


@pytest.mark.req("SYS-NFR-002", "TEST-UNIT-001")
@pytest.mark.parametrize(
    "body",
    [b"{", b"{]", b"nul", b'{"a": }', b'{"a": 1,}', b"{'a': 1}", b"\xff\xfe{}", b'{"a": "\xff"}', b"[" * 3000,
     b'{"a":' * 1500, b'{"input": {"prompt": "x"}} extra', b"\x00", b"\xef\xbb\xbf{", b"<xml/>"],
)  # fmt: skip
@pytest.mark.parametrize("path", BODIES)
async def test_what_is_no_json_is_400(client: httpx.AsyncClient, path: str, body: bytes) -> None:
    error = error_of(await client.post(path, content=body, headers=JSON), 400)
    assert error["code"] == "invalid_json"


@pytest.mark.req("SYS-NFR-002", "TEST-UNIT-001", "SYS-REQ-001")
@pytest.mark.parametrize(
    "body", ["[]", '"text"', "7", "true", '{"input": 7, "messages": 7, "modality": 7, "wait": 7}']
)
@pytest.mark.parametrize("path", BODIES)
async def test_json_of_the_wrong_kind_names_its_fields(client: httpx.AsyncClient, path: str, body: str) -> None:
    status = 400 if "chat" in path else 422
    error = error_of(await client.post(path, content=body, headers=JSON), status)
    assert error["code"] == "validation_error"
    assert error["type"] == "invalid_request_error"
    fields = error["details"]["fields"]
    assert fields
    assert all(field.keys() == {"field", "message", "type"} for field in fields)


@pytest.mark.req("SYS-NFR-002")
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_numbers_that_json_does_not_have_are_refused(client: httpx.AsyncClient, number: str) -> None:
    generate = f'{{"model": "acme:gpt-test", "input": {{"prompt": "x"}}, "parameters": {{"temperature": {number}}}}}'
    chat = f'{{"model": "acme:gpt-test", "messages": [{{"role": "user"}}], "temperature": {number}}}'
    register = f'{{"id": "x", "name": "x", "modality": "text", "pricing": {{"input": {number}}}}}'
    for path, body in (("/v1/generate", generate), ("/v1/chat/completions", chat), ("/v1/models", register)):
        answer = await client.post(path, content=body, headers=JSON)
        assert answer.status_code in (400, 422), (path, answer.text)
        error_of(answer, answer.status_code)


@pytest.mark.req("SYS-NFR-002")
@pytest.mark.parametrize("path", BODIES)
async def test_a_body_that_is_too_large_is_413_declared_or_not(client: httpx.AsyncClient, path: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 1000

    for content in (b" " * 20_000, chunks()):
        answer = await client.post(path, content=content, headers=JSON)
        assert error_of(answer, 413)["code"] == "payload_too_large"


@pytest.mark.req("SYS-NFR-002")
@pytest.mark.parametrize("path", BODIES)
async def test_a_body_of_another_type_is_415(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path, content=b"{}", headers={"content-type": "text/plain"})
    assert error_of(answer, 415)["code"] == "unsupported_media_type"


@pytest.mark.req("SYS-NFR-002", "SYS-NFR-001")
async def test_a_bug_in_a_route_is_500_in_the_envelope_without_its_words(tmp_path: Path) -> None:
    async def buggy() -> None:
        raise RuntimeError("CANARY")

    async with running_app(tmp_path) as app:
        app.add_api_route("/buggy", buggy)
        async with client_of(app) as client:
            answer = await client.get("/buggy")
    assert error_of(answer, 500)["code"] == "internal_error"
    assert "CANARY" not in answer.text


# request ids
@pytest.mark.req("SYS-REQ-008")
async def test_every_answer_carries_the_requests_id_once(app: FastAPI, client: httpx.AsyncClient) -> None:
    for method, path in calls(app):
        answer = await client.request(method, path, headers={"X-Request-ID": "mine-12345678"})
        assert answer.headers.get_list("x-request-id") == ["mine-12345678"], (method, path)
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_id_of_a_request_under_way_can_not_be_used_again(app: FastAPI, client: httpx.AsyncClient) -> None:
    body = {"model": "acme:echo:0.4", "input": {"prompt": "Hi"}}
    headers = {"X-Request-ID": "twice-1234"}
    first = asyncio.create_task(client.post("/v1/generate", json=body, headers=headers))
    await asyncio.sleep(0.15)
    second = await client.post("/v1/generate", json=body, headers=headers)
    chat = {"model": "acme:gpt-test", "messages": [{"role": "user", "content": "x"}]}
    third = await client.post("/v1/chat/completions", json=chat, headers=headers)
    for answer in (second, third):
        error = error_of(answer, 409)
        assert (error["code"], error["param"]) == ("conflict", "X-Request-ID")
    assert (await first).status_code == 200


# what is counted
def samples(text: str, name: str, **labels: str) -> float:
    """The sum of a metric's samples that have these labels."""
    total = 0.0
    for line in text.splitlines():
        if line.startswith(f"{name}{{") and all(f'{key}="{value}"' in line for key, value in labels.items()):
            total += float(line.rpartition(" ")[2])
    return total


@pytest.mark.req("TEST-SYS-005", "SYS-REQ-008")
async def test_requests_errors_latency_and_tokens_are_counted(client: httpx.AsyncClient) -> None:
    async def metrics() -> str:
        return (await client.get("/metrics")).text

    before = await metrics()
    for _ in range(3):
        answer = await client.post("/v1/generate", json={"model": "acme:gpt-test", "input": {"prompt": "Hi"}})
        assert answer.json()["output"]["text"] == TEXT
    await client.post("/v1/generate", json={"model": "acme:error:429", "input": {"prompt": "Hi"}})
    await client.post("/v1/generate", json={"model": "no-such-model", "input": {"prompt": "Hi"}})
    after = await metrics()

    def grew(name: str, **labels: str) -> float:
        return samples(after, name, **labels) - samples(before, name, **labels)

    served = {"route": "/v1/generate", "model": "acme:gpt-test", "provider": "acme", "outcome": "ok"}
    assert grew("pluggably_requests_total", status="200", method="POST", **served) == 3
    assert grew("pluggably_request_seconds_count", **served) == 3
    assert grew("pluggably_request_seconds_sum", **served) > 0
    assert grew("pluggably_first_output_seconds_count", model="acme:gpt-test") == 3
    assert grew("pluggably_tokens_total", model="acme:gpt-test", kind="prompt") == 27
    assert grew("pluggably_tokens_total", model="acme:gpt-test", kind="completion") == 15
    assert grew("pluggably_requests_total", route="/v1/generate", status="429", outcome="error") == 1
    assert grew("pluggably_errors_total", route="/v1/generate", code="provider_rate_limited") == 1
    assert grew("pluggably_requests_total", route="/v1/generate", status="404", outcome="refused") == 1
    assert grew("pluggably_refusals_total", route="/v1/generate", code="model_not_found") == 1
    assert grew("pluggably_errors_total", route="/v1/generate", code="model_not_found") == 0, "no model has failed"
    assert grew("pluggably_requests_total", model="acme:error:429") == 0, "a made-up name became a label"
    assert samples(after, "pluggably_requests_total", model="acme:other") >= 1
    assert "pluggably_requests_active 1.0" in after, "the metrics request itself is under way"


# the document
@pytest.mark.req("SYS-REQ-014", "SYS-REQ-001")
async def test_the_document_tells_every_route_its_schemes_its_errors_and_its_bodies(
    app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    document = (await stranger.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    schemes = document["components"]["securitySchemes"]
    assert (schemes["ApiKey"]["type"], schemes["ApiKey"]["in"], schemes["ApiKey"]["name"]) == (
        "apiKey", "header", "X-API-Key",
    )  # fmt: skip
    assert (schemes["Bearer"]["type"], schemes["Bearer"]["scheme"]) == ("http", "bearer")
    assert (schemes["SessionCookie"]["type"], schemes["SessionCookie"]["in"]) == ("apiKey", "cookie")
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    routes = {
        (method, route.path_format) for route in app.routes if isinstance(route, APIRoute) for method in route.methods
    }
    assert described == routes
    for path, item in document["paths"].items():
        for method, operation in item.items():
            where = f"{method} {path}"
            assert operation.get("summary"), where
            assert operation.get("tags"), where
            if path in PUBLIC:
                assert "security" not in operation, where
                continue
            assert operation["security"] == [{"ApiKey": []}, {"Bearer": []}, {"SessionCookie": []}], where
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/ErrorEnvelope"}, (where, status)
            assert {"401", "403", "500"} <= operation["responses"].keys(), where
            if "requestBody" in operation:
                assert {"400", "413", "415", "422"} <= operation["responses"].keys(), where


async def test_the_document_has_examples_and_no_loose_ends(stranger: httpx.AsyncClient) -> None:
    text = (await stranger.get("/openapi.json")).text
    document = json.loads(text)
    known = set(document["components"]["schemas"])
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert used <= known
    for name in ("GenerateRequest", "ChatCompletionRequest"):
        schema = document["components"]["schemas"][name]
        assert "examples" in json.dumps(schema), name


async def test_the_documentation_page_is_there_for_everyone(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("root", ["", "/ai/gateway"])
async def test_the_documentation_page_needs_nothing_from_other_machines(tmp_path: Path, root: str) -> None:
    async with running_app(tmp_path, root_path=root) as app, client_of(app) as stranger:
        answer = await stranger.get(f"{root}/docs")
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert not re.findall(r"https?:|\*|unsafe", policy)
        assert "<script>" not in answer.text  # the policy would not run it
        parts = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
        for part in (part for part in parts if not part.startswith("data:")):
            found = await stranger.get(str(httpx.URL(f"http://localhost:8080{root}/docs").join(part)))
            assert found.status_code == 200, part
            kind = {"js": "text/javascript", "css": "text/css", "json": "application/json"}[part.rpartition(".")[2]]
            assert found.headers["content-type"].partition(";")[0] == kind
            assert len(found.content) > 100
        assert len(parts) == 5


# operations
@pytest.mark.req("TEST-SYS-004", "SYS-REQ-007")
async def test_the_gateway_is_alive_and_says_what_it_lacks(client: httpx.AsyncClient, tmp_path: Path) -> None:
    assert (await client.get("/health")).json() == {"status": "ok"}
    assert (await client.get("/ready")).json()["status"] == "ready"
    async with running_app(tmp_path) as app, client_of(app) as empty:
        answer = await empty.get("/ready")
        error = error_of(answer, 503)
        assert error["code"] == "not_ready"
        checks = answer.json()["checks"]
        assert checks["database"] == checks["storage"] == "ok"
        assert checks["default_model"] != "ok"
        assert int(answer.headers["retry-after"]) >= 1


async def test_it_says_its_version_and_what_it_can_do(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    version = (await stranger.get("/v1/version")).json()
    assert version["name"] == "pluggably"
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", version["version"])
    features = (await client.get("/v1/features")).json()
    assert features["providers"] == ["acme"]
    assert features["modalities"] == ["text"]
    assert features["engines"] == {"text": True, "image": True, "mesh": True, "scene": True}
    assert features["downloads"] is True


# other sites
@pytest.mark.parametrize("origin", ["https://ui.example", "https://evil.example", "null"])
async def test_only_the_configured_origin_may_read_from_elsewhere(tmp_path: Path, origin: str) -> None:
    async with running_app(tmp_path, cors_origins=["https://ui.example"]) as app, client_of(app) as client:
        asked = {
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "X-API-Key",
        }
        preflight = await client.options("/v1/generate", headers=asked)
        actual = await client.get("/v1/models", headers={**AUTHORISED, "origin": origin})
        allowed = origin if origin == "https://ui.example" else None
        assert preflight.headers.get("access-control-allow-origin") == allowed
        assert actual.headers.get("access-control-allow-origin") == allowed
        assert "access-control-allow-credentials" not in actual.headers


@pytest.mark.parametrize("path", ["/v1/generate", "/v1/chat/completions", "/v1/messages"])
async def test_a_page_of_another_origin_may_read_what_the_headers_of_a_refusal_say(
    tmp_path: Path, upstream: OpenAIServer, path: str
) -> None:
    ui = "https://ui.example"
    async with (
        running_app(tmp_path, cors_origins=[ui], providers=providers(upstream.base_url)) as app,
        client_of(app, headers={**AUTHORISED, "origin": ui}) as client,
    ):
        limits = {"requests_per_minute": 9, "tokens_per_minute": 9_000, "tokens_per_day": 1}
        assert (await client.put("/v1/users/operator/limits", json=limits)).status_code == 200
        said: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}]}
        body = {"input": said} if path == "/v1/generate" else {**said, "max_tokens": 8}
        refused = await client.post(path, json={"model": "acme:gpt-test", **body})
    assert refused.status_code == 429, refused.text
    exposed = {name.strip().lower() for name in refused.headers["access-control-expose-headers"].split(",")}
    told = {name for name in refused.headers if re.match(r"x-|request-id|retry-after|(anthropic-)?ratelimit", name)}
    assert {"x-request-id", "retry-after", "x-should-retry", "ratelimit", "ratelimit-policy"} <= told
    assert ("request-id" in told) == (path == "/v1/messages")
    assert told - exposed == {"x-content-type-options"}


async def test_without_a_configured_origin_nothing_is_allowed(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/models", headers={"origin": "https://ui.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("prefix", ["", "/sub"])
async def test_a_sub_path_behind_a_proxy_is_known_whether_the_proxy_cuts_it_off_or_not(
    tmp_path: Path, prefix: str
) -> None:
    async with running_app(tmp_path, root_path="/sub") as app, client_of(app) as client:
        assert (await client.get(f"{prefix}/health")).status_code == 200
        error_of(await client.post(f"{prefix}/v1/generate", json={}), 401)
        error_of(await client.get(f"{prefix}/v1/models"), 401)


@pytest.mark.parametrize(("path", "stream"), list(product(["/v1/generate", "/v1/chat/completions"], [False, True])))
async def test_nothing_of_a_key_is_sent_to_the_provider_but_its_own(
    client: httpx.AsyncClient, upstream: OpenAIServer, path: str, stream: bool
) -> None:
    input_ = (
        {"input": {"prompt": "Hi"}} if path == "/v1/generate" else {"messages": [{"role": "user", "content": "Hi"}]}
    )
    before = len(upstream.chats)
    answer = await client.post(path, json={"model": "acme:gpt-test", "stream": stream, **input_})
    assert answer.status_code == 200
    (sent,) = upstream.chats[before:]
    assert sent.headers["authorization"] == "Bearer sk-CANARY-provider"
    assert KEY not in str(sent)
    assert "x-api-key" not in sent.headers


@pytest.mark.req("SYS-REQ-007")
async def test_head_asks_for_health_and_readiness_without_a_body(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app, served(app) as url, httpx.AsyncClient(base_url=url) as client:
        for path, status in (("/health", 200), ("/ready", 503)):
            answer = await client.head(path)
            assert (answer.status_code, answer.content) == (status, b"")
            assert answer.headers["content-type"] == "application/json"
