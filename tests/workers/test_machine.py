"""How much memory models may take where nobody has set a limit."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from pluggably.workers.machine import MIB, default_memory_bytes


@pytest.mark.req("SYS-REQ-045")
def test_models_may_take_four_fifths_of_the_machine_or_of_its_container(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    machine = int(psutil.virtual_memory().total * 0.8)
    assert default_memory_bytes(limit) == machine  # no container
    limit.write_text("max\n")
    assert default_memory_bytes(limit) == machine
    limit.write_text(f"{100 * MIB}\n")
    assert default_memory_bytes(limit) == 80 * MIB
