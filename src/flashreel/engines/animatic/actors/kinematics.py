"""How legs and wheels move."""

from __future__ import annotations

import math
from typing import Final

from flashreel.engines.animatic.pen import Joint
from flashreel.spec import FPS

TAU: Final = 2 * math.pi


def two_bone(root: Joint, end: Joint, upper: float, lower: float, bend: float) -> Joint:
    """The knee or elbow between `root` and `end` for two bones of these lengths, in the x-y plane.

    `bend` is 1 for a joint that bends forwards, -1 backwards. An end out of reach is treated as the nearest one within.
    """
    dx, dy = end[0] - root[0], end[1] - root[1]
    distance = math.hypot(dx, dy) or 1e-6
    reach = min(max(distance, abs(upper - lower) + 1e-4), upper + lower - 1e-4)
    along = (upper * upper - lower * lower + reach * reach) / (2 * reach)
    aside = math.sqrt(max(upper * upper - along * along, 0.0)) * bend
    ux, uy = dx / distance, dy / distance
    return root[0] + ux * along - uy * aside, root[1] + uy * along + ux * aside, (root[2] + end[2]) / 2


def between(a: Joint, b: Joint) -> Joint:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2


def foot_path(phase: float, stance: float, stride: float, lift: float) -> tuple[float, float]:
    """Where a foot is in its cycle, relative to its neutral point (metres forwards, metres up).

    For the share `stance` of the cycle it stands and moves back at constant speed, then it swings forward.
    """
    phase %= 1
    if phase < stance:
        return stride * (0.5 - phase / stance), 0.0
    u = (phase - stance) / (1 - stance)
    return stride * (u * u * (3 - 2 * u) - 0.5), lift * math.sin(math.pi * u)


def whole_cycles(hertz: float, loop_seconds: float) -> float:
    """The frequency nearest to `hertz` with whole cycles in a loop, so that its end meets its start."""
    if not loop_seconds:
        return hertz
    return max(1, round(hertz * loop_seconds)) / loop_seconds


def wheel_rate(speed: float, radius: float, spokes: int, loop_seconds: float = 0.0) -> float:
    """How fast a rolling wheel is drawn to spin, radians a second.

    Never more than a third of the space between two spokes a frame: beyond that an eye sees the wheel stand still or
    turn backwards. In a loop it makes whole turns, or where there is no time for one, whole spaces between spokes.
    """
    spacing = TAU / spokes
    rate = min(speed / radius, spacing / 3 * FPS)
    if not loop_seconds:
        return rate
    unit = TAU if rate * loop_seconds >= TAU else spacing
    return math.floor(rate * loop_seconds / unit) * unit / loop_seconds
