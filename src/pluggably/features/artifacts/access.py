"""Who may fetch an artifact, and what the endpoints use of the running application."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from pluggably.errors import InvalidSignature
from pluggably.features.artifacts.service import ArtifactService
from pluggably.features.artifacts.signing import Addresses
from pluggably.features.users.access import AsBearer, InCookie, InHeader, may_read
from pluggably.features.users.authentication import Caller


async def may_fetch(
    request: Request, _header: InHeader = None, _bearer: AsBearer = None, _cookie: InCookie = None
) -> Caller | None:
    """A signed address proves by itself that whoever has it may fetch the artifact: no caller is known then.

    Browsers load pictures without headers of ours, so these addresses can't ask for a credential. Without a signature
    the route asks for a credential like any other. A signature that is there decides: a wrong one is never made good
    by a key beside it.
    """
    expires, signature = request.query_params.get("expires"), request.query_params.get("signature")
    if expires is None and signature is None:
        return await may_read(request)
    if expires is None or signature is None:
        raise InvalidSignature("The address is not complete: `expires` and `signature` belong together.")
    addresses: Addresses = request.app.state.artifact_addresses
    addresses.check(request.path_params["artifact_id"], expires, signature)
    return None


may_fetch.__dict__["grants_access"] = "read"


async def _artifacts(request: Request) -> ArtifactService:
    return cast(ArtifactService, request.app.state.artifacts)


MayFetch = Annotated[Caller | None, Depends(may_fetch)]
Artifacts = Annotated[ArtifactService, Depends(_artifacts)]
