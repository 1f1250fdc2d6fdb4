"""What keeps the process small; each in a process of its own, since it changes the whole interpreter."""

from __future__ import annotations

import subprocess
import sys


def said(script: str) -> list[str]:
    """What the script prints, line by line."""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    return ended.stdout.splitlines()


def test_a_library_does_without_a_package_that_it_would_load_because_it_is_there() -> None:
    assert said(
        "import sys\n"
        "from pluggably.kit import footprint\n"
        "with footprint.without('rich'):\n"
        "    import structlog\n"
        "print('rich' in sys.modules, 'structlog' in sys.modules)\n"
        "import rich\n"
        "print(rich.__name__)\n"
    ) == ["False True", "rich"]


def test_a_package_that_is_loaded_already_stays() -> None:
    assert said(
        "import rich\n"
        "from pluggably.kit import footprint\n"
        "with footprint.without('rich'):\n"
        "    import rich.console\n"
        "import sys; print(sys.modules['rich'] is rich)\n"
    ) == ["True"]


def test_models_that_are_defined_meanwhile_are_built_at_their_first_use_and_later_ones_at_once() -> None:
    assert said(
        "from pydantic import BaseModel\n"
        "from pluggably.kit import footprint\n"
        "with footprint.schemas_built_later():\n"
        "    class Early(BaseModel):\n"
        "        number: int\n"
        "class Late(BaseModel):\n"
        "    number: int\n"
        "print(Early.__pydantic_complete__, Late.__pydantic_complete__)\n"
        "print(Early.model_validate({'number': '3'}).number, Early.__pydantic_complete__)\n"
    ) == ["False True", "3 True"]


def test_garbage_is_looked_for_again_once_the_start_is_over() -> None:
    assert said(
        "import gc\n"
        "from pluggably.kit import footprint\n"
        "footprint.begin()\n"
        "print(gc.isenabled())\n"
        "footprint.settle()\n"
        "print(gc.isenabled(), gc.get_freeze_count() > 1000)\n"
    ) == ["False", "True True"]
