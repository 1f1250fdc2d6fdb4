"""The header reader: right about real files, calm about damaged and hostile ones."""

from __future__ import annotations

import os
import struct
import time
import tracemalloc
from pathlib import Path

import gguf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluggably.features.models.gguf import QUANTISATIONS, TENSOR_TYPES, DamagedModelFile, Header, read_header
from tests.factories.models import ARRAY, BOOL, F32, STRING, U32, U64, Field, gguf_bytes, text_fields, write_gguf

VALID = gguf_bytes()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gguf") / "model.gguf"


def read(path: Path, content: bytes) -> Header:
    path.write_bytes(content)
    return read_header(path)


@pytest.mark.req("SYS-REQ-018")
def test_the_starter_model_reads_as_the_gguf_package_reads_it(starter_model: Path) -> None:
    header = read_header(starter_model)
    reference = gguf.GGUFReader(starter_model)

    def field(name: str) -> object:
        found = reference.get_field(name)
        assert found is not None
        return found.contents()

    assert header.architecture == field("general.architecture") == "llama"
    assert header.name == field("general.name")
    assert header.licence == field("general.license")
    assert header.author == field("general.organization")
    assert header.context_length == field("llama.context_length") == 8192
    assert header.tensor_count == len(reference.tensors)
    assert header.parameter_count == sum(int(tensor.n_elements) for tensor in reference.tensors)
    assert header.file_type == header.tensor_type == "Q4_1"
    assert (header.kind, header.has_chat_template, header.has_tokenizer, header.parts) == ("text", True, True, 1)


def test_the_starter_model_is_read_in_a_blink_and_in_little_memory(starter_model: Path) -> None:
    read_header(starter_model)
    began = time.process_time()
    tracemalloc.start()
    read_header(starter_model)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.process_time() - began < 1.5
    assert peak < 2 * 1024 * 1024


def test_the_tables_are_those_of_the_gguf_package() -> None:
    for kind, (block, size) in gguf.GGML_QUANT_SIZES.items():
        assert TENSOR_TYPES[int(kind)] == (kind.name, block, size)
    for number, name in QUANTISATIONS.items():
        assert gguf.LlamaFileType(number).name in (f"MOSTLY_{name}", f"ALL_{name}")


def test_the_files_of_these_tests_are_gguf_files(scratch: Path) -> None:
    header = read(scratch, VALID)
    reference = gguf.GGUFReader(scratch)
    assert [tensor.name for tensor in reference.tensors] == ["token_embd.weight"]
    assert header.parameter_count == 96
    assert header.file_type == "F32"


def test_version_2_is_read(scratch: Path) -> None:
    assert read(scratch, gguf_bytes(version=2)).architecture == "llama"


def test_what_the_makers_recommend_is_read(scratch: Path) -> None:
    fields = text_fields(
        general__sampling__temp=(F32, 0.6),
        general__sampling__top_k=(U32, 20),
        general__sampling__top_p=(F32, float("nan")),
    )
    assert read(scratch, gguf_bytes(fields)).sampling == {"temperature": 0.6, "top_k": 20}


@pytest.mark.parametrize(
    ("architecture", "changes", "kind"),
    [
        ("llama", {}, "text"),
        ("bert", {}, "embedding"),
        ("qwen3", {"qwen3__pooling_type": (U32, 3)}, "embedding"),
        ("qwen3", {"qwen3__pooling_type": (U32, 0)}, "text"),
        ("bert", {"bert__pooling_type": (U32, 4)}, "rerank"),
        ("clip", {}, "projector"),
        ("llama", {"general__type": (STRING, "adapter")}, "adapter"),
    ],
)
def test_the_kind_is_told_from_architecture_type_and_pooling(
    scratch: Path, architecture: str, changes: dict[str, tuple[int, object]], kind: str
) -> None:
    assert read(scratch, gguf_bytes(text_fields(architecture, **changes))).kind == kind


def test_texts_lose_what_terminals_and_databases_can_not_hold(scratch: Path) -> None:
    header = read(scratch, gguf_bytes(text_fields(general__name=(STRING, "A\0\x1b[31mB\n"))))
    assert header.name == "A[31mB"


def test_only_addresses_of_the_web_count_as_documentation(scratch: Path) -> None:
    fields = text_fields(
        general__url=(STRING, "javascript:alert(1)"), general__repo_url=(STRING, "https://example.org/m")
    )
    assert read(scratch, gguf_bytes(fields)).url == "https://example.org/m"


def header_of(tensors: int, fields: int, rest: bytes = b"", version: int = 3) -> bytes:
    return struct.pack("<4sIQQ", b"GGUF", version, tensors, fields) + rest


def array(kind: int, count: int, rest: bytes = b"") -> bytes:
    return struct.pack("<Q1sI", 1, b"k", ARRAY) + struct.pack("<IQ", kind, count) + rest


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is no GGUF file"),
        (b"GGUF", "is no GGUF file"),
        (b"PK\x03\x04" + bytes(100), "is no GGUF file"),
        (header_of(0, 0, version=1), "version 1"),
        (struct.pack(">4sIQQ", b"GGUF", 3, 0, 0), "big-endian"),
        (header_of(2**63, 0), "tensors"),
        (header_of(0, 2**63), "fields"),
        (header_of(0, 1, struct.pack("<Q", 2**64 - 1)), "a name of"),
        (header_of(0, 1, struct.pack("<Q1sI", 1, b"k", 99)), "unknown type 99"),
        (header_of(0, 1, array(U64, 2**61)), "after the end"),
        (header_of(0, 1, array(STRING, 2**61)), "items"),
        (header_of(0, 1, array(STRING, 2, struct.pack("<Q", 2**64 - 1))), "after the end"),
        (header_of(0, 1, array(ARRAY, 2**40)), "items"),
        (header_of(0, 1, array(ARRAY, 1, struct.pack("<IQ", ARRAY, 1) * 50)), "dimensions"),
        (header_of(0, 0), "names no architecture"),
        (gguf_bytes(text_fields(general__alignment=(U32, 0))), "alignment"),
        (gguf_bytes(text_fields(general__alignment=(U32, 33))), "alignment"),
        (gguf_bytes(tensors=(("t", (1, 1, 1, 1, 1), 0),)), "5 dimensions"),
        (gguf_bytes(tensors=(("t" * 2000, (1,), 0),)), "a tensor's name of"),
        (header_of(1, 0, struct.pack("<Q1sIQQIQ", 1, b"t", 2, 2**63, 2**63, 0, 0)), "impossibly large"),
    ],
)
def test_damage_is_named(scratch: Path, content: bytes, reason: str) -> None:
    with pytest.raises(DamagedModelFile, match=reason):
        read(scratch, content)


def test_missing_weights_are_noticed(scratch: Path) -> None:
    with pytest.raises(DamagedModelFile, match=rf"cut off: {len(VALID) - 1} of at least {len(VALID)} bytes"):
        read(scratch, VALID[:-1])


def test_every_truncation_is_noticed(scratch: Path) -> None:
    for length in range(len(VALID)):
        with pytest.raises(DamagedModelFile):
            read(scratch, VALID[:length])


def test_a_fifo_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    with pytest.raises(DamagedModelFile, match="regular file"):
        read_header(tmp_path / "pipe.gguf")


def test_an_absent_file_and_a_folder_are_damaged_files(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.gguf", tmp_path, tmp_path / "nul\0.gguf"):
        with pytest.raises(DamagedModelFile):
            read_header(path)


def test_a_header_without_end_costs_little_time_and_memory(tmp_path: Path) -> None:
    path = tmp_path / "sparse.gguf"

    def refused_with(strings: int) -> None:
        with path.open("wb") as file:  # empty strings, then zeros up to 8 GiB that take no room on the disk
            file.write(header_of(1, 4000, array(STRING, strings)))
            file.truncate(8 * 1024**3)
        with pytest.raises(DamagedModelFile):
            read_header(path)

    began = time.process_time()
    refused_with(3_900_000)
    assert time.process_time() - began < 10
    tracemalloc.start()  # which makes everything several times slower
    refused_with(1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 1024 * 1024, "a list of so many would take 8 MB"


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    content = bytearray(VALID)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content) - 1))
        change = draw(
            st.binary(min_size=1, max_size=8)
            | st.sampled_from([b"\xff" * 8, b"\xff\xff\xff\x7f", bytes(8), b"\t\0\0\0"])
        )
        content[at : at + len(change)] = change
    return bytes(content[: draw(st.none() | st.integers(0, len(content)))])


@settings(max_examples=400, deadline=2000)
@given(content=st.binary(max_size=400) | st.binary(max_size=400).map(lambda rest: VALID[:24] + rest) | mutations())
def test_no_content_raises_anything_else(scratch: Path, content: bytes) -> None:
    try:
        header = read(scratch, content)
    except DamagedModelFile:
        return
    assert header.tensor_count <= len(content)


def test_a_small_model_may_have_a_field_of_every_type(tmp_path: Path) -> None:
    fields = text_fields(
        a__bool=(BOOL, True), a__nested=(ARRAY, (ARRAY, [(U32, [1, 2]), (STRING, ["x"])])), a__big=(U64, 2**64 - 1)
    )
    assert read_header(write_gguf(tmp_path / "m.gguf", fields)).has_tokenizer


def test_the_memory_of_a_token_of_context_is_told_where_the_header_has_what_it_takes(tmp_path: Path) -> None:
    known: dict[str, Field | None] = {
        "llama__block_count": (U32, 30),
        "llama__embedding_length": (U32, 576),
        "llama__attention__head_count": (U32, 9),
        "llama__attention__head_count_kv": (U32, 3),
    }

    def told(**changes: Field | None) -> int | None:
        return read_header(write_gguf(tmp_path / "m.gguf", text_fields(**known | changes))).kv_bytes_per_token

    assert told() == 30 * 3 * (64 + 64) * 2
    lengths = {"llama__attention__key_length": (U32, 128), "llama__attention__value_length": (U32, 32)}
    assert told(**lengths) == 30 * 3 * (128 + 32) * 2
    assert told(llama__attention__head_count_kv=(ARRAY, (U32, [3, 1]))) is None
    assert told(llama__block_count=None) is None
    assert told(llama__block_count=(U32, 2**31 - 1), llama__attention__head_count_kv=(U32, 2**31 - 1)) == 2**40
