"""`pluggably doctor`: looks at everything that Pluggably needs, and says how to mend what is missing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from pluggably.cli._output import Failed, table
from pluggably.cli._state import State, state_of, with_options

if TYPE_CHECKING:
    from rich.table import Table

    from pluggably.settings import Settings

GB = 1_000_000_000
_ENGINE_PATIENCE_S = 60
_SERVER_PATIENCE_S = 3
_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@dataclass(frozen=True)
class Check:
    """What was looked at. `mend` says what to do unless all is well."""

    name: str
    status: Literal["ok", "warn", "fail"]
    message: str
    mend: str = ""


@with_options
def doctor(ctx: typer.Context) -> None:
    """Check this machine and the configuration, and say how to mend them.

    \b
    pluggably doctor
    pluggably doctor --json
    pluggably doctor --quiet       only the names of what fails

    The exit status is 1 when something fails; a warning is no failure.
    """
    state = state_of(ctx)
    checks = list(examine(state))
    failed = [check for check in checks if check.status == "fail"]
    state.output.emit(
        {"ok": not failed, "checks": [asdict(check) for check in checks]},
        ids=[check.name for check in failed],
        human=lambda: _table(checks),
    )
    if failed:
        raise typer.Exit(1)


def examine(state: State) -> Iterable[Check]:
    """Every check, one after the other. Changes nothing on this machine."""
    from pluggably.settings import ConfigurationError

    yield _python()
    yield _engine()
    yield _pipelines()
    try:
        loaded = state.load()
    except ConfigurationError as error:
        yield Check("configuration", "fail", "; ".join(str(error).splitlines()), "mend what is named here")
        return
    yield Check("configuration", "ok", "is valid")
    for warning in loaded.warnings:
        yield Check("unknown variable", "warn", warning, "correct its name, or remove it")
    looks: tuple[Callable[[Settings], Check], ...] = (
        _exposure,
        _tls,
        _data_dir,
        _disk,
        _memory,
        _model_folders,
        _models,
        _database,
        _port,
    )
    for look in looks:
        yield look(loaded.settings)


def _python() -> Check:
    return Check("python", "ok", ".".join(map(str, sys.version_info[:3])))


def _engine() -> Check:
    """In a process of its own: an engine that can't run on this processor dies without an exception."""
    code = "import importlib.metadata, xllamacpp; print(importlib.metadata.version('xllamacpp'))"
    try:
        tried = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=_ENGINE_PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return Check("text engine", "fail", "does not start", "pip install --force-reinstall 'pluggably[text]'")
    if tried.returncode == 0:
        return Check("text engine", "ok", f"xllamacpp {tried.stdout.strip()}")
    if "No module named 'xllamacpp'" in tried.stderr:
        return Check("text engine", "warn", "is not installed: no local text models", "pip install 'pluggably[text]'")
    reason = tried.stderr.strip().splitlines()[-1:] or [f"it ended with status {tried.returncode}"]
    return Check("text engine", "fail", reason[0], "pip install --force-reinstall 'pluggably[text]'")


def _pipelines() -> Check:
    """An extra that most machines do without: its absence is told, and is no warning."""
    from pluggably.features.models.engines import ENGINES, missing

    lacking = [f"'pluggably[{ENGINES[name].extra}]'" for name in ("diffusion", "mesh") if missing(ENGINES[name])]
    if lacking:
        return Check("pipelines", "ok", f"are not installed; for diffusion models: pip install {' '.join(lacking)}")
    return Check("pipelines", "ok", f"diffusers {version('diffusers')}, torch {version('torch')}")


def _exposure(settings: Settings) -> Check:
    from pluggably.features.users.authentication import is_loopback_address

    inside = is_loopback_address(settings.host)
    if settings.local_only and not inside:
        return Check(
            "access",
            "fail",
            f"local mode has no keys, but {settings.host} can be reached from outside",
            "set PLUGGABLY_HOST=127.0.0.1, or PLUGGABLY_LOCAL_ONLY=false",
        )
    if not inside and settings.tls_cert is None and settings.public_url is None:
        return Check(
            "access",
            "warn",
            f"{settings.host} can be reached from outside, without TLS",
            "set PLUGGABLY_TLS_CERT and PLUGGABLY_TLS_KEY, or put a TLS proxy in front and set PLUGGABLY_PUBLIC_URL",
        )
    how = "local mode, no keys" if settings.local_only else "operator keys"
    return Check("access", "ok", how)


def _tls(settings: Settings) -> Check:
    import ssl

    if settings.tls_cert is None or settings.tls_key is None:
        return Check("tls", "ok", "is not used by the server itself")
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password=lambda: "")
    except (OSError, ValueError) as error:
        return Check(
            "tls",
            "fail",
            f"{settings.tls_cert}, {settings.tls_key}: {error}",
            "PLUGGABLY_TLS_CERT and PLUGGABLY_TLS_KEY must name readable PEM files that belong together, "
            "the key without a passphrase",
        )
    return Check("tls", "ok", str(settings.tls_cert))


def _data_dir(settings: Settings) -> Check:
    folder = settings.data_dir.expanduser()
    there = _nearest(folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Check(
            "data folder",
            "fail",
            f"{there} can't be written: {error.strerror}",
            "give yourself the right to write there, or set PLUGGABLY_DATA_DIR",
        )
    return Check("data folder", "ok", f"{folder}" + ("" if folder == there else " (will be made)"))


def _disk(settings: Settings) -> Check:
    free = shutil.disk_usage(_nearest(settings.model_folders[0].expanduser())).free
    message = f"{free / GB:.1f} GB free for models"
    if free < GB // 4:
        return Check("disk", "fail", message, "make room, or set PLUGGABLY_MODEL_DIRS to another disk")
    if free < 5 * GB:
        return Check("disk", "warn", message, "most models need several gigabytes")
    return Check("disk", "ok", message)


def _memory(_: Settings) -> Check:
    import psutil

    free = psutil.virtual_memory().available
    message = f"{free / GB:.1f} GB available"
    if free < GB // 2:
        return Check("memory", "warn", message, "end other programs, or use small models")
    return Check("memory", "ok", message)


def _model_folders(settings: Settings) -> Check:
    folders = [folder.expanduser() for folder in settings.model_folders]
    for folder in folders:
        if folder.exists() and not (folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)):
            return Check("model folders", "fail", f"{folder} can't be read", "correct PLUGGABLY_MODEL_DIRS")
    missing = [folder for folder in folders if not folder.exists()]
    if missing and settings.model_dirs:
        return Check("model folders", "warn", f"{missing[0]} is missing", "make it, or correct PLUGGABLY_MODEL_DIRS")
    return Check("model folders", "ok", ", ".join(map(str, folders)) + (" (will be made)" if missing else ""))


def _models(settings: Settings) -> Check:
    found = 0
    for folder in settings.model_folders:
        for _, _, files in os.walk(folder.expanduser()):
            found += sum(name.lower().endswith(".gguf") for name in files)
    if found:
        return Check("models", "ok", f"{found} model file{'s' if found > 1 else ''}")
    if settings.providers:
        return Check("models", "ok", f"none here; providers: {', '.join(sorted(settings.providers))}")
    return Check(
        "models",
        "warn",
        "no model file and no provider",
        "`pluggably pull starter`, put a GGUF file into a model folder, or set PLUGGABLY_PROVIDERS__NAME__API_KEY",
    )


def _database(settings: Settings) -> Check:
    from pluggably.cli.db import reaching_the_database
    from pluggably.kit import migrations

    kind = settings.database.partition(":")[0].partition("+")[0]
    try:
        with reaching_the_database():
            found, newest = migrations.current(settings.database), migrations.head()
    except Failed as error:
        return Check("database", "fail", f"{kind}: {error}", "start it, or correct PLUGGABLY_DATABASE_URL")
    if found is None:
        return Check("database", "ok", f"{kind}, empty; the first start makes its tables")
    if found != newest:
        return Check("database", "warn", f"{kind}, at revision {found} of {newest}", "`pluggably db upgrade`")
    return Check("database", "ok", f"{kind}, up to date")


def _port(settings: Settings) -> Check:
    """Whether the server answers there; if not, whether it could."""
    from pluggably.cli._server import answers

    if settings.port == 0:
        return Check("port", "ok", "a free one is taken at every start")
    where = f"{settings.host}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            if answers(settings, _SERVER_PATIENCE_S):
                return Check("port", "ok", f"the server answers at {where}")
            return Check(
                "port",
                "fail",
                f"{where}: {error.strerror}",
                "end the program that has it (`ss -ltnp` names it), or set PLUGGABLY_PORT or PLUGGABLY_HOST",
            )
    return Check("port", "ok", f"{where} is free")


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def _table(checks: list[Check]) -> Table:
    from rich.text import Text

    shown = table("", "", "")
    shown.show_header = False
    for check in checks:
        mark = Text(check.status, style=_COLOURS[check.status])
        shown.add_row(mark, check.name, check.message + (f"\n→ {check.mend}" if check.mend else ""))
    return shown
