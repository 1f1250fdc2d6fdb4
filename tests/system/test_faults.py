"""What happens when clients leave, read slowly, or when processes are killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.factories.gateways import ENDLESS, Gateway, running_gateway, wait_until

MODEL = "SmolLM2-135M-Instruct.Q4_1"
LONG = {"input": {"prompt": "Count."}, "parameters": {"max_tokens": 4000, "json_schema": ENDLESS}}


def worker(gateway: Gateway) -> psutil.Process:
    (process,) = gateway.workers()
    return process


def goes_idle(process: psutil.Process, within: float = 2) -> bool:
    """Whether the process stops computing (under 20 % of a core for 0.4 s) within so many seconds."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if process.cpu_percent(0.4) < 20:
            return True
    return False


def active(gateway: Gateway) -> int:
    with gateway.client() as client:
        loaded = client.get("/v1/models/loaded").json()["models"]
    return sum(model["active_requests"] for model in loaded)


@pytest.mark.req("SYS-NFR-003")
@pytest.mark.alone
def test_a_client_that_leaves_a_stream_stops_the_compute(gateway: Gateway) -> None:
    with gateway.client() as client, client.stream("POST", "/v1/generate", json={**LONG, "stream": True}) as reply:
        lines = reply.iter_lines()
        for _ in range(20):
            next(lines)
        assert worker(gateway).cpu_percent(0.3) > 50
    assert goes_idle(worker(gateway))
    wait_until(lambda: active(gateway) == 0)


@pytest.mark.req("SYS-NFR-003")
def test_a_client_that_leaves_a_plain_request_stops_the_compute(gateway: Gateway) -> None:
    gateway.generate("Hi", parameters={"max_tokens": 1})
    with pytest.raises(httpx.ReadTimeout), gateway.client(timeout=1.0) as client:
        client.post("/v1/generate", json=LONG)
    assert goes_idle(worker(gateway))
    wait_until(lambda: active(gateway) == 0)


@pytest.mark.req("SYS-NFR-003")
@pytest.mark.alone
def test_a_client_that_leaves_while_the_prompt_is_read_stops_the_compute(gateway: Gateway) -> None:
    gateway.generate("Hi", parameters={"max_tokens": 1})
    prompt = " ".join(f"word{number}" for number in range(750))  # 3,500 tokens: seconds of reading
    body = {"model": "auto", "messages": [{"role": "user", "content": prompt}], "max_tokens": 8, "stream": True}
    with pytest.raises(httpx.ReadTimeout), gateway.client(timeout=1.0) as client:
        client.post("/v1/chat/completions", json=body)
    assert goes_idle(worker(gateway))
    wait_until(lambda: active(gateway) == 0)


def test_a_cancelled_stream_is_accounted_for(gateway: Gateway) -> None:
    def tokens() -> float:
        with gateway.client() as client:
            lines = client.get("/metrics").text.splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.startswith("pluggably_tokens_total") and 'kind="completion"' in line
        )

    before = tokens()
    with gateway.client() as client, client.stream("POST", "/v1/generate", json={**LONG, "stream": True}) as reply:
        lines = reply.iter_lines()
        for _ in range(60):
            next(lines)
    wait_until(lambda: tokens() >= before + 10)


@pytest.mark.req("SYS-NFR-003")
def test_a_slow_reader_does_not_grow_the_gateway(gateway: Gateway) -> None:
    gateway.generate("Hi", parameters={"max_tokens": 1})
    host, port = gateway.url.removeprefix("http://").split(":")
    body = json.dumps({**LONG, "stream": True}).encode()
    request = (
        f"POST /v1/generate HTTP/1.1\r\nHost: {host}:{port}\r\nX-API-Key: {gateway.headers['x-api-key']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    before = psutil.Process(gateway.process.pid).memory_info().rss
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect((host, int(port)))
        reader.sendall(request)
        time.sleep(4)  # nothing is read meanwhile
        grown = psutil.Process(gateway.process.pid).memory_info().rss - before
    assert grown < 10 * 1024 * 1024, f"grown by {grown / 1e6:.1f} MB"
    wait_until(lambda: active(gateway) == 0)


def test_a_worker_killed_in_a_stream_is_told_and_the_next_request_starts_a_new_one(gateway: Gateway) -> None:
    seen = []
    for name, data, _ in gateway.events(LONG):
        seen.append((name, data))
        if len(seen) == 10:
            worker(gateway).kill()
    assert [name for name, _ in seen[-2:]] == ["error", None]
    assert seen[-2][1]["error"]["code"] == "runtime_crashed"
    assert seen[-1][1] == "[DONE]"
    assert gateway.generate("Hi", parameters={"max_tokens": 2}).status_code == 200


def test_a_worker_killed_in_a_plain_request_or_an_openai_stream_is_told_too(gateway: Gateway) -> None:
    body = {"messages": [{"role": "user", "content": "Count."}], "max_tokens": 4000, "stream": True}
    body["response_format"] = {"type": "json_schema", "json_schema": {"name": "x", "schema": ENDLESS}}
    seen = []
    for _, data, _ in gateway.events(body, "/v1/chat/completions"):
        seen.append(data)
        if len(seen) == 10:
            worker(gateway).kill()
    assert seen[-2]["error"]["code"] == "runtime_crashed"
    assert seen[-1] == "[DONE]"


def test_the_workers_go_with_the_gateway_even_if_it_is_killed(model_folder: Path, tmp_path: Path) -> None:
    with running_gateway(tmp_path, models=model_folder) as gateway:
        gateway.generate("Hi", parameters={"max_tokens": 2})
        process = worker(gateway)
        os.kill(gateway.process.pid, signal.SIGKILL)
        gateway.process.wait(5)
        assert not psutil.wait_procs([process], timeout=2)[1]
    with running_gateway(tmp_path, models=model_folder) as gateway:
        assert gateway.generate("Hi", parameters={"max_tokens": 2}).status_code == 200


def test_many_requests_run_at_once(gateway: Gateway) -> None:
    """Continuous batching: four streams, each with tokens before any of them is finished."""
    import concurrent.futures

    def stream(number: int) -> tuple[float, float]:
        body = {"input": {"prompt": f"Count to {number + 20}."}, "parameters": {"max_tokens": 60, "seed": number}}
        began = time.monotonic()
        times = [began + at for name, _, at in gateway.events(body) if name == "delta"]
        return times[0], times[-1]

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        spans = list(threads.map(stream, range(4)))
    assert max(first for first, _ in spans) < min(last for _, last in spans)
