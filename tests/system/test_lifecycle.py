"""Loading, unloading, pins and limits, with several copies of the real model in a real server."""

from __future__ import annotations

import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.factories.gateways import ENDLESS, Gateway, running_gateway, wait_until

IDLE_S = 2
LONG = 60
"""Tokens of an answer during which something else can happen."""
SMALL = {
    "PLUGGABLY_RUNTIME__CONTEXT_TOKENS": "512",
    "PLUGGABLY_RUNTIME__PARALLEL": "1",
    "PLUGGABLY_RUNTIME__SCAN_INTERVAL_S": "0.3",
}


@pytest.fixture(scope="module")
def copies(starter_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with the starter model as `a`, `b`, `c` and `d`: links would be one model."""
    folder = tmp_path_factory.mktemp("copies")
    for name in "abcd":
        shutil.copyfile(starter_model, folder / f"{name}.gguf")
    return folder


@pytest.fixture(scope="module")
def gateway(copies: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """`a` is the default; three models may be loaded, and idle ones go after two seconds."""
    settings = {
        "PLUGGABLY_DEFAULT_MODELS__TEXT": "a",
        "PLUGGABLY_RUNTIME__MAX_LOADED": "3",
        "PLUGGABLY_RUNTIME__IDLE_TIMEOUT_S": str(IDLE_S),
    }
    with running_gateway(tmp_path_factory.mktemp("gateway"), models=copies, **SMALL, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def narrow(copies: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One model at a time, and none goes by itself."""
    with running_gateway(
        tmp_path_factory.mktemp("narrow"), models=copies, **SMALL, PLUGGABLY_RUNTIME__MAX_LOADED="1"
    ) as running:
        yield running


def call(gateway: Gateway, method: str, path: str, **body: Any) -> Any:
    with gateway.client() as client:
        return client.request(method, path, json=body or None)


def status(gateway: Gateway, model: str) -> str:
    state: str = call(gateway, "GET", f"/v1/models/{model}/status").json()["runtime_status"]
    return state


def loaded(gateway: Gateway) -> dict[str, Any]:
    return {model["model_id"]: model for model in call(gateway, "GET", "/v1/models/loaded").json()["models"]}


def ask(gateway: Gateway, model: str) -> dict[str, Any]:
    answer = gateway.generate("Hi", model=model, parameters={"max_tokens": 2})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def metric(gateway: Gateway, name: str, **labels: str) -> float:
    with gateway.client() as client:
        lines = client.get("/metrics").text.splitlines()
    wanted = [f'{label}="{text}"' for label, text in labels.items()]
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in lines
        if line.partition("{")[0].partition(" ")[0] == name and all(label in line for label in wanted)
    )


class Stream:
    """A long answer that is read beside the test."""

    def __init__(self, gateway: Gateway, model: str, tokens: int = LONG) -> None:
        self.seen: list[tuple[str | None, Any]] = []
        self.at: dict[str, float] = {}
        self.moments: dict[str, list[float]] = defaultdict(list)
        parameters = {"max_tokens": tokens, "json_schema": ENDLESS}
        body = {"model": model, "input": {"prompt": "Count."}, "parameters": parameters}
        self._thread = threading.Thread(target=self._read, args=(gateway, body))
        self._thread.start()

    def _read(self, gateway: Gateway, body: dict[str, Any]) -> None:
        for name, data, _ in gateway.events(body):
            self.seen.append((name, data))
            if name is not None:
                self.at.setdefault(name, time.monotonic())
                self.at[f"last {name}"] = time.monotonic()
                self.moments[name].append(time.monotonic())

    def begun(self) -> None:
        wait_until(lambda: "delta" in self.at, step=0.01)

    def end(self) -> dict[str, Any]:
        """The answer, which must be whole."""
        self._thread.join(30)
        assert [name for name, _ in self.seen[-2:]] == ["output", None], self.seen[-2:]
        output: dict[str, Any] = self.seen[-2][1]
        return output


@pytest.mark.req("SYS-REQ-052", "SYS-NFR-020", "TEST-INT-016")
def test_the_default_model_is_loaded_at_the_start_and_stays(gateway: Gateway) -> None:
    wait_until(lambda: call(gateway, "GET", "/ready").status_code == 200, timeout=20)
    first = loaded(gateway)["a"]
    assert first["is_pinned"]
    time.sleep(IDLE_S + 1)
    assert loaded(gateway)["a"]["loaded_at"] == first["loaded_at"]
    refused = call(gateway, "POST", "/v1/models/a/unload")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "model_pinned")


@pytest.mark.req("SYS-REQ-049", "TEST-INT-013")
def test_a_model_is_loaded_ahead_of_its_first_request(gateway: Gateway) -> None:
    assert status(gateway, "b") == "unloaded"
    started = call(gateway, "POST", "/v1/models/b/load")
    assert (started.status_code, started.json()["status"]) == (202, "loading")
    assert status(gateway, "b") == "loading"
    wait_until(lambda: status(gateway, "b") == "loaded", step=0.02)
    again = call(gateway, "POST", "/v1/models/b/load", wait=True)
    assert (again.status_code, again.json()["status"]) == (200, "loaded")
    assert ask(gateway, "b")["timing"]["load_ms"] == 0


@pytest.mark.req("SYS-REQ-050", "TEST-INT-014")
def test_the_status_follows_the_model(gateway: Gateway) -> None:
    assert status(gateway, "c") == "unloaded"
    call(gateway, "POST", "/v1/models/c/load")
    assert status(gateway, "c") == "loading"
    wait_until(lambda: status(gateway, "c") == "loaded", step=0.02)
    stream = Stream(gateway, "c")
    stream.begun()
    assert status(gateway, "c") == "busy"
    busy = call(gateway, "POST", "/v1/models/c/unload")
    assert (busy.status_code, busy.json()["error"]["code"]) == (409, "model_busy")
    stream.end()
    wait_until(lambda: status(gateway, "c") == "loaded")
    assert call(gateway, "POST", "/v1/models/c/unload").json()["status"] == "unloaded"
    assert status(gateway, "c") == "unloaded"


@pytest.mark.req("SYS-REQ-051", "TEST-INT-015")
def test_the_loaded_models_are_listed_with_their_memory(gateway: Gateway) -> None:
    call(gateway, "POST", "/v1/models/b/load", wait=True)
    listed = loaded(gateway)
    assert listed.keys() == {"a", "b"}
    measured = sorted(process.memory_info().rss for process in gateway.workers())
    told = sorted(model["memory_bytes"] for model in listed.values())
    assert told == pytest.approx(measured, rel=0.1)
    assert metric(gateway, "pluggably_models_loaded") == 2
    assert metric(gateway, "pluggably_model_memory_bytes") == pytest.approx(sum(measured), rel=0.1)


@pytest.mark.req("SYS-REQ-045", "TEST-INT-011")
def test_an_idle_model_leaves_and_gives_its_memory_back(gateway: Gateway) -> None:
    ask(gateway, "b")
    asked = time.monotonic()
    children = gateway.workers()
    before = sum(process.memory_info().rss for process in children)
    wait_until(lambda: status(gateway, "b") == "unloaded")
    assert IDLE_S - 0.5 <= time.monotonic() - asked <= IDLE_S + 3
    wait_until(lambda: len(gateway.workers()) == len(children) - 1)
    assert sum(process.memory_info().rss for process in gateway.workers()) < 0.6 * before
    assert loaded(gateway).keys() == {"a"}
    assert metric(gateway, "pluggably_model_unloads_total", model="b", reason="idle") >= 1


@pytest.mark.req("SYS-REQ-045", "TEST-INT-011")
def test_the_model_used_longest_ago_makes_room_but_never_a_pinned_one(copies: Path, tmp_path: Path) -> None:
    settings = {"PLUGGABLY_RUNTIME__PINNED": "a", "PLUGGABLY_RUNTIME__MAX_LOADED": "3"}
    with running_gateway(tmp_path, models=copies, **SMALL, **settings) as gateway:
        for model in ("b", "c", "b", "d"):
            ask(gateway, model)
        assert loaded(gateway).keys() == {"a", "b", "d"}
        assert metric(gateway, "pluggably_model_unloads_total", model="c", reason="room") == 1
        assert metric(gateway, "pluggably_model_unloads_total") == 1


@pytest.mark.req("SYS-NFR-020")
def test_a_pinned_model_whose_process_is_killed_comes_back(gateway: Gateway) -> None:
    wait_until(lambda: loaded(gateway).keys() == {"a"})
    (process,) = gateway.workers()
    process.kill()
    wait_until(lambda: status(gateway, "a") == "unloaded", step=0.02)
    wait_until(lambda: status(gateway, "a") == "loaded")


@pytest.mark.req("SYS-REQ-046", "SYS-NFR-018", "TEST-INT-012", "TEST-SYS-015")
def test_who_waits_sees_their_position_fall_and_is_served_in_order(narrow: Gateway) -> None:
    streams = []
    for _ in range(5):
        streams.append(Stream(narrow, "a", tokens=20))
        wait_until(lambda: {"queued", "loading"} & streams[-1].at.keys(), step=0.005)
    answers = [stream.end() for stream in streams]
    assert [answer["usage"]["completion_tokens"] for answer in answers] == [20] * 5
    told = [[data["queue_position"] for name, data in stream.seen if name == "queued"] for stream in streams]
    assert told == [[], [1], [2, 1], [3, 2, 1], [4, 3, 2, 1]]
    for before, after in pairwise(streams):
        assert after.at["delta"] > before.at["last delta"]
    for number, ended in enumerate(streams[:-2]):  # whoever waits for the last of all hears of each end
        heard = [at for at in streams[-1].moments["queued"] if at > ended.at["last delta"]]
        assert heard[0] - ended.at["last delta"] < 1, number


@pytest.mark.req("SYS-NFR-019", "SYS-REQ-046")
def test_another_model_waits_until_what_runs_has_ended(narrow: Gateway) -> None:
    first = Stream(narrow, "a")
    first.begun()
    second = Stream(narrow, "b", tokens=5)
    wait_until(lambda: "queued" in second.at)
    queued = next(data for name, data in second.seen if name == "queued")
    assert queued["queue_position"] == 1
    assert call(narrow, "GET", "/v1/models/b/status").json()["queue_depth"] == 1
    whole = first.end()
    assert whole["usage"]["completion_tokens"] == LONG
    assert second.end()["timing"]["queue_ms"] > 500
    assert second.at["loading"] > first.at["last delta"]
    assert loaded(narrow).keys() == {"b"}
    assert metric(narrow, "pluggably_queue_seconds_count", model="b") == 1


@pytest.mark.req("SYS-NFR-019")
def test_a_forced_unload_lets_the_running_answer_finish_and_those_who_come_meanwhile_wait(narrow: Gateway) -> None:
    running = Stream(narrow, "b")
    running.begun()
    (process,) = narrow.workers()
    unloading = threading.Thread(target=call, args=(narrow, "POST", "/v1/models/b/unload"), kwargs={"force": True})
    unloading.start()
    time.sleep(0.2)
    late = Stream(narrow, "b", tokens=5)
    assert running.end()["usage"]["completion_tokens"] == LONG
    assert late.end()["timing"]["load_ms"] > 0
    unloading.join(10)
    assert not process.is_running()


def test_a_model_whose_file_is_gone_leaves_memory(narrow: Gateway, copies: Path) -> None:
    ask(narrow, "d")
    assert len(narrow.workers()) == 1
    (copies / "d.gguf").unlink()
    wait_until(lambda: not narrow.workers())
    assert call(narrow, "GET", "/v1/models/d").status_code == 404
    assert loaded(narrow) == {}
