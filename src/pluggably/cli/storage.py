"""`pluggably storage`: what model files take on a running server's disk, and cleaning up."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from pluggably.cli._output import Failed, ago, printable, size, table
from pluggably.cli._server import connected
from pluggably.cli._state import state_of, with_server_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from pluggably_client import Pluggably
    from pluggably_client.models import CleanupPlan, JobRead, StoredModel

_POLL_S = 0.3

app = typer.Typer(help="Show what model files take on the server's disk, or clean up.")


@app.callback(invoke_without_command=True)
@with_server_options
def storage(ctx: typer.Context) -> None:
    """Show what model files take on the server's disk, or clean up.

    \b
    pluggably storage
    pluggably storage --json
    pluggably storage clean --dry-run
    """
    if ctx.invoked_subcommand is not None:
        return
    state = state_of(ctx)
    with connected(state) as client:
        found = client.storage()
    limit = f" of {size(found.limit_bytes)}" if found.limit_bytes is not None else ""
    promised = f", {size(found.promised_bytes)} promised to downloads" if found.promised_bytes else ""
    state.output.note(f"{size(found.used_bytes)}{limit} used{promised}, {size(found.free_bytes)} free on the disk")
    state.output.emit(found.to_json(), ids=[model.id for model in found.models], human=lambda: _stored(found.models))


@app.command()
@with_server_options
def clean(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go, and why.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
) -> None:
    """Remove files that nobody needs: models unused for too long, old revisions, what unfinished downloads left.

    Evicted models stay in the list and can be pulled again; pinned ones, defaults and those in memory stay.

    \b
    pluggably storage clean --dry-run
    pluggably storage clean --yes
    """
    state = state_of(ctx)
    with connected(state) as client:
        plan = client.plan_cleanup()
        if dry_run or not plan.removals:
            if not plan.removals:
                state.output.note("There is nothing to clean up.")
            state.output.emit(
                plan.to_json(),
                ids=[removal.name for removal in plan.removals],
                human=lambda: _planned(plan),
            )
            return
        if not yes:
            if not sys.stdin.isatty():
                raise typer.BadParameter("without a terminal nobody can be asked: add --yes", param_hint="--yes")
            state.output.write_aside(_planned(plan))
            typer.confirm(f"Remove all this ({size(plan.size_bytes)})?", abort=True, err=True)
        job = _ended(client, client.clean_storage().info)
    if job.status != "completed":
        raise Failed(f"The cleanup {job.status}: {(job.error or {}).get('message', 'no reason was given')}")
    state.output.emit(job.to_json(), ids=[job.job_id], human=lambda: f"{size(job.downloaded_bytes)} are free again.")


def _ended(client: Pluggably, job: JobRead) -> JobRead:
    """The job, once it has ended."""
    while job.status in ("queued", "running"):
        time.sleep(_POLL_S)
        job = client.get_job(job.job_id)
    return job


def _stored(models: Sequence[StoredModel]) -> Table:
    shown = table("ID", "SIZE", "STATUS", "LAST USED", "", right=("SIZE",))
    for model in models:
        marks = [name for name, is_so in (("default", model.is_default), ("pinned", model.pinned)) if is_so]
        shown.add_row(
            printable(model.id),
            size(model.size_bytes),
            model.status or "-",
            ago(model.last_used_at),
            ", ".join(marks),
        )
    return shown


def _planned(plan: CleanupPlan) -> Table:
    shown = table("WHAT", "SIZE", "LAST USED", "WHY", right=("SIZE",))
    for removal in plan.removals:
        shown.add_row(
            printable(removal.name), size(removal.size_bytes), ago(removal.last_used_at), removal.why or "-"
        )
    return shown
