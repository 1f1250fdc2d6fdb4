"""Ways to the servers that files come from, as what can be told to another process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import BaseModel

from pluggably.features.downloads.fetch import Door, GuardedDoor, OpenDoor, Patience
from pluggably.kit.addresses import Network
from pluggably.kit.fetch import Fetcher


class Way(BaseModel):
    """How to get to a server. None of it is ever shown or stored."""

    guarded: bool = False
    """A user named the server."""
    allowed: list[Network] = []
    """With `guarded`: networks that may be reached although they are not public."""
    token: str | None = None
    as_pip: bool = False
    """Whom pip trusts is trusted."""


@asynccontextmanager
async def opened(way: Way, patience: Patience) -> AsyncIterator[Door]:
    """The door there."""
    if way.guarded:
        fetcher = Fetcher(way.allowed)
        try:
            yield GuardedDoor(fetcher)
        finally:
            await fetcher.close()
    elif way.as_pip:
        from pluggably.features.downloads import package_index  # noqa: PLC0415 - 7 MB that most never need

        tls = await asyncio.to_thread(lambda: package_index.index_tls(package_index.pip_settings()))
        yield OpenDoor(tls=tls, patience=patience)
    else:
        yield OpenDoor(token=way.token, patience=patience)
