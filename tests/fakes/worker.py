"""A model process that can do everything wrong: `python -m tests.fakes.worker`.

It speaks the protocol of real ones (a line of JSON in, reports out, HTTP on a unix socket); `behaviour` in its
configuration says what goes wrong. Every start is noted in the file `journal`, one process id per line.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any


def main() -> None:
    config: dict[str, Any] = json.loads(sys.stdin.readline())
    behaviour = config["behaviour"]
    with Path(config["journal"]).open("a") as journal:
        journal.write(f"{os.getpid()}\n")
    if behaviour == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        threading.Thread(target=end_with_stdin, daemon=True).start()
    if behaviour == "crash while loading":
        print("out of memory while reading the weights", file=sys.stderr, flush=True)
        os._exit(3)
    if behaviour == "refuse":
        report({"event": "failed", "reason": f"nothing usable in {config['model_path']}"})
        time.sleep(60)
    if behaviour == "never ready":
        time.sleep(60)
    if behaviour == "with a child":
        child = subprocess.Popen(["sleep", "60"])
        with Path(config["journal"]).open("a") as journal:
            journal.write(f"{child.pid}\n")
    time.sleep(config.get("load_s", 0))
    serve(config["socket_path"], mute=behaviour == "mute", device=config.get("device"))


def report(event: dict[str, Any]) -> None:
    print(json.dumps(event), flush=True)


def end_with_stdin() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)


def serve(socket_path: str, *, mute: bool, device: str | None) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(socket_path)
    listener.listen()
    print("engines print what they like to standard output", flush=True)
    report({"event": "ready", "details": {"secret": os.environ.get("PLUGGABLY_API_KEYS"), "device": device}})
    while True:
        connection, _ = listener.accept()
        if mute:
            continue
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        connection.close()


if __name__ == "__main__":
    main()
