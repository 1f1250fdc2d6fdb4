"""Stores and services that the tests of artifacts share."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pluggably.features.artifacts.store import ArtifactStore, LocalStore
from pluggably.kit.database import Database
from tests.factories.artifacts import Serve, service_on
from tests.factories.buckets import new_bucket, running_s3, store_in


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """A server that speaks S3."""
    with running_s3() as url:
        yield url


@pytest.fixture
def local_store(tmp_path: Path) -> LocalStore:
    """Files."""
    return LocalStore(tmp_path / "artifacts")


@pytest.fixture(params=["disk", "s3"])
def store(request: pytest.FixtureRequest, local_store: LocalStore) -> ArtifactStore:
    """Each kind of store; the test runs once for each."""
    if request.param == "disk":
        return local_store
    url: str = request.getfixturevalue("s3_url")
    return store_in(url, new_bucket(url))


@pytest.fixture
def serve(database: Database) -> Serve:
    """Makes a service on a store."""

    return partial(service_on, database)
