"""Writes what each test proves into the JUnit report, where `scripts/traceability.py` reads it; begins with the files
that take longest, so that no process has one of them left when the others have nothing to do any more."""

from __future__ import annotations

import pytest

LONGEST = ("tests/web/test_web.py", "tests/clients/test_dart.py", "tests/security/test_fuzz.py")
"""The rest comes in the order of its names."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Turn the ids of `@pytest.mark.req(...)` into properties of the report, and set the order."""
    places = {file: place for place, file in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))
    for item in items:
        ids = {str(id_) for marker in item.iter_markers("req") for id_ in marker.args}
        if ids:
            item.user_properties.append(("test", item.nodeid.partition("[")[0]))
            item.user_properties.extend(("req", id_) for id_ in sorted(ids))
