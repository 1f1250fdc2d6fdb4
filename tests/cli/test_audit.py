"""audit: who did what, from the database itself."""

from __future__ import annotations

import pytest

from tests.factories.apps import AUTHORISED, client_of, running_app

PASSWORD = "correct horse battery"


@pytest.mark.req("SYS-REQ-037")
async def test_what_was_done_at_the_machine_and_through_the_api_is_listed_newest_first(pluggably):
    async with running_app(pluggably.folder / "data") as app, client_of(app, headers=AUTHORISED) as client:
        token = (await client.post("/v1/users/tokens", json={"name": "laptop", "scopes": ["read"]})).json()["info"]
        made = await pluggably("users", "create", "ada", given=PASSWORD)
        assert made.status == 0, made.err
        beside = await pluggably("audit", "--json")  # beside a running server
        assert [entry["action"] for entry in beside.json()["audit"]] == ["user.created", "token.created"]
    await pluggably("users", "disable", "ada")
    lines = [line.split() for line in (await pluggably("audit")).out.splitlines()]
    assert [line[5] for line in lines[1:]] == ["user.changed", "user.created", "token.created"]
    assert lines[1][2:5] == ["operator", "command_line", "-"]
    assert "scopes=read" in lines[3]
    only = (await pluggably("audit", "--target", token["id"], "--by", "operator", "--json")).json()["audit"]
    assert [(entry["action"], entry["details"]["name"]) for entry in only] == [("token.created", "laptop")]
    assert len((await pluggably("audit", "--action", "user.changed", "-q")).out.split()) == 1
    assert len((await pluggably("audit", "-n", "2", "-q")).out.split()) == 2
    assert PASSWORD not in (await pluggably("audit", "--json")).out


async def test_nothing_that_fits_is_said_and_without_a_database_what_to_do(pluggably):
    nothing = await pluggably("audit")
    assert (nothing.status, "pluggably db upgrade" in nothing.err) == (1, True)
    assert not (pluggably.folder / "data").exists()
    assert (await pluggably("db", "upgrade")).status == 0
    empty = await pluggably("audit")
    assert (empty.status, empty.err) == (0, "Nothing was done that fits.\n")
