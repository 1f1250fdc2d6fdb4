"""`/v1/usage`: what was recorded, added up on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from pluggably.errors import PermissionDenied
from pluggably.features.usage import service
from pluggably.features.usage.recorder import WriteBehindRecorder
from pluggably.features.users.authentication import OPERATOR_CALLER, Caller
from pluggably.kit.database import Database
from tests.factories.apps import AUTHORISED, client_of, providers, running_app
from tests.factories.requests import finished_request
from tests.fakes.openai_server import OpenAIServer

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANN = Caller("ann", False, frozenset({"read"}), "token")


@pytest.fixture
async def recorded(either_database: Database) -> Database:
    recorder = WriteBehindRecorder(either_database, interval_s=0.01)
    await recorder.start()
    for number, (user, model, status, cost, moment) in enumerate(
        (
            ("operator", "a", "completed", 0.25, NOON),
            ("operator", "a", "failed", None, NOON),
            ("operator", "b", "cancelled", 0.5, NOON - timedelta(days=1)),
            ("ann", "b", "completed", None, NOON),
            ("ann", "b", "completed", None, NOON - timedelta(hours=12, microseconds=1)),
            ("ann", None, "failed", None, NOON - timedelta(days=40)),
        )
    ):
        recorder.record(
            finished_request(
                id=f"req_{number}",
                user_id=user,
                model=model,
                status=status,
                cost_usd=cost,
                created_at=moment,
                finished_at=moment,
                prompt_tokens=10 if status != "failed" else None,
                completion_tokens=2 if status != "failed" else None,
                cached_prompt_tokens=4 if user == "operator" and status != "failed" else None,
                reasoning_tokens=1 if status == "cancelled" else None,
            )
        )
    await recorder.close()
    return either_database


async def report(database: Database, caller: Caller = OPERATOR_CALLER, group: str = "model", everyone: bool = False):
    since, until = NOON - timedelta(days=30), NOON + timedelta(seconds=1)
    return await service.report(database, caller, group, since, until, everyone, 50)  # type: ignore[arg-type]


async def test_ones_own_requests_are_added_up_by_model(recorded):
    found = await report(recorded)
    a, b = found.usage
    assert (a.model, a.requests, a.errors, a.cancelled, a.total_tokens, a.cost_usd) == ("a", 2, 1, 0, 12, 0.25)
    assert (b.model, b.requests, b.errors, b.cancelled, b.total_tokens, b.cost_usd) == ("b", 1, 0, 1, 12, 0.5)
    assert (found.total.requests, found.total.prompt_tokens, found.total.cost_usd) == (3, 20, 0.75)


async def test_cached_and_reasoning_tokens_are_added_up_where_providers_told_them(recorded):
    mine, theirs = await report(recorded), await report(recorded, ANN)
    assert [(one.cached_prompt_tokens, one.reasoning_tokens) for one in mine.usage] == [(4, 0), (4, 1)]
    assert (mine.total.cached_prompt_tokens, mine.total.reasoning_tokens) == (8, 1)
    assert (theirs.total.cached_prompt_tokens, theirs.total.reasoning_tokens) == (0, 0)


async def test_days_are_those_of_utc_and_the_newest_comes_first(recorded):
    found = await report(recorded, ANN, "day")
    assert [(day.day, day.requests) for day in found.usage] == [("2026-11-23", 1), ("2026-11-22", 1)]
    assert found.total.cost_usd is None, "nothing was priced, which is not a price of nothing"


async def test_an_admin_sees_everybody_and_nobody_else_does(recorded):
    found = await report(recorded, group="user")
    assert [(user.user, user.requests) for user in found.usage] == [("operator", 3), ("ann", 2)]
    assert (await report(recorded, everyone=True)).total.requests == 5
    for refused in ({"group": "user"}, {"everyone": True}):
        with pytest.raises(PermissionDenied):
            await report(recorded, ANN, **refused)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        OpenAIServer() as vendor,
        running_app(tmp_path, providers=providers(vendor.base_url, models=["m"])) as app,
        client_of(app, headers=AUTHORISED) as client,
    ):
        yield client


async def test_a_request_that_was_made_is_in_the_report(client):
    answer = await client.post("/v1/generate", json={"model": "acme:m", "input": {"prompt": "Hi"}})
    used = answer.json()["usage"]["total_tokens"]
    async with asyncio.timeout(10):
        while not (found := (await client.get("/v1/usage", params={"group_by": "day"})).json()["usage"]):
            await asyncio.sleep(0.05)
    assert found[0]["total_tokens"] == used > 0


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"group_by": "planet"}, "group_by"),
        ({"since": "2026-11-23T00:00:00Z", "until": "2026-11-22T00:00:00Z"}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"limit": 0}, "limit"),
    ],
)
async def test_what_can_not_be_asked_is_named(client, query, param):
    answer = await client.get("/v1/usage", params=query)
    assert (answer.status_code, answer.json()["error"]["param"]) == (422, param)
