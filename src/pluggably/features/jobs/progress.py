"""Jobs as they are while they run, and how what runs them tells how far it is."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pluggably.errors import PluggablyError
from pluggably.tables.jobs import JobStatus

WINDOW_S = 5.0
"""Speed is measured over so many seconds."""
_SAMPLE_S = 0.2


@dataclass(slots=True)
class Job:
    """One job. Sizes are bytes."""

    id: str
    kind: str
    status: JobStatus
    model_id: str | None
    user_id: str
    payload: dict[str, Any]
    downloaded_bytes: int
    total_bytes: int | None
    bytes_per_s: int | None
    error: dict[str, Any] | None
    """The inside of the envelope."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def progress_pct(self) -> float | None:
        """0 to 100; None while nobody knows how much there is to do."""
        if self.status is JobStatus.COMPLETED:
            return 100.0
        if not self.total_bytes:
            return None
        return min(100.0, round(100 * self.downloaded_bytes / self.total_bytes, 1))

    @property
    def eta_s(self) -> float | None:
        """Seconds to go at the present speed."""
        if self.status is not JobStatus.RUNNING or not self.bytes_per_s or self.total_bytes is None:
            return None
        return round(max(0, self.total_bytes - self.downloaded_bytes) / self.bytes_per_s, 1)


class JobKind(Protocol):
    """How jobs of one kind are run."""

    name: str
    at_once: int
    """How many of them run at the same time, on all replicas together."""

    async def run(self, job: Job, progress: Progress) -> None:
        """Do it, from the beginning or from where it stopped: the process may end at any moment, and another one
        begins again. Cancelled when somebody cancels the job. A `PluggablyError` is why it failed."""

    async def gave_up(self, job: Job, error: PluggablyError | None) -> None:
        """It is about to be written down as failed, or as cancelled (no error). May happen without a `run`."""


class Progress:
    """What a kind tells while it runs a job. Costs next to nothing: the database hears of it once a second."""

    def __init__(self, job: Job, changed: Callable[[], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._job = job
        self._changed = changed
        self._clock = clock
        self._samples: deque[tuple[float, int]] = deque()

    def total(self, size: int | None) -> None:
        """How many bytes there are to do in all."""
        self._job.total_bytes = size
        self._changed()

    def done(self, size: int) -> None:
        """How many bytes are done. The number that is shown never falls."""
        job, now = self._job, self._clock()
        job.downloaded_bytes = max(job.downloaded_bytes, size)
        samples = self._samples
        if samples and now - samples[-1][0] < _SAMPLE_S:
            return
        samples.append((now, job.downloaded_bytes))
        while now - samples[0][0] > WINDOW_S:
            samples.popleft()
        began, before = samples[0]
        if now > began:
            job.bytes_per_s = round((job.downloaded_bytes - before) / (now - began))
        self._changed()
