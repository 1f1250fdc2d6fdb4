"""Pictures, judged by their pixels."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from PIL import Image

from pluggably.runtimes.scenes.language import read
from pluggably.runtimes.scenes.layout import arrange
from pluggably.runtimes.scenes.render import draw


def picture(prompt: str, width: int = 160, height: int = 160, **options: object) -> np.ndarray:
    return np.asarray(draw(arrange(read(prompt)), width, height, **options))  # type: ignore[arg-type]


def of_hue(pixels: np.ndarray, hue: float, slack: float = 0.06) -> np.ndarray:
    """Which pixels have this hue (0 … 1) and clearly are no grey."""
    found = np.array([colorsys.rgb_to_hsv(*pixel) for pixel in pixels.reshape(-1, 3) / 255])
    distance = np.abs((found[:, 0] - hue + 0.5) % 1 - 0.5)
    return ((distance < slack) & (found[:, 1] > 0.45) & (found[:, 2] > 0.15)).reshape(pixels.shape[:2])


RED, GREEN, BLUE, YELLOW = 0.0, 0.36, 0.61, 0.13


@pytest.mark.parametrize(("word", "hue"), [("red", RED), ("green", GREEN), ("blue", BLUE), ("yellow", YELLOW)])
@pytest.mark.parametrize("shape", ["cube", "sphere", "cone"])
def test_a_thing_has_the_colour_that_was_asked_for(word: str, hue: float, shape: str) -> None:
    seen = of_hue(picture(f"a {word} {shape} on a white background"), hue)
    assert 0.08 < seen.mean() < 0.6


def test_left_is_left_in_the_picture_and_on_is_above() -> None:
    pixels = picture("a red ball left of a blue cube")
    assert np.nonzero(of_hue(pixels, RED))[1].mean() < np.nonzero(of_hue(pixels, BLUE))[1].mean() - 30
    pixels = picture("a red ball on a blue cube")
    assert np.nonzero(of_hue(pixels, RED))[0].mean() < np.nonzero(of_hue(pixels, BLUE))[0].mean() - 30


@pytest.mark.parametrize(("width", "height"), [(160, 160), (256, 96), (96, 256)])
@pytest.mark.parametrize(
    "prompt", ["a red cube", "nine red cubes", "a huge red tower", "a red ring around a red house"]
)
def test_everything_fits_the_frame_and_fills_it(prompt: str, width: int, height: int) -> None:
    seen = of_hue(picture(f"{prompt} on a white background", width, height), RED)
    rows, columns = np.nonzero(seen)
    assert rows.min() > 0
    assert columns.min() > 0
    assert rows.max() < height - 1
    assert columns.max() < width - 1
    assert max(np.ptp(rows) / height, np.ptp(columns) / width) > 0.5


def test_light_comes_from_the_upper_left() -> None:
    pixels = picture("a white ball on a black background").astype(float).sum(axis=2)
    ball = pixels > 250
    rows, columns = np.nonzero(ball)
    middle = rows.mean(), columns.mean()
    left = pixels[rows[columns < middle[1] - 10], columns[columns < middle[1] - 10]].mean()
    right = pixels[rows[columns > middle[1] + 10], columns[columns > middle[1] + 10]].mean()
    above = pixels[rows[rows < middle[0] - 10], columns[rows < middle[0] - 10]].mean()
    below = pixels[rows[rows > middle[0] + 10], columns[rows > middle[0] + 10]].mean()
    assert left > right
    assert above > below


def test_things_throw_shadows_to_the_right() -> None:
    ground = picture("a red ball on a white background").astype(float)
    seen = of_hue(ground.astype(np.uint8), RED)
    rows, columns = np.nonzero(seen)
    foot = rows.max() - 4
    grey = ground[foot].mean(axis=1)
    assert grey[columns.max() + 6] < grey[columns.min() - 6] - 25


def test_night_is_darker_than_day() -> None:
    assert picture("a house at night").mean() < 0.5 * picture("a house").mean()


def test_edges_are_smooth() -> None:
    pixels = picture("a black ball on a white background")
    between = np.unique(pixels[:, :, 0])
    assert len(between) > 60


def test_the_same_seed_gives_the_same_pixels_and_another_one_does_not() -> None:
    prompt = "a tree, a rock and a red cube"
    assert (picture(prompt) == picture(prompt)).all()
    assert (picture(prompt, seed=1) == picture(prompt, seed=1)).all()
    assert (picture(prompt, seed=1) != picture(prompt, seed=2)).any()


def test_an_image_becomes_the_backdrop() -> None:
    backdrop = Image.new("RGB", (300, 100), "#20a040")
    backdrop.paste("#c03060", (150, 0, 300, 100))
    pixels = picture("a blue cube", 128, 64, backdrop=backdrop)
    assert pixels[2, 2] == pytest.approx((0x20, 0xA0, 0x40), abs=2)
    assert pixels[2, -3] == pytest.approx((0xC0, 0x30, 0x60), abs=2)
    assert of_hue(pixels, BLUE).mean() > 0.05


def test_bands_of_large_pictures_fit_together() -> None:
    large = draw(arrange(read("a red cube")), 1024, 1024)
    small = np.asarray(draw(arrange(read("a red cube")), 256, 256)).astype(float)
    again = np.asarray(large.resize((256, 256), Image.Resampling.BOX)).astype(float)
    assert np.abs(again - small).mean() < 2


def test_work_can_be_ended_at_checkpoints() -> None:
    calls = 0

    def stop_at_the_third() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        draw(arrange(read("a cube")), 1024, 1024, checkpoint=stop_at_the_third)
