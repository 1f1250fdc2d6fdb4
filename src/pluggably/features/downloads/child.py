"""A process that fetches files for the gateway: `python -m pluggably.features.downloads.child`.

At full speed a download keeps an interpreter busy, and whoever holds an interpreter's lock holds up the requests that
wait for it: so it has an interpreter of its own, which steps back for everything else in the machine. Orders
(`Order`) come in as lines of JSON, one after the other; out go lines with how far it is, and of how it ended. It ends
with its input, also when the gateway is killed, and keeps what it has fetched.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pluggably.errors import PluggablyError
from pluggably.features.downloads.doors import Way, opened
from pluggably.features.downloads.fetch import Expected, Patience, fetch
from pluggably.kit.priority import step_back

_TELL_S = 0.1
"""The shortest time between two lines that say how far it is."""


class Order(BaseModel):
    """A file to be fetched."""

    url: str
    target: Path
    expected: Expected
    way: Way
    patience: Patience


def _tell(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


async def _obey(order: Order) -> None:
    """Fetch a file and tell how that went."""
    told_at = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _TELL_S:
            told_at = time.monotonic()
            _tell({"progress": [done, total]})

    try:
        async with opened(order.way, order.patience) as door:
            path = await fetch(
                order.url, order.target, order.expected, on_progress=progress, patience=order.patience, door=door
            )
    except PluggablyError as error:
        _tell({"error": {"type": type(error).__name__, **error.envelope(None)["error"]}})
    else:
        size = (await asyncio.to_thread(path.stat)).st_size
        _tell({"progress": [size, size]})
        _tell({"done": True})


async def _run() -> None:
    loop = asyncio.get_running_loop()
    orders: asyncio.Queue[str | None] = asyncio.Queue()

    def listen() -> None:
        with suppress(RuntimeError):  # the loop is closed
            for line in sys.stdin:
                loop.call_soon_threadsafe(orders.put_nowait, line)
            loop.call_soon_threadsafe(orders.put_nowait, None)

    threading.Thread(target=listen, daemon=True).start()
    following = await orders.get()
    while following is not None:
        work = asyncio.create_task(_obey(Order.model_validate_json(following)))
        coming = asyncio.create_task(orders.get())
        await asyncio.wait({work, coming}, return_when=asyncio.FIRST_COMPLETED)
        if coming.done() and coming.result() is None:
            work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        following = await coming


if __name__ == "__main__":
    for ended in (signal.SIGINT, signal.SIGTERM):  # sent to a whole group of processes: the gateway decides
        signal.signal(ended, signal.SIG_IGN)
    step_back()
    with suppress(BrokenPipeError):  # the gateway is gone
        asyncio.run(_run())
