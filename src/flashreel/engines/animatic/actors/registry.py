"""Rigs by concept, and what a rig hands back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.pen import Pen

Medium = Literal["ground", "air", "water", "under", "launch", "static"]
DrawRig = Callable[[Pen], None]


@dataclass(slots=True)
class Anim:
    """One animated actor.

    `draw(t)` gives the drawing of second `t`, to be called with a pen (twice: colours, then shadow). `h` and `w` are
    metres, for framing, before `size` scales them. `speed` is metres a second along the trail, `dy` the height it
    floats at. `foot` is where dust rises, metres ahead of the origin; `dust` the smallest and largest puff in metres;
    `shadow` the strength of the cast shadow, 0 to 1. `fallback` says that this is a cut-out, not a rig. `spec` holds
    what a scene that draws parts of its own wants to know (the colours of a rocket).
    """

    draw: Callable[[float], DrawRig]
    h: float
    w: float
    speed: float = 0.0
    medium: Medium = "ground"
    dy: float = 0.0
    foot: float = -0.3
    dust: tuple[float, float] = (0.1, 0.45)
    shadow: float = 0.75
    size: float = 1.0
    fallback: bool = False
    spec: Mapping[str, str] = field(default_factory=dict)


#: subject, the scene it is in, randomness, seconds of a looping clip (0: it does not loop)
Maker = Callable[[Subject, SceneGraph, np.random.Generator, float], Anim]

RIGS: dict[str, Maker] = {}


def rig(*concepts: str) -> Callable[[Maker], Maker]:
    """Registers a maker for these concepts."""

    def register(maker: Maker) -> Maker:
        for concept in concepts:
            if concept in RIGS:
                raise ValueError(f"two rigs for {concept!r}")
            RIGS[concept] = maker
        return maker

    return register
