"""What authentication costs once it is warm, with ten thousand tokens in the database."""

from __future__ import annotations

import pytest

from benchmarks.authentication import LIMIT_US, measure
from pluggably.kit.database import Database


@pytest.mark.req("SYS-REQ-039", "SYS-NFR-006")
@pytest.mark.alone
async def test_a_warm_token_costs_less_than_100_microseconds_and_no_question(database: Database) -> None:
    each, asked = await measure(str(database.url))
    assert each < LIMIT_US
    assert asked <= 5, "only the look for changes may ask the database, a few times a second"
