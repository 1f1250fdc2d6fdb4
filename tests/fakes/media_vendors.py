"""Servers on loopback that speak the formats of image and 3D vendors, well and badly.

What happens to a task is chosen by the first word of its prompt (`COURSES`); vendors without tasks look at it too.
Results lie on the vendor's own host under `/files/`, or on another one (`elsewhere`). Each vendor has a prefix:
`server.base_url("meshy")`.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web

from tests.factories.images import image_bytes

PICTURE = image_bytes("PNG", (64, 48))
JPEG = image_bytes("JPEG", (40, 30))
WEBP = image_bytes("WEBP", (20, 20))
PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


def glb(corners: int = 3, triangles: int = 1) -> bytes:
    """A GLB with this many vertices and faces."""
    points = struct.pack(f"<{3 * corners}f", *[float(index % 7) for index in range(3 * corners)])
    indices = struct.pack(f"<{3 * triangles}H", *[index % corners for index in range(3 * triangles)])
    indices += b"\0" * (-len(indices) % 4)
    header = {
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": len(points) + len(indices)}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": len(points)},
            {"buffer": 0, "byteOffset": len(points), "byteLength": 6 * triangles},
        ],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": corners,
                "type": "VEC3",
                "min": [0] * 3,
                "max": [6] * 3,
            },
            {"bufferView": 1, "componentType": 5123, "count": 3 * triangles, "type": "SCALAR"},
        ],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
        "scene": 0,
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    data = points + indices
    length = 12 + 8 + len(text) + 8 + len(data)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(data), b"BIN\0") + data
    return struct.pack("<4sII", b"glTF", 2, length) + chunks


MESH = glb(30, 20)
LARGE_MESH = glb(40_000, 20_000)

Step = tuple[str, Any]
COURSES: dict[str, list[Step]] = {
    "quick": [("done", "good")],
    "queue": [("queued", 2), ("queued", 1), ("running", 10), ("running", 60), ("done", "good")],
    "large": [("running", 50), ("done", "large")],
    "fails": [("running", 20), ("failed", "The worker crashed.")],
    "refused": [("failed", "Blocked by the safety system: NSFW")],
    "cancelled": [("running", 20), ("cancelled", None)],
    "banned": [("banned", None)],
    "expires": [("expired", None)],
    "slow": [("queued", 1), ("running", 5), ("forever", 7)],
    "waits": [("forever-queued", 4)],
    "hints": [("running", 42), ("done", "good")],
    "busy": [("running", 10), ("status", 503), ("status", 500), ("done", "good")],
    "down": [("running", 10), *[("status", 503)] * 50],
    "limited": [("running", 10), ("status", 429), ("done", "good")],
    "proxy": [("running", 10), ("page", None), ("running", 40), ("done", "good")],
    "key": [("status", 401)],
    "elsewhere": [("done", "elsewhere")],
    "redirected": [("done", "redirected")],
    "gone": [("done", "gone")],
    "flaky": [("done", "flaky")],
    "truncated": [("done", "truncated")],
    "damaged": [("done", "damaged")],
    "page": [("done", "page")],
    "file": [("done", "file")],
}
"""What each poll of a task finds; the last step stays."""


@dataclass
class Recorded:
    """A request as it came; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    host: str

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, list[bytes]]:
        """The fields of a multipart body."""
        boundary = self.headers["content-type"].partition("boundary=")[2].encode()
        fields: dict[str, list[bytes]] = {}
        for part in self.body.split(b"--" + boundary)[1:-1]:
            head, _, value = part.strip(b"\r\n").partition(b"\r\n\r\n")
            name = re.search(rb'name="([^"]+)"', head)
            assert name is not None
            fields.setdefault(name[1].decode(), []).append(value)
        return fields


@dataclass
class Task:
    """A task at a vendor."""

    id: str
    vendor: str
    course: list[Step]
    asked: Any
    cancelled: bool = False
    polls: int = 0
    kind: str = ""

    def step(self) -> Step:
        """What the next poll finds."""
        self.polls += 1
        step = self.course.pop(0) if len(self.course) > 1 else self.course[0]
        if step[0] == "forever":
            return "running", step[1]
        return ("queued", step[1]) if step[0] == "forever-queued" else step


@dataclass
class MediaVendors:
    """All vendors on one server, results also on another; `delay_s` before a submit is answered."""

    requests: list[Recorded] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)
    root: str = ""
    other_root: str = ""
    delay_s: float = 0.0
    failing: int = 0
    """How often the flaky file still fails."""
    again_s: float | None = None
    """When the next poll is wanted, in seconds, where the vendor says it."""
    refusals: list[int | None] = field(default_factory=list)
    """The statuses with which the next tasks are not taken; None: it is."""

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def base_url(self, vendor: str) -> str:
        """The vendor's base URL."""
        return f"{self.root}/{vendor}" + ("/v1" if vendor == "huggingface" else "")

    def asked(self, part: str, method: str | None = None) -> list[Recorded]:
        """The requests whose path holds `part`."""
        return [item for item in self.requests if part in item.path and method in (None, item.method)]

    def begin(self, vendor: str, prompt: str, asked: Any, kind: str = "") -> Task:
        """A new task."""
        word = prompt.partition(" ")[0] or "quick"
        task = Task(
            f"task-{next(self._numbers)}", vendor, list(COURSES.get(word, COURSES["quick"])), asked, kind=kind
        )
        self.tasks[task.id] = task
        return task

    def link(self, which: str, ending: str) -> str:
        """Where a result is."""
        root = self.other_root if which == "elsewhere" else self.root
        if which == "file":
            return "file:///etc/passwd"
        return f"{root}/files/{which}.{ending}?X-Sig=a%2Fb%3D&expires=9"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        self.requests.append(Recorded(request.method, request.path_qs, headers, body, request.host))
        _, area, *rest = request.path.split("/")
        if area == "files":
            return await self._file(request, rest[0])
        refusal = self.refusals.pop(0) if self.refusals and request.method == "POST" else None
        if refusal is not None:
            headers = {"retry-after": "1"} if refusal == 429 else {}
            return web.json_response({"message": "no"}, status=refusal, headers=headers)
        vendor = _VENDORS.get(area)
        if vendor is None:
            return web.json_response({"detail": "Not Found"}, status=404)
        answer = await vendor(self, request, rest, body)
        if self.again_s is not None and request.method == "GET" and answer.status == 200:
            answer.headers.setdefault("retry-after", str(self.again_s))
        return answer

    async def _file(self, request: web.Request, name: str) -> web.StreamResponse:
        which, _, ending = name.partition(".")
        content = {"png": PICTURE, "jpg": JPEG, "webp": WEBP, "glb": MESH}[ending]
        if which == "gone":
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        if which == "redirected":
            raise web.HTTPFound(f"{self.other_root}/files/good.{ending}")
        if which == "flaky" and self.failing > 0:
            self.failing -= 1
            return web.Response(status=503)
        if which == "large":
            content = LARGE_MESH if ending == "glb" else image_bytes("PNG", (900, 900), "RGB")
        if which == "damaged":
            content = content[: len(content) // 2]
        if which == "page":
            content = PAGE
        if which == "truncated":
            response = web.StreamResponse(headers={"Content-Length": str(len(content))})
            await response.prepare(request)
            await response.write(content[:100])
            assert request.transport is not None
            request.transport.close()
            return response
        return web.Response(body=content, content_type="application/octet-stream")

    def plain_answer(self, step: Step) -> web.Response | None:
        """The answer to a poll that is the same at every vendor."""
        if step[0] == "status":
            headers = {"retry-after": "1"} if step[1] == 429 else {}
            return web.json_response({"message": "no"}, status=step[1], headers=headers)
        return web.Response(body=PAGE, content_type="text/html") if step[0] == "page" else None


async def _meshy(server: MediaVendors, request: web.Request, rest: list[str], body: bytes) -> web.StreamResponse:
    """`/v2/text-to-3d`, `/v1/image-to-3d`, each with `/ID`."""
    kind = rest[1]
    if kind == "balance":
        return web.json_response({"balance": 980})
    if request.method == "POST":
        asked = json.loads(body)
        await asyncio.sleep(server.delay_s)
        preview = server.tasks.get(asked.get("preview_task_id", ""))
        prompt = preview.asked["prompt"] if preview else asked.get("prompt", "")
        task = server.begin("meshy", "queue" if preview and prompt.startswith("queue") else prompt, asked, kind)
        if preview:
            task.course = [("running", 50), task.course[-1]]
        return web.json_response({"result": task.id}, status=202)
    task = server.tasks[rest[2]]
    if request.method == "DELETE":
        task.cancelled = True
        return web.Response(status=204)
    step = task.step()
    answer = server.plain_answer(step)
    if answer is not None:
        return answer
    states = {"queued": "PENDING", "running": "IN_PROGRESS", "done": "SUCCEEDED", "cancelled": "CANCELED"}
    mode = task.asked.get("mode", "")
    found: dict[str, Any] = {
        "id": task.id,
        "type": f"text-to-3d-{mode}" if mode else "image-to-3d",
        "status": states.get(step[0], "FAILED"),
        "progress": step[1] if step[0] == "running" else 100 if step[0] == "done" else 0,
        "preceding_tasks": step[1] if step[0] == "queued" else 0,
        "task_error": {"message": step[1] or step[0]} if step[0] in ("failed", "banned", "expired") else None,
    }
    if step[0] == "done":
        found["model_urls"] = {"glb": server.link(step[1], "glb"), "fbx": "", "usdz": ""}
        found["thumbnail_url"] = server.link("good", "png")
        found["consumed_credits"] = 10 if mode == "refine" else 20
    hint = {"retry-after": "1"} if step[0] == "running" and step[1] == 42 else {}
    return web.json_response(found, headers={**hint, "x-ratelimit-reset": "600"})


_FAL_REFUSALS: dict[str, tuple[int, Any]] = {
    "invalid": (422, [{"loc": ["body", "image_size"], "msg": "too large", "type": "value_error"}]),
    "unsafe": (422, [{"loc": ["body", "prompt"], "msg": "flagged", "type": "content_policy_violation"}]),
    "poor": (403, "User is locked. Reason: Exhausted balance."),
}


async def _fal(server: MediaVendors, request: web.Request, rest: list[str], body: bytes) -> web.StreamResponse:
    """`/OWNER/NAME[/MORE]`, then `/OWNER/NAME/requests/ID[/status|/cancel]`."""
    if "requests" not in rest:
        asked = json.loads(body)
        await asyncio.sleep(server.delay_s)
        task = server.begin("fal", asked.get("prompt", ""), asked, "/".join(rest))
        return web.json_response({"request_id": task.id, "status": "IN_QUEUE", "status_url": "http://elsewhere/"})
    place = rest.index("requests")
    assert place == 2, "a task is under its model's owner and name"
    task = server.tasks[rest[place + 1]]
    what = rest[place + 2] if len(rest) > place + 2 else ""
    if what == "cancel":
        task.cancelled = request.method == "PUT"
        return web.json_response({"status": "CANCELLATION_REQUESTED"}, status=202)
    if what == "status":
        step = task.step()
        answer = server.plain_answer(step)
        if answer is not None:
            return answer
        states = {"queued": "IN_QUEUE", "running": "IN_PROGRESS", "done": "COMPLETED", "failed": "COMPLETED"}
        found: dict[str, Any] = {"status": states.get(step[0], "COMPLETED"), "request_id": task.id, "logs": None}
        if step[0] == "queued":
            found["queue_position"] = step[1] - 1
        if found["status"] == "COMPLETED" and step[0] != "done":
            found["error"] = step[1] or step[0]
        task.kind = step[1] if step[0] == "done" else task.kind
        return web.json_response(found)
    word = task.asked.get("prompt", "").partition(" ")[0]
    if word in _FAL_REFUSALS:
        status, detail = _FAL_REFUSALS[word]
        return web.json_response({"detail": detail}, status=status)
    if rest[1] == "trellis":
        return web.json_response(
            {"model_mesh": {"url": server.link(task.kind, "glb"), "file_size": 1}, "timings": {}}
        )
    count = task.asked.get("num_images", 1)
    images = [{"url": server.link(task.kind, "png"), "width": 1, "height": 1, "content_type": "image/png"}] * count
    unsafe = [number < task.asked.get("unsafe", 0) for number in range(count)]
    return web.json_response({"images": images, "has_nsfw_concepts": unsafe, "seed": 1})


async def _openai(server: MediaVendors, request: web.Request, rest: list[str], body: bytes) -> web.StreamResponse:
    """`/models`, `/images/generations` and `/images/edits`, whole and streamed."""
    if rest == ["models"]:
        names = ["gpt-test", "gpt-image-1"]
        rows = [{"id": name, "object": "model", "created": 1, "owned_by": "fake"} for name in names]
        return web.json_response({"object": "list", "data": rows})
    asked = _fields(request, body)
    word = str(asked["prompt"]).split(" ")[0]
    kind = "image_edit" if rest[-1] == "edits" else "image_generation"
    if word == "refused":
        error = {"code": "moderation_blocked", "message": "Your request was rejected.", "type": "image_error"}
        return web.json_response({"error": error}, status=400)
    if word == "page":
        return web.Response(body=PAGE, content_type="text/html")
    usage = {"input_tokens": 11, "output_tokens": 4160, "total_tokens": 4171}
    image = base64.b64encode(PICTURE if word != "damaged" else PICTURE[:60]).decode()
    if str(asked.get("stream", "")).lower() != "true":
        count = int(asked.get("n", 1))
        return web.json_response({"created": 1, "data": [{"b64_json": image}] * count, "usage": usage})
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    for index in range(int(asked["partial_images"])):
        event = {"type": f"{kind}.partial_image", "b64_json": image, "partial_image_index": index}
        await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
    if word == "fails":
        event = {"type": "error", "error": {"code": "server_error", "message": "It broke."}}
        await response.write(f"event: error\ndata: {json.dumps(event)}\n\n".encode())
        return response
    if word != "truncated":
        done = {"type": f"{kind}.completed", "b64_json": image, "usage": usage}
        await response.write(f"event: {done['type']}\ndata: {json.dumps(done)}\n\n".encode())
    return response


async def _stability(server: MediaVendors, request: web.Request, rest: list[str], body: bytes) -> web.StreamResponse:
    """`/v2beta/stable-image/generate/NAME` and `/v2beta/3d/stable-fast-3d`."""
    if rest == ["v1", "user", "balance"]:
        return web.json_response({"credits": 0.5})
    asked = _fields(request, body)
    if rest[1] == "3d":
        return web.Response(body=MESH, content_type="model/gltf-binary")
    word = str(asked["prompt"]).split(" ")[0]
    if word == "refused":
        refusal = {"id": "1", "name": "content_moderation", "errors": ["Your request was flagged."]}
        return web.json_response(refusal, status=403)
    if word == "invalid":
        refusal = {"id": "1", "name": "bad_request", "errors": ["style_preset: is not a valid style"]}
        return web.json_response(refusal, status=400)
    reason = "CONTENT_FILTERED" if word == "filtered" else "SUCCESS"
    return web.json_response({"image": base64.b64encode(PICTURE).decode(), "finish_reason": reason, "seed": 7})


async def _replicate(server: MediaVendors, request: web.Request, rest: list[str], body: bytes) -> web.StreamResponse:
    """`/predictions`, `/models/OWNER/NAME/predictions`, then `/predictions/ID[/cancel]`."""
    if rest[-1] == "predictions":
        asked = json.loads(body)
        await asyncio.sleep(server.delay_s)
        task = server.begin("replicate", asked["input"].get("prompt", ""), asked, "/".join(rest[1:3]))
        return web.json_response({"id": task.id, "status": "starting", "logs": "", "output": None}, status=201)
    task = server.tasks[rest[1]]
    if rest[-1] == "cancel":
        task.cancelled = request.method == "POST"
        return web.json_response({"id": task.id, "status": "canceled"})
    step = task.step()
    answer = server.plain_answer(step)
    if answer is not None:
        return answer
    states = {"queued": "starting", "running": "processing", "done": "succeeded", "cancelled": "canceled"}
    logs = f"Using seed: 1\n  4%|4  |\r {step[1]}%|##  | 3/28\n" if step[0] == "running" else ""
    error = step[1] or step[0] if step[0] in ("failed", "banned", "expired") else None
    found = {"id": task.id, "status": states.get(step[0], "failed"), "logs": logs, "error": error, "output": None}
    if step[0] == "done":
        if "images" in task.asked["input"]:
            movie = server.link("good", "png")
            found["output"] = {"color_video": movie, "model_file": server.link(step[1], "glb")}
        else:
            found["output"] = [server.link(step[1], "webp" if step[1] == "good" else "png")]
    return web.json_response(found)


async def _tripo(server: MediaVendors, request: web.Request, rest: list[str], body: bytes) -> web.StreamResponse:
    """`/upload/sts`, `/task`, `/task/ID`; every answer is `{code, data}`."""
    if rest == ["user", "balance"]:
        return web.json_response({"code": 0, "data": {"balance": 0, "frozen": 0}})
    if rest[0] == "upload":
        return web.json_response({"code": 0, "data": {"image_token": "token-1"}})
    if request.method == "POST":
        asked = json.loads(body)
        word = asked.get("prompt", "").split(" ")[0]
        if word in ("poor", "forbidden"):
            code, status = (2010, 403) if word == "poor" else (2008, 400)
            return web.json_response({"code": code, "message": "no", "suggestion": "Buy more."}, status=status)
        task = server.begin("tripo", asked.get("prompt", ""), asked)
        return web.json_response({"code": 0, "data": {"task_id": task.id}})
    task = server.tasks[rest[1]]
    step = task.step()
    answer = server.plain_answer(step)
    if answer is not None:
        return answer
    states = {"done": "success"}
    found: dict[str, Any] = {"task_id": task.id, "status": states.get(step[0], step[0]), "progress": 0, "output": {}}
    if step[0] == "queued":
        found["queue_position"] = step[1]
    if step[0] == "running":
        found |= {"progress": step[1], "running_left_time": 12}
    if step[0] == "done":
        found["output"] = {"pbr_model": server.link(step[1], "glb"), "rendered_image": server.link("good", "webp")}
        found["consumed_credit"] = 30
    return web.json_response({"code": 0, "data": found})


async def _google(server: MediaVendors, request: web.Request, rest: list[str], body: bytes) -> web.StreamResponse:
    """`/models/NAME:generateContent`."""
    if request.method == "GET":
        row = {"name": "models/gemini-2.5-flash-image", "supportedGenerationMethods": ["generateContent"]}
        return web.json_response({"models": [row]})
    parts = json.loads(body)["contents"][0]["parts"]
    word = next((part["text"] for part in parts if "text" in part), "").split(" ")[0]
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 1290, "totalTokenCount": 1299}
    if word == "blocked":
        return web.json_response({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": usage})
    if word == "unsafe":
        return web.json_response({"candidates": [{"content": {}, "finishReason": "IMAGE_SAFETY"}]})
    if word == "talks":
        said = {"parts": [{"text": "I'd rather not."}], "role": "model"}
        return web.json_response({"candidates": [{"content": said, "finishReason": "STOP"}], "usageMetadata": usage})
    drawn = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(PICTURE).decode()}}
    content = {"parts": [{"text": "Here it is:"}, drawn], "role": "model"}
    return web.json_response({"candidates": [{"content": content, "finishReason": "STOP"}], "usageMetadata": usage})


async def _xai(server: MediaVendors, request: web.Request, rest: list[str], body: bytes) -> web.StreamResponse:
    """`/images/generations` and `/images/edits`, both JSON."""
    if rest == ["models"]:
        return web.json_response({"data": [{"id": "grok-test", "object": "model"}]})
    asked = json.loads(body)
    kept = {"b64_json": base64.b64encode(JPEG).decode(), "respect_moderation": True}
    images = [kept] * asked.get("n", 1)
    if asked["prompt"].startswith("partly"):
        images[0] = {"respect_moderation": False}
    if asked["prompt"].startswith("refused"):
        images = [{"respect_moderation": False}]
    return web.json_response({"data": images, "model": asked["model"]})


async def _huggingface(
    server: MediaVendors, request: web.Request, rest: list[str], body: bytes
) -> web.StreamResponse:
    """`/v1/models`, and `/hf-inference/models/OWNER/NAME` beside it."""
    if rest == ["v1", "models"]:
        return web.json_response({"data": [{"id": "org/chat", "object": "model"}]})
    assert rest[:2] == ["hf-inference", "models"]
    if json.loads(body)["inputs"].startswith("cold"):
        busy = {"error": "Model is currently loading", "estimated_time": 20.0}
        return web.json_response(busy, status=503)
    return web.Response(body=JPEG, content_type="image/jpeg")


def _fields(request: web.Request, body: bytes) -> dict[str, Any]:
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        return dict(json.loads(body))
    if kind.startswith("multipart/form-data"):
        form = Recorded("", "", {"content-type": kind}, body, "").form
        return {name: values[0].decode("latin-1") for name, values in form.items()}
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


_Vendor = Callable[[MediaVendors, web.Request, list[str], bytes], Any]
_VENDORS: dict[str, _Vendor] = {
    "meshy": _meshy,
    "fal": _fal,
    "openai": _openai,
    "stability": _stability,
    "replicate": _replicate,
    "tripo": _tripo,
    "google": _google,
    "xai": _xai,
    "huggingface": _huggingface,
}


@asynccontextmanager
async def media_vendors() -> AsyncIterator[MediaVendors]:
    """The running servers."""
    server = MediaVendors()
    app = web.Application(client_max_size=64 * 2**20)
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    sites = [web.TCPSite(runner, "127.0.0.1", 0), web.TCPSite(runner, "127.0.0.1", 0)]
    for site in sites:
        await site.start()
    server.root, server.other_root = (f"http://127.0.0.1:{port}" for _, port in runner.addresses)
    try:
        yield server
    finally:
        await runner.cleanup()


@contextmanager
def media_vendors_aside() -> Iterator[MediaVendors]:
    """The same in a thread with a loop of its own, for tests that run in none."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    context = media_vendors()
    try:
        server = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(10)
        yield server
        asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
