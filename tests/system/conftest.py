"""Servers for the system tests: real processes, the real model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.gateways import Gateway, running_gateway


@pytest.fixture(scope="session")
def model_folder(starter_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder that holds the starter model alone."""
    folder = tmp_path_factory.mktemp("models")
    (folder / starter_model.name).hardlink_to(starter_model)
    return folder


@pytest.fixture(scope="module")
def gateway(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with the starter model, shared by the tests of one file."""
    with running_gateway(tmp_path_factory.mktemp("gateway"), models=model_folder) as running:
        yield running
