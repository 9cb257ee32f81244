"""A bicycle and whoever rides it. Lengths are those of a child's bicycle; the pen's scale makes it larger."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from flashreel.engines.animatic.actors.head import draw_head
from flashreel.engines.animatic.actors.kinematics import TAU, between, two_bone, wheel_rate, whole_cycles
from flashreel.engines.animatic.actors.registry import DrawRig
from flashreel.engines.animatic.actors.wardrobe import Person
from flashreel.engines.animatic.colour import Colour, shade_of
from flashreel.engines.animatic.pen import Joint, Pen

SPOKES: Final = 9
WHEEL_RADIUS: Final = 0.29

_REAR: Final[Joint] = (-0.46, WHEEL_RADIUS, 0.0)
_FRONT: Final[Joint] = (0.52, WHEEL_RADIUS, 0.0)
_BOTTOM_BRACKET: Final[Joint] = (-0.04, WHEEL_RADIUS * 1.02, 0.0)
_SEAT_TUBE_TOP: Final[Joint] = (-0.22, 0.70, 0.0)
_HEAD_TOP: Final[Joint] = (0.33, 0.74, 0.0)
_HEAD_BOTTOM: Final[Joint] = (0.375, 0.56, 0.0)
_BAR: Final[Joint] = (0.36, 0.90, 0.0)
_SADDLE: Final[Joint] = (-0.24, 0.80, 0.0)
_CRANK: Final = 0.135
_CRANK_TURNS_PER_WHEEL_TURN: Final = 0.36
_CHROME: Final = "#cfd3da"
_RUBBER: Final = "#2a2a30"
_STEEL: Final = "#6a6e78"


def wheel_spin(speed: float, loop_seconds: float) -> float:
    """Radians a second the wheels are drawn to turn at this road speed (m/s, before scaling)."""
    return wheel_rate(speed, WHEEL_RADIUS, SPOKES, loop_seconds)


def cyclist(person: Person, frame: Colour, t: float, speed: float, loop_seconds: float) -> DrawRig:
    """`speed` in m/s sets how fast the pedals turn; the wheels follow the rule of `wheel_rate`."""
    cadence = whole_cycles(speed / WHEEL_RADIUS * _CRANK_TURNS_PER_WHEEL_TURN / TAU, loop_seconds) * TAU
    crank = -cadence * t
    wheel = -wheel_spin(speed, loop_seconds) * t
    gust = math.sin(TAU * whole_cycles(2.0, loop_seconds) * t)

    def draw(pen: Pen) -> None:
        for centre in (_REAR, _FRONT):
            _draw_wheel(pen, centre, wheel, frame)
        _draw_frame(pen, frame)
        _draw_rider(pen, person, crank, _draw_cranks(pen, crank), gust)

    return draw


def _draw_wheel(pen: Pen, hub: Joint, angle: float, frame: Colour) -> None:
    x, y, z = hub
    r = WHEEL_RADIUS
    for spoke in range(SPOKES):
        at = angle + spoke * TAU / SPOKES
        for lag, alpha in ((0.0, 0.62), (0.09, 0.26), (0.18, 0.13)):  # ghosts: the blur of a moving wheel
            tip = (x + r * 0.93 * math.cos(at + lag), y + r * 0.93 * math.sin(at + lag), z)
            pen.line(hub, tip, 0.006, "#f0f0f4", depth=0.03, alpha=alpha)
    reflector = (x + r * 0.62 * math.cos(angle + 0.35), y + r * 0.62 * math.sin(angle + 0.35), z)
    pen.ball(reflector, 0.03, "#ffb020", depth=0.015, flat=True)
    pen.ring(hub, r * 0.98, 0.045, "#26262c", depth=0.02)
    pen.ring(hub, r * 0.90, 0.014, "#c9ccd4", depth=0.019)
    pen.ball(hub, 0.035, "#9aa0aa")
    mudguard = [(x - r * 0.85, y + r * 0.72, 0.0), (x, y + r * 1.16, 0.0), (x + r * 0.85, y + r * 0.72, 0.0)]
    pen.tube(mudguard, [0.016] * 3, frame, depth=0.005)


def _draw_frame(pen: Pen, frame: Colour) -> None:
    tube = 0.027
    for joint in (_BOTTOM_BRACKET, _SEAT_TUBE_TOP):
        pen.tube([_REAR, joint], [tube * 0.6, tube * 0.7], frame, depth=0.004)
    pen.tube([_BOTTOM_BRACKET, _SEAT_TUBE_TOP], [tube, tube], frame)
    pen.tube([_SEAT_TUBE_TOP, _HEAD_TOP], [tube, tube], frame)
    pen.tube([_BOTTOM_BRACKET, _HEAD_BOTTOM], [tube * 1.15, tube * 1.1], frame)
    pen.tube([_HEAD_TOP, _HEAD_BOTTOM], [tube * 1.2, tube * 1.2], frame, depth=-0.001)
    fork = [_HEAD_BOTTOM, (_FRONT[0] - 0.03, _FRONT[1] + 0.1, 0.0), _FRONT]
    pen.tube(fork, [tube * 0.9, tube * 0.8, tube * 0.6], frame, depth=-0.002)
    pen.tube([_HEAD_TOP, _BAR], [tube * 0.8, tube * 0.7], _CHROME)
    x, y, _ = _BAR
    pen.tube([(x + 0.03, y, -0.21), (x, y - 0.01, 0.0), (x + 0.03, y, 0.21)], [0.016] * 3, _CHROME)
    pen.tube([(x - 0.03, y, -0.24), (x + 0.04, y, -0.21)], [0.024] * 2, _RUBBER, depth=-0.25)  # near grip
    x, y, _ = _SEAT_TUBE_TOP
    pen.tube([(x, y, 0.0), (x - 0.01, y + 0.06, 0.0)], [0.015] * 2, _CHROME)
    saddle = [(x - 0.13, y + 0.085, 0.0), (x, y + 0.07, 0.0), (x + 0.12, y + 0.06, 0.0)]
    pen.tube(saddle, [0.045, 0.035, 0.02], "#2e2a30", depth=-0.002)


def _draw_cranks(pen: Pen, angle: float) -> tuple[Joint, Joint]:
    """Returns the near and the far pedal."""
    x, y, _ = _BOTTOM_BRACKET
    pedals: list[Joint] = []
    for side, turn in ((-1, 0.0), (1, math.pi)):
        pedal = (x + _CRANK * math.cos(angle + turn), y + _CRANK * math.sin(angle + turn), side * 0.10)
        pen.line((x, y, side * 0.06), pedal, 0.026, _STEEL)
        pen.line((pedal[0] - 0.05, pedal[1], pedal[2]), (pedal[0] + 0.05, pedal[1], pedal[2]), 0.03, _RUBBER)
        pedals.append(pedal)
    pen.ring((x, y, -0.05), 0.075, 0.018, _STEEL, depth=-0.001)
    return pedals[0], pedals[1]


@dataclass(frozen=True, slots=True)
class _Posture:
    hip: Joint
    shoulder: Joint


def _draw_rider(pen: Pen, person: Person, crank: float, pedals: tuple[Joint, Joint], gust: float) -> None:
    bob = 0.012 * math.sin(2 * crank)
    lean = 0.02 * math.sin(crank)
    hip = (_SADDLE[0], _SADDLE[1] + 0.05 + bob, 0.0)
    posture = _Posture(hip, (hip[0] + 0.30 + lean, hip[1] + 0.40 + bob, 0.0))
    for side, pedal in ((1, pedals[1]), (-1, pedals[0])):
        _draw_leg(pen, person, hip, pedal, side)
    _draw_trunk(pen, person, posture)
    for side in (1, -1):
        _draw_arm(pen, person, posture.shoulder, side)
    x, y, _ = posture.shoulder
    head = (x + 0.12, y + 0.30 + bob * 0.5, 0.0)
    draw_head(pen, person, head, nod=-0.06 + 0.04 * math.sin(crank), flutter=gust)


def _draw_leg(pen: Pen, person: Person, hip: Joint, pedal: Joint, side: int) -> None:
    """`side` is 1 for the far leg, which is darker, and -1 for the near one."""
    bone, limb = 0.37, person.build.limb
    gloom = 0.16 if side > 0 else 0.0
    calf = shade_of(person.bottom if person.trousers else person.skin, gloom)
    thigh = shade_of(person.bottom, gloom)
    root = (hip[0], hip[1], side * 0.075)
    ankle = (pedal[0] - 0.02, pedal[1] + 0.08, pedal[2])
    x, y, _ = two_bone(root, ankle, bone, bone * 0.98, 1.0)
    knee = (x, y, side * 0.10)
    shin = ((x + ankle[0]) / 2 - 0.02, (y + ankle[1]) / 2, knee[2])
    pen.tube([knee, shin, ankle], [limb * 0.98, limb * 0.92, limb * 0.6], calf, depth=side * 0.02)
    hem = (x - 0.06 * (x - root[0]) / bone, y - 0.06 * (y - root[1]) / bone, knee[2])
    upper = ((root[0] + x) / 2, (root[1] + y) / 2, root[2])
    pen.tube([root, upper, hem], [limb * 1.6, limb * 1.55, limb * 1.3], thigh, depth=side * 0.02 - 0.001)
    sock = [ankle, (ankle[0], ankle[1] - 0.02, ankle[2])]
    pen.tube(sock, [limb * 0.72, limb * 0.74], "#ffffff", depth=side * 0.02 - 0.002)
    shoe = [
        (ankle[0] - 0.04, pedal[1] + 0.035, pedal[2]),
        (ankle[0] + 0.05, pedal[1] + 0.035, pedal[2]),
        (ankle[0] + 0.13, pedal[1] + 0.025, pedal[2]),
    ]
    pen.tube(shoe, [0.042, 0.045, 0.032], shade_of(person.shoes, gloom), depth=side * 0.02 - 0.003)


def _draw_trunk(pen: Pen, person: Person, posture: _Posture) -> None:
    hip, shoulder, torso = posture.hip, posture.shoulder, person.build.torso
    if person.pack is not None:
        pack = [(hip[0] - 0.02, hip[1] + 0.17, 0.0), (shoulder[0] - 0.2, shoulder[1] - 0.06, 0.0)]
        pen.tube(pack, [0.1, 0.12], person.pack, depth=0.01)
    x, y, _ = between(hip, shoulder)
    spine = [(hip[0] - 0.01, hip[1] - 0.01, 0.0), (x - 0.03, y + 0.01, 0.0), shoulder]
    pen.tube(spine, [torso * 0.95, torso * 0.98, torso * 0.78], person.top)


def _draw_arm(pen: Pen, person: Person, shoulder: Joint, side: int) -> None:
    bone, limb = 0.25, person.build.limb
    gloom = 0.16 if side > 0 else 0.0
    root = (shoulder[0] + 0.01, shoulder[1], side * 0.12)
    hand = (_BAR[0] + 0.01, _BAR[1] + 0.02, side * 0.21)
    x, y, _ = two_bone(root, hand, bone, bone, -1.0)
    elbow = (x, y, side * 0.2)
    forearm = ((x + hand[0]) / 2, (y + hand[1]) / 2, hand[2])
    lower = shade_of(person.top if person.sleeves else person.skin, gloom)
    pen.tube([elbow, forearm, hand], [limb * 0.74, limb * 0.68, limb * 0.6], lower, depth=side * 0.1)
    sleeve = [
        root,
        ((root[0] + x) / 2, (root[1] + y) / 2, root[2]),
        (root[0] + (x - root[0]) * 0.8, root[1] + (y - root[1]) * 0.8, elbow[2]),
    ]
    pen.tube(sleeve, [limb * 1.1, limb * 1.05, limb * 0.98], shade_of(person.top, gloom), depth=side * 0.1 - 0.002)
    pen.ball(hand, limb * 0.82, shade_of(person.skin, gloom), depth=side * 0.1 - 0.004)
