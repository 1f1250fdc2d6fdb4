"""The text runtime with a real model, spoken to over its socket."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from pluggably.errors import ModelUnavailable
from pluggably.workers.interface import WorkerState
from pluggably.workers.machine import has_accelerator
from pluggably.workers.pool import LocalWorkerPool
from pluggably.workers.worker import LocalWorker
from tests.factories.workers import IMPATIENT, ROOT, alive, comes_true, llama_spec

URL = "http://localhost/v1/chat/completions"


@pytest.fixture
async def pool() -> AsyncIterator[LocalWorkerPool]:
    pool = LocalWorkerPool()
    yield pool
    await pool.close()


@asynccontextmanager
async def talk(worker: LocalWorker) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.UnixConnector(worker.socket_path, limit=0, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


def chat(prompt: str, **parameters: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": prompt}], "stream": True, "temperature": 0, **parameters}


async def chunks(response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    async for line in response.content:
        if line.startswith(b"data: {"):
            yield json.loads(line.removeprefix(b"data: "))


async def answer(session: aiohttp.ClientSession, body: dict[str, Any]) -> tuple[str, str | None]:
    text, finish = "", None
    async with session.post(URL, json=body) as response:
        assert response.status == 200, await response.text()
        async for chunk in chunks(response):
            for choice in chunk["choices"]:
                text += choice["delta"].get("content") or ""
                finish = choice["finish_reason"] or finish
    return text, finish


async def busy_slots(session: aiohttp.ClientSession) -> int:
    async with session.get("http://localhost/slots") as response:
        return sum(slot["is_processing"] for slot in await response.json())


async def idle_after(pid: int, within_s: float) -> float | None:
    """Seconds until the process uses less than a tenth of a core; None if that does not come in time."""
    process = psutil.Process(pid)
    begun = time.monotonic()
    while (at := time.monotonic() - begun) < within_s:
        before = sum(process.cpu_times()[:2])
        await asyncio.sleep(0.1)
        if sum(process.cpu_times()[:2]) - before <= 0.01:
            return at
    return None


@pytest.mark.req("SYS-REQ-003")
async def test_a_real_model_answers_on_its_socket(pool: LocalWorkerPool, starter_model: Path) -> None:
    worker = await pool.ensure_ready(llama_spec(starter_model))
    assert worker.details["context_tokens"] == 1024
    assert worker.details["parallel"] == 2
    assert worker.details["device"] == "cpu" or has_accelerator()
    assert worker.details["template"]["supports_tools"] is False
    assert worker.details["template"]["supports_system_role"] is True
    async with talk(worker) as session:
        body = chat("Tell me about the sea.", max_tokens=24, ignore_eos=True, stream_options={"include_usage": True})
        async with session.post(URL, json=body) as response:
            found = [chunk async for chunk in chunks(response)]
    text = "".join(choice["delta"].get("content") or "" for chunk in found for choice in chunk["choices"])
    assert text.strip()
    assert {chunk["model"] for chunk in found} == {"starter"}
    assert found[-1]["usage"]["completion_tokens"] == 24


async def test_eight_streams_run_at_the_same_time(pool: LocalWorkerPool, starter_model: Path) -> None:
    worker = await pool.ensure_ready(llama_spec(starter_model, parallel=8, context_tokens=256))
    async with talk(worker) as session:
        running = asyncio.gather(
            *(answer(session, chat(f"Count from {n} upwards.", max_tokens=48, ignore_eos=True)) for n in range(8))
        )
        most = 0
        while not running.done():
            most = max(most, await busy_slots(session))
            await asyncio.sleep(0.05)
        answers = await running
    assert most == 8
    assert all(text and finish == "length" for text, finish in answers)


async def test_every_slot_has_the_whole_context_whatever_the_others_do(
    pool: LocalWorkerPool, starter_model: Path
) -> None:
    worker = await pool.ensure_ready(llama_spec(starter_model, parallel=2, context_tokens=512))
    body = chat("word " * 300, max_tokens=4, ignore_eos=True)
    async with talk(worker) as session:
        answers = await asyncio.gather(*(answer(session, body) for _ in range(2)))
    assert [finish for _, finish in answers] == ["length"] * 2


async def test_a_prompt_longer_than_the_context_is_refused_not_cut(
    pool: LocalWorkerPool, starter_model: Path
) -> None:
    worker = await pool.ensure_ready(llama_spec(starter_model, context_tokens=256))
    async with talk(worker) as session, session.post(URL, json=chat("word " * 400)) as response:
        error = (await response.json())["error"]
    assert response.status == 400
    assert error["type"] == "exceed_context_size_error"
    assert error["n_ctx"] == 256
    assert error["n_prompt_tokens"] > 400


async def test_the_context_is_never_larger_than_the_model_was_trained_for(
    pool: LocalWorkerPool, starter_model: Path
) -> None:
    spec = llama_spec(starter_model, context_tokens=1_000_000, trained_context_tokens=8192, parallel=1)
    worker = await pool.ensure_ready(spec)
    assert worker.details["context_tokens"] == 8192
    async with talk(worker) as session, session.get("http://localhost/slots") as response:
        assert [slot["n_ctx"] for slot in await response.json()] == [8192]


async def test_nothing_of_earlier_prompts_is_kept_beyond_the_slots(
    pool: LocalWorkerPool, starter_model: Path
) -> None:
    worker = await pool.ensure_ready(llama_spec(starter_model, parallel=1, context_tokens=1024))
    assert worker.pid is not None
    process = psutil.Process(worker.pid)
    async with talk(worker) as session:
        await answer(session, chat("0 " + "word " * 200, max_tokens=1))
        before = process.memory_info().rss
        for number in (1, 2):
            await answer(session, chat(f"{number} " + "word " * 200, max_tokens=1))
    assert process.memory_info().rss - before < 4_000_000, "a kept prompt of 200 tokens takes 5 MB"


@pytest.mark.req("SYS-NFR-003")
@pytest.mark.alone
async def test_a_stream_that_is_dropped_frees_its_slot_and_the_processor(
    pool: LocalWorkerPool, starter_model: Path
) -> None:
    worker = await pool.ensure_ready(llama_spec(starter_model))
    assert worker.pid is not None
    async with talk(worker) as session:
        response = await session.post(URL, json=chat("Tell me a story.", ignore_eos=True))
        await anext(chunks(response))
        assert await busy_slots(session) == 1
        response.close()
        assert await idle_after(worker.pid, 2) is not None
        assert await busy_slots(session) == 0


@pytest.mark.req("SYS-NFR-003")
@pytest.mark.alone
async def test_a_stream_that_is_dropped_while_its_prompt_is_read_frees_the_processor(
    pool: LocalWorkerPool, starter_model: Path
) -> None:
    worker = await pool.ensure_ready(llama_spec(starter_model, context_tokens=8192, parallel=1))
    assert worker.pid is not None
    async with talk(worker) as session:
        response = await session.post(URL, json=chat("word " * 7000))
        reading = asyncio.create_task(anext(chunks(response)))
        await asyncio.sleep(1.5)
        assert not reading.done(), "the prompt was read already"
        assert await busy_slots(session) == 1
        reading.cancel()
        response.close()
        # A batch that was begun is finished: under a second on free cores, more on shared ones. The rest of this
        # prompt would take half a minute.
        assert await idle_after(worker.pid, 5) is not None
        assert await busy_slots(session) == 0


@pytest.mark.req("SYS-REQ-003")
async def test_a_worker_killed_in_the_middle_of_a_stream_is_noticed_and_replaced(
    pool: LocalWorkerPool, starter_model: Path
) -> None:
    spec = llama_spec(starter_model)
    worker = await pool.ensure_ready(spec)
    pid = worker.pid
    assert pid is not None
    body = chat("Tell me a story.", ignore_eos=True)
    async with talk(worker) as session, session.post(URL, json=body) as response:
        stream = chunks(response)
        await anext(stream)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(aiohttp.ClientError):
            async for _ in stream:
                pass
    assert await worker.died_within(1, pid=pid)
    begun = time.monotonic()
    await pool.ensure_ready(spec)
    async with talk(worker) as session:
        text, _ = await answer(session, chat("Hello!", max_tokens=4))
    assert text
    assert time.monotonic() - begun < 5


async def test_a_worker_that_is_frozen_is_killed_and_replaced(starter_model: Path) -> None:
    pool = LocalWorkerPool(IMPATIENT)
    try:
        worker = await pool.ensure_ready(llama_spec(starter_model))
        pid = worker.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        assert await comes_true(lambda: worker.state is WorkerState.STOPPED)
        assert not alive(pid)
        await pool.ensure_ready(worker.spec)
        assert worker.state is WorkerState.READY
    finally:
        await pool.close()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda weights: weights[:5_000_000], "corrupted or incomplete"),
        (lambda weights: b"ELF!" + os.urandom(100_000), "invalid magic"),
        (lambda weights: b"", "failed to read magic"),
    ],
    ids=["truncated", "garbage", "empty"],
)
async def test_a_damaged_file_is_unavailable_with_the_engines_reason(
    pool: LocalWorkerPool, starter_model: Path, tmp_path: Path, damage: Any, reason: str
) -> None:
    damaged = tmp_path / "damaged.gguf"
    with starter_model.open("rb") as file:
        damaged.write_bytes(damage(file.read(6_000_000)))
    with pytest.raises(ModelUnavailable, match=reason) as caught:
        await pool.ensure_ready(llama_spec(damaged))
    assert str(tmp_path) not in caught.value.message
    worker = pool.get("starter")
    assert worker is not None
    assert worker.pid is None
    assert not [child for child in psutil.Process().children() if "pluggably.runtimes.llama" in child.cmdline()]


@pytest.mark.req("SYS-REQ-003")
@pytest.mark.parametrize("moment", ["ready", "load"])
async def test_a_gateway_that_is_killed_takes_its_worker_with_it(
    starter_model: Path, tmp_path: Path, moment: str
) -> None:
    host = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.fakes.worker_host",
        str(starter_model),
        *([moment] if moment == "load" else []),
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},  # a killed gateway leaves its folder of sockets behind
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert host.stdout is not None
    async with asyncio.timeout(20):
        worker = int(await host.stdout.readline())
    assert alive(worker)
    host.kill()
    await host.wait()
    assert await comes_true(lambda: not alive(worker), within_s=2)
