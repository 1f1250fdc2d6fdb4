"""A registry over a real database and a folder for model files; and the whole gateway with both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from pluggably.app import create_app
from pluggably.kit.database import Database
from pluggably.settings import Settings
from tests.factories.models import KEY, House, started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty model folder."""
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
async def house(database: Database, folder: Path) -> House:
    """A registry with an empty table and an empty folder."""
    return await started(database, folder)


@pytest.fixture
def settings(tmp_path: Path, folder: Path) -> Settings:
    """A gateway with one operator key, one provider that nobody can reach, and the model folder."""
    return Settings.model_validate(
        {
            "data_dir": tmp_path,
            "model_dirs": [folder],
            "api_keys": [KEY],
            "builtin_models": False,
            "providers": {"acme": {"base_url": "http://127.0.0.1:9/v1", "models": ["m1", "m2"]}},
            "runtime": {"scan_interval_s": 0.1},
        }
    )


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The gateway, not started."""
    return create_app(settings)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the operator's key of the started gateway."""
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://gateway", headers={"x-api-key": KEY}
        ) as client,
    ):
        yield client
