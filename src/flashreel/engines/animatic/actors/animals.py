"""Four-legged animals."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from flashreel.engines.animatic.actors.bestiary import SPECIES
from flashreel.engines.animatic.actors.kinematics import TAU, whole_cycles
from flashreel.engines.animatic.actors.quadruped import GaitName, Quadruped, gait_speed
from flashreel.engines.animatic.actors.registry import Anim, DrawRig, rig
from flashreel.engines.animatic.actors.species import Species
from flashreel.engines.animatic.colour import hex_of, mix, shade_of
from flashreel.engines.animatic.graph import SceneGraph, Subject

_SIZES: Final = {"huge": 1.6, "big": 1.2, "small": 0.8, "tiny": 0.6}
_YOUNG_WORDS: Final = ("puppy", "kitten", "cub", "foal", "lamb", "calf", "fawn")
_PLAIN_RED: Final = "#d8232a"

_STILL: Final = ("stand", "sit", "sleep", "eat", "howl")


def rideable(concept: str) -> bool:
    """Whether somebody can be drawn on the back of it."""
    return concept in SPECIES


def coat_of(subject: Subject) -> Species:
    """The subject's species in the colour that was asked for. KeyError for a concept without a body."""
    species = SPECIES[subject.concept]
    if not subject.colors:
        return species
    colour = subject.colors[0]
    if subject.concept == "fox" and colour == _PLAIN_RED:
        colour = "#e0561f"  # nobody means scarlet by a red fox
    belly = colour if species.belly == species.coat else species.belly
    if subject.concept in ("dog", "cat", "wolf", "rabbit"):
        light = hex_of(mix(colour, "#ffffff", 0.3))
        return replace(species, coat=colour, belly=hex_of(mix(colour, "#ffffff", 0.45)), sock=light, tip=light)
    if species.mane is not None:
        mane = "#d8d4cc" if colour == "#f4f4f2" else hex_of(shade_of(colour, 0.6))
        return replace(species, coat=colour, belly=belly, sock=hex_of(shade_of(colour, 0.25)), mane=mane)
    return replace(species, coat=colour, belly=belly)


def _pace(action: str) -> tuple[GaitName, float]:
    """Gait, strides a second."""
    if action in ("run", "jump", "play", "chase"):
        return "gallop", 2.2
    if action in _STILL:
        return "stand", 0.25
    if action in ("walk", ""):
        return "walk", 0.95
    return "trot", 1.7


@rig(*SPECIES)
def animals(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim:
    species = coat_of(subject)
    gait, hertz = _pace(subject.action)
    still = subject.action in _STILL
    rate = whole_cycles(hertz * graph.speed * math.sqrt(species.reach), loop_seconds)
    glance = whole_cycles(0.2, loop_seconds)
    howls = subject.action == "howl"

    def draw(t: float) -> DrawRig:
        wave = math.sin(TAU * glance * t)
        look = 0.5 * max(0.0, wave) if howls else 0.06 * wave if still else 0.0
        return lambda pen: Quadruped(pen, species, gait, t * rate, look).draw()

    young = subject.age in ("baby", "young") or subject.word in _YOUNG_WORDS
    return Anim(
        draw,
        h=(species.leg + species.chest + species.neck * 0.8 + species.head) * 1.05,
        w=species.length * 1.9 + species.snout,
        speed=gait_speed(species, gait, rate),
        foot=-species.length * 0.4,
        dust=(species.leg * 0.2, species.leg),
        size=_SIZES.get(subject.size, 1.0) * (0.7 if young else 1.0),
    )
