"""What the Python client costs: its import, and its processor time for each token of a stream.

`python -m benchmarks.client_stream`. The server is a process of its own that writes every token by itself, as a
gateway does; only the client's processor time counts.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from statistics import median
from time import process_time

from pluggably_client import AsyncPluggably, Pluggably

TOKENS = 5_000
ROUNDS = 5
LIMIT_US = 50
LIMIT_IMPORT_MS = 150

_SELECTION = {"selected_model": "m", "selected_provider": "local", "requested": "m", "reason": "model_id"}
_RESPONSE = {
    "request_id": "req_1",
    "model": "m",
    "provider": "local",
    "modality": "text",
    "selection": {**_SELECTION, "fallback_used": False, "attempts": []},
    "output": {"text": ""},
    "finish_reason": "stop",
    "usage": {},
    "timing": {"queue_ms": 0, "load_ms": 0, "total_ms": 1},
    "warnings": [],
}


def _event(name: str, number: int, data: object) -> bytes:
    return f"event: {name}\nid: {number}\ndata: {json.dumps(data)}\n\n".encode()


def _serve(ready: Connection) -> None:
    """A server that answers everything with a stream."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split()[0]))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for number in range(1, TOKENS + 1):
            writer.write(_event("delta", number, {"text": " token"}))
            await writer.drain()
        writer.write(_event("output", TOKENS + 1, _RESPONSE) + b"data: [DONE]\n\n")
        await writer.drain()
        writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def token_server() -> Iterator[str]:
    """Its address."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def synchronous(url: str) -> float:
    """Microseconds of processor time for each token."""
    with Pluggably(url) as client:
        client.stream("Hello").finish()  # whatever the first one costs: the models are loaded by it
        taken = []
        for _ in range(ROUNDS):
            began = process_time()
            with client.stream("Hello") as events:
                count = sum(1 for _ in events)
            assert count == TOKENS + 1
            taken.append((process_time() - began) / count)
    return median(taken) * 1e6


async def asynchronous(url: str) -> float:
    """The same in an event loop."""
    async with AsyncPluggably(url) as client:
        await client.stream("Hello").finish()
        taken = []
        for _ in range(ROUNDS):
            began, count = process_time(), 0
            async with client.stream("Hello") as events:
                async for _event in events:
                    count += 1
            assert count == TOKENS + 1
            taken.append((process_time() - began) / count)
    return median(taken) * 1e6


def import_ms(rounds: int = ROUNDS) -> float:
    """Milliseconds that `import pluggably_client` takes in a new process; the best of some."""
    code = "import time; t = time.perf_counter(); import pluggably_client; print((time.perf_counter() - t) * 1000)"
    found = [subprocess.run([sys.executable, "-c", code], capture_output=True, check=True) for _ in range(rounds)]
    return min(float(done.stdout) for done in found)


def main() -> int:
    """Print the figures; 1 where one is over its limit."""
    imported = import_ms()
    with token_server() as url:
        whole, loop = synchronous(url), asyncio.run(asynchronous(url))
    print(f"import pluggably_client: {imported:.0f} ms (limit {LIMIT_IMPORT_MS})")
    print(f"a streamed token: {whole:.1f} µs, in an event loop {loop:.1f} µs (limit {LIMIT_US})")
    return 0 if imported < LIMIT_IMPORT_MS and max(whole, loop) < LIMIT_US else 1


if __name__ == "__main__":
    raise SystemExit(main())
