"""The two parts of a run become one report, and what is missing is no success."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from scripts.merge_reports import main
from scripts.traceability import FAILED, PASSED, SKIPPED, read_report

TESTS = """
import pytest

def test_it_holds():
    pass

@pytest.mark.alone
def test_it_holds_alone():
    assert {alone}

@pytest.mark.alone
def test_it_is_left_out():
    pytest.skip("as an example")
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what pytest writes of a file in two runs: one that passes, one with a failure."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "test_it.py").write_text(TESTS.format(alone=False))
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = alone: by itself")
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # they take their time to start
    for name, mark in {"beside.xml": "not alone", "alone.xml": "alone"}.items():
        command = [sys.executable, "-m", "pytest", "-m", mark, f"--junitxml={name}"]
        subprocess.run(command, cwd=folder, env=environment, check=False)
    return folder


@pytest.fixture
def parts(written: Path, tmp_path: Path) -> list[str]:
    """Both reports, to be changed."""
    return [str(shutil.copy(written / name, tmp_path)) for name in ("beside.xml", "alone.xml")]


def test_every_test_of_both_runs_is_in_the_one_report(parts: list[str], tmp_path: Path) -> None:
    whole = tmp_path / "junit.xml"
    assert main([*parts, str(whole)]) == 0
    assert read_report(whole).counts == {PASSED: 1, FAILED: 1, SKIPPED: 1}
    (suite,) = ET.parse(whole).getroot()
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["3", "1", "0", "1"]
    times = [float(suite.get("time", 0)) for part in parts for suite in ET.parse(part).getroot()]
    assert float(suite.get("time", 0)) == pytest.approx(sum(times), abs=0.01)


def test_a_run_without_a_report_makes_none_of_both(
    parts: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(parts[1]).unlink()
    assert main([*parts, str(tmp_path / "junit.xml")]) == 1
    assert "alone.xml" in capsys.readouterr().out
    assert not (tmp_path / "junit.xml").exists()


def test_a_report_that_was_cut_off_makes_none_of_both(parts: list[str], tmp_path: Path) -> None:
    cut = Path(parts[0])
    cut.write_bytes(cut.read_bytes()[:-20])
    assert main([*parts, str(tmp_path / "junit.xml")]) == 1
    assert not (tmp_path / "junit.xml").exists()
