"""Who answers while a local model is cold, broken, busy or dead: the real model, under several names."""

from __future__ import annotations

import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.factories.gateways import Gateway, running_gateway, wait_until
from tests.factories.models import write_gguf

ENDLESS = {"type": "array", "items": {"type": "integer"}, "minItems": 1500}
LONG = {"parameters": {"max_tokens": 200, "json_schema": ENDLESS}}
SHORT = {"parameters": {"max_tokens": 2}}


@pytest.fixture(scope="module")
def gateway(starter_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """`pinned`, `cold`, `busy` and `mortal` are the starter model; `broken` is a header without usable weights."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("pinned", "cold", "busy", "mortal"):
        shutil.copyfile(starter_model, folder / f"{name}.gguf")
    write_gguf(folder / "broken.gguf")
    settings = {
        "PLUGGABLY_RUNTIME__FALLBACKS": '{"broken": ["pinned"], "busy": ["pinned"], "mortal": ["broken", "pinned"]}',
        "PLUGGABLY_RUNTIME__PINNED": "pinned",
        "PLUGGABLY_RUNTIME__PARALLEL": "1",
        "PLUGGABLY_RUNTIME__MAX_QUEUE": "0",
        "PLUGGABLY_RUNTIME__CONTEXT_TOKENS": "1024",
        "PLUGGABLY_RUNTIME__MAX_LOADED": "4",
    }
    with running_gateway(tmp_path_factory.mktemp("gateway"), models=folder, **settings) as running:
        wait_until(lambda: status(running, "pinned") == "loaded", timeout=60)
        yield running


def status(gateway: Gateway, model: str) -> str:
    with gateway.client() as client:
        answer = client.get(f"/v1/models/{model}/status")
    return str(answer.json()["runtime_status"]) if answer.is_success else "unknown"


def unload(gateway: Gateway, *models: str) -> None:
    with gateway.client() as client:
        for model in models:
            assert client.post(f"/v1/models/{model}/unload", json={"force": True}).status_code == 200


def ask(gateway: Gateway, model: str, **body: Any) -> dict[str, Any]:
    answer = gateway.generate("Hi", model=model, **{**SHORT, **body})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class Asked:
    """A request whose answer is waited for beside the test."""

    def __init__(self, gateway: Gateway, model: str, **body: Any) -> None:
        self._answer: httpx.Response | None = None
        self._thread = threading.Thread(target=self._ask, args=(gateway, model, body))
        self._thread.start()

    def _ask(self, gateway: Gateway, model: str, body: dict[str, Any]) -> None:
        self._answer = gateway.generate("Count.", model=model, **body)

    def answer(self) -> httpx.Response:
        self._thread.join(60)
        assert self._answer is not None
        return self._answer


@pytest.mark.req("SYS-REQ-053", "TEST-INT-017", "SYS-REQ-CR003-004")
def test_a_model_that_can_not_be_loaded_is_answered_for_by_its_chain(gateway: Gateway) -> None:
    for _ in range(2):  # the second time the model cools down after its failure, and is not tried
        body = ask(gateway, "broken")
        assert (body["model"], body["provider"]) == ("pinned", "local")
        assert body["usage"]["completion_tokens"] == 2
        selection = body["selection"]
        assert (selection["requested"], selection["reason"], selection["fallback_used"]) == (
            "broken",
            "fallback",
            True,
        )
        assert selection["fallback_reason"] == "model_unavailable"
        assert [(attempt["model"], attempt["code"]) for attempt in selection["attempts"]] == [
            ("broken", "model_unavailable")
        ]
    refused = gateway.generate("Hi", model="broken", fallback="wait", **SHORT)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "model_unavailable")
    assert status(gateway, "broken") == "unloaded"
    wait_until(lambda: status(gateway, "pinned") == "loaded")


@pytest.mark.req("SYS-REQ-053", "TEST-INT-017")
def test_a_stream_says_each_model_that_was_to_answer(gateway: Gateway) -> None:
    events = list(
        gateway.events({"model": "broken", "input": {"prompt": "Hi"}, "fallback": ["broken", "pinned"], **SHORT})
    )
    selected = [data["selection"]["selected_model"] for name, data, _ in events if name == "selected"]
    assert selected in (["broken", "pinned"], ["pinned"]), "the second where the model still cools down"
    assert events[-2][0] == "output"
    assert events[-2][1]["model"] == "pinned"


@pytest.mark.req("SYS-REQ-053", "TEST-INT-017", "SYS-REQ-052")
def test_a_pinned_model_answers_while_the_chosen_one_is_being_loaded(gateway: Gateway) -> None:
    unload(gateway, "cold", "busy", "mortal")
    body = ask(gateway, "cold", fallback="pinned")
    assert body["model"] == "pinned"
    assert body["timing"]["load_ms"] == 0
    assert body["selection"] == {
        "selected_model": "pinned",
        "selected_provider": "local",
        "requested": "cold",
        "reason": "fallback",
        "fallback_used": True,
        "fallback_reason": "model_loading",
        "attempts": [],
    }
    wait_until(lambda: status(gateway, "cold") == "loaded", timeout=60)
    body = ask(gateway, "cold", fallback="pinned")
    assert (body["model"], body["selection"]["fallback_used"], body["selection"]["reason"]) == (
        "cold",
        False,
        "model_id",
    )


@pytest.mark.req("SYS-REQ-053")
@pytest.mark.parametrize("fallback", ["wait", "default"])
def test_a_cold_model_is_waited_for_unless_another_is_wanted(gateway: Gateway, fallback: str) -> None:
    unload(gateway, "cold", "busy", "mortal")
    body = ask(gateway, "cold", fallback=fallback)
    assert (body["model"], body["selection"]["fallback_used"]) == ("cold", False)
    assert body["timing"]["load_ms"] > 0


@pytest.mark.req("SYS-REQ-053")
def test_without_a_loaded_pinned_model_the_chosen_one_is_waited_for(gateway: Gateway) -> None:
    unload(gateway, "pinned", "cold", "busy", "mortal")  # by force: it comes back when somebody asks for it
    body = ask(gateway, "cold", fallback="pinned")
    assert (body["model"], body["selection"]["fallback_used"]) == ("cold", False)
    assert body["selection"]["attempts"] == []
    assert ask(gateway, "pinned")["model"] == "pinned"


@pytest.mark.req("SYS-REQ-053", "SYS-REQ-046")
def test_a_full_queue_leads_on_and_leaves_no_place_taken(gateway: Gateway) -> None:
    unload(gateway, "cold", "busy", "mortal")
    long = Asked(gateway, "busy", **LONG)
    wait_until(lambda: status(gateway, "busy") == "busy", timeout=30)
    body = ask(gateway, "busy")
    assert body["model"] == "pinned"
    (attempt,) = body["selection"]["attempts"]
    assert (attempt["model"], attempt["code"]) == ("busy", "queue_full")
    refused = gateway.generate("Hi", model="busy", selection_mode="model", **SHORT)
    assert refused.json()["error"]["code"] == "queue_full"
    assert long.answer().json()["model"] == "busy"
    wait_until(lambda: status(gateway, "busy") == status(gateway, "pinned") == "loaded")
    assert ask(gateway, "busy")["model"] == "busy"


@pytest.mark.req("SYS-REQ-053", "SYS-NFR-001")
def test_a_process_that_dies_leads_on_past_models_that_are_broken_too(gateway: Gateway) -> None:
    unload(gateway, "cold", "busy", "mortal")
    before = {process.pid for process in gateway.workers()}
    ask(gateway, "mortal")
    (process,) = [process for process in gateway.workers() if process.pid not in before]
    long = Asked(gateway, "mortal", **LONG)
    wait_until(lambda: status(gateway, "mortal") == "busy", timeout=30)
    process.send_signal(signal.SIGKILL)
    body = long.answer().json()
    assert body["model"] == "pinned"
    assert body["selection"]["fallback_reason"] == "model_unavailable"
    assert [(attempt["model"], attempt["code"]) for attempt in body["selection"]["attempts"]] == [
        ("mortal", "runtime_crashed"),
        ("broken", "model_unavailable"),
    ]
    wait_until(lambda: status(gateway, "pinned") == "loaded")
    assert ask(gateway, "mortal")["model"] == "mortal"
