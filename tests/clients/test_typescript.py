"""The TypeScript client: its tests run under Node, each of them is one here."""

from __future__ import annotations

import json
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts import node
from tests.factories.gateways import KEY, running_gateway

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "clients" / "typescript"
TESTS = CLIENT / "test"
SERVED = "gateway.test.ts"
"""The tests that want a running gateway."""
_TEST = re.compile(r'(?:^// req: (?P<ids>.+)\n)?^test\("(?P<name>.+?)",', re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """A test of the client's; `ids` are the requirements and seed tests that it proves."""

    file: str
    name: str
    ids: tuple[str, ...]


CASES = [
    Case(path.name, found["name"], tuple(re.findall(r"[\w-]+", found["ids"] or "")))
    for path in sorted(TESTS.glob("*.test.ts"))
    for found in _TEST.finditer(path.read_text())
]


def parameters(*, served: bool) -> list[object]:
    """Those that want a gateway, or the others."""
    return [
        pytest.param(case, id=f"{case.file.removesuffix('.test.ts')}: {case.name}", marks=pytest.mark.req(*case.ids))
        for case in CASES
        if (case.file == SERVED) is served
    ]


Results = dict[str, str | None]
"""What failed, by the name of the test; None: nothing."""


@pytest.fixture(scope="module")
def built() -> Path:
    """The client and its tests as JavaScript."""
    node.install(CLIENT)
    node.npm(CLIENT, "exec", "--", "tsc")
    return CLIENT / "build" / "test"


def run(built: Path, report: Path, files: list[str], **variables: str) -> Results:
    """Run these files' tests under Node."""
    command = ["node", "--test", "--test-reporter=junit", f"--test-reporter-destination={report}"]
    scripts = [str(built / name.replace(".ts", ".js")) for name in files]
    done = subprocess.run(
        [*command, *scripts],
        cwd=CLIENT,
        env=node.environment() | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.is_file(), done.stdout + done.stderr
    found: Results = {}
    for case in ET.parse(report).getroot().iter("testcase"):
        failure = case.find("failure")
        name = case.get("name", "")
        assert name not in found, f"two tests are called {name!r}"
        found[name] = None if failure is None else f"{failure.get('message')}\n{failure.text}"
    return found


@pytest.fixture(scope="module")
def alone(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The results of the tests that need no gateway."""
    files = sorted({case.file for case in CASES if case.file != SERVED})
    return run(built, tmp_path_factory.mktemp("typescript") / "alone.xml", files)


@pytest.fixture(scope="module")
def served(built: Path, starter_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    """The results of the tests against a gateway with a real text model and the scene engine."""
    folder = tmp_path_factory.mktemp("typescript-gateway")
    models = folder / "models"
    models.mkdir()
    (models / starter_model.name).hardlink_to(starter_model)
    with running_gateway(folder, models=models, PLUGGABLY_BUILTIN_MODELS="true") as gateway:
        yield run(built, folder / "served.xml", [SERVED], PLUGGABLY_URL=gateway.url, PLUGGABLY_KEY=KEY)


@pytest.mark.parametrize("case", parameters(served=False))
@pytest.mark.timeout(300)
def test_the_client_by_itself(case: Case, alone: Results) -> None:
    assert alone[case.name] is None, alone[case.name]


@pytest.mark.req("SYS-REQ-023", "SYS-REQ-024")
@pytest.mark.parametrize("case", parameters(served=True))
@pytest.mark.timeout(300)
def test_the_client_and_a_gateway(case: Case, served: Results) -> None:
    assert served[case.name] is None, served[case.name]


def test_every_test_under_node_is_one_here(alone: Results, served: Results) -> None:
    assert sorted([*alone, *served]) == sorted(case.name for case in CASES)


def test_the_types_are_those_of_the_openapi_document() -> None:
    node.install(CLIENT)
    node.npm(CLIENT, "run", "--silent", "generate", "--", "--check")


def test_the_package_is_built_without_dependencies(tmp_path: Path) -> None:
    """What is published runs in Node by itself, and names no registry."""
    node.install(CLIENT)
    node.npm(CLIENT, "exec", "--", "tsc", "-p", "tsconfig.build.json", "--outDir", str(tmp_path / "dist"))
    (tmp_path / "package.json").write_text((CLIENT / "package.json").read_text())
    script = "import * as made from './dist/index.js'; console.log(new made.Pluggably().baseUrl)"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        cwd=tmp_path,
        env=node.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "http://127.0.0.1:8080"
    assert "dependencies" not in json.loads((CLIENT / "package.json").read_text())
    assert "://" not in re.sub(r'"(funding|url|license)":.*', "", (CLIENT / "package-lock.json").read_text())
