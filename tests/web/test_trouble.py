"""The page with the gateway gone, slow, or answering errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.browsers import Outcomes

BROWSER_TESTS = "trouble.test.ts"

pytestmark = pytest.mark.timeout(420)


def test_on_every_page_a_gateway_that_can_not_be_reached_is_told_of_and_the_page_mends_itself(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("on every page, a gateway that answers with “cut” is told of, and the page mends itself")


def test_on_every_page_a_proxys_error_is_told_of_and_the_page_mends_itself(outcomes: Outcomes) -> None:
    outcomes.passed("on every page, a gateway that answers with “502” is told of, and the page mends itself")


def test_whatever_goes_wrong_the_chat_says_so_keeps_the_message_and_sends_it_at_the_next_attempt(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("whatever goes wrong, the chat says so, keeps the message and sends it at the next attempt")


def test_a_gateway_that_is_slow_is_waited_for_and_the_page_says_so(outcomes: Outcomes) -> None:
    outcomes.passed("a gateway that is slow is waited for, and the page says so")


def test_a_gateway_that_is_slow_from_the_first_is_waited_for_and_the_page_says_so(outcomes: Outcomes) -> None:
    outcomes.passed("a gateway that is slow from the first is waited for, and the page says so")


def test_the_page_opens_while_the_gateway_is_gone_says_so_and_goes_on_by_itself_when_it_is_back(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("the page opens while the gateway is gone, says so, and goes on by itself when it is back")


def test_a_page_whose_script_can_not_be_fetched_says_so_and_is_there_when_the_gateway_is_back(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("a page whose script can't be fetched says so, and is there when the gateway is back")


def test_nothing_that_was_typed_into_a_form_is_lost_when_it_can_not_be_sent(outcomes: Outcomes) -> None:
    outcomes.passed("nothing that was typed into a form is lost when it can't be sent")


def test_every_browser_test_has_its_test_here(outcomes: Outcomes) -> None:
    assert outcomes.not_in(Path(__file__)) == []
