"""limits: what users and tokens may use, at a running server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.apps import AUTHORISED, KEY, client_of, running_app, served
from tests.factories.bodies import user
from tests.fakes.gateway import Answer

FREE = {"limit": None, "used": 4, "reserved": 0, "remaining": None, "resets_at": "2026-11-24T00:00:00Z"}
DAY = {"limit": 200_000, "used": 1_234, "reserved": 66, "remaining": 198_700, "resets_at": "2026-11-24T00:00:00Z"}
COST = {"limit": 2.5, "used": 0.25, "reserved": 0, "remaining": 2.25, "resets_at": "2026-11-24T00:00:00Z"}
READ: dict[str, Any] = {
    "user_id": "usr_1",
    "token_id": None,
    "own": {"tokens_per_day": 200_000, "requests_per_minute": None, "use_defaults": True},
    "limits": {"requests_per_minute": FREE, "tokens_per_day": DAY, "cost_usd_per_day": COST},
}
USERS = [
    user("usr_2", username="bob", email=None),
    user("usr_1", username="Ada", email="ada@example.org"),
]


async def test_limits_are_a_table_of_what_holds_and_what_is_used(pluggably, server):
    server.on("GET /v1/users/me/limits", Answer(READ))
    shown = [line.split() for line in (await pluggably("limits", "show")).out.splitlines()]
    assert shown[1:] == [
        ["requests_per_minute", "-", "4", "0", "-", "-", "-"],
        ["tokens_per_day", "200,000", "1,234", "66", "198,700", "own", "2026-11-24", "00:00", "UTC"],
        ["cost_usd_per_day", "2.5", "0.25", "0", "2.25", "everybody's", "2026-11-24", "00:00", "UTC"],
    ]
    assert (await pluggably("limits", "show", "--json")).json()["own"] == READ["own"]
    assert (await pluggably("limits", "show", "-q")).out == "tokens_per_day\ncost_usd_per_day\n"


@pytest.mark.parametrize("name", ["usr_1", "ada", "ADA@example.org"])
async def test_a_user_is_found_by_id_name_or_address_on_any_page(pluggably, server, name):
    pages = [
        Answer({"users": [user], "next_cursor": cursor}) for user, cursor in zip(USERS, ("c", None), strict=True)
    ]
    server.on("GET /v1/users", *pages)
    server.on("GET /v1/users/usr_1/limits", Answer(READ))
    assert (await pluggably("limits", "show", name, "--json")).json()["user_id"] == "usr_1"


async def test_a_user_who_is_not_there_is_told(pluggably, server):
    server.on("GET /v1/users", Answer({"users": USERS, "next_cursor": None}))
    result = await pluggably("limits", "show", "eve")
    assert (result.status, result.err) == (
        1, "pluggably: There is no user 'eve'. `pluggably users list` shows them all.\n",
    )  # fmt: skip


async def test_setting_one_limit_leaves_the_others(pluggably, server):
    server.on("GET /v1/users", Answer({"users": USERS, "next_cursor": None}))
    server.on("GET /v1/users/usr_1/limits", Answer(READ))
    server.on("PUT /v1/users/usr_1/limits", Answer(READ))
    result = await pluggably("limits", "set", "ada", "--cost-usd-per-day", "2.5", "--requests-per-minute", "7")
    assert result.status == 0, result.err
    assert server.requests[-1].body == {
        "tokens_per_day": 200_000, "requests_per_minute": 7, "cost_usd_per_day": 2.5, "use_defaults": True,
    }  # fmt: skip
    assert (await pluggably("limits", "set", "ada", "--tokens-per-day", "none", "--no-defaults")).status == 0
    assert server.requests[-1].body == {"use_defaults": False}, "what is left out is not set any more"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a user, or a token"),
        (["ada"], "name at least one limit"),
        (["ada", "--tokens-per-day", "many"], "neither a number nor `none`"),
        (["ada", "--tokens-per-day", "1.5"], "neither a number nor `none`"),
        (["ada", "--token", "tok_1", "--tokens-per-day", "1"], "name one of the two"),
    ],
)
async def test_what_can_not_be_meant_is_refused_before_anything_is_sent(pluggably, server, arguments, said):
    result = await pluggably("limits", "set", *arguments)
    assert result.status == 2
    assert said in result.err
    assert server.requests == []


async def test_limits_set_on_the_command_line_hold_at_a_real_gateway(pluggably):
    async with running_app(pluggably.folder / "gateway", invite_only=False) as app, served(app) as url:
        pluggably.environ |= {"PLUGGABLY_URL": url, "PLUGGABLY_KEY": KEY}
        async with client_of(app, headers=AUTHORISED) as client:
            token = (await client.post("/v1/users/tokens", json={"name": "t"})).json()
            set_ = await pluggably("limits", "set", "operator", "--requests-per-minute", "3", "--json")
            assert (set_.status, set_.json()["limits"]["requests_per_minute"]["remaining"]) == (0, 3)
            of_token = ("--token", token["info"]["id"])
            assert (await pluggably("limits", "set", *of_token, "--tokens-per-day", "100")).status == 0
            assert (await pluggably("limits", "show", *of_token, "--json")).json()["own"]["tokens_per_day"] == 100
            mine = (await client.get("/v1/users/me/limits")).json()
            assert mine["own"]["requests_per_minute"] == 3
            assert (await pluggably("limits", "set", "operator", "--requests-per-minute", "-1")).status != 0
            await pluggably("limits", "set", "operator", "--requests-per-minute", "none")
            assert (await client.get("/v1/users/me/limits")).json()["own"]["requests_per_minute"] is None
