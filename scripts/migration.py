"""Draft a migration from the difference between the tables and the newest revision: `scripts/migration.py "add x"`.

Read what it wrote before you commit it, and add a row to `MADE_AT` in tests/migrations/test_migrations.py.
"""

from __future__ import annotations

import pkgutil
import sys
import tempfile
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import Script
from sqlalchemy import create_engine

import pluggably.tables
from pluggably.kit import migrations
from pluggably.tables.base import Base


def draft(message: str) -> Path:
    """Write a new version file and return its path."""
    for module in pkgutil.iter_modules(pluggably.tables.__path__, "pluggably.tables."):
        import_module(module.name)  # a table that nobody imported would look like one to be dropped
    config = Config()
    config.set_main_option("script_location", str(migrations.folder()))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", f"{datetime.now(UTC):%Y_%m_%d}_%%(slug)s")
    config.attributes["metadata"] = Base.metadata
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/newest.db"
        migrations.upgrade(url)
        with create_engine(url).begin() as connection:
            config.attributes["connection"] = connection
            script = command.revision(config, message, autogenerate=True)
    assert isinstance(script, Script)
    return Path(script.path)


if __name__ == "__main__":
    print(draft(" ".join(sys.argv[1:]) or sys.exit(__doc__)))
