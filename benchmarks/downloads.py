"""Downloads at full speed beside requests, and a download that is interrupted again and again.

    python -m benchmarks.downloads [latency [--unbounded] | kills]

`latency`: `/health` and a short text generation, in several rounds: idle, then while three downloads, whose SHA-256
is known and computed on the way, run from a server on loopback (each at most `RATE` bytes a second: together a link
of 1 Gbit/s; `--unbounded`: as fast as loopback is). Prints p50 and p99 of every round, and medians over the rounds.
`kills`: a download of 300 MB, interrupted five times by a connection that is cut and five times by SIGKILL of the
gateway. Prints how many bytes were sent in all and whether the hash is right.
"""

import asyncio
import hashlib
import json
import multiprocessing
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.lifecycle import MODEL, WEIGHTS
from benchmarks.process import Server, clean_environment, end_with_parent, free_port
from pluggably.kit.priority import step_back

RATE = 40_000_000
SIZE = 300_000_000
LARGE = 2_000_000_000
ENDLESS = 8_000_000_000
SAMPLES = 300
GENERATIONS = 30
ROUNDS = 5
PIECE = 256 * 1024


class _File:
    """The starter model's file, which is sound, and random bytes behind it that nothing looks at."""

    def __init__(self, size: int) -> None:
        self._head = (WEIGHTS / f"{MODEL}.gguf").read_bytes()
        self._noise = os.urandom(16_000_000)
        self.size = size
        digest = hashlib.sha256()
        for offset in range(0, size, PIECE):
            digest.update(self.read(offset, min(offset + PIECE, size)))
        self.sha256 = digest.hexdigest()

    def read(self, start: int, end: int) -> bytes:
        """Bytes of it."""
        if start < len(self._head):
            part = self._head[start:end]
            return part if end <= len(self._head) else part + self.read(len(self._head), end)
        place = (start - len(self._head)) % len(self._noise)
        part = self._noise[place : place + end - start]
        return part if len(part) == end - start else part + self._noise[: end - start - len(part)]


def _serve(ready: Connection, size: int, rate: int, cuts: int) -> None:
    """A file server in a process of its own: the first `cuts` answers end after 1/16 of the file."""
    end_with_parent()
    os.setsid()
    step_back()  # it stands for another machine, which takes no processor from this one
    content = _File(size)
    sent = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent, cuts
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if head.startswith("GET /sent"):
            body = json.dumps({"sent": sent}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
            await writer.drain()
            writer.close()
            return
        asked = re.search(r"(?mi)^range: bytes=(\d+)-", head)
        start = int(asked[1]) if asked else 0
        lines = ["HTTP/1.1 206 Partial Content" if asked else "HTTP/1.1 200 OK", 'ETag: "one"', "Connection: close"]
        lines += [f"Content-Length: {size - start}"]
        if asked:
            lines += [f"Content-Range: bytes {start}-{size - 1}/{size}"]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        end = size
        if asked and cuts:
            cuts, end = cuts - 1, min(end, start + size // 16)
        began = time.monotonic()
        try:
            for offset in range(start, end, PIECE):
                until = min(offset + PIECE, end)
                writer.write(content.read(offset, until))
                await writer.drain()
                sent += until - offset
                if rate:
                    await asyncio.sleep(max(0, (offset - start) / rate - (time.monotonic() - began)))
        except ConnectionError:
            pass
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        ready.send((server.sockets[0].getsockname()[1], content.sha256))
        await server.serve_forever()

    asyncio.run(run())


def _ask(port: int, path: str, body: dict[str, object] | None = None, method: str | None = None) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        None if body is None else json.dumps(body).encode(),
        {"content-type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            _ask(port, "/health")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the gateway did not start")


def _gateway(folder: str, port: int, models: str) -> Server:
    settings = {
        "PLUGGABLY_DATA_DIR": folder,
        "PLUGGABLY_MODEL_DIRS": models,
        "PLUGGABLY_PORT": str(port),
        "PLUGGABLY_LOCAL_ONLY": "true",
        "PLUGGABLY_LOG_LEVEL": "warning",
        "PLUGGABLY_RUNTIME__CONTEXT_TOKENS": "512",
        "PLUGGABLY_RUNTIME__THREADS": "1",
        "PLUGGABLY_ALLOW_PRIVATE_URLS": "127.0.0.0/8",
    }
    command = [str(Path(sys.executable).with_name("pluggably")), "serve"]
    server = Server(command, clean_environment(settings), Path(folder) / "log", None)
    _wait_for(port)
    return server


def _measure(port: int) -> dict[str, list[float]]:
    """Milliseconds of each request, in turn, so that both see the same load."""
    found: dict[str, list[float]] = {"health": [], "generation": []}
    body: dict[str, object] = {
        "model": MODEL,
        "input": {"prompt": "Count to ten."},
        "parameters": {"max_tokens": 8, "temperature": 0},
    }
    for number in range(SAMPLES):
        began = time.perf_counter()
        _ask(port, "/health")
        found["health"].append(1000 * (time.perf_counter() - began))
        if number % (SAMPLES // GENERATIONS) == 0:
            began = time.perf_counter()
            _ask(port, "/v1/generate", body)
            found["generation"].append(1000 * (time.perf_counter() - began))
    return found


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]


def latency(rate: int) -> int:
    """Measure and print; the exit status."""
    ours, theirs = multiprocessing.Pipe()
    files = multiprocessing.Process(target=_serve, args=(theirs, LARGE if rate else ENDLESS, rate, 0), daemon=True)
    files.start()
    found: list[tuple[dict[str, list[float]], dict[str, list[float]]]] = []
    running = 0
    try:
        source, sha256 = ours.recv()
        with tempfile.TemporaryDirectory() as folder:
            port = free_port()
            server = _gateway(folder, port, f"{folder}/models:{WEIGHTS}")
            try:
                time.sleep(5)  # the scan of the model folders
                _ask(port, f"/v1/models/{MODEL}/load", {"wait": True})
                _measure(port)
                for number in range(ROUNDS):
                    idle = _measure(port)
                    urls = [f"http://127.0.0.1:{source}/{number}-{part}.gguf" for part in range(3)]
                    jobs = [_ask(port, "/v1/models/download", _order(url, sha256))["job_id"] for url in urls]
                    time.sleep(1.5)
                    loaded = _measure(port)
                    states = [_ask(port, f"/v1/jobs/{job}") for job in jobs]
                    running += sum(state["status"] == "running" for state in states)
                    speed = sum(state["bytes_per_s"] or 0 for state in states)
                    for job in jobs:
                        _ask(port, f"/v1/jobs/{job}", method="DELETE")
                    shutil.rmtree(Path(folder, "models", ".downloads"))
                    found.append((idle, loaded))
                    print(
                        f"round {number + 1}, {speed / 1e6:.0f} MB/s: " + "; ".join(_told(idle, loaded)), flush=True
                    )
                    time.sleep(2)
            finally:
                server.stop()
    finally:
        files.kill()
    print(f"{running} of {3 * ROUNDS} downloads were still running when the measurement ended")
    for name in ("health", "generation"):
        ratios = [_p99(loaded[name]) / _p99(idle[name]) for idle, loaded in found]
        before, after = ([_p99(one[which][name]) for one in found] for which in (0, 1))
        print(
            f"{name}, medians: p99 {statistics.median(before):.2f} → {statistics.median(after):.2f} ms, "
            f"{statistics.median(ratios):.2f} times"
        )
    return 0 if running == 3 * ROUNDS else 1


def _told(idle: dict[str, list[float]], loaded: dict[str, list[float]]) -> list[str]:
    """One round in words."""
    return [
        f"{name} p50 {statistics.median(before):.2f} → {statistics.median(loaded[name]):.2f}, "
        f"p99 {_p99(before):.2f} → {_p99(loaded[name]):.2f} ms ({_p99(loaded[name]) / _p99(before):.2f} times)"
        for name, before in idle.items()
    ]


def _order(url: str, sha256: str) -> dict[str, object]:
    return {"source": {"type": "url", "uri": url}, "options": {"sha256": sha256}}


def kills() -> int:
    """Interrupt and print; the exit status."""
    ours, theirs = multiprocessing.Pipe()
    files = multiprocessing.Process(target=_serve, args=(theirs, SIZE, RATE, 5), daemon=True)
    files.start()
    try:
        source, sha256 = ours.recv()
        size = SIZE
        url = f"http://127.0.0.1:{source}/model.gguf"
        with tempfile.TemporaryDirectory() as folder:
            job = ""
            for number in range(6):
                port = free_port()
                server = _gateway(folder, port, f"{folder}/models")
                try:
                    if not job:
                        job = _ask(port, "/v1/models/download", _order(url, sha256))["job_id"]
                    wanted = (number + 1) * size // 7 if number < 5 else size
                    state = _ask(port, f"/v1/jobs/{job}")
                    while state["downloaded_bytes"] < wanted or (number == 5 and state["finished_at"] is None):
                        time.sleep(0.1)
                        state = _ask(port, f"/v1/jobs/{job}")
                        if state["status"] == "failed":
                            raise SystemExit(f"it failed: {state['error']}")
                finally:
                    server.kill() if number < 5 else server.stop()
            path = next(Path(folder, "models").rglob("model.gguf"))
            right = hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        sent = _ask(source, "/sent")["sent"]
    finally:
        files.kill()
    twice = (sent - size) / size
    print(f"{size / 1e6:.0f} MB, 5 cuts and 5 kills: {state['status']}, hash right: {right}, {twice:.1%} sent twice")
    return 0 if right and twice < 0.05 else 1


if __name__ == "__main__":
    what = sys.argv[1:]
    raise SystemExit(kills() if "kills" in what else latency(0 if "--unbounded" in what else RATE))
