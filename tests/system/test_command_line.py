"""The command line against a real server with a real model."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
import trustme

from tests.factories.command import PROGRAM, Command
from tests.factories.gateways import KEY, Gateway, running_gateway, wait_until

MODEL = "SmolLM2-135M-Instruct.Q4_1"
BRIEF = ("-o", "max_tokens=24", "-o", "temperature=0")


@pytest.fixture
def pluggably(gateway: Gateway, tmp_path: Path) -> Command:
    return Command(tmp_path, {"PLUGGABLY_URL": gateway.url, "PLUGGABLY_KEY": KEY})


async def test_ls_shows_the_model_that_was_found(pluggably):
    listed = (await pluggably("ls")).out.splitlines()
    assert listed[1].split()[:5] == [MODEL, "text", "local", "98.4", "MB"]
    assert (await pluggably("ls", "-q", "--modality", "image")).out == ""


async def test_run_answers_and_ps_shows_the_model_in_memory(pluggably):
    answer = await pluggably("run", MODEL, "-p", "What is the capital of France?", *BRIEF, "--json")
    assert answer.status == 0, answer.err
    assert 0 < answer.json()["usage"]["completion_tokens"] <= 24
    assert len(answer.json()["output"]["text"]) > 5
    assert (await pluggably("ps", "-q")).out == f"{MODEL}\n"
    (loaded,) = (await pluggably("ps", "--json")).json()["models"]
    assert loaded["memory_bytes"] > 50_000_000


async def test_a_chat_at_the_terminal_goes_on_until_it_is_left(pluggably):
    async with pluggably.terminal("run", MODEL, *BRIEF) as terminal:
        await terminal.see(">>> ", within_s=30)
        for prompt in ("Name a colour.", "And another?"):
            await terminal.type(f"{prompt}\n")
            await terminal.see(f"{prompt}\n")
            answer = await terminal.see(">>> ", within_s=60)
            assert len(answer.removesuffix(">>> ").strip()) > 2
        await terminal.type("/exit\n")
        assert await terminal.end() == 0


async def test_ctrl_c_stops_the_model_itself(pluggably, gateway):
    async with pluggably.terminal("run", MODEL, "-p", "Write a very long story about a ship.") as terminal:
        await terminal.see(" ", within_s=30)
        await terminal.press_ctrl_c()
        assert await terminal.end() == 130
    with gateway.client() as client:
        wait_until(lambda: client.get(f"/v1/models/{MODEL}/status").json()["runtime_status"] != "busy", timeout=5)


async def test_an_unknown_model_names_the_one_that_was_perhaps_meant(pluggably):
    result = await pluggably("run", "smollm2-135m", "-p", "Hello")
    assert (result.status, result.out) == (1, "")
    assert MODEL in result.err


async def test_a_wrong_key_is_one_line_that_says_where_the_right_one_is(pluggably):
    pluggably.environ["PLUGGABLY_KEY"] = "wrong"
    result = await pluggably("ls")
    assert result.status == 1
    assert "pluggably key" in result.err
    assert result.err.count("\n") == 1


async def test_the_key_that_the_first_start_made_is_found_on_the_same_machine(tmp_path):
    with running_gateway(tmp_path, key=None) as gateway:
        pluggably = Command(tmp_path, {"PLUGGABLY_URL": gateway.url, "PLUGGABLY_DATA_DIR": str(gateway.data_dir)})
        result = await pluggably("ls", "--json")
        assert result.status == 0, result.err
        assert result.json() == {"models": []}
        made = (await pluggably("key", "-q")).out.strip()
        assert made.startswith("pgk_")
        with gateway.client() as client:
            assert client.get("/v1/models").status_code == 401
            assert client.get("/v1/models", headers={"X-API-Key": made}).status_code == 200


async def test_rm_with_files_removes_the_model_and_its_file(tmp_path, starter_model):
    folder = tmp_path / "models"
    folder.mkdir()
    copy = folder / "copy.gguf"
    copy.hardlink_to(starter_model)
    with running_gateway(tmp_path, models=folder) as gateway:
        pluggably = Command(tmp_path, {"PLUGGABLY_URL": gateway.url, "PLUGGABLY_KEY": KEY})
        assert (await pluggably("ls", "-q")).out == "copy\n"
        removed = await pluggably("rm", "copy", "--files", "--yes", "-q")
        assert (removed.status, removed.out) == (0, "copy\n"), removed.err
        assert (await pluggably("ls", "-q")).out == ""
    assert not copy.exists()
    assert starter_model.exists()


async def test_a_server_with_its_own_certificate_is_trusted_on_this_machine(tmp_path):
    certificate = trustme.CA().issue_cert("gateway.example")
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "chain.pem"))
    tls = {"PLUGGABLY_TLS_CERT": str(tmp_path / "chain.pem"), "PLUGGABLY_TLS_KEY": str(tmp_path / "key.pem")}
    with running_gateway(tmp_path, **tls) as gateway:
        port = gateway.url.rpartition(":")[2]
        pluggably = Command(tmp_path, {"PLUGGABLY_PORT": port, "PLUGGABLY_API_KEYS": KEY, **tls})
        result = await pluggably("ls", "-q")
        assert result.status == 0, result.err
        (check,) = [
            check for check in (await pluggably("doctor", "--json")).json()["checks"] if check["name"] == "port"
        ]
        assert "server answers" in check["message"]
        stranger = Command(tmp_path, {"PLUGGABLY_URL": gateway.url, "PLUGGABLY_KEY": KEY})
        refused = await stranger("ls")
        assert refused.status == 1
        assert "not trusted" in refused.err
        assert "SSL_CERT_FILE" in refused.err


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_without_a_word_of_complaint(tmp_path, ending):
    with running_gateway(tmp_path) as gateway:
        gateway.process.send_signal(ending)
        assert gateway.process.wait(20) in (0, 130, -ending)
        assert "Traceback" not in gateway.logs()


def test_serve_says_in_one_line_why_it_cannot_listen(gateway, tmp_path):
    port = gateway.url.rpartition(":")[2]
    environment = Command(tmp_path).environment()
    result = subprocess.run(
        [PROGRAM, "serve", "--port", port],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 1
    assert port in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\n") == 1
