"""What abandoned downloads leave: found by name and age, removed unless somebody goes on with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from pluggably.features.storage.leftovers import find_leftovers, remove_leftover
from tests.factories.storage import aged


def old(path: Path, size: int = 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    return aged(path, days=2)


def names(folder: Path, *in_use: Path) -> list[tuple[str, str]]:
    return [(found.name, found.reason) for found in find_leftovers([folder], [str(path) for path in in_use])]


def test_stale_parts_and_locks_of_nothing_are_found_and_nothing_else(folder: Path) -> None:
    old(folder / "big.gguf.part", 1000)
    old(folder / "sub" / "x.safetensors.incomplete", 500)
    old(folder / ".cache" / "huggingface" / "download" / "y.partial", 200)
    old(folder / "big.gguf.part.json", 20)
    old(folder / ".gone.gguf.lock", 0)
    old(folder / ".big.gguf.lock", 0)
    old(folder / "model.gguf", 5000)
    old(folder / ".model.gguf.lock", 0)
    old(folder / "notes.txt")
    (folder / "fresh.gguf.part").write_bytes(b"1")
    old(folder.parent / "outside.part")
    (folder / "link").symlink_to(folder.parent)
    assert names(folder) == [
        ("big.gguf.part", "unfinished"),
        ("sub/x.safetensors.incomplete", "unfinished"),
        (".cache/huggingface/download/y.partial", "unfinished"),
        ("big.gguf.part.json", "unfinished"),
        (".gone.gguf.lock", "orphaned"),
    ]


def test_what_a_download_under_way_uses_stays(folder: Path) -> None:
    waiting = old(folder / "waiting.gguf.part")
    old(folder / "org" / "model" / "a.part")
    old(folder / "org" / "model-2" / "a.part")
    assert names(folder, waiting, folder / "org" / "model") == [("org/model-2/a.part", "unfinished")]


def test_all_that_an_abandoned_download_gathered_goes_with_its_folder(folder: Path) -> None:
    old(folder / ".downloads" / "abandoned" / "unet" / "whole.safetensors", 300)
    old(folder / ".downloads" / "waiting" / "whole.safetensors", 300)
    waiting = folder / ".downloads" / "waiting"
    (found,) = find_leftovers([folder], [str(waiting)])
    assert (found.name, found.reason) == (".downloads/abandoned/unet/whole.safetensors", "unfinished")
    assert remove_leftover(found)
    assert sorted(folder.rglob("*")) == [folder / ".downloads", waiting, waiting / "whole.safetensors"]
    for left in find_leftovers([folder]):
        remove_leftover(left)
    assert list(folder.iterdir()) == []


def test_a_file_in_two_folders_at_once_is_found_once(folder: Path) -> None:
    old(folder / "sub" / "a.part")
    assert len(find_leftovers([folder, folder / "sub"])) == 1


@pytest.mark.parametrize("name", ["a.gguf.part", "a.gguf.part.json"])
def test_a_part_is_removed_unless_its_lock_is_held_or_it_grew(folder: Path, name: str) -> None:
    part = old(folder / name)
    lock = FileLock(folder / ".a.gguf.lock")
    (found,) = find_leftovers([folder])
    with lock:
        assert not remove_leftover(found)
        assert part.exists()
    part.write_bytes(b"more")
    assert not remove_leftover(found)
    aged(part, days=3)
    (found,) = (leftover for leftover in find_leftovers([folder]) if leftover.path == part)
    assert remove_leftover(found)
    assert not part.exists()
    assert not remove_leftover(found)


def test_a_lock_of_nothing_is_removed_unless_it_is_held(folder: Path) -> None:
    path = old(folder / ".gone.gguf.lock", 0)
    (found,) = find_leftovers([folder])
    with FileLock(path):
        assert not remove_leftover(found)
    assert remove_leftover(found)
    assert not path.exists()


def test_weights_that_no_revision_in_the_hubs_cache_has_are_orphans(folder: Path) -> None:
    cache = folder / "models--org--name"
    needed, orphan = old(cache / "blobs" / "aaa", 100), old(cache / "blobs" / "bbb", 200)
    old(folder / "blobs" / "other people's", 300)
    snapshot = cache / "snapshots" / "rev"
    snapshot.mkdir(parents=True)
    (snapshot / "m.gguf").symlink_to(needed)
    assert names(folder) == [("models--org--name/blobs/bbb", "orphaned")]
    (found,) = find_leftovers([folder])
    assert remove_leftover(found)
    assert (needed.exists(), orphan.exists()) == (True, False)
