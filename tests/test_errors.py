"""What every error tells its caller."""

from __future__ import annotations

from pluggably.errors import ModelUnavailable


def test_the_seconds_to_wait_are_whole_in_the_header_and_short_in_the_body() -> None:
    error = ModelUnavailable("It cools down.", retry_after=1.9998944510007277)
    assert error.headers() == {"retry-after": "2"}
    assert error.envelope(None)["error"]["retry_after"] == 2.0
