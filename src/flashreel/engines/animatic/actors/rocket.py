"""A rocket on its way up. The scene draws flame and smoke; its origin is between the engines."""

from __future__ import annotations

from typing import Final

import numpy as np

from flashreel.engines.animatic.actors.registry import Anim, DrawRig, rig
from flashreel.engines.animatic.colour import Colour
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.pen import Pen

_WHITE: Final = "#f3f4f6"
_RED: Final = "#d8342c"
_DARK: Final = "#2a2e3a"


@rig("rocket")
def make_rocket(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim:
    colour = subject.colors[0] if subject.colors else _WHITE
    trim = _WHITE if colour == _RED else _RED
    return Anim(
        lambda t: rocket(colour, trim),
        h=48.0,
        w=13.0,
        medium="launch",
        shadow=0.0,
        spec={"color": colour, "trim": trim},
    )


def rocket(colour: Colour, trim: Colour) -> DrawRig:
    """30 m high without its flame."""

    def draw(pen: Pen) -> None:
        with pen.group(0.5):
            for side in (-1, 1):
                fin = [(side * 1.4, 7.5, 0.0), (side * 4.2, 1.2, 0.0), (side * 4.0, -0.6, 0.0), (side * 1.6, 1.5, 0.0)]
                pen.polygon(fin, trim, dark=0.45)
            pen.tube([(0.0, 0.9, 0.0), (0.0, -0.7, 0.0)], [1.1, 1.55], "#5a5e6a")  # the engine bell
            heights = (0.8, 3.0, 12.0, 20.0, 25.0, 28.5, 30.6)
            radii = [1.75, 2.05, 2.35, 2.3, 1.9, 1.0, 0.18]
            body = pen.tube([(0.0, y, 0.0) for y in heights], radii, colour, caps=(False, True), lit=0.35, dark=0.55)
            pen.clip_tube(body, [(0.0, 25.5, 0.0), (0.0, 32.0, 0.0)], [3.0, 3.0], trim)
            for y, band in ((4.2, _DARK), (17.2, trim)):
                corners = [(-2.36, y, 0.0), (2.36, y, 0.0), (2.36, y + 0.7, 0.0), (-2.36, y + 0.7, 0.0)]
                pen.polygon(corners, band, lit=0.3, dark=0.4)
            pen.ball((0.0, 21.6, 0.0), 1.05, "#cfd5de")
            pen.ball((0.0, 21.6, 0.0), 0.78, "#3f8fd0", lit=0.5)
            pen.ball((-0.25, 21.9, 0.0), 0.22, "#ffffff", flat=True, alpha=0.8)
            fin = [(-0.28, 8.0, 0.0), (0.28, 8.0, 0.0), (0.4, -0.4, 0.0), (-0.4, -0.4, 0.0)]
            pen.polygon(fin, trim, dark=0.3)

    return draw
