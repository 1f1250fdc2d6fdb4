"""Brings the database's schema up or down, one process at a time.

Alembic does the work, but is imported only when there is work: that a database is at the newest revision is read from
one row and from the revision lines of the version files. Alembic and what it does cost 10 MB that never come back: a
process that goes on afterwards lets a copy of itself do it (`upgrade_apart`), which takes no longer; a fresh process
would take 0.5 s.

A whole upgrade is one transaction, on SQLite too, so that a crash leaves the old schema. It begins by taking a lock
(PostgreSQL: an advisory lock; SQLite: the write lock), so that of two processes that start at once the second one
waits and then finds nothing to do.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.pool import NullPool

from pluggably.kit.database import parse_url

LOCK_WAIT_S = 60
"""How long a process waits for another one that migrates the same SQLite file."""

_ADVISORY_LOCK = 0x706C7567  # "plug": any number will do as long as it stays
_REVISION = re.compile(r'^(revision|down_revision)\b.*= "(\w+)"', re.MULTILINE)


class UnknownRevision(RuntimeError):
    """The database was made by a newer version of Pluggably; starting this one on it could lose data."""


def folder() -> Path:
    """Where the migrations are: beside `src` in a checkout, inside the package when it was installed."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_migrations"
    return installed if installed.is_dir() else package.parents[1] / "migrations"


def head() -> str:
    """The newest revision, read from the version files without running them."""
    revisions, parents = _revisions()
    (newest,) = revisions - parents
    return newest


def current(url: str) -> str | None:
    """The revision of the database; none if it has no tables of ours yet."""
    engine = _engine(url)
    if _is_absent(engine):
        return None
    with engine.connect() as connection:
        return _current(connection)


def is_current(url: str) -> bool:
    """Whether the database is at the newest revision."""
    return current(url) == head()


def upgrade(url: str, revision: str = "head") -> bool:
    """Bring the schema up; blocks. False if there was nothing to do.

    Raises `UnknownRevision` for a database of a newer version, SQLAlchemy's errors if the database can't be used.
    """
    target = head() if revision == "head" else revision
    if current(url) == target:
        return False
    with _locked(url) as connection:
        found = _current(connection)
        if found == target:  # another process did it while this one waited for the lock
            return False
        if found is not None and found not in _revisions()[0]:
            raise UnknownRevision(
                f"The database is at revision {found}, which this version of Pluggably does not know: "
                "a newer version has used it. Start that one, or restore a backup."
            )
        _run("upgrade", connection, target)
    return True


def upgrade_apart(url: str) -> None:
    """Bring the schema up in a copy of this process, so that what it takes leaves with it; blocks.

    Call it before there are threads: a copy has none of them, but their locks. Failures are left to the next
    `upgrade`, which meets them again and can tell; so is everything where no copies are made (only Linux's are
    known to be sound once system libraries are loaded).
    """
    if sys.platform != "linux" or not _is_behind(url):
        return
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        upgrade(url)
    finally:
        os._exit(0)


def downgrade(url: str, revision: str) -> None:
    """Bring the schema down to a revision (`-1`: one step, `base`: no tables).

    What only the newer schema can hold is lost.
    """
    with _locked(url) as connection:
        _run("downgrade", connection, revision)


def _is_behind(url: str) -> bool:
    with suppress(Exception):  # whatever it is, the next `upgrade` meets it too
        return not is_current(url)
    return False


def _run(command: str, connection: Connection, revision: str) -> None:
    from alembic import command as alembic  # noqa: PLC0415 - imported only when there is something to migrate
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    getattr(alembic, command)(config, revision)


def _revisions() -> tuple[set[str], set[str]]:
    found: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for path in folder().joinpath("versions").glob("*.py"):
        for name, value in _REVISION.findall(path.read_text(encoding="utf-8")):
            found[name].add(value)
    return found["revision"], found["down_revision"]


def _engine(url: str) -> Engine:
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        parsed = parsed.set(drivername="sqlite")
        return create_engine(parsed, poolclass=NullPool, connect_args={"timeout": LOCK_WAIT_S})
    return create_engine(parsed, poolclass=NullPool)


def _is_absent(engine: Engine) -> bool:
    """Whether it is a file that nobody has made; looking with SQLite would make it."""
    file = engine.url.database
    return engine.dialect.name == "sqlite" and file is not None and not Path(file).exists()


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


@contextmanager
def _locked(url: str) -> Iterator[Connection]:
    engine = _engine(url)
    if engine.dialect.name == "sqlite":
        if _is_absent(engine):
            Path(str(engine.url.database)).parent.mkdir(parents=True, exist_ok=True)
        # Foreign keys stay unchecked here (SQLite's default): a table that is changed is copied, dropped and renamed.
        event.listen(engine, "begin", _begin_immediate)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        yield connection


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
