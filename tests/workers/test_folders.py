"""Socket folders of gateways that live, that ended, and that were killed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from pluggably.workers.folders import SocketFolder, remove_stale_folders

HOLDS_ONE = """
import sys, time
from pluggably.workers.folders import SocketFolder
print(SocketFolder().path, flush=True)
time.sleep(60)
"""


def test_a_folder_is_private_and_goes_with_its_contents() -> None:
    folder = SocketFolder()
    assert folder.path.stat().st_mode & 0o777 == 0o700
    (folder.path / "x.sock").touch()
    folder.remove()
    assert not folder.path.exists()


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_stays() -> None:
    mine = SocketFolder()
    with subprocess.Popen([sys.executable, "-c", HOLDS_ONE], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        theirs = Path(other.stdout.readline().strip())
        remove_stale_folders()
        assert theirs.exists()
        other.kill()
    assert theirs.exists()
    assert remove_stale_folders() >= 1
    assert not theirs.exists()
    assert mine.path.exists()
    mine.remove()


def test_a_folder_without_a_lock_is_somebody_elses() -> None:
    with tempfile.TemporaryDirectory(prefix="pluggably-") as folder:
        remove_stale_folders()
        assert Path(folder).exists()
