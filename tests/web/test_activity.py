"""The page that shows what the gateway is doing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories import shelves
from tests.factories.browsers import Outcomes

BROWSER_TESTS = "activity.test.ts"
GATEWAYS = shelves.shelves

pytestmark = pytest.mark.timeout(420)


@pytest.mark.req("SYS-REQ-046", "SYS-REQ-047", "SYS-NFR-018")
def test_requests_are_shown_with_their_place_in_line_cancelled_one_by_one_and_how_they_ended(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("requests are shown with their place in line, cancelled one by one, and how they ended")


def test_a_request_that_ends_while_somebody_looks_shows_its_outcome(outcomes: Outcomes) -> None:
    outcomes.passed("a request that ends while somebody looks shows its outcome")


@pytest.mark.req("SYS-REQ-051")
def test_models_in_memory_are_listed_with_what_they_take_and_unloaded_also_while_they_answer(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("models in memory are listed with what they take, and unloaded, also while they answer")


def test_a_download_is_seen_here_too_and_cancelled(outcomes: Outcomes) -> None:
    outcomes.passed("a download is seen here too, and cancelled")


@pytest.mark.req("SYS-NFR-014")
def test_what_others_do_is_counted_and_nobody_sees_whose_it_is(outcomes: Outcomes) -> None:
    outcomes.passed("what others do is counted, and nobody sees whose it is")


def test_a_hidden_tab_asks_nothing_and_asks_again_once_it_is_seen(outcomes: Outcomes) -> None:
    outcomes.passed("a hidden tab asks nothing, and asks again once it is seen")


@pytest.mark.req("SYS-NFR-011")
def test_axe_finds_no_serious_fault_on_the_activity_page_nothing_is_wider_than_a_phone(outcomes: Outcomes) -> None:
    outcomes.passed("axe finds no serious fault on the activity page, nothing is wider than a phone")


def test_every_browser_test_has_its_test_here(outcomes: Outcomes) -> None:
    assert outcomes.not_in(Path(__file__)) == []
