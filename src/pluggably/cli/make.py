"""`pluggably make`: an image or a mesh from a prompt, as files."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pluggably.cli._output import Failed, Output, complain, printable, size
from pluggably.cli._server import connected
from pluggably.cli._state import state_of, with_server_options
from pluggably.cli.chat import parameter

if TYPE_CHECKING:
    from pluggably_client.events import StreamEvent
    from pluggably_client.files import MediaFile
    from pluggably_client.models import GenerateResponse
    from pluggably_client.options import GenerateOptions

_ENDINGS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "model/gltf-binary": "glb",
    "model/obj": "obj",
    "model/stl": "stl",
    "model/ply": "ply",
}


@with_server_options
def make(
    ctx: typer.Context,
    prompt: Annotated[str, typer.Argument(help="What to make.")],
    model: Annotated[str, typer.Option("--model", "-m", help="A model's id, `provider:name`, or `auto`.")] = "auto",
    mesh: Annotated[bool, typer.Option("--3d", help="A mesh, no image, where the model is `auto`.")] = False,
    image: Annotated[
        list[Path] | None, typer.Option("--image", "-i", help="An image to begin with; may be repeated.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="The file (with its ending), or the folder for files. Default: the current folder."
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", metavar="NAME=VALUE", help="A parameter of the model; may be repeated."),
    ] = None,
) -> None:
    """Make an image or a 3D mesh with a model of a running server.

    \b
    pluggably make "a red cube on a blue table"
    pluggably make "a wooden chair" --3d --out chair.glb
    pluggably make "at night" -m sd-turbo -i day.png -o strength=0.6 -o count=4

    Files that are there already are not overwritten, unless --out names one. With --quiet the names of the files are
    all that is printed.

    `GET /v1/schema?model=` lists a model's parameters.
    """
    state = state_of(ctx)
    options: GenerateOptions = {"model": model, "parameters": dict(map(parameter, option or ()))}
    if model == "auto":
        options["modality"] = "3d" if mesh else "image"
    if image:
        options["images"] = [_data_url(path) for path in image]
    with connected(state) as client:
        with client.stream(prompt, **options) as events, _progress(state.output) as tell:
            response = _last(events, tell)
        files = client.files(response)
    if not files:
        raise Failed(f"{response.model} makes neither images nor meshes; `pluggably run` talks to it.")
    paths = [_save(file, place) for file, place in zip(files, _places(files, response, out), strict=True)]
    for warning in response.warnings:
        complain(f"({printable(str(warning))})")
    seed = "" if response.output.seed is None else f", seed {response.output.seed}"
    state.output.emit(
        {"model": response.model, "seed": response.output.seed, "files": [str(path) for path in paths]},
        ids=map(str, paths),
        human=lambda: "\n".join(
            f"{path} ({size(len(file.data))}, {printable(response.model)}{seed})"
            for path, file in zip(paths, files, strict=True)
        ),
    )


def _last(events: Iterator[StreamEvent], tell: Any) -> GenerateResponse:
    from pluggably_client.events import Finished

    for event in events:
        if isinstance(event, Finished):
            return event.response
        tell(event)
    raise Failed("The server's answer ended before its result.")


def _data_url(path: Path) -> str:
    """The file as the API takes it; the server looks at what is in it."""
    return f"data:image/{path.suffix[1:].lower() or 'png'};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _places(files: list[MediaFile], response: GenerateResponse, out: Path | None) -> Iterator[Path]:
    """Where each file goes. Raises `Failed` where one name is for several files."""
    if out is not None and out.suffix and not out.is_dir():
        if len(files) > 1:
            raise Failed(f"{len(files)} files can't all be {out}: name a folder.")
        yield out
        return
    folder = out or Path()
    folder.mkdir(parents=True, exist_ok=True)
    stem = "".join(letter if letter.isalnum() or letter in "-._" else "-" for letter in response.model).strip(".-")
    number = 0
    for file in files:
        ending = _ENDINGS.get(file.media_type, "bin")
        while (place := folder / f"{stem}-{(number := number + 1)}.{ending}").exists():
            pass
        yield place


def _save(file: MediaFile, place: Path) -> Path:
    """Whole or not at all."""
    unfinished = place.with_name(f".{place.name}.part")
    try:
        unfinished.write_bytes(file.data)
        unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)
    return place


@contextmanager
def _progress(output: Output) -> Iterator[Any]:
    """Takes events: a bar on a terminal, nothing elsewhere."""
    from pluggably_client.events import Loading, Progress, Queued

    if output.mode != "human" or not sys.stderr.isatty():
        yield lambda event: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("waiting", total=100)

        def tell(event: StreamEvent) -> None:
            if isinstance(event, Queued):
                bar.update(task, description=f"number {event.queue_position} in the queue")
            elif isinstance(event, Loading):
                bar.update(task, description="loading the model")
            elif isinstance(event, Progress) and event.progress_pct is not None:
                bar.update(task, description="making", completed=event.progress_pct)

        yield tell
