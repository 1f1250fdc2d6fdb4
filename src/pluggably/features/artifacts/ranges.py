"""`Range` and `If-Range` (RFC 9110, 13.1.5 and 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pluggably.errors import RangeNotSatisfiable

_ONE = re.compile(r"bytes[ \t]*=[ \t]*([0-9]{0,64})-([0-9]{0,64})[ \t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """`length` bytes from `start` on."""

    start: int
    length: int

    def content_range(self, size: int) -> str:
        """The header of a 206 answer."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def requested_span(header: str | None, size: int) -> Span | None:
    """The part of `size` bytes that a `Range` header asks for; None: all of it.

    What is no range of bytes is passed over, and so are several ranges at once: the whole is the answer to them.
    Raises `RangeNotSatisfiable` for a range that begins behind the end.
    """
    found = _ONE.fullmatch(header) if header is not None else None
    if found is None or not (found[1] or found[2]):
        return None
    first, last = (int(digits) if digits else None for digits in found.groups())
    if first is None:  # the last so many bytes
        assert last is not None
        length = min(last, size)
        first = size - length
    elif last is None:
        length = size - first
    elif last < first:
        return None
    else:
        length = min(last + 1, size) - first
    if length <= 0:
        raise RangeNotSatisfiable(f"The artifact has {size} bytes.", size=size)
    return Span(first, length)


def still_the_same(if_range: str | None, etag: str, last_modified: str) -> bool:
    """Whether a part may be sent: the whole is sent where the client's part is of something else."""
    return if_range is None or if_range.strip() in (etag, last_modified)


def has_it_already(if_none_match: str | None, etag: str) -> bool:
    """Whether `If-None-Match` names this content; tags compare weakly (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in [
        tag.strip().removeprefix("W/") for tag in if_none_match.split(",")
    ]
