"""`pluggably key`: the operator's key."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pluggably.cli._state import state_of, with_options

_SHOWN = 4


@with_options
def key(
    ctx: typer.Context,
    new: Annotated[
        bool, typer.Option("--new", help="Make a new key; the old one ends when the server is started again.")
    ] = False,
) -> None:
    """Show the operator's key: a configured one masked, a made one in full.

    \b
    pluggably key
    pluggably key --new
    curl -H "X-API-Key: $(pluggably key --quiet)" http://127.0.0.1:8080/v1/models
    """
    from pluggably.features.users.authentication import KEY_FILE, make_operator_key, stored_operator_key

    state = state_of(ctx)
    loaded = state.load()
    settings = loaded.settings
    configured = [secret.get_secret_value() for secret in settings.api_keys]
    if configured:
        origin = loaded.origins.get("api_keys", "the configuration")
        if new:
            message = f"keys are configured by {origin}; a made one would not be used"
            raise typer.BadParameter(message, param_hint="--new")
        if state.output.mode == "quiet":
            raise typer.BadParameter(f"configured keys are not shown; look into {origin}", param_hint="--quiet")
        masked = [_masked(secret) for secret in configured]
        state.output.emit(
            {"keys": masked, "masked": True, "origin": origin},
            ids=[],
            human=lambda: "\n".join([*masked, f"(from {origin})"]),
        )
        return
    made = make_operator_key(settings.data_dir) if new else stored_operator_key(settings.data_dir)
    origin = str(settings.data_dir / KEY_FILE)
    data: dict[str, Any] = {"keys": [made] if made else [], "masked": False, "origin": origin}
    if made is None:
        state.output.note(
            "There is no operator key yet. The first `pluggably serve` makes one, or `pluggably key --new` does now."
        )
        if state.output.mode == "json":
            state.output.emit(data, ids=[], human=str)
        raise typer.Exit(1)
    if new:
        state.output.note("A server that runs already takes the new key after its next start.")
    state.output.emit(data, ids=[made], human=lambda: made)


def _masked(secret: str) -> str:
    """Enough to tell keys apart, never enough to use one."""
    return f"{secret[:_SHOWN]}…" if len(secret) >= 4 * _SHOWN else "…"
