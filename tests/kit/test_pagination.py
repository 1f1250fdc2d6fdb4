"""Cursors."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluggably.errors import ValidationFailed
from pluggably.kit.pagination import decode_cursor, encode_cursor

parts = st.text(max_size=50) | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(parts, min_size=1, max_size=4))
def test_a_cursor_gives_back_the_key_that_it_was_made_of(key: list[str | int | float]) -> None:
    cursor = encode_cursor(*key)
    assert decode_cursor(cursor, len(key)) == key
    assert cursor.replace("-", "").replace("_", "").isalnum()


def odd(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "!!!!", "ÄÖÜ", "a b", odd({"a": 1}), odd("text"), odd([1]), odd([1, 2, 3]), odd([None, 1]),
     odd([True, 1]), odd([[1], 2]), base64.urlsafe_b64encode(b"[" * 100_000).decode(), "=" * 10, "\x00", "AAAA"],
)  # fmt: skip
def test_what_no_list_gave_is_422(cursor: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        decode_cursor(cursor, 2)
    assert caught.value.param == "cursor"


@given(st.text(max_size=100) | st.binary(max_size=100).map(lambda data: base64.urlsafe_b64encode(data).decode()))
def test_nothing_else_than_422_comes_of_a_made_up_cursor(cursor: str) -> None:
    try:
        key = decode_cursor(cursor, 2)
    except ValidationFailed:
        return
    assert len(key) == 2
