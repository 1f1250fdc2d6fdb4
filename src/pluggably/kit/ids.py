"""Opaque identifiers: sortable by time, safe in URLs, with a prefix that says what they name."""

from __future__ import annotations

import os
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_LETTER_OF_BYTE = _ALPHABET.encode() * 8


def new_id(prefix: str) -> str:
    """An identifier such as `req_01jd3v5c8k2m4n6p8q0r2s4t6v`: 50 bits of milliseconds, then 80 random bits."""
    moment, pairs = time.time_ns() // 1_000_000, _PAIRS
    return (
        f"{prefix}_{pairs[moment >> 40]}{pairs[moment >> 30 & 1023]}{pairs[moment >> 20 & 1023]}"
        f"{pairs[moment >> 10 & 1023]}{pairs[moment & 1023]}{os.urandom(16).translate(_LETTER_OF_BYTE).decode()}"
    )
