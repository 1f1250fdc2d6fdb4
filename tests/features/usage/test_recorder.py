"""Finished requests on their way to a real database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, select, text

from pluggably.contract.modality import Modality
from pluggably.features.usage.recorder import FinishedRequest, WriteBehindRecorder
from pluggably.kit import migrations
from pluggably.kit.database import Database
from pluggably.tables.models import ModelOrigin, ModelStatus, ModelTable
from pluggably.tables.requests import RequestTable
from tests.factories.requests import finished_request


@pytest.fixture
async def recorder(database: Database) -> AsyncIterator[WriteBehindRecorder]:
    recorder = WriteBehindRecorder(database, interval_s=0.02)
    await recorder.start()
    yield recorder
    await recorder.close()


async def stored(database: Database) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(RequestTable)) or 0


async def eventually(condition: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def dropped() -> float:
    return REGISTRY.get_sample_value("pluggably_usage_dropped_total") or 0


def waiting() -> float | None:
    return REGISTRY.get_sample_value("pluggably_usage_pending")


def model_row(name: str, **changes: Any) -> ModelTable:
    return ModelTable(
        id=name,
        name=name,
        modality=Modality.TEXT,
        provider="local",
        origin=ModelOrigin.DISCOVERED,
        status=ModelStatus.AVAILABLE,
        **changes,
    )


def test_a_record_has_exactly_the_columns_of_the_table() -> None:
    assert {field.name for field in fields(FinishedRequest)} == set(RequestTable.__table__.columns.keys())


async def test_a_finished_request_reaches_the_database_unchanged(either_database: Database) -> None:
    recorder = WriteBehindRecorder(either_database, interval_s=0.02)
    await recorder.start()
    finished = finished_request(cost_usd=0.25, error_code="runtime_crashed", model=None)
    recorder.record(finished)
    await eventually(lambda: not recorder.knows("operator", finished.id))
    assert await recorder.find("operator", finished.id) == finished
    await recorder.close()


@pytest.mark.parametrize("microsecond", [0, 1, 250_000])
async def test_times_are_stored_as_other_rows_have_them(either_database: Database, microsecond: int) -> None:
    moment = datetime(2026, 11, 23, 12, 0, 0, microsecond, tzinfo=UTC)
    recorder = WriteBehindRecorder(either_database)
    await recorder.start()
    recorder.record(finished_request(id="written behind", created_at=moment, finished_at=moment))
    await recorder.close()
    other = {**asdict(finished_request()), "id": "added", "created_at": moment, "finished_at": moment}
    async with either_database.transaction() as db:
        db.add(RequestTable(**other))
    async with either_database.reading() as db:
        rows = await db.execute(text("SELECT created_at, finished_at FROM requests"))
    assert len(rows.all()) == 2
    async with either_database.reading() as db:
        different = await db.execute(text("SELECT DISTINCT created_at, finished_at FROM requests"))
    assert len(different.all()) == 1


async def test_a_request_is_found_before_it_is_written(database: Database) -> None:
    recorder = WriteBehindRecorder(database)  # not started: nothing leaves the queue
    finished = finished_request()
    recorder.record(finished)
    assert recorder.knows("operator", finished.id)
    assert await recorder.find("operator", finished.id) is finished
    assert await stored(database) == 0


async def test_a_request_of_another_user_is_not_found(recorder: WriteBehindRecorder) -> None:
    finished = finished_request(user_id="alice")
    recorder.record(finished)
    assert not recorder.knows("bob", finished.id)
    assert await recorder.find("bob", finished.id) is None
    await eventually(lambda: not recorder.knows("alice", finished.id))
    assert await recorder.find("bob", finished.id) is None
    assert await recorder.find("alice", finished.id) == finished


async def test_two_users_may_choose_the_same_id(recorder: WriteBehindRecorder, database: Database) -> None:
    recorder.record(finished_request(id="chosen-by-both", user_id="alice"))
    recorder.record(finished_request(id="chosen-by-both", user_id="bob"))
    await recorder.close()
    assert await stored(database) == 2


async def test_an_id_that_is_there_already_does_not_fail_its_batch(either_database: Database) -> None:
    recorder = WriteBehindRecorder(either_database, interval_s=0.02)
    await recorder.start()
    first = finished_request(id="again", total_ms=1)
    recorder.record(first)
    await eventually(lambda: not recorder.knows("operator", "again"))
    recorder.record(finished_request(id="again", total_ms=2))
    recorder.record(finished_request())
    await recorder.close()
    assert await stored(either_database) == 2
    assert await recorder.find("operator", "again") == first


async def test_a_full_queue_drops_and_counts_what_comes_on_top(database: Database) -> None:
    recorder = WriteBehindRecorder(database, max_pending=10)
    await recorder.start()
    before = dropped()
    for _ in range(14):
        recorder.record(finished_request())
    assert dropped() - before == 4
    assert waiting() == 10
    await recorder.close()
    assert await stored(database) == 10
    assert waiting() == 0


async def test_more_than_a_batch_is_written_at_once(database: Database) -> None:
    recorder = WriteBehindRecorder(database, batch=50, interval_s=60)
    await recorder.start()
    await asyncio.sleep(0)  # its interval of a minute has begun
    for _ in range(120):
        recorder.record(finished_request())
    await eventually(lambda: waiting() == 0)
    assert await stored(database) == 120
    await recorder.close()


async def test_a_value_that_can_not_be_stored_holds_up_nobody_else(either_database: Database) -> None:
    recorder = WriteBehindRecorder(either_database, interval_s=0.02)
    before = dropped()
    for number in range(30):
        recorder.record(finished_request(model="\ud800" if number == 17 else "smollm2"))
    await recorder.start()
    await recorder.close()
    assert await stored(either_database) == 29
    assert dropped() - before == 1


async def test_a_database_that_fails_is_tried_again_until_it_works(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    recorder = WriteBehindRecorder(database, max_pending=20, interval_s=0.02)
    await recorder.start()
    before = dropped()
    for _ in range(25):
        recorder.record(finished_request())
    await asyncio.sleep(0.2)  # the tables are missing: several attempts fail
    assert waiting() == 20
    assert dropped() - before == 5
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    await eventually(lambda: waiting() == 0)
    assert await stored(database) == 20
    await recorder.close()
    await database.close()


@pytest.mark.alone
async def test_recording_waits_for_no_lock_and_closing_only_for_its_bound(database: Database) -> None:
    recorder = WriteBehindRecorder(database, interval_s=0.01, close_timeout_s=0.3)
    await recorder.start()
    before = dropped()
    async with database.transaction():
        recorder.record(finished_request())
        await asyncio.sleep(0.1)  # the recorder is waiting for the lock
        began = time.perf_counter()
        for _ in range(2_000):
            recorder.record(finished_request())
        assert time.perf_counter() - began < 0.5
        began = time.perf_counter()
        await recorder.close()
        assert time.perf_counter() - began < 2
    assert dropped() - before == 2_001
    assert await stored(database) == 0


async def test_what_comes_after_the_end_is_dropped_and_counted(database: Database) -> None:
    recorder = WriteBehindRecorder(database)
    await recorder.start()
    await recorder.close()
    before = dropped()
    recorder.record(finished_request())
    assert dropped() - before == 1


async def test_closing_one_that_never_started_loses_nothing_silently(database: Database) -> None:
    recorder = WriteBehindRecorder(database)
    recorder.record(finished_request())
    before = dropped()
    await recorder.close()
    assert dropped() - before == 1


async def test_a_model_of_the_registry_knows_when_it_was_last_used(either_database: Database) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    async with either_database.transaction() as db:
        db.add_all(
            [
                model_row("used"),
                model_row("unused"),
                model_row("used-later", last_used_at=noon + timedelta(days=1)),
                model_row("remote"),
            ]
        )
    recorder = WriteBehindRecorder(either_database)
    for model, minutes, provider in [
        ("used", 1, "local"),
        ("used", 3, "local"),
        ("used", 2, "local"),
        ("used-later", 1, "local"),
        ("remote", 1, "acme"),
        ("in-no-registry", 1, "acme"),
    ]:
        recorder.record(
            finished_request(model=model, provider=provider, finished_at=noon + timedelta(minutes=minutes))
        )
    await recorder.start()
    await recorder.close()
    async with either_database.reading() as db:
        rows = (await db.execute(select(ModelTable.id, ModelTable.last_used_at))).all()
    assert {name: moment and moment.replace(tzinfo=UTC) for name, moment in rows} == {
        "used": noon + timedelta(minutes=3),
        "unused": None,
        "used-later": noon + timedelta(days=1),
        "remote": noon + timedelta(minutes=1),
    }


async def test_a_database_that_can_not_be_opened_raises_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")
    recorder = WriteBehindRecorder(database, interval_s=0.01, close_timeout_s=0.2)
    await recorder.start()
    recorder.record(finished_request())
    await asyncio.sleep(0.1)
    before = dropped()
    await recorder.close()
    assert dropped() - before == 1
    await database.close()
