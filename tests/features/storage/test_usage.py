"""Folders with links, measured."""

from __future__ import annotations

from pathlib import Path

from pluggably.features.storage.usage import free_bytes, size_of, used_bytes


def test_every_file_counts_once_whatever_leads_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "a.gguf").write_bytes(bytes(1000))
    (folder / "deep" / "b.gguf").write_bytes(bytes(200))
    (folder / "deep" / "er" / "unfinished.part").write_bytes(bytes(30))
    (folder / "deep" / "hard.gguf").hardlink_to(folder / "a.gguf")
    (folder / "soft.gguf").symlink_to(folder / "a.gguf")
    (folder / "loop").symlink_to(folder)
    (tmp_path / "elsewhere").write_bytes(bytes(5000))
    (folder / "outside.gguf").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "alias").symlink_to(folder)
    assert used_bytes([folder]) == 1230
    assert used_bytes([folder, folder / "deep", tmp_path / "alias"]) == 1230
    assert used_bytes([tmp_path / "nothing here"]) == 0


def test_a_model_is_a_file_or_all_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "weights.safetensors").write_bytes(bytes(70))
    (tmp_path / "model_index.json").write_bytes(bytes(5))
    assert size_of(str(tmp_path)) == 75
    assert size_of(str(tmp_path / "model_index.json")) == 5
    assert size_of(str(tmp_path / "gone")) is None


def test_a_folder_that_is_still_to_be_made_has_the_room_of_its_disk(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "to" / "be" / "made") > 0
