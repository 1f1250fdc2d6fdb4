"""The gateway as its users have it: a server process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

PLUGGABLY = Path(sys.executable).with_name("pluggably")
KEY = "pgk_system_test_key"
ENDLESS = {"type": "array", "items": {"type": "integer"}, "minItems": 1500}
"""A JSON schema that keeps any model busy until its `max_tokens`, whatever it would rather say."""
_LISTENS = re.compile(r"listens on (https?://\S+)")


@dataclass
class Gateway:
    """A running server; `url` without a slash at its end."""

    url: str
    process: subprocess.Popen[str]
    data_dir: Path
    log_path: Path
    printed: str
    headers: dict[str, str] = field(default_factory=dict)

    def client(self, **options: Any) -> httpx.Client:
        """A client that carries the key."""
        options.setdefault("timeout", 60)
        return httpx.Client(base_url=self.url, headers=self.headers, **options)

    def generate(self, prompt: str = "Say hello.", **body: Any) -> httpx.Response:
        """`POST /v1/generate`."""
        with self.client() as client:
            return client.post("/v1/generate", json={"input": {"prompt": prompt}, **body})

    def events(self, body: dict[str, Any], path: str = "/v1/generate") -> Iterator[tuple[str | None, Any, float]]:
        """The events of a streamed answer: name, data, seconds since the request."""
        started = time.monotonic()
        with self.client() as client, client.stream("POST", path, json={**body, "stream": True}) as reply:
            reply.raise_for_status() if reply.is_success else reply.read()
            assert reply.status_code == 200, reply.text
            name = None
            for line in reply.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    data = line.removeprefix("data: ")
                    parsed = data if data == "[DONE]" else json.loads(data)
                    yield name, parsed, time.monotonic() - started
                    name = None

    def logs(self) -> str:
        """Everything that the server has logged."""
        return self.log_path.read_text()

    def workers(self) -> list[psutil.Process]:
        """The processes that run models."""
        return [child for child in psutil.Process(self.process.pid).children(recursive=True) if child.is_running()]

    def stop(self, timeout: float = 20) -> int:
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)


@contextmanager
def running_gateway(
    tmp_path: Path, *, models: Path | None = None, local: bool = False, key: str | None = KEY, **variables: str
) -> Iterator[Gateway]:
    """Start `pluggably serve` on a free port; end it, and see that it leaves no process behind."""
    data_dir = tmp_path / "data"
    log_path = tmp_path / "gateway.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLUGGABLY_")}
    environment |= {"PLUGGABLY_DATA_DIR": str(data_dir), "PLUGGABLY_PORT": "0", "PLUGGABLY_LOG_FORMAT": "json"}
    environment["PLUGGABLY_BUILTIN_MODELS"] = "false"  # most tests want the models that they bring, and no others
    environment["HF_ENDPOINT"] = "http://127.0.0.1:9"  # no test asks the real hub
    if models is not None:
        environment["PLUGGABLY_MODEL_DIRS"] = str(models)
    if local:
        environment["PLUGGABLY_LOCAL_ONLY"] = "true"
    elif key is not None:
        environment["PLUGGABLY_API_KEYS"] = key
    environment |= variables
    with log_path.open("a") as log:
        process = subprocess.Popen(
            [PLUGGABLY, "serve"], env=environment, stdout=subprocess.PIPE, stderr=log, text=True, cwd=tmp_path
        )
    assert process.stdout is not None
    printed = process.stdout.readline()
    found = _LISTENS.search(printed)
    assert found, f"the server did not start: {printed}{log_path.read_text()}"
    headers = {"x-api-key": key} if key is not None and not local else {}
    gateway = Gateway(found[1], process, data_dir, log_path, printed, headers)
    children: list[psutil.Process] = []
    try:
        yield gateway
    finally:
        if process.poll() is None:
            children = gateway.workers()
            gateway.stop()
        process.stdout.close()
        _, alive = psutil.wait_procs(children, timeout=5)
        for child in alive:
            child.kill()
        assert not alive, f"processes left behind: {alive}"


def wait_until(condition: Any, timeout: float = 10, step: float = 0.05) -> Any:
    """What `condition()` returns as soon as it is true. Fails after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(step)
