"""`pluggably ls`, `ps`, `rm`, `search`: the models of a running server, and those that it could have."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from pluggably.cli._output import ago, printable, size, span, table
from pluggably.cli._server import connected
from pluggably.cli._state import State, state_of, with_server_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from pluggably_client.models import FoundModel, HubFile, LoadedModelInfo, ModelInfo


@with_server_options
def ls(
    ctx: typer.Context,
    modality: Annotated[str | None, typer.Option(help="text, image or 3d.")] = None,
    provider: Annotated[str | None, typer.Option(help="Models of this provider; `local`: this server's own.")] = None,
    status: Annotated[str | None, typer.Option(help="available, downloading, failed, disabled or evicted.")] = None,
    search: Annotated[str | None, typer.Option(help="Words of the name or the description.")] = None,
) -> None:
    """List the models.

    \b
    pluggably ls
    pluggably ls --modality text --status available
    pluggably ls --quiet | head -1
    """
    state = state_of(ctx)
    with connected(state) as client:
        models = list(client.list_models(modality=modality, provider=provider, status=status, q=search).models)
    if not models:
        state.output.note("No model matches. `pluggably pull starter` gets a small one.")
    state.output.emit(
        {"models": [model.to_json() for model in models]},
        ids=[model.id for model in models],
        human=lambda: _models(models),
    )


@with_server_options
def search(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(help="Words of a model's name; with --files a repository: org/name.")] = "",
    modality: Annotated[str | None, typer.Option(help="text, image or 3d.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="At most so many.")] = 20,
    files: Annotated[bool, typer.Option("--files", help="List the repository's files.")] = False,
    revision: Annotated[str | None, typer.Option(help="With --files: a branch, a tag or a commit.")] = None,
) -> None:
    """Search the Hugging Face hub for models.

    \b
    pluggably search "smollm gguf"
    pluggably search --modality image --limit 5
    pluggably search bartowski/SmolLM2-135M-Instruct-GGUF --files
    """
    state = state_of(ctx)
    if files:
        if not query:
            raise typer.BadParameter("names the repository whose files are listed", param_hint="QUERY")
        _search_files(state, query, revision)
        return
    with connected(state) as client:
        found = client.search_models(query or None, modality=modality, limit=limit)
    if not found.results:
        state.output.note("The hub has no model of this name.")
    elif found.next_cursor is not None:
        state.output.note("There are more: add words, or raise --limit.")
    state.output.emit(found.to_json(), ids=[model.id for model in found.results], human=lambda: _found(found.results))


def _search_files(state: State, repo: str, revision: str | None) -> None:
    with connected(state) as client:
        listed = client.list_model_files(repo, revision=revision).files
    state.output.emit(
        {"files": [file.to_json() for file in listed]},
        ids=[file.name for file in listed],
        human=lambda: _files(listed),
    )


@with_server_options
def ps(ctx: typer.Context) -> None:
    """List the models that are in memory.

    \b
    pluggably ps
    """
    state = state_of(ctx)
    with connected(state) as client:
        loaded = client.list_loaded_models()
    if not loaded:
        state.output.note("No model is loaded. A request loads the one that it needs.")
    state.output.emit(
        {"models": [model.to_json() for model in loaded]},
        ids=[model.model_id for model in loaded],
        human=lambda: _loaded(loaded),
    )


@with_server_options
def rm(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(help="The model's id, as `pluggably ls` shows it.")],
    files: Annotated[bool, typer.Option("--files", help="Remove its files too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
) -> None:
    """Remove a model from the registry.

    \b
    pluggably rm my-model
    pluggably rm my-model --files --yes
    """
    state = state_of(ctx)
    with connected(state) as client:
        if not yes:
            found = client.get_model(model)
            if not sys.stdin.isatty():
                raise typer.BadParameter("without a terminal nobody can be asked: add --yes", param_hint="--yes")
            what = f" and its files ({size(found.size_bytes)})" if files else ""
            typer.confirm(f"Remove {printable(found.id)}{what}?", abort=True, err=True)
        removed = client.remove_model(model, files=files)
    state.output.emit(removed.to_json(), ids=[removed.id], human=lambda: printable(f"{removed.id} is removed."))


def _found(models: Sequence[FoundModel]) -> Table:
    shown = table("ID", "MAKES", "SIZE", "DOWNLOADS", "LICENCE", "", right=("SIZE", "DOWNLOADS"))
    for model in models:
        shown.add_row(
            printable(model.id),
            printable(", ".join(model.modality_hints)) or "-",
            size(model.size_bytes),
            "-" if model.downloads is None else str(model.downloads),
            printable(model.licence or "-"),
            "gated" if model.gated else "",
        )
    return shown


def _files(files: Sequence[HubFile]) -> Table:
    shown = table("NAME", "SIZE", "QUANTISATION", "FITS", right=("SIZE",))
    for file in files:
        fits = {True: "yes", False: "no", None: "-"}[file.fits]
        shown.add_row(printable(file.name), size(file.size_bytes), printable(file.quantisation or "-"), fits)
    return shown


def _models(models: Sequence[ModelInfo]) -> Table:
    shown = table(
        "ID", "MODALITY", "PROVIDER", "SIZE", "QUANT", "CONTEXT", "LAST USED", "STATUS", right=("SIZE", "CONTEXT")
    )
    for model in models:
        state = model.runtime_status if model.runtime_status not in (None, "unloaded") else model.status
        marks = [name for name, is_so in (("default", model.is_default), ("pinned", model.pinned)) if is_so]
        shown.add_row(
            printable(model.id),
            model.modality or "-",
            printable(model.provider or "-"),
            size(model.size_bytes),
            printable(model.version or "-"),
            str(model.capabilities.max_context_tokens or "-"),
            ago(model.last_used_at),
            ", ".join([state or "-", *marks]),
        )
    return shown


def _loaded(models: Sequence[LoadedModelInfo]) -> Table:
    shown = table(
        "ID", "SIZE", "DEVICE", "ACTIVE", "QUEUED", "LAST USED", "UNTIL", right=("SIZE", "ACTIVE", "QUEUED")
    )
    for model in models:
        shown.add_row(
            printable(model.model_id),
            size(model.memory_bytes),
            printable(model.device or "-"),
            str(model.active_requests),
            str(model.queue_depth),
            ago(model.last_used_at),
            _until(model),
        )
    return shown


def _until(model: LoadedModelInfo) -> str:
    """How long it stays in memory."""
    if model.is_pinned:
        return "pinned"
    if model.active_requests or model.queue_depth:
        return "in use"
    return "-" if model.until is None else f"in {span(model.until - datetime.now(UTC))}"
