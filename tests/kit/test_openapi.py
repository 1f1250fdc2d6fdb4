"""The pieces of the OpenAPI document."""

from __future__ import annotations

from pluggably.errors import Conflict, ModelNotFound, NotFound, QueueFull
from pluggably.kit.openapi import ErrorEnvelope, also_documented, documented


def test_errors_of_one_status_share_its_place() -> None:
    found = documented(ModelNotFound, NotFound, QueueFull)
    assert {status: answer["description"] for status, answer in found.items()} == {
        404: "`model_not_found`, `not_found`",
        503: "`queue_full`",
    }
    assert all(answer["model"] is ErrorEnvelope for answer in found.values())


def test_a_stream_is_documented_beside_the_whole_answer() -> None:
    found = documented(response=ErrorEnvelope, events=True)
    assert found[200]["model"] is ErrorEnvelope
    assert "text/event-stream" in found[200]["content"]


def test_common_errors_are_added_once_and_take_nothing_away() -> None:
    own = documented(ModelNotFound)
    found = also_documented(also_documented(own, NotFound, Conflict), NotFound, Conflict)
    assert {status: answer["description"] for status, answer in found.items()} == {
        404: "`model_not_found`, `not_found`",
        409: "`conflict`",
    }
    assert own[404]["description"] == "`model_not_found`", "the route's own answers were changed"
