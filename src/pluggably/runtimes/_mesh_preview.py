"""A picture of a coloured surface, for lists and galleries: lit, before a plain background, drawn without a GPU."""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from pluggably.runtimes._mesh_surface import Surface
from pluggably.runtimes._raster import Floats, Ints, Reals, rasterise, srgb, unit

SIDE = 512
"""Pixels in each direction."""
_SAMPLES = 2
_BAND = 128
"""Rows of samples that are drawn in one go: bounds memory, and the time in which nobody can stop it."""
_MARGIN = 0.06
_YAW, _PITCH = math.radians(30), math.radians(18)
_BACKGROUND = np.array((0.81, 0.83, 0.86), dtype=np.float32)
_LIGHTS = (
    (np.array((-0.45, 0.65, 0.61), dtype=np.float32), 0.85),
    (np.array((0.8, 0.1, 0.6), dtype=np.float32), 0.25),
)
"""Directions seen from the camera (right, up, towards it) and strengths."""
_FROM_ABOVE, _FROM_BELOW = 0.34, 0.16


def preview(surface: Surface, checkpoint: Callable[[], None] = lambda: None) -> bytes:
    """A PNG of `SIDE` × `SIDE` pixels that shows all of a surface from somewhat above and beside its front.

    `checkpoint` is called several times a second; what it raises ends the work.
    """
    axes = _axes()
    seen = surface.vertices @ axes.T
    normals = (surface.normals @ axes.T).astype(np.float32)
    low, high = seen.min(axis=0), seen.max(axis=0)
    side = SIDE * _SAMPLES
    scale = side * (1 - 2 * _MARGIN) / max(*(high - low)[:2], 1e-9)
    middle = (low + high) / 2
    points = np.stack(
        [side / 2 + (seen[:, 0] - middle[0]) * scale, side / 2 - (seen[:, 1] - middle[1]) * scale], axis=1
    )
    depth = 0.01 + 0.98 * (high[2] - seen[:, 2]) / max(high[2] - low[2], 1e-9)
    bands = []
    for top in range(0, side, _BAND):
        checkpoint()
        moved = points - (0, top)
        light = _band(moved, depth, surface.faces, normals, surface.colours, side)
        bands.append(light.reshape(_BAND // _SAMPLES, _SAMPLES, SIDE, _SAMPLES, 3).mean(axis=(1, 3)))
    out = io.BytesIO()
    Image.fromarray(srgb(np.concatenate(bands))).save(out, format="PNG", compress_level=6)
    return out.getvalue()


def _axes() -> Floats:
    """The directions right, up and back of the camera, as rows."""
    back = np.array([math.sin(_YAW) * math.cos(_PITCH), math.sin(_PITCH), math.cos(_YAW) * math.cos(_PITCH)])
    right = np.array([math.cos(_YAW), 0.0, -math.sin(_YAW)])
    return np.stack([right, np.cross(back, right), back])


def _band(points: Floats, depth: Floats, faces: Ints, normals: Reals, colours: Reals, width: int) -> Reals:
    """Linear light (rows × width, 3) of so many rows of samples, the first of them at y = 0."""
    heights = points[faces, 1]
    near = faces[(heights.max(axis=1) >= 0) & (heights.min(axis=1) <= _BAND)]
    triangle, _ = rasterise(points[near], depth[near], width, _BAND)
    light = np.broadcast_to(_BACKGROUND, (_BAND * width, 3)).copy()
    pixels = np.flatnonzero(triangle >= 0)
    corners = near[triangle[pixels]]
    weights = _weights(points[corners], pixels % width, pixels // width)[:, :, None]
    light[pixels] = _lit((colours[corners] * weights).sum(axis=1), unit((normals[corners] * weights).sum(axis=1)))
    return light


def _weights(corners: Floats, column: Ints, row: Ints) -> Reals:
    """What each corner of triangles (n, 3, 2) counts for in the middle of a sample of theirs."""
    a, b, c = (corners[:, number] for number in range(3))
    (ux, uy), (vx, vy) = (b - a).T, (c - a).T
    area = ux * vy - uy * vx
    area = np.where(np.abs(area) < 1e-12, np.inf, area)
    px, py = column + 0.5 - a[:, 0], row + 0.5 - a[:, 1]
    second, third = (px * vy - py * vx) / area, (py * ux - px * uy) / area
    weights = np.clip(np.stack([1 - second - third, second, third], axis=1), 0, 1)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def _lit(colours: Reals, normals: Reals) -> Reals:
    normals = np.where(normals[:, 2:] < 0, -normals, normals)  # what is open shows its inside
    up = normals[:, 1:2] * np.float32(0.5) + np.float32(0.5)
    light = np.float32(_FROM_BELOW) + np.float32(_FROM_ABOVE - _FROM_BELOW) * up
    for direction, strength in _LIGHTS:
        light = light + np.maximum(normals @ np.array(direction, dtype=np.float32), 0)[:, None] * np.float32(strength)
    return np.asarray(colours * light, dtype=np.float32)
