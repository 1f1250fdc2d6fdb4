"""Generated from `_async/generation.py` by `python -m scripts.generate`; not to be edited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from pluggably_client import _operations as ops
from pluggably_client import _wire, files
from pluggably_client._sync.pages import LIMIT, each
from pluggably_client._sync.requests import BackgroundRequest, RequestCalls
from pluggably_client._sync.streams import Stream, generation
from pluggably_client.files import MediaFile
from pluggably_client.options import GenerateOptions

if TYPE_CHECKING:
    from pluggably_client.models import ArtifactList, ArtifactRead, GenerateResponse


class GenerationCalls(RequestCalls):
    """Text, images, meshes; and the files of what was made."""

    def generate(self, prompt: str | None = None, **options: Unpack[GenerateOptions]) -> GenerateResponse:
        """Generate and wait for the whole answer."""
        return self._make(_wire.generate(ops.generate, prompt, options))

    def stream(self, prompt: str | None = None, **options: Unpack[GenerateOptions]) -> Stream:
        """Generate, event by event; the last one is `Finished`. Closing the stream cancels the request."""
        return Stream(generation(self, _wire.generate(ops.generate, prompt, options, stream=True)))

    def submit(self, prompt: str | None = None, **options: Unpack[GenerateOptions]) -> BackgroundRequest:
        """Generate in the background: what was accepted, to be waited for, watched or cancelled."""
        operation = ops.generate.answering("Accepted")
        accepted = self._make(_wire.generate(operation, prompt, options, background=True))
        return BackgroundRequest(self, accepted)

    def files(self, response: GenerateResponse) -> list[MediaFile]:
        """The images or the mesh of an answer, wherever they are: inline, or kept by the server."""
        found = files.inline_files(response.output)
        for artifact in response.output.artifacts or ():
            found.append(self.get_artifact(artifact.id))
        return found

    def save(self, response: GenerateResponse, path: str | PathLike[str]) -> list[Path]:
        """Write the images or the mesh of an answer: one to `path`, several to `NAME-1.png`, `NAME-2.png`, …; where
        the path has no ending, it gets the one of what it holds. The paths that were written."""
        return files.save_all(self.files(response), path)

    def list_artifacts(
        self, *, type: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> ArtifactList:
        """One's own images and meshes that the server keeps, newest first."""
        return self._send(ops.list_artifacts, query={"type": type, "limit": limit, "cursor": cursor})

    def iter_artifacts(self) -> Iterator[ArtifactRead]:
        """All of them, page by page."""
        return each(lambda cursor: self.list_artifacts(limit=LIMIT, cursor=cursor), lambda page: page.artifacts)

    def get_artifact(self, artifact_id: str, *, format: str | None = None) -> MediaFile:
        """An artifact's bytes; `format` (`glb`, `obj`, `stl`, `ply`) converts a mesh."""
        call = _artifact(artifact_id, format)
        reply = self._answer(call, self._timeouts.generate)
        data = _wire.read(reply, call)
        return MediaFile(reply.headers.get("content-type", "").partition(";")[0], data)

    def artifact_size(self, artifact_id: str) -> int:
        """How many bytes an artifact has."""
        call = _wire.call(ops.head_fetch_artifact, {"artifact_id": artifact_id})
        reply = self._answer(call, self._timeouts.read)
        _wire.read(reply, call)
        return int(reply.headers.get("content-length", 0))

    def delete_artifact(self, artifact_id: str) -> None:
        """Delete an artifact before its time, for good."""
        self._send(ops.delete_artifact, {"artifact_id": artifact_id})

    def save_artifact(
        self,
        artifact_id: str,
        path: str | PathLike[str],
        *,
        format: str | None = None,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """Write an artifact to a file, which is there only once it is complete; `on_progress` is told the bytes so
        far and, where it is known, how many there will be."""
        call = _artifact(artifact_id, format)
        reply = self._answer(call, self._timeouts.idle, stream=True)
        if not reply.is_success:
            _wire.read(reply, call)
        place = Path(path)
        partial = place.with_name(f".{place.name}.part")
        total = int(reply.headers["content-length"]) if "content-length" in reply.headers else None
        done = 0
        try:
            with _wire.connection_errors(self.base_url), partial.open("wb") as file:
                for chunk in reply.iter_bytes():
                    file.write(chunk)
                    done += len(chunk)
                    if on_progress is not None:
                        on_progress(done, total)
            partial.replace(place)
        finally:
            reply.close()
            partial.unlink(missing_ok=True)
        return place


def _artifact(artifact_id: str, format: str | None) -> _wire.Call[bytes]:
    """With the client's own key: a signed address may have expired."""
    return _wire.call(ops.fetch_artifact, {"artifact_id": artifact_id}, query={"format": format}, long=True)
