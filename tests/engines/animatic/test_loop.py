"""Looping clips: no seam, no jump, and land that comes home."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
import pytest

from flashreel.engines.animatic.cards import Card
from flashreel.engines.animatic.direct import build
from flashreel.engines.animatic.effects import Puffs
from flashreel.engines.animatic.parse import parse
from flashreel.engines.animatic.scenes.base import Scene
from flashreel.engines.animatic.scenes.lightning import Lightning
from flashreel.engines.animatic.scenes.travel import Travel
from flashreel.engines.animatic.sprite import Sprite
from flashreel.engines.animatic.stage import Stage
from flashreel.engines.animatic.world.lap import Trip, trail_z
from flashreel.engines.animatic.world.ocean import Ocean
from flashreel.engines.animatic.world.textures import TEXTURE_SIZE, detail_map, land_textures
from flashreel.spec import FPS

WIDTH, HEIGHT = 160, 90
SECONDS = 5
COUNT = SECONDS * FPS

#: Walking, running, riding, driving, swimming, flying, hovering, sailing, standing, launching and nobody at all; with
#: every camera move, in weather, by night.
PROMPTS = (
    "a boy walking through a meadow",
    "a red fox running through a snowy forest at dusk, snow falling",
    "a young boy riding a red bicycle in grand canyon valleys",
    "a red car driving along a city street at night",
    "an astronaut riding a horse on mars, orbit shot",
    "an elephant walking across the savanna, slow pan right",
    "a dog running in the park, handheld",
    "a girl walking on the beach, drone shot",
    "a clownfish swimming under water",
    "an eagle flying over mountains",
    "hot air balloons floating over mountains at dawn",
    "a man walking in a city street in the rain",
    "a sailboat on a stormy sea, lightning",
    "a sailboat on a calm ocean at sunset",
    "a rocket launching over a city at night",
    "a teddy bear dancing on a table",
    "a woman dancing in the desert, zoom in",
    "a quiet beach at sunset",
    "a forest in fog",
)


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def _scene(executor: Executor, prompt: str, duration: int = SECONDS) -> Scene:
    return build(parse(prompt), duration, 0, True, width=WIDTH, height=HEIGHT, executor=executor)


def _luma(stage: Stage, number: int) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    return stage.frame(number)[:HEIGHT].astype(np.int16)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_seam_is_a_step_like_any_other(executor: Executor, prompt: str) -> None:
    """Lightning counts: in a loop it swells instead of flashing."""
    stage = Stage(_scene(executor, prompt), WIDTH, HEIGHT)
    steps = []
    for number in [*range(1, COUNT, 5), COUNT - 1]:
        steps.append(np.abs(_luma(stage, (number + 1) % COUNT) - _luma(stage, number)).mean())
    median = np.median(steps)
    assert median > 0.5  # something moves
    assert steps[-1] <= 1.15 * median
    assert max(steps) <= 1.5 * median


@pytest.mark.parametrize("prompt", [prompt for prompt in PROMPTS if "rocket" not in prompt])  # flames are never alike
def test_the_frame_after_the_last_would_be_the_first(executor: Executor, prompt: str) -> None:
    """The film grain apart, to the pixel: every part of the land, every card, puff, limb and wave is where it was."""
    stage = Stage(_scene(executor, prompt), WIDTH, HEIGHT)
    difference = np.abs(_luma(stage, COUNT) - _luma(stage, 0))
    assert difference.mean() < 1.6
    assert np.percentile(difference, 99) < 9


def test_no_frame_jumps_in_a_storm(executor: Executor) -> None:
    stage = Stage(_scene(executor, "a sailboat on a stormy sea, lightning"), WIDTH, HEIGHT)
    frames = [_luma(stage, number) for number in range(COUNT)]
    steps = [np.abs(b - a).mean() for a, b in zip(frames, [*frames[1:], frames[0]], strict=True)]
    assert max(steps) <= 1.5 * np.median(steps)
    assert steps[-1] <= 1.15 * np.median(steps)


@pytest.mark.parametrize("duration", [5, 9])
def test_a_loop_travels_as_far_as_its_subject_would(executor: Executor, duration: int) -> None:
    scene = _scene(executor, "a young boy riding a red bicycle in grand canyon valleys", duration)
    assert isinstance(scene, Travel)
    assert scene.speed == pytest.approx(6, rel=0.07)
    there = scene.camera(duration, WIDTH, HEIGHT)
    assert there.carried == pytest.approx(6 * duration, rel=0.07)
    assert there.x - scene.camera(0, WIDTH, HEIGHT).x == pytest.approx(there.carried)


def test_what_hovers_and_a_place_alone_stay(executor: Executor) -> None:
    for prompt in ("hot air balloons floating over mountains at dawn", "a forest in fog"):
        scene = _scene(executor, prompt)
        assert isinstance(scene, Travel)
        assert scene.speed == 0
        assert scene.camera(SECONDS, WIDTH, HEIGHT).x == pytest.approx(scene.camera(0, WIDTH, HEIGHT).x)


@pytest.mark.parametrize(("distance", "size"), [(6.7, 512), (30, 614.4), (65, 512), (130, 512), (900, 512)])
def test_a_lap_is_near_to_the_distance_and_fits_the_land(distance: float, size: float) -> None:
    lap = Trip(distance, seen_from=5).lap(1024, size / 1024)
    assert lap.length == pytest.approx(min(distance, size), rel=0.1)
    assert lap.backdrop > 5
    texels = lap.length / size * 1024
    assert texels == pytest.approx(round(texels)) or size / lap.length == pytest.approx(round(size / lap.length))


def test_near_land_repeats_and_far_land_is_left_alone() -> None:
    rng = np.random.default_rng(1)
    field = rng.normal(size=(256, 256)).astype(np.float32)
    lap = Trip(10.0, seen_from=4).lap(256, 1.0)
    out = lap.repeated(field, 1.0)
    length = round(lap.length)
    row = round(lap.backdrop) - 2
    np.testing.assert_allclose(out[row, :100], out[row, length : 100 + length], rtol=1e-5)
    np.testing.assert_array_equal(out[row, :4], field[row, :4])  # a lap begins as the land did
    far = round(lap.backdrop) + 3
    np.testing.assert_array_equal(out[far:128], field[far:128])


def test_the_land_is_even_where_it_slides_along_its_backdrop() -> None:
    field = np.random.default_rng(1).normal(size=(256, 256)).astype(np.float32)
    lap = Trip(10.0, seen_from=4).lap(256, 1.0)
    out = lap.evened(field, 1.0, 25)
    assert np.ptp(out[round(lap.backdrop)]) == 0
    assert np.ptp(out[round(lap.backdrop) + 1]) < 1e-6
    np.testing.assert_array_equal(out[:4], field[:4])


@pytest.mark.parametrize("distance", [6.7, 30.0, 128.0])
def test_trail_and_textures_fit_the_lap(distance: float) -> None:
    lap = Trip(distance, seen_from=5).lap(1024, 0.5)
    for x in (0.0, 1.7, 20.0):
        assert trail_z(x + lap.length, lap) == pytest.approx(trail_z(x, lap), abs=1e-9)
    textures = land_textures(lap)
    for scale, packed, wanted in (
        (textures.grain.coarse, textures.coarse, 6.0),
        (textures.grain.fine, textures.fine, 43.8),
        (textures.grain.runs, textures.wall, 2.6),
        (textures.grain.bands, textures.wall, 0.9),
    ):
        texels = float(scale) * lap.length
        assert texels == pytest.approx(round(texels), abs=1e-2)
        image = packed.reshape(TEXTURE_SIZE, TEXTURE_SIZE)
        np.testing.assert_array_equal(np.roll(image, -round(texels), 1), image)
        assert float(scale) == pytest.approx(wanted, rel=0.35)


def test_repeating_textures_look_like_the_endless_one() -> None:
    def spread(period: int) -> float:
        return float((detail_map(period) & 255).std())

    assert spread(64) == pytest.approx(spread(TEXTURE_SIZE), rel=0.15)


def test_things_stand_in_every_lap_in_view() -> None:
    lap = Trip(10.0, seen_from=5).lap(1024, 0.5)
    standing = lap.copies(3.0, 8.0)
    assert 3.0 in standing
    assert np.allclose(np.diff(standing), lap.length)
    assert standing[0] < -20
    assert standing[-1] > 20 + lap.length


def test_puffs_come_again_in_a_loop() -> None:
    sprites = [Sprite(np.full((20, 20, 4), 255, np.uint8), 1.0) for _ in range(3)]

    def cards(time: float) -> list[Card]:
        puffs = Puffs(sprites, 16.3, 0.75, np.random.default_rng(1), 5.0)
        return puffs.cards(time, lambda born, noise: (noise[0], 0, 0), size=(1, 2), rise=1, alpha=1, light=1)

    first, again = cards(0.4), cards(5.4)
    assert len(first) > 5
    for a, b in zip(first, again, strict=True):
        assert a.sprite.h == b.sprite.h
        assert (a.x, a.y, a.z, a.scale, a.alpha) == pytest.approx((b.x, b.y, b.z, b.scale, b.alpha))


def test_lightning_is_dark_at_the_seam_and_never_sudden() -> None:
    for seed in range(20):
        lightning = Lightning(5.0, np.random.default_rng(seed), loop=True)
        light = [lightning.flash(number / FPS) for number in range(COUNT + 1)]
        assert light[0] == 0
        assert light[COUNT] == 0
        assert max(light) > 0.3
        assert np.abs(np.diff(light)).max() < 0.15


def test_waves_run_towards_a_boat_that_makes_way() -> None:
    """The same sea seen from the boat: its crests pass faster, and it still comes back."""
    still, under_way = (Ocean(np.random.default_rng(1), 0.3, loop=5.0, way=way) for way in (0.0, -6.0))
    np.testing.assert_allclose(under_way.surface(0.0).heights, under_way.surface(5.0).heights, atol=2e-3)
    np.testing.assert_allclose(still.surface(0.0).heights, under_way.surface(0.0).heights, atol=1e-5)
    assert np.abs(still.surface(0.7).heights - under_way.surface(0.7).heights).mean() > 0.02


def test_a_walker_that_does_not_loop_needs_no_lap(executor: Executor) -> None:
    scene = build(parse(PROMPTS[0]), SECONDS, 0, False, width=WIDTH, height=HEIGHT, executor=executor)
    assert isinstance(scene, Travel)
    assert scene.world.lap is None
    assert scene.camera(2.0, WIDTH, HEIGHT).carried == 0
