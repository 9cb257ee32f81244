"""Fish."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from flashreel.engines.animatic.actors.kinematics import TAU, whole_cycles
from flashreel.engines.animatic.actors.registry import Anim, DrawRig, rig
from flashreel.engines.animatic.colour import Colour, shade_of
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.pen import Pen

_CLOWNFISH: Final = "#f08a2a"
_SHARK: Final = "#6f7f8f"


@rig("fish", "shark")
def make_fish(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim:
    shark = subject.concept == "shark"
    colour = subject.colors[0] if subject.colors else _SHARK if shark else _CLOWNFISH
    stripes = None if subject.colors or shark else "#ffffff"
    start = float(rng.random())
    rate = whole_cycles(1.4 * graph.speed, loop_seconds)
    return Anim(
        lambda t: fish(colour, stripes, t * rate + start),
        h=0.8,
        w=1.8,
        speed=1.6 * graph.speed,
        medium="under",
        dy=1.4,
        shadow=0.3,
        size=2.4 if shark else 1.0,
    )


def fish(colour: Colour, stripes: Colour | None, beat: float) -> DrawRig:
    """`beat` counts strokes of the tail; a wave runs down the body."""
    wave = [0.16 * math.sin(TAU * beat - k * 0.9) * k / 4 for k in range(6)]

    def draw(pen: Pen) -> None:
        with pen.group(0.0):
            tail = [
                (-0.55, wave[4], 0.0),
                (-0.95, 0.28 + wave[5], 0.0),
                (-0.82, wave[5], 0.0),
                (-0.95, -0.28 + wave[5], 0.0),
            ]
            pen.polygon(tail, shade_of(colour, 0.1), smooth=4)
            back_fin = [(0.15, 0.2, 0.0), (-0.05, 0.42, 0.0), (-0.35, 0.2 + wave[3], 0.0)]
            pen.polygon(back_fin, shade_of(colour, 0.15), smooth=3)
            spine = [(-0.62, wave[4], 0.0), (-0.3, wave[3], 0.0), (0.1, 0.0, 0.0), (0.45, 0.0, 0.0)]
            body = pen.tube(spine, [0.06, 0.2, 0.27, 0.17], colour)
            if stripes is not None:
                for x in (-0.22, 0.12, 0.36):
                    pen.clip_tube(body, [(x, 0.4, 0.0), (x + 0.02, -0.4, 0.0)], [0.055, 0.055], stripes)
            fin_tip = -0.2 + 0.05 * math.sin(TAU * beat * 2)
            pen.polygon(
                [(0.1, -0.02, 0.0), (-0.15, fin_tip, 0.0), (-0.02, 0.04, 0.0)], shade_of(colour, 0.25), smooth=3
            )
            pen.ball((0.42, 0.06, 0.0), 0.055, "#ffffff", flat=True)
            pen.ball((0.435, 0.06, 0.0), 0.03, "#111111", flat=True)

    return draw
