"""The gateway inside the test's own process: called through ASGI, or served on loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from pluggably.app import create_app
from pluggably.features.users.passwords import Passwords
from pluggably.kit.protocol import ClientProtocol
from pluggably.settings import Settings
from tests.fakes.openai_server import OpenAIServer

KEY = "pgk_test_CANARY_operator_key"
AUTHORISED = {"x-api-key": KEY}


def cheap_passwords() -> Passwords:
    """Hashes as they are kept, but made at once: a login of a test takes no tenth of a second."""
    return Passwords(memory_kib=64, passes=1)


@asynccontextmanager
async def running_app(
    data_dir: Path, *, passwords: Callable[[], Passwords] = cheap_passwords, **settings: Any
) -> AsyncIterator[FastAPI]:
    """The application after its start; one operator key unless `settings` say otherwise."""
    nowhere = {"endpoint": "http://127.0.0.1:9"}  # no test asks the real hub
    given = {"data_dir": data_dir, "api_keys": [KEY], "builtin_models": False, "hub": nowhere, **settings}
    app = create_app(Settings.model_validate(given), passwords=passwords)
    async with app.router.lifespan_context(app):
        yield app


def client_of(app: FastAPI, *, peer: str = "127.0.0.1", **options: Any) -> httpx.AsyncClient:
    """Calls the application through ASGI; answers come whole. No key unless `headers` hold one."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(peer, 50_000))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8080", **options)


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The application, already started, on a real server; its URL."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else Nagle delays answers
    listener.bind(("127.0.0.1", 0))
    listener.listen(256)
    config = uvicorn.Config(
        app, http=ClientProtocol, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        listener.close()


def providers(base_url: str, *, key: str = "sk-CANARY-provider", **more: Any) -> dict[str, Any]:
    """`acme` at this address, as the setting `providers` has it."""
    return {"acme": {"base_url": base_url, "api_key": key, **more}}


@contextmanager
def served_aside(data_dir: Path, **settings: Any) -> Iterator[tuple[str, FastAPI]]:
    """The application with the provider `acme`, served by a thread, for tests that run in no loop."""
    ready: Future[tuple[str, FastAPI, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        async with (
            OpenAIServer() as upstream,
            running_app(data_dir, providers=providers(upstream.base_url), **settings) as app,
            served(app) as url,
        ):
            ready.set_result((url, app, asyncio.get_running_loop(), stop))
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = Thread(target=run)
    thread.start()
    try:
        url, app, loop, stop = ready.result(30)
        yield url, app
        loop.call_soon_threadsafe(stop.set)
    finally:
        thread.join(30)
