from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import dart


def test_the_configuration_names_the_package_of_this_repository(tmp_path):
    written = json.loads(dart.write_configuration(tmp_path).read_text())
    (package,) = written["packages"]
    assert package["name"] == "pluggably_llm_client"
    assert package["rootUri"] == (dart.ROOT / "clients" / "dart").as_uri()
    assert (dart.ROOT / "clients" / "dart" / package["packageUri"] / "pluggably_llm_client.dart").exists()


def test_a_dart_on_the_path_is_taken(tmp_path):
    program = tmp_path / "dart"
    program.write_text('#!/bin/sh\necho mine "$2"\nexit 7\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    done = run(tmp_path, "some.dart")
    assert (done.returncode, done.stdout) == (7, "mine some.dart\n")


TOOLS = """#!/bin/sh
echo "$PWD: $*" >> {told}
case "$*" in {finds}*) exit 3 ;; esac
"""
PREPARED, FORMAT, ANALYZE = "pub get --offline", "format --output=none --set-exit-if-changed .", "analyze ."


@pytest.mark.parametrize(
    ("finds", "status", "asked"),
    [
        ("nothing", 0, [PREPARED, FORMAT, ANALYZE]),
        ("analyze", 3, [PREPARED, FORMAT, ANALYZE]),
        ("format --output", 3, [PREPARED, FORMAT]),
    ],
)
def test_an_sdk_on_the_path_analyses_the_package_and_looks_at_its_format(tmp_path, finds, status, asked):
    told = tmp_path / "told"
    program = tmp_path / "dart"
    program.write_text(TOOLS.format(told=told, finds=f"'{finds}'"))
    program.chmod(0o755)
    assert run(tmp_path, "lint").returncode == status
    help_, *lines = told.read_text().splitlines()
    assert help_.endswith(": format --help")
    assert lines == [f"{dart.PACKAGE}: {each}" for each in asked]


def test_without_an_sdk_lint_says_that_it_has_left_dart_out(tmp_path):
    assert "left out" in run(tmp_path, "lint").stdout
    bare = tmp_path / "dart"
    bare.symlink_to(dart.dart())
    done = run(tmp_path, "lint")
    assert (done.returncode, "left out" in done.stdout) == (0, True)


def test_make_lint_asks_dart():
    done = subprocess.run(["make", "--dry-run", "lint"], cwd=dart.ROOT, capture_output=True, text=True, check=True)
    assert "python -m scripts.dart lint" in done.stdout


def test_a_file_of_the_package_runs(tmp_path):
    file = tmp_path / "some.dart"
    file.write_text(
        "import 'package:pluggably_llm_client/pluggably_llm_client.dart';\n"
        "void main(List<String> arguments) => print([Modality.threeD, ...arguments]);\n"
    )
    done = run(tmp_path / "nothing", str(file), "more")
    assert (done.returncode, done.stdout) == (0, "[3d, more]\n")


def run(first_on_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, with a PATH that begins with this folder."""
    command = [sys.executable, "-m", "scripts.dart", *arguments]
    environment = {"PATH": f"{first_on_path}:/usr/bin:/bin:/usr/sbin:/sbin"}
    return subprocess.run(
        command, cwd=dart.ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
