"""A thumbnail of every place, every light and every rig: a picture, and no two alike."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import combinations
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.engines.animatic.i420 import rgb_of

from flashreel.engines.animatic import drawn
from flashreel.engines.animatic.actors.library import make
from flashreel.engines.animatic.actors.people import PEOPLE
from flashreel.engines.animatic.actors.registry import RIGS
from flashreel.engines.animatic.camera import Camera
from flashreel.engines.animatic.direct import build
from flashreel.engines.animatic.figure import Figure, Pose
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.look import LOOKS
from flashreel.engines.animatic.pen import Pen
from flashreel.engines.animatic.scenes.base import Scene
from flashreel.engines.animatic.stage import Stage
from flashreel.engines.animatic.vector import Pixels
from flashreel.engines.animatic.world.places import PLACES

WIDTH, HEIGHT = 96, 56
#: One name for each builder of a place, and the sea, which is a staging of its own; a harbour is only seen in a launch.
SETTINGS: Final = [*{builder: name for name, builder in PLACES.items() if name != "harbour"}.values(), "ocean"]
#: People who differ by their clothes' colours alone, which the seed decides, and boats that are one rig.
ALIKE: Final = [set(PEOPLE), {"sailboat", "boat"}]


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def _scene(executor: Executor, setting: str) -> Scene:
    graph = SceneGraph("a place", setting=setting, time="day")
    return build(graph, 5, 0, False, width=WIDTH, height=HEIGHT, executor=executor)


def _thumbnail(scene: Scene) -> NDArray[np.float32]:
    return rgb_of(Stage(scene, WIDTH, HEIGHT).frame(30))


def _assert_pictures(pictures: dict[str, NDArray[np.float32]], apart: float) -> None:
    for name, picture in pictures.items():
        assert np.isfinite(picture).all(), name
        assert picture.std() > 0.04, f"{name} is blank"
    for one, other in combinations(pictures, 2):
        assert np.abs(pictures[one] - pictures[other]).mean() > apart, f"{one} looks like {other}"


def test_places(executor: Executor) -> None:
    _assert_pictures({name: _thumbnail(_scene(executor, name)) for name in SETTINGS}, apart=0.02)


def test_every_place_counts_as_drawn() -> None:
    assert {name for name in PLACES if drawn.shows_setting(name, "travel")} == PLACES.keys() - drawn.UNDRAWN_SETTINGS


def test_lights(executor: Executor) -> None:
    scene = _scene(executor, "desert")
    pictures = {}
    for name, look in LOOKS.items():
        scene.look = look
        pictures[name] = _thumbnail(scene)
    _assert_pictures(pictures, apart=0.02)


def _rig(concept: str) -> Pixels:
    anim = make(Subject(concept, concept), SceneGraph("test"), np.random.default_rng(1), 0.0)
    assert anim is not None
    pen = Pen()
    anim.draw(0.3)(pen)
    extent = 2 * max(anim.h, anim.w * HEIGHT / WIDTH)
    camera = Camera(0.0, anim.h * 0.5, -10.0, 0.0, 10 * HEIGHT / extent, WIDTH / 2, HEIGHT / 2)
    return Figure(pen, camera, Pose((0.0, 0.0, 0.0))).paint(0, 0, WIDTH, HEIGHT)


def test_rigs() -> None:
    pictures = {concept: _rig(concept) for concept in sorted(RIGS)}
    for concept, picture in pictures.items():
        assert (picture[..., 3] > 128).mean() > 0.005, concept
    for one, other in combinations(pictures, 2):
        if not any({one, other} <= group for group in ALIKE):
            assert np.abs(pictures[one].astype(int) - pictures[other]).mean() > 0.5, f"{one} looks like {other}"
