"""The command `pluggably`: the list of its commands, and how every failure is told.

Nothing heavy is imported here: commands import what they need when they run.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from pluggably.cli import (
    audit,
    chat,
    config,
    db,
    doctor,
    jobs,
    key,
    keys,
    limits,
    make,
    models,
    pull,
    serve,
    storage,
    usage,
    users,
    version,
)
from pluggably.cli._output import Failed, complain
from pluggably.cli._state import AsJson, ConfigFile, DataDir, Key, Quiet, Url

FAILURE, USAGE, INTERRUPTED = 1, 2, 130

_SERVER = "Server"
_MODELS = "Models"
_SETUP = "Setup"

app = typer.Typer(
    name="pluggably",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`pluggably COMMAND --help` has examples.",
)

app.command(rich_help_panel=_SERVER)(serve.serve)
app.command(rich_help_panel=_SERVER)(usage.usage)
app.command(rich_help_panel=_MODELS)(pull.pull)
app.command(rich_help_panel=_MODELS)(jobs.jobs)
app.command("run", rich_help_panel=_MODELS)(chat.run)
app.command("make", rich_help_panel=_MODELS)(make.make)
app.command("search", rich_help_panel=_MODELS)(models.search)
app.command("ls", rich_help_panel=_MODELS)(models.ls)
app.command("ps", rich_help_panel=_MODELS)(models.ps)
app.command("rm", rich_help_panel=_MODELS)(models.rm)
app.command("config", rich_help_panel=_SETUP)(config.config)
app.command("doctor", rich_help_panel=_SETUP)(doctor.doctor)
app.command("key", rich_help_panel=_SETUP)(key.key)
app.command("version", rich_help_panel=_SETUP)(version.version)
app.command("audit", rich_help_panel=_SETUP)(audit.audit)
app.add_typer(storage.app, name="storage", rich_help_panel=_MODELS)
app.add_typer(users.app, name="users", rich_help_panel=_SETUP)
app.add_typer(limits.app, name="limits", rich_help_panel=_SETUP)
app.add_typer(db.app, name="db", rich_help_panel=_SETUP)
app.add_typer(keys.app, name="keys", rich_help_panel=_SETUP)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(version("pluggably"))
        raise typer.Exit


@app.callback()
def root(
    config: ConfigFile = None,
    data_dir: DataDir = None,
    url: Url = None,
    key: Key = None,
    json: AsJson = False,
    quiet: Quiet = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    traceback: Annotated[bool, typer.Option("--traceback", help="Show where an unexpected error happened.")] = False,
) -> None:
    """One HTTP API for text, image and 3D generation, whoever does the work.

    \b
    pluggably pull starter          get a small language model (98 MB)
    pluggably serve --local         start the gateway, for this machine only
    pluggably run auto -p "Hello!"  ask it something
    pluggably make "a red cube"     have a picture made
    """


def main() -> None:
    """Run the command line and leave with its exit status: 0, 1 failed, 2 wrong usage, 130 interrupted."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit status. Failures are told in one line on stderr."""
    try:
        result: Any = app(args=arguments, prog_name="pluggably", standalone_mode=False)
    except typer.TyperException as error:
        return _tell_usage(error)
    except typer.Abort:
        complain("Nothing was done.")
        return FAILURE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if "--traceback" in arguments:
            raise
        complain(f"pluggably: {_explain(error)}")
        return FAILURE
    return result if isinstance(result, int) else 0


def _tell_usage(error: typer.TyperException) -> int:
    message = error.format_message()
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "pluggably"
    if message:  # the help of a command without arguments is no error message
        end = "" if message.endswith((".", "?", "!")) else "."
        complain(f"pluggably: {message}{end} `{command} --help` shows how.")
    return error.exit_code


def _explain(error: Exception) -> str:
    """What went wrong and what to do, in one line."""
    from pluggably.errors import PluggablyError
    from pluggably.settings import ConfigurationError
    from pluggably_client import PluggablyAPIError, ServerNotFound
    from pluggably_client import PluggablyError as ClientError

    match error:
        case Failed():
            return str(error)
        case ConfigurationError():
            return "; ".join(str(error).splitlines())
        case PluggablyError():
            return error.message
        case PluggablyAPIError():
            suggestions = (error.details or {}).get("suggestions")
            if error.code == "modality_mismatch":
                return f"{error.message} `pluggably run` is for text, `pluggably make` for images and meshes."
            if not suggestions or all(str(name) in error.message for name in suggestions):
                return error.message
            return f"{error.message} Did you mean {' or '.join(map(str, suggestions))}?"
        case ServerNotFound():
            return f"{error} Start a server with `pluggably serve`, or name another one with --url."
        case ClientError():
            return str(error)
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return f"{where}{error.strerror or error}"
    return f"unexpected {type(error).__name__}: {error} (`pluggably --traceback …` shows where; please report it)"
