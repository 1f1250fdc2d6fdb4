"""What the tests of the command line share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.factories.command import Command
from tests.fakes.gateway import Gateway, gateway


@pytest.fixture
def pluggably(tmp_path: Path) -> Command:
    """The command line, with a home of its own."""
    return Command(tmp_path)


@pytest_asyncio.fixture
async def server(pluggably: Command) -> AsyncIterator[Gateway]:
    """A server that the command line finds."""
    async with gateway() as running:
        pluggably.environ["PLUGGABLY_URL"] = running.url
        yield running
