"""Generated from `_async/pages.py` by `python -m scripts.generate`; not to be edited."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

LIMIT = 200
"""The most that one page holds."""


class Page(Protocol):
    """A page of a list."""

    @property
    def next_cursor(self) -> str | None:
        """Leads to the next page."""


Found = TypeVar("Found", bound=Page)
Item = TypeVar("Item")


def each(fetch: Callable[[str | None], Found], items: Callable[[Found], Sequence[Item]]) -> Iterator[Item]:
    """Every item of every page; the next one is fetched when the one before is used up."""
    cursor = None
    while True:
        page = fetch(cursor)
        for item in items(page):
            yield item
        cursor = page.next_cursor
        if cursor is None:
            return
