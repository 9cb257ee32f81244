"""A motorcycle and whoever rides it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from flashreel.engines.animatic.actors.head import draw_head
from flashreel.engines.animatic.actors.kinematics import TAU, between, two_bone, whole_cycles
from flashreel.engines.animatic.actors.registry import Anim, DrawRig, rig
from flashreel.engines.animatic.actors.wardrobe import Person, dress
from flashreel.engines.animatic.actors.wheels import Wheel
from flashreel.engines.animatic.colour import Colour, shade_of
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.pen import Joint, Pen

_SPEED: Final = 12.0
_PAINTS: Final = ("#b3202a", "#26262b", "#2f5d9c")
_WHEELS: Final = (Wheel(-0.72, 0.33, 7), Wheel(0.78, 0.33, 7))
_CHROME: Final = "#c9ccd4"
_IRON: Final = "#3a3c44"
_SEAT: Final[Joint] = (-0.28, 0.86, 0.0)
_BAR: Final[Joint] = (0.42, 1.12, 0.0)
_PEG: Final[Joint] = (0.06, 0.36, 0.0)
_FAR_SIDE_GLOOM: Final = 0.18


@rig("motorcycle")
def make_motorcycle(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim:
    """With somebody on it: no motorcycle goes alone."""
    person = dress(Subject("man", "man"), rng)
    rider = replace(person, hat="helmet", hat_colour="#26262b", sleeves=True, top="#2b2d33")
    return motorcyclist(rider, subject, graph, rng, loop_seconds)


def motorcyclist(
    person: Person, motorcycle: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float
) -> Anim:
    """The person on that motorcycle."""
    drawn = _PAINTS[rng.integers(len(_PAINTS))]
    colour = motorcycle.colors[0] if motorcycle.colors else drawn
    speed = _SPEED * graph.speed
    gust = whole_cycles(2.0, loop_seconds)
    seated = replace(person, pack=None, cape=None, skirt=None, trousers=True)

    def draw(t: float) -> DrawRig:
        angle = _WHEELS[0].angle(speed, t, loop_seconds)
        return lambda pen: _draw(pen, seated, colour, angle, TAU * gust * t)

    return Anim(draw, h=1.75, w=2.2, speed=speed, foot=-0.9, dust=(0.2, 0.9))


def _draw(pen: Pen, person: Person, colour: Colour, angle: float, gust: float) -> None:
    shake = 0.006 * math.sin(3 * gust)
    with pen.group(0.02):
        for wheel in _WHEELS:
            wheel.draw(pen, angle)
        _draw_frame(pen, colour)
    _draw_rider(pen, person, shake, math.sin(gust))


def _draw_frame(pen: Pen, colour: Colour) -> None:
    rear, front = ((wheel.x, wheel.radius, 0.0) for wheel in _WHEELS)
    pen.line(rear, (-0.1, 0.42, 0.0), 0.07, _IRON)
    pen.line((-0.05, 0.28, 0.0), (-1.0, 0.3, 0.0), 0.09, _CHROME)  # exhaust
    engine: list[Joint] = [(-0.25, 0.25, 0.0), (0.28, 0.25, 0.0), (0.36, 0.6, 0.0), (-0.2, 0.66, 0.0)]
    pen.polygon(engine, _IRON)
    for k in range(4):
        pen.line((-0.08, 0.36 + k * 0.07, 0.0), (0.22, 0.36 + k * 0.07, 0.0), 0.025, _CHROME)
    pen.line(front, (0.46, 1.0, 0.0), 0.07, _CHROME)  # fork
    guard: list[Joint] = [(-1.12, 0.62, 0.0), (-0.85, 0.78, 0.0), (-0.5, 0.78, 0.0), (-0.2, 0.66, 0.0)]
    pen.tube(guard, [0.03, 0.06, 0.08, 0.06], colour)
    pen.tube([(0.5, 0.68, 0.0), (0.78, 0.73, 0.0), (1.06, 0.6, 0.0)], [0.03, 0.04, 0.02], colour)
    tank: list[Joint] = [(-0.12, 0.72, 0.0), (0.1, 0.98, 0.0), (0.36, 0.98, 0.0), (0.46, 0.8, 0.0), (0.1, 0.66, 0.0)]
    pen.polygon(tank, colour, smooth=3, lit=0.4, dark=0.5)
    pen.tube([(-0.72, 0.84, 0.0), (-0.4, 0.8, 0.0), (-0.08, 0.78, 0.0)], [0.06, 0.07, 0.05], "#241f22")
    pen.line((0.44, 0.98, 0.0), _BAR, 0.05, _CHROME)
    pen.ball((0.56, 0.95, 0.0), 0.12, _IRON)
    pen.ball((0.62, 0.95, 0.0), 0.09, "#fff6d0", flat=True)
    pen.ball((-1.02, 0.74, 0.0), 0.05, "#ff3020", flat=True)


def _draw_rider(pen: Pen, person: Person, shake: float, flutter: float) -> None:
    build = person.build
    size = build.height / 1.76
    hip = (_SEAT[0], _SEAT[1] + 0.06 + shake, 0.0)
    shoulder = (hip[0] + 0.26 * size, hip[1] + 0.48 * size, 0.0)
    for side in (1, -1):
        _draw_leg(pen, person, hip, size, side)
    spine = [hip, between(hip, shoulder), shoulder]
    pen.tube(spine, [build.torso * 0.9, build.torso * 0.94, build.torso * 0.78], person.top, depth=-0.2)
    for side in (1, -1):
        _draw_arm(pen, person, shoulder, size, side)
    head = (shoulder[0] + build.head * 0.55, shoulder[1] + build.head * 1.65, 0.0)
    draw_head(pen, person, head, nod=-0.05, flutter=flutter, depth=-0.5)


def _draw_leg(pen: Pen, person: Person, hip: Joint, size: float, side: int) -> None:
    limb, bone = person.build.limb, 0.42 * size
    gloom = _FAR_SIDE_GLOOM if side > 0 else 0.0
    foot = (_PEG[0], _PEG[1], side * 0.16)
    x, y, _ = two_bone((hip[0], hip[1], side * 0.1), (foot[0], foot[1] + 0.06, foot[2]), bone, bone, 1.0)
    joints = [(hip[0], hip[1], side * 0.1), (x, y, side * 0.2), (foot[0], foot[1] + 0.06, foot[2])]
    colour = shade_of(person.bottom, gloom)
    pen.tube(joints, [limb * 1.5, limb * 1.2, limb * 0.8], colour, depth=side * 0.1)
    shoe = [foot, (foot[0] + 0.16, foot[1] - 0.01, foot[2])]
    pen.tube(shoe, [0.055, 0.045], shade_of("#3a2a22", gloom), depth=side * 0.11)


def _draw_arm(pen: Pen, person: Person, shoulder: Joint, size: float, side: int) -> None:
    limb, bone = person.build.limb, 0.3 * size
    gloom = _FAR_SIDE_GLOOM if side > 0 else 0.0
    hand = (_BAR[0] - 0.04, _BAR[1], side * 0.2)
    root = (shoulder[0], shoulder[1] - 0.02, side * 0.14)
    x, y, _ = two_bone(root, hand, bone, bone, -1.0)
    colour = shade_of(person.top, gloom)
    pen.tube([root, (x, y, side * 0.2), hand], [limb * 1.1, limb * 0.9, limb * 0.7], colour, depth=side * 0.3 - 0.1)
    pen.ball(hand, limb * 0.85, shade_of(person.skin, gloom), depth=side * 0.3 - 0.11)
