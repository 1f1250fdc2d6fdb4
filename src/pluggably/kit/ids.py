"""Opaque identifiers: sortable by time, safe in URLs, with a prefix that says what they name."""

from __future__ import annotations

import os
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32


def new_id(prefix: str) -> str:
    """An identifier such as `req_01jd3v5c8k2m4n6p8q0r2s4t6v`: 48 bits of milliseconds, then 80 random bits."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    letters = []
    for _ in range(26):
        letters.append(_ALPHABET[number & 31])
        number >>= 5
    return f"{prefix}_{''.join(reversed(letters))}"
