"""One gateway for the tests of a file."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.factories.sessions import Chats, chatting


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chats(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chats]:
    """A gateway with a vendor of text and the built-in scenes."""
    async with chatting(tmp_path_factory.mktemp("sessions"), builtin_models=True) as running:
        yield running
