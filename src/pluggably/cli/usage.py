"""`pluggably usage`: what was used of a running server, and what it cost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from pluggably.cli._output import printable, table
from pluggably.cli._server import connected
from pluggably.cli._state import state_of, with_server_options

if TYPE_CHECKING:
    from rich.table import Table

    from pluggably_client.models import Totals, UsageGroup, UsageReport

_NUMBERS = ("REQUESTS", "ERRORS", "CANCELLED", "PROMPT", "CACHED", "COMPLETION", "REASONING", "COST")


@with_server_options
def usage(
    ctx: typer.Context,
    by: Annotated[str, typer.Option(help="model, day, or (for admins) user.")] = "model",
    since: Annotated[datetime | None, typer.Option(help="From here on (UTC). Default: 30 days ago.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Up to here (UTC). Default: now.")] = None,
    everyone: Annotated[bool, typer.Option("--everyone", help="Of all users; for admins.")] = False,
) -> None:
    """Show requests, tokens and cost.

    \b
    pluggably usage
    pluggably usage --by day --since 2026-11-01
    pluggably usage --everyone --json
    """
    state = state_of(ctx)
    with connected(state) as client:
        report = client.usage(group_by=by, since=_utc(since), until=_utc(until), everyone=everyone or None)
    if not report.usage:
        state.output.note("Nothing was used in this time.")
    state.output.emit(
        report.to_json(),
        ids=[group.key or "-" for group in report.usage],
        human=lambda: _shown(report),
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _shown(report: UsageReport) -> Table:
    shown = table(report.group_by.upper(), *_NUMBERS, right=_NUMBERS)
    for group in report.usage:
        shown.add_row(printable(group.key or "-"), *_numbers(group))
    shown.add_row("total", *_numbers(report.total))
    return shown


def _numbers(totals: Totals | UsageGroup) -> list[str]:
    counts = (
        totals.requests,
        totals.errors,
        totals.cancelled,
        totals.prompt_tokens,
        totals.cached_prompt_tokens,
        totals.completion_tokens,
        totals.reasoning_tokens,
    )
    return [*(f"{count:,}" for count in counts), "-" if totals.cost_usd is None else f"${totals.cost_usd:,.4f}"]
