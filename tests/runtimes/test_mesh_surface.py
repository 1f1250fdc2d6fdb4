"""Surfaces of models, made fit for every reader, and their pictures."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image

from pluggably.runtimes._media_server import Cancelled
from pluggably.runtimes._mesh_preview import SIDE, preview
from pluggably.runtimes._mesh_surface import Surface, clean

RED, BLUE = (0.8, 0.05, 0.05), (0.05, 0.05, 0.8)


def cleaned(mesh: Any, colours: Any = RED) -> Surface:
    spread = np.broadcast_to(np.array(colours, dtype=np.float32), (len(mesh.vertices), 3))
    return clean(np.array(mesh.vertices), np.array(mesh.faces), spread)


def reread(surface: Surface) -> Any:
    return trimesh.Trimesh(surface.vertices, surface.faces, process=False)


def test_what_was_up_is_up_in_gltf_and_the_front_comes_towards_the_viewer() -> None:
    box = trimesh.creation.box(extents=(1, 2, 4))
    box.apply_translation((10, -20, 30))
    mesh = reread(cleaned(box))
    assert mesh.extents == pytest.approx((1, 4, 2), abs=1e-4)
    assert mesh.centroid == pytest.approx((10, 30, 20), abs=1e-4)


@pytest.mark.parametrize("inverted", [False, True])
def test_faces_and_normals_look_outwards_whichever_way_they_came(inverted: bool) -> None:
    ball = trimesh.creation.icosphere(subdivisions=3)
    if inverted:
        ball.invert()
    surface = cleaned(ball)
    assert reread(surface).volume == pytest.approx(ball.volume if not inverted else -ball.volume, rel=1e-3)
    outwards = surface.vertices / np.linalg.norm(surface.vertices, axis=1, keepdims=True)
    assert (np.einsum("ij,ij->i", surface.normals, outwards) > 0.99).all()


def test_what_was_closed_stays_closed_without_its_degenerate_faces() -> None:
    ball = trimesh.creation.icosphere(subdivisions=3)
    vertices, faces = np.array(ball.vertices), np.array(ball.faces)
    # Two corners of a face move together, as where marching cubes meets a point of its grid.
    vertices[faces[0, 1]] = vertices[faces[0, 0]] + 1e-9
    surface = clean(vertices, faces, np.full((len(vertices), 3), 0.5, dtype=np.float32))
    mesh = reread(surface)
    assert len(surface.faces) == len(faces) - 2
    assert len(surface.vertices) == len(vertices) - 1
    assert mesh.is_watertight
    assert (mesh.area_faces > 0).all()


def test_corners_that_each_face_has_for_itself_become_one() -> None:
    ball = trimesh.creation.icosphere(subdivisions=2)
    apart = ball.copy()
    apart.unmerge_vertices()
    surface = cleaned(apart)
    assert len(surface.vertices) == len(ball.vertices)
    assert reread(surface).is_watertight


def test_what_is_not_finite_is_left_out() -> None:
    ball = trimesh.creation.icosphere(subdivisions=2)
    vertices = np.array(ball.vertices)
    colours = np.full((len(vertices), 3), 0.5, dtype=np.float32)
    vertices[0], colours[1] = np.nan, np.inf
    surface = clean(vertices, np.array(ball.faces), colours)
    assert np.isfinite(surface.vertices).all()
    assert np.isfinite(surface.colours).all()
    assert len(surface.vertices) == len(vertices) - 2
    touched = np.isin(ball.faces, (0, 1)).any(axis=1).sum()
    assert len(surface.faces) == len(ball.faces) - touched
    nothing = clean(np.full((3, 3), np.nan), np.array([[0, 1, 2]]), np.zeros((3, 3), dtype=np.float32))
    assert (len(nothing.vertices), len(nothing.faces), len(nothing.normals), len(nothing.colours)) == (0, 0, 0, 0)


def test_faces_without_any_extent_leave_nothing() -> None:
    surface = clean(np.ones((3, 3)), np.array([[0, 1, 2]]), np.zeros((3, 3), dtype=np.float32))
    assert len(surface.faces) == len(surface.vertices) == 0


def pixels(surface: Surface) -> Any:
    picture = Image.open(io.BytesIO(preview(surface)))
    assert (picture.format, picture.size) == ("PNG", (SIDE, SIDE))
    return np.asarray(picture.convert("RGB")).astype(int)


def test_a_preview_shows_all_of_it_before_a_plain_background() -> None:
    shown = pixels(cleaned(trimesh.creation.icosphere(subdivisions=4, radius=30)))
    there = (shown != shown[0, 0]).any(axis=2)
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    for line in (rows, columns):
        assert SIDE * 0.04 < line[0] < SIDE * 0.08
        assert SIDE * 0.92 < line[-1] < SIDE * 0.96
    ball = shown[there]
    assert (ball[:, 0] >= ball[:, 2]).mean() > 0.98  # red, but for the edge's mixture with the background
    lit, shaded = shown[SIDE // 4, SIDE // 3, 0], shown[SIDE * 7 // 8, SIDE // 2, 0]
    assert lit > shaded + 40  # light comes from above


def test_what_is_nearer_hides_what_is_behind_it() -> None:
    front, behind = trimesh.creation.box(), trimesh.creation.box()
    front.apply_translation((0.4, -1.2, 0))  # away from the viewer is +y here, and the camera stands to the right
    both = trimesh.util.concatenate([front, behind])
    colours = np.array([BLUE] * len(front.vertices) + [RED] * len(behind.vertices), dtype=np.float32)
    shown = pixels(cleaned(both, colours))
    blue = (shown[:, :, 2] > shown[:, :, 0] + 60).sum()
    red = (shown[:, :, 0] > shown[:, :, 2] + 60).sum()
    assert blue > 1.3 * red > 0


def test_a_preview_that_nobody_waits_for_is_broken_off() -> None:
    calls = 0

    def checkpoint() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        preview(cleaned(trimesh.creation.box()), checkpoint)
    assert calls == 3
