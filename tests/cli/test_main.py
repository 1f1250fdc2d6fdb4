"""The command line as a whole: help, speed, failures, exit statuses."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys

import pytest

from tests.factories.bodies import model
from tests.factories.command import PROGRAM
from tests.fakes.gateway import Answer

COMMANDS = ["serve", "pull", "run", "ls", "ps", "rm", "config", "doctor", "key", "version", "db"]
GROUPS = ["users", "keys", "limits", "db"]
HELP_S = 0.3


async def test_help_lists_every_command_and_how_to_begin(pluggably):
    result = await pluggably("--help")
    assert result.status == 0
    assert all(f" {command} " in result.out for command in COMMANDS)
    assert "pluggably pull starter" in result.out


@pytest.mark.parametrize("command", COMMANDS)
async def test_every_command_teaches_itself_with_an_example(pluggably, command):
    if command == "db":
        result = await pluggably("db", "upgrade", "--help")
    else:
        result = await pluggably(command, "--help")
    assert result.status == 0
    assert f"pluggably {command}" in result.out.partition("Usage:")[2].partition("\n")[2]


@pytest.mark.parametrize("group", GROUPS)
async def test_a_group_of_commands_begins_with_examples(pluggably, group):
    told = (await pluggably(group, "--help")).out.partition("Usage:")[2].partition("\n")[2]
    assert told.count(f"pluggably {group} ") >= 2


def test_help_takes_less_than_a_third_of_a_second_of_the_processor():
    taken = []
    for _ in range(3):
        process = subprocess.Popen([PROGRAM, "--help"], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        taken.append(usage.ru_utime + usage.ru_stime)
    assert min(taken) < HELP_S


def test_help_imports_no_engine_no_server_and_no_database():
    code = (
        "import sys; from pluggably.cli.main import run; status = run(['--help']); "
        "print(*sys.modules, file=sys.stderr); sys.exit(status)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = {name.partition(".")[0] for name in result.stderr.split()}
    assert "typer" in imported
    heavy = {"xllamacpp", "torch", "sqlalchemy", "alembic", "fastapi", "starlette", "uvicorn", "aiohttp", "httpx"}
    assert not imported & (heavy | {"pydantic", "pluggably_client", "requests"})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lss"], "No such command 'lss'"),
        (["ls", "--frob"], "--frob"),
        (["rm"], "Missing argument"),
        (["serve", "--port", "many"], "--port"),
        (["--json", "ls", "--quiet"], "exclude each other"),
        (["pull", "gpt-9"], "say `starter`"),
        (["run", "auto"], "nothing to ask"),
    ],
)
async def test_wrong_usage_is_one_line_with_status_2(pluggably, arguments, says):
    result = await pluggably(*arguments)
    assert result.status == 2
    assert result.out == ""
    assert says in result.err
    assert "--help` shows how" in result.err
    assert not re.search(r"[.?!]{2}", result.err)
    assert result.err.count("\n") == 1


async def test_no_command_shows_the_help(pluggably):
    result = await pluggably()
    assert "pluggably pull starter" in result.out


@pytest.mark.parametrize("arguments", [["ls"], ["ps"], ["rm", "x", "--yes"], ["run", "auto", "-p", "Hello"]])
async def test_a_missing_server_is_one_line_that_says_how_to_start_one(pluggably, unused_tcp_port, arguments):
    pluggably.environ["PLUGGABLY_PORT"] = str(unused_tcp_port)
    result = await pluggably(*arguments)
    assert result.status == 1
    assert result.out == ""
    assert str(unused_tcp_port) in result.err
    assert "pluggably serve" in result.err
    assert result.err.count("\n") == 1


async def test_a_wrong_configuration_is_one_line_that_names_the_variable(pluggably):
    pluggably.environ |= {"PLUGGABLY_PORT": "eighty", "PLUGGABLY_RUNTIME__MAX_LOADED": "0"}
    result = await pluggably("ls")
    assert result.status == 1
    assert "PLUGGABLY_PORT" in result.err
    assert "PLUGGABLY_RUNTIME__MAX_LOADED" in result.err
    assert result.err.count("\n") == 1


async def test_json_is_understood_before_and_after_the_command(pluggably):
    before, after = await pluggably("--json", "version"), await pluggably("version", "--json")
    assert before.json() == after.json()
    assert before.json()["version"] == (await pluggably("version", "-q")).out.strip()
    assert (await pluggably("--version")).out == (await pluggably("-q", "version")).out


@pytest.mark.parametrize("unbuffered", ["", "1"])
async def test_a_reader_that_leaves_early_ends_the_command_quietly(pluggably, server, unbuffered):
    pluggably.environ["PYTHONUNBUFFERED"] = unbuffered
    models = [model(f"model-{number}", parameters={}) for number in range(20_000)]
    server.on("GET /v1/models", Answer({"models": models, "next_cursor": None}))
    process = await asyncio.create_subprocess_shell(
        f"set -o pipefail; {PROGRAM} ls --quiet | head -1",
        executable="/bin/bash",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=pluggably.environment(),
        cwd=pluggably.folder,
    )
    out, err = await process.communicate()
    assert (out, err, process.returncode) == (b"model-0\n", b"", 141)


async def test_a_long_result_goes_through_a_slow_pipe_whole(pluggably, server):
    pluggably.environ["PYTHONUNBUFFERED"] = "1"
    models = [model(f"model-{number}", parameters={}) for number in range(20_000)]
    server.on("GET /v1/models", Answer({"models": models, "next_cursor": None}))
    assert len((await pluggably("ls", "-q")).out.splitlines()) == 20_000


async def test_shell_completion_completes_commands(pluggably):
    pluggably.environ |= {"_PLUGGABLY_COMPLETE": "complete_bash", "COMP_WORDS": "pluggably ver", "COMP_CWORD": "1"}
    assert "version" in (await pluggably()).out
