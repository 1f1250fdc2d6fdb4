"""The server of runtimes that make images and meshes: HTTP on a unix socket, streamed lines of JSON.

`POST /generate` takes
`{"modality": "image" | "3d", "prompt": str, "images": [base64, …], "parameters": {…}, "previews": bool,
"history": [str, …]}` and answers
with `application/x-ndjson`, one event a line:

- `{"event": "progress", "step": 1, "steps": 4, "preview": base64 of a PNG | null}`, any number of times, then either
- `{"event": "output", "items": [ITEM, …], "seed": int, "warnings": [str, …]}` or
- `{"event": "error", "code": str, "message": str, "param": str | null}`, with a code of `pluggably.errors`.

An item is `{"media_type": "image/png", "data": base64, "width": int, "height": int}` or `{"media_type":
"model/gltf-binary", "data": base64, "vertices": int, "faces": int, "preview": base64 of a PNG | null}`. A body that
is no such object is answered with 400 and an error event. Requests are worked on one at a time, in the order in
which they came; a client that goes away cancels its own, at the next step at the latest. `GET /health` answers
meanwhile.
"""

from __future__ import annotations

import asyncio
import binascii
import contextlib
import json
import threading
import traceback
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from pluggably.errors import InternalError, PluggablyError, UnsupportedFeature, ValidationFailed
from pluggably.runtimes._child import Parent

MAX_BODY_BYTES = 256 * 2**20
"""As much as the gateway's own limits let through: several images of 20 MiB in base64."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be made. `images` are files; `parameters` were checked against the model's schema; `history` are the
    earlier prompts of the conversation, for an engine that goes on from what they made."""

    modality: str
    prompt: str
    images: list[bytes] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    previews: bool = False
    history: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImageItem:
    """A finished picture, as a file of this media type."""

    media_type: str
    data: bytes
    width: int
    height: int

    def fields(self) -> dict[str, Any]:
        """Its form on the wire."""
        return {
            "media_type": self.media_type,
            "data": b64encode(self.data).decode(),
            "width": self.width,
            "height": self.height,
        }


@dataclass(frozen=True, slots=True)
class MeshItem:
    """A finished mesh, as a file of this media type; `preview` is a PNG."""

    media_type: str
    data: bytes
    vertices: int
    faces: int
    preview: bytes | None

    def fields(self) -> dict[str, Any]:
        """Its form on the wire."""
        return {
            "media_type": self.media_type,
            "data": b64encode(self.data).decode(),
            "vertices": self.vertices,
            "faces": self.faces,
            "preview": None if self.preview is None else b64encode(self.preview).decode(),
        }


@dataclass(frozen=True, slots=True)
class Output:
    """What was made, the seed that makes it again, and what could not be done as asked."""

    items: list[ImageItem] | list[MeshItem]
    seed: int
    warnings: list[str] = field(default_factory=list)


class Cancelled(Exception):
    """Nobody waits for this work any more."""


class Work:
    """One job under way, as its engine sees it. Its methods raise `Cancelled`: let it pass."""

    def __init__(self, tell: Callable[[bytes], None]) -> None:
        self._tell = tell
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Make the next call of the engine raise."""
        self._stopped.set()

    def checkpoint(self) -> None:
        """Go on if somebody still waits; to be called several times a second."""
        if self._stopped.is_set():
            raise Cancelled

    def progress(self, step: int, steps: int, preview: bytes | None = None) -> None:
        """Say that `step` of `steps` is done. `preview` is a PNG."""
        self.checkpoint()
        encoded = None if preview is None else b64encode(preview).decode()
        self._tell(_line({"event": "progress", "step": step, "steps": steps, "preview": encoded}))


class Engine(Protocol):
    """Makes images or meshes; one job at a time, in a thread of its own."""

    @property
    def modalities(self) -> frozenset[str]:
        """What it makes: `image`, `3d`."""

    def generate(self, job: Job, work: Work) -> Output:
        """Do the job. Raises `PluggablyError` for what can't be done, and lets `Cancelled` pass."""


def serve(parent: Parent, engine: Engine, socket_path: str, **details: Any) -> None:
    """Serve the engine until the process ends; the parent hears `details` once it can be asked."""
    asyncio.run(_serve(parent, engine, socket_path, details))


async def _serve(parent: Parent, engine: Engine, socket_path: str, details: dict[str, Any]) -> None:
    server = _Server(engine)
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.add_routes([web.get("/health", server.health), web.post("/generate", server.generate)])
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None)
    await runner.setup()
    await web.UnixSite(runner, socket_path).start()
    parent.ready(**details)
    await asyncio.Event().wait()


class _Server:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
        """One thread is the engine's lock and the queue of jobs."""

    async def health(self, _request: web.Request) -> web.Response:
        """That the process is alive, however busy the engine is."""
        return web.json_response({"status": "ok"})

    async def generate(self, request: web.Request) -> web.StreamResponse:
        """Do one job; its events are lines. Cancelled by the server when the client goes away."""
        body = await request.read()
        try:
            job = await asyncio.to_thread(_read_job, body, self._engine.modalities)
        except PluggablyError as error:
            return web.Response(status=400, body=_error_line(error), content_type="application/x-ndjson")
        response = web.StreamResponse(headers={"content-type": "application/x-ndjson"})
        await response.prepare(request)
        loop = asyncio.get_running_loop()
        lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        work = Work(lambda line: _hand_over(loop, lines, line))
        task = loop.run_in_executor(self._thread, self._do, job, work)
        task.add_done_callback(lambda _: lines.put_nowait(None))
        try:
            while (line := await lines.get()) is not None:
                await response.write(line)
            last = task.result()
            if last is not None:
                await response.write(last)
            await response.write_eof()
        except ConnectionError:
            pass  # the client has gone; the task is stopped all the same
        finally:
            work.stop()
            task.cancel()  # ends what has not begun; what has begun sees `stop`
        return response

    def _do(self, job: Job, work: Work) -> bytes | None:
        """The last line of a job; None where nobody waits for it. Never raises."""
        try:
            work.checkpoint()
            output = self._engine.generate(job, work)
            work.checkpoint()
            items = [item.fields() for item in output.items]
            return _line({"event": "output", "items": items, "seed": output.seed, "warnings": output.warnings})
        except Cancelled:
            return None
        except PluggablyError as error:
            return _error_line(error)
        except Exception:
            traceback.print_exc()
            return _error_line(InternalError("The engine failed."))


def _hand_over(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[bytes | None], line: bytes) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: the process is ending
        loop.call_soon_threadsafe(lines.put_nowait, line)


def _read_job(body: bytes, modalities: frozenset[str]) -> Job:
    try:
        given = json.loads(body)
    except ValueError as error:
        raise ValidationFailed.of("body", f"no JSON: {error}") from error
    if not isinstance(given, dict):
        raise ValidationFailed.of("body", "not an object")
    modality, prompt = given.get("modality"), given.get("prompt") or ""
    images, parameters = given.get("images") or [], given.get("parameters") or {}
    if modality not in modalities:
        raise UnsupportedFeature(f"This engine makes {', '.join(sorted(modalities))}.", param="modality")
    if not isinstance(prompt, str):
        raise ValidationFailed.of("prompt", "not a string")
    if not isinstance(parameters, dict):
        raise ValidationFailed.of("parameters", "not an object")
    history = given.get("history") or []
    if not isinstance(history, list) or not all(isinstance(said, str) for said in history):
        raise ValidationFailed.of("history", "not a list of strings")
    if not isinstance(images, list) or not all(isinstance(image, str) for image in images):
        raise ValidationFailed.of("images", "not a list of strings")
    try:
        files = [binascii.a2b_base64(image, strict_mode=True) for image in images]
    except ValueError as error:
        raise ValidationFailed.of("images", f"no base64: {error}") from error
    return Job(modality, prompt, files, parameters, bool(given.get("previews")), history)


def _line(event: dict[str, Any]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"


def _error_line(error: PluggablyError) -> bytes:
    return _line({"event": "error", "code": error.code, "message": error.message, "param": error.param})
