"""No vendor's key and no prompt leaves the gateway by a log, a metric or an error, whatever the vendor does."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from pluggably.providers.catalogue import BUILT_IN
from pluggably.runtimes import prices
from tests.factories.gateways import running_gateway, wait_until
from tests.fakes.vendors import (
    KEY,
    RECORDINGS,
    AnthropicServer,
    Asked,
    AzureServer,
    GoogleServer,
    ResponsesServer,
    Vendor,
)

PROMPT = "CANARY prompt of a person"
STATUSES = (400, 401, 402, 403, 404, 422, 429, 500, 503, 529)
SERVERS: dict[str, type[Vendor]] = {
    "anthropic": AnthropicServer,
    "google": GoogleServer,
    "openai_responses": ResponsesServer,
    "azure": AzureServer,
}


@contextmanager
def served(*kinds: type[Vendor]) -> Iterator[list[Vendor]]:
    """Servers, in a thread with a loop of their own."""
    ready: Future[tuple[list[Vendor], asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            running = [await stack.enter_async_context(server()) for server in kinds]
            ready.set_result((running, asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    running, loop, stop = ready.result(10)
    try:
        yield running
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


@pytest.fixture(scope="module")
def vendors() -> Iterator[dict[str, Vendor]]:
    """One of each kind."""
    with served(*SERVERS.values()) as running:
        yield dict(zip(SERVERS, running, strict=True))


@pytest.mark.req("SYS-NFR-001", "SYS-REQ-002")
def test_a_vendors_key_appears_nowhere(vendors: dict[str, Vendor], tmp_path: Path) -> None:
    variables = {"PLUGGABLY_LOG_LEVEL": "debug", "PLUGGABLY_ROUTING__LONGEST_WAIT_S": "0.05"}  # it tries again, soon
    for name, vendor in vendors.items():
        variables[f"PLUGGABLY_PROVIDERS__{name.upper()}__BASE_URL"] = vendor.base_url
        variables[f"PLUGGABLY_PROVIDERS__{name.upper()}__API_KEY"] = KEY
    said = []
    with running_gateway(tmp_path, **variables) as gateway:
        with gateway.client() as client:
            for name, vendor in vendors.items():
                failures = json.loads((RECORDINGS / vendor.folder / "errors.json").read_bytes())
                models = ["plain", "html", "disconnect", "hang-up", *(f"error-{failure}" for failure in failures)]
                for model in models:
                    for stream in (False, True):
                        body = {"model": f"{name}:{model}", "stream": stream, "input": {"prompt": PROMPT}}
                        said.append(client.post("/v1/generate", json=body).text)
            said += [client.get(path).text for path in ("/metrics", "/v1/models", "/health", "/openapi.json")]
        logs = gateway.logs()
    assert "provider_rate_limited" in logs, "the failures are logged"
    for text in (logs, *said):
        assert KEY not in text
        assert PROMPT not in text


class Telltale(Vendor):
    """A server that refuses everything and tells the caller's key wherever it can; the model's name says how."""

    folder = ""
    key_header = ""

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        told = " ".join(value for name, value in request.headers.items() if KEY in value)
        self.asked.append(Asked(request.method, request.path, {}, {"told": told}, None, ""))
        found = re.search(r"telltale-(\d+)", request.path + (await request.read()).decode())
        status = int(found[1]) if found else STATUSES[len(self.asked) % len(STATUSES)]
        error = {"message": f"{told} may not {request.path}", "type": told, "code": told, "param": told}
        headers = {"x-request-id": told, "www-authenticate": told, "retry-after": "1"}
        return web.json_response({"error": error, "detail": told}, status=status, headers=headers)


@dataclass
class Watched:
    """What the processes that a gateway starts have in their arguments and their environment."""

    gateway: psutil.Process
    seen: dict[int, list[str]] = field(default_factory=dict)

    def look(self) -> bool:
        """Look at those that are there now; whether one that knows prices was among all of them."""
        for child in self.gateway.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                arguments = child.cmdline()
                if prices.__name__ in arguments:
                    self.seen[child.pid] = [*arguments, *(f"{k}={v}" for k, v in child.environ().items())]
        return bool(self.seen)


@pytest.mark.req("SYS-NFR-001", "SYS-REQ-002")
def test_the_key_of_no_row_appears_anywhere_whatever_is_asked_of_it(tmp_path: Path) -> None:
    with served(Telltale) as (vendor,):
        variables = {"PLUGGABLY_LOG_LEVEL": "debug", "PLUGGABLY_ROUTING__RETRIES": "0"}
        for row in BUILT_IN:
            variables[f"PLUGGABLY_PROVIDERS__{row.name.upper()}__BASE_URL"] = vendor.base_url
            variables[f"PLUGGABLY_PROVIDERS__{row.name.upper()}__API_KEY"] = KEY
        for name in ("OPENAI", "ANTHROPIC", "GOOGLE"):  # lists of one's own, so that prices are asked for
            variables[f"PLUGGABLY_PROVIDERS__{name}__MODELS"] = "gpt-5"
        said = []
        with running_gateway(tmp_path, **variables) as gateway:
            watched = Watched(psutil.Process(gateway.process.pid))
            wait_until(watched.look, step=0.01)
            with gateway.client() as client:
                for row in BUILT_IN:
                    for status in STATUSES:
                        model = f"{row.name}:telltale-{status}"
                        said += [
                            client.post("/v1/generate", json={"model": model, "input": {"prompt": PROMPT}}).text,
                            client.post("/v1/embeddings", json={"model": model, "input": PROMPT}).text,
                        ]
                        body = {"model": model, "messages": [{"role": "user", "content": PROMPT}], "stream": True}
                        said.append(client.post("/v1/chat/completions", json=body).text)
                makers = client.get("/v1/models").json()["models"]
                assert {"image", "3d"} <= {maker["modality"] for maker in makers}
                for maker in makers:
                    body = {"model": maker["id"], "input": {"prompt": PROMPT}}
                    said.append(client.post("/v1/generate", json=body).text)
                watched.look()
                paths = ("/metrics", "/v1/models", "/v1/providers", "/v1/requests", "/v1/usage", "/ready", "/health")
                said += [client.get(path).text for path in paths]
            logs = gateway.logs()
    assert len([asked for asked in vendor.asked if asked.method == "POST"]) >= 2 * len(BUILT_IN) * len(STATUSES)
    assert any(asked.method == "GET" for asked in vendor.asked), "lists of models were asked for"
    assert all(KEY in asked.headers["told"] for asked in vendor.asked), "the vendor knew the key each time"
    for text in (logs, *said, *(line for lines in watched.seen.values() for line in lines)):
        assert KEY not in text
        assert PROMPT not in text
