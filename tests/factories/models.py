"""Model files: small GGUF files with real headers, and damaged ones; and a registry that finds them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pluggably.features.models.discovery import Discovery
from pluggably.features.models.engines import ENGINES, Engine
from pluggably.features.models.service import ModelRegistry
from pluggably.kit.database import Database
from pluggably.providers.directory import AccountSettings, load_providers
from pluggably.routing.catalogue import Catalogue, Entry
from pluggably.settings import Settings

U32, I32, F32, BOOL, STRING, ARRAY, U64 = 4, 5, 6, 7, 8, 9, 10
_PACK = {U32: "<I", I32: "<i", F32: "<f", BOOL: "<?", U64: "<Q"}

Field = tuple[int, Any]
"""A type of GGUF's and a value; an array's value is its items' type and the items."""
Tensor = tuple[str, tuple[int, ...], int]
"""A name, dimensions, and a type of ggml's: 0 is F32, 1 is F16."""

KEY = "operator-key-of-these-tests"


@dataclass
class House:
    """What stands around the registry in one process."""

    folder: Path
    catalogue: Catalogue
    registry: ModelRegistry
    discovery: Discovery

    async def scan(self) -> dict[str, Entry]:
        """Look at the folder; the catalogue's entries by id."""
        await self.discovery.scan()
        return {entry.id: entry for entry in self.catalogue.entries()}


async def started(
    database: Database, folder: Path, *, engines: Mapping[str, Engine] = ENGINES, **settings: Any
) -> House:
    """A registry as a starting server makes it, before the first scan."""
    everything = Settings(data_dir=folder.parent, model_dirs=[folder], **settings)
    catalogue = Catalogue()
    providers = load_providers({"acme": AccountSettings(base_url="http://127.0.0.1:9/v1", models=("m1",))})
    registry = ModelRegistry(database, catalogue, everything, providers, engines)
    await registry.load()
    return House(folder, catalogue, registry, Discovery(registry, everything.model_folders, 0.1))


def text_fields(architecture: str = "llama", **changes: Field | None) -> dict[str, Field]:
    """The fields of a small text model; a change to None leaves one out. `__` stands for `.` in names."""
    fields: dict[str, Field | None] = {
        "general.architecture": (STRING, architecture),
        "general.type": (STRING, "model"),
        "general.name": (STRING, "Tiny Test"),
        "general.license": (STRING, "mit"),
        "general.file_type": (U32, 0),
        f"{architecture}.context_length": (U32, 2048),
        "tokenizer.ggml.model": (STRING, "gpt2"),
        "tokenizer.ggml.tokens": (ARRAY, (STRING, ["<s>", "</s>", "a"])),
        "tokenizer.ggml.scores": (ARRAY, (F32, [0.0, 0.0, 1.0])),
        "tokenizer.chat_template": (STRING, "{{ messages }}"),
    }
    fields |= {name.replace("__", "."): value for name, value in changes.items()}
    return {name: value for name, value in fields.items() if value is not None}


def gguf_bytes(
    fields: dict[str, Field] | None = None,
    tensors: tuple[Tensor, ...] = (("token_embd.weight", (32, 3), 0),),
    version: int = 3,
) -> bytes:
    """A whole file: header, padding, and zeros for weights (F32 and F16 only)."""
    fields = text_fields() if fields is None else fields
    out = [struct.pack("<4sIQQ", b"GGUF", version, len(tensors), len(fields))]
    for name, (kind, value) in fields.items():
        out += [_string(name), struct.pack("<I", kind), _value(kind, value)]
    offset = 0
    for name, dimensions, kind in tensors:
        out += [_string(name), struct.pack(f"<I{len(dimensions)}QIQ", len(dimensions), *dimensions, kind, offset)]
        size = 4 if kind == 0 else 2
        for dimension in dimensions:
            size *= dimension
        offset += -(-size // 32) * 32
    header = b"".join(out)
    return header + bytes(-len(header) % 32) + bytes(offset)


def write_gguf(path: Path, fields: dict[str, Field] | None = None, **options: Any) -> Path:
    """Put a small GGUF file there, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf_bytes(fields, **options))
    return path


def write_projector(path: Path, *, reads_images: bool = True) -> Path:
    """Put a projector there, for images or for sound (a header that says so; no weights that could be run)."""
    fields: dict[str, Field] = {
        "general.architecture": (STRING, "clip"),
        "general.type": (STRING, "mmproj"),
        "clip.has_vision_encoder": (BOOL, reads_images),
    }
    return write_gguf(path, fields)


def _string(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _value(kind: int, value: Any) -> bytes:
    if kind == STRING:
        return _string(value)
    if kind == ARRAY:
        items_kind, items = value
        head = struct.pack("<IQ", items_kind, len(items))
        return head + b"".join(_value(items_kind, item) for item in items)
    return struct.pack(_PACK[kind], value)
