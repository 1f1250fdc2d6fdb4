"""Reads the header of a safetensors file, within bounds, whoever made the file.

Source of the format: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
import math
import struct
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from pluggably.features.models.model_file import DamagedModelFile, open_model_file

MAX_HEADER_BYTES = 4 * 1024 * 1024
"""A tensor takes about 100 bytes; models of 20 billion parameters have a few thousand tensors."""
MAX_MARKS = 500_000
"""Brackets and commas in a header: what bounds the objects that the parser makes of it."""
MAX_DIMENSIONS = 16
MAX_ELEMENTS = 2**63 - 1

_LENGTH = struct.Struct("<Q")
_BYTES = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 8),
    **dict.fromkeys(("F32", "I32", "U32"), 4),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 2),
    **dict.fromkeys(("F8_E4M3", "F8_E5M2", "F8_E8M0", "I8", "U8", "BOOL"), 1),
}


@dataclass(frozen=True, slots=True)
class Weights:
    """What a file holds: numbers and bytes of all its tensors, and the numbers by type (`F16`, `BF16`, …)."""

    parameter_count: int
    size_bytes: int
    by_type: Counter[str]


def read_weights(path: Path) -> Weights:
    """Read the header of a safetensors file; at most `MAX_HEADER_BYTES` are read. Raises `DamagedModelFile`."""
    size, head = read_bounded(path, _LENGTH.size)
    if len(head) < _LENGTH.size:
        raise DamagedModelFile("is no safetensors file (it is too short)")
    (length,) = _LENGTH.unpack(head)
    if length > MAX_HEADER_BYTES:
        raise DamagedModelFile(f"is no safetensors file, or its header of {length} bytes is too long")
    _, content = read_bounded(path, _LENGTH.size + length)
    header = _parsed(content[_LENGTH.size :], length)
    room = size - _LENGTH.size - length
    parameters, last = 0, 0
    by_type: Counter[str] = Counter()
    places: list[tuple[int, int]] = []
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        kind, elements, begin, end = _tensor(tensor)
        parameters += elements
        by_type[kind] += elements
        places.append((begin, end))
    for begin, end in sorted(places):  # the format allows no gap and no overlap: nothing can hide between tensors
        if begin != last:
            raise DamagedModelFile("is damaged: its tensors overlap, or there are bytes between them")
        last = end
    if last > room:
        raise DamagedModelFile(f"is cut off: {size} of {size - room + last} bytes are here")
    if last < room:
        raise DamagedModelFile(f"is damaged: {room - last} bytes of it belong to no tensor")
    return Weights(parameters, last, by_type)


def read_bounded(path: Path, limit: int) -> tuple[int, bytes]:
    """The size of a regular file and its first `limit` bytes. Raises `DamagedModelFile`."""
    with open_model_file(path) as (file, size):
        return size, file.read(limit)


def _parsed(content: bytes, length: int) -> dict[str, Any]:
    if len(content) < length:
        raise DamagedModelFile("is cut off: its header is not all here")
    if not content.startswith(b"{"):
        raise DamagedModelFile("is no safetensors file (its header is no JSON object)")
    if sum(map(content.count, (b"{", b"[", b","))) > MAX_MARKS:
        raise DamagedModelFile("is damaged: its header declares too much")
    try:
        header = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DamagedModelFile("is damaged: its header is no JSON") from error
    assert isinstance(header, dict)  # it begins with a brace
    return header


def _tensor(tensor: Any) -> tuple[str, int, int, int]:
    """A tensor's type, how many numbers it has, and where it begins and ends. Raises `DamagedModelFile`."""
    fields = tensor if isinstance(tensor, dict) else {}
    kind, shape, offsets = fields.get("dtype"), fields.get("shape"), fields.get("data_offsets")
    if (
        not isinstance(kind, str)
        or not _are_counts(shape)
        or not _are_counts(offsets)
        or len(shape) > MAX_DIMENSIONS
        or len(offsets) != 2
    ):
        raise DamagedModelFile("is damaged: its header describes no tensors")
    elements, (begin, end) = math.prod(shape), offsets
    if not elements <= MAX_ELEMENTS or not begin <= end <= MAX_ELEMENTS:
        raise DamagedModelFile("is damaged: its tensors are impossibly large")
    if kind in _BYTES and end - begin != elements * _BYTES[kind]:
        raise DamagedModelFile("is damaged: the size of a tensor is not that of its numbers")
    return kind[:16], elements, begin, end


def _are_counts(values: Any) -> TypeGuard[list[int]]:
    return isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)
