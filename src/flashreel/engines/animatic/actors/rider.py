"""Somebody on the back of an animal."""

from __future__ import annotations

import math

from flashreel.engines.animatic.actors.head import draw_head
from flashreel.engines.animatic.actors.kinematics import TAU, between, two_bone
from flashreel.engines.animatic.actors.quadruped import Quadruped, back_height
from flashreel.engines.animatic.actors.registry import DrawRig
from flashreel.engines.animatic.actors.species import Species
from flashreel.engines.animatic.actors.wardrobe import Person
from flashreel.engines.animatic.colour import shade_of
from flashreel.engines.animatic.pen import Joint, Pen

_FAR_SIDE_GLOOM = 0.18


def rider(person: Person, species: Species, cycle: float, gust: float) -> DrawRig:
    """A galloping animal and its rider; `cycle` counts strides, `gust` the waves of long hair."""

    def draw(pen: Pen) -> None:
        Quadruped(pen, species, "gallop", cycle, 0.0).draw()
        seat = (-0.05 * species.length, back_height(species, "gallop", cycle), 0.0)
        _draw_person(pen, person, seat, math.sin(TAU * gust))

    return draw


def _draw_person(pen: Pen, person: Person, seat: Joint, flutter: float) -> None:
    build = person.build
    trunk, leg, torso = build.height * 0.30, build.height * 0.23, build.torso
    hip = (seat[0], seat[1] + 0.05, 0.0)
    shoulder = (seat[0] + 0.12, hip[1] + trunk, 0.0)
    for side in (1, -1):
        _draw_leg(pen, person, seat, hip, leg, side)
    spine = [hip, between(hip, shoulder), shoulder]
    pen.tube(spine, [torso * 0.9, torso * 0.92, torso * 0.78], person.top, depth=-0.2)
    for side in (1, -1):
        _draw_arm(pen, person, shoulder, trunk, side)
    head = (shoulder[0] + build.head * 0.42, shoulder[1] + build.head * 1.7, 0.0)
    draw_head(pen, person, head, flutter=flutter, depth=-0.5)


def _draw_leg(pen: Pen, person: Person, seat: Joint, hip: Joint, leg: float, side: int) -> None:
    limb = person.build.limb
    gloom = _FAR_SIDE_GLOOM if side > 0 else 0.0
    foot = (seat[0] + 0.18, seat[1] - leg * 1.25, side * 0.34)
    x, y, _ = two_bone((hip[0], hip[1], side * 0.2), foot, leg, leg, 1.0)
    joints = [(hip[0], hip[1], side * 0.14), (x, y, side * 0.34), foot]
    colour = shade_of(person.bottom, gloom)
    pen.tube(joints, [limb * 1.5, limb * 1.2, limb * 0.8], colour, depth=side * 0.3)
    shoe = [foot, (foot[0] + 0.14, foot[1] - 0.02, foot[2])]
    pen.tube(shoe, [0.06, 0.04], shade_of(person.shoes, gloom), depth=side * 0.31)


def _draw_arm(pen: Pen, person: Person, shoulder: Joint, trunk: float, side: int) -> None:
    limb, bone = person.build.limb, person.build.height * 0.16
    hand = (shoulder[0] + 0.42, shoulder[1] - trunk * 0.75, side * 0.12)
    x, y, _ = two_bone((shoulder[0], shoulder[1], side * 0.14), hand, bone, bone, -1.0)
    joints = [(shoulder[0], shoulder[1] - 0.02, side * 0.14), (x, y, side * 0.2), hand]
    colour = shade_of(person.top, _FAR_SIDE_GLOOM if side > 0 else 0.0)
    pen.tube(joints, [limb * 1.1, limb * 0.9, limb * 0.7], colour, depth=0.3 if side > 0 else -0.6)
