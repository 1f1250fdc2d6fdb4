"""What a model made, turned into a mesh that every reader takes: finite, without degenerate faces, y up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pluggably.runtimes._raster import Floats, Ints, Reals

_CLOSEST = 2.0**-18
"""Shares of the whole extent within which corners are one: where the surface goes by a point of the grid, marching
cubes makes triangles too small to have a direction."""


@dataclass(frozen=True, slots=True)
class Surface:
    """Triangles: `vertices` (n, 3), `faces` (m, 3) counter-clockwise seen from outside, `normals` (n, 3) outwards.

    y is up and z comes towards the viewer, as in glTF. `colours` (n, 3) are linear light from 0 to 1.
    """

    vertices: Floats
    faces: Ints
    normals: Floats
    colours: Reals


def clean(vertices: Floats, faces: Ints, colours: Reals) -> Surface:
    """A surface of what marching cubes found where z is up and y goes away from the viewer. It may be empty.

    Corners at one place become one, so that what was closed stays closed without its degenerate faces.
    """
    usable = np.asarray(np.isfinite(vertices).all(axis=1) & np.isfinite(colours).all(axis=1))
    faces = faces[usable[faces].all(axis=1)]
    if not len(faces):
        return Surface(np.empty((0, 3)), np.empty((0, 3), np.int64), np.empty((0, 3)), np.empty((0, 3), np.float32))
    used, numbers = np.unique(faces, return_inverse=True)
    vertices, colours, faces = vertices[used], colours[used], numbers.reshape(-1, 3)
    grain = float(np.ptp(vertices, axis=0).max()) * _CLOSEST or 1.0
    places, first, numbers = np.unique(np.round(vertices / grain), axis=0, return_index=True, return_inverse=True)
    vertices, colours, faces = places * grain, np.clip(colours[first], 0, 1), numbers.reshape(-1)[faces]
    corners = places[faces]  # whole numbers: what has no area has exactly none
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    faces = faces[across.any(axis=1)]
    used, numbers = np.unique(faces, return_inverse=True)
    vertices, colours, faces = vertices[used], colours[used], numbers.reshape(-1, 3)
    vertices = np.stack([vertices[:, 0], vertices[:, 2], -vertices[:, 1]], axis=1)
    if _volume(vertices, faces) < 0:
        faces = faces[:, ::-1]
    return Surface(vertices, np.ascontiguousarray(faces), _normals(vertices, faces), colours)


def _volume(vertices: Floats, faces: Ints) -> float:
    """What a closed surface encloses; negative where its faces look inwards."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def _normals(vertices: Floats, faces: Ints) -> Floats:
    """Of each vertex: the mean of its faces' normals, weighted by their areas."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    across = np.cross(b - a, c - a)
    sums = np.stack(
        [
            sum(np.bincount(faces[:, corner], across[:, axis], len(vertices)) for corner in range(3))
            for axis in range(3)
        ],
        axis=1,
    )
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    # Where faces look opposite ways, none is right; a reader wants a unit vector all the same.
    return np.where(length > 1e-20, sums / np.maximum(length, 1e-20), (0.0, 1.0, 0.0))
