"""`pluggably db`: the database's schema. The server brings it up to date by itself when it starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from pluggably.cli._output import Failed
from pluggably.cli._state import state_of, with_options

_MEND = "Is it running, and is PLUGGABLY_DATABASE_URL right?"

app = typer.Typer(
    no_args_is_help=True,
    help="""Look at the database's schema, or bring it up to date.

    \b
    pluggably db current
    pluggably db upgrade
    """,
)


@app.command()
@with_options
def upgrade(ctx: typer.Context) -> None:
    """Bring the schema up to date.

    \b
    pluggably db upgrade

    `pluggably serve` does it too; with several replicas run this first.
    """
    from pluggably.kit import migrations

    state = state_of(ctx)
    url = state.load().settings.database
    with reaching_the_database():
        changed = migrations.upgrade(url)
    revision = migrations.head()
    state.output.emit(
        {"revision": revision, "changed": changed},
        ids=[revision],
        human=lambda: f"The database is {'now' if changed else 'already'} at revision {revision}.",
    )


@app.command()
@with_options
def current(ctx: typer.Context) -> None:
    """Show the schema's revision.

    \b
    pluggably db current
    """
    from pluggably.kit import migrations

    state = state_of(ctx)
    url = state.load().settings.database
    with reaching_the_database():
        found = migrations.current(url)
    newest = migrations.head()

    def human() -> str:
        if found is None:
            return "The database has no tables yet. The first `pluggably serve` makes them."
        if found == newest:
            return f"{found} (up to date)"
        return f"{found} (the newest is {newest}: run `pluggably db upgrade`)"

    state.output.emit({"revision": found, "newest": newest}, ids=[found] if found else [], human=human)


@contextmanager
def reaching_the_database() -> Iterator[None]:
    """Turn a database's many kinds of errors into `Failed`; no message holds a password."""
    from sqlalchemy.exc import SQLAlchemyError

    from pluggably.kit.migrations import UnknownRevision

    try:
        yield
    except UnknownRevision as error:
        raise Failed(str(error)) from error
    except (SQLAlchemyError, ValueError, OSError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0].rstrip(".")
        raise Failed(f"The database can't be used: {reason}. {_MEND}") from error
