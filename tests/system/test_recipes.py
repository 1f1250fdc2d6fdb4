"""The example of a provider in a package of its own, installed by pip, serves without a change of Pluggably."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.examples import ROOT, examples
from tests.factories.gateways import Gateway, running_gateway, wait_until
from tests.fakes.acme import KEY, PIECES, Acme, running_acme

PACKAGE = ROOT / "examples" / "acme-provider"

pytestmark = pytest.mark.req("SYS-NFR-004", "SYS-REQ-002")


def beside(folder: Path) -> str:
    """The folder among those where Python looks for modules."""
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


def test_the_recipe_shows_the_module_of_the_example() -> None:
    (shown,) = [
        block.code for block in examples(ROOT / "docs" / "recipes" / "provider.md") if block.language == "python"
    ]
    assert shown == (PACKAGE / "src" / "pluggably_acme.py").read_text()


@pytest.fixture(scope="module")
def acme() -> Iterator[Acme]:
    with running_acme() as server:
        yield server


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the example; built from a copy, since a build leaves files behind."""
    source = tmp_path_factory.mktemp("source") / PACKAGE.name
    shutil.copytree(PACKAGE, source)
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    subprocess.run([*command, "--no-deps", "--no-build-isolation", "--target", folder, source], check=True)
    return folder


@pytest.fixture(scope="module")
def gateway(installed: Path, acme: Acme, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    variables = {
        "PYTHONPATH": beside(installed),
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


def test_its_models_are_listed_with_the_parameters_that_it_has(gateway: Gateway) -> None:
    with gateway.client() as client:
        listed = wait_until(lambda: client.get("/v1/models", params={"provider": "acme"}).json()["models"])
    assert [model["id"] for model in listed] == ["acme:oracle-1", "acme:oracle-2"]
    assert listed[0]["parameters"]["properties"].keys() == {"max_tokens"}


def test_what_it_lacks_is_an_error_or_a_warning(gateway: Gateway) -> None:
    reply = gateway.generate("Hi", model="acme:oracle-1", parameters={"temperature": 1})
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "validation_error")
    messages = [{"role": "user", "content": "Hi"}]
    with gateway.client() as client:
        body = {"model": "acme:oracle-1", "messages": messages}
        refused = client.post("/v1/chat/completions", json={**body, "temperature": 1}).json()
        warned = client.post("/v1/chat/completions", json={**body, "user": "u1"}).json()
    assert (refused["error"]["code"], refused["error"]["param"]) == ("unsupported_feature", "temperature")
    assert warned["warnings"] == ["`user`: Acme does not ask who it is; left out"]


@pytest.mark.req("TEST-INT-001", "SYS-NFR-001")
def test_its_refusal_of_the_key_is_a_standard_error_without_the_key(
    installed: Path, acme: Acme, tmp_path: Path
) -> None:
    wrong = {
        "PYTHONPATH": beside(installed),
        "PLUGGABLY_PROVIDERS__ACME__API_KEY": "acme-wrong-key",
        "PLUGGABLY_PROVIDERS__ACME__BASE_URL": acme.url,
    }
    with running_gateway(tmp_path, **wrong) as gateway:
        reply = gateway.generate("Hi", model="acme:oracle-1")
        logs = gateway.logs()
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "provider_auth_error")
    assert "acme-wrong-key" not in reply.text + logs
