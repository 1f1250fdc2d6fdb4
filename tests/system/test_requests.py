"""Queueing, cancelling, background requests and coming back to a stream, on a real model with one slot."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.factories.gateways import ENDLESS, Gateway, running_gateway, wait_until

LONG: dict[str, Any] = {
    "input": {"prompt": "Count."},
    "parameters": {"max_tokens": 3500, "json_schema": ENDLESS},
}
SHORT: dict[str, Any] = {"input": {"prompt": "Hi"}, "parameters": {"max_tokens": 4}}


@pytest.fixture(scope="module")
def one_slot(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose model serves one request at a time."""
    folder = tmp_path_factory.mktemp("one-slot")
    with running_gateway(folder, models=model_folder, PLUGGABLY_RUNTIME__PARALLEL="1") as running:
        running.generate("Hi", parameters={"max_tokens": 1})
        yield running


def cancel(gateway: Gateway, request_id: str) -> httpx.Response:
    with gateway.client() as client:
        return client.post(f"/v1/requests/{request_id}/cancel")


class Asked:
    """A request that runs in a thread of its own, under an id of ours."""

    def __init__(self, gateway: Gateway, request_id: str, body: dict[str, Any], **options: Any) -> None:
        self.gateway, self.id, self.body = gateway, request_id, body
        self.reply: httpx.Response | None = None
        self._options = options
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        path = self._options.get("path", "/v1/generate")
        with self.gateway.client() as client:
            self.reply = client.post(path, json=self.body, headers={"X-Request-ID": self.id})

    def status(self) -> dict[str, Any]:
        with self.gateway.client() as client:
            return dict(client.get(f"/v1/requests/{self.id}/status").json())

    def cancel(self) -> httpx.Response:
        return cancel(self.gateway, self.id)

    def wait_for(self, status: str) -> dict[str, Any]:
        return dict(wait_until(lambda: (found := self.status()).get("status") == status and found))

    def answer(self) -> httpx.Response:
        self._thread.join(60)
        assert self.reply is not None
        return self.reply


@pytest.mark.req("TEST-SYS-016", "SYS-REQ-047")
def test_a_running_request_is_cancelled_with_what_it_had_made(one_slot: Gateway) -> None:
    asked = Asked(one_slot, "cancel-running", LONG)
    asked.wait_for("running")
    time.sleep(1)
    (worker,) = one_slot.workers()
    cancelled = asked.cancel()
    assert cancelled.json() == {"request_id": "cancel-running", "cancelled": True, "status": "cancelled"}
    reply = asked.answer()
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "request_cancelled")
    assert reply.headers["x-should-retry"] == "false"
    assert reply.json()["error"]["details"]["partial"]["text"].startswith("[")
    assert wait_until(lambda: worker.cpu_percent(0.4) < 20, timeout=3)
    assert asked.status()["status"] == "cancelled"
    assert asked.cancel().json()["cancelled"] is False


@pytest.mark.req("TEST-INT-012", "SYS-REQ-046", "TEST-SYS-015")
def test_waiting_requests_see_their_position_fall_and_all_complete(one_slot: Gateway) -> None:
    first = Asked(one_slot, "queue-first-00", {**LONG, "parameters": {**LONG["parameters"], "max_tokens": 150}})
    first.wait_for("running")
    waiting = []
    for number in range(4):
        waiting.append(Asked(one_slot, f"queue-{number:09}", SHORT))
        waiting[-1].wait_for("queued")
    assert [asked.status()["queue_position"] for asked in waiting] == [1, 2, 3, 4]
    seen: dict[str, list[int]] = {asked.id: [] for asked in waiting}
    while any(asked.reply is None for asked in waiting):
        for asked in waiting:
            position = asked.status().get("queue_position")
            if position is not None:
                seen[asked.id].append(position)
    for asked in (first, *waiting):
        assert asked.answer().status_code == 200
    for positions in seen.values():
        assert positions == sorted(positions, reverse=True)
    assert waiting[0].answer().json()["timing"]["queue_ms"] > 0


@pytest.mark.req("TEST-SYS-015", "SYS-REQ-046")
def test_a_stream_tells_each_position(one_slot: Gateway) -> None:
    first = Asked(one_slot, "stream-first-0", {**LONG, "parameters": {**LONG["parameters"], "max_tokens": 100}})
    first.wait_for("running")
    second = Asked(one_slot, "stream-second", SHORT)
    second.wait_for("queued")
    events = [(name, data) for name, data, _ in one_slot.events(SHORT)]
    positions = [data["queue_position"] for name, data in events if name == "queued"]
    assert positions == [2, 1]
    assert events[-2][0] == "output"
    first.answer()
    second.answer()


@pytest.mark.req("SYS-NFR-018")
@pytest.mark.alone
def test_a_change_in_the_queue_is_seen_within_a_second(one_slot: Gateway) -> None:
    running = Asked(one_slot, "second-00000000", LONG)
    running.wait_for("running")
    waiting: list[Asked] = []
    for number in range(1, 4):
        waiting.append(Asked(one_slot, f"second-{number:08}", LONG))
        waiting[-1].wait_for("queued")
    while waiting:
        running.cancel()
        began = time.monotonic()
        following = waiting.pop(0)
        following.wait_for("running")
        assert [asked.status()["queue_position"] for asked in waiting] == list(range(1, len(waiting) + 1))
        assert time.monotonic() - began < 1
        running.answer()
        running = following
    running.cancel()
    running.answer()


def test_a_waiting_request_is_cancelled_without_having_run(one_slot: Gateway) -> None:
    first = Asked(one_slot, "wait-first-000", LONG)
    first.wait_for("running")
    second = Asked(one_slot, "wait-second-00", SHORT)
    second.wait_for("queued")
    assert second.cancel().json()["cancelled"] is True
    assert second.answer().json()["error"]["code"] == "request_cancelled"
    assert second.answer().json()["error"]["details"]["partial"] is None
    first.cancel()
    first.answer()


def test_a_cancelled_stream_ends_with_the_error(one_slot: Gateway) -> None:
    request_id, lines = "cancel-stream-0", []
    with (
        one_slot.client() as client,
        client.stream(
            "POST", "/v1/generate", json={**LONG, "stream": True}, headers={"X-Request-ID": request_id}
        ) as reply,
    ):
        for line in reply.iter_lines():
            if line == "event: delta" and line not in lines:
                cancel(one_slot, request_id)
            lines.append(line)
    text = "".join(f"{line}\n" for line in lines)
    assert '"code":"request_cancelled"' in text.split("event: error")[1]
    assert text.endswith("data: [DONE]\n\n")


def test_an_openai_request_is_cancelled_too(one_slot: Gateway) -> None:
    body = {"messages": [{"role": "user", "content": "Count."}], "max_tokens": 3500}
    body["response_format"] = {"type": "json_schema", "json_schema": {"name": "x", "schema": ENDLESS}}
    asked = Asked(one_slot, "cancel-openai-0", body, path="/v1/chat/completions")
    asked.wait_for("running")
    asked.cancel()
    assert (asked.answer().status_code, asked.answer().json()["error"]["code"]) == (409, "request_cancelled")


def test_the_list_shows_what_is_under_way(one_slot: Gateway) -> None:
    asked = Asked(one_slot, "listed-000001", LONG)
    asked.wait_for("running")
    with one_slot.client() as client:
        listed = client.get("/v1/requests", params={"status": "active"}).json()
        assert [item["request_id"] for item in listed["requests"]] == ["listed-000001"]
        asked.cancel()
        asked.answer()
        assert client.get("/v1/requests", params={"status": "active"}).json()["requests"] == []
        missing = client.get("/v1/requests/nobody-knows-it")
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "request_not_found")


def test_a_background_request_answers_at_once_and_keeps_its_result(one_slot: Gateway) -> None:
    started = time.monotonic()
    body = {**SHORT, "parameters": {"max_tokens": 60, "json_schema": ENDLESS}, "background": True}
    with one_slot.client() as client:
        accepted = client.post("/v1/generate", json=body)
        assert accepted.status_code == 202
        assert time.monotonic() - started < 0.5
        request_id = accepted.json()["request_id"]
        url = f"/v1/requests/{request_id}"
        finished = wait_until(lambda: (got := client.get(url).json())["status"] == "completed" and got, timeout=30)
        assert finished["result"]["request_id"] == request_id
        assert finished["result"]["usage"]["completion_tokens"] == 60
        assert finished["finished_at"] >= finished["started_at"] >= finished["created_at"]
        replay = client.get(f"{url}/events").text
        rest = client.get(f"{url}/events", headers={"Last-Event-ID": "5"}).text
    assert replay.count("event: delta") > 50
    assert replay.endswith(rest)
    assert rest.startswith(("event: delta\nid: 6\n", "event: output\nid: 6\n"))


def test_a_background_stream_survives_its_client_and_is_read_on(one_slot: Gateway) -> None:
    body = {**LONG, "parameters": {**LONG["parameters"], "max_tokens": 120}, "background": True, "stream": True}
    with one_slot.client() as client:
        with client.stream("POST", "/v1/generate", json=body) as reply:
            request_id = reply.headers["x-request-id"]
            lines = reply.iter_lines()
            seen = 0
            while seen < 8:
                line = next(lines)
                seen = int(line.removeprefix("id: ")) if line.startswith("id: ") else seen
        rest = client.get(f"/v1/requests/{request_id}/events", headers={"Last-Event-ID": str(seen)}).text
    numbers = [int(line.removeprefix("id: ")) for line in rest.splitlines() if line.startswith("id: ")]
    assert numbers == list(range(seen + 1, numbers[-1] + 1))
    assert "event: output" in rest
    assert rest.endswith("data: [DONE]\n\n")


def test_many_random_cancels_leave_nothing_running(one_slot: Gateway) -> None:
    def ask_and_cancel(number: int) -> str:
        asked = Asked(one_slot, f"storm-{number:08}", LONG)
        wait_until(lambda: asked.status().get("status") in ("queued", "running"))
        time.sleep((number * 37 % 10) / 20)
        asked.cancel()
        return str(asked.answer().json()["error"]["code"])

    with concurrent.futures.ThreadPoolExecutor(12) as threads:
        codes = list(threads.map(ask_and_cancel, range(12)))
    assert codes == ["request_cancelled"] * 12
    (worker,) = one_slot.workers()
    assert wait_until(lambda: worker.cpu_percent(0.4) < 20, timeout=4)
    assert one_slot.generate("Hi", parameters={"max_tokens": 2}).status_code == 200
