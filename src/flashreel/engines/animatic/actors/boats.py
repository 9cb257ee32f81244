"""A sloop under sail. Its origin is on the waterline, amidships. (A ship with funnels is in `steamer`.)"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from flashreel.engines.animatic.actors.kinematics import TAU, whole_cycles
from flashreel.engines.animatic.actors.registry import Anim, DrawRig, rig
from flashreel.engines.animatic.colour import Colour, shade_of
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.pen import Joint, Pen

_WHITE: Final = "#f4f1ea"
_RED: Final = "#c8372d"
_SAIL: Final = "#fbf6ea"
_SPAR: Final = "#7a5638"
_OILSKIN: Final = "#f2b632"
_WIND: Final = 0.7

#: Stations of the hull from stern to bow: x, half the beam, height of the keel line, height of the deck edge.
_STATIONS: Final = (
    (-3.9, 1.05, -0.15, 1.0),
    (-2.4, 1.3, -0.5, 0.92),
    (0.0, 1.4, -0.65, 0.92),
    (2.2, 1.0, -0.5, 1.05),
    (3.9, 0.42, -0.15, 1.28),
    (4.75, 0.03, 0.35, 1.45),
)


@rig("sailboat", "boat")
def boat(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim:
    hull = subject.colors[0] if subject.colors else _WHITE
    trim = _WHITE if subject.colors else _RED
    flap = whole_cycles(1.0, loop_seconds)
    return Anim(lambda t: sailboat(hull, trim, t * flap), h=12.0, w=9.0, speed=2.2, medium="water")


def sailboat(hull: Colour, trim: Colour, flap: float) -> DrawRig:
    """`flap` counts the waves of the sails; the pose repeats with whole numbers."""

    def draw(pen: Pen) -> None:
        _draw_hull_side(pen, hull, trim, 1)
        _draw_deck(pen, hull)
        _draw_rigging(pen, trim, flap)
        _draw_sailor(pen)
        _draw_hull_side(pen, hull, trim, -1)

    return draw


def _draw_hull_side(pen: Pen, hull: Colour, trim: Colour, side: int) -> None:
    """`side` is -1 for the near side."""
    edge: list[Joint] = [(x, deck, side * beam) for x, beam, _, deck in _STATIONS]
    keel: list[Joint] = [(x, bottom, side * beam * 0.45) for x, beam, bottom, _ in _STATIONS]
    stripe: list[Joint] = [(x, deck - 0.17, side * beam * 0.99) for x, beam, _, deck in _STATIONS]
    waterline: list[Joint] = [(x, 0.30, side * beam * 0.80) for x, beam, _, _ in _STATIONS[:-1]]
    with pen.group(side * 1.5):
        pen.polygon(edge + keel[::-1], hull, dark=0.45)
        pen.polygon(edge + stripe[::-1], trim, dark=0.4)
        pen.polygon(waterline + keel[:-1][::-1], "#24344f", dark=0.4)


def _draw_deck(pen: Pen, hull: Colour) -> None:
    with pen.group(0.5):
        rail = [(x, deck, beam) for x, beam, _, deck in _STATIONS]
        pen.polygon(rail + [(x, y, -z) for x, y, z in rail[::-1]], "#b98a5a")
        transom = [(-3.9, 1.0, 1.05), (-3.9, 1.0, -1.05), (-3.9, -0.15, -0.45), (-3.9, -0.15, 0.45)]
        pen.polygon(transom, shade_of(hull, 0.3))
    with pen.group(0.2):
        cabin = [(-1.6, 0.95, -0.7), (1.5, 0.98, -0.6), (1.15, 1.55, -0.45), (-1.4, 1.6, -0.55)]
        pen.polygon(cabin, "#f7f3ea")
        for x in (-1.0, -0.3, 0.4):
            pen.ball((x, 1.28, -0.62), 0.13, "#2b4a66")


def _draw_rigging(pen: Pen, trim: Colour, flap: float) -> None:
    belly = 1.0 + 0.10 * math.sin(TAU * flap) * _WIND
    with pen.group(0.0):
        pen.tube([(0.35, 0.9, 0.0), (0.3, 11.2, 0.0)], [0.085, 0.05], _SPAR)
        luff = [(0.2, 1.75, 0.02), (0.22, 6.4, 0.08), (0.26, 10.9, 0.0)]
        leech = [(-1.2, 8.3, 0.75 * belly), (-2.6, 5.2, 0.95 * belly), (-3.7, 1.95, 0.45)]
        pen.polygon([*luff, *leech, (-1.8, 1.72, 0.42 * belly)], _SAIL, smooth=5, lit=0.2, dark=0.30)
        for f in (0.3, 0.55, 0.78):
            _draw_seam(pen, f, belly)
        pen.tube([(0.3, 1.7, 0.0), (-3.8, 1.85, 0.45)], [0.075, 0.05], _SPAR)  # the boom
        jib = [
            (4.55, 1.5, 0.0),
            (2.3, 5.2, 0.35 * belly),
            (0.42, 9.6, 0.02),
            (0.9, 5.0, 0.75 * belly),
            (1.0, 1.9, 0.7 * belly),
        ]
        pen.polygon(jib, _SAIL, smooth=5, lit=0.25, dark=0.26)
        _draw_pennant(pen, trim, flap)
        for end in ((4.6, 1.5, 0.0), (-3.8, 1.1, 0.6)):
            pen.line((0.3, 10.9, 0.0), end, 0.025, "#4a3a2e", alpha=0.7)


def _draw_seam(pen: Pen, share: float, belly: float) -> None:
    """A seam across the main sail, at this share of its height."""
    start = (0.22, 1.75 + share * 9.0, 0.05)
    end = (-3.75 + share * 3.75, 1.95 + share * 8.6, 0.55 * belly * (1 - share))
    sag = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 - 0.08, 0.3)
    pen.tube([start, sag, end], [0.018] * 3, shade_of(_SAIL, 0.25), flat=True)


def _draw_pennant(pen: Pen, colour: Colour, flap: float) -> None:
    wave = [0.10 * math.sin(TAU * flap * 2 - k) for k in range(4)]
    pennant = [
        (0.3, 11.2, 0.0),
        (-0.35, 11.3 + wave[1], 0.0),
        (-0.9, 11.1 + wave[2], 0.0),
        (-1.5, 11.15 + wave[3], 0.0),
        (-0.9, 10.85 + wave[2], 0.0),
        (-0.35, 10.95 + wave[1], 0.0),
        (0.3, 10.8, 0.0),
    ]
    pen.polygon(pennant, colour)


def _draw_sailor(pen: Pen) -> None:
    with pen.group(-0.3):
        pen.tube([(-3.0, 0.95, -0.3), (-2.95, 1.75, -0.3)], [0.24, 0.22], _OILSKIN)
        pen.ball((-2.92, 2.12, -0.3), 0.2, "#f2c39c")
        pen.tube([(-3.1, 2.2, -0.3), (-2.95, 2.36, -0.3), (-2.72, 2.2, -0.3)], [0.1, 0.14, 0.1], _OILSKIN)
        pen.tube([(-2.9, 1.65, -0.35), (-2.5, 1.4, -0.35)], [0.08, 0.07], _OILSKIN)
