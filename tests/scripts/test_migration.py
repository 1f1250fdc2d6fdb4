"""A draft of a migration is one that runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from sqlalchemy import create_engine, inspect

from pluggably.kit import migrations

ROOT = Path(__file__).resolve().parents[2]


def test_a_new_column_becomes_a_dated_migration_that_runs(tmp_path: Path) -> None:
    for folder in ("src", "scripts", "migrations"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    url = f"sqlite:///{tmp_path / 'x.db'}"
    migrations.upgrade(url)
    table = tmp_path / "src" / "pluggably" / "tables" / "requests.py"
    table.write_text(table.read_text().replace("    total_ms:", "    mood: Mapped[str | None]\n    total_ms:"))

    def run(*command: str) -> str:
        return subprocess.run(
            [sys.executable, *command],
            env={"PYTHONPATH": str(tmp_path / "src")},
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    (path,) = run("scripts/migration.py", "requests", "have", "a", "mood").splitlines()[-1:]
    assert Path(path).name.endswith("_requests_have_a_mood.py")
    assert "pluggably" not in Path(path).read_text()
    run("-c", f"from pluggably.kit import migrations; assert migrations.upgrade({url!r})")
    engine = create_engine(url)
    assert "mood" in {column["name"] for column in inspect(engine).get_columns("requests")}
    engine.dispose()
