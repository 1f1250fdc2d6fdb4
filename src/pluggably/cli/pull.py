"""`pluggably pull`: gets model files; no server is needed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from pluggably.cli._output import Output, complain, size
from pluggably.cli._state import AsJson, ConfigFile, DataDir, Quiet, state_of

if TYPE_CHECKING:
    from pluggably.features.downloads.fetch import OnProgress

_STEP_PCT = 25


def pull(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="`starter`: SmolLM2-135M-Instruct, a small language model (98 MB).")],
    config: ConfigFile = None,
    data_dir: DataDir = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Get a model's files into the first model folder.

    \b
    pluggably pull starter

    An interrupted pull goes on where it stopped.

    A running server finds the new model by itself.
    """
    state = state_of(ctx)
    folder = state.load().settings.model_folders[0]
    if name != "starter":
        raise typer.BadParameter(
            f"there is no {name!r} to pull, only `starter`; other models: put their GGUF files into {folder}",
            param_hint="NAME",
        )
    import asyncio

    from pluggably.features.downloads.starter import pull_starter

    with _progress(state.output) as on_progress:
        path = asyncio.run(pull_starter(folder.expanduser(), on_progress))
    length = path.stat().st_size
    state.output.emit(
        {"model": path.stem, "path": str(path), "size_bytes": length},
        ids=[path.stem],
        human=lambda: f"{path.stem} ({size(length)}) is in {path.parent}",
    )


@contextmanager
def _progress(output: Output) -> Iterator[OnProgress]:
    """A bar on a terminal, a line now and then elsewhere, nothing where results are for programs."""
    if output.mode != "human":
        yield lambda done, total: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("pull", total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        told = 0

        def tell(done: int, total: int) -> None:
            nonlocal told
            percent = done * 100 // total
            if told < percent < 100 and percent - told >= _STEP_PCT:
                told = percent - percent % _STEP_PCT
                complain(f"{told} % of {size(total)}")

        yield tell
