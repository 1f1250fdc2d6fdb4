"""Fetching a file from servers that misbehave."""

from __future__ import annotations

import asyncio
import hashlib
import random
from pathlib import Path

import pytest

from pluggably.errors import InsufficientStorage
from pluggably.features.downloads.fetch import DownloadFailed, Expected, Patience, WrongContent, fetch
from tests.fakes.file_server import Manners, file_server

CONTENT = random.Random(7).randbytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
QUICK = Patience(connect_s=2, idle_s=0.3, attempts=3, backoff_s=0.01)


class Seen:
    """What was reported as progress."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def __call__(self, done: int, total: int) -> None:
        assert total == len(CONTENT)
        self.steps.append(done)


def left_over(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir() if not path.name.endswith(".lock"))


async def pull(url: str, target: Path, progress: Seen | None = None, size: int = len(CONTENT)) -> Path:
    return await fetch(url, target, Expected(size, SHA256), on_progress=progress, patience=QUICK)


async def test_a_file_arrives_whole_with_progress_that_only_rises(tmp_path):
    progress = Seen()
    async with file_server(CONTENT) as server:
        path = await pull(server.url, tmp_path / "new folder" / "file.bin", progress)
    assert path.read_bytes() == CONTENT
    assert progress.steps == sorted(progress.steps)
    assert progress.steps[-1] == len(CONTENT)
    assert left_over(path) == ["file.bin"]


async def test_a_broken_connection_is_resumed_at_the_byte_where_it_broke(tmp_path):
    progress = Seen()
    async with file_server(CONTENT, Manners(stop_after=100_000), Manners(stop_after=50_000)) as server:
        path = await pull(server.url, tmp_path / "file.bin", progress)
        first, second, third = server.starts
        assert first == 0 < second <= 100_000
        assert second < third <= second + 50_000
    assert path.read_bytes() == CONTENT
    assert progress.steps == sorted(progress.steps)


async def test_a_pull_that_failed_goes_on_in_the_next_call(tmp_path):
    target = tmp_path / "file.bin"
    down = [Manners(status=503)] * 3
    async with file_server(CONTENT, Manners(stop_after=120_000), *down) as server:
        with pytest.raises(DownloadFailed, match="of 300,000 bytes are kept"):
            await pull(server.url, target)
        assert not target.exists()
        assert left_over(target) == ["file.bin.part", "file.bin.part.json"]
        kept = (tmp_path / "file.bin.part").stat().st_size
        assert 0 < kept <= 120_000
        await pull(server.url, target)
        assert server.starts[-1] == kept
    assert target.read_bytes() == CONTENT


async def test_a_server_that_ignores_ranges_makes_it_start_again_and_progress_does_not_fall(tmp_path):
    progress = Seen()
    manners = [Manners(stop_after=200_000), Manners(ranges=False, stop_after=90_000), Manners(ranges=False)]
    async with file_server(CONTENT, *manners) as server:
        path = await pull(server.url, tmp_path / "file.bin", progress)
        first, second, third = server.starts
        assert first == 0 < third <= 90_000 < second <= 200_000
    assert path.read_bytes() == CONTENT
    assert progress.steps == sorted(progress.steps)


async def test_a_server_that_breaks_at_the_same_byte_for_ever_is_given_up(tmp_path):
    async with file_server(CONTENT, *[Manners(ranges=False, stop_after=90_000)] * 20) as server:
        with pytest.raises(DownloadFailed):
            await pull(server.url, tmp_path / "file.bin")
        assert len(server.starts) == QUICK.attempts


async def test_attempts_that_bring_bytes_are_not_counted_as_failures(tmp_path):
    async with file_server(CONTENT, *[Manners(stop_after=20_000)] * 10) as server:
        path = await pull(server.url, tmp_path / "file.bin")
        assert len(server.starts) > 2 * QUICK.attempts
    assert path.read_bytes() == CONTENT


async def test_a_range_other_than_the_one_asked_for_is_not_written(tmp_path):
    manners = [Manners(stop_after=100_000), Manners(shift=7)]
    async with file_server(CONTENT, *manners) as server:
        path = await pull(server.url, tmp_path / "file.bin")
        assert [start > 0 for start in server.starts] == [False, True, False]
    assert path.read_bytes() == CONTENT


async def test_a_stalled_connection_is_dropped_after_the_idle_time(tmp_path):
    async with file_server(CONTENT, Manners(stop_after=100_000, then="stall")) as server:
        path = await asyncio.wait_for(pull(server.url, tmp_path / "file.bin"), 5)
        assert server.stalled == 1
        assert server.starts == [0, 100_000]
    assert path.read_bytes() == CONTENT


async def test_a_file_with_the_wrong_hash_never_gets_the_name_and_is_thrown_away(tmp_path):
    target = tmp_path / "file.bin"
    wrong = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    async with file_server(wrong) as server:
        with pytest.raises(WrongContent, match="SHA-256"):
            await pull(server.url, target)
        assert server.starts == [0]
    assert left_over(target) == []


async def test_the_beginning_of_another_file_is_replaced_by_a_fresh_one(tmp_path):
    (tmp_path / "file.bin.part").write_bytes(b"x" * 100_000)
    async with file_server(CONTENT) as server:
        path = await pull(server.url, tmp_path / "file.bin")
        assert server.starts == [100_000, 0]
    assert path.read_bytes() == CONTENT


async def test_a_part_that_is_longer_than_the_file_is_thrown_away(tmp_path):
    (tmp_path / "file.bin.part").write_bytes(b"x" * 300_001)
    async with file_server(CONTENT) as server:
        path = await pull(server.url, tmp_path / "file.bin")
        assert server.starts == [0]
    assert path.read_bytes() == CONTENT


async def test_a_file_of_another_size_is_refused_and_what_was_fetched_is_kept(tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:1000])
    async with file_server(b"<html>please log in</html>", Manners(ranges=False)) as server:
        with pytest.raises(WrongContent, match="has 26 bytes, 300,000 were expected"):
            await pull(server.url, tmp_path / "file.bin")
    assert (tmp_path / "file.bin.part").read_bytes() == CONTENT[:1000]


async def test_a_server_that_sends_more_than_it_should_is_stopped(tmp_path):
    async with file_server(CONTENT + b"more", Manners(chunked=True)) as server:
        with pytest.raises(WrongContent, match="more than the 300,000 bytes"):
            await pull(server.url, tmp_path / "file.bin")
    assert left_over(tmp_path / "file.bin") == []


async def test_an_answer_that_will_not_change_is_not_asked_for_again(tmp_path):
    async with file_server(CONTENT, Manners(status=404)) as server:
        with pytest.raises(DownloadFailed, match="answered 404"):
            await pull(server.url, tmp_path / "file.bin")
        assert server.starts == [0]


async def test_what_an_address_may_hide_is_in_no_message(tmp_path):
    async with file_server(CONTENT, Manners(status=404)) as server:
        url = server.url.replace("http://", "http://user:s3cret@") + "?signature=s3cret"
        with pytest.raises(DownloadFailed) as caught:
            await pull(url, tmp_path / "file.bin")
    assert "file.bin answered 404" in str(caught.value)
    assert "s3cret" not in str(caught.value)


async def test_an_address_that_redirects_to_what_is_no_http_is_in_no_message(tmp_path):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        moved = b"HTTP/1.1 302 Found\r\nLocation: /signed?token=s3cret\r\nContent-Length: 0\r\n\r\n"
        writer.write(b"no HTTP\r\n\r\n" if b"signed" in head else moved)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/file.bin"
    async with server:
        with pytest.raises(DownloadFailed) as caught:
            await fetch(url, tmp_path / "f", Expected(5, "0" * 64), patience=QUICK)
    assert "s3cret" not in caught.value.message
    assert "no HTTP" in caught.value.message


async def test_a_server_that_is_not_there_is_tried_again_and_then_named(tmp_path):
    async with file_server(CONTENT) as server:
        url = server.url
    with pytest.raises(DownloadFailed, match=r"127\.0\.0\.1"):
        await pull(url, tmp_path / "file.bin")


async def test_a_file_that_is_already_there_is_not_fetched(tmp_path):
    (tmp_path / "file.bin").write_bytes(CONTENT)
    async with file_server(CONTENT) as server:
        await pull(server.url, tmp_path / "file.bin")
        assert server.starts == []


async def test_a_wrong_file_under_the_name_is_replaced(tmp_path):
    (tmp_path / "file.bin").write_bytes(CONTENT[:-1] + b"?")
    async with file_server(CONTENT) as server:
        path = await pull(server.url, tmp_path / "file.bin")
    assert path.read_bytes() == CONTENT


async def test_two_calls_for_one_file_fetch_it_once(tmp_path):
    async with file_server(CONTENT) as server:
        paths = await asyncio.gather(*[pull(server.url, tmp_path / "file.bin") for _ in range(3)])
        assert server.starts == [0]
    assert {path.read_bytes() for path in paths} == {CONTENT}


async def test_a_cancelled_fetch_keeps_its_part_and_gives_the_file_free(tmp_path):
    target = tmp_path / "file.bin"
    async with file_server(CONTENT, Manners(stop_after=100_000, then="stall")) as server:
        slow = asyncio.create_task(
            fetch(server.url, target, Expected(len(CONTENT), SHA256), patience=Patience(idle_s=60))
        )
        while not server.stalled:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        assert (tmp_path / "file.bin.part").stat().st_size == 100_000
        assert (await pull(server.url, target)).read_bytes() == CONTENT


async def test_a_file_that_cannot_fit_is_refused_before_a_byte_is_asked_for(tmp_path):
    async with file_server(CONTENT) as server:
        with pytest.raises(InsufficientStorage, match="bytes free"):
            await pull(server.url, tmp_path / "file.bin", size=10**18)
        assert server.starts == []


@pytest.mark.parametrize("size", [1000, len(CONTENT), 5_000_000])
async def test_a_disk_that_is_full_is_told_and_leaves_no_file_under_the_name(tmp_path, size):
    content = random.Random(8).randbytes(size)
    target = tmp_path / "file.bin"
    target.with_name("file.bin.part").symlink_to("/dev/full")  # a device that takes nothing: every write fails so
    async with file_server(content) as server:
        with pytest.raises(InsufficientStorage, match="is full"):
            await fetch(server.url, target, Expected(size, hashlib.sha256(content).hexdigest()), patience=QUICK)
    assert not target.exists()
