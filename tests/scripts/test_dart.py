from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

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
