"""Real servers on loopback that speak the vendors' own formats: Anthropic, Google, OpenAI's Responses, Azure.

They play what `tests/recordings/FOLDER` holds. The model's name says what: `NAME` plays `NAME.json`, or the stream
`NAME.txt` where one is asked for; `error-NAME` answers with an entry of `errors.json`; and `slow-SECONDS` (before the
first byte), `endless`, `disconnect`, `hang-up` (in the middle of a stream) and `html` do what they say. A caller
whose key is not in the header where the vendor wants it is refused.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from aiohttp import web

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"
KEY = "vk-CANARY-0123456789"
TOKENS = 31
"""As many as every prompt has that is counted."""
TEXT = "Grüß Gott, 世界 🌍!"
_EVENT = re.compile(rb".*?(?:\r\n\r\n|\n\n)", re.DOTALL)


@dataclass
class Asked:
    """A request as it came; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    model: str
    left: bool = False
    """Whether the client closed the connection before its answer was complete."""


@dataclass
class Vendor:
    """`async with AnthropicServer() as server:`"""

    folder: ClassVar[str]
    key_header: ClassVar[str]
    key_scheme: ClassVar[str] = ""
    root_path: ClassVar[str] = ""

    cut: Callable[[bytes], Iterable[bytes]] | None = None
    """Cuts a stream into the pieces in which it is sent; none: event by event."""
    asked: list[Asked] = field(default_factory=list)
    base_url: str = ""

    async def __aenter__(self) -> Vendor:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}{self.root_path}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    def lets_in(self, key: str) -> bool:
        """Whether this is a key of the vendor's."""
        return key == KEY

    def model_and_stream(self, request: web.Request, body: Any) -> tuple[str, bool]:
        """The model that is asked for, and whether as a stream."""
        return body["model"], bool(body.get("stream"))

    def knows(self, request: web.Request) -> bool:
        """Whether the vendor has this path and wants nothing more in the head."""
        raise NotImplementedError

    def models(self, request: web.Request) -> str | None:
        """The recorded list of models that this path asks for."""
        return None

    def counted(self, request: web.Request) -> dict[str, Any] | None:
        """The answer to a path that asks how many tokens a prompt has."""
        return None

    def recorded(self, name: str) -> bytes:
        """A recorded answer or stream."""
        return (RECORDINGS / self.folder / name).read_bytes()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        key = request.headers.get(self.key_header, "").removeprefix(self.key_scheme)
        if not self.lets_in(key):
            return web.json_response({"error": {"message": f"who is {key}?"}}, status=401)
        listed = self.models(request)
        if listed is not None:
            return web.Response(body=self.recorded(listed), content_type="application/json")
        if request.method != "POST" or not self.knows(request):
            return web.json_response({"error": {"message": f"no such path: {request.path_qs}"}}, status=404)
        body = await request.json()
        model, stream = self.model_and_stream(request, body)
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.method, request.path, dict(request.query), headers, body, model)
        self.asked.append(asked)
        counted = self.counted(request)
        if counted is not None and not model.startswith("error"):
            return web.json_response(counted)
        try:
            return await self._play(request, model, stream)
        except (ConnectionError, asyncio.CancelledError):
            asked.left = True
            raise

    async def _play(self, request: web.Request, model: str, stream: bool) -> web.StreamResponse:
        name, _, argument = model.partition("-")
        if name == "error":
            return self._error(argument)
        if name == "html":
            return web.Response(text="<html><h1>Please log in</h1></html>", content_type="text/html")
        if name == "slow":
            await asyncio.sleep(float(argument))
            name = "plain"
        if name == "disconnect":
            return self._hang_up(request, web.Response())
        if not stream:
            return web.Response(body=self.recorded(f"{name}.json"), content_type="application/json")
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        if name == "endless":
            events = _EVENT.findall(self.recorded("plain.txt"))
            while True:
                await response.write(events[min(4, len(events) - 2)])
                await asyncio.sleep(0.01)
        if name == "hang":
            await response.write(self.recorded("cut_off.txt"))
            return self._hang_up(request, response)
        for event in _EVENT.findall(self.recorded(f"{name}.txt")):
            for piece in (event,) if self.cut is None else self.cut(event):
                await response.write(piece)
                await asyncio.sleep(0)
        return response

    def _error(self, name: str) -> web.Response:
        status, headers, body = json.loads(self.recorded("errors.json"))[name]
        text = (body if isinstance(body, str) else json.dumps(body)).replace("{key}", KEY)
        soon = (datetime.now(UTC) + timedelta(seconds=20)).isoformat().replace("+00:00", "Z")
        headers = {name: value.replace("{in_20_s}", soon) for name, value in headers.items()}
        return web.Response(
            status=status, body=text.encode(), headers={"content-type": "application/json", **headers}
        )

    @staticmethod
    def _hang_up(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return response


class AnthropicServer(Vendor):
    """`POST /v1/messages` and `/v1/messages/count_tokens`."""

    folder = "anthropic"
    key_header = "x-api-key"

    def knows(self, request: web.Request) -> bool:
        """Two paths, and the version in a header."""
        paths = ("/v1/messages", "/v1/messages/count_tokens")
        return request.path in paths and request.headers.get("anthropic-version") == "2023-06-01"

    def counted(self, request: web.Request) -> dict[str, Any] | None:
        """One path."""
        return {"input_tokens": TOKENS} if request.path == "/v1/messages/count_tokens" else None

    def models(self, request: web.Request) -> str | None:
        """Two pages."""
        if request.path != "/v1/models":
            return None
        return "models_2.json" if request.query.get("after_id") == "claude-gone" else "models.json"


class GoogleServer(Vendor):
    """`POST /v1beta/models/MODEL:generateContent`, `…:streamGenerateContent?alt=sse` and `…:countTokens`."""

    folder = "google"
    key_header = "x-goog-api-key"
    root_path = "/v1beta"
    _PATH: ClassVar[re.Pattern[str]] = re.compile(
        r"/v1beta/models/([^/:]+):(generateContent|streamGenerateContent|countTokens)"
    )

    def knows(self, request: web.Request) -> bool:
        """The model and the method are in the path; a stream needs `alt=sse`."""
        found = self._PATH.fullmatch(request.path)
        return found is not None and (found[2] != "streamGenerateContent" or request.query.get("alt") == "sse")

    def counted(self, request: web.Request) -> dict[str, Any] | None:
        """One method."""
        return {"totalTokens": TOKENS} if request.path.endswith(":countTokens") else None

    def model_and_stream(self, request: web.Request, body: Any) -> tuple[str, bool]:
        """From the path."""
        found = self._PATH.fullmatch(request.path)
        assert found is not None
        return found[1], found[2] == "streamGenerateContent"

    def models(self, request: web.Request) -> str | None:
        """Two pages."""
        if request.path != "/v1beta/models":
            return None
        return "models_2.json" if request.query.get("pageToken") == "page two/+" else "models.json"


@dataclass
class GoogleWithTokens(GoogleServer):
    """The same, for those who come with an OAuth access token out of `good`."""

    key_header = "authorization"
    key_scheme = "Bearer "
    good: set[str] = field(default_factory=set)
    shown: list[str] = field(default_factory=list)
    """The tokens that were shown, good or not."""

    def lets_in(self, key: str) -> bool:
        """Whether the token is good now."""
        self.shown.append(key)
        return key in self.good


class ResponsesServer(Vendor):
    """`POST /v1/responses`."""

    folder = "responses"
    key_header = "authorization"
    key_scheme = "Bearer "
    root_path = "/v1"

    def knows(self, request: web.Request) -> bool:
        """One path."""
        return request.path == "/v1/responses"

    def models(self, request: web.Request) -> str | None:
        """One page."""
        return "models.json" if request.path == "/v1/models" else None


class AzureServer(Vendor):
    """Both forms of `…/chat/completions`; the base URL is the resource's."""

    folder = "azure"
    key_header = "api-key"
    _DATED: ClassVar[re.Pattern[str]] = re.compile(r"/openai/deployments/([^/]+)/chat/completions")

    def knows(self, request: web.Request) -> bool:
        """A version in the query for the dated form, none for the other."""
        if request.path == "/openai/v1/chat/completions":
            return "api-version" not in request.query
        return bool(self._DATED.fullmatch(request.path)) and "api-version" in request.query

    def model_and_stream(self, request: web.Request, body: Any) -> tuple[str, bool]:
        """The deployment is in the path of the dated form."""
        found = self._DATED.fullmatch(request.path)
        return found[1] if found else body["model"], bool(body.get("stream"))

    def recorded(self, name: str) -> bytes:
        """The streams are those of OpenAI's format."""
        files = {"plain.txt": "azure.txt", "tools.txt": "openai_tools.txt", "json.txt": "openai.txt"}
        return (RECORDINGS / files.get(name, f"{self.folder}/{name}")).read_bytes()
