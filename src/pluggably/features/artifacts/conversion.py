"""Meshes in another format: made by a process of its own, kept beside the original from then on."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress

from pluggably.errors import UnsupportedFeature
from pluggably.features.artifacts.media import TYPES_OF_MESHES, MeshFormat
from pluggably.features.artifacts.store import CHUNK, ArtifactStore
from pluggably.runtimes import convert
from pluggably.tables.artifacts import ArtifactKind, ArtifactTable

MAX_BYTES = 64 * 1024 * 1024
"""A larger mesh is not converted."""
MAX_RESULT_BYTES = 512 * 1024 * 1024
TIMEOUT_S = 30.0
AT_ONCE = 2


class Converter:
    """Converts on demand, a few at a time. What was made once is there for everyone who asks after."""

    def __init__(self, store: ArtifactStore, *, timeout_s: float = TIMEOUT_S) -> None:
        self._store = store
        self._timeout_s = timeout_s
        self._room = asyncio.Semaphore(AT_ONCE)

    async def convert(self, key: str, size: int, source: MeshFormat, target: MeshFormat) -> tuple[str, int]:
        """The key and the size in bytes of the mesh in another format.

        Raises `UnsupportedFeature` for a mesh that can't be converted or takes too long, `ObjectMissing`, and what
        the store raises.
        """
        made = key_of(key, target)
        known = await self._store.size(made)
        if known is not None:
            return made, known
        if size > MAX_BYTES:
            raise _refusal(target, f"it is larger than {MAX_BYTES // 1024**2} MiB")
        async with self._room:
            known = await self._store.size(made)  # somebody else's turn may have made it
            if known is not None:
                return made, known
            try:
                async with asyncio.timeout(self._timeout_s):
                    return made, await self._run(key, size, made, source, target)
            except TimeoutError:
                raise _refusal(target, f"it takes longer than {self._timeout_s:g} seconds") from None

    async def _run(self, key: str, size: int, made: str, source: MeshFormat, target: MeshFormat) -> int:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PLUGGABLY_", "AWS_"))
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # nothing is imported from the current folder
            "-m",
            convert.__name__,
            source,
            target,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={**environment, "OPENBLAS_NUM_THREADS": "1"},  # each thread reserves address space
        )
        try:
            await self._feed(process, key, size)
            return await self._store.put(made, _results(process, target), TYPES_OF_MESHES[target])
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()  # reaps it and closes its pipes

    async def _feed(self, process: Process, key: str, size: int) -> None:
        assert process.stdin is not None
        async with aclosing(self._store.open(key, 0, size)) as pieces:
            with suppress(BrokenPipeError, ConnectionResetError):  # it says why on standard error
                async for piece in pieces:
                    process.stdin.write(piece)
                    await process.stdin.drain()
        process.stdin.close()


async def delete_stored(store: ArtifactStore, row: ArtifactTable) -> None:
    """Delete an artifact's bytes, with what was converted from them. Raises what the store raises."""
    await store.delete(row.id)
    if row.kind == ArtifactKind.MESH:
        for format in MeshFormat:
            await store.delete(key_of(row.id, format))


def key_of(key: str, target: MeshFormat) -> str:
    """Where the mesh in another format is kept."""
    return f"{key}.{target}"


async def _results(process: Process, target: MeshFormat) -> AsyncIterator[bytes]:
    """What the process writes; raises at the end where it has failed, so that nothing of it is kept."""
    assert process.stdout is not None
    assert process.stderr is not None
    size = 0
    while piece := await process.stdout.read(CHUNK):
        size += len(piece)
        if size > MAX_RESULT_BYTES:
            raise _refusal(target, "the result is too large")
        yield piece
    said = await process.stderr.read()
    if await process.wait() == 1 and said.strip():
        raise _refusal(target, said.decode(errors="replace").strip().splitlines()[-1][:200])
    if process.returncode:
        raise _refusal(target, "it needs too much time or memory")


def _refusal(target: MeshFormat, reason: str) -> UnsupportedFeature:
    return UnsupportedFeature(
        f"This mesh can't be converted to {target.upper()}: {reason}. Leave `format` out to have it as it is.",
        param="format",
    )
