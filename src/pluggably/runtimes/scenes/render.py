"""Pictures of scenes, drawn by a small rasteriser in numpy: no GPU, no display, the same pixels everywhere.

Which triangle is seen where comes from `_raster`. Colours are found afterwards, once per pixel where its four samples
show the same body and four times where they do not, so that smooth edges cost little. Shadows come from a second
picture, seen from the sun.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pluggably.runtimes._raster import Reals, linear, rasterise, srgb, unit
from pluggably.runtimes.scenes.layout import Scene
from pluggably.runtimes.scenes.palette import Hour, lighter
from pluggably.runtimes.scenes.shapes import Floats, Ints

_SAMPLES = 2
"""Samples per pixel in each direction."""
_BAND_PIXELS = 2**17
"""Pixels of the picture that are drawn in one go: bounds memory, and the time in which nobody can stop it."""
_FIELD_OF_VIEW = math.radians(32)
_SUN = np.array([-0.55, 0.78, 0.48]) / np.linalg.norm([-0.55, 0.78, 0.48])
_FILTER = ((-0.9, -0.4), (0.4, -0.9), (0.9, 0.4), (-0.4, 0.9), (0.0, 0.0))


@dataclass(frozen=True)
class _Surfaces:
    """All triangles of a scene: corners (n, 3, 3), their normals (n, 3, 3), and what they are made of.

    `paints` is (bodies, 6): linear red, green and blue, metallic, roughness, glow; `body` is each triangle's row.
    """

    corners: Floats
    normals: Floats
    body: Ints
    paints: Reals


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from. `axes` has the directions right, up and back as rows."""

    position: Floats
    axes: Floats
    scale: float
    """Half the picture's longer side in tangents of the angle."""


def draw(
    scene: Scene,
    width: int,
    height: int,
    *,
    seed: int = 0,
    backdrop: Image.Image | None = None,
    checkpoint: Callable[[], None] = lambda: None,
) -> Image.Image:
    """The scene as an RGB picture of `width` × `height` pixels.

    `seed` turns the camera a little. A `backdrop` takes the place of sky and ground; things still throw their
    shadows on it. `checkpoint` is called several times a second; what it raises ends the work.
    """
    drawing = _Drawing(scene, width, height, seed, backdrop)
    checkpoint()
    return drawing.picture(checkpoint)


def camera_for(scene: Scene, width: int, height: int, seed: int) -> Camera:
    """A camera that sees everything, from somewhat above and from the side."""
    random = Random(f"camera {seed}")  # noqa: S311 - looks, not secrets
    yaw = math.radians(random.uniform(-16, -8) if random.random() < 0.5 else random.uniform(8, 16))
    boxes = np.array([member.box for member in scene.members])
    size = boxes[:, 1].max(axis=0) - boxes[:, 0].min(axis=0)
    flatness = 1 - min(1.0, float(size[1] / max(size[0], size[2])))
    pitch = math.radians(11 + 9 * flatness + random.uniform(0, 2.5))  # what is flat is better seen from above
    back = np.array([math.sin(yaw) * math.cos(pitch), math.sin(pitch), math.cos(yaw) * math.cos(pitch)])
    right = np.array([math.cos(yaw), 0.0, -math.sin(yaw)])
    axes = np.stack([right, np.cross(back, right), back])
    points = np.concatenate([_corners(member.box) for member in scene.members]) @ axes.T
    scale = math.tan(_FIELD_OF_VIEW / 2)
    across = scale * min(1.0, width / height) * 0.88
    upright = scale * min(1.0, height / width) * 0.80
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    distance = 0.0
    for _ in range(4):  # the nearer a point, the more it moves in the picture
        depth = np.maximum(distance - (points[:, 2] - middle[2]), 0.1)
        for axis in (0, 1):
            seen = (points[:, axis] - middle[axis]) / depth
            if distance:
                middle[axis] += (seen.min() + seen.max()) / 2 * float(depth.mean())
        away = points - middle
        distance = float(
            max((np.abs(away[:, 0]) / across + away[:, 2]).max(), (np.abs(away[:, 1]) / upright + away[:, 2]).max())
        )
    middle[1] += 0.04 * distance * upright  # things stand a little below the middle
    position = (middle + np.array((0, 0, max(distance, 2.2)))) @ axes
    position[1] = max(position[1], 0.25)
    return Camera(position, axes, scale)


def _corners(box: Floats) -> Floats:
    return np.array([[box[x][0], box[y][1], box[z][2]] for x in (0, 1) for y in (0, 1) for z in (0, 1)])


def _surfaces(scene: Scene) -> _Surfaces:
    corners: list[Floats] = []
    normals: list[Floats] = []
    body: list[Ints] = []
    paints: list[tuple[float, ...]] = []
    for member in scene.members:
        for _, shape, paint in member.pieces():
            points = shape.vertices[shape.faces]
            corners.append(points)
            if shape.normals is None:
                flat = np.cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0])
                flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
                normals.append(np.repeat(flat[:, None], 3, axis=1))
            else:
                normals.append(shape.normals[shape.faces])
            body.append(np.full(len(points), len(paints)))
            paints.append((*linear(paint.colour), paint.metallic, paint.roughness, paint.glow))
    return _Surfaces(
        np.concatenate(corners), np.concatenate(normals), np.concatenate(body), np.array(paints, dtype=np.float32)
    )


class _Shadows:
    """What the sun sees: how far light goes, on a map of depths."""

    def __init__(self, corners: Floats, side: int) -> None:
        self._side = side
        right = np.cross([0.0, 1.0, 0.0], _SUN)
        right /= np.linalg.norm(right)
        self._axes = np.stack([right, np.cross(_SUN, right), _SUN])
        points = corners @ self._axes.T
        low, high = _extent(points)
        self._low = low[:2] - 0.05
        self._span = float((high[:2] - self._low).max() + 0.05)
        self._near, self._far = float(high[2]), float(low[2])
        depth = (self._near - points[:, :, 2]) / (self._near - self._far) * 0.98 + 0.01
        seen = (points[:, :, :2] - self._low) * (side / self._span)
        _, distance = rasterise(seen, depth, side, side)
        distance[distance == 1] = np.inf
        self._map = distance

    def light(self, points: Reals, normals: Reals | None) -> Reals:
        """The share of sunlight, from 0 to 1, that reaches points (n, 3)."""
        side = self._side
        texel = self._span / side
        moved = points if normals is None else points + normals * np.float32(2.2 * texel)
        px, py, pz = moved[:, 0], moved[:, 1], moved[:, 2]
        u, v, w = (px * axis[0] + py * axis[1] + pz * axis[2] for axis in self._axes.astype(np.float32))
        depth = (np.float32(self._near) - w) * np.float32(0.98 / (self._near - self._far)) + np.float32(0.01)
        depth -= np.float32(1.6 * texel * 0.98 / (self._near - self._far))
        x = (u - np.float32(self._low[0])) * np.float32(1 / texel)
        y = (v - np.float32(self._low[1])) * np.float32(1 / texel)
        light = np.zeros(len(points), dtype=np.float32)
        for dx, dy in _FILTER:
            column, row = (x + np.float32(1.7 * dx)).astype(np.int32), (y + np.float32(1.7 * dy)).astype(np.int32)
            outside = (column < 0) | (row < 0) | (column >= side) | (row >= side)
            place = row * np.int32(side) + column
            place[outside] = 0
            light += outside | (self._map[place] > depth)
        return light / np.float32(len(_FILTER))


class _Drawing:
    def __init__(self, scene: Scene, width: int, height: int, seed: int, backdrop: Image.Image | None) -> None:
        self._scene = scene
        self._width, self._height = width, height
        self._camera = camera_for(scene, width, height, seed)
        self._backdrop = None if backdrop is None else _to_linear(_covering(backdrop, width, height))
        self._set_mood(scene.description.hour)
        surfaces = _surfaces(scene)
        corners = surfaces.corners
        flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        # Bodies are closed: of each, the side towards the sun throws the shadow, and the lower one the ground's.
        side = min(1024, max(320, round(1.2 * max(width, height))))
        self._shadows = _Shadows(corners[flat @ _SUN > 0], side)
        self._contact = _Contact(corners[flat[:, 1] < 0])
        self._reach = float(np.linalg.norm(self._camera.position))
        seen = np.einsum("ij,ij->i", flat, self._camera.position - corners[:, 0]) > 0
        self._body = surfaces.body[seen]
        direction = np.round(unit(flat[seen].astype(np.float32)) * 2 + 2).astype(int)
        # Where this differs within a pixel, its samples differ: another body, or clearly another direction.
        self._looks = self._body * 125 + direction @ (25, 5, 1)
        self._paints = surfaces.paints
        self._project(corners[seen], surfaces.normals[seen])

    def _set_mood(self, hour: Hour) -> None:
        description = self._scene.description
        self._sun = np.array(hour.sun, dtype=np.float32)
        zenith, horizon = hour.zenith, hour.horizon
        if description.sky is not None:
            zenith, horizon = description.sky, lighter(description.sky, 1.45)
        self._zenith = np.array(linear(zenith), dtype=np.float32)
        self._horizon = np.array(linear(horizon), dtype=np.float32)
        ground = np.array(linear(description.ground or hour.ground), dtype=np.float32)
        self._ground = ground
        self._ambient_up = np.float32(hour.ambient) * (0.55 * self._zenith + 0.45 * self._horizon)
        self._ambient_up = 0.5 * self._ambient_up + 0.5 * self._ambient_up.mean()
        self._ambient_down = np.float32(hour.ambient * 0.55) * (0.6 * ground + 0.4 * ground.mean())
        self._exposure = np.float32(0.62)

    def _project(self, corners: Floats, normals: Floats) -> None:
        """Everything about triangles that is linear in the picture, as planes: value, slope in x, slope in y."""
        camera, samples = self._camera, _SAMPLES
        self._columns, self._rows = self._width * samples, self._height * samples
        half = max(self._columns, self._rows) / 2
        self._focus = half / camera.scale
        local = (corners - camera.position) @ camera.axes.T
        away = np.maximum(-local[:, :, 2], 1e-3)
        self._points = np.stack(
            [
                self._columns / 2 + local[:, :, 0] / away * self._focus,
                self._rows / 2 - local[:, :, 1] / away * self._focus,
            ],
            axis=2,
        )
        self._inverse = 1 / away
        near = float(self._inverse.max()) * 1.01 if len(away) else 1.0
        self._depth = 1 - self._inverse / near
        x, y = self._points[:, :, 0], self._points[:, :, 1]
        x1, x2, y1, y2 = x[:, 1] - x[:, 0], x[:, 2] - x[:, 0], y[:, 1] - y[:, 0], y[:, 2] - y[:, 0]
        area = x1 * y2 - x2 * y1
        area = np.where(np.abs(area) < 1e-6, np.inf, area)
        values = np.concatenate([normals, self._inverse[:, :, None]], axis=2)
        v1, v2 = values[:, 1] - values[:, 0], values[:, 2] - values[:, 0]
        by_x = (v1 * y2[:, None] - v2 * y1[:, None]) / area[:, None]
        by_y = (v2 * x1[:, None] - v1 * x2[:, None]) / area[:, None]
        base = values[:, 0] - by_x * x[:, :1] - by_y * y[:, :1]
        self._planes = np.stack([base, by_x, by_y], axis=1).astype(np.float32)

    def picture(self, checkpoint: Callable[[], None]) -> Image.Image:
        """Draw."""
        band = max(1, _BAND_PIXELS // self._width)
        bands = []
        for top in range(0, self._height, band):
            checkpoint()
            bands.append(self._band(top, min(band, self._height - top)))
        return Image.fromarray(np.concatenate(bands))

    def _band(self, top: int, height: int) -> NDArray[np.uint8]:
        """So many rows of the picture, (height, width, 3)."""
        points = self._points - np.array((0, top * _SAMPLES))
        triangle, _ = rasterise(points, self._depth, self._columns, height * _SAMPLES)
        quads = triangle.reshape(height, _SAMPLES, self._width, _SAMPLES).transpose(0, 2, 1, 3).reshape(-1, 4)
        looks = np.append(self._looks, -1)[quads]  # -1, nothing, is the last one
        mixed = np.flatnonzero((looks != looks[:, :1]).any(axis=1))
        first = top * self._width
        out = self._colours(first + np.arange(len(quads)), quads[:, 0], 0)
        samples = [self._colours(first + mixed, quads[mixed, sample], sample) for sample in range(4)]
        out[mixed] = (samples[0] + samples[1] + samples[2] + samples[3]) / np.float32(4)
        return srgb(out).reshape(height, self._width, 3)

    def _colours(self, pixels: Ints, triangle: NDArray[np.int32], sample: int) -> Reals:
        """Linear colours (n, 3) of one sample in each pixel, where that triangle (-1: none) is seen."""
        x = ((pixels % self._width) * _SAMPLES + sample % _SAMPLES + 0.5).astype(np.float32)
        y = ((pixels // self._width) * _SAMPLES + sample // _SAMPLES + 0.5).astype(np.float32)
        focus = np.float32(self._focus)
        across, upright = (x - self._columns / 2) / focus, (self._rows / 2 - y) / focus
        right, up, back = self._camera.axes.astype(np.float32)
        rays = np.empty((len(pixels), 3), dtype=np.float32)
        for axis in range(3):  # a product of matrices so narrow takes several times as long
            rays[:, axis] = across * right[axis] + upright * up[axis] - back[axis]
        out = np.empty((len(pixels), 3), dtype=np.float32)
        solid = np.flatnonzero(triangle >= 0)
        empty = np.flatnonzero(triangle < 0)
        if len(solid):
            out[solid] = self._surface(triangle[solid], x[solid], y[solid], rays[solid])
        if len(empty):
            out[empty] = self._surroundings(pixels[empty], rays[empty])
        return out

    def _surface(self, triangle: NDArray[np.int32], x: Reals, y: Reals, rays: Reals) -> Reals:
        planes = self._planes[triangle]
        values = planes[:, 0] + planes[:, 1] * x[:, None] + planes[:, 2] * y[:, None]
        normals = unit(values[:, :3])
        points = self._camera.position.astype(np.float32) + rays / values[:, 3:]
        sun = _SUN.astype(np.float32)
        facing = np.maximum(normals @ sun, 0)
        facing *= self._shadows.light(points, normals)
        paint = self._paints[self._body[triangle]]
        albedo, metallic, roughness, glow = paint[:, :3], paint[:, 3:4], paint[:, 4:5], paint[:, 5:6]

        view = -unit(rays)
        up = normals[:, 1:2] * np.float32(0.5) + np.float32(0.5)
        light = self._ambient_down + (self._ambient_up - self._ambient_down) * up
        # Near the ground less of the sky is seen.
        light *= np.float32(1) - np.float32(0.35) * np.exp(points[:, 1:2] * np.float32(-7)) * (np.float32(1) - up)
        light += facing[:, None] * self._sun
        half = unit(view + sun)
        sharpness = np.clip(np.float32(2) / np.maximum(roughness, 0.1) ** 4 - np.float32(2), 3, 250)
        gloss = np.maximum(np.einsum("ij,ij->i", normals, half), 1e-4)[:, None] ** sharpness
        gloss *= (sharpness + 8) * np.float32(0.04) * facing[:, None]
        against = np.maximum(np.einsum("ij,ij->i", normals, view), 0)[:, None]
        mirrored = normals * (2 * against) - view
        seen = self._mirrored(mirrored)
        fresnel = (1 - against) ** 5 * (1 - roughness) ** 2 * np.float32(0.8) + np.float32(0.03) * (1 - roughness)
        plain = albedo * light + gloss * self._sun * np.float32(0.5) + fresnel * seen
        metal = albedo * (seen * np.float32(1.35) + light * np.float32(0.35) + gloss * self._sun * np.float32(2.5))
        shone = (plain + (metal - plain) * metallic) * self._exposure
        return _soft(shone + (albedo - shone) * glow)

    def _mirrored(self, direction: Reals) -> Reals:
        """What a mirror shows: a bright horizon between ground and sky."""
        high = np.clip(direction[:, 1:2] * np.float32(1.6), 0, 1)
        low = np.clip(direction[:, 1:2] * np.float32(-5), 0, 1)
        bright = self._horizon * np.float32(1.7)
        sky = bright + (self._zenith * np.float32(1.2) - bright) * high
        return np.asarray(sky + (self._ground * np.float32(0.8) - sky) * low, dtype=np.float32)

    def _surroundings(self, pixels: Ints, rays: Reals) -> Reals:
        """Sky, and ground with its shadows; or the backdrop."""
        out = np.empty((len(rays), 3), dtype=np.float32)
        below = rays[:, 1] < -1e-4
        for chosen, colours in ((np.flatnonzero(below), self._floor), (np.flatnonzero(~below), self._sky)):
            if len(chosen):
                out[chosen] = colours(pixels[chosen], rays[chosen])
        return out

    def _floor(self, pixels: Ints, rays: Reals) -> Reals:
        """The ground, or what the backdrop has in its place, where rays go down."""
        distance = np.float32(-self._camera.position[1]) / rays[:, 1]
        near = np.flatnonzero(distance < 12 * self._reach)
        light = np.ones(len(rays), dtype=np.float32)
        closed = np.zeros(len(rays), dtype=np.float32)
        if len(near):
            points = self._camera.position.astype(np.float32) + rays[near] * distance[near, None]
            light[near] = self._shadows.light(points, None)
            closed[near] = self._contact.shade(points)
        if self._backdrop is not None:
            shade = (1 - (1 - light) * np.float32(0.5)) * (1 - closed * np.float32(0.4))
            return np.asarray(self._backdrop[pixels] * shade[:, None], dtype=np.float32)
        share = (light * np.float32(_SUN[1]))[:, None]
        ground = self._ground * (self._ambient_up * (1 - closed * np.float32(0.75))[:, None] + self._sun * share)
        ground = _soft(ground * self._exposure)
        haze = (1 - np.exp(-((distance / np.float32(2.6 * self._reach)) ** 2)))[:, None]
        return np.asarray(ground + (self._horizon - ground) * haze, dtype=np.float32)

    def _sky(self, pixels: Ints, rays: Reals) -> Reals:
        """The sky, or the backdrop, where rays don't go down."""
        if self._backdrop is not None:
            return self._backdrop[pixels]
        length = np.sqrt(np.einsum("ij,ij->i", rays, rays))
        high = np.clip(rays[:, 1] / length * np.float32(3.2), 0, 1)[:, None] ** np.float32(0.8)
        return np.asarray(self._horizon + (self._zenith - self._horizon) * high, dtype=np.float32)


class _Contact:
    """How much of the sky the ground sees: a blurred map of what stands near it."""

    _SIDE = 160

    def __init__(self, corners: Floats) -> None:
        floor = corners[:, :, [0, 2]]
        low, high = _extent(floor)
        self._low = low - 0.6
        self._span = float((high - low).max() + 1.2)
        side = self._SIDE
        height = np.clip(corners[:, :, 1] / 1.2, 0, 1) * 0.98 + 0.01
        triangle, distance = rasterise((floor - self._low) * (side / self._span), height, side, side)
        cover = np.where(triangle >= 0, (1 - distance) ** 2, 0).reshape(side, side)
        for _ in range(3):
            cover = _blurred(
                _blurred(cover, max(1, round(0.12 * side / self._span))).T, max(1, round(0.12 * side / self._span))
            ).T
        self._map = cover.astype(np.float32).ravel()

    def shade(self, points: Reals) -> Reals:
        """From 0 (open) to 1 (closed) for points on the ground."""
        place = (points[:, [0, 2]] - self._low.astype(np.float32)) * np.float32(self._SIDE / self._span) - np.float32(
            0.5
        )
        inside = np.asarray(((place >= 0) & (place < self._SIDE - 1)).all(axis=1))
        place = np.where(inside[:, None], place, 0)
        whole = place.astype(np.int32)
        part = (place - whole).astype(np.float32)
        at = whole[:, 1] * np.int32(self._SIDE) + whole[:, 0]
        fx, fy = part[:, 0], part[:, 1]
        upper = self._map[at] * (1 - fx) + self._map[at + 1] * fx
        lower = self._map[at + self._SIDE] * (1 - fx) + self._map[at + self._SIDE + 1] * fx
        return np.asarray((upper * (1 - fy) + lower * fy) * inside, dtype=np.float32)


def _extent(points: Floats) -> tuple[Floats, Floats]:
    """The lowest and the highest of points (n, 3, axes) along each axis; one by one, which is ten times as fast."""
    axes = range(points.shape[2])
    return (
        np.array([points[:, :, axis].min() for axis in axes]),
        np.array([points[:, :, axis].max() for axis in axes]),
    )


def _blurred(values: Floats, reach: int) -> Floats:
    """The mean over 2 · reach + 1 neighbours along the rows."""
    width = 2 * reach + 1
    sums = np.cumsum(np.pad(values, ((0, 0), (reach + 1, reach))), axis=1)
    return np.asarray((sums[:, width:] - sums[:, :-width]) / width)


def _soft(colours: Reals) -> Reals:
    """Bright light fades into white instead of being cut."""
    knee = np.float32(0.72)
    over = np.maximum(colours - knee, 0)
    room = 1 - knee
    return np.asarray(np.minimum(colours, knee) + room * over / (over + room), dtype=np.float32)


def _to_linear(picture: Image.Image) -> Reals:
    table = np.array([linear((value / 255,) * 3)[0] for value in range(256)], dtype=np.float32)
    return np.asarray(table[np.asarray(picture.convert("RGB"))].reshape(-1, 3), dtype=np.float32)


def _covering(picture: Image.Image, width: int, height: int) -> Image.Image:
    """The picture made to fill width × height, cut at the sides or above and below."""
    return ImageOps.fit(picture.convert("RGB"), (width, height), Image.Resampling.BILINEAR)
