"""Artifact services on real stores."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pluggably.features.artifacts.conversion import Converter
from pluggably.features.artifacts.service import ArtifactService
from pluggably.features.artifacts.signing import Addresses
from pluggably.features.artifacts.store import ArtifactStore
from pluggably.kit.database import Database

Serve = Callable[..., ArtifactService]
"""`service_on` with the database filled in."""


def service_on(
    database: Database, store: ArtifactStore, *, retention: timedelta = timedelta(days=30), ttl_s: float = 60
) -> ArtifactService:
    """A service as the gateway makes it."""
    addresses = Addresses(b"a secret", base="", ttl_s=ttl_s)
    return ArtifactService(database, store, Converter(store), addresses, retention)
