"""No vendor's key and no prompt leaves the gateway by a log, a metric or an error, whatever the vendor does."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.factories.gateways import running_gateway
from tests.fakes.vendors import (
    KEY,
    RECORDINGS,
    AnthropicServer,
    AzureServer,
    GoogleServer,
    ResponsesServer,
    Vendor,
)

PROMPT = "CANARY prompt of a person"
SERVERS: dict[str, type[Vendor]] = {
    "anthropic": AnthropicServer,
    "google": GoogleServer,
    "openai_responses": ResponsesServer,
    "azure": AzureServer,
}


@pytest.fixture(scope="module")
def vendors() -> Iterator[dict[str, Vendor]]:
    """The servers, in a thread with a loop of their own."""
    ready: Future[tuple[dict[str, Vendor], asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            running = {name: await stack.enter_async_context(server()) for name, server in SERVERS.items()}
            ready.set_result((running, asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    running, loop, stop = ready.result(10)
    yield running
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)


@pytest.mark.req("SYS-NFR-001", "SYS-REQ-002")
def test_a_vendors_key_appears_nowhere(vendors: dict[str, Vendor], tmp_path: Path) -> None:
    variables = {"PLUGGABLY_LOG_LEVEL": "debug"}
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
