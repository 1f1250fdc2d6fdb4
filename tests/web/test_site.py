"""The page as a whole: how it is reached, entered, and read by everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import node
from tests.factories.browsers import ROOT, Outcomes

BROWSER_TESTS = "site.test.ts"

pytestmark = pytest.mark.timeout(420)


def test_the_logic_of_the_page(site: Path) -> None:
    node.npm(ROOT / "web", "run", "--silent", "test")


@pytest.mark.req("TEST-MAN-MVP-005", "SYS-REQ-068")
def test_the_connection_test_shows_a_green_check_or_what_is_wrong(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-MVP-005: the connection test shows a green check, or what is wrong")


@pytest.mark.req("TEST-MAN-008", "SYS-REQ-031")
def test_the_page_is_hosted_elsewhere_and_talks_to_the_gateway_that_its_settings_name(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-008: the page is hosted elsewhere and talks to the gateway that its settings name")


@pytest.mark.req("TEST-MAN-012", "SYS-REQ-037")
def test_registering_needs_an_invite_logging_in_and_out_works_with_a_cookie_no_script_reads(
    outcomes: Outcomes,
) -> None:
    outcomes.passed(
        "TEST-MAN-012: registering needs an invite; logging in and out works, with a cookie no script reads"
    )


@pytest.mark.req("SYS-NFR-011")
def test_axe_finds_no_serious_fault_on_any_page_in_either_theme_and_at_either_size(outcomes: Outcomes) -> None:
    outcomes.passed("axe finds no serious fault on any page, in either theme and at either size")


def test_the_keyboard_alone_begins_a_chat_chooses_a_model_and_comes_back_to_it(outcomes: Outcomes) -> None:
    outcomes.passed("the keyboard alone begins a chat, chooses a model and comes back to it")


@pytest.mark.req("SYS-NFR-009")
def test_on_a_phone_the_left_pane_comes_in_from_the_side_and_nothing_is_wider_than_the_screen(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("on a phone the left pane comes in from the side, and nothing is wider than the screen")


def test_with_the_gateway_gone_the_page_says_so_and_what_was_typed_is_not_lost(outcomes: Outcomes) -> None:
    outcomes.passed("with the gateway gone the page says so, and what was typed is not lost")


def test_the_first_load_stays_under_250_kb_and_what_never_changes_is_kept_for_good(outcomes: Outcomes) -> None:
    outcomes.passed("the first load stays under 250 KB, and what never changes is kept for good")


def test_every_browser_test_has_its_test_here(outcomes: Outcomes) -> None:
    assert outcomes.not_in(Path(__file__)) == []
