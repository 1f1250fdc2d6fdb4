"""Parameters: the panel that is drawn from a model's schema, presets, and other parameters for another answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.browsers import Outcomes

BROWSER_TESTS = "parameters.test.ts"

pytestmark = pytest.mark.timeout(420)


@pytest.mark.req("TEST-MAN-004", "SYS-REQ-025", "SYS-REQ-026", "SYS-REQ-027")
def test_the_panel_is_drawn_from_the_schema_of_the_chosen_model_and_anew_for_another(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-004: the panel is drawn from the schema of the chosen model, and anew for another")


@pytest.mark.req("SYS-NFR-010")
def test_choosing_another_model_redraws_the_panel_in_under_100_ms(outcomes: Outcomes) -> None:
    outcomes.passed("choosing another model redraws the panel in under 100 ms")


@pytest.mark.req("SYS-REQ-027")
def test_only_what_differs_from_the_defaults_is_sent_and_one_or_all_of_it_is_reset(outcomes: Outcomes) -> None:
    outcomes.passed("only what differs from the defaults is sent, and one or all of it is reset")


@pytest.mark.req("SYS-REQ-027")
def test_what_cant_be_sent_is_told_in_words_at_its_field_and_the_message_stays(outcomes: Outcomes) -> None:
    outcomes.passed("what can't be sent is told in words at its field, and the message stays")


@pytest.mark.req("SYS-REQ-027")
def test_what_another_model_does_not_take_is_left_out_with_a_note_and_the_rest_stays(outcomes: Outcomes) -> None:
    outcomes.passed("what another model does not take is left out with a note, and the rest stays")


def test_presets_are_saved_under_a_name_taken_up_renamed_and_deleted(outcomes: Outcomes) -> None:
    outcomes.passed("presets are saved under a name, taken up, renamed and deleted")


@pytest.mark.req("SYS-REQ-038")
def test_presets_of_somebody_who_has_logged_in_are_kept_in_their_profile(outcomes: Outcomes) -> None:
    outcomes.passed("presets of somebody who has logged in are kept in their profile")


@pytest.mark.req("TEST-MAN-017", "SYS-REQ-048")
def test_an_answer_is_made_again_with_other_parameters_and_the_earlier_one_is_kept(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-017: an answer is made again with other parameters, and the earlier one is kept")


@pytest.mark.req("SYS-REQ-048")
def test_another_answer_that_is_under_way_is_picked_up_again_after_a_reload_and_a_lost_connection(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("another answer that is under way is picked up again after a reload and a lost connection")


@pytest.mark.req("SYS-NFR-011")
def test_axe_finds_no_serious_fault_in_the_panel_and_it_fits_on_a_phone_and_at_twice_the_size(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("axe finds no serious fault in the panel, and it fits on a phone and at twice the size")


def test_every_browser_test_has_its_test_here(outcomes: Outcomes) -> None:
    assert outcomes.not_in(Path(__file__)) == []
