"""Mesh models in folders as diffusers keeps them: one process per model.

Started as `python -m pluggably.runtimes.mesh`; of the line of JSON that it reads first it wants `model_path`,
`socket_path` and `threads` (None: as many as there are cores). It speaks the protocol of `_media_server`, for the
modality `3d`.
"""

from __future__ import annotations

from pathlib import Path

from pluggably.runtimes import _media_server
from pluggably.runtimes._child import join_parent


def main() -> None:
    """Load the model, serve it, and end when standard input is closed."""
    parent, config = join_parent()
    try:
        from pluggably.runtimes import _pipelines  # noqa: PLC0415 - an optional engine
        from pluggably.runtimes._mesh_engine import MeshEngine  # noqa: PLC0415
    except ModuleNotFoundError as error:
        parent.failed(f"the engine is not installed ({error}); install pluggably[mesh]")
        raise SystemExit(1) from None
    _pipelines.use_threads(config.get("threads"))
    try:
        engine = MeshEngine(Path(config["model_path"]))
    except _pipelines.Refused as error:
        parent.failed(str(error))
        raise SystemExit(1) from None
    _media_server.serve(parent, engine, config["socket_path"], **engine.details())


if __name__ == "__main__":
    main()
