"""Birds and hot air balloons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from flashreel.engines.animatic.actors.kinematics import TAU, whole_cycles
from flashreel.engines.animatic.actors.registry import Anim, DrawRig, rig
from flashreel.engines.animatic.colour import Colour, shade_of
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.pen import Joint, Pen

_BIRD_BLUE: Final = "#3f7fc0"
_EAGLE_BROWN: Final = "#5a4030"
_BALLOONS: Final = ("#e0483a", "#3f7fd0", "#f0a830", "#8a4fc0", "#3f9b6a")
_BALLOON_STRIPE: Final = "#ffe08a"


@rig("bird", "eagle")
def make_bird(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim:
    eagle = subject.concept == "eagle"
    colour = subject.colors[0] if subject.colors else _EAGLE_BROWN if eagle else _BIRD_BLUE
    start = float(rng.random())
    rate = whole_cycles((1.3 if eagle else 2.2) * graph.speed, loop_seconds)
    plumage = Plumage(colour, head="#f6f2e8", belly=colour, hooked=True) if eagle else Plumage(colour)
    return Anim(
        lambda t: bird(plumage, t * rate + start),
        h=1.2,
        w=1.6,
        speed=7.0 * graph.speed,
        medium="air",
        dy=2.2,
        shadow=0.0,
        size=1.5 if eagle else 1.0,
    )


@dataclass(frozen=True, slots=True)
class Plumage:
    """Colours of a bird (None: as its wings), and whether its beak is hooked."""

    wings: Colour
    head: Colour | None = None
    belly: Colour = "#f4efe4"
    hooked: bool = False


def bird(plumage: Plumage, beat: float) -> DrawRig:
    """`beat` counts the strokes of the wings; the tips follow a little later."""
    colour = plumage.wings
    head = plumage.head or colour
    stroke = math.sin(TAU * beat)
    tip = math.sin(TAU * beat - 0.9)

    def draw_wing(pen: Pen, side: int) -> None:
        feathers = shade_of(colour, 0.25) if side > 0 else colour
        wing = [
            (0.22, 0.06, side * 0.06),
            (0.15, 0.06 + 0.35 * stroke, side * 0.5),
            (-0.12, 0.06 + 0.42 * stroke + 0.25 * tip, side * 1.05),
            (-0.25, 0.04 + 0.28 * stroke + 0.2 * tip, side * 0.8),
            (-0.2, 0.06 + 0.12 * stroke, side * 0.4),
            (-0.2, 0.04, side * 0.06),
        ]
        pen.polygon(wing, feathers, depth=side * 0.2, smooth=3)
        if pen.in_profile:  # edge-on that wing would be a line: lift gives it an area to be seen by
            lifted: list[Joint] = [
                (0.2, 0.06, 0.0),
                (0.08, 0.06 + 0.62 * stroke, 0.0),
                (-0.16, 0.06 + 0.82 * stroke + 0.1 * tip, 0.0),
                (-0.30, 0.06 + 0.55 * stroke + 0.12 * tip, 0.0),
                (-0.2, 0.05, 0.0),
            ]
            pen.polygon(lifted, feathers, depth=side * 0.2 - 0.001, smooth=3)

    def draw(pen: Pen) -> None:
        draw_wing(pen, 1)
        with pen.group(0.0):
            tail = [(-0.30, 0.0, 0.0), (-0.62, 0.02 + 0.04 * tip, 0.0)]
            pen.tube(tail, [0.07, 0.10], plumage.head or shade_of(colour, 0.2), caps=(True, False))
            body = pen.tube([(-0.34, 0.0, 0.0), (0.0, -0.02, 0.0), (0.26, 0.05, 0.0)], [0.06, 0.15, 0.10], colour)
            pen.clip_tube(body, [(-0.3, -0.16, 0.0), (0.3, -0.1, 0.0)], [0.12, 0.1], plumage.belly)
            pen.tube([(0.26, 0.06, 0.0), (0.34, 0.11, 0.0)], [0.09, 0.10], head)
            beak: list[Joint] = [(0.42, 0.10, 0.0), (0.55, 0.07, 0.0)]
            if plumage.hooked:
                beak = [(0.41, 0.11, 0.0), (0.5, 0.11, 0.0), (0.54, 0.03, 0.0)]
            pen.tube(beak, [0.04, 0.035, 0.01] if plumage.hooked else [0.035, 0.008], "#f0a830")
            pen.ball((0.37, 0.14, 0.0), 0.02, "#111111", flat=True)
        draw_wing(pen, -1)

    return draw


@rig("balloon")
def make_balloon(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim:
    colour = subject.colors[0] if subject.colors else _BALLOONS[rng.integers(len(_BALLOONS))]
    stripe = subject.colors[1] if len(subject.colors) > 1 else _BALLOON_STRIPE
    return Anim(lambda t: balloon(colour, stripe), h=16.0, w=10.0, speed=1.5, medium="air", dy=9.0)


def balloon(colour: Colour, stripe: Colour) -> DrawRig:
    def draw(pen: Pen) -> None:
        with pen.group(0.0):
            for x in (-0.75, 0.75):
                pen.line((x, 2.0, 0.0), (x * 2.4, 5.6, 0.0), 0.04, "#4a3a2e")
            spine = [(0.0, y, 0.0) for y in (4.4, 6.0, 9.0, 12.0, 13.6)]
            envelope = pen.tube(spine, [1.0, 2.7, 4.6, 4.2, 2.4], colour, lit=0.35, dark=0.5)
            for k in (-2, 0, 2):
                gore = [(k * 0.35, 4.0, 0.0), (k * 1.15, 9.0, 0.0), (k * 1.0, 12.5, 0.0), (k * 0.4, 16.5, 0.0)]
                pen.clip_tube(envelope, gore, [0.18, 0.62, 0.58, 0.2], stripe)
            pen.polygon([(-0.85, 2.1, 0.0), (0.85, 2.1, 0.0), (0.7, 0.7, 0.0), (-0.7, 0.7, 0.0)], "#9a6a3a")
            pen.tube([(-0.9, 2.1, 0.0), (0.9, 2.1, 0.0)], [0.12, 0.12], "#6a4526")

    return draw
