"""`pluggably config`: what is in force, and where it came from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pluggably.cli._output import complain, table
from pluggably.cli._state import state_of, with_options

if TYPE_CHECKING:
    from rich.table import Table

    from pluggably.settings import Loaded

MASK = "********"


@with_options
def config(ctx: typer.Context) -> None:
    """Show every setting, its value and its origin; secrets are masked.

    \b
    pluggably config
    PLUGGABLY_PORT=9000 pluggably config --json
    pluggably config --quiet       only the names of what is set

    Options go before the environment, that before pluggably.toml, that before defaults.
    """
    from pluggably.settings import variable

    state = state_of(ctx)
    loaded = state.load()
    for warning in loaded.warnings:
        complain(f"pluggably: {warning}")
    rows = [
        {"name": name, "variable": variable(name), "value": value, "origin": origin}
        for name, value, origin in in_force(loaded)
    ]
    state.output.emit(
        {"settings": rows, "warnings": loaded.warnings},
        ids=[row["variable"] for row in rows if row["origin"] != "default"],
        human=lambda: _table(rows),
    )


def in_force(loaded: Loaded) -> list[tuple[str, Any, str]]:
    """Each setting: its dotted name, its value fit to be shown, its origin."""
    from pluggably.settings import flatten

    values = flatten(loaded.settings)
    values["model_dirs"] = loaded.settings.model_folders
    values["database_url"] = loaded.settings.database  # shown without its secrets
    return [(name, _fit(value), _origin(name, loaded.origins)) for name, value in values.items()]


def _origin(name: str, origins: dict[str, str]) -> str:
    for length in range(name.count(".") + 1, 0, -1):
        origin = origins.get(".".join(name.split(".")[:length]))
        if origin:
            return origin
    return "default"


def _fit(value: Any) -> Any:
    from pydantic import BaseModel, SecretStr

    match value:
        case None | bool() | int() | float():
            return value
        case SecretStr():
            return MASK
        case list() | tuple():
            return [_fit(item) for item in value]
        case BaseModel():
            return value.model_dump(mode="json")
        case dict():
            return {key: _fit(item) for key, item in value.items()}
        case Path():
            return str(value)
    return _without_password(str(value))


def _without_password(text: str) -> str:
    """The text; of a URL without its password and its query, which may hold one."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text
    rest, question, _ = rest.partition("?")
    login, at, place = rest.rpartition("@")
    if at:
        login = f"{login.partition(':')[0]}:{MASK}"
    return f"{scheme}://{login}{at}{place}" + (f"?{MASK}" if question else "")


def _table(rows: list[dict[str, Any]]) -> Table:
    shown = table("SETTING", "VALUE", "ORIGIN")
    for row in rows:
        value = row["value"]
        text = "-" if value in (None, "", [], {}) else _text(value)
        shown.add_row(row["variable"], text, row["origin"])
    return shown


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
