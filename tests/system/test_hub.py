"""A gateway of its own process and a hub."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.factories.gateways import running_gateway, wait_until
from tests.factories.hub import TINY, TOKENS, repositories
from tests.fakes.hub import Fault, fake_hub


@pytest.mark.req("SYS-REQ-063", "SYS-REQ-040", "TEST-SYS-MVP-004", "TEST-INT-007")
def test_the_hub_that_hf_endpoint_names_is_asked_with_the_token_in_hf_token(tmp_path: Path) -> None:
    with (
        fake_hub(*repositories(), tokens=TOKENS) as hub,
        running_gateway(
            tmp_path, HF_ENDPOINT=hub.url, HF_TOKEN="hf_operator", HF_HUB_DISABLE_IMPLICIT_TOKEN="0"
        ) as gateway,
        gateway.client() as client,
    ):
        found = client.get("/v1/models/search", params={"source": "huggingface", "query": "secret llama"}).json()
        assert [model["id"] for model in found["results"]] == ["acme/secret-llama"]
        assert {asked.token for asked in hub.asked} == {"hf_operator"}
        assert hub.asked[0].headers["user-agent"].startswith("pluggably/0")
        assert "hf_operator" not in gateway.logs()

        source = {"type": "huggingface", "uri": TINY}
        assert client.post("/v1/models", json={"id": "org/tiny", "source": source}).status_code == 201
        wait_until(lambda: client.get("/v1/models/org/tiny").json()["recommended_parameters"])


@pytest.mark.req("SYS-REQ-063")
def test_a_gateway_whose_hub_hangs_answers_others_and_ends_when_it_is_told(tmp_path: Path) -> None:
    with (
        fake_hub(*repositories(), tokens=TOKENS) as hub,
        running_gateway(tmp_path, HF_ENDPOINT=hub.url, PLUGGABLY_HUB__TIMEOUT_S="60") as gateway,
        gateway.client() as client,
    ):
        hub.misbehave(Fault(hang=True, times=None))
        source = {"type": "huggingface", "uri": TINY}
        assert client.post("/v1/models", json={"id": "org/tiny", "source": source}).status_code == 201
        wait_until(lambda: hub.asked)
        assert client.get("/health").status_code == 200
        began = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - began < 15


@pytest.mark.req("SYS-REQ-063")
def test_a_gateway_that_is_offline_asks_no_hub(tmp_path: Path) -> None:
    with (
        fake_hub(*repositories(), tokens=TOKENS) as hub,
        running_gateway(tmp_path, HF_ENDPOINT=hub.url, HF_HUB_OFFLINE="1") as gateway,
        gateway.client() as client,
    ):
        answer = client.get("/v1/models/search")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "provider_unavailable")
        assert "HF_HUB_OFFLINE" in answer.json()["error"]["message"]
        assert hub.asked == []
