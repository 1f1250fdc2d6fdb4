"""key: the operator's key."""

from __future__ import annotations

import pytest


async def test_before_the_first_start_it_says_how_a_key_comes_to_be(pluggably):
    result = await pluggably("key")
    assert result.status == 1
    assert result.out == ""
    assert "pluggably serve" in result.err
    assert "--new" in result.err
    assert (await pluggably("key", "--json")).json()["keys"] == []


async def test_a_new_key_is_kept_for_its_owner_and_shown_in_full(pluggably):
    made = (await pluggably("key", "--new", "--quiet")).out.strip()
    assert made.startswith("pgk_")
    assert len(made) > 40
    assert (await pluggably("key")).out == f"{made}\n"
    assert (await pluggably("key", "--json")).json() == {
        "keys": [made],
        "masked": False,
        "origin": str(pluggably.folder / "data" / "operator.key"),
    }
    assert (pluggably.folder / "data" / "operator.key").stat().st_mode & 0o077 == 0
    assert (await pluggably("key", "--new", "-q")).out.strip() != made


@pytest.mark.req("SYS-NFR-001")
async def test_configured_keys_are_masked(pluggably):
    pluggably.environ["PLUGGABLY_API_KEYS"] = "first-key-of-the-operator,short"
    result = await pluggably("key")
    assert result.out.splitlines() == ["firs…", "…", "(from PLUGGABLY_API_KEYS)"]
    assert (await pluggably("key", "--json")).json()["masked"] is True


@pytest.mark.parametrize("option", ["--new", "--quiet"])
async def test_what_makes_no_sense_with_configured_keys_is_refused(pluggably, option):
    pluggably.environ["PLUGGABLY_API_KEYS"] = "first-key-of-the-operator"
    result = await pluggably("key", option)
    assert result.status == 2
    assert "PLUGGABLY_API_KEYS" in result.err
    assert not (pluggably.folder / "data").exists()
