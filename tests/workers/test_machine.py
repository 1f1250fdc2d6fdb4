"""How much memory models may take where nobody has set a limit, and whether there is a GPU."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import psutil
import pytest

from pluggably.workers.machine import MIB, default_memory_bytes, has_accelerator


@pytest.mark.req("SYS-REQ-045")
def test_models_may_take_four_fifths_of_the_machine_or_of_its_container(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    machine = int(psutil.virtual_memory().total * 0.8)
    assert default_memory_bytes(limit) == machine  # no container
    limit.write_text("max\n")
    assert default_memory_bytes(limit) == machine
    limit.write_text(f"{100 * MIB}\n")
    assert default_memory_bytes(limit) == 80 * MIB


@pytest.mark.parametrize("driver", ["nvidiactl", "kfd"])
def test_a_gpu_is_known_by_its_driver(tmp_path: Path, driver: str) -> None:
    is_apple = sys.platform == "darwin" and platform.machine() == "arm64"
    assert has_accelerator(tmp_path) == is_apple
    (tmp_path / driver).touch()
    assert has_accelerator(tmp_path) == (is_apple or sys.platform != "darwin")
