"""Authorisation: every route names one of these as a dependency, or it is on the list of public ones.

`app.create_app` refuses to start with a route that does neither.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from pluggably.errors import PermissionDenied
from pluggably.features.audit.log import Actor, Deeds
from pluggably.features.users.authentication import COOKIE, Authenticator, Caller
from pluggably.kit.addresses import client_address
from pluggably.kit.edge import facts_of
from pluggably.routing.accounts import Accounts

_HEADER = APIKeyHeader(
    name="X-API-Key", auto_error=False, scheme_name="ApiKey", description="An operator key or a user token."
)
_BEARER = HTTPBearer(auto_error=False, scheme_name="Bearer", description="An operator key, a user token or a JWT.")
_COOKIE = APIKeyCookie(
    name=COOKIE, auto_error=False, scheme_name="SessionCookie", description="Set by a login that asks for it."
)

InHeader = Annotated[str | None, Security(_HEADER)]
AsBearer = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
InCookie = Annotated[str | None, Security(_COOKIE)]
"""Each names a scheme in the OpenAPI document; the authenticator reads the headers by itself."""

Authorise = Callable[..., Coroutine[Any, Any, Caller]]


def _needs(scope: str, *, admin: bool = False) -> Authorise:
    async def authorise(
        request: Request, _header: InHeader = None, _bearer: AsBearer = None, _cookie: InCookie = None
    ) -> Caller:
        state = request.scope.setdefault("state", {})
        caller: Caller | None = state.get("caller")  # a route authorises before it reads, and names who it was
        if caller is None:
            authenticator: Authenticator = request.app.state.authenticator
            caller = state["caller"] = await authenticator.authenticate(request)
            accounts: Accounts = request.app.state.provider_accounts
            if not accounts.is_ready(caller.user_id):
                await accounts.ready(caller.user_id)
        if scope not in caller.scopes:
            raise PermissionDenied(f"This credential lacks the scope `{scope}`.")
        if admin and not caller.is_admin:
            raise PermissionDenied("Only an admin may do this.")
        return caller

    authorise.__dict__["grants_access"] = scope
    return authorise


may_read = _needs("read")
may_generate = _needs("generate")
may_manage = _needs("manage")
may_administer = _needs("manage", admin=True)
may_read_as_admin = _needs("read", admin=True)

CanRead = Annotated[Caller, Depends(may_read)]
CanGenerate = Annotated[Caller, Depends(may_generate)]
CanManage = Annotated[Caller, Depends(may_manage)]
CanAdminister = Annotated[Caller, Depends(may_administer)]
"""Models, downloads, jobs, storage, load and unload, users, invites, limits: admins with `manage`."""
CanReadAsAdmin = Annotated[Caller, Depends(may_read_as_admin)]


async def _actor(request: Request) -> Actor:
    """Whoever makes this request, for the audit log; of a public route, nobody yet."""
    caller: Caller | None = request.scope["state"].get("caller")
    settings = request.app.state.settings
    address, request_id = client_address(request, settings.trusted_proxies), facts_of(request.scope).request_id
    if caller is None:
        return Actor("", "", None, address, request_id)
    return Actor(caller.user_id, caller.kind, caller.token_id, address, request_id)


Acting = Annotated[Actor, Depends(_actor)]
"""Whoever changes something; the route authorises besides."""


async def _deeds(request: Request, actor: Acting) -> Deeds:
    return Deeds(request.app.state.database, actor)


Audit = Annotated[Deeds, Depends(_deeds)]
"""Where a route notes a change of something that is not in the database's hands alone, such as a model."""
