"""Shows how far something is: a bar on a terminal, a line now and then elsewhere, nothing for programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pluggably.cli._output import Failed, Output, complain, printable, size

if TYPE_CHECKING:
    from pluggably_client import Pluggably
    from pluggably_client.models import JobRead

Report = Callable[[int, int | None], None]
"""Called with (bytes done, bytes in all, if known)."""

_STEP_PCT = 25
_LOOK_S = 0.4


@contextmanager
def progress(output: Output) -> Iterator[Report]:
    """What is to be called with each step."""
    if output.mode != "human":
        yield lambda done, total: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("pull", total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total or None)
    else:
        told = 0

        def tell(done: int, total: int | None) -> None:
            nonlocal told
            percent = done * 100 // total if total else 0
            if told < percent < 100 and percent - told >= _STEP_PCT:
                told = percent - percent % _STEP_PCT
                complain(f"{told} % of {size(total)}")

        yield tell


def followed(output: Output, client: Pluggably, job: JobRead) -> JobRead:
    """Show a job until it has ended. Raises `Failed` for one that did not come to a good end."""
    try:
        with progress(output) as report:
            while job.finished_at is None:
                report(job.downloaded_bytes, job.total_bytes)
                time.sleep(_LOOK_S)
                job = client.get_job(job.job_id)
    except KeyboardInterrupt:
        complain(f"It goes on in the server; `pluggably jobs {job.job_id} --cancel` stops it.")
        raise
    if job.status == "failed":
        raise Failed(printable(str((job.error or {}).get("message", "The job failed."))))
    if job.status == "cancelled":
        raise Failed("The job was cancelled.")
    return job
