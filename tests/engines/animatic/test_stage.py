"""What one frame looks like: its colours, its layout, its sky."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
import pytest
from tests.engines.animatic.i420 import rgb_of

from flashreel.engines.animatic.direct import build
from flashreel.engines.animatic.parse import parse
from flashreel.engines.animatic.scenes.base import Scene
from flashreel.engines.animatic.stage import Stage


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def _scene(executor: Executor, prompt: str, *, loop: bool = False, width: int = 160, height: int = 90) -> Scene:
    return build(parse(prompt), 5, 0, loop, width=width, height=height, executor=executor)


def test_a_day_sky_is_blue_and_a_meadow_green(executor: Executor) -> None:
    picture = rgb_of(Stage(_scene(executor, "a meadow at noon, clear sky"), 160, 90).frame(30))
    red, green, blue = picture[4:14, 60:150].mean((0, 1))
    assert blue > green > red
    red, green, blue = picture[60:85, 20:140].mean((0, 1))
    assert green > red > blue


def test_a_red_bicycle_is_red(executor: Executor) -> None:
    picture = rgb_of(Stage(_scene(executor, "a boy riding a red bicycle in a snowy forest"), 160, 90).frame(30))
    red, green, blue = picture.transpose(2, 0, 1)
    assert ((red > green + 0.3) & (red > blue + 0.3)).sum() > 20


def test_night_is_darker_than_day(executor: Executor) -> None:
    day = rgb_of(Stage(_scene(executor, "a city street at noon"), 160, 90).frame(30))
    night = rgb_of(Stage(_scene(executor, "a city street at night"), 160, 90).frame(30))
    assert night.mean() < 0.6 * day.mean()


def test_lightning_lights_the_storm(executor: Executor) -> None:
    scene = _scene(executor, "a sailboat on a stormy sea, lightning")
    stage = Stage(scene, 160, 90)
    lit = max(range(120), key=lambda number: scene.flash(number / 24))
    dark = next(number for number in range(120) if scene.flash(number / 24) == 0)
    assert rgb_of(stage.frame(lit))[:40].mean() > 1.15 * rgb_of(stage.frame(dark))[:40].mean()


def test_a_frame_depends_on_its_number_only(executor: Executor) -> None:
    scene = _scene(executor, "a sailboat on a stormy sea")
    stage = Stage(scene, 160, 90)
    first = stage.frame(7)
    stage.frame(50)
    np.testing.assert_array_equal(stage.frame(7), first)
    np.testing.assert_array_equal(Stage(scene, 160, 90).frame(7), first)


@pytest.mark.parametrize(("width", "height"), [(162, 90), (160, 94), (194, 82), (82, 194)])
def test_padding_to_multiples_of_four_does_not_show(executor: Executor, width: int, height: int) -> None:
    """The last rows and columns are a picture like their neighbours, not what padding left."""
    scene = _scene(executor, "a red fox in a snowy forest", width=width, height=height)
    picture = rgb_of(Stage(scene, width, height).frame(20))
    assert picture.shape == (height, width, 3)
    rows = np.abs(np.diff(picture, axis=0)).mean((1, 2))
    columns = np.abs(np.diff(picture, axis=1)).mean((0, 2))
    assert rows[-2:].max() < rows.max() + 1e-6
    assert rows[-2:].max() < 0.15
    assert columns[-2:].max() < 0.15


def test_the_step_over_a_loop_s_seam_is_like_any_other(executor: Executor) -> None:
    for prompt in ("a sailboat on the ocean", "a red fox running through a snowy forest"):
        stage = Stage(_scene(executor, prompt, loop=True), 160, 90)
        last, first, second = (rgb_of(stage.frame(number)) for number in (119, 0, 1))
        step = np.abs(second - first).mean()
        assert np.abs(first - last).mean() < 1.6 * step
