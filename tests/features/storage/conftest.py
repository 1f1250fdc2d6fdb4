"""What the tests of storage share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from pluggably.kit.database import Database
from tests.factories.storage import Store, store_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty model folder."""
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest_asyncio.fixture
async def store(database: Database, folder: Path) -> AsyncIterator[Store]:
    """A storage with an empty folder."""
    async with store_in(database, folder) as store:
        yield store
