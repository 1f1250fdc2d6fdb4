"""The vendor of `examples/acme-provider`: a server on loopback that speaks a format of its own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = "acme-secret"
PIECES = ("The answer", " is", " 42.")


@dataclass
class Acme:
    """A running server, and what it was asked."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """`POST /v2/answers`."""
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return web.json_response({"oops": "who are you?"}, status=401)
        body = await request.json()
        self.asked.append(body)
        if not body["live"]:
            return web.json_response({"answer": "".join(PIECES), "read": 7, "written": 3})
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for piece in PIECES:
            await response.write(f"event: piece\ndata: {json.dumps({'text': piece})}\n\n".encode())
        await response.write(b'event: weather\ndata: {"sunny": true}\n\n')
        await response.write(b'event: end\ndata: {"read": 7, "written": 3}\n\n')
        return response

    async def oracles(self, request: web.Request) -> web.Response:
        """`GET /v2/oracles`."""
        return web.json_response(["oracle-1", "oracle-2"])


@contextmanager
def running_acme() -> Iterator[Acme]:
    """Start it in a thread of its own."""
    acme = Acme()
    loop = asyncio.new_event_loop()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/v2/answers", acme.answer)
        app.router.add_get("/v2/oracles", acme.oracles)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        acme.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    runner = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield acme
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
