"""Many streams at once through one process, beside a reader that does not read; `make bench` has a thousand."""

from __future__ import annotations

import asyncio
import json
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psutil
import pytest

from benchmarks.load import Calls, Endpoint, saturate
from benchmarks.upstream import Upstream
from tests.factories.gateways import KEY, Gateway, running_gateway
from tests.fakes.openai_server import OpenAIServer

STREAMS = 200
PACE_MS = 50


@contextmanager
def few_open_files(soft: int) -> Iterator[None]:
    """What starts meanwhile has a low soft limit on open files, as many systems give it."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@asynccontextmanager
async def slow_vendor() -> AsyncIterator[str]:
    """A vendor that paces its streams as each call asks; its base URL."""
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0, backlog=1024)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


async def unread(gateway: Gateway, path: str) -> asyncio.StreamWriter:
    """A client that asks for an endless stream and reads no more than its head."""
    prompt = (
        {"input": {"prompt": "Hi"}} if path == "/v1/generate" else {"messages": [{"role": "user", "content": "Hi"}]}
    )
    body = json.dumps({"model": "endless:endless", "stream": True, **prompt}).encode()
    host, port = gateway.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {KEY}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    assert b"200" in await reader.readline()
    return writer


@pytest.mark.req("SYS-NFR-003", "SYS-NFR-006")
@pytest.mark.alone
async def test_no_stream_of_many_stalls_another_and_the_memory_stays_small(tmp_path: Path) -> None:
    async with slow_vendor() as url, OpenAIServer() as endless:
        variables = {
            "PLUGGABLY_PROVIDERS__MOCK__BASE_URL": url,
            "PLUGGABLY_PROVIDERS__ENDLESS__BASE_URL": endless.base_url,
        }
        started = running_gateway(tmp_path, **variables)
        with few_open_files(STREAMS + 56):  # each stream takes two
            gateway = await asyncio.to_thread(started.__enter__)
        silent = list[asyncio.StreamWriter]()
        try:
            silent += [await unread(gateway, path) for path in ("/v1/generate", "/v1/chat/completions")]
            process, most = psutil.Process(gateway.process.pid), 0

            async def look() -> None:
                nonlocal most
                while True:
                    most = max(most, process.memory_info().rss)
                    await asyncio.sleep(0.1)

            looking = asyncio.create_task(look())
            endpoint = Endpoint(
                int(gateway.url.rpartition(":")[2]), "mock:gpt-4o-mini", {"authorization": f"Bearer {KEY}"}
            )
            calls = Calls(endpoint, stream=True, pace_ms=PACE_MS)
            tally = await saturate(calls, STREAMS, 0.0, spread=1.0, watch_pauses=True)
            looking.cancel()
            assert not tally.errors
            assert tally.answers == STREAMS
            assert tally.longest_pause < 2, "the vendor's own pauses are 0.05 s; the rest is for slow machines"
            assert most < 250e6
            sent = [chat.sent for chat in endless.chats]
            assert len(sent) == len(silent)
            assert max(sent) < 30_000_000, "nobody reads, and yet it keeps coming"
            for writer in silent:
                writer.close()
            await endless.until(lambda: all(chat.left for chat in endless.chats))
        finally:
            for writer in silent:  # or the gateway waits for their end
                writer.close()
            await asyncio.to_thread(started.__exit__, None, None, None)
        (told,) = (json.loads(line) for line in gateway.logs().splitlines() if '"open_files"' in line)
        assert told["limit"] > 2 * STREAMS
