"""Layouts: Chat, Studio and Compact, as the model and the device want them or as somebody has chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.browsers import Outcomes

BROWSER_TESTS = "layouts.test.ts"

pytestmark = pytest.mark.timeout(420)


@pytest.mark.req("TEST-MAN-015", "SYS-REQ-041")
def test_the_layout_follows_the_model_and_the_device_unless_it_is_chosen_or_locked(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-015: the layout follows the model and the device, unless it is chosen or locked")


@pytest.mark.req("SYS-REQ-041")
def test_what_was_written_goes_along_to_the_studio_and_back_and_the_move_can_be_taken_back(
    outcomes: Outcomes,
) -> None:
    outcomes.passed(
        "what was written goes along to the Studio and back, and the move can be taken back or kept from happening"
    )


@pytest.mark.req("SYS-REQ-041")
def test_where_the_layout_is_chosen_by_hand_a_move_is_offered_and_not_made(outcomes: Outcomes) -> None:
    outcomes.passed("where the layout is chosen by hand, a move is offered and not made")


@pytest.mark.req("SYS-REQ-041")
def test_compact_is_one_column_at_a_desk_too_and_the_studio_can_be_where_one_begins(outcomes: Outcomes) -> None:
    outcomes.passed("Compact is one column at a desk too, and the Studio can be where one begins")


@pytest.mark.req("SYS-REQ-041", "SYS-REQ-038")
def test_the_layout_of_somebody_who_has_logged_in_is_kept_in_their_profile(outcomes: Outcomes) -> None:
    outcomes.passed("the layout of somebody who has logged in is kept in their profile")


@pytest.mark.req("SYS-NFR-011")
def test_axe_finds_no_serious_fault_in_the_layouts_menu_notice_and_settings(outcomes: Outcomes) -> None:
    outcomes.passed("axe finds no serious fault in the layouts' menu, notice and settings")


def test_every_browser_test_has_its_test_here(outcomes: Outcomes) -> None:
    assert outcomes.not_in(Path(__file__)) == []
