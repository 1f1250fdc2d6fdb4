"""Drawing triangles in numpy: no GPU, no display, the same pixels everywhere.

Triangles are cut into spans of pixels, all at once; the nearest wins by an atomic minimum over depth and number.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Reals = NDArray[np.float32]

_PIXELS_AT_ONCE = 3_000_000
_NOTHING = np.uint64(2**64 - 1)


def rasterise(points: Floats, depth: Floats, width: int, height: int) -> tuple[NDArray[np.int32], Reals]:
    """Which triangle is nearest in each pixel (-1: none), and its depth there.

    `points` (n, 3, 2) in pixels, `depth` (n, 3) between 0 (near) and 1, linear in the picture.
    """
    nearest = np.full(width * height, _NOTHING)
    for chosen in _portions(points, width, height):
        _fill(nearest, points[chosen], depth[chosen], chosen, width, height)
    triangle = (nearest & np.uint64(0xFFFFFFFF)).astype(np.uint32).view(np.int32)
    distance = (nearest >> np.uint64(32)).astype(np.uint32).view(np.float32)
    distance[triangle == -1] = 1
    return triangle, distance


def _portions(points: Floats, width: int, height: int) -> Iterator[Ints]:
    """Numbers of triangles, so many at a time that their pixels fit into memory."""
    first_corner, second, third = points[:, 0], points[:, 1], points[:, 2]
    # Over an axis this short, min() and max() take several times as long.
    low = np.clip(np.floor(np.minimum(np.minimum(first_corner, second), third)), 0, (width, height))
    high = np.clip(np.ceil(np.maximum(np.maximum(first_corner, second), third)), 0, (width, height))
    sides = high - low
    area = np.cumsum(sides[:, 0] * sides[:, 1])
    first = 0
    while first < len(points):
        before = area[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(area, before + _PIXELS_AT_ONCE)))
        yield np.arange(first, last)
        first = last


def _fill(nearest: NDArray[np.uint64], points: Floats, depth: Floats, numbers: Ints, width: int, height: int) -> None:
    order = np.argsort(points[:, :, 1], axis=1) + 3 * np.arange(len(points))[:, None]
    points, depth = points.reshape(-1, 2)[order], depth.ravel()[order]
    x, y = points[:, :, 0], points[:, :, 1]
    # Depth as a plane over the picture.
    x1, x2, y1, y2 = x[:, 1] - x[:, 0], x[:, 2] - x[:, 0], y[:, 1] - y[:, 0], y[:, 2] - y[:, 0]
    area = x1 * y2 - x2 * y1
    area = np.where(np.abs(area) < 1e-9, np.inf, area)
    d1, d2 = depth[:, 1] - depth[:, 0], depth[:, 2] - depth[:, 0]
    by_x, by_y = (d1 * y2 - d2 * y1) / area, (x1 * d2 - x2 * d1) / area
    # Rows that a triangle's pixels lie in: those whose middles are between its lowest and highest corner.
    top = np.clip(np.ceil(y[:, 0] - 0.5), 0, height).astype(np.int64)
    bottom = np.clip(np.ceil(y[:, 2] - 0.5), 0, height).astype(np.int64)
    owner, row = _ranges(top, bottom)
    middle = row + 0.5
    xs, ys = x[owner], y[owner]
    with np.errstate(divide="ignore", invalid="ignore"):
        long = xs[:, 0] + (middle - ys[:, 0]) * (xs[:, 2] - xs[:, 0]) / (ys[:, 2] - ys[:, 0])
        upper = xs[:, 0] + (middle - ys[:, 0]) * (xs[:, 1] - xs[:, 0]) / (ys[:, 1] - ys[:, 0])
        lower = xs[:, 1] + (middle - ys[:, 1]) * (xs[:, 2] - xs[:, 1]) / (ys[:, 2] - ys[:, 1])
    short = np.where(middle < ys[:, 1], upper, lower)
    left = np.clip(np.ceil(np.minimum(long, short) - 0.5), 0, width).astype(np.int64)
    right = np.clip(np.ceil(np.maximum(long, short) - 0.5), 0, width).astype(np.int64)
    at_zero = depth[owner, 0] + by_x[owner] * (0.5 - xs[:, 0]) + by_y[owner] * (middle - ys[:, 0])
    span, column = _ranges(left, right)
    slope = by_x[owner].astype(np.float32)
    value = at_zero.astype(np.float32)[span] + slope[span] * column.astype(np.float32)
    np.clip(value, 1e-6, 1, out=value)
    key = value.view(np.uint32).astype(np.uint64) << np.uint64(32)
    key |= numbers.astype(np.uint64)[owner][span]
    np.minimum.at(nearest, (row * width)[span] + column, key)


def _ranges(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """All numbers from `first[i]` up to but without `last[i]`, each with its i."""
    counts = np.maximum(last - first, 0)
    owner = np.repeat(np.arange(len(first)), counts)
    begins = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) + (first - begins)[owner]


def unit(vectors: Reals) -> Reals:
    """Vectors (n, 3) of length 1 in the same directions."""
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return np.asarray(vectors / np.maximum(length, np.float32(1e-9))[:, None], dtype=np.float32)


def linear(colour: tuple[float, float, float]) -> tuple[float, float, float]:
    """A colour in linear light, as IEC 61966-2-1 defines sRGB."""
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in colour
    )
    return red, green, blue


def _srgb_table() -> NDArray[np.uint8]:
    light = np.linspace(0, 1, 8192)
    shown = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray((shown * 255 + 0.5).astype(np.uint8))


TO_SRGB = _srgb_table()
"""Linear light from 0 to 1, in steps of 1/8191, as sRGB from 0 to 255."""


def from_srgb(shown: NDArray[np.uint8]) -> Floats:
    """sRGB from 0 to 255 in linear light from 0 to 1."""
    value = shown / 255.0
    return np.asarray(np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4))


def srgb(light: Floats | Reals) -> NDArray[np.uint8]:
    """Colours in linear light, as sRGB from 0 to 255; what lies outside 0 to 1 is cut off."""
    return TO_SRGB[(np.clip(light, 0, 1) * (len(TO_SRGB) - 1)).astype(np.int32)]
