"""Accounts, profiles, credentials, tokens and administration on the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.browsers import Outcomes

BROWSER_TESTS = "people.test.ts"

pytestmark = pytest.mark.timeout(420)


@pytest.mark.req("TEST-MAN-013", "SYS-REQ-038")
def test_preferences_are_kept_and_apply_on_every_device(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-013: preferences are kept, and apply on every device")


@pytest.mark.req("TEST-MAN-014", "TEST-MAN-011", "SYS-REQ-036", "SYS-REQ-039")
def test_an_api_token_is_shown_once_works_until_it_is_revoked_and_is_refused_after_that(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-014: an API token is shown once, works until it is revoked, and is refused after that")


@pytest.mark.req("TEST-MAN-MVP-002", "TEST-MAN-010", "SYS-REQ-035", "SYS-REQ-064")
def test_each_provider_asks_for_what_it_needs_a_key_is_stored_checked_replaced_and_removed(
    outcomes: Outcomes,
) -> None:
    outcomes.passed(
        "TEST-MAN-MVP-002: each provider asks for what it needs; a key is stored, checked, replaced and removed"
    )


@pytest.mark.req("SYS-REQ-037")
def test_the_link_of_an_invite_is_made_by_an_administrator_and_somebody_registers_with_it(outcomes: Outcomes) -> None:
    outcomes.passed("the link of an invite is made by an administrator, and somebody registers with it")


def test_an_administrator_finds_users_limits_them_makes_them_administrators_and_shuts_them_out(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("an administrator finds users, limits them, makes them administrators and shuts them out")


def test_usage_is_drawn_by_day_model_and_user_with_the_same_numbers_as_a_table(outcomes: Outcomes) -> None:
    outcomes.passed("usage is drawn by day, model and user, with the same numbers as a table")


@pytest.mark.req("SYS-REQ-037")
def test_who_fails_to_log_in_too_often_is_told_for_how_long_to_wait(outcomes: Outcomes) -> None:
    outcomes.passed("who fails to log in too often is told for how long to wait")


def test_a_login_that_ends_in_mid_use_is_asked_for_again_in_place_and_nothing_typed_is_lost(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("a login that ends in mid-use is asked for again in place, and nothing typed is lost")


def test_a_wrong_api_key_is_refused_with_a_reason_the_right_one_lets_in_and_is_forgotten_at_the_way_out(
    outcomes: Outcomes,
) -> None:
    outcomes.passed(
        "a wrong API key is refused with a reason; the right one lets in, and is forgotten at the way out"
    )


@pytest.mark.req("SYS-NFR-011")
def test_axe_finds_no_serious_fault_in_any_section_in_either_theme_and_at_either_size(outcomes: Outcomes) -> None:
    outcomes.passed("axe finds no serious fault in any section, in either theme and at either size")


@pytest.mark.req("SYS-NFR-009")
def test_on_a_phone_the_sections_are_one_list_and_each_leads_back_to_it(outcomes: Outcomes) -> None:
    outcomes.passed("on a phone the sections are one list, and each leads back to it")


def test_at_200_percent_zoom_nothing_of_a_section_is_cut_off(outcomes: Outcomes) -> None:
    outcomes.passed("at 200 % zoom nothing of a section is cut off")


def test_the_keyboard_alone_makes_a_token_and_revokes_it_and_the_focus_comes_back(outcomes: Outcomes) -> None:
    outcomes.passed("the keyboard alone makes a token and revokes it, and the focus comes back")


def test_every_browser_test_has_its_test_here(outcomes: Outcomes) -> None:
    assert outcomes.not_in(Path(__file__)) == []
