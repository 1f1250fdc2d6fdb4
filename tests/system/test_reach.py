"""What the local runtime has to reach: crowds before one slot, workers and gateways that are killed, many loads."""

from __future__ import annotations

import json
import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.factories.gateways import Gateway, running_gateway, wait_until

MODEL = "SmolLM2-135M-Instruct.Q4_1"
ENDLESS = {"type": "array", "items": {"type": "integer"}, "minItems": 1500}
LONG: dict[str, Any] = {"input": {"prompt": "Count."}, "parameters": {"max_tokens": 3500, "json_schema": ENDLESS}}
CROWD = 50
CANCELS = 20

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def one_slot(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose model serves one request at a time, and is loaded."""
    variables = {"PLUGGABLY_RUNTIME__PARALLEL": "1", "PLUGGABLY_RUNTIME__CONTEXT_TOKENS": "4096"}
    with running_gateway(tmp_path_factory.mktemp("one-slot"), models=model_folder, **variables) as running:
        running.generate("Hi", parameters={"max_tokens": 1})
        yield running


@pytest.fixture(scope="module")
def quick(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose model is loaded in half a second: it has a small context."""
    variables = {"PLUGGABLY_RUNTIME__PARALLEL": "2", "PLUGGABLY_RUNTIME__CONTEXT_TOKENS": "512"}
    with running_gateway(tmp_path_factory.mktemp("quick"), models=model_folder, **variables) as running:
        running.generate("Hi", parameters={"max_tokens": 1})
        yield running


class Waiting:
    """A streamed request under an id of ours: the positions that its stream told, when, and how it ended."""

    def __init__(self, gateway: Gateway, request_id: str, body: dict[str, Any]) -> None:
        self.id = request_id
        self.positions: list[tuple[float, int]] = []
        self.selected_at = self.ended_at = 0.0
        self.outcome = ""
        self._gateway, self._body = gateway, body
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with (
            self._gateway.client(timeout=120) as client,
            client.stream(
                "POST", "/v1/generate", json={**self._body, "stream": True}, headers={"X-Request-ID": self.id}
            ) as reply,
        ):
            name = ""
            for line in reply.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: {"):
                    data = json.loads(line.removeprefix("data: "))
                    if name == "queued":
                        self.positions.append((time.monotonic(), data["queue_position"]))
                    elif name == "selected":
                        self.selected_at = time.monotonic()
                    elif name in ("output", "error"):
                        self.outcome = name if name == "output" else data["error"]["code"]
                        self.ended_at = time.monotonic()

    def position_at(self, moment: float) -> int | None:
        """What its stream had told last."""
        told = [position for at, position in self.positions if at <= moment]
        return told[-1] if told else None

    def end(self) -> None:
        """Wait for it."""
        self._thread.join(120)
        assert not self._thread.is_alive(), f"{self.id} hangs"


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def idle(process: psutil.Process) -> bool:
    """Whether the process computes for less than a tenth of a second in one second."""
    before = cpu_seconds(process)
    time.sleep(1)
    return cpu_seconds(process) - before < 0.1


def status(client: httpx.Client, request_id: str) -> dict[str, Any]:
    return dict(client.get(f"/v1/requests/{request_id}/status").json())


@pytest.mark.req("TEST-INT-012", "TEST-SYS-015", "TEST-SYS-016", "SYS-REQ-046", "SYS-REQ-047", "SYS-NFR-018")
def test_a_crowd_before_one_slot_sees_its_positions_fall_and_cancels_take_a_second(one_slot: Gateway) -> None:
    first = Waiting(one_slot, "crowd-first", LONG)
    with one_slot.client() as client:
        wait_until(lambda: status(client, first.id).get("status") == "running")
        crowd: list[Waiting] = []
        for number in range(CROWD):
            body = {"input": {"prompt": f"Say {number}."}, "parameters": {"max_tokens": 3}}
            crowd.append(Waiting(one_slot, f"crowd-{number:06}", body))
            # The next one comes when this one has its place, so that it is known who is before whom.
            wait_until(lambda: status(client, crowd[-1].id).get("status") == "queued")
        assert [status(client, one.id)["queue_position"] for one in crowd] == list(range(1, CROWD + 1))

        chosen = random.Random(7).sample(crowd, CANCELS)
        for one in chosen:
            began = time.monotonic()
            cancelled = client.post(f"/v1/requests/{one.id}/cancel").json()
            assert (cancelled["cancelled"], cancelled["status"]) == (True, "cancelled")
            one.end()
            assert one.outcome == "request_cancelled"
            assert one.ended_at - began < 1
        left = [one for one in crowd if one not in chosen]
        expected = list(range(1, len(left) + 1))
        assert [status(client, one.id)["queue_position"] for one in left] == expected
        time.sleep(1)
        moment = time.monotonic()
        assert [one.position_at(moment) for one in left] == expected, "the streams know it within a second"

        began = time.monotonic()
        client.post(f"/v1/requests/{first.id}/cancel")
        first.end()
        assert first.ended_at - began < 1
    for one in left:
        one.end()
        positions = [position for _, position in one.positions]
        assert one.outcome == "output"
        assert positions == sorted(positions, reverse=True)
        assert positions[-1] == 1
    ends = [one.ended_at for one in left]
    assert ends == sorted(ends), "of one user, who came first is served first"
    for before, after in pairwise(left):
        told_at = next(at for at, position in after.positions if position == 1)
        assert told_at - before.ended_at < 1
    (worker,) = one_slot.workers()
    assert idle(worker)


@pytest.mark.req("SYS-REQ-047", "TEST-SYS-016")
def test_workers_killed_under_load_leave_nobody_waiting_and_nothing_behind(quick: Gateway) -> None:
    kills, chance = 20, random.Random(11)
    over = threading.Event()
    codes: set[str | None] = set()

    def keep_asking(number: int) -> None:
        body = {"input": {"prompt": "Count."}, "parameters": {"max_tokens": 60, "seed": number}}
        with quick.client(timeout=60) as client:
            while not over.is_set():
                reply = client.post("/v1/generate", json=body)
                codes.add(None if reply.is_success else reply.json()["error"]["code"])

    def is_busy() -> bool:
        with quick.client() as client:
            return bool(client.get(f"/v1/models/{MODEL}/status").json()["runtime_status"] == "busy")

    (worker,) = quick.workers()
    before = worker.memory_info().rss
    killed: list[psutil.Process] = []
    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(keep_asking, number) for number in range(4)]
        try:
            while len(killed) < kills:  # one that looked busy may have been on its way out already
                wait_until(is_busy, timeout=20, step=0.02)
                time.sleep(chance.uniform(0, 0.3))
                for victim in quick.workers():
                    victim.kill()
                    killed.append(victim)
        finally:
            over.set()
        for task in asking:
            task.result(60)
    assert "runtime_crashed" in codes
    # A model that dies again and again is not loaded at once: whoever comes meanwhile is told to come back.
    assert codes <= {None, "runtime_crashed", "model_unavailable"}, "each has its answer, or an error in the envelope"
    wait_until(lambda: quick.generate("Hi", parameters={"max_tokens": 2}).status_code == 200, timeout=30, step=0.2)
    (survivor,) = quick.workers()
    assert not psutil.wait_procs(killed, timeout=5)[1]
    with quick.client() as client:
        (loaded,) = client.get("/v1/models/loaded").json()["models"]
        assert (loaded["active_requests"], loaded["queue_depth"]) == (0, 0)
    assert survivor.memory_info().rss < 1.5 * before
    assert idle(survivor)


@pytest.mark.req("SYS-REQ-047")
def test_a_killed_gateway_takes_its_workers_along_and_the_next_start_clears_up(
    model_folder: Path, tmp_path: Path
) -> None:
    sockets = Path(tempfile.mkdtemp(prefix="reach-"))
    with running_gateway(tmp_path, models=model_folder, TMPDIR=str(sockets)) as gateway:
        gateway.generate("Hi", parameters={"max_tokens": 1})
        done = gateway.generate("Hi", parameters={"max_tokens": 2}, background=True).json()["request_id"]
        with gateway.client() as client:
            wait_until(lambda: client.get(f"/v1/requests/{done}").json()["status"] == "completed")
            result = client.get(f"/v1/requests/{done}").json()["result"]
        cut_off = gateway.generate("Count.", parameters=LONG["parameters"], background=True)
        time.sleep(1)  # what is written behind is written
        workers = gateway.workers()
        os.kill(gateway.process.pid, signal.SIGKILL)
        gateway.process.wait(5)
        assert not psutil.wait_procs(workers, timeout=2)[1]
    (left,) = sockets.iterdir()
    with running_gateway(tmp_path, models=model_folder, TMPDIR=str(sockets)) as gateway, gateway.client() as client:
        assert not left.exists()
        failed = client.get(f"/v1/requests/{cut_off.json()['request_id']}").json()
        assert (failed["status"], failed["error"]["code"]) == ("failed", "runtime_crashed")
        assert client.get(f"/v1/requests/{done}").json()["result"] == result
        assert gateway.generate("Hi", parameters={"max_tokens": 2}).status_code == 200
    assert list(sockets.iterdir()) == []
    sockets.rmdir()


@pytest.mark.req("SYS-REQ-045", "TEST-INT-011")
def test_loading_using_and_unloading_again_and_again_does_not_grow_the_gateway(quick: Gateway) -> None:
    """Ten rounds after three to warm up; `python -m benchmarks.lifecycle` does fifty."""
    process = psutil.Process(quick.process.pid)

    def rounds(count: int) -> int:
        with quick.client() as client:
            for _ in range(count):
                assert client.post(f"/v1/models/{MODEL}/load", json={"wait": True}).status_code == 200
                assert quick.generate("Hi", parameters={"max_tokens": 1}).status_code == 200
                assert client.post(f"/v1/models/{MODEL}/unload").status_code == 200
        return int(process.memory_info().rss)

    before = rounds(3)
    grown = rounds(10) - before
    assert quick.workers() == []
    assert grown < 4 * 1024 * 1024, f"grown by {grown / 1e6:.1f} MB"
