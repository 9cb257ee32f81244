"""A passenger ship with funnels. Its origin is on the waterline, amidships."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from flashreel.engines.animatic.actors.kinematics import TAU, whole_cycles
from flashreel.engines.animatic.actors.registry import Anim, DrawRig, rig
from flashreel.engines.animatic.colour import Colour, shade_of
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.pen import Joint, Pen

_NAVY: Final = "#24385c"
_RED: Final = "#c8372d"
_WHITE: Final = "#f4f1ea"
_SPEED: Final = 3.0
_FUNNELS: Final = (-2.6, 0.6)
_PUFFS: Final = 8

#: Stations of the hull from stern to bow: x, half the beam, height of the keel line, height of the deck edge.
_STATIONS: Final = (
    (-9.4, 1.2, 0.2, 2.5),
    (-8.2, 1.7, -0.8, 2.25),
    (-4.0, 2.0, -0.9, 2.1),
    (3.0, 1.9, -0.9, 2.15),
    (7.0, 1.2, -0.8, 2.6),
    (9.8, 0.05, 0.0, 3.2),
)
#: Decks: from, to (m ahead), bottom, top, half the width.
_DECKS: Final = ((-6.8, 5.4, 2.1, 3.2, 1.5), (-5.6, 4.2, 3.2, 4.2, 1.3), (1.6, 3.6, 4.2, 5.1, 1.1))


@rig("ship")
def make_ship(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim:
    hull = subject.colors[0] if subject.colors else _NAVY
    puffs = whole_cycles(4.0, loop_seconds)
    return Anim(lambda t: steamer(hull, t * puffs), h=9.0, w=19.5, speed=_SPEED * graph.speed, medium="water")


def steamer(hull: Colour, births: float) -> DrawRig:
    """`births` counts the puffs of smoke."""

    def draw(pen: Pen) -> None:
        _draw_hull_side(pen, hull, 1)
        with pen.group(1.0):
            rail: list[Joint] = [(x, deck, beam) for x, beam, _, deck in _STATIONS]
            pen.polygon(rail + [(x, y, -z) for x, y, z in rail[::-1]], "#b98a5a")
        with pen.group(0.2):
            _draw_smoke(pen, births)
            _draw_decks(pen)
        _draw_hull_side(pen, hull, -1)

    return draw


def _draw_hull_side(pen: Pen, hull: Colour, side: int) -> None:
    """`side` is -1 for the near side."""
    edge: list[Joint] = [(x, deck, side * beam) for x, beam, _, deck in _STATIONS]
    keel: list[Joint] = [(x, bottom, side * beam * 0.6) for x, beam, bottom, _ in _STATIONS]
    boot: list[Joint] = [(x, 0.35, side * beam * 0.8) for x, beam, _, _ in _STATIONS]
    band: list[Joint] = [(x, deck - 0.3, side * beam * 0.98) for x, beam, _, deck in _STATIONS]
    with pen.group(side * 2.0):
        pen.polygon(edge + keel[::-1], hull, dark=0.45)
        pen.polygon(edge + band[::-1], _WHITE, dark=0.3)
        pen.polygon(boot + keel[::-1], _RED, dark=0.4)
        if side < 0:
            for k in range(15):
                pen.ball((-7.4 + k * 0.98, 1.25 + 0.004 * (k - 6) ** 2, -1.7), 0.16, "#e8d9a0", flat=True)


def _draw_decks(pen: Pen) -> None:
    for x in _FUNNELS:
        pen.polygon([(x - 0.55, 4.0, 0.0), (x + 0.65, 4.0, 0.0), (x + 0.4, 7.2, 0.0), (x - 0.8, 7.2, 0.0)], _RED)
        pen.polygon([(x - 0.74, 6.5, 0.0), (x + 0.46, 6.5, 0.0), (x + 0.4, 7.2, 0.0), (x - 0.8, 7.2, 0.0)], "#26262b")
    pen.line((6.6, 2.4, 0.0), (6.5, 7.6, 0.0), 0.14, "#7a5638")
    pen.line((-7.6, 2.4, 0.0), (-7.7, 6.6, 0.0), 0.12, "#7a5638")
    for left, right, low, high, wide in _DECKS:
        wall: list[Joint] = [(left, low, -wide), (right, low, -wide), (right - 0.25, high, -wide), (left, high, -wide)]
        pen.polygon(wall, _WHITE, lit=0.15, dark=0.3)
        pen.line((left - 0.15, high, -wide), (right, high, -wide), 0.09, shade_of(_WHITE, 0.2))
        for k in range(int((right - left) / 0.8)):
            x = left + 0.35 + k * 0.8
            pane: list[Joint] = [(x + u, low + v, -wide) for u, v in ((0, 0.4), (0.45, 0.4), (0.45, 0.8), (0, 0.8))]
            pen.polygon(pane, "#34536e")


def _draw_smoke(pen: Pen, births: float) -> None:
    newest = math.floor(births)
    for x in _FUNNELS:
        for number in range(newest - _PUFFS + 1, newest + 1):
            age = (births - number) / _PUFFS
            rise = 7.3 + 1.6 * age**0.7 + 0.2 * age * math.sin(TAU * number * 0.37)
            fade = min(1.0, age * 10) * (1 - age) ** 1.5
            pen.ball((x - 0.2 - 5.0 * age, rise, 0.0), 0.4 + 1.0 * age, "#c9c6c2", alpha=0.5 * fade)
