"""Serves the web UI as `make install` builds it from `web/`.

It is asked last, for what no route of the API has: files by their names, and for every other address that a browser
navigates to the page, which shows what belongs there. All else is left to whoever tells of errors. Of the files only
the names are kept in memory.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

from starlette._utils import get_route_path
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = Path(__file__).resolve().parents[2] / "web"
"""Where the build goes."""

_API = ("v1", "docs", "openapi.json", "metrics", "health", "ready")
_ASSETS = "assets/"
_NEVER = re.compile(r"q=0(\.0*)?")
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".webmanifest": "application/manifest+json",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Pluggably</title>
<h1>Pluggably runs</h1><p>Its web UI has not been built here. With the source: <code>make install</code>, then start
it again. The API is there: <a href="{root}/docs">{root}/docs</a>.</p></html>"""


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    media_type: str
    encodings: tuple[tuple[str, str], ...]


class Website:
    """An ASGI application over the built files; `beyond` answers what is none of its business.

    `root_path` is the path below which the gateway is reached; `other_origins` are those that signed addresses of
    images lead to besides the page's own.
    """

    def __init__(
        self, beyond: ASGIApp, root_path: str = "", other_origins: tuple[str, ...] = (), folder: Path = FOLDER
    ) -> None:
        self._beyond = beyond
        self._root = html.escape(root_path.rstrip("/"))
        self._files = _files_in(folder)
        self._page = self._read_page(folder)
        self._policy = _policy(other_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = self._reply(scope) if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") else None
        await (reply or self._beyond)(scope, receive, send)

    def _reply(self, scope: Scope) -> Response | None:
        path = get_route_path(scope).removeprefix("/")
        headers = Headers(scope=scope)
        found = self._files.get(path)
        if found is not None:
            return _reply_with(found, headers, lasting=path.startswith(_ASSETS))
        if path.partition("/")[0] in _API or path.startswith(_ASSETS):
            return None
        if "text/html" not in headers.get("accept", ""):
            return None
        return self._page_reply()

    def _page_reply(self) -> Response:
        return Response(
            self._page,
            media_type="text/html; charset=utf-8",
            headers={
                "cache-control": "no-cache",
                "content-security-policy": self._policy,
                "cross-origin-opener-policy": "same-origin",
                "vary": "accept",
                "referrer-policy": "no-referrer",
                "x-frame-options": "DENY",
            },
        )

    def _read_page(self, folder: Path) -> bytes:
        """The page, which is told where it is served and that the API is there too."""
        try:
            page = (folder / "index.html").read_text()
        except FileNotFoundError:
            return _NOT_BUILT.format(root=self._root).encode()
        page = page.replace('<base href="/" />', f'<base href="{self._root}/" />', 1)
        mark = '<meta name="pluggably-server" content="'
        return page.replace(f'{mark}"', f'{mark}{self._root}/"', 1).encode()


def _policy(other_origins: tuple[str, ...]) -> str:
    """Nothing but what the gateway serves; no script or style stands in the page itself.

    Source: https://www.w3.org/TR/CSP3/
    """
    others = "".join(f" {origin}" for origin in other_origins)
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            f"img-src 'self' data: blob:{others}",
            f"connect-src 'self'{others}",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _reply_with(found: _File, headers: Headers, *, lasting: bool) -> Response:
    path, sent = found.path, {"vary": "accept-encoding"}
    offers = (part.partition(";") for part in headers.get("accept-encoding", "").lower().split(","))
    accepted = {name.strip() for name, _, quality in offers if not _NEVER.fullmatch(quality.replace(" ", ""))}
    for encoding, ending in found.encodings:
        if encoding in accepted:
            path = path.with_name(path.name + ending)
            sent["content-encoding"] = encoding
            break
    # An asset's name changes with its content.
    sent["cache-control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
    return FileResponse(path, media_type=found.media_type, headers=sent)


def _files_in(folder: Path) -> dict[str, _File]:
    if not folder.is_dir():
        return {}
    paths = {path for path in folder.rglob("*") if path.is_file()}
    return {
        path.relative_to(folder).as_posix(): _File(
            path,
            _TYPES[path.suffix],
            tuple(made for made in _ENCODINGS if path.with_name(path.name + made[1]) in paths),
        )
        for path in paths
        if path.suffix in _TYPES and path.name != "index.html"
    }
