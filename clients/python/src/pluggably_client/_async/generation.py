"""The asynchronous calls that generate, and what they made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from pluggably_client import _operations as ops
from pluggably_client import _wire, files
from pluggably_client._async.pages import LIMIT, each
from pluggably_client._async.requests import AsyncBackgroundRequest, AsyncRequestCalls
from pluggably_client._async.streams import AsyncStream, generation
from pluggably_client.files import MediaFile
from pluggably_client.options import GenerateOptions

if TYPE_CHECKING:
    from pluggably_client.models import ArtifactList, ArtifactRead, GenerateResponse


class AsyncGenerationCalls(AsyncRequestCalls):
    """Text, images, meshes; and the files of what was made."""

    async def generate(self, prompt: str | None = None, **options: Unpack[GenerateOptions]) -> GenerateResponse:
        """Generate and wait for the whole answer."""
        return await self._make(_wire.generate(ops.generate, prompt, options))

    def stream(self, prompt: str | None = None, **options: Unpack[GenerateOptions]) -> AsyncStream:
        """Generate, event by event; the last one is `Finished`. Closing the stream cancels the request."""
        return AsyncStream(generation(self, _wire.generate(ops.generate, prompt, options, stream=True)))

    async def submit(self, prompt: str | None = None, **options: Unpack[GenerateOptions]) -> AsyncBackgroundRequest:
        """Generate in the background: what was accepted, to be waited for, watched or cancelled."""
        operation = ops.generate.answering("Accepted")
        accepted = await self._make(_wire.generate(operation, prompt, options, background=True))
        return AsyncBackgroundRequest(self, accepted)

    async def files(self, response: GenerateResponse) -> list[MediaFile]:
        """The images or the mesh of an answer, wherever they are: inline, or kept by the server."""
        found = files.inline_files(response.output)
        for artifact in response.output.artifacts or ():
            found.append(await self.get_artifact(artifact.id))
        return found

    async def save(self, response: GenerateResponse, path: str | PathLike[str]) -> list[Path]:
        """Write the images or the mesh of an answer: one to `path`, several to `NAME-1.png`, `NAME-2.png`, …; where
        the path has no ending, it gets the one of what it holds. The paths that were written."""
        return files.save_all(await self.files(response), path)

    async def list_artifacts(
        self, *, type: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> ArtifactList:
        """One's own images and meshes that the server keeps, newest first."""
        return await self._send(ops.list_artifacts, query={"type": type, "limit": limit, "cursor": cursor})

    def iter_artifacts(self) -> AsyncIterator[ArtifactRead]:
        """All of them, page by page."""
        return each(lambda cursor: self.list_artifacts(limit=LIMIT, cursor=cursor), lambda page: page.artifacts)

    async def get_artifact(self, artifact_id: str, *, format: str | None = None) -> MediaFile:
        """An artifact's bytes; `format` (`glb`, `obj`, `stl`, `ply`) converts a mesh."""
        call = _artifact(artifact_id, format)
        reply = await self._answer(call, self._timeouts.generate)
        data = _wire.read(reply, call)
        return MediaFile(reply.headers.get("content-type", "").partition(";")[0], data)

    async def artifact_size(self, artifact_id: str) -> int:
        """How many bytes an artifact has."""
        call = _wire.call(ops.head_fetch_artifact, {"artifact_id": artifact_id})
        reply = await self._answer(call, self._timeouts.read)
        _wire.read(reply, call)
        return int(reply.headers.get("content-length", 0))

    async def delete_artifact(self, artifact_id: str) -> None:
        """Delete an artifact before its time, for good."""
        await self._send(ops.delete_artifact, {"artifact_id": artifact_id})

    async def save_artifact(
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
        reply = await self._answer(call, self._timeouts.idle, stream=True)
        if not reply.is_success:
            _wire.read(reply, call)
        place = Path(path)
        partial = place.with_name(f".{place.name}.part")
        total = int(reply.headers["content-length"]) if "content-length" in reply.headers else None
        done = 0
        try:
            with _wire.connection_errors(self.base_url), partial.open("wb") as file:
                async for chunk in reply.aiter_bytes():
                    await asyncio.to_thread(file.write, chunk)
                    done += len(chunk)
                    if on_progress is not None:
                        on_progress(done, total)
            partial.replace(place)
        finally:
            await reply.aclose()
            partial.unlink(missing_ok=True)
        return place


def _artifact(artifact_id: str, format: str | None) -> _wire.Call[bytes]:
    """With the client's own key: a signed address may have expired."""
    return _wire.call(ops.fetch_artifact, {"artifact_id": artifact_id}, query={"format": format}, long=True)
