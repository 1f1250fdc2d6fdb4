"""Loads, uses and unloads the starter model again and again: `python -m benchmarks.lifecycle [ROUNDS]`.

Prints by how much the gateway's resident memory grew over that many rounds (50) after five to warm up, and how long a
load took. The exit status is 1 where it grew by 10 MB or more.
"""

import json
import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.process import Server, clean_environment, free_port

MODEL = "SmolLM2-135M-Instruct.Q4_1"
WEIGHTS = Path(__file__).resolve().parents[1] / ".cache" / "models"
WARM_UP = 5
LIMIT_BYTES = 10_000_000


def _ask(port: int, path: str, body: dict[str, object] | None = None) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        None if body is None else json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()


def _rounds(port: int, count: int) -> list[float]:
    """Seconds that each load took."""
    loads = []
    for _ in range(count):
        began = time.perf_counter()
        _ask(port, f"/v1/models/{MODEL}/load", {"wait": True})
        loads.append(time.perf_counter() - began)
        _ask(port, "/v1/generate", {"model": MODEL, "input": {"prompt": "Hi"}, "parameters": {"max_tokens": 2}})
        _ask(port, f"/v1/models/{MODEL}/unload", {})
    return loads


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            _ask(port, f"/v1/models/{MODEL}")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the gateway did not start, or has no model: `pluggably pull starter`")


def main(rounds: int) -> int:
    """Run and print; the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        settings = {
            "PLUGGABLY_DATA_DIR": folder,
            "PLUGGABLY_MODEL_DIRS": str(WEIGHTS),
            "PLUGGABLY_PORT": str(port),
            "PLUGGABLY_LOCAL_ONLY": "true",
            "PLUGGABLY_LOG_LEVEL": "warning",
            "PLUGGABLY_RUNTIME__CONTEXT_TOKENS": "512",
        }
        command = [str(Path(sys.executable).with_name("pluggably")), "serve"]
        server = Server(command, clean_environment(settings), Path(folder) / "log", None)
        try:
            _wait_for(port)
            _rounds(port, WARM_UP)
            before = server.resident_bytes()  # with workers that were left over
            loads = _rounds(port, rounds)
            after = server.resident_bytes()
        finally:
            server.stop()
    print(
        f"{rounds} rounds of load, use and unload: the gateway grew by {(after - before) / 1e6:.1f} MB "
        f"(from {before / 1e6:.1f} MB); a load took {statistics.median(loads):.2f} s"
    )
    return 0 if after - before < LIMIT_BYTES else 1


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
