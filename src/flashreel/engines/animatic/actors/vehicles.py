"""Cars, trucks, buses, tractors, wagons and trains, from the table of `coachwork`."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from flashreel.engines.animatic.actors.coachwork import VEHICLES, Coachwork, Panel
from flashreel.engines.animatic.actors.kinematics import TAU, whole_cycles
from flashreel.engines.animatic.actors.registry import Anim, DrawRig, rig
from flashreel.engines.animatic.colour import Colour, shade_of
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.pen import Joint, Pen

_PAINTS: Final = ("#d8342c", "#2f6fd0", "#f2b632", "#3f9b8a")
_PLAIN: Final = {"wagon": "#8a5a34", "train": "#2f5d46", "bus": "#e0a020", "tractor": "#c8342c"}
_PUFFS: Final = 9
_PUFF_SECONDS: Final = 1.8
_ROD: Final = "#c9ccd4"


@rig(*VEHICLES)
def vehicle(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim:
    work = VEHICLES[subject.concept]
    drawn = _PAINTS[rng.integers(len(_PAINTS))]
    colour = subject.colors[0] if subject.colors else _PLAIN.get(subject.concept, drawn)
    speed = work.speed * graph.speed
    puffs = whole_cycles(_PUFFS / _PUFF_SECONDS, loop_seconds)
    return Anim(
        lambda t: _drawing(work, colour, t, speed, loop_seconds, puffs),
        h=work.height,
        w=work.length,
        speed=speed,
        foot=-0.46 * work.length,
        dust=(0.2 * work.wheels[0].radius + 0.23, 1.2),
    )


def _drawing(work: Coachwork, colour: Colour, t: float, speed: float, loop_seconds: float, puffs: float) -> DrawRig:
    angles = [wheel.angle(speed, t, loop_seconds) for wheel in work.wheels]

    def draw(pen: Pen) -> None:
        with pen.group(0.1):
            if work.chimney is not None:
                _draw_smoke(pen, work.chimney, t * puffs)
            for panel in work.panels:
                _draw_panel(pen, panel, colour)
            for (x, y), light, r in zip(work.lamps, ("#ff3020", "#fff6d0"), (0.09, 0.12), strict=False):
                pen.ball((x, y, 0.0), r, light, flat=True)
            for wheel, angle in zip(work.wheels, angles, strict=True):
                if work.arches:
                    pen.ball((wheel.x, wheel.radius + 0.06, 0.0), wheel.radius * 1.24, "#15151a", flat=True)
                wheel.draw(pen, angle)
            if work.rod:
                _draw_rod(pen, work, angles)
            for panel in work.over:
                _draw_panel(pen, panel, colour)

    return draw


def _draw_panel(pen: Pen, panel: Panel, colour: Colour) -> None:
    body = panel.paint == "body"
    paint = colour if body else shade_of(colour, 0.35) if panel.paint == "trim" else panel.paint
    outline: list[Joint] = [(x, y, 0.0) for x, y in panel.outline]
    pen.polygon(outline, paint, smooth=panel.smooth, lit=0.35 if body else 0.25, dark=0.5 if body else 0.3)


def _draw_rod(pen: Pen, work: Coachwork, angles: list[float]) -> None:
    """The rod that joins the driving wheels."""
    pins: list[Joint] = [
        (wheel.x + 0.4 * work.rod * math.cos(angle), wheel.radius + 0.4 * work.rod * math.sin(angle), 0.0)
        for wheel, angle in zip(work.wheels, angles, strict=True)
        if wheel.radius == work.rod
    ]
    pen.line(pins[0], pins[-1], 0.12, _ROD)
    for pin in pins:
        pen.ball(pin, 0.1, "#8a8e98", flat=True)


def _draw_smoke(pen: Pen, chimney: tuple[float, float], births: float) -> None:
    """Puffs that rise, grow, trail behind and fade; `births` counts those that have left the chimney."""
    newest = math.floor(births)
    for number in range(newest - _PUFFS + 1, newest + 1):
        age = (births - number) / _PUFFS
        sway = 0.12 * math.sin(TAU * number * 0.37)
        centre = (chimney[0] - 4.6 * age**1.2, chimney[1] + 0.1 + 1.5 * age**0.6 + sway * age, 0.0)
        fade = min(1.0, age * 10) * (1 - age) ** 1.5
        pen.ball(centre, 0.22 + 0.75 * age**0.7, "#b9b5b0", alpha=0.8 * fade, lit=0.1, dark=0.25)
