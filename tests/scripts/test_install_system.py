"""What a machine lacks is installed where that is possible, and named where it is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "install_system.sh"
BARE_PYTHON = f"""#!/bin/sh
case "$2" in
    *ensurepip* | *libgomp*) exit 1 ;;
    *) exec "{sys.executable}" "$@" ;;
esac
"""
VENV = "python{}.{}-venv".format(*sys.version_info[:2])


class Machine:
    """A machine of few commands, each of them written by the test or taken from this one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        self.calls.touch()
        for name in ("sh", "env", "uname", "id"):
            (folder / name).symlink_to(str(shutil.which(name)))

    def has(self, name: str, script: str) -> None:
        """A command that notes its arguments and then runs this."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> "{self.calls}"\n{script}\n')
        path.chmod(0o755)

    def install(self, python: str = BARE_PYTHON) -> subprocess.CompletedProcess[str]:
        """Run the script."""
        interpreter = self.folder / "python3"
        interpreter.write_text(python)
        interpreter.chmod(0o755)
        return subprocess.run(
            [SCRIPT],
            env={"PATH": str(self.folder), "PYTHON": "python3", "HOME": os.environ.get("HOME", "/")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.has("id", "echo 0")
    return machine


def test_where_nothing_is_missing_nothing_is_done_or_said(machine: Machine) -> None:
    machine.has("apt-get", "exit 0")
    done = machine.install(python="#!/bin/sh\nexit 0\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "apt-get" not in machine.calls.read_text()


def test_root_gets_exactly_what_is_missing(machine: Machine) -> None:
    machine.has("apt-get", "exit 0")
    done = machine.install()
    assert done.returncode == 0
    (call,) = [line for line in machine.calls.read_text().splitlines() if line.startswith("apt-get")]
    assert call.startswith("apt-get install")
    assert call.endswith(f" {VENV} libgomp1")


def test_a_machine_without_package_lists_fetches_them_first(machine: Machine) -> None:
    machine.has("apt-get", f'[ "$1" = update ] || [ "$(grep -c update "{machine.calls}")" = 1 ]')
    (machine.folder / "grep").symlink_to(str(shutil.which("grep")))
    assert machine.install().returncode == 0
    verbs = [line.split()[1] for line in machine.calls.read_text().splitlines() if line.startswith("apt-get")]
    assert verbs == ["install", "update", "install"]


def test_who_may_not_install_is_told_the_command(machine: Machine) -> None:
    machine.has("id", "echo 1000")
    machine.has("apt-get", "exit 0")
    done = machine.install()
    assert done.returncode == 1
    assert f"apt-get install {VENV} libgomp1" in done.stderr
    assert "apt-get" not in machine.calls.read_text()


def test_sudo_is_used_where_it_asks_for_nothing(machine: Machine) -> None:
    machine.has("id", "echo 1000")
    machine.has("apt-get", "exit 0")
    machine.has("sudo", '[ "$1" = -n ] && shift\nexec "$@"')
    (machine.folder / "true").symlink_to(str(shutil.which("true")))
    assert machine.install().returncode == 0
    assert "sudo env DEBIAN_FRONTEND=noninteractive apt-get install" in machine.calls.read_text()


def test_other_systems_are_told_the_names(machine: Machine) -> None:
    done = machine.install()
    assert done.returncode == 1
    assert f"{VENV} libgomp1" in done.stderr
