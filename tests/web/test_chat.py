"""Chat: sessions, answers, Markdown, images, at a desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.browsers import Outcomes

BROWSER_TESTS = "chat.test.ts"

pytestmark = pytest.mark.timeout(420)


@pytest.mark.req("TEST-MAN-005", "SYS-REQ-028")
def test_an_answer_comes_into_the_chat_piece_by_piece(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-005: an answer comes into the chat piece by piece")


def test_a_real_model_answers_and_auto_is_the_first_choice(outcomes: Outcomes) -> None:
    outcomes.passed("a real model answers, and Auto is the first choice")


def test_models_are_listed_and_filtered_by_what_they_make(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-004: models are listed and filtered by what they make")


@pytest.mark.req("TEST-MAN-MVP-003", "SYS-REQ-065", "SYS-REQ-066")
def test_sessions_stand_in_the_left_pane_and_can_be_switched(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-MVP-003: sessions stand in the left pane and can be switched")


@pytest.mark.req("TEST-MAN-MVP-004", "SYS-REQ-067")
def test_prompts_and_answers_show_when_they_were_made(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-MVP-004: prompts and answers show when they were made")


@pytest.mark.req("TEST-MAN-009", "SYS-REQ-032")
def test_what_was_said_is_still_there_and_each_session_keeps_to_itself(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-009: what was said is still there, and each session keeps to itself")


@pytest.mark.req("TEST-MAN-017", "SYS-REQ-048")
def test_an_answer_is_made_again_and_the_earlier_one_can_be_leafed_back_to(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-017: an answer is made again, and the earlier one can be leafed back to")


def test_a_prompt_is_edited_and_sent_again(outcomes: Outcomes) -> None:
    outcomes.passed("a prompt is edited and sent again")


def test_an_answer_is_stopped_and_what_has_come_of_it_stays(outcomes: Outcomes) -> None:
    outcomes.passed("an answer is stopped, and what has come of it stays")


def test_an_answer_that_is_under_way_is_picked_up_again_after_a_reload(outcomes: Outcomes) -> None:
    outcomes.passed("an answer that is under way is picked up again after a reload")


def test_a_lost_connection_is_picked_up_again(outcomes: Outcomes) -> None:
    outcomes.passed("a lost connection is picked up again")


def test_markdown_is_shown_with_code_to_copy_tables_and_formulas_nothing_in_it_runs(outcomes: Outcomes) -> None:
    outcomes.passed("Markdown is shown with code to copy, tables and formulas; nothing in it runs")


def test_enter_sends_shift_enter_breaks_the_line_up_recalls(outcomes: Outcomes) -> None:
    outcomes.passed("Enter sends, Shift+Enter breaks the line, Up recalls")


@pytest.mark.req("TEST-MAN-018", "SYS-REQ-070")
def test_images_are_attached_by_upload_paste_drag_and_address_and_refused_with_a_reason(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-018: images are attached by upload, paste, drag and address, and refused with a reason")


def test_a_session_is_renamed_exported_and_closed(outcomes: Outcomes) -> None:
    outcomes.passed("a session is renamed, exported and closed")


def test_a_long_answer_keeps_the_page_moving_while_it_streams(outcomes: Outcomes) -> None:
    outcomes.passed("a long answer keeps the page moving while it streams")


def test_every_browser_test_has_its_test_here(outcomes: Outcomes) -> None:
    assert outcomes.not_in(Path(__file__)) == []
