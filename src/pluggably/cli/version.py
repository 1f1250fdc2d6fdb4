"""`pluggably version`."""

from __future__ import annotations

import typer

from pluggably.cli._state import AsJson, Quiet, state_of


def version(ctx: typer.Context, json: AsJson = False, quiet: Quiet = False) -> None:
    """Print the version of Pluggably, of Python and of the machine.

    \b
    pluggably version
    pluggably version --json
    """
    import platform
    from importlib.metadata import version as version_of

    own, python = version_of("pluggably"), platform.python_version()
    machine = f"{platform.system()} {platform.machine()}"
    state_of(ctx).output.emit(
        {"version": own, "python": python, "platform": machine},
        ids=[own],
        human=lambda: f"pluggably {own} (Python {python}, {machine})",
    )
