"""Which files may be weights: GGUF and safetensors, by their content, whatever they are called.

Both formats hold numbers alone. A pickle is a program that runs when it is loaded, so no file of another format is
ever handed to an engine.
"""

from __future__ import annotations

import io
import pickletools
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pluggably.features.models.gguf import read_header
from pluggably.features.models.model_file import DamagedModelFile
from pluggably.features.models.safetensors import read_bounded, read_weights

_HEAD = 1024
_U64 = struct.Struct("<Q")
_PICKLED = 8
"""Instructions of a pickle in a row that are no accident."""
_ADVICE = "get the GGUF or safetensors version of this model"
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "is a zip archive, as PyTorch's pickles are, which can run code when they are loaded"),
    (b"PK\x05\x06", "is an empty zip archive"),
    (b"\x1f\x8b", "is a gzip archive"),
    (b"\xfd7zXZ\0", "is an xz archive"),
    (b"BZh", "is a bzip2 archive"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive"),
    (b"\x28\xb5\x2f\xfd", "is a zstd archive"),
    (b"\x89HDF\r\n\x1a\n", "is an HDF5 file, which Keras may run code from"),
    (b"\x93NUMPY", "is a NumPy array, which may hold a pickle"),
    (b"\x7fELF", "is a program"),
    (b"MZ", "is a program"),
    (b"ggml", "is a file of a format from before GGUF"),
    (b"lmgg", "is a file of a format from before GGUF"),
    (b"tjgg", "is a file of a format from before GGUF"),
)
_POINTER = b"version https://git-lfs"
_PAGE = re.compile(rb"\s*<(?:!doctype|html|\?xml)", re.I)


class RefusedWeights(DamagedModelFile):
    """The file is no weights that may be used here. The message is the reason, without the path."""


@dataclass(frozen=True, slots=True)
class SafeWeights:
    """What a file of weights holds."""

    format: Literal["gguf", "safetensors"]
    parameter_count: int


def check_weights(path: Path) -> SafeWeights:
    """Look whether a file is GGUF or safetensors, sound and whole, by its header alone. Blocks.

    Of a file of any size at most the bounds of `gguf` and `safetensors` are read, and every tensor must lie inside
    the file. Raises `RefusedWeights` for other formats, `DamagedModelFile` for damaged or cut off files, and nothing
    else.
    """
    size, head = read_bounded(path, _HEAD)
    if head[:4] == b"GGUF":
        return SafeWeights("gguf", read_header(path).parameter_count)
    if _seems_safetensors(size, head):
        return SafeWeights("safetensors", read_weights(path).parameter_count)
    raise RefusedWeights(_what(size, head))


def _seems_safetensors(size: int, head: bytes) -> bool:
    """Whether a header of JSON follows its own length, which lies within the file."""
    return len(head) > _U64.size and head[8:9] == b"{" and _U64.unpack_from(head)[0] <= size - _U64.size


def _what(size: int, head: bytes) -> str:
    """Why a file is refused."""
    if size == 0:
        return "is empty"
    if head.startswith(_POINTER):
        return "is a pointer of Git LFS, not the file that it points to: get that one"
    if _PAGE.match(head):
        return "is a web page, not a model"
    for magic, what in _OTHERS:
        if head.startswith(magic):
            return f"{what}: {_ADVICE}"
    if head[257:262] == b"ustar":
        return f"is a tar archive: {_ADVICE}"
    if _is_pickle(head):
        return f"is a pickle, which can run code when it is loaded: {_ADVICE}"
    return f"is neither GGUF nor safetensors: {_ADVICE}"


def _is_pickle(head: bytes) -> bool:
    """Whether the bytes read as a pickle's instructions. None of them is carried out."""
    count = 0
    try:
        for operation, argument, _ in pickletools.genops(io.BytesIO(head)):
            count += 1
            says_so = operation.name == "PROTO" and argument in range(2, 6)
            if says_so or operation.name == "STOP" or count >= _PICKLED:
                return True
    except Exception:  # what it raises for other bytes is written nowhere
        return False
    return False
