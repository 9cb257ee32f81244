"""The code of docs/extending.md does what the page says."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from tests.engines.animatic.i420 import rgb_of

from flashreel.engines.animatic import props
from flashreel.engines.animatic.actors import coachwork, kinematics, registry, wheels
from flashreel.engines.animatic.actors.bestiary import SPECIES
from flashreel.engines.animatic.actors.bodies import BODIES
from flashreel.engines.animatic.actors.library import make
from flashreel.engines.animatic.actors.registry import RIGS
from flashreel.engines.animatic.direct import build
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.look import LOOKS, Look
from flashreel.engines.animatic.noise import Spectrum, smoothstep, synthesise_all
from flashreel.engines.animatic.pen import Pen
from flashreel.engines.animatic.stage import Stage
from flashreel.engines.animatic.world import places, scatter, world
from flashreel.engines.animatic.world.places import PLACES

PAGE: Final = (Path(__file__).resolve().parents[3] / "docs" / "extending.md").read_text(encoding="utf-8")
#: What the files named by the page have at hand.
NAMES: Final[dict[str, Any]] = {
    **vars(registry),
    **vars(coachwork),
    **vars(kinematics),
    **vars(wheels),
    **vars(places),
    **vars(scatter),
    **vars(world),
    "BODIES": BODIES,
    "Look": Look,
    "Pen": Pen,
    "SceneGraph": SceneGraph,
    "Subject": Subject,
    "math": math,
    "np": np,
    "props": props,
    "replace": replace,
    "Spectrum": Spectrum,
    "smoothstep": smoothstep,
    "synthesise_all": synthesise_all,
}


def _code(title: str) -> str:
    found = re.search(rf"^## {title}\n.*?```python\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def _row(title: str) -> tuple[str, Any]:
    """The row of a table that the page shows under a title."""
    ((name, value),) = eval("{" + _code(title) + "}", dict(NAMES)).items()
    return name, value


@pytest.fixture
def registries() -> Iterator[None]:
    """Leaves rigs and places as they were."""
    rigs, built = dict(RIGS), dict(PLACES)
    yield
    for registered, before in ((RIGS, rigs), (PLACES, built)):
        for name in registered.keys() - before.keys():
            del registered[name]


def _recorded(concept: str) -> bytes:
    anim = make(Subject(concept, concept), SceneGraph("test"), np.random.default_rng(1), 5.0)
    assert anim is not None
    assert not anim.fallback
    pen = Pen()
    anim.draw(0.3)(pen)
    parts, joints, stops = pen.recorded()
    return parts.tobytes() + joints.tobytes() + stops.tobytes()


def test_an_animal(monkeypatch: pytest.MonkeyPatch) -> None:
    name, goat = _row("An animal")
    monkeypatch.setitem(SPECIES, name, goat)
    monkeypatch.setitem(RIGS, name, RIGS["fox"])

    assert _recorded(name) != _recorded("sheep")


def test_a_vehicle(monkeypatch: pytest.MonkeyPatch) -> None:
    name, van = _row("A vehicle")
    monkeypatch.setitem(coachwork.VEHICLES, name, van)
    monkeypatch.setitem(RIGS, name, RIGS["car"])

    assert _recorded(name) != _recorded("car")


@pytest.mark.usefixtures("registries")
def test_a_rig() -> None:
    exec(_code("A rig"), dict(NAMES))

    assert _recorded("windmill")


@pytest.mark.usefixtures("registries")
def test_a_place_and_a_time_of_day(monkeypatch: pytest.MonkeyPatch) -> None:
    exec(_code("A place"), dict(NAMES))
    name, look = _row("A time of day")
    graph = SceneGraph("dunes", setting="dunes", time="day")

    with ThreadPoolExecutor(2) as executor:
        scene = build(graph, 5, 0, False, width=96, height=56, executor=executor)
        day = rgb_of(Stage(scene, 96, 56).frame(10))
        scene.look = look
        evening = rgb_of(Stage(scene, 96, 56).frame(10))

    assert name not in LOOKS
    assert day.std() > 0.04
    assert evening.mean() < day.mean() - 0.05
