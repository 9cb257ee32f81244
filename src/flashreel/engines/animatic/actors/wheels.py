"""Wheels of cars, carts and engines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from flashreel.engines.animatic.actors.kinematics import TAU, wheel_rate
from flashreel.engines.animatic.colour import Colour
from flashreel.engines.animatic.pen import Pen

_RUBBER: Final = "#1c1c22"


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel on the ground: where it is (m ahead of the origin), its radius (m), spokes and colour.

    One with a `tyre` has a disc inside it; one without is open, as a cart's.
    """

    x: float
    radius: float
    spokes: int = 5
    colour: Colour = "#e4e6ec"
    tyre: bool = True

    def angle(self, speed: float, t: float, loop_seconds: float) -> float:
        """How far it has turned at second `t`, rolling forwards at `speed` m/s, in radians."""
        return -wheel_rate(speed, self.radius, self.spokes, loop_seconds) * t

    def draw(self, pen: Pen, angle: float) -> None:
        r = self.radius
        hub = (self.x, r, 0.0)
        if self.tyre:
            pen.ring(hub, r, 0.0, _RUBBER, fill=_RUBBER)
            pen.ring(hub, r * 0.62, 0.03, "#c9ccd4", fill="#8a8e98")
        else:
            pen.ring(hub, r * 0.93, r * 0.14, self.colour)
        reach = r * (0.58 if self.tyre else 0.9)
        for spoke in range(self.spokes):
            at = angle + spoke * TAU / self.spokes
            tip = (self.x + math.cos(at) * reach, r + math.sin(at) * reach, 0.0)
            pen.line(hub, tip, r * 0.13, self.colour)
        pen.ball(hub, r * 0.16, self.colour, flat=True)
