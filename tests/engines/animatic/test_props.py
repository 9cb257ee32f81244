"""Scenery: every maker draws something, on its lower edge, and no two alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from flashreel.engines.animatic import props
from flashreel.engines.animatic.vector import Pixels

HEIGHT = 96
EVERY: dict[str, Callable[[np.random.Generator], Pixels]] = {
    **{name: partial(maker, h=HEIGHT) for name, maker in props.MAKERS.items()},
    "building": lambda rng: props.building(rng, True, hm=48, wm=20, ppm=2),
    "puff": lambda rng: props.puff(rng, HEIGHT),
}
FLOATING = ("puff",)


def draw(name: str, seed: int) -> Pixels:
    return EVERY[name](np.random.default_rng(seed))


@pytest.mark.parametrize("name", EVERY)
def test_a_prop_is_a_premultiplied_picture(name: str) -> None:
    picture = draw(name, 1)

    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    alpha = picture[..., 3].astype(int)
    assert (alpha > 128).mean() > 0.05
    assert np.all(picture[..., :3] <= alpha[..., None] + 2)


@pytest.mark.parametrize("name", [name for name in EVERY if name not in FLOATING])
def test_a_prop_stands_on_its_lower_edge(name: str) -> None:
    assert draw(name, 1)[-3:, :, 3].max() > 128


@pytest.mark.parametrize("name", FLOATING)
def test_smoke_and_clouds_fade_out_at_the_edge(name: str) -> None:
    alpha = draw(name, 1)[..., 3]

    assert max(alpha[0].max(), alpha[-1].max(), alpha[:, 0].max(), alpha[:, -1].max()) < 40


@pytest.mark.parametrize("name", EVERY)
def test_the_seed_decides(name: str) -> None:
    np.testing.assert_array_equal(draw(name, 1), draw(name, 1))
    assert not np.array_equal(draw(name, 1), draw(name, 2))


def test_kinds_differ() -> None:
    pictures = [draw(name, 1).tobytes() for name in EVERY]

    assert len(set(pictures)) == len(pictures)


def test_snow_lightens_a_pine() -> None:
    bare, snowy = (props.pine(np.random.default_rng(1), snow=snow, h=HEIGHT) for snow in (0.0, 1.0))

    assert snowy[..., :3].mean() > bare[..., :3].mean() + 2


@pytest.mark.parametrize("seed", range(8))
def test_lamps_shine_at_night_only_from_dark_walls(seed: int) -> None:
    night = props.building(np.random.default_rng(seed), True, 40, 20, 3)
    day = props.building(np.random.default_rng(seed), False, 40, 20, 3)

    assert night.shape == day.shape == (120, 60, 4)
    assert np.median(night[night[..., 3] > 250][:, :3]) < 80 < np.median(day[day[..., 3] > 250][:, :3])
    assert night[..., :3].max() > 180


def test_walls_take_a_colour() -> None:
    red = props.building(np.random.default_rng(1), False, 40, 20, 3, base="#c02020")

    assert red[..., 0].mean() > red[..., 2].mean() + 30


def test_variants_are_different_sprites_of_one_height() -> None:
    sprites = props.variants("bush", np.random.default_rng(1), 3, 0.55, blur=2, col="#8d8f55")

    assert [sprite.h for sprite in sprites] == [0.55] * 3
    assert len({sprite.mips[0].tobytes() for sprite in sprites}) == 3


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        props.variants("baobab", np.random.default_rng(1), 1, 1.0)
