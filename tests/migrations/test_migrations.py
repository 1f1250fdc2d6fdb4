"""Migrations up and down with data in the tables, on a real SQLite and a real PostgreSQL."""

from __future__ import annotations

import asyncio
import pkgutil
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, create_engine, inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

import pluggably.tables
from pluggably.kit import migrations
from pluggably.kit.database import Database, parse_url
from pluggably.tables import models, requests
from pluggably.tables.base import Base

for _module in pkgutil.iter_modules(pluggably.tables.__path__, "pluggably.tables."):
    import_module(_module.name)  # the metadata knows the tables that somebody imported

MOMENT = datetime(2026, 11, 23, 12, 0, 0, 123_456, tzinfo=UTC)

MODEL: dict[str, Any] = {
    "id": "smollm2-135m-instruct.Q4_1",
    "name": "SmolLM2 135M Instruct – “ü” 模型",
    "version": "Q4_1",
    "modality": "text",
    "provider": "local",
    "origin": "discovered",
    "status": "available",
    "status_reason": None,
    "description": "x" * 10_000,
    "capabilities": {"streaming": True, "nested": {"list": [1, 2.5, None, "ü"]}},
    "source": {"url": "https://example.org/x.gguf"},
    "parameters": {"temperature": {"type": "number", "maximum": 2}},
    "recommended_parameters": {},
    "pricing": None,
    "runtime": {"context_length": 8192},
    "licence": "apache-2.0",
    "documentation": None,
    "size_bytes": 123_456_789_012,
    "local_path": "/models/smollm2.gguf",
    "file_stamp": "98362432-1",
    "is_default": True,
    "pinned": False,
    "updated_at": MOMENT,
    "last_used_at": None,
    "created_at": MOMENT,
}
REQUEST: dict[str, Any] = {
    "user_id": "operator",
    "id": "req_1",
    "route": "/v1/generate",
    "model": MODEL["id"],
    "provider": "local",
    "modality": "text",
    "status": "completed",
    "error_code": None,
    "finish_reason": "stop",
    "prompt_tokens": 12,
    "completion_tokens": 34,
    "cost_usd": 0.000_123,
    "queue_ms": 0,
    "load_ms": None,
    "first_output_ms": 20,
    "total_ms": 300,
    "created_at": MOMENT,
    "finished_at": MOMENT,
}
ARTIFACT: dict[str, Any] = {
    "id": "art_01jd3v5c8k2m4n6p8q0r2s4t6v",
    "user_id": "operator",
    "request_id": "req_1",
    "kind": "mesh",
    "state": "stored",
    "media_type": "model/gltf-binary",
    "size_bytes": 5_000_000_000,
    "width": None,
    "height": None,
    "vertices": 24,
    "faces": 12,
    "preview_id": "art_01jd3v5c8k2m4n6p8q0r2s4t6w",
    "created_at": MOMENT,
}
BACKGROUND_REQUEST: dict[str, Any] = {
    "user_id": "operator",
    "id": "req_1",
    "runner": "run_01jd3v5c8k2m4n6p8q0r2s4t6v",
    "seen_at": MOMENT,
    "model": MODEL["id"],
    "modality": "text",
    "status": "failed",
    "error": {"code": "runtime_crashed", "message": "“ü” 模型", "details": None},
    "result": None,
    "last_event": 3,
    "created_at": MOMENT,
    "started_at": None,
    "finished_at": MOMENT,
}
SESSION: dict[str, Any] = {
    "id": "ses_01jd3v5c8k2m4n6p8q0r2s4t6v",
    "user_id": "operator",
    "status": "closed",
    "title": "“ü” 模型",
    "system_prompt": None,
    "state_tokens": {"nested": {"list": [1, 2.5, None, "ü"]}},
    "message_count": 1,
    "next_position": 1,
    "resets": 0,
    "last_used_at": MOMENT,
    "closed_at": MOMENT,
    "created_at": MOMENT,
}
SESSION_MESSAGE: dict[str, Any] = {
    "id": "msg_01jd3v5c8k2m4n6p8q0r2s4t6v",
    "session_id": SESSION["id"],
    "position": 0,
    "replaced_by": None,
    "role": "user",
    "modality": "text",
    "content": [{"type": "text", "text": "“ü” 模型"}],
    "size": 28,
    "artifacts": None,
    "model": None,
    "provider": None,
    "request_id": "req_1",
    "parameters": {"temperature": 0.5},
    "usage": None,
    "finish_reason": None,
    "details": None,
    "created_at": MOMENT,
}
PROVIDER_KEY: dict[str, Any] = {
    "id": "key_01jd3v5c8k2m4n6p8q0r2s4t6v",
    "user_id": "operator",
    "provider": "openai",
    "credential_type": "api_key",
    "masked_key": "sk-…abcd",
    "key_id": "0123456789abcdef",
    "ciphertext": b"\x01\x00\xff nothing that can be read",
    "created_at": MOMENT,
}
PROVIDER_KEY_CHANGES: dict[str, Any] = {"id": 1, "count": 3_000_000_000}
USER: dict[str, Any] = {
    "id": "usr_01jd3v5c8k2m4n6p8q0r2s4t6v",
    "email": "ada@example.org",
    "username": "Ada",
    "username_key": "ada",
    "display_name": "Ada – “ü” 模型",
    "role": "admin",
    "password_hash": "$argon2id$v=19$m=47104,t=2,p=1$c2FsdA$aGFzaA",
    "disabled": False,
    "preferred_models": {"text": MODEL["id"]},
    "preferences": {"layout": {"locked": True, "columns": [1, 2.5, None, "ü"]}},
    "version": 3,
    "changed_at": MOMENT,
    "created_at": MOMENT,
}
API_TOKEN: dict[str, Any] = {
    "id": "tok_1",
    "user_id": USER["id"],
    "name": "laptop",
    "prefix": "pgy_abcdef",
    "digest": "0f" * 32,
    "scopes": ["generate", "read"],
    "made_with": None,
    "expires_at": MOMENT,
    "last_used_at": None,
    "created_at": MOMENT,
}
LOGIN: dict[str, Any] = {"id": "login_1", "user_id": USER["id"], "expires_at": MOMENT, "created_at": MOMENT}
LOGIN_ATTEMPT: dict[str, Any] = {"key": "0a" * 32, "failures": 7, "last_at": MOMENT}
INVITE: dict[str, Any] = {
    "id": "inv_1",
    "digest": "0b" * 32,
    "email": None,
    "max_uses": 5,
    "uses": 1,
    "created_by": "operator",
    "expires_at": MOMENT,
    "created_at": MOMENT,
}
IDENTITY: dict[str, Any] = {
    "issuer": "https://id.example.org",
    "subject": "248289761001",
    "user_id": USER["id"],
    "created_at": MOMENT,
}
AUDIT: dict[str, Any] = {
    "id": "aud_1",
    "actor_id": "operator",
    "actor_kind": "operator_key",
    "actor_token_id": None,
    "address": "2001:db8::1",
    "request_id": "req_1",
    "action": "user.changed",
    "target_type": "user",
    "target_id": USER["id"],
    "details": {"role": "admin"},
    "created_at": MOMENT,
}
LIMIT: dict[str, Any] = {
    "subject": "user:usr_01jd3v5c8k2m4n6p8q0r2s4t6v",
    "use_defaults": False,
    "requests_per_minute": 60,
    "tokens_per_minute": None,
    "tokens_per_day": 5_000_000_000,
    "tokens_per_month": None,
    "cost_usd_per_day": 0.25,
    "cost_usd_per_month": None,
    "updated_at": MOMENT,
}
LIMIT_LEDGER: dict[str, Any] = {
    "subject": LIMIT["subject"],
    "state": {"day": "2026-11-23", "used": {"tokens_per_day": 5_000_000_000}, "taken": {}},
    "updated_at": MOMENT,
}
JOB: dict[str, Any] = {
    "id": "job_01jd3v5c8k2m4n6p8q0r2s4t6v",
    "kind": "download",
    "status": "running",
    "digest": "0c" * 32,
    "active_digest": "0c" * 32,
    "model_id": MODEL["id"],
    "user_id": "operator",
    "payload": {"source": {"type": "huggingface", "id": "org/“ü” 模型"}, "files": [{"size": 123_456_789_012}]},
    "downloaded_bytes": 23_456_789_012,
    "total_bytes": 123_456_789_012,
    "bytes_per_s": 3_000_000_000,
    "error": None,
    "runner": "run_1",
    "leased_until": MOMENT,
    "cancel_requested": False,
    "started_at": MOMENT,
    "finished_at": None,
    "created_at": MOMENT,
}
MADE_AT = {
    "5b1f0c7a9d24": {"models": MODEL},
    "c83e6d1b47f0": {"requests": REQUEST},
    "e27a90c4d5b1": {"artifacts": ARTIFACT},
    "a4f81d06c7e3": {"background_requests": BACKGROUND_REQUEST},
    "f3c90b58d216": {"sessions": SESSION, "session_messages": SESSION_MESSAGE},
    "674bbda7dd75": {
        "users": USER,
        "api_tokens": API_TOKEN,
        "logins": LOGIN,
        "login_attempts": LOGIN_ATTEMPT,
        "invites": INVITE,
        "identities": IDENTITY,
    },
    "91c2e45fb7a8": {"audit": AUDIT},
    "d07b5e93c1f8": {"provider_keys": PROVIDER_KEY, "provider_key_changes": PROVIDER_KEY_CHANGES},
    "d7f3a9104c62": {"limits": LIMIT, "limit_ledgers": LIMIT_LEDGER},
    "3c9e5a70d1b8": {
        "models": {**MODEL, "id": "org/tiny", "job_id": "job_1", "written": ["name"], "enriched_at": MOMENT}
    },
    "b6d24f81a93e": {"jobs": JOB},
    "3e8b7c02d9af": {"requests": {**REQUEST, "id": "req_2", "cached_prompt_tokens": 8, "reasoning_tokens": 21}},
    "7d1e94b3c06a": {
        "artifacts": {
            **ARTIFACT,
            "id": "art_01jd3v5c8k2m4n6p8q0r2s4t6w",
            "recipe": {"prompt": "“ü” 模型", "seed": 2**40},
        }
    },
}
"""The tables that each revision made, with a row as a database of that revision may hold it. A new migration adds
its line here; one that changes a table adds what the row looks like from then on."""


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[Engine]:
    engine = sync_engine(empty_database_url)
    yield engine
    engine.dispose()


def sync_engine(url: str) -> Engine:
    parsed = parse_url(url)
    return create_engine(
        parsed.set(drivername="sqlite") if parsed.get_backend_name() == "sqlite" else parsed, poolclass=NullPool
    )


def revisions() -> list[str]:
    """Every revision, oldest first, as Alembic sees them."""
    config = Config()
    config.set_main_option("script_location", str(migrations.folder()))
    config.set_main_option("path_separator", "os")
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def insert(engine: Engine, table: str, row: dict[str, Any]) -> None:
    metadata = MetaData()
    metadata.reflect(engine, only=[table])
    with engine.begin() as connection:
        connection.execute(metadata.tables[table].insert().values(row))


def rows(engine: Engine, table: str) -> list[dict[str, Any]]:
    metadata = MetaData()
    metadata.reflect(engine, only=[table])
    with engine.connect() as connection:
        found = [dict(row) for row in connection.execute(metadata.tables[table].select()).mappings()]
    for row in found:
        for name, value in row.items():
            if isinstance(value, datetime):
                row[name] = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return found


def lost(engine: Engine, expected: dict[str, list[dict[str, Any]]]) -> list[Any]:
    """What the tables no longer hold of these rows, as far as they have the columns."""
    missing = []
    for table, wanted in expected.items():
        found = rows(engine, table)
        missing += [(table, row) for row in wanted if not any(_holds(one, row) for one in found)]
        missing += [] if len(found) == len(wanted) else [(table, len(found))]
    return missing


def _holds(found: dict[str, Any], row: dict[str, Any]) -> bool:
    return all(row.get(name) == value for name, value in found.items())


@pytest.mark.req("SYS-NFR-013")
def test_the_migrated_schema_is_that_of_the_tables(empty_database_url: str, engine: Engine) -> None:
    migrations.upgrade(empty_database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


@pytest.mark.req("SYS-NFR-013")
def test_an_upgrade_from_any_revision_keeps_what_was_there(empty_database_url: str, engine: Engine) -> None:
    expected: dict[str, list[dict[str, Any]]] = {}
    for revision in revisions():
        migrations.upgrade(empty_database_url, revision)
        for table, row in MADE_AT[revision].items():
            insert(engine, table, row)
            expected.setdefault(table, []).append(row)
        assert lost(engine, expected) == []
        migrations.upgrade(empty_database_url)
        assert lost(engine, expected) == []
        migrations.downgrade(empty_database_url, revision)
        assert lost(engine, expected) == []
    assert set(expected) == set(Base.metadata.tables), "every table is tried with a row in it"


@pytest.mark.req("SYS-NFR-013")
def test_a_step_down_and_up_again_keeps_what_the_lower_schema_can_hold(
    empty_database_url: str, engine: Engine
) -> None:
    migrations.upgrade(empty_database_url)
    made: dict[str, list[dict[str, Any]]] = {}
    for tables in MADE_AT.values():
        for table, row in tables.items():
            made.setdefault(table, []).append(row)
            insert(engine, table, row)
    made_first = {table: revision for revision in reversed(revisions()) for table in MADE_AT[revision]}
    for revision in reversed(revisions()):
        migrations.downgrade(empty_database_url, "-1")
        for table in MADE_AT[revision]:
            if made_first[table] == revision:
                made.pop(table)
        assert lost(engine, made) == []
        left = set(inspect(engine).get_table_names()) - {"alembic_version"}
        assert left == set(made)
    assert migrations.current(empty_database_url) is None
    migrations.upgrade(empty_database_url)
    assert migrations.is_current(empty_database_url)


def test_every_revision_has_its_data_in_these_tests() -> None:
    assert list(MADE_AT) == revisions()


def test_the_newest_revision_is_the_one_that_alembic_finds() -> None:
    assert migrations.head() == revisions()[-1]


def test_a_database_at_the_newest_revision_is_left_alone(empty_database_url: str) -> None:
    assert not migrations.is_current(empty_database_url)
    assert migrations.upgrade(empty_database_url) is True
    assert migrations.is_current(empty_database_url)
    assert migrations.upgrade(empty_database_url) is False


def test_asking_for_the_revision_makes_no_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    assert migrations.current(url) is None
    assert not migrations.is_current(url)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    migrations.upgrade(f"sqlite:///{tmp_path / 'a' / 'b' / 'x.db'}")
    assert (tmp_path / "a" / "b" / "x.db").is_file()


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(empty_database_url: str, engine: Engine) -> None:
    migrations.upgrade(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'fffffffffff1'"))
    with pytest.raises(migrations.UnknownRevision, match="newer version has used it"):
        migrations.upgrade(empty_database_url)
    assert migrations.current(empty_database_url) == "fffffffffff1"


def test_a_migration_that_fails_halfway_leaves_the_old_schema(empty_database_url: str, engine: Engine) -> None:
    migrations.upgrade(empty_database_url, revisions()[0])
    insert(engine, "models", MODEL)
    with engine.begin() as connection:  # takes a name that a later statement of the second migration wants
        connection.execute(text("CREATE INDEX ix_requests_created_at ON models (created_at)"))
    with pytest.raises(Exception, match="already exists"):
        migrations.upgrade(empty_database_url)
    assert migrations.current(empty_database_url) == revisions()[0]
    assert "requests" not in inspect(engine).get_table_names()
    assert rows(engine, "models") == [MODEL]
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_requests_created_at"))
    migrations.upgrade(empty_database_url)
    assert migrations.is_current(empty_database_url)


def test_of_processes_that_start_at_once_one_migrates_and_the_others_wait(empty_database_url: str) -> None:
    script = (
        "import asyncio, sys\n"
        "from pluggably.kit import migrations\n"
        "from pluggably.kit.database import Database\n"
        "url = sys.argv[1]\n"
        "sys.stdin.readline()\n"
        "print('migrated' if migrations.upgrade(url) else 'found')\n"
        "async def use():\n"
        "    database = Database(url)\n"
        "    await database.ping()\n"
        "    await database.close()\n"
        "asyncio.run(use())\n"
    )
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", script, empty_database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    time.sleep(1)  # all have imported what they need and wait for the line
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda process: process.communicate("go\n", timeout=60), starting))
    assert [error for _, error in answers if error] == []
    assert sorted(said.strip() for said, _ in answers) == ["found", "found", "found", "migrated"]


def test_a_start_on_a_database_that_is_current_imports_no_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    migrations.upgrade(url)
    script = (
        "import sys\n"
        "from pluggably.kit import migrations\n"
        "assert migrations.upgrade(sys.argv[1]) is False\n"
        "assert 'alembic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script, url], check=True)


def test_an_upgrade_apart_leaves_nothing_of_alembic_behind(empty_database_url: str) -> None:
    script = (
        "import sys\n"
        "from pluggably.kit import migrations\n"
        "migrations.upgrade_apart(sys.argv[1])\n"
        "print(migrations.is_current(sys.argv[1]), 'alembic' in sys.modules, migrations.upgrade(sys.argv[1]))\n"
    )
    command = [sys.executable, "-c", script, empty_database_url]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert (ended.stdout.strip(), ended.stderr) == ("True False False", "")


def test_what_goes_wrong_in_an_upgrade_apart_is_told_by_the_next_one(empty_database_url: str, engine: Engine) -> None:
    migrations.upgrade(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    script = (
        "import sys\n"
        "from pluggably.kit import migrations\n"
        "migrations.upgrade_apart(sys.argv[1])\n"
        "try:\n"
        "    migrations.upgrade(sys.argv[1])\n"
        "except migrations.UnknownRevision as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-c", script, empty_database_url]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "newer version has used it" in ended.stdout
    assert ended.stdout.count("\n") == 1
    assert ended.stderr == ""


def test_an_installed_package_finds_the_migrations_that_came_with_it(tmp_path: Path) -> None:
    package = tmp_path / "pluggably"
    root = migrations.folder().parent
    shutil.copytree(root / "src" / "pluggably", package)
    shutil.copytree(migrations.folder(), package / "_migrations")
    script = (
        "import sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from pluggably.kit import migrations\n"
        "assert str(migrations.folder()).startswith(sys.argv[1]), migrations.folder()\n"
        "assert migrations.upgrade(sys.argv[2])\n"
        "assert migrations.is_current(sys.argv[2])\n"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), f"sqlite:///{tmp_path / '100%' / 'x.db'}"],
        check=True,
        cwd=tmp_path,
    )


def test_a_database_that_does_not_answer_is_an_error_without_the_password() -> None:
    with pytest.raises(OperationalError) as refusal:
        migrations.upgrade("postgresql://nobody:canary@127.0.0.1:1/nothing")
    assert "canary" not in str(refusal.value)


async def test_what_an_older_version_wrote_is_read_through_the_tables(
    empty_database_url: str, engine: Engine
) -> None:
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    insert(engine, "models", MODEL)
    insert(engine, "requests", REQUEST)
    database = Database(empty_database_url)
    async with database.reading() as db:
        model = await db.get(models.ModelTable, MODEL["id"])
        request = await db.get(requests.RequestTable, ("operator", "req_1"))
    await database.close()
    assert model is not None
    assert (model.status, model.capabilities, model.size_bytes) == (
        models.ModelStatus.AVAILABLE,
        MODEL["capabilities"],
        MODEL["size_bytes"],
    )
    assert request is not None
    assert (request.total_ms, request.cost_usd) == (300, 0.000_123)


def test_migrations_have_dated_names_and_import_nothing_of_ours() -> None:
    files = sorted(migrations.folder().joinpath("versions").glob("*.py"))
    assert files
    for path in [*files, migrations.folder() / "env.py"]:
        assert not re.search(r"^\s*(from|import) pluggably", path.read_text(), re.MULTILINE), path
    for path in files:
        assert re.fullmatch(r"20\d\d_[01]\d_[0-3]\d_[a-z0-9_]+\.py", path.name), path.name
