"""Mesh models in folders as diffusers keeps them: one process per model.

Started as `python -m pluggably.runtimes.mesh`; of the line of JSON that it reads first it wants `model_path`,
`socket_path` and `threads` (None: as many as there are cores). It speaks the protocol of `_media_server`, for the
modality `3d`.
"""

from __future__ import annotations

from pluggably.runtimes import _pipeline_process


def main() -> None:
    """Load the model, serve it, and end when standard input is closed."""
    _pipeline_process.run("mesh", "pluggably.runtimes._mesh_engine", "MeshEngine")


if __name__ == "__main__":
    main()
