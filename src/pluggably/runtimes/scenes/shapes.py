"""Closed meshes of simple bodies, with soft edges.

Bodies stand on y = 0 and are centred in x and z unless said otherwise; y goes up, z towards the viewer, as in glTF.
Every body is watertight with shared vertices: edges are bevelled rather than split, so that one normal per vertex
is enough. Bodies without normals are meant to be seen as facets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from random import Random

import numpy as np
import trimesh
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CORNER = math.cos(math.radians(32))
"""Profiles that turn more than this get a bevel."""


@dataclass(frozen=True, eq=False)
class Body:
    """A closed surface: vertices (n, 3), triangles (m, 3), and normals (n, 3) unless it is faceted."""

    vertices: Floats
    faces: Ints
    normals: Floats | None = None

    def moved(self, x: float = 0, y: float = 0, z: float = 0) -> Body:
        """The same elsewhere."""
        return replace(self, vertices=self.vertices + np.array((x, y, z)))

    def scaled(self, x: float, y: float, z: float) -> Body:
        """The same with other measures; factors are positive."""
        normals = None
        if self.normals is not None:
            normals = self.normals / (x, y, z)
            normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        return Body(self.vertices * (x, y, z), self.faces, normals)

    def turned(self, axis: int, degrees: float) -> Body:
        """The same, turned about x (0), y (1) or z (2) through the origin."""
        angle = math.radians(degrees)
        one, other = [index for index in range(3) if index != axis]
        if axis == 1:
            one, other = other, one
        matrix = np.eye(3)
        matrix[one, one] = matrix[other, other] = math.cos(angle)
        matrix[one, other], matrix[other, one] = -math.sin(angle), math.sin(angle)
        normals = None if self.normals is None else self.normals @ matrix.T
        return Body(self.vertices @ matrix.T, self.faces, normals)

    def faceted(self) -> Body:
        """The same, seen as facets."""
        return replace(self, normals=None)


@lru_cache(maxsize=512)
def box(width: float, height: float, depth: float, bevel: float | None = None) -> Body:
    """A block with bevelled edges."""
    half = np.array([width / 2, height / 2, depth / 2])
    edge = min(0.06 * min(width, height, depth), 0.03) if bevel is None else bevel
    edge = min(edge, 0.45 * min(width, height, depth))
    vertices: list[Floats] = []
    normals: list[Floats] = []
    place: dict[tuple[int, int, int, int], int] = {}
    for sx in (-1, 1):
        for sy in (-1, 1):
            for sz in (-1, 1):
                for axis in range(3):
                    point = np.array([sx, sy, sz]) * (half - edge)
                    point[axis] = (sx, sy, sz)[axis] * half[axis]
                    normal = np.zeros(3)
                    normal[axis] = (sx, sy, sz)[axis]
                    place[sx, sy, sz, axis] = len(vertices)
                    vertices.append(point)
                    normals.append(normal)
    faces: list[tuple[int, int, int]] = []

    def polygon(*corners: int) -> None:
        for second, third in pairwise(corners[1:]):
            faces.append((corners[0], second, third))

    for axis in range(3):
        b, c = (axis + 1) % 3, (axis + 2) % 3
        for side in (-1, 1):

            def corner(sb: int, sc: int, of: int, a: int = axis, b: int = b, c: int = c, side: int = side) -> int:
                signs = [0, 0, 0]
                signs[a], signs[b], signs[c] = side, sb, sc
                return place[signs[0], signs[1], signs[2], of]

            polygon(*(corner(sb, sc, axis) for sb, sc in ((-1, -1), (1, -1), (1, 1), (-1, 1))))
            for other in (-1, 1):  # the edge between the faces `axis` and `b`, along c
                polygon(corner(other, -1, axis), corner(other, 1, axis), corner(other, 1, b), corner(other, -1, b))
    for sx in (-1, 1):
        for sy in (-1, 1):
            for sz in (-1, 1):
                polygon(*(place[sx, sy, sz, axis] for axis in range(3)))
    points, triangles = np.array(vertices), np.array(faces)
    body = Body(points, _outwards(points, triangles), np.array(normals))
    return body.moved(y=height / 2)


def _outwards(points: Floats, triangles: Ints) -> Ints:
    """Triangles of a body that is convex around the origin, all seen from outside."""
    corners = points[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inwards = np.einsum("ij,ij->i", normals, corners.mean(axis=1)) < 0
    turned = triangles.copy()
    turned[inwards] = turned[inwards][:, ::-1]
    return turned


Profile = tuple[tuple[float, float], ...]
"""Points (radius, height) from the axis at the bottom round to the axis at the top, outer side first."""


@lru_cache(maxsize=1024)
def lathe(profile: Profile, sections: int = 32, *, closed: bool = False, bevel: float = 0.02) -> Body:
    """A body turned from a profile. A `closed` profile does not touch the axis and gives a ring."""
    points = _bevelled(np.array(profile, dtype=float), bevel, closed=closed)
    steps = np.diff(points, axis=0, append=points[:1])
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    across = np.stack([steps[:, 1], -steps[:, 0]], axis=1)  # outwards for a profile that runs upwards
    if not closed:
        across[-1], lengths[-1] = 0, 0
    weighted = across * lengths[:, None]
    normals = weighted + np.roll(weighted, 1, axis=0)
    if not closed:
        normals[0], normals[-1] = (0, -1), (0, 1)
        if steps[-2][1] < 0:  # the inside of a cup: its floor looks up
            normals[-1] = (0, 1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)

    angles = np.arange(sections) * (2 * math.pi / sections) + math.pi / sections
    circle = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    rings = points if closed else points[1:-1]
    ring_normals = normals if closed else normals[1:-1]
    count = len(rings)
    vertices = np.empty((count, sections, 3))
    vertices[:, :, (0, 2)] = rings[:, None, :1] * circle[None]
    vertices[:, :, 1] = rings[:, None, 1]
    vertex_normals = np.empty_like(vertices)
    vertex_normals[:, :, (0, 2)] = ring_normals[:, None, :1] * circle[None]
    vertex_normals[:, :, 1] = ring_normals[:, None, 1]

    index = np.arange(count * sections).reshape(count, sections)
    following = np.roll(index, -1, axis=1)
    above = np.roll(index, -1, axis=0), np.roll(following, -1, axis=0)
    rows = slice(None) if closed else slice(0, -1)
    quads = index[rows].ravel(), following[rows].ravel(), above[1][rows].ravel(), above[0][rows].ravel()
    faces = [np.stack([quads[0], quads[1], quads[2]], 1), np.stack([quads[0], quads[2], quads[3]], 1)]
    points_list, normals_list = [vertices.reshape(-1, 3)], [vertex_normals.reshape(-1, 3)]
    if not closed:
        bottom, top = count * sections, count * sections + 1
        faces.append(np.stack([np.full(sections, bottom), following[0], index[0]], 1))
        faces.append(np.stack([np.full(sections, top), index[-1], following[-1]], 1))
        points_list.append(np.array([[0, points[0][1], 0], [0, points[-1][1], 0]]))
        normals_list.append(np.array([[0, normals[0][1], 0], [0, normals[-1][1], 0]]))
    return Body(np.concatenate(points_list), np.concatenate(faces), np.concatenate(normals_list))


def _bevelled(points: Floats, size: float, *, closed: bool) -> Floats:
    """The profile with two points in the place of each sharp corner."""
    count = len(points)
    found = []
    for index, point in enumerate(points):
        if not closed and index in (0, count - 1):
            found.append(point)
            continue
        before, after = points[index - 1] - point, points[(index + 1) % count] - point
        lengths = np.hypot(*before), np.hypot(*after)
        if -before @ after / (lengths[0] * lengths[1]) > _CORNER:
            found.append(point)
            continue
        found += [point + way * min(size / length, 0.3) for way, length in zip((before, after), lengths, strict=True)]
    return np.array(found)


def cylinder(radius: float, height: float, sections: int = 32, bevel: float = 0.02) -> Body:
    """An upright cylinder."""
    return lathe(((0, 0), (radius, 0), (radius, height), (0, height)), sections, bevel=bevel)


def frustum(bottom: float, top: float, height: float, sections: int = 32, bevel: float = 0.02) -> Body:
    """An upright cylinder that narrows or widens."""
    return lathe(((0, 0), (bottom, 0), (top, height), (0, height)), sections, bevel=bevel)


def cone(radius: float, height: float, sections: int = 32) -> Body:
    """An upright cone with a blunt tip."""
    tip = radius * 0.02
    return lathe(((0, 0), (radius, 0), (tip, height * 0.995), (0, height)), sections, bevel=0.02)


def pyramid(width: float, height: float, sections: int = 4) -> Body:
    """A pyramid over a square, in facets."""
    radius = width / 2 / math.cos(math.pi / sections)
    angles = np.arange(sections) * (2 * math.pi / sections) + math.pi / sections
    around = np.stack([np.sin(angles) * radius, np.zeros(sections), np.cos(angles) * radius], axis=1)
    vertices = np.concatenate([around, [[0, height, 0], [0, 0, 0]]])
    here = np.arange(sections)
    there = np.roll(here, -1)
    sides = np.stack([here, there, np.full(sections, sections)], axis=1)
    floor = np.stack([there, here, np.full(sections, sections + 1)], axis=1)
    return Body(vertices, np.concatenate([sides, floor]))


@lru_cache(maxsize=256)
def sphere(radius: float, sections: int = 32) -> Body:
    """A ball on the ground."""
    rings = max(4, sections // 2)
    angles = [math.pi * ring / rings for ring in range(rings + 1)]
    profile = tuple((radius * math.sin(angle), radius - radius * math.cos(angle)) for angle in angles)
    return lathe(profile, sections, bevel=0)


def torus(radius: float, tube: float, sections: int = 32) -> Body:
    """A ring that lies on the ground; `radius` is that of its middle."""
    count = max(8, sections // 2)
    angles = [2 * math.pi * step / count - math.pi / 2 for step in range(count)]
    profile = tuple((radius + tube * math.cos(angle), tube + tube * math.sin(angle)) for angle in angles)
    return lathe(profile, sections, closed=True, bevel=0)


def capsule(radius: float, height: float, sections: int = 32) -> Body:
    """An upright cylinder with round ends; `height` includes them."""
    steps = max(3, sections // 4)
    low = [math.pi / 2 * step / steps for step in range(steps + 1)]
    bottom = [(radius * math.sin(angle), radius - radius * math.cos(angle)) for angle in low]
    top = [(r, height - y) for r, y in reversed(bottom)]
    return lathe(tuple(bottom + top), sections, bevel=0)


def vessel(outside: Sequence[tuple[float, float]], wall: float, sections: int = 32) -> Body:
    """An open vessel: its outer profile from the edge of its base to its rim, hollowed out."""
    (_, base), (rim, top) = outside[0], outside[-1]
    inside = [(max(r - wall, 0.02), max(y, base + wall)) for r, y in reversed(outside[:-1])]
    profile = [(0.0, base), *outside, (rim - wall, top), *inside, (0.0, base + wall)]
    return lathe(tuple(profile), sections, bevel=min(0.01, wall / 3))


def prism(outline: Sequence[tuple[float, float]], depth: float, bulge: float = 0) -> Body:
    """A polygon in x and y (against the clock, star-shaped around its middle) with a depth in z, in facets.

    With `bulge` the middles of both faces stand out by so much.
    """
    flat = np.array(outline, dtype=float)
    count = len(flat)
    middle = flat.mean(axis=0)
    front = np.column_stack([flat, np.full(count, depth / 2)])
    back = np.column_stack([flat, np.full(count, -depth / 2)])
    vertices = np.concatenate([front, back, [[*middle, depth / 2 + bulge], [*middle, -depth / 2 - bulge]]])
    here = np.arange(count)
    there = np.roll(here, -1)
    faces = np.concatenate(
        [
            np.stack([np.full(count, 2 * count), here, there], axis=1),
            np.stack([np.full(count, 2 * count + 1), there + count, here + count], axis=1),
            np.stack([here + count, there + count, there], axis=1),
            np.stack([here + count, there, here], axis=1),
        ]
    )
    return Body(vertices, faces)


def lump(radius: float, random: Random, subdivisions: int = 2, roughness: float = 0.18) -> Body:
    """A body with uneven facets that stands on the ground; crowns of trees and rocks are made of it."""
    ball = _icosphere(subdivisions)
    waves = [(np.array([random.uniform(-1, 1) for _ in range(3)]) * 2.6, random.uniform(0, 6.3)) for _ in range(5)]
    bumps = np.mean([np.sin(ball.vertices @ wave + phase) for wave, phase in waves], axis=0)
    vertices = ball.vertices * (radius * (1 + roughness * bumps))[:, None]
    vertices[:, 1] -= vertices[:, 1].min()
    return Body(vertices, ball.faces)


@lru_cache(maxsize=8)
def _icosphere(subdivisions: int) -> Body:
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions)
    return Body(np.asarray(mesh.vertices, dtype=float), np.asarray(mesh.faces, dtype=np.int64))
