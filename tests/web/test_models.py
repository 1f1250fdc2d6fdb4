"""The pages of the models: what there is, what it does, and how more of it comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories import shelves
from tests.factories.browsers import Outcomes

BROWSER_TESTS = "models.test.ts"
GATEWAYS = shelves.shelves

pytestmark = pytest.mark.timeout(420)


@pytest.mark.req("SYS-REQ-025")
def test_models_are_filtered_by_what_they_make_who_runs_them_their_state_and_words_and_the_address_keeps_it(
    outcomes: Outcomes,
) -> None:
    outcomes.passed(
        "models are filtered by what they make, who runs them, their state and words, and the address keeps it"
    )


@pytest.mark.req("SYS-REQ-050")
def test_a_models_badge_follows_it_into_memory_and_out_of_it_by_itself(outcomes: Outcomes) -> None:
    outcomes.passed("a model's badge follows it into memory and out of it by itself")


def test_a_model_is_kept_in_memory_and_taken_out_of_it_in_spite_of_that_when_somebody_insists(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("a model is kept in memory, and taken out of it in spite of that when somebody insists")


def test_a_model_that_cant_be_loaded_says_why(outcomes: Outcomes) -> None:
    outcomes.passed("a model that can't be loaded says why")


def test_a_default_is_chosen_for_each_modality_and_said_on_its_card(outcomes: Outcomes) -> None:
    outcomes.passed("a default is chosen for each modality, and said on its card")


@pytest.mark.req("SYS-REQ-071")
def test_a_failed_model_says_why_and_a_locked_one_says_where_its_key_goes(outcomes: Outcomes) -> None:
    outcomes.passed("a failed model says why, and a locked one says where its key goes")


def test_a_model_is_switched_off_and_on_again(outcomes: Outcomes) -> None:
    outcomes.passed("a model is switched off and on again")


def test_removing_a_model_asks_first_and_says_what_is_deleted(outcomes: Outcomes) -> None:
    outcomes.passed("removing a model asks first and says what is deleted")


def test_the_details_of_a_model_have_its_id_to_copy_and_its_parameters_and_lead_to_a_chat_with_it(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("the details of a model have its id to copy and its parameters, and lead to a chat with it")


@pytest.mark.req("TEST-MAN-MVP-001", "SYS-REQ-063", "SYS-REQ-043")
def test_a_model_is_found_on_the_hub_and_downloaded_and_its_status_is_shown(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-MVP-001: a model is found on the hub and downloaded, and its status is shown")


@pytest.mark.req("SYS-REQ-043")
def test_a_download_outlasts_a_reload_is_cancelled_and_goes_on_where_it_stopped(outcomes: Outcomes) -> None:
    outcomes.passed("a download outlasts a reload, is cancelled, and goes on where it stopped")


def test_a_download_that_fails_says_why_and_can_be_tried_again_also_where_another_page_has_asked_for_it(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("a download that fails says why and can be tried again, also where another page has asked for it")


def test_what_does_not_fit_says_so_and_what_could_make_room_is_offered(outcomes: Outcomes) -> None:
    outcomes.passed("what does not fit says so, and what could make room is offered")


def test_a_gated_repository_says_what_to_do(outcomes: Outcomes) -> None:
    outcomes.passed("a gated repository says what to do")


@pytest.mark.req("SYS-REQ-063")
def test_the_hub_is_searched_page_by_page_by_words_and_by_what_a_model_makes(outcomes: Outcomes) -> None:
    outcomes.passed("the hub is searched page by page, by words and by what a model makes")


def test_an_address_that_is_refused_keeps_what_was_typed_and_a_path_brings_back_what_was_removed(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("an address that is refused keeps what was typed, and a path brings back what was removed")


def test_whoever_is_no_administrator_sees_the_models_and_no_button_that_would_be_refused(outcomes: Outcomes) -> None:
    outcomes.passed("whoever is no administrator sees the models and no button that would be refused")


@pytest.mark.req("SYS-NFR-011")
def test_axe_finds_no_serious_fault_on_the_models_pages_in_either_theme_and_at_either_size(
    outcomes: Outcomes,
) -> None:
    outcomes.passed("axe finds no serious fault on the models' pages, in either theme and at either size")


def test_nothing_of_the_models_pages_is_wider_than_a_phone_nor_than_a_page_at_200(outcomes: Outcomes) -> None:
    outcomes.passed("nothing of the models' pages is wider than a phone, nor than a page at 200 %")


def test_the_keyboard_alone_filters_opens_details_and_comes_back(outcomes: Outcomes) -> None:
    outcomes.passed("the keyboard alone filters, opens details and comes back")


def test_with_the_gateway_gone_the_models_page_says_so_and_it_comes_back_by_a_button(outcomes: Outcomes) -> None:
    outcomes.passed("with the gateway gone the models' page says so, and it comes back by a button")


def test_every_browser_test_has_its_test_here(outcomes: Outcomes) -> None:
    assert outcomes.not_in(Path(__file__)) == []
