"""What the processes of models in diffusers' folders have in common: how one begins, and why it can't."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from pluggably.runtimes import _media_server
from pluggably.runtimes._child import join_parent


def run(extra: str, module: str, engine: str) -> None:
    """Load the model, serve it, and end when standard input is closed.

    `engine` is a class of `module`, which can be imported where Pluggably's `extra` is installed.
    """
    parent, config = join_parent()
    try:
        from pluggably.runtimes import _pipelines  # noqa: PLC0415 - an optional engine

        load = getattr(import_module(module), engine)
    except ModuleNotFoundError as error:
        parent.failed(f"the engine is not installed ({error}); install pluggably[{extra}]")
        raise SystemExit(1) from None
    _pipelines.use_threads(config.get("threads"))
    try:
        model = load(Path(config["model_path"]))
    except _pipelines.Refused as error:
        parent.failed(str(error))
        raise SystemExit(1) from None
    _media_server.serve(parent, model, config["socket_path"], **model.details())
