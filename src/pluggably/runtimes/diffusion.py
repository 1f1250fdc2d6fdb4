"""Image models in folders as diffusers keeps them: one process per model.

Started as `python -m pluggably.runtimes.diffusion`; of the line of JSON that it reads first it wants `model_path`,
`socket_path` and `threads` (None: as many as there are cores). It speaks the protocol of `_media_server`, for the
modality `image`.
"""

from __future__ import annotations

from pluggably.runtimes import _pipeline_process


def main() -> None:
    """Load the model, serve it, and end when standard input is closed."""
    _pipeline_process.run("image", "pluggably.runtimes._diffusion_engine", "DiffusionEngine")


if __name__ == "__main__":
    main()
