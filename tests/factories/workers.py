"""Pools and specs for tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from pluggably.workers.interface import WorkerSpec
from pluggably.workers.worker import Patience

ROOT = Path(__file__).resolve().parents[2]
IMPATIENT = Patience(probe_interval_s=0.1, probe_timeout_s=0.3, probe_failures=2, grace_s=0.3, cooldown_s=0.4)


def fake_spec(journal: Path, behaviour: str = "serve", *, load_timeout_s: float = 30, **config: Any) -> WorkerSpec:
    """A worker that is no model; see `tests.fakes.worker`."""
    return WorkerSpec(
        "fake",
        "tests.fakes.worker",
        {"behaviour": behaviour, "journal": str(journal), **config},
        load_timeout_s=load_timeout_s,
    )


def llama_spec(model: Path, **config: Any) -> WorkerSpec:
    """A real model with a small context."""
    chosen = {"context_tokens": 1024, "parallel": 2, "threads": 2} | config
    return WorkerSpec("starter", "pluggably.runtimes.llama", {"model_path": str(model), "alias": "starter", **chosen})


def started(journal: Path) -> list[int]:
    """The processes that a fake noted."""
    return [int(line) for line in journal.read_text().split()] if journal.exists() else []


def alive(pid: int) -> bool:
    """Whether there is such a process; one that has ended and was not reaped does not count."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def comes_true(condition: Callable[[], bool], within_s: float = 5) -> bool:
    """Whether the condition holds at some moment within so many seconds."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if condition():
            return True
        await asyncio.sleep(0.02)
    return condition()
