"""storage, storage clean."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.bodies import job
from tests.fakes.gateway import Answer, envelope

PLAN: dict[str, Any] = {
    "dry_run": True,
    "size_bytes": 98_363_432,
    "removals": [
        {
            "kind": "model",
            "name": "old\x1b[2J",
            "size_bytes": 98_362_432,
            "reason": "unused",
            "why": "Nobody used it.",
            "last_used_at": None,
        },
        {"kind": "file", "name": "x.part", "size_bytes": 1000, "reason": "unfinished", "why": "A download."},
    ],
}
JOB = job(kind="cleanup", model_id=None, downloaded_bytes=98_363_432)


async def test_storage_shows_what_models_take_and_what_is_left(pluggably, server):
    tiny = {"id": "tiny", "size_bytes": 98_362_432, "status": "available", "pinned": True, "is_default": True}
    storage = {"used_bytes": 98_362_432, "limit_bytes": 10**10, "free_bytes": 5 * 10**9, "models": [tiny]}
    server.on("GET /v1/storage", Answer(storage))
    shown = await pluggably("storage")
    assert shown.err == "98.4 MB of 10.0 GB used, 5.0 GB free on the disk\n"
    assert shown.out.splitlines()[1].split() == ["tiny", "98.4", "MB", "available", "-", "default,", "pinned"]
    assert (await pluggably("storage", "-q")).out == "tiny\n"
    assert (await pluggably("storage", "--json")).json()["limit_bytes"] == 10**10


async def test_storage_tells_what_downloads_were_promised(pluggably, server):
    server.on(
        "GET /v1/storage", Answer({"used_bytes": 0, "free_bytes": 10**9, "promised_bytes": 10**8, "models": []})
    )
    assert (await pluggably("storage")).err == "0 B used, 100 MB promised to downloads, 1.0 GB free on the disk\n"


@pytest.fixture
def dirty(server):
    ended = Answer(JOB | {"status": "completed"})
    server.on("POST /v1/storage/clean", Answer(PLAN), Answer(JOB | {"status": "queued"}, 202))
    server.on("GET /v1/jobs/job_1", Answer(JOB | {"status": "running"}), ended)


async def test_a_dry_run_shows_what_would_go_and_why(pluggably, server, dirty):
    shown = await pluggably("storage", "clean", "--dry-run")
    header, model, file = shown.out.splitlines()
    assert header.split() == ["WHAT", "SIZE", "LAST", "USED", "WHY"]
    assert model.split() == ["old[2J", "98.4", "MB", "-", "Nobody", "used", "it."]
    assert file.split() == ["x.part", "1.0", "kB", "-", "A", "download."]
    assert [request.body for request in server.requests] == [{"dry_run": True}]


async def test_a_dry_run_as_json_and_quiet(pluggably, server, dirty):
    server.on("POST /v1/storage/clean", Answer(PLAN))
    assert (await pluggably("storage", "clean", "--dry-run", "--json")).json()["size_bytes"] == 98_363_432
    assert (await pluggably("storage", "clean", "--dry-run", "-q")).out.splitlines()[1] == "x.part"


async def test_a_cleanup_asks_first_and_follows_its_job(pluggably, server, dirty):
    async with pluggably.terminal("storage", "clean") as terminal:
        assert "x.part" in await terminal.see("[y/N]:")
        await terminal.type("y\n")
        await terminal.see("98.4 MB are free again.")
        assert await terminal.end() == 0
    assert [request.body for request in server.requests[:2]] == [{"dry_run": True}, {"dry_run": False}]
    assert [request.path for request in server.requests[2:]] == ["/v1/jobs/job_1"] * 2


async def test_where_nobody_can_be_asked_a_cleanup_wants_a_yes(pluggably, server, dirty):
    result = await pluggably("storage", "clean")
    assert (result.status, len(server.requests)) == (2, 1)
    assert "--yes" in result.err


async def test_a_cleanup_after_a_yes_says_what_it_has_freed(pluggably, server, dirty):
    assert (await pluggably("storage", "clean", "--yes", "--json")).json()["downloaded_bytes"] == 98_363_432


async def test_where_there_is_nothing_to_remove_no_job_is_started(pluggably, server):
    server.on("POST /v1/storage/clean", Answer({"dry_run": True, "size_bytes": 0, "removals": []}))
    assert "nothing to clean up" in (await pluggably("storage", "clean", "--yes")).err
    assert len(server.requests) == 1


async def test_a_cleanup_that_fails_says_why(pluggably, server):
    failed = JOB | {"status": "failed", "error": {"code": "internal_error", "message": "It broke."}}
    server.on("POST /v1/storage/clean", Answer(PLAN), Answer(failed, 202))
    result = await pluggably("storage", "clean", "-y")
    assert (result.status, result.err) == (1, "pluggably: The cleanup failed: It broke.\n")


async def test_who_may_not_clean_up_is_told(pluggably, server):
    server.on("POST /v1/storage/clean", Answer(envelope("permission_denied", "Only admins may."), 403))
    result = await pluggably("storage", "clean", "--dry-run")
    assert (result.status, result.err) == (1, "pluggably: Only admins may.\n")
