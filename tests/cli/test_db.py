"""db: the schema's revision, and how it is brought up to date."""

from __future__ import annotations


async def test_an_empty_database_is_brought_up_to_date_once(pluggably):
    assert "no tables yet" in (await pluggably("db", "current")).out
    assert not (pluggably.folder / "data").exists(), "looking makes nothing"
    first, second = await pluggably("db", "upgrade", "--json"), await pluggably("db", "upgrade", "--json")
    assert (first.json()["changed"], second.json()["changed"]) == (True, False)
    current = await pluggably("db", "current")
    assert current.out == f"{first.json()['revision']} (up to date)\n"
    assert (await pluggably("db", "current", "-q")).out.strip() == first.json()["revision"]


async def test_a_database_that_cannot_be_opened_is_one_line(pluggably):
    pluggably.environ["PLUGGABLY_DATABASE_URL"] = "sqlite:////proc/none/pluggably.db"
    result = await pluggably("db", "upgrade")
    assert result.status == 1
    assert "PLUGGABLY_DATABASE_URL" in result.err
    assert result.err.count("\n") == 1
