"""What is done again and again: at once, in time, in spite of failures, and not any more once it is stopped."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from pluggably.kit.periodic import Periodic


async def test_it_works_at_the_start_and_again_until_it_is_stopped() -> None:
    done = 0
    often = asyncio.Event()

    async def work() -> None:
        nonlocal done
        done += 1
        if done == 3:
            often.set()

    periodic = Periodic("counting", work, 0.01)
    periodic.start()
    async with asyncio.timeout(10):
        await often.wait()
    await periodic.stop()
    counted = done
    await asyncio.sleep(0.05)
    assert done == counted
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "counting"]


async def test_a_failure_is_logged_and_the_next_time_comes_all_the_same() -> None:
    tries = 0
    recovered = asyncio.Event()

    async def work() -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError("the disk is away")
        recovered.set()

    periodic = Periodic("a sweep", work, 0.01)
    with capture_logs() as logs:
        periodic.start()
        async with asyncio.timeout(10):
            await recovered.wait()
        await periodic.stop()
    assert [(line["event"], line["task"]) for line in logs] == [("a periodic task failed", "a sweep")]


async def test_stopping_gives_up_what_is_under_way_and_may_be_done_twice() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    periodic = Periodic("long", work, 60)
    periodic.start()
    async with asyncio.timeout(10):
        await begun.wait()
        await periodic.stop()
        await periodic.stop()
    assert ended.is_set()


async def test_one_that_never_started_can_be_stopped() -> None:
    async def work() -> None:
        raise AssertionError("never started")

    await Periodic("idle", work, 60).stop()
