"""The limit on open files, tried in processes of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys
from pluggably.kit.open_files import raise_open_files
soft, hard = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
told = raise_open_files()
print(told, *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("soft", "hard", "after"), [(256, 1000, 1000), (1000, 1000, 1000), (64, 64, 64)])
def test_a_process_may_open_as_many_files_as_the_system_lets_it(soft: int, hard: int, after: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(soft), str(hard)], capture_output=True, text=True, check=True
    )
    assert [int(number) for number in done.stdout.split()] == [after, after, hard]
