"""The built-in scene engine: images and meshes on every machine, from the first minute and without weights.

Started as `python -m pluggably.runtimes.scene`; of the line of JSON that it reads first it wants `socket_path` alone.
It speaks the protocol of `_media_server`, for the modalities `image` and `3d`.
"""

from __future__ import annotations

from pluggably.runtimes import _media_server
from pluggably.runtimes._child import join_parent


def main() -> None:
    """Serve scenes, and end when standard input is closed."""
    parent, config = join_parent()
    try:
        from pluggably.runtimes.scenes.engine import SceneEngine  # noqa: PLC0415 - an optional engine
    except ModuleNotFoundError as error:
        parent.failed(f"the engine is not installed ({error}); install pluggably[scene]")
        raise SystemExit(1) from None
    _media_server.serve(parent, SceneEngine(), config["socket_path"], modalities=["image", "3d"], device="cpu")


if __name__ == "__main__":
    main()
