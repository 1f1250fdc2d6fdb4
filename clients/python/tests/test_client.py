"""Both clients against a server on loopback that speaks the gateway's wire format."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from pluggably_client import (
    AsyncPluggably,
    Pluggably,
    PluggablyAPIError,
    PluggablyConnectionError,
    PluggablyTimeoutError,
    Retries,
    Timeouts,
    UnexpectedReply,
)
from pluggably_client.codes import ModelNotFound, QueueFull, RuntimeCrashed
from pluggably_client.errors import NotFoundError
from pluggably_client.events import Delta, Finished, Loading, Progress, Queued, Selected, StreamEvent
from tests.fakes.gateway import RESPONSE, SELECTION, Answer, Gateway, Stream, envelope, gateway

QUICK = Timeouts(connect=1, read=0.3, generate=0.5, idle=0.3)
EAGER = Retries(attempts=2, pause_s=0.01, longest_s=1)
Ask = Callable[..., Any]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Gateway]:
    async with gateway() as running:
        yield running


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, server: Gateway) -> Ask:
    """`await ask("get_model", "x")` calls a client's method; a stream comes back as a list."""

    def synchronous(name: str, args: Any, kwargs: Any, key: str | None, retries: Retries) -> Any:
        with Pluggably(server.url, key, timeouts=QUICK, retries=retries) as client:
            method: Any = client
            for part in name.split("."):
                method = getattr(method, part)
            found = method(*args, **kwargs)
            return list(found) if hasattr(found, "__next__") else found

    async def call(name: str, *args: Any, key: str | None = "secret", retries: Retries = EAGER, **kwargs: Any) -> Any:
        if request.param == "sync":
            return await asyncio.to_thread(synchronous, name, args, kwargs, key, retries)
        async with AsyncPluggably(server.url, key, timeouts=QUICK, retries=retries) as client:
            method: Any = client
            for part in name.split("."):
                method = getattr(method, part)
            found = method(*args, **kwargs)
            return [event async for event in found] if hasattr(found, "__anext__") else await found

    return call


async def test_health_and_version_are_read(server, ask):
    server.on("GET /health", Answer({"status": "ok"}))
    server.on("GET /v1/version", Answer({"version": "0.1.0", "api_version": "v1"}))
    assert (await ask("health")).status == "ok"
    assert (await ask("version")).version == "0.1.0"


async def test_a_server_that_is_not_ready_says_what_is_missing(server, ask):
    body = {**envelope("not_ready", "The default model is loading."), "status": "not_ready"}
    server.on("GET /ready", Answer({**body, "checks": {"database": "ok", "default_model": "loading"}}, 503))
    ready = await ask("ready")
    assert ready.status == "not_ready"
    assert ready.checks["default_model"] == "loading"


async def test_the_key_travels_in_its_header_and_none_is_sent_without_one(server, ask):
    server.on("GET /health", Answer({"status": "ok"}))
    await ask("health")
    await ask("health", key=None)
    assert server.requests[0].headers["x-api-key"] == "secret"
    assert "x-api-key" not in server.requests[1].headers


async def test_a_prompt_is_sent_as_input_and_its_answer_is_typed(server, ask):
    server.on("POST /v1/generate", Answer({**RESPONSE, "brand_new": 1}))
    answer = await ask(
        "generate", "Hello", model="tiny", parameters={"max_tokens": 5}, images=["data:x"], request_id="req-of-mine"
    )
    assert answer.text == "Good day."
    assert answer.usage.total_tokens == 6
    assert answer.selection.reason == "default_for_modality"
    (request,) = server.requests
    assert request.body == {
        "model": "tiny",
        "parameters": {"max_tokens": 5},
        "input": {"prompt": "Hello", "images": ["data:x"]},
        "stream": False,
    }
    assert request.headers["x-request-id"] == "req-of-mine"


@pytest.mark.parametrize("chunk", [None, 1, 7])
async def test_a_stream_gives_typed_events_however_it_is_cut(server, ask, chunk):
    pieces = (
        b": keep-alive\n\n",
        ("selected", {"request_id": "req_1", "selection": SELECTION}),
        ("queued", {"request_id": "req_1", "queue_position": 2, "eta_s": 1.5}),
        ("loading", {"model": "tiny", "progress_pct": None}),
        ("novelty", {"of": "a later version"}),
        ("delta", {"text": "Gräß"}),
        ("delta", {"text": "e\u2028\u0085!", "more": 1}),
        ("progress", {"progress_pct": 50, "step": 1, "steps": 2}),
        ("output", RESPONSE),
    )
    server.on("POST /v1/generate", Stream(pieces, chunk=chunk))
    events = await ask("stream", "Hello")
    assert [type(event) for event in events] == [Selected, Queued, Loading, Delta, Delta, Progress, Finished]
    assert "".join(event.text for event in events if isinstance(event, Delta)) == "Gräße\u2028\u0085!"
    assert events[-1].response.text == "Good day."
    assert [event.number for event in events] == [2, 3, 4, 6, 7, 8, 9]
    assert server.requests[0].body["stream"] is True


async def test_an_error_inside_a_stream_is_raised_after_what_came_before(server):
    crash = envelope("runtime_crashed", "The model's process ended.", retry_after=5)
    server.on("POST /v1/generate", Stream((("delta", {"text": "Go"}), ("error", crash))))
    seen = []
    async with AsyncPluggably(server.url) as client:
        events = client.stream("Hello")
        seen.append(await anext(events))
        with pytest.raises(PluggablyAPIError) as caught:
            await anext(events)
    assert [event.text for event in seen] == ["Go"]
    assert (caught.value.code, caught.value.request_id, caught.value.retry_after) == ("runtime_crashed", "req_1", 5)


@pytest.mark.parametrize("then", ["end", "break"])
async def test_a_stream_that_ends_too_early_is_an_error(server, ask, then):
    server.on("POST /v1/generate", Stream((("delta", {"text": "Go"}),), then=then))
    with pytest.raises(PluggablyConnectionError):
        await ask("stream", "Hello")


async def test_a_stream_that_falls_silent_times_out(server, ask):
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n")
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(mute, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
    async with silent:
        with pytest.raises(PluggablyTimeoutError):
            await ask("stream", "Hello")


async def test_closing_a_stream_hangs_up(server):
    server.on("POST /v1/generate", Stream((("delta", {"text": "Go"}),), then="stall"))
    async with AsyncPluggably(server.url) as client:
        events = client.stream("Hello")
        assert isinstance(await anext(events), Delta)
        await events.aclose()
        await asyncio.wait_for(server.left.wait(), 5)


async def test_closing_a_synchronous_stream_hangs_up(server):
    server.on("POST /v1/generate", Stream((("delta", {"text": "Go"}),), then="stall"))

    def first() -> Any:
        with Pluggably(server.url) as client:
            events = client.stream("Hello")
            event = next(events)
            events.close()
            return event

    assert isinstance(await asyncio.to_thread(first), Delta)
    await asyncio.wait_for(server.left.wait(), 5)


@pytest.mark.parametrize("call", ["generate", "stream"])
async def test_a_refusal_carries_everything_that_the_envelope_says(server, ask, call):
    body = envelope(
        "model_not_found",
        "No model 'x'.",
        type="not_found_error",
        param="model",
        details={"suggestions": ["tiny"]},
        request_id="req_9",
    )
    server.on("POST /v1/generate", Answer(body, 404))
    with pytest.raises(PluggablyAPIError, match="No model 'x'") as caught:
        await ask(call, "Hello", model="x")
    error = caught.value
    assert (error.status, error.code, error.type, error.param) == (404, "model_not_found", "not_found_error", "model")
    assert (error.details, error.request_id) == ({"suggestions": ["tiny"]}, "req_9")


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"[]", b'{"error": "text"}', b""])
async def test_a_failure_without_an_envelope_still_has_its_status(server, ask, body):
    server.on("GET /v1/version", Answer(body, 502, "text/html"))
    with pytest.raises(PluggablyAPIError) as caught:
        await ask("version")
    assert (caught.value.status, caught.value.code) == (502, "unknown")


@pytest.mark.parametrize("body", [b"<html>A router's login page</html>", b"[]", b'{"status": 7}', b""])
async def test_another_kind_of_server_is_recognised_as_such(server, ask, body):
    server.on("GET /health", Answer(body, 200, "text/html"))
    with pytest.raises(UnexpectedReply):
        await ask("health")


async def test_an_event_that_cannot_be_read_is_reported(server, ask):
    server.on("POST /v1/generate", Stream((b"event: delta\ndata: {broken\n\n",)))
    with pytest.raises(UnexpectedReply, match="delta"):
        await ask("stream", "Hello")


async def test_a_server_that_is_not_there_is_named(server, ask, unused_tcp_port):
    server.url = f"http://127.0.0.1:{unused_tcp_port}"
    with pytest.raises(PluggablyConnectionError, match=str(unused_tcp_port)):
        await ask("health")


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://[", "http://127.0.0.1:99999"])
async def test_an_address_that_is_none_is_an_error_of_ours(server, ask, url):
    server.url = url
    with pytest.raises(PluggablyConnectionError):
        await ask("health")


USAGE = {"requests": 1, "errors": 0, "cancelled": 0, "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
STATUS = {"request_id": "req_1", "status": "completed", "created_at": "2026-01-02T03:04:05Z"}
SESSION = {
    "id": "ses_1",
    "status": "active",
    "created_at": "2026-01-02T03:04:05Z",
    "last_used_at": "2026-01-02T03:04:05Z",
    "message_count": 0,
}


async def test_unknown_fields_are_kept_and_what_may_be_null_may_be_missing(server, ask):
    server.on("GET /v1/sessions/ses_1", Answer({**SESSION, "messages": [], "novelty": {"a": 1}}))
    session = await ask("sessions.get", "ses_1")
    assert (session.title, session.next_cursor) == (None, None)
    assert session.to_json()["novelty"] == {"a": 1}


async def test_a_model_id_with_slashes_and_colons_is_one_part_of_the_path(server, ask):
    server.on(
        "GET /v1/models/org%2Fname%3Av1%3F/status",
        Answer({"model_id": "x", "runtime_status": "new", "queue_depth": 0, "pinned": False}),
    )
    assert (await ask("get_model_status", "org/name:v1?")).runtime_status == "new", "a value that is new is no error"


@pytest.mark.parametrize("status", [429, 503])
async def test_a_call_is_made_again_when_the_server_asks_for_patience(server, ask, status):
    busy = Answer(envelope("queue_full", "Later.", retry_after=0), status, headers={"Retry-After": "0"})
    server.on("POST /v1/generate", busy, busy, Answer(RESPONSE))
    answer = await ask("generate", "Hello", request_id="req-of-mine")
    assert answer.text == "Good day."
    assert [request.headers["x-request-id"] for request in server.requests] == ["req-of-mine"] * 3


async def test_a_stream_is_asked_for_again_before_its_first_byte(server, ask):
    busy = Answer(envelope("queue_full", "Later."), 503, headers={"Retry-After": "0"})
    server.on("POST /v1/generate", busy, Stream((("output", RESPONSE),)))
    assert (await ask("stream", "Hello"))[-1].response.text == "Good day."
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        (Answer(envelope("queue_full", "Later."), 503), 1),
        (Answer(envelope("queue_full", "Later."), 503, headers={"Retry-After": "0"}), 3),
        (Answer(envelope("rate_limited", "Later."), 429, headers={"Retry-After": "7"}), 1),
        (Answer(envelope("rate_limited", "Never."), 429, headers={"Retry-After": "0", "x-should-retry": "false"}), 1),
        (Answer(envelope("internal_error", "Broken."), 500), 1),
    ],
    ids=["no date", "bounded", "too long", "never", "a fault"],
)
async def test_generating_is_tried_again_only_where_the_server_surely_has_not_begun(server, ask, answer, asked):
    server.on("POST /v1/generate", answer)
    with pytest.raises(PluggablyAPIError):
        await ask("generate", "Hello")
    assert len(server.requests) == asked


async def test_reading_is_tried_again_where_the_connection_breaks_and_generating_is_not(server, ask):
    server.on("GET /v1/features", Stream((b"{",), then="break"))
    server.on("POST /v1/generate", Stream((b"{",), then="break"))
    for name, arguments, asked in (("features", (), 3), ("generate", ("Hello",), 1)):
        server.requests.clear()
        with pytest.raises(PluggablyConnectionError):
            await ask(name, *arguments)
        assert len(server.requests) == asked


async def test_without_retries_every_call_is_made_once(server, ask):
    server.on("GET /v1/features", Answer(envelope("not_ready", "Later."), 503, headers={"Retry-After": "0"}))
    with pytest.raises(PluggablyAPIError):
        await ask("features", retries=Retries(0))
    assert len(server.requests) == 1


async def test_errors_have_the_class_of_their_code_and_unknown_ones_that_of_their_type(server, ask):
    server.on("GET /v1/models/x", Answer(envelope("model_not_found", "No."), 404))
    server.on("GET /v1/models/y", Answer(envelope("novelty_not_found", "No.", type="not_found_error"), 404))
    server.on("GET /v1/models/z", Answer(envelope("queue_full", "No."), 503))
    with pytest.raises(ModelNotFound):
        await ask("get_model", "x")
    with pytest.raises(NotFoundError) as caught:
        await ask("get_model", "y")
    assert (type(caught.value), caught.value.code) == (NotFoundError, "novelty_not_found")
    with pytest.raises(QueueFull):
        await ask("get_model", "z")


async def test_a_stream_knows_its_answer_and_its_text(server):
    server.on(
        "POST /v1/generate", Stream((("delta", {"text": "Go"}), ("delta", {"text": "od"}), ("output", RESPONSE)))
    )
    async with AsyncPluggably(server.url) as client:
        async with client.stream("Hello") as events:
            assert [piece async for piece in events.text()] == ["Go", "od"]
        assert events.response.text == "Good day."
        assert (await client.stream("Hello").finish()).text == "Good day."


async def test_a_login_gives_a_client_of_its_own_that_keeps_its_token_to_itself(server):
    profile = {"id": "usr_1", "username": "ada", "role": "user", "preferred_models": {}, "preferences": {}}
    told = {"token": "eyJ", "token_type": "bearer", "expires_at": "2026-01-02T03:04:05Z"}
    profile["created_at"] = "2026-01-02T03:04:05Z"
    server.on("POST /v1/users/login", Answer({**told, "user": profile}))
    server.on("GET /v1/users/me", Answer(profile))
    server.on("POST /v1/users/logout", Answer(b"", 204))
    async with AsyncPluggably(server.url, "operator") as client:
        async with await client.login(username="ada", password="correct horse") as ada:
            assert (ada.user.username, (await ada.me()).id) == ("ada", "usr_1")
            await ada.logout()
        await client.me()
    assert [request.headers["x-api-key"] for request in server.requests] == ["operator", "eyJ", "eyJ", "operator"]


@pytest.mark.req("SYS-REQ-024", "TEST-UNIT-007")
async def test_a_session_is_closed_when_its_block_is_left(server):
    closed = {**SESSION, "status": "closed"}
    server.on("POST /v1/sessions", Answer(SESSION, 201))
    server.on("DELETE /v1/sessions/ses_1", Answer(closed))
    for path in ("generate", "regenerate"):
        server.on(f"POST /v1/sessions/ses_1/{path}", Answer(RESPONSE))
    server.on("POST /v1/sessions/ses_1/reset", Answer(SESSION))

    def synchronous() -> None:
        with Pluggably(server.url) as client, client.sessions.create(title="A") as session:
            session.generate("Hello", parameters={"max_tokens": 5})
            session.regenerate(prompt="Hi")
            session.reset()

    await asyncio.to_thread(synchronous)
    async with AsyncPluggably(server.url) as client, await client.sessions.create(title="A") as session:
        await session.generate("Hello", parameters={"max_tokens": 5})
        await session.regenerate(prompt="Hi")
        await session.reset()
        await session.close()
    asked = [(request.method, request.path.removeprefix("/v1/sessions"), request.body) for request in server.requests]
    turn = {"parameters": {"max_tokens": 5}, "input": {"prompt": "Hello"}, "stream": False}
    assert asked == 2 * [
        ("POST", "", {"title": "A"}),
        ("POST", "/ses_1/generate", turn),
        ("POST", "/ses_1/regenerate", {"prompt": "Hi", "stream": False}),
        ("POST", "/ses_1/reset", None),
        ("DELETE", "/ses_1", None),
    ]


async def test_a_background_request_tells_how_far_it_is_through_a_broken_connection(server):
    server.on("POST /v1/generate", Answer({"request_id": "req_1", "status": "pending", "queue_position": None}, 202))
    server.on(
        "GET /v1/requests/req_1/events",
        Stream((("queued", {"request_id": "req_1", "queue_position": 1, "eta_s": 2}),), then="break"),
        Stream((("progress", {"progress_pct": 50}), ("output", RESPONSE)), first=2),
    )
    seen: list[StreamEvent] = []
    async with AsyncPluggably(server.url, retries=EAGER) as client:
        request = await client.submit("Hello")
        answer = await request.wait(seen.append)
    assert answer.text == "Good day."
    assert [type(event) for event in seen] == [Queued, Progress, Finished]
    assert server.requests[0].body["background"] is True
    assert [request.headers.get("last-event-id") for request in server.requests[1:]] == [None, "1"]


async def test_a_background_request_that_failed_raises_its_error(server):
    crash = envelope("runtime_crashed", "It ended.")
    server.on("POST /v1/generate", Answer({"request_id": "req_1", "status": "pending"}, 202))
    server.on("GET /v1/requests/req_1/events", Stream((("error", crash),)))
    server.on("GET /v1/requests/req_1", Answer({**STATUS, "status": "failed", "error": crash["error"]}))
    async with AsyncPluggably(server.url) as client:
        request = await client.submit("Hello")
        with pytest.raises(RuntimeCrashed):
            await request.wait()
        with pytest.raises(RuntimeCrashed):
            await request.result()


async def test_a_job_is_waited_for_and_its_failure_raised(server):
    job = {
        "job_id": "job_1",
        "kind": "download",
        "status": "running",
        "downloaded_bytes": 1,
        "created_at": "2026-01-02T03:04:05Z",
    }
    done, failed = (
        {**job, "status": "completed"},
        {**job, "status": "failed", "error": envelope("queue_full", "No.")["error"]},
    )
    server.on("POST /v1/models/download", Answer(job, 202))
    server.on("GET /v1/jobs/job_1/events", Stream((("status", job), ("status", done))), Stream((("status", failed),)))
    seen: list[str] = []
    async with AsyncPluggably(server.url) as client:
        job = await client.download_model("huggingface", "org/name:Q4_K_M", revision="main")
        assert (await job.wait(lambda change: seen.append(change.status))).status == "completed"
        with pytest.raises(QueueFull):
            await (await client.download_model("huggingface", "org/name")).wait()
    assert seen == ["running", "completed"]


async def test_lists_are_read_page_by_page(server):
    pages = [
        {"sessions": [{**SESSION, "id": f"ses_{number}"}], "next_cursor": cursor}
        for number, cursor in ((1, "c"), (2, None))
    ]
    server.on("GET /v1/sessions", *(Answer(page) for page in pages))
    async with AsyncPluggably(server.url) as client:
        assert [session.id async for session in client.sessions.iter(status="active")] == ["ses_1", "ses_2"]
    assert [request.query for request in server.requests] == [
        {"status": "active", "limit": "200"},
        {"status": "active", "limit": "200", "cursor": "c"},
    ]


async def test_what_was_made_is_written_to_files(server, tmp_path):
    png, glb = "data:image/png;base64,aW1hZ2U=", "data:model/gltf-binary;base64,bWVzaA=="
    images = {**RESPONSE, "output": {**RESPONSE["output"], "images": [png, png]}}
    mesh = {**RESPONSE, "output": {**RESPONSE["output"], "mesh": glb}}
    kept = {**RESPONSE, "output": {**RESPONSE["output"], "artifacts": [ARTIFACT]}}
    server.on("POST /v1/generate", Answer(images), Answer(mesh), Answer(kept))
    server.on("GET /v1/artifacts/art_1", Answer(b"kept", content_type="image/webp"))
    async with AsyncPluggably(server.url) as client:
        for name, written in (
            ("cube", ["cube-1.png", "cube-2.png"]),
            ("chair", ["chair.glb"]),
            ("sea", ["sea.webp"]),
        ):
            paths = await client.save(await client.generate("Hello"), tmp_path / name)
            assert [path.name for path in paths] == written
    contents = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert contents == {"cube-1.png": b"image", "cube-2.png": b"image", "chair.glb": b"mesh", "sea.webp": b"kept"}


async def test_an_artifact_is_written_as_it_comes_and_is_there_only_when_it_is_whole(server, tmp_path):
    server.on("GET /v1/artifacts/art_1", Answer(b"x" * 5000), Stream((b"half",), then="break"))
    told: list[tuple[int, int | None]] = []
    async with AsyncPluggably(server.url, retries=Retries(0)) as client:
        path = await client.save_artifact("art_1", tmp_path / "a.glb", on_progress=lambda *now: told.append(now))
        assert path.read_bytes() == b"x" * 5000
        assert told[-1] == (5000, 5000)
        with pytest.raises(PluggablyConnectionError):
            await client.save_artifact("art_1", tmp_path / "b.glb")
    assert [path.name for path in tmp_path.iterdir()] == ["a.glb"]


ARTIFACT = {
    "id": "art_1",
    "type": "image",
    "media_type": "image/webp",
    "url": "/v1/artifacts/art_1",
    "expires_at": "2026-01-02T03:04:05Z",
    "size_bytes": 4,
    "created_at": "2026-01-02T03:04:05Z",
}


@pytest.mark.req("SYS-REQ-055", "TEST-INT-CR001-001")
async def test_accounts_are_made_and_entered_below_users(server, ask):
    profile = {
        "id": "usr_1",
        "role": "user",
        "preferred_models": {},
        "preferences": {},
        "created_at": "2026-01-02T03:04:05Z",
    }
    server.on("POST /v1/users/register", Answer(profile, 201))
    told = {"token": "eyJ", "token_type": "bearer", "expires_at": "2026-01-02T03:04:05Z", "user": profile}
    server.on("POST /v1/users/login", Answer(told))
    await ask("register", username="ada", password="correct horse")
    await ask("login", username="ada", password="correct horse")
    assert [request.path for request in server.requests] == ["/v1/users/register", "/v1/users/login"]


@pytest.mark.req("SYS-REQ-056", "TEST-INT-CR001-002")
async def test_generating_says_model_modality_input_and_parameters(server, ask):
    server.on("POST /v1/generate", Answer(RESPONSE))
    await ask("generate", "Hello", model="tiny", modality="text", parameters={"max_tokens": 5})
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v1/generate")
    assert request.body.keys() >= {"model", "modality", "input", "parameters"}


@pytest.mark.req("SYS-REQ-057", "SYS-REQ-058", "SYS-REQ-059")
@pytest.mark.req("TEST-INT-CR001-003", "TEST-INT-CR001-004", "TEST-INT-CR001-005")
@pytest.mark.parametrize(
    ("method", "arguments", "what"),
    [
        ("get_model_status", ("tiny",), "GET /v1/models/tiny/status"),
        ("load_model", ("tiny",), "POST /v1/models/tiny/load"),
        ("unload_model", ("tiny",), "POST /v1/models/tiny/unload"),
        ("get_request_status", ("req_1",), "GET /v1/requests/req_1/status"),
        ("cancel_request", ("req_1",), "POST /v1/requests/req_1/cancel"),
        ("list_user_tokens", (), "GET /v1/users/tokens"),
        ("list_provider_keys", (), "GET /v1/users/provider-keys"),
    ],
)
async def test_the_paths_are_those_of_the_contract(server, ask, method, arguments, what):
    server.on(what, Answer(envelope("not_found", "Nothing."), 404))
    with pytest.raises(NotFoundError):
        await ask(method, *arguments)
    assert [f"{request.method} {request.path}" for request in server.requests] == [what]
