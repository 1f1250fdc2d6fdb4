"""What the options say that every command takes, before its name or after it."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pluggably.cli._output import Output

if TYPE_CHECKING:
    from pluggably.settings import Loaded

URL_VARIABLE = "PLUGGABLY_URL"
KEY_VARIABLE = "PLUGGABLY_KEY"


@dataclass
class State:
    """One run of the command line."""

    output: Output = field(default_factory=Output)
    config: Path | None = None
    data_dir: Path | None = None
    url: str | None = field(default_factory=lambda: os.environ.get(URL_VARIABLE) or None)
    key: str | None = field(default_factory=lambda: os.environ.get(KEY_VARIABLE) or None)

    def load(self, **overrides: Any) -> Loaded:
        """The configuration in force. Raises `ConfigurationError`."""
        from pluggably import settings

        environ = {name: value for name, value in os.environ.items() if name not in (URL_VARIABLE, KEY_VARIABLE)}
        return settings.load(environ, self.config, data_dir=self.data_dir, **overrides)


def state_of(ctx: typer.Context) -> State:
    """The state of this run."""
    return ctx.find_root().ensure_object(State)


def _as_json(ctx: typer.Context, value: bool) -> bool:
    if value:
        state_of(ctx).output.choose("json")
    return value


def _quiet(ctx: typer.Context, value: bool) -> bool:
    if value:
        state_of(ctx).output.choose("quiet")
    return value


def _config(ctx: typer.Context, value: Path | None) -> Path | None:
    if value is not None:
        state_of(ctx).config = value
    return value


def _data_dir(ctx: typer.Context, value: Path | None) -> Path | None:
    if value is not None:
        state_of(ctx).data_dir = value
    return value


def _url(ctx: typer.Context, value: str | None) -> str | None:
    if value:
        state_of(ctx).url = value
    return value


def _key(ctx: typer.Context, value: str | None) -> str | None:
    if value:
        state_of(ctx).key = value
    return value


_OUTPUT = "Output"
_WHERE = "Configuration"
_SERVER = "Server"

AsJson = Annotated[bool, typer.Option("--json", callback=_as_json, help="Print JSON.", rich_help_panel=_OUTPUT)]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", callback=_quiet, help="Print ids only.", rich_help_panel=_OUTPUT)
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", callback=_config, help="The configuration file (TOML).", rich_help_panel=_WHERE),
]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", callback=_data_dir, help="Database, secrets, models.", rich_help_panel=_WHERE),
]
Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        callback=_url,
        help="The server's address. Default: $PLUGGABLY_URL, or the one in the configuration.",
        rich_help_panel=_SERVER,
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        callback=_key,
        help="An operator key or a user token. Default: $PLUGGABLY_KEY, or this machine's operator key.",
        rich_help_panel=_SERVER,
    ),
]


Command = Callable[..., None]


def with_options(command: Command) -> Command:
    """The command with the options that every command takes; what they say is in the state when it runs."""
    return _adding(
        command, config=(ConfigFile, None), data_dir=(DataDir, None), json=(AsJson, False), quiet=(Quiet, False)
    )


def with_server_options(command: Command) -> Command:
    """The same for a command that asks a running server."""
    return _adding(with_options(command), url=(Url, None), key=(Key, None))


def _adding(command: Command, **options: tuple[Any, Any]) -> Command:
    own = inspect.signature(command, eval_str=True)

    @wraps(command)
    def run(**given: Any) -> None:
        command(**{name: value for name, value in given.items() if name not in options})

    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in options.items()
    ]
    run.__dict__["__signature__"] = own.replace(parameters=[*own.parameters.values(), *more])
    return run
