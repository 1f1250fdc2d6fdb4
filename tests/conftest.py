"""What every test may use: real models, real databases, real servers on loopback."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from pluggably.kit import migrations
from pluggably.kit.database import Database
from pluggably.kit.http import HttpClient
from tests.factories.databases import PostgresServer, running_postgres
from tests.factories.embedders import minilm_as_gguf
from tests.factories.pipelines import make_pipelines
from tests.factories.shap_e import make_shap_e
from tests.factories.shared import made_once
from tests.fakes.openai_server import OpenAIServer

os.environ["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"  # nobody's own token of the hub is used in tests

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / ".cache" / "models"


@pytest.fixture(scope="session")
def starter_model() -> Path:
    """The starter model's file; fetched once by the product's own `pull`, then kept in `.cache/`."""
    from pluggably.features.downloads.starter import pull_starter

    return asyncio.run(pull_starter(WEIGHTS))


@pytest.fixture(scope="session")
def tiny_pipelines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Image pipelines with random weights: the folders of `stable-diffusion` and `flux`. Not to be changed."""
    kinds = ("stable-diffusion", "flux")
    folder = made_once(tmp_path_factory, "tiny-pipelines", lambda folder: make_pipelines(folder, *kinds))
    return {kind: folder / kind for kind in kinds}


@pytest.fixture(scope="session")
def tiny_shap_e(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Mesh pipelines with random weights: the folders of each kind of `make_shap_e`. Not to be changed."""
    kinds = ("text", "image", "empty", "untabled")
    folder = made_once(tmp_path_factory, "tiny-shap-e", lambda folder: make_shap_e(folder, *kinds))
    return {kind: folder / kind for kind in kinds}


@pytest.fixture(scope="session")
def embedding_model() -> Path:
    """all-MiniLM-L6-v2 as a GGUF file; made once, then kept in `.cache/`."""
    return minilm_as_gguf(WEIGHTS.parent / "embedders")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL, started for the first test that wants one."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables; the test runs once for each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.empty_database() as url:
        yield url


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "migrated.db"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
async def database(_migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty SQLite database with every table."""
    path = tmp_path / "pluggably.db"
    shutil.copy(_migrated_sqlite, path)
    database = Database(f"sqlite:///{path}")
    yield database
    await database.close()


@pytest.fixture
async def either_database(empty_database_url: str) -> AsyncIterator[Database]:
    """A database with every table; the test runs once on SQLite and once on PostgreSQL."""
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    database = Database(empty_database_url)
    yield database
    await database.close()


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
