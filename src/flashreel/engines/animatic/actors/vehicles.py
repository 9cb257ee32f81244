"""Cars, and for now everything else on four wheels."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from flashreel.engines.animatic.actors.kinematics import TAU, wheel_rate
from flashreel.engines.animatic.actors.registry import Anim, DrawRig, rig
from flashreel.engines.animatic.colour import Colour, shade_of
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.pen import Pen

SPOKES: Final = 5
WHEEL_RADIUS: Final = 0.34

_PAINTS: Final = ("#d8342c", "#2f6fd0", "#f2b632", "#3f9b8a")
_SPEED: Final = 13.0
_AXLES: Final = (-1.25, 1.3)
_GLASS: Final = "#26384a"

#: The outline of a saloon, x and y in metres, from the rear sill over the roof to the front sill.
_BODY: Final = (
    *((-1.9, 0.34), (-2.06, 0.40), (-2.1, 0.56), (-2.08, 0.80), (-1.98, 0.94), (-1.6, 1.0), (-1.12, 1.03)),
    *((-0.86, 1.28), (-0.6, 1.42), (-0.1, 1.47), (0.42, 1.43), (0.72, 1.26), (1.02, 1.02), (1.5, 0.96)),
    *((1.9, 0.86), (2.08, 0.72), (2.12, 0.54), (2.06, 0.40), (1.9, 0.34), (0.6, 0.32), (-0.6, 0.32)),
)
_WINDOWS: Final = (
    ((-0.98, 1.03), (-0.58, 1.35), (-0.06, 1.36), (-0.06, 1.03)),
    ((0.04, 1.03), (0.04, 1.36), (0.5, 1.36), (0.92, 1.03)),
)


@rig("car", "truck", "bus", "tractor", "motorcycle", "wagon", "train")
def vehicle(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim:
    colour = subject.colors[0] if subject.colors else _PAINTS[rng.integers(len(_PAINTS))]
    speed = _SPEED * graph.speed
    spin = wheel_rate(speed, WHEEL_RADIUS, SPOKES, loop_seconds)
    return Anim(lambda t: car(colour, -spin * t), h=1.5, w=4.4, speed=speed, foot=-2.0, dust=(0.3, 1.2))


def car(colour: Colour, wheel_angle: float) -> DrawRig:
    def draw(pen: Pen) -> None:
        with pen.group(0.1):
            pen.polygon([(x, y, 0.0) for x, y in _BODY], colour, smooth=4, lit=0.35, dark=0.5)
            for window in _WINDOWS:
                pen.polygon([(x, y, 0.0) for x, y in window], _GLASS, lit=0.45)
            trim = shade_of(colour, 0.35)
            pen.line((-1.9, 0.62, 0.0), (2.0, 0.60, 0.0), 0.05, trim)
            pen.line((0.0, 1.02, 0.0), (0.02, 0.42, 0.0), 0.02, trim)
            pen.line((-0.35, 0.86, 0.0), (-0.17, 0.86, 0.0), 0.045, trim)
            pen.ball((2.03, 0.74, 0.0), 0.12, "#fff6d0", flat=True)
            pen.ball((-2.06, 0.78, 0.0), 0.09, "#ff3020", flat=True)
            for x in _AXLES:
                _draw_wheel(pen, x, wheel_angle)

    return draw


def _draw_wheel(pen: Pen, x: float, angle: float) -> None:
    r = WHEEL_RADIUS
    hub = (x, r, 0.0)
    pen.ball((x, r + 0.06, 0.0), r * 1.24, "#15151a", flat=True)  # the wheel arch
    pen.ring(hub, r, 0.0, "#1c1c22", fill="#1c1c22")
    pen.ring(hub, r * 0.62, 0.03, "#c9ccd4", fill="#8a8e98")
    for spoke in range(SPOKES):
        at = angle + spoke * TAU / SPOKES
        tip = (x + math.cos(at) * r * 0.58, r + math.sin(at) * r * 0.58, 0.0)
        pen.line(hub, tip, 0.05, "#e4e6ec")
