"""What the chat stands: long answers, long sessions, queues, failures, a gateway that is gone, small screens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.browsers import Outcomes

BROWSER_TESTS = "endurance.test.ts"

pytestmark = pytest.mark.timeout(420)


def test_a_streamed_answer_of_2000_tokens_keeps_the_page_moving(outcomes: Outcomes) -> None:
    outcomes.passed("a streamed answer of 2,000 tokens keeps the page moving")


def test_a_session_of_2000_messages_opens_at_its_end_and_older_ones_come_while_one_scrolls_up(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("a session of 2,000 messages opens at its end, and older ones come while one scrolls up")


@pytest.mark.req("SYS-REQ-028")
def test_it_is_told_that_a_model_is_loaded_and_how_long_the_queue_before_it_is(outcomes: Outcomes) -> None:
    outcomes.passed("it is told that a model is loaded, and how long the queue before it is")


@pytest.mark.req("SYS-REQ-028")
def test_it_is_told_that_another_model_answers_and_that_credits_are_used_up(outcomes: Outcomes) -> None:
    outcomes.passed("it is told that another model answers, and that credits are used up")


def test_at_twice_the_size_nothing_is_cut_off_and_nothing_moves_where_motion_is_unwanted(outcomes: Outcomes) -> None:
    outcomes.passed("at twice the size nothing is cut off, and nothing moves where motion is unwanted")


def test_with_the_gateway_stopped_a_reload_still_brings_the_page_which_says_what_is_wrong(outcomes: Outcomes) -> None:
    outcomes.passed("with the gateway stopped a reload still brings the page, which says what is wrong")


def test_every_browser_test_has_its_test_here(outcomes: Outcomes) -> None:
    assert outcomes.not_in(Path(__file__)) == []
