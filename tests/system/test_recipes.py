"""A provider written as the recipe says, in a package of its own, serves without a change of Pluggably."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.examples import ROOT, examples
from tests.factories.gateways import Gateway, running_gateway
from tests.fakes.acme import KEY, PIECES, Acme, running_acme

pytestmark = pytest.mark.req("SYS-NFR-004", "SYS-REQ-002")


@pytest.fixture(scope="module")
def acme() -> Iterator[Acme]:
    with running_acme() as server:
        yield server


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the recipe's module as an installed package."""
    (module,) = [
        block.code for block in examples(ROOT / "docs" / "recipes" / "provider.md") if block.language == "python"
    ]
    folder = tmp_path_factory.mktemp("site")
    (folder / "pluggably_acme.py").write_text(module)
    metadata = folder / "pluggably_acme-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: pluggably-acme\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[pluggably.providers]\nacme = pluggably_acme:provider\n")
    return folder


@pytest.fixture(scope="module")
def gateway(installed: Path, acme: Acme, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    variables = {
        "PYTHONPATH": str(installed),
        "PLUGGABLY_PROVIDERS__ACME__API_KEY": KEY,
        "PLUGGABLY_PROVIDERS__ACME__BASE_URL": acme.url,
    }
    with running_gateway(tmp_path_factory.mktemp("gateway"), **variables) as running:
        yield running


def test_an_installed_provider_answers_in_the_standard_shape(gateway: Gateway, acme: Acme) -> None:
    body = gateway.generate("What is the answer?", model="acme:oracle-1", parameters={"max_tokens": 9}).json()
    assert (body["provider"], body["output"]["text"]) == ("acme", "".join(PIECES))
    assert body["usage"]["total_tokens"] == 10
    assert acme.asked[-1] == {
        "oracle": "oracle-1",
        "lines": [{"by": "user", "text": "What is the answer?"}],
        "at_most": 9,
        "live": False,
    }


def test_its_stream_becomes_the_standard_events(gateway: Gateway) -> None:
    events = list(gateway.events({"model": "acme:oracle-1", "input": {"prompt": "And now?"}}))
    assert [data["text"] for name, data, _ in events if name == "delta"] == list(PIECES)
    assert events[-2][1]["finish_reason"] == "stop"


def test_it_serves_openais_clients_too(gateway: Gateway) -> None:
    with gateway.client() as client:
        messages = [{"role": "user", "content": "Hi"}]
        reply = client.post("/v1/chat/completions", json={"model": "acme:oracle-1", "messages": messages})
    assert reply.status_code == 200
    assert reply.json()["choices"][0]["message"]["content"] == "".join(PIECES)


def test_what_it_refuses_is_not_dropped_silently(gateway: Gateway) -> None:
    reply = gateway.generate("Hi", model="acme:oracle-1", parameters={"temperature": 1})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "unsupported_feature")


@pytest.mark.req("TEST-INT-001", "SYS-NFR-001")
def test_its_refusal_of_the_key_is_a_standard_error_without_the_key(
    installed: Path, acme: Acme, tmp_path: Path
) -> None:
    wrong = {
        "PYTHONPATH": str(installed),
        "PLUGGABLY_PROVIDERS__ACME__API_KEY": "acme-wrong-key",
        "PLUGGABLY_PROVIDERS__ACME__BASE_URL": acme.url,
    }
    with running_gateway(tmp_path, **wrong) as gateway:
        reply = gateway.generate("Hi", model="acme:oracle-1")
        logs = gateway.logs()
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "provider_auth_error")
    assert "acme-wrong-key" not in reply.text + logs
