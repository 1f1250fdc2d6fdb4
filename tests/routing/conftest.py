"""What the tests of routing share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from pluggably.kit.http import HttpClient
from tests.fakes.openai_server import OpenAIServer


@pytest.fixture
async def upstream() -> AsyncIterator[OpenAIServer]:
    """A vendor on loopback."""
    async with OpenAIServer() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    """The pool of outgoing connections."""
    client = HttpClient()
    yield client
    await client.close()
