"""The studio: images and meshes that are made, looked at, gone on from and downloaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.browsers import Outcomes

BROWSER_TESTS = "studio.test.ts"

pytestmark = pytest.mark.timeout(420)


@pytest.mark.req("TEST-MAN-006", "SYS-REQ-029")
def test_images_are_made_stand_in_a_gallery_and_are_downloaded(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-006: images are made, stand in a gallery and are downloaded")


@pytest.mark.req("TEST-MAN-007", "SYS-REQ-030")
def test_a_mesh_is_made_turned_in_the_3d_viewer_and_downloaded_in_four_formats(outcomes: Outcomes) -> None:
    outcomes.passed("TEST-MAN-007: a mesh is made, turned in the 3D viewer and downloaded in four formats")


def test_what_is_under_way_shows_how_far_it_is_and_is_picked_up_again_after_a_reload(outcomes: Outcomes) -> None:
    outcomes.passed("what is under way shows how far it is, and is picked up again after a reload")


def test_what_was_ordered_elsewhere_is_shown_while_it_is_under_way(outcomes: Outcomes) -> None:
    outcomes.passed("what was ordered elsewhere is shown while it is under way")


def test_a_generation_is_cancelled_and_nothing_comes_of_it(outcomes: Outcomes) -> None:
    outcomes.passed("a generation is cancelled, and nothing comes of it")


def test_a_failure_stays_with_its_reason_also_after_a_reload_and_is_tried_again(outcomes: Outcomes) -> None:
    outcomes.passed("a failure stays with its reason, also after a reload, and is tried again")


def test_an_order_that_the_gateway_refuses_says_why_and_is_dismissed(outcomes: Outcomes) -> None:
    outcomes.passed("an order that the gateway refuses says why, and is dismissed")


def test_the_parameters_of_an_image_are_used_again_and_the_image_itself_is_gone_on_from(outcomes: Outcomes) -> None:
    outcomes.passed("the parameters of an image are used again, and the image itself is gone on from")


def test_deleting_asks_first_and_what_is_deleted_is_gone(outcomes: Outcomes) -> None:
    outcomes.passed("deleting asks first, and what is deleted is gone")


def test_the_gallery_shows_images_or_meshes_alone_and_goes_on_as_far_as_one_scrolls(outcomes: Outcomes) -> None:
    outcomes.passed("the gallery shows images or meshes alone, and goes on as far as one scrolls")


def test_the_keyboard_alone_makes_an_image_leafs_through_the_gallery_and_comes_back_to_it(outcomes: Outcomes) -> None:
    outcomes.passed("the keyboard alone makes an image, leafs through the gallery and comes back to it")


def test_without_webgl_the_viewer_says_so_and_the_mesh_can_be_downloaded_all_the_same(outcomes: Outcomes) -> None:
    outcomes.passed("without WebGL the viewer says so, and the mesh can be downloaded all the same")


def test_a_mesh_turns_by_itself_but_not_for_whoever_wants_less_motion(outcomes: Outcomes) -> None:
    outcomes.passed("a mesh turns by itself, but not for whoever wants less motion")


def test_in_a_chat_pictures_and_meshes_open_in_the_same_viewer(outcomes: Outcomes) -> None:
    outcomes.passed("in a chat, pictures and meshes open in the same viewer")


def test_hosted_elsewhere_with_a_key_pictures_and_meshes_are_shown_as_well(outcomes: Outcomes) -> None:
    outcomes.passed("hosted elsewhere with a key, pictures and meshes are shown as well")


@pytest.mark.req("SYS-NFR-011")
def test_axe_finds_no_serious_fault_in_the_studio_in_either_theme_and_at_either_size(outcomes: Outcomes) -> None:
    outcomes.passed("axe finds no serious fault in the studio, in either theme and at either size")


@pytest.mark.req("SYS-NFR-009")
def test_on_a_phone_and_at_200_nothing_of_the_studio_is_wider_than_the_screen(outcomes: Outcomes) -> None:
    outcomes.passed("on a phone and at 200 % nothing of the studio is wider than the screen")


def test_every_browser_test_has_its_test_here(outcomes: Outcomes) -> None:
    assert outcomes.not_in(Path(__file__)) == []
