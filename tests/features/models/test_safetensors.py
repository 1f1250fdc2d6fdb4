"""The header reader: right about real files, calm about damaged and hostile ones."""

from __future__ import annotations

import json
import os
import struct
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from pluggably.features.models.model_file import DamagedModelFile
from pluggably.features.models.safetensors import MAX_HEADER_BYTES, Weights, read_weights
from tests.factories.pipeline_folders import safetensors_bytes, with_header

VALID = safetensors_bytes({"a": ("F16", (3, 5)), "b": ("F32", (2,)), "empty": ("F32", (0, 7)), "one": ("BF16", ())})


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("safetensors") / "model.safetensors"


def read(path: Path, content: bytes) -> Weights:
    path.write_bytes(content)
    return read_weights(path)


def described(size: int = 64, /, **tensor: object) -> bytes:
    return with_header(json.dumps({"t": tensor}).encode(), bytes(size))


def two_tensors(*places: tuple[int, int]) -> bytes:
    tensors = {
        str(begin): {"dtype": "U8", "shape": [end - begin], "data_offsets": [begin, end]} for begin, end in places
    }
    return with_header(json.dumps(tensors).encode(), bytes(max(end for _, end in places)))


def test_a_file_of_the_library_is_read_as_the_library_wrote_it(scratch: Path) -> None:
    tensors = {
        "half": numpy.zeros((3, 5), numpy.float16),
        "single": numpy.zeros(7, numpy.float32),
        "ids": numpy.zeros((1, 77), numpy.int64),
    }
    save_file(tensors, scratch, {"format": "pt"})
    found = read_weights(scratch)
    assert found.parameter_count == sum(tensor.size for tensor in tensors.values())
    assert found.size_bytes == sum(tensor.nbytes for tensor in tensors.values())
    assert found.by_type == Counter({"F16": 15, "F32": 7, "I64": 77})


def test_the_files_of_these_tests_are_safetensors_files(scratch: Path) -> None:
    assert read(scratch, VALID) == Weights(18, 30 + 8 + 2, Counter({"F16": 15, "F32": 2, "BF16": 1, "I64": 0}))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "too short"),
        (b"1234567", "too short"),
        (b"PK\x03\x04" + bytes(100), "no safetensors file"),
        (b"GGUF\x03\0\0\0" + bytes(100), "no safetensors file"),
        (struct.pack("<Q", 2**64 - 1) + b"{}", "too long"),
        (struct.pack("<Q", MAX_HEADER_BYTES) + b"{}", "not all here"),
        (with_header(b""), "no JSON object"),
        (with_header(b"[]"), "no JSON object"),
        (with_header(b"{"), "no JSON"),
        (with_header(b'{"t":' + b"[" * 100_000), "no JSON"),
        (with_header(b'{"t":' + b"[1," * 300_000), "declares too much"),
        (with_header(b'{"t":' + b"1" * 5000 + b"}"), "no JSON"),
        (with_header(b'{"t": "\xff\xfe"}'), "no JSON"),
        (with_header(b'{"t": 1}'), "describes no tensors"),
        (described(dtype="F32", shape=[1]), "describes no tensors"),
        (described(dtype=7, shape=[1], data_offsets=[0, 4]), "describes no tensors"),
        (described(dtype="F32", shape=[True], data_offsets=[0, 4]), "describes no tensors"),
        (described(dtype="F32", shape=[-1], data_offsets=[0, 4]), "describes no tensors"),
        (described(dtype="F32", shape=[1] * 17, data_offsets=[0, 4]), "describes no tensors"),
        (described(dtype="F32", shape=[1], data_offsets=[0, 4, 8]), "describes no tensors"),
        (described(dtype="F32", shape=[1], data_offsets=[4, 0]), "impossibly large"),
        (described(dtype="F32", shape=[2**62, 2**62], data_offsets=[0, 4]), "impossibly large"),
        (described(dtype="F32", shape=[2], data_offsets=[0, 4]), "size of a tensor"),
        (described(dtype="F32", shape=[32], data_offsets=[0, 128]), "cut off"),
        (described(dtype="F32", shape=[8], data_offsets=[0, 32]), "belong to no tensor"),
        (described(dtype="F32", shape=[8], data_offsets=[32, 64]), "overlap, or there are bytes between"),
        (two_tensors((0, 32), (16, 48)), "overlap, or there are bytes between"),
        (two_tensors((0, 16), (32, 64)), "overlap, or there are bytes between"),
    ],
)
def test_damage_is_named(scratch: Path, content: bytes, reason: str) -> None:
    with pytest.raises(DamagedModelFile, match=reason):
        read(scratch, content)


def test_every_truncation_is_noticed(scratch: Path) -> None:
    for length in range(len(VALID)):
        with pytest.raises(DamagedModelFile):
            read(scratch, VALID[:length])


def test_a_type_that_came_after_this_table_is_taken_at_its_word(scratch: Path) -> None:
    found = read(scratch, described(16, dtype="F4", shape=[32], data_offsets=[0, 16]))
    assert (found.parameter_count, found.size_bytes) == (32, 16)


def test_a_fifo_a_folder_and_an_absent_file_are_damaged_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    for name in ("fifo", "folder", "absent"):
        with pytest.raises(DamagedModelFile):
            read_weights(tmp_path / name)


def test_a_header_that_is_all_lists_costs_little_memory(scratch: Path) -> None:
    scratch.write_bytes(with_header(b'{"t":[' + b"[],[]," * 80_000 + b"[]]}"))
    tracemalloc.start()
    with pytest.raises(DamagedModelFile):
        read_weights(scratch)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * 1024 * 1024


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    content = bytearray(VALID)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content) - 1))
        change = draw(
            st.binary(min_size=1, max_size=8) | st.sampled_from([b"\xff" * 8, b"[[", b"{}", b"1e9", b"null"])
        )
        content[at : at + len(change)] = change
    return bytes(content[: draw(st.none() | st.integers(0, len(content)))])


JSONS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)
TENSORS = st.fixed_dictionaries({"dtype": JSONS, "shape": JSONS, "data_offsets": JSONS}) | JSONS


@settings(max_examples=300, deadline=2000)
@given(
    content=st.binary(max_size=200)
    | mutations()
    | st.dictionaries(st.text(max_size=4), TENSORS, max_size=3).map(lambda it: with_header(json.dumps(it).encode()))
)
def test_no_content_raises_anything_else(scratch: Path, content: bytes) -> None:
    try:
        found = read(scratch, content)
    except DamagedModelFile:
        return
    assert found.size_bytes <= len(content)
