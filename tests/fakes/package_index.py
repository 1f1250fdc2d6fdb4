"""A package index on loopback, as pip asks it (https://packaging.python.org/specifications/simple-repository-api)."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class PackageIndex:
    """Wheels by file name; `url` is what PIP_INDEX_URL says."""

    wheels: dict[str, bytes]
    url: str = ""
    sent: list[str] = field(default_factory=list)
    hashes: bool = True

    async def page(self, request: web.Request) -> web.Response:
        project = request.match_info["project"]
        names = [name for name in self.wheels if name.startswith(project.replace("-", "_"))]
        if not names:
            return web.Response(status=404)
        links = []
        for name in names:
            digest = f"#sha256={hashlib.sha256(self.wheels[name]).hexdigest()}" if self.hashes else ""
            links.append(f'<a href="/files/{name}{digest}">{name}</a>')
        return web.Response(text=f"<html><body>{''.join(links)}</body></html>", content_type="text/html")

    async def file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.sent.append(name)
        return web.Response(body=self.wheels[name])


@asynccontextmanager
async def package_index(wheels: dict[str, bytes]) -> AsyncIterator[PackageIndex]:
    """A running index."""
    index = PackageIndex(wheels)
    app = web.Application()
    app.router.add_get("/simple/{project}/", index.page)
    app.router.add_get("/files/{name}", index.file)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    index.url = f"http://127.0.0.1:{runner.addresses[0][1]}/simple/"
    try:
        yield index
    finally:
        await runner.cleanup()
