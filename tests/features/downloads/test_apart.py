"""Files fetched by a process of their own: out of everybody's way, and gone on with when that process dies."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from pluggably.features.downloads.apart import Apart
from pluggably.features.downloads.doors import Way
from pluggably.features.downloads.fetch import DownloadFailed, Expected, Patience, fetched
from tests.fakes.file_server import Manners, file_server

CONTENT = os.urandom(3_000_000)
EXPECTED = Expected(len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
QUICK = Patience(connect_s=2, idle_s=20, attempts=2, backoff_s=0.01)


def children() -> set[psutil.Process]:
    return set(psutil.Process().children())


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.01)


async def test_the_process_that_fetches_steps_back_for_everything_else(tmp_path):
    async with file_server(CONTENT, Manners(stop_after=1_000_000, then="stall")) as server, Apart(Way()) as apart:
        earlier = children()
        fetching = asyncio.create_task(apart.fetch(server.url, tmp_path / "f", EXPECTED, lambda *_: None))
        await until(lambda: server.stalled == 1)
        (child,) = children() - earlier
        assert child.nice() == 19
        assert os.getsid(child.pid) == child.pid
        group = Path(f"/proc/{child.pid}/autogroup")
        if group.exists():
            assert group.read_text().endswith(" nice 10\n")
        assert not any(name.startswith("PLUGGABLY_") for name in child.environ())
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching


@pytest.mark.req("SYS-REQ-013")
async def test_a_file_whose_process_is_killed_goes_on_in_another_one(tmp_path):
    async with (
        file_server(CONTENT, Manners(stop_after=2_000_000, then="stall")) as server,
        Apart(Way(), QUICK) as apart,
    ):
        earlier = children()
        fetching = asyncio.create_task(apart.fetch(server.url, tmp_path / "f", EXPECTED, lambda *_: None))
        await until(lambda: fetched(tmp_path / "f") >= 1_000_000)
        (child,) = children() - earlier
        child.kill()
        await fetching
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert len(server.starts) == 2
    assert server.starts[1] >= 1_000_000
    assert children() == earlier


async def test_a_process_that_dies_before_it_brings_anything_is_a_failure_that_says_so(tmp_path):
    async with file_server(CONTENT, Manners(stop_after=0, then="stall")) as server, Apart(Way(), QUICK) as apart:
        earlier = children()
        fetching = asyncio.create_task(apart.fetch(server.url, tmp_path / "f", EXPECTED, lambda *_: None))
        await until(lambda: server.stalled == 1)
        (child,) = children() - earlier
        child.kill()
        with pytest.raises(DownloadFailed, match=r"has ended \(-9\); the next try goes on"):
            await fetching
    assert children() == earlier
