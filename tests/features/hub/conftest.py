"""A gateway whose hub is one on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.factories.apps import AUTHORISED, client_of, running_app
from tests.factories.hub import TOKENS, repositories
from tests.fakes.hub import FakeHub, fake_hub


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    """A hub with models of all kinds."""
    with fake_hub(*repositories(), tokens=TOKENS) as hub:
        yield hub


@pytest.fixture
async def client(tmp_path: Path, hub: FakeHub) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway with that hub, with the operator's key and no token for the hub."""
    settings = {"hub": {"endpoint": hub.url, "timeout_s": 1}}
    async with running_app(tmp_path, **settings) as app, client_of(app, headers=AUTHORISED) as client:
        yield client
