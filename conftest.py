"""Writes what each test proves into the JUnit report, where `scripts/traceability.py` reads it."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Turn the ids of `@pytest.mark.req(...)` into properties of the report."""
    for item in items:
        ids = {str(id_) for marker in item.iter_markers("req") for id_ in marker.args}
        if ids:
            item.user_properties.append(("test", item.nodeid.partition("[")[0]))
            item.user_properties.extend(("req", id_) for id_ in sorted(ids))
