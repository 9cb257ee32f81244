"""Motion that an eye believes: wheels roll forwards, feet stand still, nothing pops, cameras ease."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import pairwise
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.engines.animatic.i420 import rgb_of

from flashreel.engines.animatic.actors.bestiary import SPECIES
from flashreel.engines.animatic.actors.kinematics import TAU
from flashreel.engines.animatic.actors.library import make
from flashreel.engines.animatic.actors.quadruped import GAITS, GaitName, Quadruped, gait_speed
from flashreel.engines.animatic.actors.registry import Anim
from flashreel.engines.animatic.actors.walker import STRIDES, Act, Body, stride_speed
from flashreel.engines.animatic.actors.wardrobe import BUILDS, dress
from flashreel.engines.animatic.actors.wheels import Wheel
from flashreel.engines.animatic.camera import Camera
from flashreel.engines.animatic.direct import build
from flashreel.engines.animatic.figure import Figure, Pose
from flashreel.engines.animatic.graph import Subject
from flashreel.engines.animatic.parse import parse
from flashreel.engines.animatic.pen import Joint, Pen
from flashreel.engines.animatic.scenes.base import Scene
from flashreel.engines.animatic.scenes.sea import Sea
from flashreel.engines.animatic.scenes.travel import Travel
from flashreel.engines.animatic.stage import Stage
from flashreel.spec import FPS

Floats = NDArray[np.float64]

_SLIDE: Final = 0.01  # metres a standing foot may stray


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def _scene(executor: Executor, prompt: str, *, seed: int = 0) -> Scene:
    return build(parse(prompt), 5, seed, False, width=160, height=90, executor=executor)


# -- wheels


def _spokes_at(wheel: Wheel, t: float, speed: float) -> Floats:
    """Luma on a circle through the middle of the spokes, by angle anticlockwise from +x, in 180 steps: one row of an
    x-t slice that is bent into a ring."""
    pen = Pen()
    wheel.draw(pen, wheel.angle(speed, t, 0.0))
    camera = Camera(wheel.x, wheel.radius, -10.0, 0.0, 10 * 20 / wheel.radius, 24.0, 24.0)
    picture = Figure(pen, camera, Pose((0.0, 0.0, 0.0))).paint(0, 0, 48, 48)[..., :3].astype(float).mean(2)
    angles = np.arange(180) * TAU / 180
    radius = 20 * 0.42
    columns, rows = 24 + radius * np.cos(angles), 24 - radius * np.sin(angles)
    sampled: Floats = picture[np.round(rows).astype(int), np.round(columns).astype(int)]
    return sampled


def _turn(before: Floats, after: Floats, spokes: int) -> float:
    """By how much (radians, positive anticlockwise, less than half a spacing) a ring of spokes was turned."""
    phase = np.angle(np.fft.rfft(after)[spokes] / np.fft.rfft(before)[spokes])
    return float(-phase / spokes)


@pytest.mark.parametrize("speed", [0.5, 4.0, 13.0, 40.0])
@pytest.mark.parametrize("wheel", [Wheel(0.0, 0.34), Wheel(0.0, 0.62, 8, "#6a4526", tyre=False)])
def test_a_wheel_is_seen_to_roll_forwards(wheel: Wheel, speed: float) -> None:
    """Heading right, a wheel turns clockwise, in every pair of frames, by less than a third of a spoke's spacing."""
    rings = [_spokes_at(wheel, number / FPS, speed) for number in range(8)]
    turns = [_turn(before, after, wheel.spokes) for before, after in pairwise(rings)]
    expected = wheel.angle(speed, 1 / FPS, 0.0)
    assert max(turns) < 0
    assert np.mean(turns) == pytest.approx(expected, rel=0.15)
    assert abs(expected) <= TAU / wheel.spokes / 3 + 1e-9


# -- feet


@pytest.mark.parametrize("name", sorted(SPECIES))
@pytest.mark.parametrize("gait", list(GAITS))
def test_no_paw_slides(name: str, gait: GaitName) -> None:
    species, hertz = SPECIES[name], 1.7
    speed, stance = gait_speed(species, gait, hertz), GAITS[gait].stance
    for number, phase in enumerate(GAITS[gait].phases):
        moments = (np.linspace(0, 0.999, 8) * stance - phase) % 1
        start = moments[0]
        for cycle in start + (moments - start) % 1:
            x, y, _ = Quadruped(Pen(), species, gait, float(cycle), 0.0).foot(number < 2, phase)
            planted = x + speed * (cycle - start) / hertz
            first = Quadruped(Pen(), species, gait, float(start), 0.0).foot(number < 2, phase)[0]
            assert planted == pytest.approx(first, abs=_SLIDE)
            assert y == 0


@pytest.mark.parametrize("act", list(STRIDES))
@pytest.mark.parametrize("concept", ["baby", "boy", "man", "elder"])
def test_no_shoe_slides(act: Act, concept: str) -> None:
    person = dress(Subject(concept, concept), np.random.default_rng(1))
    hertz = 1.3
    speed = stride_speed(act, person.build.height, hertz)
    steps = []
    for cycle in np.linspace(0, 0.999, 12) * STRIDES[act].stance:
        x, y, _ = Body(Pen(), person, act, float(cycle), 0.0).step(-1, 0.0).foot
        steps.append(x + speed * cycle / hertz)
        assert y == 0
    assert np.ptp(steps) < _SLIDE
    assert 0.2 < speed / person.build.height < 3


@pytest.mark.parametrize("act", list(STRIDES))
def test_a_standing_leg_reaches_its_foot(act: Act) -> None:
    """A foot out of the leg's reach would be seen to part from it."""
    person = dress(Subject("man", "man"), np.random.default_rng(1))
    for cycle in np.linspace(0, 0.999, 24) * STRIDES[act].stance:
        body = Body(Pen(), person, act, float(cycle), 0.0)
        ankle = body.shoe_at(body.step(-1, 0.0), -0.01, 0.045)
        assert _distance((body.hip[0], body.hip[1], ankle[2]), ankle) < 2 * body.leg * 1.03


def _distance(a: Joint, b: Joint) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))


@pytest.mark.parametrize(("prompt", "hertz"), [("a man walking", 0.95), ("a horse galloping", 2.2)])
def test_a_scene_moves_actors_at_the_speed_of_their_feet(executor: Executor, prompt: str, hertz: float) -> None:
    graph = parse(prompt)
    anim: Anim | None = make(graph.subjects[0], graph, np.random.default_rng(1), 0.0)
    assert anim is not None
    if "horse" in prompt:
        assert anim.speed == pytest.approx(gait_speed(SPECIES["horse"], "gallop", hertz))
    else:
        assert anim.speed == pytest.approx(stride_speed("walk", BUILDS["adult"].height, hertz))


# -- nothing pops


@pytest.mark.parametrize(
    "prompt",
    [
        "a red fox running through a snowy forest at dusk",
        "a teddy bear dancing on a table",
        "a steam train crossing the desert",
    ],
)
def test_no_step_from_frame_to_frame_stands_out(executor: Executor, prompt: str) -> None:
    stage = Stage(_scene(executor, prompt), 160, 90)
    frames = [rgb_of(stage.frame(number)) for number in range(40, 76)]
    steps = np.array([np.abs(after - before).mean() for before, after in pairwise(frames)])
    assert steps.max() < 1.6 * np.median(steps)
    assert steps.min() > 0.3 * np.median(steps)


# -- cameras


@pytest.fixture(scope="module", params=["a fox running in the desert", "a sailboat on the ocean"])
def filmed(executor: Executor, request: pytest.FixtureRequest) -> Travel | Sea:
    scene = _scene(executor, request.param)
    assert isinstance(scene, Travel | Sea)
    return scene


@pytest.mark.parametrize(
    "move", ["track", "push", "pull", "orbit", "orbit_right", "drone", "crane", "crane_down", "pan_right"]
)
def test_a_camera_never_jerks(filmed: Travel | Sea, move: str) -> None:
    scene = filmed
    scene.move = move
    poses = []
    for number in range(121):
        camera = scene.camera(number / FPS, 160, 90)
        # In screens: how far the picture is moved by the camera's place, direction and lens.
        poses.append((camera.x, camera.y, camera.z, camera.yaw * 10, camera.cx / 160, camera.cy / 90))
    steps = np.diff(np.array(poses), axis=0)
    jolts = np.abs(np.diff(steps, axis=0)).max(0)
    assert (jolts < 0.25 * np.abs(steps).max(0) + 0.012).all()


# -- takes


def test_another_seed_is_another_take(executor: Executor) -> None:
    """Not the same picture with other grain: the land, the trees or the clothes are others."""
    prompt = "a boy riding a bicycle in a forest"
    one, other = (rgb_of(Stage(_scene(executor, prompt, seed=seed), 160, 90).frame(30)) for seed in (1, 2))
    coarse = np.abs((one - other)[:88, :160].reshape(11, 8, 20, 8, 3).mean((1, 3)))
    assert coarse.mean() > 0.03
