"""Start, keys, readiness, metrics, logs, restart and shutdown of the real server."""

from __future__ import annotations

import json
import re
import signal
import ssl
import subprocess
import time
from pathlib import Path

import httpx
import psutil
import pytest
import trustme

from tests.factories.gateways import ENDLESS, KEY, PLUGGABLY, Gateway, running_gateway, wait_until

MODEL = "SmolLM2-135M-Instruct.Q4_1"


@pytest.mark.req("TEST-SYS-004", "SYS-REQ-007")
def test_health_and_readiness(gateway: Gateway) -> None:
    assert httpx.get(f"{gateway.url}/health").json() == {"status": "ok"}
    ready = httpx.get(f"{gateway.url}/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert ready.json()["checks"] == {"database": "ok", "storage": "ok", "default_model": "ok"}


@pytest.mark.req("TEST-SYS-004", "SYS-REQ-007")
def test_without_a_model_it_lives_but_is_not_ready(tmp_path: Path) -> None:
    with running_gateway(tmp_path) as gateway:
        assert httpx.get(f"{gateway.url}/health").status_code == 200
        ready = httpx.get(f"{gateway.url}/ready")
        assert ready.status_code == 503
        assert "pluggably pull starter" in ready.json()["checks"]["default_model"]
        assert ready.json()["error"]["code"] == "not_ready"
        assert int(ready.headers["retry-after"]) >= 1
        reply = gateway.generate("Hello")
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "model_not_found")


def test_a_configured_default_model_is_loaded_at_the_start(model_folder: Path, tmp_path: Path) -> None:
    with running_gateway(tmp_path, models=model_folder, PLUGGABLY_DEFAULT_MODELS__TEXT=MODEL) as gateway:
        wait_until(lambda: httpx.get(f"{gateway.url}/ready").status_code == 200, timeout=30)
        with gateway.client() as client:
            assert client.get(f"/v1/models/{MODEL}/status").json()["runtime_status"] == "loaded"
        assert gateway.generate("Hi", parameters={"max_tokens": 2}).json()["timing"]["load_ms"] == 0


@pytest.mark.req("TEST-SYS-005", "SYS-REQ-008")
def test_metrics_count_requests_errors_latency_and_tokens(gateway: Gateway) -> None:
    def value(name: str, **labels: str) -> float:
        with gateway.client() as client:
            lines = client.get("/metrics").text.splitlines()
        wanted = [f'{label}="{text}"' for label, text in labels.items()]
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.split("{")[0] == name and all(label in line for label in wanted)
        )

    route = {"route": "/v1/generate"}
    requests = value("pluggably_requests_total", **route, model=MODEL, provider="local", outcome="ok")
    refusals = value("pluggably_refusals_total", **route, code="validation_error")
    latencies = value("pluggably_request_seconds_count", **route)
    tokens = value("pluggably_tokens_total", model=MODEL, kind="completion")
    first = value("pluggably_first_output_seconds_count", model=MODEL)
    produced = gateway.generate("Hi", parameters={"max_tokens": 5}).json()["usage"]["completion_tokens"]
    with gateway.client() as client:
        client.post("/v1/generate", json={})
    assert value("pluggably_requests_total", **route, model=MODEL, provider="local", outcome="ok") == requests + 1
    assert value("pluggably_refusals_total", **route, code="validation_error") == refusals + 1
    assert value("pluggably_request_seconds_count", **route) == latencies + 2
    assert value("pluggably_tokens_total", model=MODEL, kind="completion") == tokens + produced
    assert value("pluggably_first_output_seconds_count", model=MODEL) == first + 1


@pytest.mark.req("SYS-REQ-008", "SYS-NFR-001", "SYS-NFR-005")
def test_each_request_is_a_line_of_json_without_its_prompt_or_key(gateway: Gateway) -> None:
    request_id = gateway.generate("canary-in-the-prompt", parameters={"max_tokens": 2}).json()["request_id"]
    lines = wait_until(lambda: [line for line in gateway.logs().splitlines() if request_id in line])
    entry = json.loads(lines[-1])
    assert (entry["event"], entry["model"], entry["provider"]) == ("request", MODEL, "local")
    assert (entry["outcome"], entry["status"]) == ("ok", 200)
    assert entry["ms"] > 0
    assert "canary-in-the-prompt" not in gateway.logs()
    assert KEY not in gateway.logs()


def test_prompts_are_logged_where_the_operator_wants_them(model_folder: Path, tmp_path: Path) -> None:
    with running_gateway(tmp_path, models=model_folder, PLUGGABLY_LOG_PROMPTS="true") as gateway:
        gateway.generate("canary-in-the-prompt", parameters={"max_tokens": 2})
        wait_until(lambda: "canary-in-the-prompt" in gateway.logs())


@pytest.mark.req("SYS-REQ-014")
def test_the_first_start_makes_a_key_and_prints_it_once(tmp_path: Path) -> None:
    with running_gateway(tmp_path, key=None) as gateway:
        printed = "".join(gateway.process.stdout.readline() for _ in range(3))  # type: ignore[union-attr]
        key = re.search(r"pgk_\S+", printed)
        assert key, printed
        assert (gateway.data_dir / "operator.key").stat().st_mode & 0o077 == 0
        models = f"{gateway.url}/v1/models"
        assert httpx.get(models).status_code == 401
        assert httpx.get(models, headers={"authorization": f"Bearer {key[0]}"}).status_code == 200
    with running_gateway(tmp_path, key=None) as gateway:
        assert httpx.get(f"{gateway.url}/v1/models", headers={"x-api-key": key[0]}).status_code == 200
        gateway.stop()
        assert "pgk_" not in gateway.printed + gateway.process.stdout.read()  # type: ignore[union-attr]
        assert key[0] not in gateway.logs()


@pytest.mark.req("SYS-NFR-008")
def test_the_server_speaks_tls_by_itself(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(key))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    variables = {"PLUGGABLY_TLS_CERT": str(chain), "PLUGGABLY_TLS_KEY": str(key)}
    with running_gateway(tmp_path, **variables) as gateway:
        assert gateway.url.startswith("https://")
        trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        assert httpx.get(f"{gateway.url}/health", verify=trusting).json() == {"status": "ok"}


@pytest.mark.req("TEST-INT-005", "SYS-REQ-033")
def test_the_registry_survives_a_restart(model_folder: Path, tmp_path: Path) -> None:
    entry = {"id": "my-model", "name": "gpt-x", "modality": "text", "source": {"type": "provider"}}
    schema = {"type": "object", "properties": {"temperature": {"type": "number", "maximum": 1}}}
    provider = {"PLUGGABLY_PROVIDERS__ACME__BASE_URL": "http://127.0.0.1:9/v1"}
    with running_gateway(tmp_path, models=model_folder, **provider) as gateway, gateway.client() as client:
        made = client.post("/v1/models", json={**entry, "id": "acme:gpt-x", "parameters": schema})
        assert made.status_code == 201, made.text
        before = client.get("/v1/models").json()["models"]
    with running_gateway(tmp_path, models=model_folder, **provider) as gateway, gateway.client() as client:
        after = client.get("/v1/models").json()["models"]
        assert client.get("/v1/schema", params={"model": "acme:gpt-x"}).json()["parameters"] == schema
    assert {model["id"] for model in after} == {MODEL, "acme:gpt-x"}
    assert after == before


def test_finished_requests_are_in_the_database_after_a_restart(model_folder: Path, tmp_path: Path) -> None:
    body = {"input": {"prompt": "Hi"}, "parameters": {"max_tokens": 2}}
    mine = {"X-Request-ID": "kept-across-restarts"}
    for expected in (200, 409):
        with running_gateway(tmp_path, models=model_folder) as gateway, gateway.client() as client:
            assert client.post("/v1/generate", json=body, headers=mine).status_code == expected


def test_a_running_stream_finishes_when_the_server_is_told_to_stop(model_folder: Path, tmp_path: Path) -> None:
    with running_gateway(tmp_path, models=model_folder) as gateway:
        seen = []
        body = {"input": {"prompt": "Count."}, "parameters": {"max_tokens": 80, "json_schema": ENDLESS}}
        for name, data, _ in gateway.events(body):
            seen.append((name, data))
            if len(seen) == 6:
                gateway.process.send_signal(signal.SIGTERM)
        assert seen[-2][0] == "output"
        assert seen[-2][1]["usage"]["completion_tokens"] > 6
        assert gateway.process.wait(10) == 0


def test_a_stream_that_outlasts_the_grace_ends_with_an_error(model_folder: Path, tmp_path: Path) -> None:
    with running_gateway(tmp_path, models=model_folder, PLUGGABLY_SHUTDOWN_GRACE_S="1") as gateway:
        seen = []
        body = {"input": {"prompt": "Count."}, "parameters": {"max_tokens": 4000, "json_schema": ENDLESS}}
        for name, data, _ in gateway.events(body):
            seen.append((name, data))
            if len(seen) == 6:
                gateway.process.send_signal(signal.SIGTERM)
        assert [name for name, _ in seen[-2:]] == ["error", None]
        assert seen[-2][1]["error"]["code"] == "not_ready"
        gateway.process.wait(10)


"""A shape that takes the model a long time to fill."""


def test_a_port_that_is_taken_is_named(gateway: Gateway, tmp_path: Path) -> None:
    port = gateway.url.rsplit(":", 1)[1]
    environment = {"PATH": "/usr/bin:/bin", "PLUGGABLY_DATA_DIR": str(tmp_path), "PLUGGABLY_PORT": port}
    command = [PLUGGABLY, "serve"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode != 0
    assert "PLUGGABLY_PORT" in ended.stderr
    assert port in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.alone
@pytest.mark.parametrize("start", ["first", "second"])
def test_it_answers_soon_after_the_start_and_stays_small(tmp_path: Path, start: str) -> None:
    """Also where the start makes the database."""
    if start == "second":
        with running_gateway(tmp_path):
            pass
    started = time.monotonic()
    with running_gateway(tmp_path) as gateway:
        assert httpx.get(f"{gateway.url}/health").status_code == 200
        took = time.monotonic() - started
        with gateway.client() as client:
            assert client.get("/v1/models").status_code == 200
        resident = psutil.Process(gateway.process.pid).memory_info().rss / 1e6
    assert took < 6, "the benchmark measures it; this only sees that nothing is badly wrong"
    assert resident < 120, f"{resident} MB"


HEAVY = {
    "alembic": "migrates, where there is something to migrate",
    "cryptography": "encrypts users' keys for providers",
    "joserfc": "signs and reads JWTs",
    "numpy": "computes, in other processes",
    "PIL": "looks into images",
    "genai_prices": "knows prices, in a process of its own",
    "obstore": "talks to S3",
    "openai": "is a client of this server",
    "opentelemetry.sdk": "exports traces",
    "psycopg": "talks to PostgreSQL",
    "pypi_simple": "downloads models",
    "requests": "downloads models",
    "rich.console": "draws tables on terminals",
    "torch": "computes, in other processes",
    "trimesh": "reads meshes, in other processes",
    "xllamacpp": "runs models, in other processes",
}
"""Libraries that many gateways never need, each with what it does."""


def test_a_plain_gateway_loads_no_library_that_it_has_no_use_for(tmp_path: Path) -> None:
    with running_gateway(tmp_path):
        pass  # makes the database, in a process whose imports would be told too
    with running_gateway(tmp_path, PYTHONPROFILEIMPORTTIME="1") as gateway, gateway.client() as client:
        assert client.get("/v1/models").status_code == 200
        loaded = set(re.findall(r"^import time:.*\| +([\w.]+)$", gateway.logs(), re.MULTILINE))
    assert {"fastapi", "sqlalchemy", "structlog", "pluggably.app"} <= loaded, "the log tells imports"
    needless = {name for name in loaded if any(name == heavy or name.startswith(f"{heavy}.") for heavy in HEAVY)}
    assert not needless, "decisions/start.md says how they are kept out"


def test_what_is_left_out_at_the_start_is_there_when_it_is_needed(tmp_path: Path) -> None:
    with running_gateway(tmp_path, PLUGGABLY_INVITE_ONLY="false") as gateway, gateway.client() as client:
        password = "a long enough password"
        registered = client.post("/v1/users/register", json={"username": "ann", "password": password})
        assert registered.status_code == 201, registered.text
        login = client.post("/v1/users/login", json={"username": "ann", "password": password})
        assert login.status_code == 200, login.text
        token = {"Authorization": f"Bearer {login.json()['token']}"}
        assert httpx.get(f"{gateway.url}/v1/users/me", headers=token).status_code == 200
        assert client.get("/openapi.json").json()["openapi"].startswith("3.")
