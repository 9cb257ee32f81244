"""Every place builds, and is land one can stand on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
import pytest

from flashreel.engines.animatic.graph import SceneGraph
from flashreel.engines.animatic.look import LOOKS
from flashreel.engines.animatic.noise import Spectrum
from flashreel.engines.animatic.world.lap import trail_z
from flashreel.engines.animatic.world.ocean import Ocean
from flashreel.engines.animatic.world.places import PLACES, Place, Site, build_place, place
from flashreel.engines.animatic.world.scatter import ground_grid
from flashreel.engines.animatic.world.surface import height_at


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def _site(executor: Executor, setting: str, *weather: str) -> Site:
    graph = SceneGraph("a place", setting=setting, time="day", weather=weather)
    return Site(np.random.default_rng(7), LOOKS["day"], graph, executor)


#: One name for each builder.
_BUILDERS = {builder: name for name, builder in PLACES.items()}


@pytest.mark.parametrize("name", _BUILDERS.values())
def test_every_place_builds_finite_land_of_sensible_height(executor: Executor, name: str) -> None:
    built = build_place(name, _site(executor, name))
    heights = built.world.heights
    assert heights.dtype == np.float32
    assert np.isfinite(heights).all()
    assert heights.min() > -60
    assert 0 <= heights.max() < 160
    surface = built.world.surface(0.0)
    assert surface.top == heights.max()
    assert surface.relief.any()
    for card in built.cards:
        assert np.isfinite((card.x, card.y, card.z, card.scale)).all()


@pytest.mark.parametrize("name", ["canyon", "forest", "meadow", "mountains", "desert"])
def test_the_trail_is_gentle_enough_to_ride(executor: Executor, name: str) -> None:
    world = build_place(name, _site(executor, name)).world
    along = [world.height(x, trail_z(x)) for x in np.arange(0, 60, 0.5)]
    assert np.abs(np.diff(along)).max() < 0.25


def test_an_unknown_setting_is_a_meadow(executor: Executor) -> None:
    expected = build_place("meadow", _site(executor, "meadow")).world.heights
    found = build_place("somewhere", _site(executor, "somewhere")).world.heights
    np.testing.assert_array_equal(found, expected)


def test_snow_whitens_the_forest(executor: Executor) -> None:
    green = build_place("forest", _site(executor, "forest")).world.ground()
    white = build_place("forest", _site(executor, "forest", "snow")).world.ground()
    assert white.base_r > 2 * green.base_r


def test_two_builders_for_one_place_are_refused() -> None:
    def another(site: Site) -> Place:
        raise AssertionError

    with pytest.raises(ValueError, match="canyon"):
        place("canyon")(another)


def test_height_is_bilinear_and_wraps() -> None:
    heights = np.array([[0, 1], [2, 3]], np.float32)
    assert height_at(heights, 2.0, 1.0, 1.0) == pytest.approx(1.5)
    assert height_at(heights, 2.0, 3.0, 0.0) == pytest.approx(0.5)  # between the last column and the first
    assert height_at(heights, 2.0, 1.0 + 4 * 5, 1.0 - 4 * 5) == pytest.approx(1.5)


def test_the_grid_has_its_origin_at_the_first_texel() -> None:
    x, z = ground_grid(4, 0.5)
    assert x[0].tolist() == [0, 0.5, -1, -0.5]
    assert z[:, 0].tolist() == [0, 0.5, -1, -0.5]


def test_noise_wraps_without_a_seam() -> None:
    field = Spectrum(64, 3.0, seed=1, low=2).synthesise()
    assert field.std() == pytest.approx(1, abs=1e-3)
    inside = np.abs(np.diff(field, axis=1)).mean()
    seam = np.abs(field[:, 0] - field[:, -1]).mean()
    assert seam < 2 * inside


def test_a_looping_ocean_comes_back_and_one_that_does_not_moves_on() -> None:
    looping = Ocean(np.random.default_rng(1), 0.9, loop=5.0)
    start, end = looping.surface(0.0).heights, looping.surface(5.0).heights
    np.testing.assert_allclose(start, end, atol=2e-3)
    free = Ocean(np.random.default_rng(1), 0.9, loop=None)
    assert np.abs(free.surface(0.0).heights - free.surface(5.0).heights).max() > 0.5


def test_a_rough_sea_is_higher_than_a_calm_one() -> None:
    calm = Ocean(np.random.default_rng(1), 0.18, None).surface(1.0)
    rough = Ocean(np.random.default_rng(1), 0.95, None).surface(1.0)
    assert rough.heights.std() > 2 * calm.heights.std()


def test_reusing_an_ocean_surface_changes_nothing() -> None:
    ocean = Ocean(np.random.default_rng(1), 0.9, None)
    fresh = ocean.surface(1.0)
    reused = ocean.surface(1.0, reuse=ocean.surface(0.3))
    np.testing.assert_array_equal(fresh.relief, reused.relief)
