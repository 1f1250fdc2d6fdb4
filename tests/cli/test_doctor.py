"""doctor: every check, well and ill."""

from __future__ import annotations

import socket
import sys
from importlib.metadata import version

import pytest
import trustme

from pluggably.kit import migrations
from tests.fakes.gateway import Answer


async def examined(pluggably) -> dict[str, dict[str, str]]:
    result = await pluggably("doctor", "--json")
    report = result.json()
    failed = [check["name"] for check in report["checks"] if check["status"] == "fail"]
    assert report["ok"] is not bool(failed)
    assert result.status == (1 if failed else 0)
    assert all(check["mend"] for check in report["checks"] if check["status"] != "ok")
    return {check["name"]: check for check in report["checks"]}


@pytest.fixture
def port(pluggably, unused_tcp_port):
    pluggably.environ["PLUGGABLY_PORT"] = str(unused_tcp_port)
    return unused_tcp_port


async def test_a_fresh_machine_lacks_a_model_and_nothing_else_and_stays_as_it_is(pluggably, port):
    checks = await examined(pluggably)
    assert {name for name, check in checks.items() if check["status"] != "ok"} <= {"models", "disk", "memory"}
    assert checks["models"]["status"] == "warn"
    assert "pluggably pull starter" in checks["models"]["mend"]
    assert checks["python"]["message"] == ".".join(map(str, sys.version_info[:3]))
    assert "xllamacpp" in checks["text engine"]["message"]
    assert f"diffusers {version('diffusers')}" in checks["pipelines"]["message"]
    assert list(pluggably.folder.iterdir()) == []


async def test_people_get_a_line_for_each_check_and_how_to_mend_it(pluggably, port):
    lines = (await pluggably("doctor")).out.splitlines()
    assert any(line.startswith("ok") and "text engine" in line for line in lines)
    (warned,) = [number for number, line in enumerate(lines) if line.startswith("warn") and "no model" in line]
    assert "→ `pluggably pull starter`" in lines[warned + 1]


async def test_quiet_names_what_fails(pluggably, port):
    pluggably.environ["PLUGGABLY_PORT"] = "many"
    result = await pluggably("doctor", "-q")
    assert (result.status, result.out) == (1, "configuration\n")


async def test_models_and_the_database_are_found(pluggably, port, starter_model):
    (pluggably.folder / "data" / "models" / "deep").mkdir(parents=True)
    (pluggably.folder / "data" / "models" / "deep" / starter_model.name).hardlink_to(starter_model)
    migrations.upgrade(f"sqlite:///{pluggably.folder}/data/pluggably.db")
    checks = await examined(pluggably)
    assert checks["models"]["message"] == "1 model file"
    assert checks["database"]["message"] == "sqlite, up to date"


async def test_an_old_schema_is_a_warning(pluggably, port):
    migrations.upgrade(f"sqlite:///{pluggably.folder}/data/pluggably.db")
    migrations.downgrade(f"sqlite:///{pluggably.folder}/data/pluggably.db", "-1")
    database = (await examined(pluggably))["database"]
    assert database["status"] == "warn"
    assert "pluggably db upgrade" in database["mend"]


@pytest.mark.parametrize(
    ("variables", "check", "says"),
    [
        ({"PLUGGABLY_RUNTIME__MAX_LOADED": "0"}, "configuration", "PLUGGABLY_RUNTIME__MAX_LOADED"),
        ({"PLUGGABLY_LOCAL_ONLY": "true", "PLUGGABLY_HOST": "0.0.0.0"}, "access", "no keys"),
        ({"PLUGGABLY_DATA_DIR": "/proc/pluggably"}, "data folder", "can't be written"),
        ({"PLUGGABLY_DATABASE_URL": "postgresql://me:s3cret@127.0.0.1:9/x"}, "database", "postgresql"),
        ({"PLUGGABLY_TLS_CERT": "/none.pem", "PLUGGABLY_TLS_KEY": "/none.pem"}, "tls", "No such file"),
    ],
)
async def test_what_would_keep_the_server_from_working_fails(pluggably, port, variables, check, says):
    pluggably.environ |= variables
    found = (await examined(pluggably))[check]
    assert found["status"] == "fail"
    assert says in found["message"]
    assert "s3cret" not in found["message"]


@pytest.mark.parametrize(
    ("variables", "check"),
    [
        ({"PLUGGABLY_PROT": "1"}, "unknown variable"),
        ({"PLUGGABLY_HOST": "0.0.0.0"}, "access"),
        ({"PLUGGABLY_MODEL_DIRS": "/none/models"}, "model folders"),
    ],
)
async def test_what_is_perhaps_not_meant_is_a_warning(pluggably, port, variables, check):
    pluggably.environ |= variables
    assert (await examined(pluggably))[check]["status"] == "warn"


async def test_a_certificate_and_its_key_are_read(pluggably, port):
    certificate = trustme.CA().issue_cert("localhost")
    certificate.private_key_pem.write_to_path(str(pluggably.folder / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(pluggably.folder / "chain.pem"))
    pluggably.environ |= {"PLUGGABLY_TLS_CERT": "chain.pem", "PLUGGABLY_TLS_KEY": "key.pem"}
    assert (await examined(pluggably))["tls"]["status"] == "ok"
    pluggably.environ["PLUGGABLY_TLS_KEY"] = "chain.pem"
    assert (await examined(pluggably))["tls"]["status"] == "fail"


async def test_a_model_folder_that_is_none_fails(pluggably, port):
    (pluggably.folder / "models").write_text("a file")
    pluggably.environ["PLUGGABLY_MODEL_DIRS"] = str(pluggably.folder / "models")
    assert (await examined(pluggably))["model folders"]["status"] == "fail"


async def test_a_provider_stands_in_for_models(pluggably, port):
    pluggably.environ["PLUGGABLY_PROVIDERS__ACME__BASE_URL"] = "http://127.0.0.1:9"
    assert "acme" in (await examined(pluggably))["models"]["message"]


async def test_a_port_that_another_program_has_fails(pluggably):
    with socket.create_server(("127.0.0.1", 0)) as other:
        pluggably.environ["PLUGGABLY_PORT"] = str(other.getsockname()[1])
        found = (await examined(pluggably))["port"]
    assert found["status"] == "fail"
    assert "PLUGGABLY_PORT" in found["mend"]


async def test_a_server_that_answers_at_the_port_is_well(pluggably, server):
    server.on("GET /health", Answer({"status": "ok"}))
    pluggably.environ["PLUGGABLY_PORT"] = server.url.rpartition(":")[2]
    assert "server answers" in (await examined(pluggably))["port"]["message"]
