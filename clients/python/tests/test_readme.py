"""The README's examples run as they stand there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from pluggably.features.downloads.starter import pull_starter
from tests.factories.examples import ROOT, Example, examples, run
from tests.factories.gateways import Gateway, running_gateway

EXAMPLES = [found for found in examples(ROOT / "clients" / "python" / "README.md") if found.language == "python"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    weights = asyncio.run(pull_starter(ROOT / ".cache" / "models"))
    folder = tmp_path_factory.mktemp("models")
    (folder / weights.name).hardlink_to(weights)
    with running_gateway(
        tmp_path_factory.mktemp("gateway"), models=folder, key="pgk_readme", PLUGGABLY_BUILTIN_MODELS="true"
    ) as running:
        yield running


@pytest.mark.req("SYS-REQ-023", "SYS-REQ-024")
@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_runs(example: Example, server: Gateway, tmp_path: Path) -> None:
    shown = Example(example.page, example.line, example.language, example.code.replace("pgk_…", "pgk_readme"))
    assert run(shown, server.url, tmp_path).strip()
