"""A Hugging Face hub on loopback: a real HTTP server that `huggingface_hub` itself talks to, and misbehaves as told.

It runs in a thread of its own, so that synchronous and asynchronous tests, and gateways in other processes, reach it
alike. As at the real one, large files (LFS) come from another host (here: another port), under an address that is
signed and runs out; small ones from a path of the hub itself.

    with fake_hub(Repo("org/tiny-GGUF", {"tiny.Q4_K_M.gguf": content})) as hub:
        hub.misbehave(Fault(on="content", cut_after=1000))
        HfApi(endpoint=hub.url).model_info("org/tiny-GGUF")
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, unquote

from aiohttp import web

Part = Literal["search", "info", "tree", "resolve", "content"]
"""Search; a repository's facts; its files' list; where a file is (HEAD or GET of `/resolve/`); a file's bytes."""

PAGE = 1000
"""Most models in a page of the search, as at the hub."""
_LARGE = 10 * 1024 * 1024
_LFS_ENDINGS = (".gguf", ".safetensors", ".bin", ".pt", ".ckpt", ".onnx")
_LISTED = frozenset(
    [
        "author",
        "cardData",
        "config",
        "createdAt",
        "disabled",
        "downloads",
        "downloadsAllTime",
        "evalResults",
        "gated",
        "gguf",
        "inference",
        "inferenceProviderMapping",
        "lastModified",
        "library_name",
        "likes",
        "mask_token",
        "model-index",
        "pipeline_tag",
        "private",
        "resourceGroup",
        "safetensors",
        "sha",
        "siblings",
        "spaces",
        "tags",
        "transformersInfo",
        "trendingScore",
        "widgetData",
    ]
)
_EXPANDABLE = _LISTED | {"baseModels", "childrenModelCount", "usedStorage"}
"""The list refuses what only a single repository tells."""
_PIECE = 64 * 1024


@dataclass
class Fault:
    """How requests are answered that it holds for. All of its parts may be combined."""

    on: Part | None = None
    """The part of the hub that it holds for; None: all of it."""
    path: str = ""
    """Holds only where the request's path contains this: a repository's or a file's name."""
    times: int | None = 1
    """Holds for so many requests; None: for all."""
    status: int | None = None
    """Answer only with this status."""
    retry_after: float | None = None
    """With `status`: the header."""
    html: bool = False
    """Answer 200 with a page for people, as a captive portal or a proxy does."""
    hang: bool = False
    """Take the request and never answer."""
    delay_s: float = 0
    """Seconds before the answer begins."""
    bytes_per_s: int | None = None
    """As fast as this."""
    cut_after: int | None = None
    """Bytes of this answer's body, then …"""
    then: Literal["close", "stall"] = "close"
    """… the connection breaks, or nothing more comes."""
    wrong_content: bool = False
    """Bytes of the right number that are not the file's."""
    no_ranges: bool = False
    """Answer a range with the whole file, as 200."""


@dataclass
class Repo:
    """A model's repository. Facts that are None are not told."""

    id: str
    files: dict[str, bytes | Path] = field(default_factory=dict)
    """Contents by name (with `/`); a path for contents that are too large to hold."""
    pipeline_tag: str | None = "text-generation"
    library_name: str | None = None
    tags: list[str] = field(default_factory=list)
    card: dict[str, Any] | None = None
    """`cardData`: what stands in the head of the README."""
    config: dict[str, Any] | None = None
    gguf: dict[str, Any] | None = None
    """`total` (parameters), `totalFileSize` (bytes of the one file that was read), `architecture`, `context_length`,
    `chat_template` …"""
    safetensors: dict[str, Any] | None = None
    """`parameters` (number of each type), `total`."""
    downloads: int = 0
    likes: int = 0
    gated: Literal["auto", "manual", False] = False
    private: bool = False
    last_modified: datetime = datetime(2026, 10, 1, tzinfo=UTC)
    branches: tuple[str, ...] = ("main",)
    """Names under which the one revision that there is can be had, besides its commit."""

    def __post_init__(self) -> None:
        self._digests: dict[str, tuple[object, str]] = {}

    @property
    def sha(self) -> str:
        """The commit: other files, another commit."""
        return hashlib.sha1(
            json.dumps([[name, self.sha256(name)] for name in sorted(self.files)]).encode()
        ).hexdigest()

    def size(self, name: str) -> int:
        """Bytes of a file."""
        content = self.files[name]
        return len(content) if isinstance(content, bytes) else content.stat().st_size

    def sha256(self, name: str) -> str:
        """Of a file's content."""
        content = self.files[name]
        known = self._digests.get(name)
        if known is None or known[0] is not content:
            if isinstance(content, bytes):
                digest = hashlib.sha256(content).hexdigest()
            else:
                with content.open("rb") as stream:
                    digest = hashlib.file_digest(stream, "sha256").hexdigest()
            known = self._digests[name] = (content, digest)
        return known[1]

    def is_large(self, name: str) -> bool:
        """Whether a file lies in LFS."""
        return name.endswith(_LFS_ENDINGS) or self.size(name) > _LARGE

    def pointer(self, name: str) -> bytes:
        """What Git itself keeps of a large file."""
        oid = f"oid sha256:{self.sha256(name)}"
        return f"version https://git-lfs.github.com/spec/v1\n{oid}\nsize {self.size(name)}\n".encode()

    def blob_id(self, name: str) -> str:
        """Git's name for a file."""
        content = self.pointer(name) if self.is_large(name) else self.read(name)
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

    def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """Bytes of a file."""
        content = self.files[name]
        if isinstance(content, bytes):
            return content[start:end]
        with content.open("rb") as stream:
            stream.seek(start)
            return stream.read(-1 if end is None else end - start)

    def facts(self) -> dict[str, Any]:
        """All that the hub can tell."""
        tags = [*self.tags, *(tag for tag in (self.library_name, self.pipeline_tag) if tag and tag not in self.tags)]
        licence = (self.card or {}).get("license")
        if licence:
            tags.append(f"license:{licence}")
        return {
            "author": self.id.partition("/")[0] if "/" in self.id else None,
            "cardData": self.card,
            "config": self.config,
            "createdAt": "2026-01-05T10:00:00.000Z",
            "disabled": False,
            "downloads": self.downloads,
            "gated": self.gated,
            "gguf": self.gguf,
            "lastModified": self.last_modified.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "library_name": self.library_name,
            "likes": self.likes,
            "pipeline_tag": self.pipeline_tag,
            "private": self.private,
            "safetensors": self.safetensors,
            "sha": self.sha,
            "siblings": [{"rfilename": name} for name in sorted(self.files)],
            "tags": tags,
            "trendingScore": self.likes,
            "usedStorage": sum(map(self.size, self.files)),
        }


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    part: Part
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    """Names in small letters."""

    @property
    def token(self) -> str | None:
        """The token that it carried."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme == "Bearer" else None


@dataclass
class FakeHub:
    """A running hub. Everything may be changed while it runs."""

    repos: dict[str, Repo]
    tokens: dict[str, set[str] | None] = field(default_factory=dict)
    """Who may read which gated and private repositories; None: all. Unknown tokens are refused."""
    faults: list[Fault] = field(default_factory=list)
    url: str = ""
    content_url: str = ""
    """Where large files are."""
    asked: list[Asked] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    """Bytes of contents sent in all, by `repository/file`."""
    open: int = 0
    """Requests being answered."""
    most_open: int = 0
    page: int = PAGE
    _signature: int = 0
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, repo: Repo) -> Repo:
        """Publish a repository, or another state of one."""
        self.repos[repo.id] = repo
        return repo

    def misbehave(self, *faults: Fault) -> None:
        """Take these faults besides those that hold; the first one that fits holds."""
        self.faults.extend(faults)

    def behave(self) -> None:
        """Drop all faults."""
        self.faults.clear()

    def expire_links(self) -> None:
        """Addresses of contents that were given are refused (403) from now on."""
        self._signature += 1

    def requests(self, part: Part | None = None, path: str = "", method: str | None = None) -> list[Asked]:
        """The requests of a kind, oldest first."""
        return [
            asked
            for asked in list(self.asked)
            if part in (None, asked.part) and path in asked.path and method in (None, asked.method)
        ]

    # What the hub answers. The thread of the server runs all that follows.

    async def serve_hub(self, request: web.Request) -> web.StreamResponse:
        """A request to the hub itself."""
        path = unquote(request.rel_url.raw_path)
        if path == "/api/models":
            return await self._answer("search", request, path, self._search)
        if match := re.fullmatch(r"/api/models/(?P<repo>.+?)/tree/(?P<rest>.+)", path):
            return await self._answer("tree", request, path, self._tree, **match.groupdict())
        if match := re.fullmatch(r"/api/models/(?P<repo>.+?)(/revision/(?P<revision>.+))?", path):
            return await self._answer("info", request, path, self._info, **match.groupdict())
        if match := re.fullmatch(r"/api/resolve-cache/models/(?P<repo>.+)/(?P<sha>\w{40})/(?P<name>.+)", path):
            return await self._answer("content", request, path, self._small, **match.groupdict())
        if match := re.fullmatch(r"/(?P<repo>.+?)/resolve/(?P<rest>.+)", path):
            return await self._answer("resolve", request, path, self._resolve, **match.groupdict())
        return web.Response(status=404, text="Not Found")

    async def serve_content(self, request: web.Request) -> web.StreamResponse:
        """A request to the host of the large files."""
        return await self._answer("content", request, unquote(request.rel_url.raw_path), self._large)

    async def _answer(self, part: Part, request: web.Request, path: str, handler: Any, **where: Any) -> Any:
        query = {name: request.query.getall(name) for name in request.query}
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(part, request.method, path, query, headers))
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            fault = self._fault(part, path)
            await self._wait(fault.delay_s)
            if fault.hang:
                await self._wait(3600)
            if fault.status is not None:
                said = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
                return web.json_response({"error": "as the test wants it"}, status=fault.status, headers=said)
            if fault.html:
                return web.Response(text="<!doctype html><title>Welcome</title>", content_type="text/html")
            return await handler(request, fault, **where)
        finally:
            self.open -= 1

    def _fault(self, part: Part, path: str) -> Fault:
        for fault in self.faults:
            if fault.on in (None, part) and fault.path in path and fault.times != 0:
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return Fault()

    async def _wait(self, seconds: float) -> None:
        if seconds:
            try:
                await asyncio.wait_for(self._stopping.wait(), seconds)
            except TimeoutError:
                return
            raise web.HTTPServiceUnavailable

    def _refusal(self, request: web.Request) -> web.Response | None:
        """What answers a token that nobody knows."""
        token = _token(request)
        if token is None or token in self.tokens:
            return None
        return _error(401, None, "Invalid credentials in Authorization header")

    def _may_read(self, request: web.Request, repo: Repo) -> bool:
        readable = self.tokens.get(_token(request) or "", set())
        return readable is None or repo.id in readable

    def _repo(self, request: web.Request, name: str) -> Repo | web.Response:
        """The repository, as far as the caller may know of it."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        repo = self.repos.get(name)
        if repo is None or (repo.private and not self._may_read(request, repo)):
            # Without a token the hub doesn't say whether there is such a repository.
            return _error(401 if _token(request) is None else 404, "RepoNotFound", "Repository not found")
        return repo

    def _closed(self, request: web.Request, repo: Repo) -> web.Response | None:
        """What answers who may not read a gated repository's files."""
        if not repo.gated or self._may_read(request, repo):
            return None
        what = f"Access to model {repo.id} is restricted."
        return _error(401 if _token(request) is None else 403, "GatedRepo", what)

    def _at(self, repo: Repo, rest: str) -> tuple[str, web.Response | None]:
        """The rest of a path behind the revision."""
        for revision in sorted((repo.sha, *repo.branches), key=len, reverse=True):
            if rest == revision or rest.startswith(f"{revision}/"):
                return rest[len(revision) + 1 :], None
        return "", _error(404, "RevisionNotFound", f"Invalid rev id: {rest}")

    async def _search(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        query = request.query
        expand = [*query.getall("expand", []), *query.getall("expand[]", [])]
        if unknown := set(expand) - _LISTED:
            return _error(400, None, f'"expand" can\'t be {sorted(unknown)}')
        limit = query.get("limit", str(PAGE))
        if not limit.isdigit() or int(limit) > PAGE:
            return _error(400, None, '"limit" is no number up to 1000')
        found = [repo for repo in list(self.repos.values()) if self._is_found(request, repo)]
        key = {"downloads": "downloads", "likes": "likes", "lastModified": "last_modified"}.get(query.get("sort", ""))
        found.sort(key=lambda repo: getattr(repo, key or "likes"), reverse=True)
        try:
            start = int(base64.b64decode(query.get("cursor", ""), validate=True) or 0)
        except ValueError:
            return _error(400, None, "Invalid cursor")
        end = start + min(int(limit), self.page)
        headers = {}
        if end < len(found):
            cursor = base64.b64encode(str(end).encode()).decode()
            following = request.url.update_query(cursor=cursor)
            headers["Link"] = f'<{following}>; rel="next"'
        listed = [self._listed(request, repo, expand) for repo in found[start:end]]
        return await self._json(request, fault, listed, headers)

    def _is_found(self, request: web.Request, repo: Repo) -> bool:
        query, facts = request.query, repo.facts()
        wanted = [tag for given in query.getall("filter", []) for tag in given.split(",")]
        return (
            all(word in repo.id.lower() for word in query.get("search", "").lower().split())
            and query.get("author") in (None, facts["author"])
            and query.get("pipeline_tag") in (None, repo.pipeline_tag)
            and all(tag in facts["tags"] for tag in wanted)
            and ("gated" not in query or (query["gated"].lower() == "true") == bool(repo.gated))
            and (not repo.private or self._may_read(request, repo))
        )

    def _listed(self, request: web.Request, repo: Repo, expand: list[str]) -> dict[str, Any]:
        facts = repo.facts()
        wanted = set(expand)
        if not wanted:
            wanted = {"createdAt", "downloads", "library_name", "likes", "pipeline_tag", "private", "tags"}
            full = request.query.get("full", "").lower() == "true"
            wanted |= {"author", "gated", "lastModified", "sha", "siblings", "disabled"} if full else set()
            wanted |= {part for part in ("cardData", "config") if request.query.get(part, "").lower() == "true"}
        told = {name: facts[name] for name in sorted(wanted) if facts.get(name) is not None}
        return {"_id": hashlib.sha1(repo.id.encode()).hexdigest()[:24], "id": repo.id, "modelId": repo.id, **told}

    async def _info(self, request: web.Request, fault: Fault, repo: str, revision: str | None) -> web.StreamResponse:
        known = self._repo(request, repo)
        if isinstance(known, web.Response):
            return known
        if revision is not None and (refusal := self._at(known, revision)[1]):
            return refusal
        facts = {name: value for name, value in known.facts().items() if value is not None}
        expand = [*request.query.getall("expand", []), *request.query.getall("expand[]", [])]
        if expand:
            if unknown := set(expand) - _EXPANDABLE:
                return _error(400, None, f'"expand" can\'t be {sorted(unknown)}')
            facts = {name: value for name, value in facts.items() if name in expand}
        if "siblings" in facts and request.query.get("blobs", "").lower() == "true":
            facts["siblings"] = [_sibling(known, name) for name in sorted(known.files)]
        about = {"_id": hashlib.sha1(repo.encode()).hexdigest()[:24], "id": repo, "modelId": repo}
        return await self._json(request, fault, {**about, **facts}, {})

    async def _tree(self, request: web.Request, fault: Fault, repo: str, rest: str) -> web.StreamResponse:
        known = self._repo(request, repo)
        if isinstance(known, web.Response):
            return known
        folder, refusal = self._at(known, rest)
        if refusal is not None:
            return refusal
        inside = f"{folder}/" if folder else ""
        recursive = request.query.get("recursive", "").lower() == "true"
        listed: dict[str, dict[str, Any]] = {}
        for name in sorted(known.files):
            if not name.startswith(inside):
                continue
            parts = name[len(inside) :].split("/")
            for depth in range(1, len(parts)) if recursive else range(1, min(len(parts), 2)):
                path = inside + "/".join(parts[:depth])
                listed[path] = {"type": "directory", "oid": "0" * 40, "size": 0, "path": path}
            if recursive or len(parts) == 1:
                listed[name] = _tree_file(known, name)
        if folder and not listed:
            return _error(404, "EntryNotFound", f"{folder} does not exist")
        return await self._json(request, fault, list(listed.values()), {})

    async def _resolve(self, request: web.Request, fault: Fault, repo: str, rest: str) -> web.StreamResponse:
        known = self._repo(request, repo)
        if isinstance(known, web.Response):
            return known
        closed = self._closed(request, known)
        if closed is not None:
            return closed
        name, refusal = self._at(known, rest)
        if refusal is not None:
            return refusal
        if name not in known.files:
            return _error(404, "EntryNotFound", f"Entry not found: {name}", {"X-Repo-Commit": known.sha})
        headers = {"X-Repo-Commit": known.sha, "Accept-Ranges": "bytes", "X-Linked-Size": str(known.size(name))}
        if known.is_large(name):
            headers["X-Linked-Etag"] = f'"{known.sha256(name)}"'
            signed = f"{known.sha256(name)}/{quote(name)}?Signature={self._signature}"
            headers["Location"] = f"{self.content_url}/{repo}/{signed}"
            return web.Response(status=302, headers=headers, text="Found. Redirecting")
        headers["ETag"] = headers["X-Linked-Etag"] = f'"{known.blob_id(name)}"'
        headers["Location"] = f"/api/resolve-cache/models/{repo}/{known.sha}/{quote(name)}"
        return web.Response(status=307, headers=headers, text="Temporary Redirect. Redirecting")

    async def _small(self, request: web.Request, fault: Fault, repo: str, sha: str, name: str) -> web.StreamResponse:
        known = self._repo(request, repo)
        if isinstance(known, web.Response):
            return known
        closed = self._closed(request, known)
        if closed is not None:
            return closed
        if sha != known.sha or name not in known.files:
            return _error(404, "EntryNotFound", f"Entry not found: {name}")
        headers = {"X-Repo-Commit": sha, "ETag": f'"{known.blob_id(name)}"'}
        return await self._file(request, fault, known, name, headers)

    async def _large(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        found = re.fullmatch(r"/(.+)/(\w{64})/(.+)", unquote(request.rel_url.raw_path))
        repo = self.repos.get(found[1]) if found else None
        if not found or repo is None or found[3] not in repo.files or repo.sha256(found[3]) != found[2]:
            return web.Response(status=404, text="NoSuchKey")
        if request.query.get("Signature") != str(self._signature):
            return web.Response(status=403, text="AccessDenied: the signature has expired")
        return await self._file(request, fault, repo, found[3], {"ETag": f'"{found[2]}"'})

    async def _file(
        self, request: web.Request, fault: Fault, repo: Repo, name: str, headers: dict[str, str]
    ) -> web.StreamResponse:
        size = repo.size(name)
        start, end, status = 0, size, 200
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
        if_range = request.headers.get("If-Range")
        if asked and not fault.no_ranges and if_range in (None, headers["ETag"]):
            start, end, status = int(asked[1]), int(asked[2] or size - 1) + 1, 206
            if start >= size or end <= start:
                return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
            end = min(end, size)
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        headers |= {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}

        async def pieces() -> AsyncIterator[bytes]:
            for offset in range(start, end, _PIECE):
                piece = await asyncio.to_thread(repo.read, name, offset, min(offset + _PIECE, end))
                yield piece if not fault.wrong_content else bytes(byte ^ 0xFF for byte in piece)

        return await self._send(request, fault, status, headers, end - start, pieces(), f"{repo.id}/{name}")

    async def _json(self, request: web.Request, fault: Fault, value: Any, headers: dict[str, str]) -> Any:
        body = json.dumps(value).encode()

        async def pieces() -> AsyncIterator[bytes]:
            yield body

        headers["Content-Type"] = "application/json; charset=utf-8"
        return await self._send(request, fault, 200, headers, len(body), pieces())

    async def _send(
        self,
        request: web.Request,
        fault: Fault,
        status: int,
        headers: dict[str, str],
        length: int,
        pieces: AsyncIterator[bytes],
        counted: str | None = None,
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = length
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        left = length if fault.cut_after is None else fault.cut_after
        step = _PIECE if fault.bytes_per_s is None else max(1, min(_PIECE, fault.bytes_per_s // 20))
        async for piece in pieces:
            for offset in range(0, len(piece), step):
                part = piece[offset : offset + min(step, left)]
                if part:
                    await response.write(part)
                    left -= len(part)
                    if counted is not None:
                        self.sent[counted] = self.sent.get(counted, 0) + len(part)
                if fault.bytes_per_s is not None:
                    await self._wait(len(part) / fault.bytes_per_s)
                if left == 0 and fault.cut_after is not None:
                    await self._wait(0.05 if fault.then == "close" else 3600)  # what was sent shall arrive
                    if request.transport is not None:
                        request.transport.close()
                    return response
        await response.write_eof()
        return response


@contextmanager
def fake_hub(*repos: Repo, tokens: dict[str, set[str] | None] | None = None) -> Iterator[FakeHub]:
    """A running hub with these repositories."""
    hub = FakeHub({repo.id: repo for repo in repos}, tokens or {})
    ready: Future[asyncio.AbstractEventLoop] = Future()

    async def serve() -> None:
        runners = []
        for handler in (hub.serve_hub, hub.serve_content):
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", handler)
            runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            runners.append(runner)
        hub.url, hub.content_url = (f"http://127.0.0.1:{runner.addresses[0][1]}" for runner in runners)
        ready.set_result(asyncio.get_running_loop())
        await hub._stopping.wait()
        for runner in runners:
            await runner.cleanup()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            raise

    thread = threading.Thread(target=run)
    thread.start()
    loop = ready.result(10)
    try:
        yield hub
    finally:
        loop.call_soon_threadsafe(hub._stopping.set)
        thread.join(10)


def _token(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" and token else None


def _error(status: int, code: str | None, message: str, headers: dict[str, str] | None = None) -> web.Response:
    said = {"X-Error-Message": message, **(headers or {})}
    if code is not None:
        said["X-Error-Code"] = code
    return web.json_response({"error": message}, status=status, headers=said)


def _sibling(repo: Repo, name: str) -> dict[str, Any]:
    told: dict[str, Any] = {"rfilename": name, "blobId": repo.blob_id(name), "size": repo.size(name)}
    if repo.is_large(name):
        told["lfs"] = {
            "sha256": repo.sha256(name),
            "size": repo.size(name),
            "pointerSize": len(repo.pointer(name)),
        }
    return told


def _tree_file(repo: Repo, name: str) -> dict[str, Any]:
    told: dict[str, Any] = {"type": "file", "oid": repo.blob_id(name), "size": repo.size(name), "path": name}
    if repo.is_large(name):
        told["lfs"] = {
            "oid": repo.sha256(name),
            "size": repo.size(name),
            "pointerSize": len(repo.pointer(name)),
        }
    return told
