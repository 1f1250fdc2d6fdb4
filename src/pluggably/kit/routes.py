"""Routes that authorise before they read anything.

Hot routes are declared like any other, so that OpenAPI and the walk over the routes see them, but called without
FastAPI's dependency solver, response model and exit stacks. Their endpoint is
`async def endpoint(request: Request, caller: <one access dependency>) -> None`: it reads the body from the connection
and sends the answer itself. Authorisation is the very dependency that its signature names.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from pluggably.errors import PluggablyError
from pluggably.kit.edge import facts_of, send_error, vendor_status

Endpoint = Callable[..., Coroutine[Any, Any, None]]


def grants_access(dependency: Any) -> bool:
    """Whether a dependency authorises; such a one has an attribute `grants_access`."""
    return hasattr(dependency, "grants_access")


class GuardedRoute(APIRoute):
    """FastAPI reads and decodes the body before it asks any dependency: here who may not come in is told so first."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self._guards: list[Any] = [d.call for d in self.dependant.dependencies if grants_access(d.call)]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authorise, then answer one request."""
        if scope["method"] in (self.methods or ()):
            for authorise in self._guards:
                await authorise(Request(scope, receive, send))
        await super().handle(scope, receive, send)


class HotRoute(APIRoute):
    """A POST route whose endpoint speaks ASGI."""

    vendor_shaped = False

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        authorise = [d.call for d in self.dependant.dependencies if d.call is not None]
        if len(authorise) != 1:
            raise TypeError(f"{path}: a hot route names exactly one access dependency")
        self._authorise: Any = authorise[0]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        request = Request(scope, receive, send)
        try:
            caller = await self._authorise(request)
            await self.endpoint(request, caller)
        except PluggablyError as error:
            if facts_of(scope).status:
                return  # the answer had begun, and has told the error by itself
            own_status = self.vendor_shaped and facts_of(scope).shape is None
            await send_error(error, scope, send, vendor_status(error) if own_status else None)


class VendorRoute(HotRoute):
    """A hot route in a vendor's shape: an invalid body is 400 there."""

    vendor_shaped = True


class HotPaths:
    """Leads the requests of hot routes past everything that FastAPI puts around a route; others go on to `app`."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._routes = {route.path: route for route in routes if isinstance(route, HotRoute)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.get(scope["path"]) if scope["type"] == "http" else None
        if route is not None and scope["method"] in (route.methods or ()):
            scope["route"] = route
            await route.handle(scope, receive, send)
        else:
            await self._app(scope, receive, send)
