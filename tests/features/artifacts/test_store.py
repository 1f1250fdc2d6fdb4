"""Both kinds of store, and what only the one on the disk can suffer."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path

import psutil
import pytest

from pluggably.errors import InsufficientStorage, NotReady
from pluggably.features.artifacts.s3 import S3Store
from pluggably.features.artifacts.store import (
    CHUNK,
    UNFINISHED_S,
    ArtifactStore,
    LocalStore,
    ObjectMissing,
    open_store,
)
from pluggably.kit.ids import new_id
from tests.factories.buckets import new_bucket, object_in, store_in

pytestmark = pytest.mark.req("SYS-REQ-016")

DATA = random.Random(16).randbytes(6 * 1024 * 1024 + 17)  # several pieces of either store


async def read(store: ArtifactStore, key: str, start: int, length: int) -> bytes:
    async with aclosing(store.open(key, start, length)) as pieces:
        return b"".join([piece async for piece in pieces])


async def in_pieces(data: bytes, size: int = 1_000_003) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.parametrize("way", ["whole", "pieces"])
@pytest.mark.parametrize("length", [0, 1, len(DATA)])
async def test_what_is_kept_comes_back(store: ArtifactStore, way: str, length: int) -> None:
    key, data = new_id("art"), DATA[:length]
    assert await store.size(key) is None
    assert await store.put(key, data if way == "whole" else in_pieces(data), "image/png") == length
    assert await store.size(key) == length
    assert await read(store, key, 0, length) == data


async def test_any_part_can_be_read(store: ArtifactStore) -> None:
    key = new_id("art")
    await store.put(key, DATA, "image/png")
    for start, length in (
        (0, 1),
        (17, 3),
        (CHUNK - 1, 2),
        (CHUNK, CHUNK),
        (3_000_000, 3_000_000),
        (len(DATA) - 1, 1),
    ):
        assert await read(store, key, start, length) == DATA[start : start + length]


async def test_what_is_not_there_is_missing_and_can_be_deleted(store: ArtifactStore) -> None:
    key = new_id("art")
    with pytest.raises(ObjectMissing):
        await read(store, key, 0, 1)
    await store.delete(key)
    await store.put(key, b"x", "image/png")
    await store.put(f"{key}.obj", b"converted", "model/obj")
    await store.delete(key)
    assert await store.size(key) is None
    assert await store.size(f"{key}.obj") == 9, "only what was named is deleted"


async def test_less_than_was_promised_is_missing_too(store: ArtifactStore) -> None:
    key = new_id("art")
    await store.put(key, b"12345", "image/png")
    with pytest.raises((ObjectMissing, NotReady)):
        await read(store, key, 5, 1)


@pytest.mark.parametrize(
    "key",
    ["", ".", "..", "/etc/passwd", "../../etc/passwd", "art_../../etc/passwd", "art_01jd3v5c8k2m4n6p8q0r2s4t6v/x",
     "art_01jd3v5c8k2m4n6p8q0r2s4t6v\x00", "art_01jd3v5c8k2m4n6p8q0r2s4t6v.", "art_01jd3v5c8k2m4n6p8q0r2s4t6v\n",
     "art_01JD3V5C8K2M4N6P8Q0R2S4T6V", "art_01jd3v5c8k2m4n6p8q0r2s4t6٣", "art_01jd3v5c8k2m4n6p8q0r2s4t6v.obj.obj"],
)  # fmt: skip
async def test_only_names_that_the_server_makes_are_taken(store: ArtifactStore, key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        await store.put(key, b"x", "image/png")
    with pytest.raises(ValueError, match="no key"):
        await read(store, key, 0, 1)
    for call in (store.size, store.delete):
        with pytest.raises(ValueError, match="no key"):
            await call(key)


@pytest.mark.parametrize("length", [100, len(DATA)])
async def test_a_write_that_fails_leaves_nothing(store: ArtifactStore, length: int) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        async for piece in in_pieces(DATA[:length]):
            yield piece
        raise RuntimeError("the source broke")

    key = new_id("art")
    with pytest.raises(RuntimeError, match="the source broke"):
        await store.put(key, breaking(), "image/png")
    assert await store.size(key) is None
    if isinstance(store, LocalStore):
        assert files_in(store) == []


async def test_a_write_that_is_cancelled_leaves_nothing(store: ArtifactStore) -> None:
    begun = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield DATA
        begun.set()
        await asyncio.Event().wait()

    key = new_id("art")
    writing = asyncio.create_task(store.put(key, stalling(), "image/png"))
    await begun.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await store.size(key) is None
    if isinstance(store, LocalStore):
        assert files_in(store) == []


def files_in(store: LocalStore) -> list[Path]:
    """Every file below the store's folder, unfinished ones included."""
    return [path for path in store._folder.rglob("*") if path.is_file()]


async def test_a_file_is_seen_only_when_it_is_whole(local_store: LocalStore) -> None:
    seen: list[int | None] = []
    key = new_id("art")

    async def watched() -> AsyncIterator[bytes]:
        async for piece in in_pieces(DATA):
            seen.append(await local_store.size(key))
            yield piece

    await local_store.put(key, watched(), "image/png")
    assert seen == [None] * len(seen)
    assert len(seen) > 5
    assert len(files_in(local_store)) == 1


async def test_a_process_that_is_killed_while_it_writes_leaves_no_half_file_behind(
    local_store: LocalStore, tmp_path: Path
) -> None:
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from pluggably.features.artifacts.store import LocalStore\n"
        "from pluggably.kit.ids import new_id\n"
        "async def pieces():\n"
        "    for number in range(40):\n"
        "        yield bytes([number]) * 10_000\n"
        "async def main():\n"
        "    store = LocalStore(Path(sys.argv[1]))\n"
        "    while True:\n"
        "        key = new_id('art')\n"
        "        await store.put(key, pieces(), 'image/png')\n"
        "        print(key, flush=True)\n"
        "asyncio.run(main())\n"
    )
    whole = b"".join(bytes([number]) * 10_000 for number in range(40))
    told: list[str] = []
    for seconds in (0.02, 0.033, 0.05):
        writer = subprocess.Popen(
            [sys.executable, "-c", script, str(local_store._folder)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        told.append(await asyncio.to_thread(writer.stdout.readline))  # it writes the next one now
        await asyncio.sleep(seconds)
        writer.send_signal(signal.SIGKILL)
        told += (await asyncio.to_thread(writer.communicate))[0].splitlines()
    unfinished = list((local_store._folder / "incoming").iterdir())
    for path in set(files_in(local_store)) - set(unfinished):
        assert path.read_bytes() == whole
    for key in told:
        assert await read(local_store, key.strip(), 0, len(whole)) == whole

    await local_store.tidy()
    assert list((local_store._folder / "incoming").iterdir()) == unfinished, "a write may still be going on"
    for path in unfinished:
        os.utime(path, (time.time() - UNFINISHED_S - 60,) * 2)
    await local_store.tidy()
    assert not list((local_store._folder / "incoming").iterdir())
    assert await local_store.size(told[0].strip()) == len(whole)


async def test_a_link_that_leads_out_of_the_store_is_not_followed(local_store: LocalStore, tmp_path: Path) -> None:
    key = new_id("art")
    await local_store.put(key, b"x", "image/png")
    (path,) = files_in(local_store)
    path.unlink()
    secret = tmp_path / "secret"
    secret.write_text("CANARY")
    path.symlink_to(secret)
    with pytest.raises(ObjectMissing):
        await read(local_store, key, 0, 6)


async def test_who_stops_reading_leaves_no_file_open(local_store: LocalStore) -> None:
    key = new_id("art")
    await local_store.put(key, DATA, "image/png")
    async with aclosing(local_store.open(key, 0, len(DATA))) as pieces:
        await anext(pieces)
        assert open_files(local_store) == 1
    assert open_files(local_store) == 0


async def test_who_is_cancelled_at_any_moment_and_twice_leaves_no_file_open(local_store: LocalStore) -> None:
    key = new_id("art")
    await local_store.put(key, DATA, "image/png")

    async def download() -> None:
        async for _ in local_store.open(key, 0, len(DATA)):
            await asyncio.sleep(0)

    async def upload() -> None:
        await local_store.put(new_id("art"), in_pieces(DATA), "image/png")

    for number in range(60):
        working = asyncio.create_task(upload() if number % 2 else download())
        for _ in range(number % 12):
            await asyncio.sleep(0.0002)
        for _ in range(3):
            working.cancel()
            await asyncio.sleep(0)
        with suppress(asyncio.CancelledError):
            await working
    deadline = time.monotonic() + 5
    while open_files(local_store) or list((local_store._folder / "incoming").iterdir()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    gc.collect()  # a file that was forgotten instead of closed is a warning, and so an error


def open_files(store: LocalStore) -> int:
    return sum(file.path.startswith(str(store._folder)) for file in psutil.Process().open_files())


def test_a_full_disk_is_told_as_that(tmp_path: Path) -> None:
    script = (
        "import asyncio, resource, signal, sys\n"
        "from pathlib import Path\n"
        "from pluggably.errors import InsufficientStorage\n"
        "from pluggably.features.artifacts.store import LocalStore\n"
        "from pluggably.kit.ids import new_id\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "async def pieces():\n"
        "    yield bytes(200_000)\n"
        "async def main():\n"
        "    for data in (bytes(200_000), pieces()):\n"
        "        try:\n"
        "            await LocalStore(Path(sys.argv[1])).put(new_id('art'), data, 'image/png')\n"
        "        except InsufficientStorage as error:\n"
        "            print(error.status)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.count(str(InsufficientStorage.status)) >= 2
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


async def test_a_folder_that_can_not_be_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotReady) as refusal:
        await LocalStore(tmp_path / "file" / "artifacts").put(new_id("art"), b"x", "image/png")
    assert str(tmp_path) not in refusal.value.message


async def test_objects_lie_below_their_prefix_with_their_media_type(s3_url: str) -> None:
    bucket = new_bucket(s3_url)
    store = store_in(s3_url, bucket, "some/where")
    key = new_id("art")
    await store.put(key, b"a png", "image/png")
    await store.put(f"{key}.obj", in_pieces(DATA), "model/obj")
    found = object_in(s3_url, bucket, f"some/where/{key}")
    assert (found.content, found.headers["content-type"]) == (b"a png", "image/png")
    found = object_in(s3_url, bucket, f"some/where/{key}.obj")
    assert hashlib.sha256(found.content).digest() == hashlib.sha256(DATA).digest()
    assert found.headers["content-type"] == "model/obj"


async def test_a_bucket_that_is_not_there_is_not_ready_and_shows_no_secret(s3_url: str) -> None:
    store = store_in(s3_url, "no-such-bucket")
    with pytest.raises(NotReady) as refusal:
        await store.put(new_id("art"), b"x", "image/png")
    assert "CANARY" not in refusal.value.message
    assert "no-such-bucket" not in refusal.value.message


async def test_a_server_that_does_not_answer_is_not_ready() -> None:
    store = store_in("http://127.0.0.1:9", "bucket")
    for call in (store.put(new_id("art"), b"x", "image/png"), store.size(new_id("art")), store.delete(new_id("art"))):
        with pytest.raises(NotReady):
            await call
    with pytest.raises(NotReady):
        await read(store, new_id("art"), 0, 1)


async def test_the_store_is_chosen_by_its_address(tmp_path: Path) -> None:
    for url, folder in ((None, tmp_path / "artifacts"), (f"file://{tmp_path}/with%20space", tmp_path / "with space")):
        await open_store(url, tmp_path).put(new_id("art"), b"x", "image/png")
        assert [path.read_bytes() for path in folder.rglob("art_*")] == [b"x"]
    assert isinstance(open_store("s3://bucket/prefix", tmp_path), S3Store)
