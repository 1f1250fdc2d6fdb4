"""`pluggably db`: the database's schema. The server brings it up to date by itself when it starts."""

from __future__ import annotations

import typer

from pluggably.cli._state import AsJson, ConfigFile, DataDir, Quiet, state_of

app = typer.Typer(no_args_is_help=True, help="Look at the database's schema, or bring it up to date.")


@app.command()
def upgrade(
    ctx: typer.Context,
    config: ConfigFile = None,
    data_dir: DataDir = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Bring the schema up to date.

    \b
    pluggably db upgrade

    `pluggably serve` does it too; with several replicas run this first.
    """
    from pluggably.kit import migrations

    state = state_of(ctx)
    url = state.load().settings.database
    changed = migrations.upgrade(url)
    revision = migrations.head()
    state.output.emit(
        {"revision": revision, "changed": changed},
        ids=[revision],
        human=lambda: f"The database is {'now' if changed else 'already'} at revision {revision}.",
    )


@app.command()
def current(
    ctx: typer.Context,
    config: ConfigFile = None,
    data_dir: DataDir = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show the schema's revision.

    \b
    pluggably db current
    """
    from pluggably.kit import migrations

    state = state_of(ctx)
    found, newest = migrations.current(state.load().settings.database), migrations.head()

    def human() -> str:
        if found is None:
            return "The database has no tables yet. The first `pluggably serve` makes them."
        if found == newest:
            return f"{found} (up to date)"
        return f"{found} (the newest is {newest}: run `pluggably db upgrade`)"

    state.output.emit({"revision": found, "newest": newest}, ids=[found] if found else [], human=human)
