"""Cursors: opaque to clients, made of the sort key of the last row that was given."""

from __future__ import annotations

import base64
import binascii
import json

from pluggably.errors import ValidationFailed

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


def encode_cursor(*key: str | int | float) -> str:
    """A cursor that stands after the row with this sort key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, width: int) -> list[str | int | float]:
    """The sort key in a cursor of `width` parts. Raises `ValidationFailed` if it is none of ours."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        key = None
    if (
        not isinstance(key, list)
        or len(key) != width
        or not all(isinstance(part, str | int | float) and not isinstance(part, bool) for part in key)
    ):
        raise ValidationFailed.of("cursor", "is not a cursor that a list gave", "invalid_cursor")
    return key
