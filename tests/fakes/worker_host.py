"""A program that runs a worker and is then killed: `python -m tests.fakes.worker_host MODEL_PATH [load]`.

It prints the worker's process id once the model is ready; with `load`, once its process has been started.
"""

from __future__ import annotations

import asyncio
import sys

import structlog

from pluggably.workers.interface import WorkerSpec
from pluggably.workers.pool import LocalWorkerPool


async def main() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    pool = LocalWorkerPool()
    spec = WorkerSpec("starter", "pluggably.runtimes.llama", {"model_path": sys.argv[1], "alias": "starter"})
    loading = asyncio.create_task(pool.ensure_ready(spec))
    if sys.argv[2:] == ["load"]:
        while (worker := pool.get("starter")) is None or worker.pid is None:
            await asyncio.sleep(0)
    else:
        worker = await loading
    print(worker.pid, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
