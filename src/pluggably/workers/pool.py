"""The model processes of this machine."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pluggably.errors import ModelUnavailable
from pluggably.workers.folders import SocketFolder
from pluggably.workers.interface import WorkerSpec
from pluggably.workers.worker import LocalWorker, Patience


class LocalWorkerPool:
    """Runs each model in a process of its own. Implements `workers.interface.WorkerPool`.

    It keeps what it is asked for until it is told to stop it; which model has to make room is decided above.
    """

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._workers: dict[str, LocalWorker] = {}
        self._folder: SocketFolder | None = None
        self._closed = False

    async def ensure_ready(self, spec: WorkerSpec) -> LocalWorker:
        """The worker of `spec.key`, ready. Raises `ModelUnavailable`."""
        if self._closed:
            raise ModelUnavailable("The gateway is shutting down.", param="model")
        worker = self._workers.get(spec.key)
        if worker is None:
            worker = self._workers[spec.key] = LocalWorker(spec, self._sockets(), self._patience)
        await worker.ensure_ready(spec)
        return worker

    def get(self, key: str) -> LocalWorker | None:
        """The worker of this key, in any state."""
        return self._workers.get(key)

    def workers(self) -> list[LocalWorker]:
        """All workers that were ever asked for, in any state."""
        return list(self._workers.values())

    async def stop(self, key: str) -> None:
        """Stop a worker and give its memory back."""
        worker = self._workers.get(key)
        if worker is not None:
            await worker.stop()

    async def close(self) -> None:
        """Stop all at the same time. What does not even end on SIGKILL is left behind after a few seconds."""
        self._closed = True
        stops = [asyncio.create_task(worker.stop()) for worker in self._workers.values()]
        if stops:
            await asyncio.wait(stops, timeout=2 * self._patience.grace_s + 5)
        if self._folder is not None:
            await asyncio.to_thread(self._folder.remove)
            self._folder = None

    def _sockets(self) -> Path:
        if self._folder is None:
            self._folder = SocketFolder()
        return self._folder.path
