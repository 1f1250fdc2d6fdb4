"""Writes what each test proves into the JUnit report, where `scripts/traceability.py` reads it; begins with the files
that take longest, so that no process has one of them left when the others have nothing to do any more."""

from __future__ import annotations

import pytest

LONGEST = ("tests/clients/test_dart.py", "tests/security/test_fuzz.py")
"""The rest comes in the order of its names."""
BROWSERS = "tests/web/"


def in_order(files: list[str]) -> list[str]:
    """The order in which files are begun. Those with browsers lie apart, over the first two thirds: one browser at a
    time is enough for a small machine."""
    browsers = [file for file in files if file.startswith(BROWSERS)]
    others = [file for file in LONGEST if file in files]
    others += [file for file in files if file not in (*LONGEST, *browsers)]
    apart = len(others) * 2 // 3 // max(1, len(browsers)) + 1
    for number, file in enumerate(browsers):
        others.insert(number * apart, file)
    return others


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Turn the ids of `@pytest.mark.req(...)` into properties of the report, and set the order."""
    files = in_order(list(dict.fromkeys(_file_of(item) for item in items)))
    places = {file: place for place, file in enumerate(files)}
    items.sort(key=lambda item: places[_file_of(item)])
    for item in items:
        ids = {str(id_) for marker in item.iter_markers("req") for id_ in marker.args}
        if ids:
            item.user_properties.append(("test", item.nodeid.partition("[")[0]))
            item.user_properties.extend(("req", id_) for id_ in sorted(ids))


def _file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
