"""Bodies of `multipart/form-data` (RFC 7578), built whole: fields and small files."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One field; with `media_type` it is a file. `name` and `filename` are ours, never a caller's."""

    name: str
    value: bytes
    media_type: str | None = None
    filename: str | None = None


def text_parts(fields: dict[str, object]) -> list[Part]:
    """Fields of text; booleans as `true` and `false`, None is left out."""
    written = {name: _written(value) for name, value in fields.items() if value is not None}
    return [Part(name, text.encode()) for name, text in written.items()]


def form(parts: Iterable[Part]) -> tuple[bytes, dict[str, str]]:
    """The body and the header that names its boundary."""
    boundary = secrets.token_hex(16)
    body = bytearray()
    for part in parts:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{part.name}"'.encode()
        if part.media_type is not None:
            filename = part.filename or part.name
            body += f'; filename="{filename}"\r\nContent-Type: {part.media_type}'.encode()
        body += b"\r\n\r\n" + part.value + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return bytes(body), {"content-type": f"multipart/form-data; boundary={boundary}"}


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
