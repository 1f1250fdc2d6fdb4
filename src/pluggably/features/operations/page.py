"""`/docs`: Swagger UI, served from this machine, so that it works offline and under a strict policy.

Its script and style come from the package fastapi-offline, which is not imported: two files of it are sent as they
are. All addresses are relative to the page, so that it works below any path of a proxy.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

PATH = "/docs"
SCRIPT, STYLE, START = (f"{PATH}/{name}" for name in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js"))
PATHS = (PATH, SCRIPT, STYLE, START)

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CACHED = {"cache-control": "public, max-age=3600"}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pluggably</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript; the same is in <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
"""


async def page(_: Request) -> Response:
    """The page itself."""
    return HTMLResponse(_PAGE, headers={"content-security-policy": _POLICY})


async def start(_: Request) -> Response:
    """What the page runs; a file of its own, because the policy runs nothing that stands in a page."""
    return Response(_START, media_type="text/javascript", headers=_CACHED)


async def asset(request: Request) -> Response:
    """The script or the style of Swagger UI."""
    return FileResponse(_folder() / request.url.path.rpartition("/")[2], headers=_CACHED)


def _folder() -> Path:
    spec = find_spec("fastapi_offline")
    assert spec is not None  # the package depends on it
    assert spec.origin is not None
    return Path(spec.origin).parent / "static"


ROUTES = (
    Route(PATH, page, include_in_schema=False),
    Route(START, start, include_in_schema=False),
    Route(SCRIPT, asset, include_in_schema=False),
    Route(STYLE, asset, include_in_schema=False),
)
