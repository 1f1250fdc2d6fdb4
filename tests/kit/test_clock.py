"""Times on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import BaseModel

from pluggably.kit.clock import WireTime, iso, utc_now


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 23, 14, 25, 0, 123456, tzinfo=UTC), "2026-11-23T14:25:00.123456Z"),
        (datetime(2026, 11, 23, 14, 25), "2026-11-23T14:25:00Z"),  # noqa: DTZ001 - as SQLite gives it back
        (datetime(2026, 11, 23, 14, 25, tzinfo=timezone(timedelta(hours=2))), "2026-11-23T12:25:00Z"),
    ],
)
def test_times_are_written_in_utc_with_a_z(moment: datetime, text: str) -> None:
    class Body(BaseModel):
        at: WireTime

    assert iso(moment) == text
    assert Body(at=moment).model_dump_json() == f'{{"at":"{text}"}}'


def test_now_is_aware() -> None:
    assert utc_now().tzinfo is UTC
