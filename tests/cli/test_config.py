"""config: what is in force, where it came from, and no secret."""

from __future__ import annotations

import pytest

SECRET = "canary-s3cret"


@pytest.mark.req("SYS-REQ-006", "TEST-UNIT-005")
async def test_each_value_is_shown_with_its_origin(pluggably):
    (pluggably.folder / "pluggably.toml").write_text('port = 9001\nhost = "::1"\n[runtime]\nmax_loaded = 7\n')
    pluggably.environ["PLUGGABLY_PORT"] = "9002"
    settings = {row["variable"]: row for row in (await pluggably("config", "--json")).json()["settings"]}
    assert settings["PLUGGABLY_PORT"]["value"] == 9002
    assert settings["PLUGGABLY_PORT"]["origin"] == "PLUGGABLY_PORT"
    assert settings["PLUGGABLY_HOST"]["value"] == "::1"
    assert "pluggably.toml" in settings["PLUGGABLY_HOST"]["origin"]
    assert settings["PLUGGABLY_RUNTIME__MAX_LOADED"]["value"] == 7
    assert settings["PLUGGABLY_RUNTIME__MAX_QUEUE"] == {
        "name": "runtime.max_queue",
        "variable": "PLUGGABLY_RUNTIME__MAX_QUEUE",
        "value": 256,
        "origin": "default",
    }


async def test_what_is_derived_is_shown_as_it_is_in_force(pluggably):
    lines = (await pluggably("config")).out.splitlines()
    (models,) = [line for line in lines if line.startswith("PLUGGABLY_MODEL_DIRS")]
    (database,) = [line for line in lines if line.startswith("PLUGGABLY_DATABASE_URL")]
    assert str(pluggably.folder / "data" / "models") in models
    assert f"sqlite+aiosqlite:///{pluggably.folder}/data/pluggably.db" in database


async def test_the_options_go_before_the_environment(pluggably):
    result = await pluggably("--data-dir", str(pluggably.folder / "other"), "config", "--json")
    rows = {row["name"]: row for row in result.json()["settings"]}
    assert rows["data_dir"]["value"] == str(pluggably.folder / "other")
    assert rows["data_dir"]["origin"] == "--data-dir"


@pytest.mark.req("SYS-NFR-001")
async def test_no_secret_is_shown_in_any_form(pluggably):
    (pluggably.folder / "key.txt").write_text(SECRET)
    pluggably.environ |= {
        "PLUGGABLY_API_KEYS": f"{SECRET}-one,{SECRET}-two",
        "PLUGGABLY_JWT_SECRET_FILE": str(pluggably.folder / "key.txt"),
        "PLUGGABLY_DATABASE_URL": f"postgresql://me:{SECRET}@db.example/pluggably?password={SECRET}",
        "PLUGGABLY_PROVIDERS__ACME__API_KEY": SECRET,
        "PLUGGABLY_ENCRYPTION_KEYS": SECRET,
    }
    for arguments in (["config"], ["config", "--json"], ["config", "--quiet"]):
        result = await pluggably(*arguments)
        assert result.status == 0, result.err
        assert SECRET not in result.out + result.err
    rows = {row["name"]: row["value"] for row in (await pluggably("config", "--json")).json()["settings"]}
    assert rows["database_url"] == "postgresql://me:********@db.example/pluggably?********"
    assert rows["api_keys"] == ["********", "********"]
    assert rows["providers.acme.api_key"] == "********"


async def test_quiet_names_what_is_set(pluggably):
    pluggably.environ |= {"PLUGGABLY_PORT": "9000", "PLUGGABLY_TIMEOUTS__IDLE_S": "5"}
    assert set((await pluggably("config", "-q")).out.split()) == {
        "PLUGGABLY_DATA_DIR",
        "PLUGGABLY_PORT",
        "PLUGGABLY_TIMEOUTS__IDLE_S",
    }


async def test_a_misspelt_variable_is_a_warning_on_stderr(pluggably):
    pluggably.environ |= {"PLUGGABLY_PROT": "9000", "PLUGGABLY_URL": "http://127.0.0.1:1", "PLUGGABLY_KEY": "x"}
    result = await pluggably("config")
    assert result.status == 0
    assert "PLUGGABLY_PROT" in result.err
    assert result.err.count("\n") == 1, "the client's own variables are known"
