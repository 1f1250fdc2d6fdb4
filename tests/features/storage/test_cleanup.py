"""Cleanups: what goes, why, and what stays whatever the plan."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from pluggably.features.jobs.service import Jobs
from pluggably.features.models.schemas import ModelChange
from pluggably.features.storage.cleanup import KIND, Cleanup, clean_where_needed
from pluggably.kit.clock import utc_now
from pluggably.kit.database import Database
from pluggably.tables.jobs import JobStatus
from tests.factories.models import gguf_bytes
from tests.factories.storage import Store, aged


async def planned(cleanup: Cleanup) -> list[tuple[str, str]]:
    return [(removal.name, removal.reason) for removal in await cleanup.plan()]


async def cleaned(cleanup: Cleanup, database: Database) -> int:
    """Bytes that a cleanup, run as a job, has freed."""
    jobs = Jobs(database, [cleanup])
    await jobs.open()
    try:
        started, _ = await jobs.start(KIND, {}, key=KIND, user_id="ada")
        async with asyncio.timeout(20):
            async for job in jobs.follow(started.id):
                ended = job
        assert (ended.status, ended.kind, ended.error) == (JobStatus.COMPLETED, "cleanup", None)
        return ended.downloaded_bytes
    finally:
        await jobs.close()


@pytest.mark.req("SYS-REQ-012", "TEST-UNIT-004", "TEST-INT-002")
async def test_models_unused_for_too_long_go_and_the_registry_follows(store: Store, database: Database) -> None:
    sizes = await store.put("forgotten", "used", "pinned", "default")
    later = utc_now() + timedelta(days=31)
    store.house.registry.used(store.entry("used"), later - timedelta(days=29))
    await store.house.registry.change("pinned", ModelChange(pinned=True))
    await store.house.registry.make_default("default")
    cleanup = store.cleanup(retention=timedelta(days=30), now=lambda: later)
    assert await planned(cleanup) == [("forgotten", "unused")]
    assert await store.statuses() == dict.fromkeys(("forgotten", "used", "pinned", "default"), "available")
    assert await cleaned(cleanup, database) == sizes[0]
    assert (await store.statuses())["forgotten"] == "evicted"
    assert "retention_days" in str(store.entry("forgotten").status_reason)
    assert sorted(path.name for path in store.folder.iterdir()) == ["default.gguf", "pinned.gguf", "used.gguf"]
    assert await planned(cleanup) == []


async def test_a_file_that_came_not_long_ago_stays_although_nobody_used_it(store: Store) -> None:
    await store.put("m")
    later = utc_now() + timedelta(days=40)
    cleanup = store.cleanup(retention=timedelta(days=30), now=lambda: later)
    assert await planned(cleanup) == [("m", "unused")]
    aged(store.folder / "m.gguf", days=-35)
    assert await planned(cleanup) == []


@pytest.mark.req("SYS-REQ-012", "SYS-NFR-007")
async def test_what_is_over_the_limit_goes_oldest_first_where_that_is_allowed(store: Store) -> None:
    sizes = await store.put("oldest", "older", "newest")
    limit = sizes[2] + 10
    assert await planned(store.cleanup(limit, evict=True)) == [("oldest", "over_limit"), ("older", "over_limit")]
    assert await planned(store.cleanup(sum(sizes), evict=True)) == []
    assert await planned(store.cleanup(limit, evict=False)) == []
    assert await planned(store.cleanup(evict=True)) == []


async def test_what_goes_for_another_reason_counts_before_the_limit(store: Store) -> None:
    sizes = await store.put("old", "new")
    part = store.folder / "gone.part"
    part.write_bytes(bytes(sizes[0]))
    aged(part, days=2)
    assert await planned(store.cleanup(sum(sizes), evict=True)) == [("gone.part", "unfinished")]


async def test_leftovers_go_unless_a_download_uses_them(store: Store, database: Database) -> None:
    for name in ("waiting.part", "abandoned.part"):
        (store.folder / name).write_bytes(bytes(700))
        aged(store.folder / name, days=2)

    async def in_use() -> list[str]:
        return [str(store.folder / "waiting.part")]

    assert await cleaned(store.cleanup(in_use=in_use), database) == 700
    assert [path.name for path in store.folder.iterdir()] == ["waiting.part"]


def revision(store: Store, name: str, blobs: dict[str, Path]) -> Path:
    """A revision in the hub's cache: links to files that several revisions may share."""
    snapshot = store.folder / "models--org--name" / "snapshots" / name
    snapshot.mkdir(parents=True)
    for file, blob in blobs.items():
        (snapshot / file).symlink_to(blob)
    return snapshot


async def test_an_old_revision_goes_without_what_the_new_one_shares_with_it(store: Store, database: Database) -> None:
    cache = store.folder / "models--org--name"
    blobs = {name: cache / "blobs" / name for name in ("shared", "old", "new")}
    (cache / "blobs").mkdir(parents=True)
    for place, blob in enumerate(blobs.values()):
        blob.write_bytes(gguf_bytes() + bytes(1000 * place))
    revision(store, "1111", {"same-Q4_0.gguf": blobs["shared"], "m-Q8_0.gguf": blobs["old"]})
    await store.house.scan()
    assert await planned(store.cleanup()) == []
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("2222")
    assert await planned(store.cleanup()) == []  # the newer one is not here
    revision(store, "2222", {"same-Q4_0.gguf": blobs["shared"], "m-Q8_0.gguf": blobs["new"]})
    await store.house.scan()
    removals = await store.cleanup().plan()
    assert {(removal.reason, removal.what.size_bytes) for removal in removals} == {
        ("old_revision", blobs["old"].stat().st_size)
    }
    await cleaned(store.cleanup(), database)
    assert {name for name, blob in blobs.items() if blob.exists()} == {"shared", "new"}
    assert (cache / "snapshots" / "2222" / "same-Q4_0.gguf").exists()
    statuses = await store.statuses()
    assert sorted(statuses.values()).count("available") == 2


@pytest.mark.req("SYS-REQ-012")
async def test_a_regular_cleanup_starts_a_job_where_there_is_something_to_do(
    store: Store, database: Database
) -> None:
    cleanup = store.cleanup(retention=timedelta(seconds=1))
    jobs = Jobs(database, [cleanup])
    await jobs.open()
    try:
        await clean_where_needed(cleanup, jobs)
        assert await jobs.page(before=None, limit=10) == []
        await store.put("m")
        async with asyncio.timeout(20):
            while store.entry("m").status != "evicted":
                await clean_where_needed(cleanup, jobs)
                await asyncio.sleep(0.1)
        (job, *_) = await jobs.page(before=None, limit=10)
        assert (job.kind, job.user_id) == ("cleanup", "system")
    finally:
        await jobs.close()
