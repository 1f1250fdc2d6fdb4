"""`pluggably audit`: who did what, from the database itself, with or without a running server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pluggably.cli._output import Failed, printable, table
from pluggably.cli._state import State, state_of, with_options
from pluggably.cli.db import reaching_the_database

if TYPE_CHECKING:
    from rich.table import Table

    from pluggably.features.audit.schemas import AuditEntry


@with_options
def audit(
    ctx: typer.Context,
    actor: Annotated[str | None, typer.Option("--by", help="Only what this user did (an id).")] = None,
    target: Annotated[str | None, typer.Option("--target", help="Only what was done to this (an id).")] = None,
    action: Annotated[str | None, typer.Option("--action", help="Only this, such as `token.revoked`.")] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=10_000, help="At most so many, newest first.")
    ] = 50,
) -> None:
    """Show who did what to which account, key, model or setting, newest first.

    \b
    pluggably audit
    pluggably audit --by operator --action user.changed
    pluggably audit --limit 1000 --json
    """
    state = state_of(ctx)
    found = asyncio.run(_found(state, actor, target, action, limit))
    if not found:
        state.output.note("Nothing was done that fits.")
    state.output.emit(
        {"audit": [entry.model_dump(mode="json", by_alias=True) for entry in found]},
        ids=[entry.id for entry in found],
        human=lambda: _shown(found),
    )


async def _found(
    state: State, actor: str | None, target: str | None, action: str | None, limit: int
) -> list[AuditEntry]:
    from pluggably.features.audit import repository
    from pluggably.features.audit.schemas import AuditEntry
    from pluggably.kit import migrations
    from pluggably.kit.database import Database

    url = state.load().settings.database
    with reaching_the_database():
        if not migrations.is_current(url):
            raise Failed("The database's schema is not up to date: run `pluggably db upgrade`.")
        database = Database(url)
        try:
            async with database.reading() as db:
                rows = await repository.page(
                    db, actor_id=actor, target_id=target, action=action, before=None, limit=limit
                )
            return [AuditEntry.of(row) for row in rows]
        finally:
            await database.close()


def _shown(found: list[AuditEntry]) -> Table:
    shown = table("WHEN", "WHO", "HOW", "FROM", "DID", "TO", "DETAILS")
    for entry in found:
        details = ", ".join(f"{name}={_text(value)}" for name, value in entry.details.items())
        cells = (
            entry.actor_id,
            entry.actor_kind,
            entry.address or "-",
            entry.action,
            entry.target_id,
            details or "-",
        )
        shown.add_row(f"{entry.at:%Y-%m-%d %H:%M:%S}", *map(printable, cells))
    return shown


def _text(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)
