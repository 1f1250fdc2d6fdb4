"""What every test may use: real models, real databases, real servers on loopback."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / ".cache" / "models"


@pytest.fixture(scope="session")
def starter_model() -> Path:
    """The starter model's file; fetched once by the product's own `pull`, then kept in `.cache/`."""
    from pluggably.features.downloads.starter import pull_starter

    return asyncio.run(pull_starter(WEIGHTS))
