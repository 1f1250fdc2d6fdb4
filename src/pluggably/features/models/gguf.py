"""Reads what the gateway needs from a GGUF file's header, within bounds, whoever made the file.

Source of the format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import math
import re
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pluggably.features.models.model_file import DamagedModelFile, open_model_file

MAX_HEADER_BYTES = 128 * 1024 * 1024
"""The largest vocabularies take about 30 MiB."""
MAX_FIELDS = 4096
MAX_TENSORS = 131_072
MAX_ITEMS = 4_000_000
"""Strings and nested arrays in all arrays together; the largest vocabularies have about a million, with merges."""
MAX_NAME_BYTES = 1024
MAX_TEXT_BYTES = 16_384
MAX_NESTING = 4
MAX_ELEMENTS = 2**63 - 1

_MAX_KV_BYTES = 2**40
_CHUNK = 256 * 1024
_U32, _U64 = struct.Struct("<I"), struct.Struct("<Q")
_STRING, _ARRAY = 8, 9
_LETTERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_SCALARS = {code: struct.Struct("<" + letter) for code, letter in _LETTERS.items()}
_ARCHITECTURE = re.compile(r"[A-Za-z0-9_.+-]{1,64}")
_EMBEDDING_ARCHITECTURES = frozenset(
    (
        *("bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "eurobert"),
        *("jina-bert-v2", "jina-bert-v3", "gemma-embedding", "t5encoder"),
    )
)
_POOLING = {0: "none", 1: "mean", 2: "cls", 3: "last", 4: "rank"}

QUANTISATIONS = {
    number: name
    for names in (
        "0:F32 1:F16 2:Q4_0 3:Q4_1 7:Q8_0 8:Q5_0 9:Q5_1 10:Q2_K 11:Q3_K_S 12:Q3_K_M 13:Q3_K_L 14:Q4_K_S 15:Q4_K_M",
        "16:Q5_K_S 17:Q5_K_M 18:Q6_K 19:IQ2_XXS 20:IQ2_XS 21:Q2_K_S 22:IQ3_XS 23:IQ3_XXS 24:IQ1_S 25:IQ4_NL 26:IQ3_S",
        "27:IQ3_M 28:IQ2_S 29:IQ2_M 30:IQ4_XS 31:IQ1_M 32:BF16 36:TQ1_0 37:TQ2_0 38:MXFP4_MOE 39:NVFP4 40:Q1_0",
    )
    for number, name in ((int(pair.partition(":")[0]), pair.partition(":")[2]) for pair in names.split())
}
"""llama.cpp's `llama_ftype`: the value of `general.file_type`."""

TENSOR_TYPES = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    9: ("Q8_1", 32, 40),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
}
"""ggml's `ggml_type`: name, weights in a block, bytes of a block."""

_URLS = ("general.url", "general.repo_url", "general.source.url", "general.source.repo_url")
_TEXTS = frozenset(
    (
        *("general.architecture", "general.type", "general.name", "general.description", "general.author"),
        *("general.organization", "general.license", *_URLS),
    )
)
_PRESENCES = frozenset(("tokenizer.ggml.model", "tokenizer.chat_template"))
"""Texts of which it matters that they are there, not what they say."""
_SAMPLING = {
    "general.sampling.temp": "temperature",
    "general.sampling.top_k": "top_k",
    "general.sampling.top_p": "top_p",
    "general.sampling.min_p": "min_p",
    "general.sampling.penalty_repeat": "repeat_penalty",
}


@dataclass(frozen=True, slots=True)
class Header:
    """What a GGUF file says of itself. Texts are cut to 16 KiB; counts are those of this file alone."""

    architecture: str
    kind: str
    """`text`, `embedding`, `rerank`, `projector` (reads images for a model beside it), or what else it holds."""
    tensor_count: int
    parameter_count: int
    file_type: str | None
    """The quantisation that the file declares."""
    tensor_type: str | None
    """The type of most weights."""
    context_length: int | None
    kv_bytes_per_token: int | None
    """Memory that a token of context takes, with 16 bits a number; None where the header does not tell."""
    pooling: str | None
    has_chat_template: bool
    has_tokenizer: bool
    reads_images: bool
    """For a projector: whether it reads images (and not sound alone)."""
    parts: int
    """Files that the model is split into."""
    sampling: dict[str, float]
    """What the makers recommend, by the gateway's names of parameters."""
    name: str | None
    description: str | None
    author: str | None
    licence: str | None
    url: str | None


def read_header(path: Path) -> Header:
    """Read the header of a GGUF file (version 2 or 3, little endian).

    At most `MAX_HEADER_BYTES` are read, in chunks, and texts that nobody asks for are skipped. Raises
    `DamagedModelFile` and nothing else.
    """
    with open_model_file(path) as (file, size):
        return _read(_Cursor(file, size))


class _Cursor:
    """Walks through a file's first `MAX_HEADER_BYTES`, one chunk in memory at a time."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size
        self._chunk = b""
        self._start = 0
        self._at = 0
        self._items = 0

    @property
    def position(self) -> int:
        """Bytes from the start of the file."""
        return self._start + self._at

    def take(self, count: int) -> bytes:
        """The next bytes; `count` must be less than a chunk."""
        if self._at + count > len(self._chunk):
            self._move(self._at)
            self._fill(count)
        taken = self._chunk[self._at : self._at + count]
        self._at += count
        return taken

    def number(self, kind: struct.Struct) -> int | float | bool:
        """The next number."""
        value: int | float | bool = kind.unpack(self.take(kind.size))[0]
        return value

    def u32(self) -> int:
        """The next unsigned 32-bit number."""
        return int(self.number(_U32))

    def u64(self) -> int:
        """The next unsigned 64-bit number."""
        return int(self.number(_U64))

    def skip(self, count: int) -> None:
        """Go on without looking."""
        self._move(self._at + count)

    def string(self, limit: int, what: str) -> bytes:
        """A string of at most `limit` bytes."""
        length = self.u64()
        if length > limit:
            raise DamagedModelFile(f"is damaged: {what} of {length} bytes")
        return self.take(length)

    def count_items(self, count: int) -> None:
        """Bound the work: every string or array in an array is one step."""
        self._items += count
        if self._items > MAX_ITEMS:
            raise DamagedModelFile(f"is damaged: its arrays hold more than {MAX_ITEMS} items")

    def skip_strings(self, count: int) -> None:
        """Walk over strings: a vocabulary has hundreds of thousands."""
        self.count_items(count)
        while count:
            if self._at + 8 > len(self._chunk):
                self._move(self._at)
                self._fill(8)
            chunk, at, last = self._chunk, self._at, len(self._chunk) - 8
            while count and at <= last:
                at += 8 + _U64.unpack_from(chunk, at)[0]
                count -= 1
            self._move(at)

    def _move(self, at: int) -> None:
        target = self._start + at
        if target > self.size:
            raise DamagedModelFile("is cut off or damaged: its header goes on after the end of the file")
        if target > MAX_HEADER_BYTES:
            raise DamagedModelFile(f"is damaged: its header is larger than {MAX_HEADER_BYTES} bytes")
        if at <= len(self._chunk):
            self._at = at
        else:
            self._start, self._at, self._chunk = target, 0, b""

    def _fill(self, needed: int) -> None:
        self._start, self._at = self.position, 0
        self._file.seek(self._start)
        self._chunk = self._file.read(_CHUNK)
        if len(self._chunk) < needed:
            raise DamagedModelFile("is cut off or damaged: its header goes on after the end of the file")


def _read(cursor: _Cursor) -> Header:
    if cursor.size < 24 or cursor.take(4) != b"GGUF":
        raise DamagedModelFile("is no GGUF file (its first bytes are others)")
    version = cursor.u32()
    if version not in (2, 3):
        big_endian = int.from_bytes(_U32.pack(version), "big") in (2, 3)
        raise DamagedModelFile(
            "is a GGUF file of big-endian order, which is not supported"
            if big_endian
            else f"is a GGUF file of version {version}; versions 2 and 3 are supported"
        )
    tensors, fields = cursor.u64(), cursor.u64()
    if fields > MAX_FIELDS or tensors > MAX_TENSORS:
        raise DamagedModelFile(f"is damaged: it declares {fields} fields and {tensors} tensors")
    numbers: dict[str, int | float] = {}
    texts: dict[str, str] = {}
    for _ in range(fields):
        _read_field(cursor, numbers, texts)
    parameters, by_type, end = _read_tensors(cursor, tensors, _alignment(numbers))
    if end > cursor.size:
        raise DamagedModelFile(f"is cut off: {cursor.size} of at least {end} bytes are here")
    return _header(numbers, texts, tensors, parameters, by_type)


def _read_field(cursor: _Cursor, numbers: dict[str, int | float], texts: dict[str, str]) -> None:
    key = _text(cursor.string(MAX_NAME_BYTES, "a name"))
    kind = cursor.u32()
    if kind == _STRING:
        length = cursor.u64()
        kept = min(length, MAX_TEXT_BYTES if key in _TEXTS else 0)
        text = cursor.take(kept)
        cursor.skip(length - kept)
        if key in _TEXTS or (key in _PRESENCES and length):
            texts[key] = _text(text)
    elif kind == _ARRAY:
        _skip_array(cursor, MAX_NESTING)
    elif kind in _SCALARS:
        number = cursor.number(_SCALARS[kind])
        if math.isfinite(number):
            numbers[key] = number
    else:
        raise DamagedModelFile(f"is damaged: it has a field of the unknown type {kind}")


def _skip_array(cursor: _Cursor, nesting: int) -> None:
    kind, count = cursor.u32(), cursor.u64()
    if kind == _STRING:
        cursor.skip_strings(count)
    elif kind in _SCALARS:
        cursor.skip(_SCALARS[kind].size * count)
    elif kind == _ARRAY and nesting > 1:
        cursor.count_items(count)
        for _ in range(count):
            _skip_array(cursor, nesting - 1)
    else:
        raise DamagedModelFile("is damaged: it has an array of unknown type or of too many dimensions")


def _alignment(numbers: dict[str, int | float]) -> int:
    alignment = numbers.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 0 < alignment <= 2**20 or alignment & (alignment - 1):
        raise DamagedModelFile(f"is damaged: its alignment is {alignment}")
    return alignment


def _read_tensors(cursor: _Cursor, count: int, alignment: int) -> tuple[int, Counter[str], int]:
    """The sum of all weights, the weights by type, and where in the file the last one ends."""
    parameters, last = 0, 0
    by_type: Counter[str] = Counter()
    for _ in range(count):
        cursor.string(MAX_NAME_BYTES, "a tensor's name")
        dimensions = cursor.u32()
        if dimensions > 4:
            raise DamagedModelFile(f"is damaged: a tensor has {dimensions} dimensions")
        elements = math.prod([cursor.u64() for _ in range(dimensions)])
        kind, offset = cursor.u32(), cursor.u64()
        parameters += elements
        if parameters > MAX_ELEMENTS:
            raise DamagedModelFile("is damaged: its tensors are impossibly large")
        # Sizes of types that came after this table are not known; the engine may know them.
        name, block, block_bytes = TENSOR_TYPES.get(kind, (f"type {kind}", 1, 0))
        by_type[name] += elements
        last = max(last, offset + -(-elements // block) * block_bytes)
    start = -(-cursor.position // alignment) * alignment
    return parameters, by_type, start + last if count else cursor.position


def _header(
    numbers: dict[str, int | float], texts: dict[str, str], tensors: int, parameters: int, by_type: Counter[str]
) -> Header:
    architecture = texts.get("general.architecture", "")
    if not _ARCHITECTURE.fullmatch(architecture):
        raise DamagedModelFile("is damaged: it names no architecture")

    def whole(key: str) -> int | None:
        value = numbers.get(key)
        return value if isinstance(value, int) and 0 <= value < 2**31 else None

    pooling = whole(f"{architecture}.pooling_type")
    file_type = whole("general.file_type")
    return Header(
        architecture=architecture,
        kind=_kind(architecture, texts.get("general.type", "model"), pooling),
        tensor_count=tensors,
        parameter_count=parameters,
        file_type=None if file_type is None else QUANTISATIONS.get(file_type & ~1024),  # 1024: "guessed"
        tensor_type=by_type.most_common(1)[0][0] if by_type else None,
        context_length=whole(f"{architecture}.context_length") or None,
        kv_bytes_per_token=_kv_bytes(architecture, whole),
        pooling=None if pooling is None else _POOLING.get(pooling),
        has_chat_template="tokenizer.chat_template" in texts,
        has_tokenizer="tokenizer.ggml.model" in texts,
        reads_images=bool(numbers.get("clip.has_vision_encoder", True)),
        parts=whole("split.count") or 1,
        sampling={name: round(numbers[key], 6) for key, name in _SAMPLING.items() if key in numbers},
        name=texts.get("general.name") or None,
        description=texts.get("general.description") or None,
        author=texts.get("general.author") or texts.get("general.organization") or None,
        licence=texts.get("general.license") or None,
        url=next((texts[key] for key in _URLS if texts.get(key, "").startswith(("https://", "http://"))), None),
    )


def _kv_bytes(architecture: str, whole: Callable[[str], int | None]) -> int | None:
    """Keys and values of all layers. Layers that look back a limited way take less than this."""
    layers, heads = whole(f"{architecture}.block_count"), whole(f"{architecture}.attention.head_count")
    kv_heads = whole(f"{architecture}.attention.head_count_kv")  # not a number where it differs from layer to layer
    if not layers or not heads or not kv_heads:
        return None
    width = (whole(f"{architecture}.embedding_length") or 0) // heads
    key = whole(f"{architecture}.attention.key_length") or width
    value = whole(f"{architecture}.attention.value_length") or width
    return min(layers * kv_heads * (key + value) * 2, _MAX_KV_BYTES) or None


def _kind(architecture: str, declared: str, pooling: int | None) -> str:
    if architecture == "clip" or declared == "mmproj":
        return "projector"
    if declared != "model":
        return declared
    if pooling == 4:
        return "rerank"
    return "embedding" if architecture in _EMBEDDING_ARCHITECTURES or pooling else "text"


def _text(value: bytes) -> str:
    """Text that any database and any terminal can hold."""
    text = value.decode("utf-8", "replace")
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t").strip()
