"""Which files are weights: told by what is in them, whatever they are called, and never by running them."""

from __future__ import annotations

import collections
import io
import os
import pickle
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluggably.features.models.model_file import DamagedModelFile
from pluggably.features.models.weights import RefusedWeights, SafeWeights, check_weights
from tests.factories.models import gguf_bytes
from tests.factories.pipeline_folders import safetensors_bytes, with_header


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights") / "model.gguf"


def check(path: Path, content: bytes) -> SafeWeights:
    path.write_bytes(content)
    return check_weights(path)


@pytest.mark.parametrize("name", ["m.gguf", "m.safetensors", "pytorch_model.bin", "m", "m.zip"])
def test_what_is_inside_counts_whatever_the_name_says(tmp_path: Path, name: str) -> None:
    assert check(tmp_path / name, gguf_bytes()) == SafeWeights("gguf", 96)
    assert check(tmp_path / name, safetensors_bytes()) == SafeWeights("safetensors", 32)


class Bomb:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "m.pt", "m.ckpt", "m.gguf", "m.safetensors"])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_of_any_protocol_is_refused_as_one_and_not_run(tmp_path: Path, name: str, protocol: int) -> None:
    mark = tmp_path / "mark"
    with pytest.raises(RefusedWeights, match="is a pickle, which can run code when it is loaded: get the GGUF or"):
        check(tmp_path / name, pickle.dumps({"weights": Bomb(mark)}, protocol))
    assert not mark.exists()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "value",
    [{}, {"a": 1}, [1, 2], (1, 2, 3, 4), collections.OrderedDict(a=1), {1, 2}, b"abc", "text" * 99, len],
    ids=repr,
)
def test_pickles_of_simple_values_are_known_too(scratch: Path, value: object, protocol: int) -> None:
    with pytest.raises(RefusedWeights, match="is a pickle"):
        check(scratch, pickle.dumps(value, protocol))


def zip_of(name: str, content: bytes) -> bytes:
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def tar_of(name: str, content: bytes, mode: str = "w") -> bytes:
    with tarfile.open(fileobj=(buffer := io.BytesIO()), mode=mode) as archive:  # type: ignore[call-overload]
        item = tarfile.TarInfo(name)
        item.size = len(content)
        archive.addfile(item, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (zip_of("archive/data.pkl", pickle.dumps({})), "zip archive, as PyTorch's pickles are, which can run code"),
        (zip_of("model.gguf", gguf_bytes()), "zip archive"),
        (tar_of("model.gguf", gguf_bytes()), "tar archive"),
        (tar_of("model.gguf", gguf_bytes(), "w:gz"), "gzip archive"),
        (tar_of("model.gguf", gguf_bytes(), "w:xz"), "xz archive"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5"),
        (b"\x93NUMPY\x01\0" + bytes(100), "NumPy"),
        (b"\x7fELF" + bytes(100), "program"),
        (b"ggml" + bytes(100), "from before GGUF"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "pointer of Git LFS"),
        (b"\n<!DOCTYPE html><html>Not found", "web page"),
        (b"\xff" * 100, "neither GGUF nor safetensors"),
        (bytes(100), "neither GGUF nor safetensors"),
    ],
)
def test_what_is_no_weights_is_refused_with_the_reason(scratch: Path, content: bytes, reason: str) -> None:
    with pytest.raises(RefusedWeights, match=reason):
        check(scratch, content)


def test_weights_that_are_damaged_or_cut_off_are_refused(scratch: Path) -> None:
    for whole in (gguf_bytes(), safetensors_bytes()):
        for length in range(len(whole)):
            with pytest.raises(DamagedModelFile):
                check(scratch, whole[:length])


def test_a_tensor_outside_the_file_is_refused(scratch: Path) -> None:
    outside = b'{"t":{"dtype":"U8","shape":[100],"data_offsets":[0,100]}}'
    with pytest.raises(DamagedModelFile, match="cut off"):
        check(scratch, with_header(outside, bytes(99)))
    with pytest.raises(DamagedModelFile, match="cut off"):
        check(scratch, gguf_bytes()[:-1])


def test_safetensors_whose_length_looks_like_a_pickle_are_none(scratch: Path) -> None:
    header = b'{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
    content = with_header(header.ljust(0x0280), b"x")
    assert content.startswith(b"\x80\x02")
    assert check(scratch, content) == SafeWeights("safetensors", 1)


def test_a_fifo_a_folder_and_an_absent_file_are_no_weights(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    for name in ("fifo", "folder", "absent"):
        with pytest.raises(DamagedModelFile):
            check_weights(tmp_path / name)


MAGICS = [b"GGUF", b"PK\x03\x04", b"\x80\x04", b"\x1f\x8b", b"(dp0\n", b"{", b"\x02\0\0\0\0\0\0\0{}"]


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    content = bytearray(draw(st.sampled_from([gguf_bytes(), safetensors_bytes(), pickle.dumps({"a": [1, "b"]}, 0)])))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content) - 1))
        change = draw(st.binary(min_size=1, max_size=8))
        content[at : at + len(change)] = change
    return bytes(content[: draw(st.none() | st.integers(0, len(content)))])


@settings(max_examples=300, deadline=2000)
@given(st.tuples(st.sampled_from([b"", *MAGICS]), st.binary(max_size=300)).map(b"".join) | mutations())
def test_no_content_raises_anything_else(scratch: Path, content: bytes) -> None:
    try:
        found = check(scratch, content)
    except DamagedModelFile:
        return
    assert content.startswith(b"GGUF") if found.format == "gguf" else content[8:9] == b"{"
