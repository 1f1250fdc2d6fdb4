"""`pluggably jobs`: downloads and cleanups of a running server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pluggably.cli._output import printable, size, table
from pluggably.cli._progress import followed
from pluggably.cli._server import connected
from pluggably.cli._state import state_of, with_server_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from pluggably_client.models import JobRead


@with_server_options
def jobs(
    ctx: typer.Context,
    job_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One job; all of them without it.")] = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel it; what it has fetched is kept.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it until it has ended.")] = False,
) -> None:
    """List downloads and cleanups, watch or cancel one.

    \b
    pluggably jobs
    pluggably jobs job_01jd3v… --watch
    pluggably jobs job_01jd3v… --cancel
    """
    state = state_of(ctx)
    if (cancel or watch) and job_id is None:
        raise typer.BadParameter("--cancel and --watch need a job's id", param_hint="ID")
    if cancel and watch:
        raise typer.BadParameter("--cancel and --watch exclude each other")
    with connected(state) as client:
        if job_id is None:
            found = list(client.list_jobs().jobs)
        elif cancel:
            found = [client.cancel_job(job_id)]
        else:
            found = [client.get_job(job_id)]
            if watch:
                found = [followed(state.output, client, found[0])]
    if not found:
        state.output.note("There are no jobs. `pluggably pull` makes one.")
    shown = [job.to_json() for job in found]
    state.output.emit(
        {"jobs": shown} if job_id is None else shown[0],
        ids=[job.job_id for job in found],
        human=lambda: _table(found),
    )


def _table(found: Sequence[JobRead]) -> Table:
    shown = table("ID", "KIND", "MODEL", "STATUS", "DONE", "OF", "SPEED", "", right=("DONE", "OF", "SPEED"))
    for job in found:
        shown.add_row(
            job.job_id,
            job.kind or "-",
            printable(job.model_id or "-"),
            job.status,
            f"{job.progress_pct:.0f} %" if job.progress_pct is not None else size(job.downloaded_bytes),
            size(job.total_bytes),
            f"{size(job.bytes_per_s)}/s" if job.bytes_per_s is not None else "-",
            printable(str((job.error or {}).get("message", ""))),
        )
    return shown
