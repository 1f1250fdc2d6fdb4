"""The browser tests of the file that a module names in `BROWSER_TESTS`, run once for the module."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories import browsers
from tests.factories.browsers import Outcomes


@pytest.fixture(scope="session")
def site() -> Path:
    return browsers.build()


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, site: Path, starter_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Outcomes:
    folder = tmp_path_factory.mktemp("web")
    with browsers.gateways(folder, starter_model) as variables:
        return browsers.run(request.module.BROWSER_TESTS, variables, folder / "report.json")
