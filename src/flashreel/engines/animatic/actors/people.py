"""People: on foot, on a bicycle or motorcycle, on an animal, in a car."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from flashreel.engines.animatic.actors.animals import coat_of, rideable
from flashreel.engines.animatic.actors.coachwork import VEHICLES
from flashreel.engines.animatic.actors.cyclist import cyclist
from flashreel.engines.animatic.actors.kinematics import whole_cycles
from flashreel.engines.animatic.actors.motorcycle import motorcyclist
from flashreel.engines.animatic.actors.quadruped import gait_speed
from flashreel.engines.animatic.actors.registry import Anim, rig
from flashreel.engines.animatic.actors.rider import rider
from flashreel.engines.animatic.actors.vehicles import vehicle
from flashreel.engines.animatic.actors.walker import Act, stride_speed, walker
from flashreel.engines.animatic.actors.wardrobe import Person, dress
from flashreel.engines.animatic.graph import SceneGraph, Subject

PEOPLE: Final = (
    "person",
    "boy",
    "girl",
    "man",
    "woman",
    "baby",
    "child",
    "elder",
    "soldier",
    "astronaut",
    "knight",
    "king",
    "queen",
    "wizard",
    "dancer",
    "chef",
    "farmer",
    "sailor",
    "athlete",
)
_CYCLES: Final = ("bicycle", "emoji:kick-scooter")
_CYCLING_SPEED: Final = 6.0
_GALLOP_HERTZ: Final = 1.9

#: act, cycles a second
_ACTS: Final[dict[str, tuple[Act, float]]] = {
    **dict.fromkeys(("run", "chase"), ("run", 1.55)),
    **dict.fromkeys(("walk", "travel", "climb"), ("walk", 0.95)),
    **dict.fromkeys(("dance", "spin", "play", "sing", "jump"), ("dance", 1.0)),
    "wave": ("wave", 0.5),
    **dict.fromkeys(("sit", "meditate", "read"), ("sit", 0.5)),
}
_STANDING: Final[tuple[Act, float]] = ("stand", 0.5)


@rig(*PEOPLE)
def people(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim:
    person = dress(subject, rng)
    mount = subject.prop
    if mount is not None:
        if mount.concept in _CYCLES and subject.action in ("ride", "drive", ""):
            return _on_bicycle(person, mount, graph, loop_seconds)
        if rideable(mount.concept) and subject.action in ("ride", ""):
            return _on_animal(person, mount, graph, loop_seconds)
        if mount.concept == "motorcycle" and subject.action in ("ride", "drive", ""):
            return motorcyclist(person, mount, graph, rng, loop_seconds)
        if mount.concept in VEHICLES:
            return vehicle(mount, graph, rng, loop_seconds)
    act, hertz = _ACTS.get(subject.action, _STANDING)
    rate = whole_cycles(hertz * graph.speed, loop_seconds)
    breathing = whole_cycles(1.0, loop_seconds)
    return Anim(
        lambda t: walker(person, act, t * rate, t * breathing),
        h=person.build.height * 1.05,
        w=person.build.height * 0.55,
        speed=stride_speed(act, person.build.height, rate),
        foot=-0.1,
        dust=(0.06, 0.25),
    )


def _on_bicycle(person: Person, bicycle: Subject, graph: SceneGraph, loop_seconds: float) -> Anim:
    frame = bicycle.colors[0] if bicycle.colors else "#d81f2a"
    speed = _CYCLING_SPEED * graph.speed
    size = 1.22 if person.grown else 1.0
    return Anim(
        lambda t: cyclist(person, frame, t, speed * 0.8 / size, loop_seconds),
        h=1.5,
        w=1.6,
        speed=speed,
        foot=-0.45 * size,
        size=size,
    )


def _on_animal(person: Person, animal: Subject, graph: SceneGraph, loop_seconds: float) -> Anim:
    body = coat_of(animal)
    rate = whole_cycles(_GALLOP_HERTZ * graph.speed, loop_seconds)
    gust = whole_cycles(2.0, loop_seconds)
    upright = replace(person, pack=None, cape=None, skirt=None)
    return Anim(
        lambda t: rider(upright, body, t * rate, t * gust),
        h=body.leg + body.waist * 2 + 1.05,
        w=body.length * 1.9,
        speed=gait_speed(body, "gallop", rate),
        foot=-body.length * 0.5,
        dust=(0.2, 0.8),
    )
