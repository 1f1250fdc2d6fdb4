"""A scripted walk through every operation of the API, on a real gateway: what the clients' vectors are made of.

What differs from walk to walk (ids, times, secrets, sizes in memory, bytes of pictures) is replaced by values that do
not; numbers count anew in every file, so that a step that is added changes one file alone.
"""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from pluggably import errors
from pluggably.kit.sse import EventParser
from tests.factories.apps import KEY, providers, running_app, served
from tests.factories.hub import TINY, TOKENS, repositories
from tests.fakes.hub import FakeHub, fake_hub
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.vendors import KEY as VENDORS_KEY
from tests.fakes.vendors import AnthropicServer

TINY_PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD"
    "hgGAWjR9awAAAABJRU5ErkJggg=="
)
TINY_GLB = "data:model/gltf-binary;base64,Z2xURgIAAAAMAAAA"
TIME = "2026-01-02T03:04:05Z"
SECRET = "correct horse battery staple"
PROVIDER_KEY = "sk-of-ada-0123456789"

_ID = re.compile(r"(req|ses|msg|art|usr|tok|inv|job|aud|run|pk|chatcmpl|cmpl|resp|img)_([0-9a-hjkmnp-tv-z]{26})")
_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_READABLE_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
_DAY = re.compile(r"^\d{4}-\d\d-\d\d$")
_HOST = re.compile(r"http://127\.0\.0\.1:\d+")
_SECRETS = (
    (re.compile(r"\bpgy_[\w-]{20,}"), "pgy_token"),
    (re.compile(r"\bpgy_[\w-]{6}$"), "pgy_AbCdEf"),
    (re.compile(r"\bpgi_[\w-]{20,}"), "pgi_invite"),
    (re.compile(r"\bey[\w-]+\.[\w-]+\.[\w-]+"), "eyJ.session.token"),
    (re.compile(r"signature=[\w%-]+"), "signature=s"),
    (re.compile(r"expires=\d+"), "expires=1767323045"),
)
_NUMBERS: dict[str, float] = {
    "queue_ms": 0,
    "load_ms": 12,
    "first_output_ms": 34,
    "total_ms": 56,
    "ms": 7,
    "eta_s": 1.5,
    "retry_after": 5,
    "memory_bytes": 134217728,
    "free_bytes": 50000000000,
    "room_bytes": 49000000000,
    "memory_limit_bytes": 13743895347,
    "used_bytes": 1048576,
    "bytes_per_s": 1000000,
    "created": 1767323045,
    "created_at": 1767323045,
    "completed_at": 1767323045,
    "vertices": 24,
    "faces": 12,
}
_CURSOR = {"cursor", "next_cursor", "after_id", "before_id"}


class Steady:
    """Replaces what differs between two walks by what does not; ids are numbered as they come."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._ids: dict[str, str] = {}

    def value(self, value: Any, key: str = "") -> Any:
        """A JSON value, `key` the name that it has."""
        if isinstance(value, dict):
            if key == "engines":
                return dict.fromkeys(sorted(value), True)
            kept = {name: self.value(item, name) for name, item in value.items()}
            if "media_type" in value and isinstance(value.get("size_bytes"), int):
                kept["size_bytes"] = 1234
            return kept
        if isinstance(value, list):
            return [self.value(item, key) for item in value]
        if isinstance(value, str):
            return self.text(value, key)
        if key in _NUMBERS and isinstance(value, (int, float)) and not isinstance(value, bool):
            return _NUMBERS[key]
        return value

    def text(self, text: str, key: str = "") -> str:
        """A string; `key` as above."""
        if text.startswith("data:image/"):
            return TINY_PNG
        if text.startswith("data:model/"):
            return TINY_GLB
        if key in _CURSOR:
            return "cursor"
        if _DAY.match(text):
            return TIME[:10]
        for pattern, steady in _SECRETS:
            text = pattern.sub(steady, text)
        text = _READABLE_TIME.sub("2026-01-02 03:04:05 UTC", text)
        text = _TIME.sub(TIME, _HOST.sub("http://127.0.0.1:8080", text)).replace(self._folder, "/models")
        return _ID.sub(self._id, text)

    def _id(self, match: re.Match[str]) -> str:
        prefix = match[1]
        count = sum(known.startswith(f"{prefix}_") for known in self._ids.values())
        return self._ids.setdefault(match[0], f"{prefix}_{count + 1}")


class Walk:
    """Asks a running gateway and keeps what was said."""

    def __init__(self, document: Mapping[str, Any], http: httpx.AsyncClient, folder: Path) -> None:
        self.http = http
        self._folder = folder
        self._places = {
            operation["operationId"]: (method.upper(), path)
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }
        self._exchanges: dict[str, list[dict[str, Any]]] = {name: [] for name in self._places}
        self._streams: list[dict[str, Any]] = []

    async def ask(
        self,
        operation: str,
        name: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        files: Mapping[str, str] | None = None,
        key: str | None = KEY,
        status: int = 200,
    ) -> Any:
        """One exchange, kept; the body of the answer. `files`, data URLs by field, make the body a form. Fails for
        another status."""
        reply = await self._send(operation, path, query, headers, body, key, files)
        assert reply.status_code == status, f"{operation}, {name}: {reply.status_code} {reply.text}"
        answer = _body_of(reply)
        request = {"path": path or {}, "query": query or {}, "headers": headers or {}, "body": body}
        if files is not None:
            request["files"] = files
        self._exchanges[operation].append(
            {"name": name, "request": request, "status": reply.status_code, "response": answer}
        )
        return answer

    async def stream(
        self,
        operation: str,
        name: str,
        *,
        path: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        keep: Callable[[dict[str, Any]], bool] = lambda event: True,
    ) -> list[dict[str, Any]]:
        """One stream, kept without the events that `keep` leaves out, numbered on from its first; its events."""
        reply = await self._send(operation, path, None, headers, body, KEY)
        assert reply.status_code == 200, f"{operation}, {name}: {reply.status_code} {reply.text}"
        found = [
            {"name": event.event, "id": int(event.id or 0), "data": json.loads(event.data)}
            for event in EventParser().feed(reply.content)
            if event.data != "[DONE]"
        ]
        request = {"path": path or {}, "query": {}, "headers": headers or {}, "body": body}
        events = [{**event, "id": number} for number, event in enumerate(filter(keep, found), found[0]["id"])]
        self._streams.append({"operation": operation, "name": name, "request": request, "events": events})
        return found

    async def until(self, look: Callable[[], Awaitable[Any]]) -> Any:
        """What `look` gives as soon as it is true."""
        async with asyncio.timeout(30):
            while not (found := await look()):
                await asyncio.sleep(0.02)
        return found

    async def get(self, path: str, key: str = KEY) -> Any:
        """Ask without keeping."""
        return (await self.http.get(path, headers={"x-api-key": key})).json()

    def vectors(self) -> Iterator[tuple[str, Any]]:
        """The vectors: name of the file, content."""
        for operation, (method, path) in sorted(self._places.items()):
            head = {"operation": operation, "method": method, "path": path}
            exchanges = Steady(self._folder).value(self._exchanges[operation])
            yield f"{operation}.json", {**head, "exchanges": exchanges}
        yield "streams.json", {"streams": [Steady(self._folder).value(stream) for stream in self._streams]}
        yield "events.json", {"events": list(self._kinds())}
        yield "errors.json", {"errors": list(_errors())}

    def _kinds(self) -> Iterator[dict[str, Any]]:
        """One event of each kind and of each set of fields."""
        seen = set()
        for stream in self._streams:
            for event in stream["events"]:
                kind = (event["name"], *(name for name, value in event["data"].items() if value is not None))
                if kind not in seen:
                    seen.add(kind)
                    yield Steady(self._folder).value(event)

    async def _send(
        self,
        operation: str,
        path: Mapping[str, str] | None,
        query: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
        body: Any,
        key: str | None,
        files: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        method, template = self._places[operation]
        url = template.format(**{name: quote(value, safe="") for name, value in (path or {}).items()})
        sent = {**(headers or {}), **({"x-api-key": key} if key else {})}
        query = dict(query or {})
        if files is None:
            return await self.http.request(method, url, params=query, headers=sent, json=body)
        parts = {name: (f"{name}.png", b64decode(url.partition(",")[2]), "image/png") for name, url in files.items()}
        return await self.http.request(method, url, params=query, headers=sent, data=body, files=parts)


def _body_of(reply: httpx.Response) -> Any:
    """JSON as it is, text as a string, other bytes and nothing as None."""
    kind = reply.headers.get("content-type", "").partition(";")[0]
    if kind == "application/json":
        return reply.json() if reply.content else None
    if kind == "text/plain":
        return "# HELP pluggably_requests_total Requests.\n"
    return reply.text if kind.startswith("text/") else None


def _errors() -> Iterator[dict[str, Any]]:
    """An error of every code."""
    seen = set()
    for kind in sorted(_descendants(errors.PluggablyError), key=lambda kind: (kind.status, kind.code)):
        if kind.code in seen:
            continue
        seen.add(kind.code)
        made: errors.PluggablyError
        if kind is errors.ValidationFailed:
            made = errors.ValidationFailed.of("input.prompt", "is missing", "missing")
        elif kind is errors.RangeNotSatisfiable:
            made = errors.RangeNotSatisfiable("There are 10 bytes.", size=10)
        elif issubclass(kind, (errors.Unavailable, errors.RateLimited)):
            made = kind("Try again later.", retry_after=5)
        else:
            made = kind(f"An error of the code {kind.code}.")
        yield {"code": kind.code, "status": kind.status, "type": made.type, "envelope": made.envelope("req_1")}


def _descendants(kind: type[errors.PluggablyError]) -> Iterator[type[errors.PluggablyError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _descendants(child)


@asynccontextmanager
async def walked(folder: Path) -> AsyncIterator[Walk]:
    """A walk that has been made on a new gateway in this folder."""
    with fake_hub(*repositories(), tokens=TOKENS) as hub:
        async with OpenAIServer() as vendor, AnthropicServer() as claude:
            yield await _walk(folder, vendor, claude, hub)


async def _walk(folder: Path, vendor: OpenAIServer, claude: AnthropicServer, hub: FakeHub) -> Walk:
    accounts = providers(vendor.base_url, models=["gpt-test", "reasoning", "embed", "error:429"])
    settings = {
        "providers": {**accounts, "anthropic": {"base_url": claude.base_url, "api_key": VENDORS_KEY}},
        "hub": {"endpoint": hub.url, "enrich": False},
        "builtin_models": True,
        "model_dirs": [folder / "models"],
        "runtime": {"parallel": 1},
    }
    async with (
        running_app(folder / "data", **settings) as app,
        served(app) as url,
        httpx.AsyncClient(base_url=url, timeout=60) as http,
    ):
        walk = Walk(app.openapi(), http, folder / "models")
        for part in (
            _operations,
            _people,
            _models,
            _jobs,
            _generating,
            _background,
            _sessions,
            _vendors,
            _accounting,
        ):
            await part(walk)
        return walk


async def _operations(walk: Walk) -> None:
    await walk.ask("health", "alive", key=None)
    await walk.ask("head_health", "alive", key=None)
    await walk.ask("ready", "ready", key=None)
    await walk.ask("head_ready", "ready", key=None)
    await walk.ask("version", "what is running", key=None)
    await walk.ask("features", "what it can do")
    await walk.ask("metrics", "for Prometheus")
    await walk.ask("schema", "one model", query={"model": "scene-3d"})
    await walk.ask("schema", "an unknown model", query={"model": "nothing"}, status=404)
    await walk.ask("list_providers", "with what they can do")
    await walk.ask("read_storage", "nothing there")


async def _people(walk: Walk) -> None:
    invite = await walk.ask("create_invite", "for one", body={"expires_days": 7, "max_uses": 1}, status=201)
    await walk.ask("list_invites", "one", query={"limit": 10})
    spare = await walk.ask("create_invite", "as the defaults are", status=201)
    await walk.ask("revoke_invite", "before it was used", path={"invite_id": spare["id"]})
    account = {"username": "ada", "password": SECRET, "invite_token": invite["invite_token"]}
    ada = await walk.ask("register", "by invite", body={**account, "display_name": "Ada"}, key=None, status=201)
    await walk.ask("register", "an invite that is used up", body={**account, "username": "eve"}, key=None, status=400)
    known = {"username": "ada", "password": SECRET}
    await walk.ask("log_in", "a wrong password", body={**known, "password": "wrong wrong"}, key=None, status=401)
    jwt = (await walk.ask("log_in", "by user name", body=known, key=None))["token"]
    await walk.ask("read_me", "a user", key=jwt)
    await walk.ask(
        "change_me",
        "name and preferences",
        key=jwt,
        body={"display_name": "Ada L.", "preferences": {"theme": "dark"}},
    )
    await walk.ask("list_users", "all", query={"limit": 50})
    await walk.ask("change_user", "a role", path={"user_id": ada["id"]}, body={"role": "user"})
    await walk.ask(
        "set_limits",
        "two limits",
        path={"user_id": ada["id"]},
        body={"requests_per_minute": 60, "cost_usd_per_month": 5},
    )
    await walk.ask("read_limits", "of a user", path={"user_id": ada["id"]})
    await walk.ask("read_my_limits", "of the caller", key=jwt)
    token = await walk.ask(
        "create_token",
        "for reading",
        key=jwt,
        body={"name": "laptop", "scopes": ["read"], "expires_days": 30},
        status=201,
    )
    of_token = {"token_id": token["info"]["id"]}
    await walk.ask("list_tokens", "one", key=jwt)
    await walk.ask("set_token_limits", "one limit", key=jwt, path=of_token, body={"tokens_per_day": 1000})
    await walk.ask("read_token_limits", "of a token", key=jwt, path=of_token)
    await walk.ask("revoke_token", "one's own", key=jwt, path=of_token)
    await walk.ask("revoke_token", "that is not there", key=jwt, path={"token_id": "tok_0"}, status=404)
    kept = {"provider": "acme", "credential_type": "api_key", "api_key": PROVIDER_KEY}
    await walk.ask("store_provider_key", "a key", key=jwt, body=kept, status=201)
    await walk.ask("list_provider_keys", "one", key=jwt)
    await walk.ask("check_provider_key", "a good one", key=jwt, path={"provider": "acme"})
    await walk.ask("remove_provider_key", "one's own", key=jwt, path={"provider": "acme"})
    changed = {"current_password": SECRET, "new_password": f"{SECRET} 2"}
    await walk.ask("change_my_password", "to another", key=jwt, body=changed)
    again = (await walk.ask("log_in", "with the new one", body={**known, "password": f"{SECRET} 2"}, key=None))[
        "token"
    ]
    await walk.ask("log_out", "ends the session", key=again, status=204)
    await walk.ask("read_me", "after logging out", key=again, status=401)


async def _models(walk: Walk) -> None:
    await walk.ask("list_models", "images", query={"modality": "image", "limit": 1})
    await walk.ask("get_model", "one", path={"model_id": "scene-3d"})
    await walk.ask("get_model", "that is not there", path={"model_id": "scene-4d"}, status=404)
    await walk.ask(
        "register_model",
        "a vendor's",
        body={"id": "team/gpt:1", "name": "gpt-test", "provider": "acme", "modality": "text", "description": "Ours."},
        status=201,
    )
    of_ours = {"model_id": "team/gpt:1"}
    await walk.ask("register_model", "without an id", body={"modality": "text"}, status=422)
    await walk.ask("change_model", "its description", path=of_ours, body={"description": "Still ours."})
    await walk.ask("make_default", "of its modality", path=of_ours)
    await walk.ask("remove_model", "ours", path=of_ours, query={"files": "false"})
    of_scenes = {"model_id": "scene-3d"}
    await walk.ask("model_status", "unloaded", path=of_scenes)
    await walk.ask("load_model", "until it is there", path=of_scenes, body={"wait": True, "pin": None})
    await walk.ask("model_status", "loaded", path=of_scenes)
    await walk.ask("loaded_models", "one")
    await walk.ask("unload_model", "idle", path=of_scenes, body={"force": False})
    await walk.ask("search_models", "of the hub", query={"query": "tiny llama", "modality": "text", "limit": 2})
    await walk.ask("list_files", "of a repository", path={"repo": TINY})
    await walk.ask("list_files", "of one that is not there", path={"repo": "no/body"}, status=404)
    await walk.ask("load_model", "that can't be", path={"model_id": "acme:gpt-test"}, body={}, status=400)


async def _jobs(walk: Walk) -> None:
    source = {"type": "huggingface", "id": f"{TINY}:Q4_K_M"}
    asked = {"source": source, "model": {"id": "tiny", "description": "Small."}}

    async def ended(job: dict[str, Any]) -> None:
        async def finished() -> bool:
            return (await walk.get(f"/v1/jobs/{job['job_id']}"))["finished_at"] is not None

        await walk.until(finished)

    began = await walk.ask("download_model", "of a quantisation", body=asked, status=202)
    of_it = {"job_id": began["job_id"]}
    await ended(began)
    await walk.ask("get_job", "completed", path=of_it)
    await walk.ask("get_job", "that is not there", path={"job_id": "job_0"}, status=404)
    await walk.ask("list_jobs", "the newest", query={"limit": 1})
    await walk.stream("follow_job", "that has ended", path=of_it)
    await walk.ask("cancel_job", "too late", path=of_it)
    await walk.ask("download_model", "that is here already", body=asked)
    await walk.ask("clean_storage", "what would go", body={"dry_run": True})
    await ended(await walk.ask("clean_storage", "as a job", body={"dry_run": False}, status=202))
    await walk.ask("read_storage", "with a model")
    await walk.ask("remove_model", "with its files", path={"model_id": "tiny"}, query={"files": "true"})


async def _generating(walk: Walk) -> None:
    text = {
        "model": "acme:gpt-test",
        "modality": "text",
        "input": {"prompt": "Hello"},
        "parameters": {"max_tokens": 16},
    }
    await walk.ask("generate", "text", body=text, headers={"X-Request-ID": "walk-text-1"})
    chat = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
    await walk.ask(
        "generate", "messages", body={"model": "acme:reasoning", "input": {"messages": chat}, "fallback": "wait"}
    )
    await walk.ask("generate", "an unknown model", body={**text, "model": "gpt-tset"}, status=404)
    await walk.ask("generate", "an unknown field", body={**text, "promt": "x"}, status=422)
    small = {"width": 64, "height": 64, "format": "png"}
    await walk.ask(
        "generate", "an image", body={"modality": "image", "input": {"prompt": "a red cube"}, "parameters": small}
    )
    await walk.ask("generate", "a mesh", body={"model": "scene-3d", "input": {"prompt": "a red cube"}})
    await walk.stream("generate", "text", body={**text, "stream": True})
    await walk.stream("generate", "thoughts", body={**text, "model": "acme:reasoning", "stream": True})
    seen: set[str] = set()

    def first_loading(event: dict[str, Any]) -> bool:
        new = event["name"] != "loading" or "loading" not in seen
        seen.add(event["name"])
        return new

    operator = {"x-api-key": KEY}
    await walk.http.post("/v1/models/scene-image/unload", headers=operator, json={})
    picture = {"model": "scene-image", "input": {"prompt": "a red cube"}, "stream": True}
    await walk.stream("generate", "an image", body={**picture, "parameters": small}, keep=first_loading)
    slow = {**picture, "parameters": {"width": 2048, "height": 2048, "count": 2}}
    occupied = asyncio.create_task(walk.http.post("/v1/generate", headers=operator, json=slow))

    async def busy() -> bool:
        return bool((await walk.get("/v1/models/scene-image/status"))["runtime_status"] == "busy")

    await walk.until(busy)
    await walk.stream("generate", "an image that waits", body={**picture, "parameters": small})
    assert (await occupied).status_code == 200
    await walk.stream(
        "generate", "an error", body={**text, "model": "acme:error:429", "fallback": "wait", "stream": True}
    )


async def _background(walk: Walk) -> None:
    text = {"model": "acme:gpt-test", "input": {"prompt": "Hello"}, "background": True}
    began = await walk.ask("generate", "in the background", body=text, status=202)
    of_it = {"request_id": began["request_id"]}

    async def ended() -> bool:
        return bool((await walk.get(f"/v1/requests/{began['request_id']}"))["finished_at"])

    await walk.until(ended)
    await walk.ask("get_request_status", "completed", path=of_it)
    await walk.ask("get_request", "with its result", path=of_it)
    await walk.ask("list_requests", "the newest", query={"limit": 1})
    await walk.stream("follow_request", "from its beginning", path=of_it)
    await walk.stream("follow_request", "from the middle", path=of_it, headers={"Last-Event-ID": "1"})
    await walk.ask("cancel_request", "too late", path=of_it)
    slow = {**text, "model": "acme:stall"}
    running = {"request_id": (await walk.ask("generate", "a slow one", body=slow, status=202))["request_id"]}
    await walk.ask("cancel_request", "in time", path=running)
    await walk.ask("get_request_status", "that is not there", path={"request_id": "req_0"}, status=404)


async def _sessions(walk: Walk) -> None:
    created = await walk.ask(
        "create_session", "with a title", body={"title": "Trip", "system_prompt": "Be brief."}, status=201
    )
    of_it = {"session_id": created["id"]}
    asked = {"model": "acme:gpt-test", "input": {"prompt": "Hello"}, "parameters": {"max_tokens": 16}}
    state = {"state_tokens": {"step": 1}}
    await walk.ask("generate_in_session", "the first turn", path=of_it, body={**asked, **state})
    await walk.ask(
        "regenerate", "with another prompt", path=of_it, body={"prompt": "Hi there", "parameters": {"max_tokens": 8}}
    )
    await walk.stream("generate_in_session", "the second turn", path=of_it, body={**asked, "stream": True})
    await walk.stream("regenerate", "the second turn", path=of_it, body={"stream": True})
    await walk.ask("patch_session", "its title", path=of_it, body={"title": "A trip"})
    await walk.ask("put_session", "its system prompt", path=of_it, body={"system_prompt": ""})
    await walk.ask("list_sessions", "active ones", query={"status": "active", "q": "trip", "limit": 10})
    await walk.ask("get_session", "with its messages", path=of_it, query={"limit": 10})
    await walk.ask("export_session", "as Markdown", path=of_it, query={"format": "markdown"})
    await walk.ask("export_session", "as JSON", path=of_it, query={"format": "json"})
    await walk.ask("reset_session", "to nothing", path=of_it)
    await walk.ask("close_session", "closed", path=of_it)
    await walk.ask("generate_in_session", "a closed one", path=of_it, body=asked, status=400)
    await walk.ask("close_session", "erased", path=of_it, query={"purge": "true"}, status=204)
    await walk.ask("get_session", "an erased one", path=of_it, status=404)


async def _vendors(walk: Walk) -> None:
    chat = {"model": "acme:gpt-test", "messages": [{"role": "user", "content": "Hello"}]}
    await walk.ask("chat_completions", "one answer", body=chat)
    await walk.ask("completions", "one answer", body={"model": "acme:gpt-test", "prompt": "Once", "max_tokens": 8})
    await walk.ask("embeddings", "two texts", body={"model": "acme:embed", "input": ["a", "bbb"]})
    await walk.ask("responses", "one answer", body={"model": "acme:gpt-test", "input": "Hello"})
    await walk.ask("messages", "one answer", body={**chat, "max_tokens": 16})
    await walk.ask("count_tokens", "of a prompt", body={**chat, "model": "anthropic:claude-opus-4-5"})
    await walk.ask("count_tokens", "where nobody counts", body=chat, status=400)
    picture = {"model": "scene-image", "prompt": "a red cube", "size": "64x64"}
    await walk.ask("generate_images", "one image", body=picture)
    await walk.ask("edit_images", "one image", body=picture, files={"image": TINY_PNG})
    await walk.ask("vary_images", "which nobody does", status=400)


async def _accounting(walk: Walk) -> None:
    large = {"model": "scene-3d", "input": {"prompt": "a castle, ten trees, ten houses, low-poly mountain"}}
    made = await walk.ask("generate", "a large mesh", body=large)
    artifact = made["output"]["artifacts"][0]
    await walk.ask("list_artifacts", "the newest", query={"limit": 1})
    await walk.ask("fetch_artifact", "as it is", path={"artifact_id": artifact["id"]})
    await walk.ask("fetch_artifact", "another format", path={"artifact_id": artifact["id"]}, query={"format": "stl"})
    await walk.ask("head_fetch_artifact", "its size", path={"artifact_id": artifact["id"]})
    await walk.ask("fetch_artifact", "that is not there", path={"artifact_id": "art_0"}, status=404)
    small = {"model": "scene-3d", "input": {"prompt": "a red cube"}, "parameters": {"seed": 7}, "keep": True}
    await walk.ask("generate", "a mesh that is kept", body=small)
    kept = await walk.ask(
        "list_artifacts", "meshes, with what they were made with", query={"type": "mesh", "limit": 1}
    )
    await walk.ask("delete_artifact", "a mesh", path={"artifact_id": kept["artifacts"][0]["id"]}, status=204)

    known = {"username": "ada", "password": f"{SECRET} 2"}
    jwt = (await walk.http.post("/v1/users/login", json=known)).json()["token"]
    text = {"model": "acme:gpt-test", "input": {"prompt": "Hello"}}
    assert (await walk.http.post("/v1/generate", headers={"x-api-key": jwt}, json=text)).status_code == 200

    async def counted() -> bool:
        return bool((await walk.get("/v1/usage", jwt))["usage"])

    await walk.until(counted)
    await walk.ask("read_usage", "by model", key=jwt, query={"group_by": "model", "limit": 50})
    await walk.ask("read_usage", "by day", key=jwt, query={"group_by": "day"})
    await walk.ask("read_audit", "what a user did", query={"action": "token.revoked", "limit": 1})
