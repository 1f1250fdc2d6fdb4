"""Every method of both clients says on the wire what the vectors say, and reads every answer without loss."""

from __future__ import annotations

import asyncio
import inspect
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from pydantic import BaseModel

from pluggably_client import AsyncPluggably, Pluggably, PluggablyAPIError, Retries, _operations
from pluggably_client._operation import Operation
from pluggably_client.codes import BY_CODE
from pluggably_client.errors import FAMILIES
from pluggably_client.events import Finished
from pluggably_client.files import MediaFile
from pluggably_client.options import GenerateOptions
from tests.fakes.gateway import Answer, Gateway, Stream, gateway

ROOT = Path(__file__).resolve().parents[3]
VECTORS = ROOT / "clients" / "vectors"
DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text())
OPERATIONS = {item["operationId"]: item for found in DOCUMENT["paths"].values() for item in found.values()}

Said = dict[str, Any]


def options(said: Said) -> Said:
    """A body of `/v1/generate` as the methods take it."""
    given = {
        name: value for name, value in (said["body"] or {}).items() if name not in ("input", "stream", "background")
    }
    given |= said["body"].get("input", {})
    if "X-Request-ID" in said["headers"]:
        given["request_id"] = said["headers"]["X-Request-ID"]
    return given


def generated(client: Any, said: Said) -> Any:
    return client.submit(**options(said)) if said["body"].get("background") else client.generate(**options(said))


def regenerated(said: Said) -> Said:
    return {name: value for name, value in said["body"].items() if name != "stream"}


def edited(client: Any, said: Said) -> Any:
    files = {
        name: (f"{name}.png", b64decode(url.partition(",")[2]), "image/png") for name, url in said["files"].items()
    }
    return client.openai.edit_images(said["body"], files)


def cleaned(client: Any, said: Said) -> Any:
    return client.plan_cleanup() if said["body"]["dry_run"] else client.clean_storage()


def downloaded(client: Any, said: Said) -> Any:
    source, more = said["body"]["source"], said["body"].get("options", {})
    model = said["body"].get("model")
    return client.download_model(source["type"], source.get("id") or source.get("uri"), model=model, **more)


def logged_in(client: Any, said: Said) -> Any:
    return client.login(**said["body"])


def session(method: str) -> Callable[[Any, Said], Any]:
    return lambda client, said: getattr(client.sessions, method)(
        said["path"]["session_id"], **said["query"], **(said["body"] or {})
    )


def own(method: str, *names: str) -> Callable[[Any, Said], Any]:
    """The method with the path's values first, then the query and the body by name."""
    return lambda client, said: getattr(client, method)(
        *[said["path"][name] for name in names], **{**said["query"], **(said["body"] or {})}
    )


def whole(method: str, *names: str) -> Callable[[Any, Said], Any]:
    """The method with the path's values and then the whole body."""
    return lambda client, said: getattr(client, method)(*[said["path"][name] for name in names], said["body"])


def vendor(group: str, method: str) -> Callable[[Any, Said], Any]:
    return lambda client, said: getattr(getattr(client, group), method)(said["body"] or {})


CALLS: dict[str, Callable[[Any, Said], Any]] = {
    "health": own("health"),
    "head_health": own("ping"),
    "ready": own("ready"),
    "head_ready": own("is_ready"),
    "version": own("version"),
    "features": own("features"),
    "metrics": own("metrics"),
    "schema": own("schema"),
    "list_providers": own("list_providers"),
    "read_storage": own("storage"),
    "clean_storage": cleaned,
    "read_usage": own("usage"),
    "read_audit": own("audit"),
    "register": own("register"),
    "log_in": logged_in,
    "log_out": own("logout"),
    "read_me": own("me"),
    "change_me": own("update_me"),
    "change_my_password": own("change_password"),
    "list_tokens": own("list_user_tokens"),
    "create_token": own("create_user_token"),
    "revoke_token": own("revoke_user_token", "token_id"),
    "list_provider_keys": own("list_provider_keys"),
    "store_provider_key": lambda client, said: client.add_provider_key(
        said["body"]["provider"], api_key=said["body"]["api_key"]
    ),
    "remove_provider_key": own("remove_provider_key", "provider"),
    "check_provider_key": own("check_provider_key", "provider"),
    "list_invites": own("list_invites"),
    "create_invite": own("create_invite"),
    "revoke_invite": own("revoke_invite", "invite_id"),
    "list_users": own("list_users"),
    "change_user": own("update_user", "user_id"),
    "read_my_limits": own("my_limits"),
    "read_limits": own("get_limits", "user_id"),
    "set_limits": whole("set_limits", "user_id"),
    "read_token_limits": own("get_token_limits", "token_id"),
    "set_token_limits": whole("set_token_limits", "token_id"),
    "list_models": own("list_models"),
    "get_model": own("get_model", "model_id"),
    "register_model": whole("register_model"),
    "change_model": whole("update_model", "model_id"),
    "remove_model": lambda client, said: client.remove_model(
        said["path"]["model_id"], files=said["query"]["files"] == "true"
    ),
    "make_default": own("set_default_model", "model_id"),
    "model_status": own("get_model_status", "model_id"),
    "loaded_models": own("list_loaded_models"),
    "load_model": own("load_model", "model_id"),
    "unload_model": own("unload_model", "model_id"),
    "search_models": own("search_models"),
    "list_files": own("list_model_files", "repo"),
    "download_model": downloaded,
    "list_jobs": own("list_jobs"),
    "get_job": own("get_job", "job_id"),
    "cancel_job": own("cancel_job", "job_id"),
    "follow_job": own("watch_job", "job_id"),
    "generate": generated,
    "list_requests": own("list_requests"),
    "get_request": own("get_request", "request_id"),
    "get_request_status": own("get_request_status", "request_id"),
    "cancel_request": own("cancel_request", "request_id"),
    "follow_request": lambda client, said: client.watch_request(
        said["path"]["request_id"], after=int(said["headers"]["Last-Event-ID"]) if said["headers"] else None
    ),
    "list_artifacts": own("list_artifacts"),
    "fetch_artifact": own("get_artifact", "artifact_id"),
    "head_fetch_artifact": own("artifact_size", "artifact_id"),
    "delete_artifact": own("delete_artifact", "artifact_id"),
    "create_session": lambda client, said: client.sessions.create(**said["body"]),
    "list_sessions": lambda client, said: client.sessions.list(**said["query"]),
    "get_session": session("get"),
    "patch_session": session("update"),
    "put_session": session("replace"),
    "close_session": lambda client, said: getattr(client.sessions, "purge" if said["query"] else "close")(
        said["path"]["session_id"]
    ),
    "reset_session": session("reset"),
    "export_session": session("export"),
    "generate_in_session": lambda client, said: client.sessions.generate(said["path"]["session_id"], **options(said)),
    "regenerate": lambda client, said: client.sessions.regenerate(said["path"]["session_id"], **regenerated(said)),
    "chat_completions": vendor("openai", "chat_completions"),
    "completions": vendor("openai", "completions"),
    "embeddings": vendor("openai", "embeddings"),
    "responses": vendor("openai", "responses"),
    "generate_images": vendor("openai", "generate_images"),
    "edit_images": edited,
    "vary_images": vendor("openai", "vary_images"),
    "messages": vendor("anthropic", "messages"),
    "count_tokens": vendor("anthropic", "count_tokens"),
}
STREAMS: dict[str, Callable[[Any, Said], Any]] = {
    "generate": lambda client, said: client.stream(**options(said)),
    "generate_in_session": lambda client, said: client.sessions.stream(said["path"]["session_id"], **options(said)),
    "regenerate": lambda client, said: client.sessions.stream_regenerate(
        said["path"]["session_id"], **regenerated(said)
    ),
    "follow_request": CALLS["follow_request"],
    "follow_job": CALLS["follow_job"],
}

EXCHANGES = [
    pytest.param(content, exchange, id=f"{content['operation']}: {exchange['name']}")
    for content in (json.loads(path.read_text()) for path in sorted(VECTORS.glob("*.json")))
    for exchange in content.get("exchanges", ())
]
FLOWS = json.loads((VECTORS / "streams.json").read_text())["streams"]
ERRORS = json.loads((VECTORS / "errors.json").read_text())["errors"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Gateway]:
    async with gateway() as running:
        yield running


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, server: Gateway) -> Callable[..., Any]:
    """Calls a method of a client; a stream comes back as a list."""

    def synchronous(call: Callable[[Any, Said], Any], said: Said) -> Any:
        with Pluggably(server.url, "secret", retries=Retries(0)) as client:
            found = call(client, said)
            return list(found) if hasattr(found, "__next__") else found

    async def asynchronous(call: Callable[[Any, Said], Any], said: Said) -> Any:
        async with AsyncPluggably(server.url, "secret", retries=Retries(0)) as client:
            found = call(client, said)
            return [event async for event in found] if hasattr(found, "__anext__") else await found

    async def made(call: Callable[[Any, Said], Any], said: Said) -> Any:
        server.requests.clear()
        if request.param == "async":
            return await asynchronous(call, said)
        return await asyncio.to_thread(synchronous, call, said)

    return made


def place(content: dict[str, Any], said: Said) -> str:
    return content["path"].format(**{name: quote(value, safe="") for name, value in said["path"].items()})


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return value


def plain(found: Any) -> Any:
    """What was read, as it came."""
    for name in ("info", "accepted", "user"):
        if not isinstance(found, BaseModel) and hasattr(found, name):
            return plain(getattr(found, name))
    if isinstance(found, MediaFile):
        return None
    if isinstance(found, list):
        return [plain(item) for item in found]
    return found.to_json() if isinstance(found, BaseModel) else found


@pytest.mark.req("SYS-REQ-023", "TEST-UNIT-006")
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("content", "exchange"), EXCHANGES)
async def test_an_exchange_is_said_and_read_as_it_is_written_down(server, ask, content, exchange):
    said, told, operation = exchange["request"], exchange["response"], content["operation"]
    server.on(f"{content['method']} {place(content, said)}", answer_of(exchange))
    if exchange["status"] < 400:
        found = await ask(CALLS[operation], said)
        if operation == "export_session" and isinstance(told, dict):
            found = json.loads(found)  # the text of a file
        assert plain(found) == expected(operation, told)
    elif told is None or "error" not in told or operation == "count_tokens":
        with pytest.raises(PluggablyAPIError):
            await ask(CALLS[operation], said)
    else:
        with pytest.raises(BY_CODE[told["error"]["code"]]) as caught:
            await ask(CALLS[operation], said)
        assert {name: getattr(caught.value, name) for name in told["error"]} == told["error"]
        assert caught.value.status == exchange["status"]
    (request,) = server.requests
    assert (request.method, request.path) == (content["method"], place(content, said))
    assert request.query == {name: str(value) for name, value in said["query"].items() if value != "false"}
    assert request.headers["x-api-key"] == "secret"
    assert {name: request.headers.get(name.lower()) for name in said["headers"]} == said["headers"]
    assert body_of(request, said) == asked_of(operation, said)


@pytest.mark.req("SYS-REQ-023", "TEST-UNIT-006")
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("flow", FLOWS, ids=[f"{flow['operation']}: {flow['name']}" for flow in FLOWS])
async def test_a_stream_is_asked_for_and_read_as_it_is_written_down(server, ask, flow):
    content = json.loads((VECTORS / f"{flow['operation']}.json").read_text())
    said, events = flow["request"], flow["events"]
    pieces = tuple((event["name"], event["data"]) for event in events)
    server.on(f"{content['method']} {place(content, said)}", Stream(pieces, chunk=11))
    if events[-1]["name"] == "error":
        with pytest.raises(BY_CODE[events[-1]["data"]["error"]["code"]]):
            await ask(STREAMS[flow["operation"]], said)
    else:
        found = await ask(STREAMS[flow["operation"]], said)
        read = [event.response.to_json() if isinstance(event, Finished) else event.to_json() for event in found]
        assert [without_number(event) for event in read] == [event["data"] for event in events]
    assert server.requests[0].body == (None if said["body"] is None else without_nulls(said["body"]))


@pytest.mark.req("SYS-REQ-023")
def test_every_operation_of_the_document_is_reachable_and_no_other_is_claimed():
    declared = {value.name: value for value in vars(_operations).values() if isinstance(value, Operation)}
    assert set(CALLS) == set(OPERATIONS) == set(declared)
    for path, found in DOCUMENT["paths"].items():
        for method, operation in found.items():
            known = declared[operation["operationId"]]
            assert (known.method, known.path) == (method.upper(), path)


@pytest.mark.req("SYS-REQ-023")
def test_both_clients_have_the_same_methods_with_the_same_arguments():
    for one, other in ((AsyncPluggably, Pluggably), (type(AsyncPluggably().sessions), type(Pluggably().sessions))):
        names = {name for name in dir(other) if not name.startswith("_")} - {"close"}
        assert {name for name in dir(one) if not name.startswith("_")} - {"aclose", "close"} == names
        for name in names:
            if inspect.isfunction(getattr(other, name)):
                mine, theirs = (inspect.signature(getattr(kind, name)) for kind in (one, other))
                assert list(mine.parameters.values()) == list(theirs.parameters.values()), name
                assert getattr(one, name).__doc__, f"{name} says nothing about itself"


@pytest.mark.req("SYS-REQ-023")
def test_every_code_has_a_class_of_its_own_below_the_class_of_its_type():
    assert set(BY_CODE) == {error["code"] for error in ERRORS}
    assert len(set(BY_CODE.values())) == len(BY_CODE)
    for error in ERRORS:
        assert issubclass(BY_CODE[error["code"]], FAMILIES[error["type"]])


@pytest.mark.req("TEST-UNIT-006", "SYS-REQ-056")
def test_the_options_of_generate_are_the_fields_of_its_request():
    fields = set(DOCUMENT["components"]["schemas"]["GenerateRequest"]["properties"])
    inputs = set(DOCUMENT["components"]["schemas"]["GenerateInput"]["properties"])
    known = set(GenerateOptions.__annotations__) | {"session_id"}
    assert known - {"request_id"} == (fields | inputs) - {"input", "prompt", "stream", "background"}


def answer_of(exchange: dict[str, Any]) -> Answer:
    told = exchange["response"]
    if told is None:
        return Answer(b"", exchange["status"])
    return Answer(told.encode() if isinstance(told, str) else told, exchange["status"])


def expected(operation: str, told: Any) -> Any:
    """What is left of an answer: some methods give a part of it."""
    return {
        "head_health": lambda: None,
        "head_ready": lambda: True,
        "head_fetch_artifact": lambda: 0,
        "loaded_models": lambda: told["models"],
        "log_in": lambda: told["user"],
    }.get(operation, lambda: told)()


def asked_of(operation: str, said: Said) -> Any:
    body = said["body"]
    if operation in ("generate", "generate_in_session", "regenerate"):
        body = {"stream": False, **body}
    if operation == "load_model":
        body = {"wait": False, **body}
    return without_nulls(body) or None


def body_of(request: Any, said: Said) -> Any:
    """What was sent; of a form the fields alone, once its files are as they should be."""
    if "files" not in said:
        return request.body or None
    files = {name: b64decode(url.partition(",")[2]) for name, url in said["files"].items()}
    assert {name: request.body.pop(name) for name in files} == files
    return request.body


def without_number(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "number"}
