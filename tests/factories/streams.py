"""Recorded streams, cut anywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from itertools import pairwise
from pathlib import Path

from hypothesis import strategies as st

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"
NAMES = sorted(path.name for path in RECORDINGS.glob("*.txt"))
WHOLE = [name for name in NAMES if not name.endswith("_error.txt")]


def recording(name: str) -> bytes:
    """A vendor's stream."""
    return (RECORDINGS / name).read_bytes()


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """The data in pieces; places beyond its end count from its beginning again."""
    edges = sorted({0, len(data), *(place % len(data) for place in places)})
    return [data[start:end] for start, end in pairwise(edges)]


places = st.lists(st.integers(min_value=0, max_value=100_000), max_size=40)


async def flow(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Chunks as they come from the network."""
    for chunk in chunks:
        yield chunk
