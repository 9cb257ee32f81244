"""Casting: how many actors of which kind, and where they stand to each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from flashreel.engines.animatic.actors.cutout import cutout, emoji_for
from flashreel.engines.animatic.actors.library import make
from flashreel.engines.animatic.actors.people import PEOPLE
from flashreel.engines.animatic.actors.registry import RIGS, Anim, DrawRig
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.scenes.sea import Vessel
from flashreel.engines.animatic.scenes.travel import CastMember, Framing

_MOST_ALIKE = 9
_MOST_COMPANIONS = 3
_MOST_VESSELS = 4
_SMALL = 4.0  # m
_AFLOAT = ("air", "under")  # media in which an actor hangs above the ground
_RIDDEN = ("bicycle", "motorcycle", "emoji:kick-scooter")


def framing_of(main: Subject, anim: Anim, graph: SceneGraph) -> Framing:
    """What the camera must show of the main subject and its like."""
    count = min(main.count, _MOST_ALIKE)
    height = anim.h * anim.size
    hangs = anim.medium in _AFLOAT
    fill = {"close": 0.68, "wide": 0.30}.get(graph.camera, 0.62 if hangs else 0.46)
    # What is small and high is followed from near its own height: it would be a speck above the ground.
    small = hangs and height < _SMALL
    above = anim.dy * (0.5 if small else 1.0) if hangs else 0.0
    eye = 0.7 * anim.dy if small else 2.0 if hangs else max(0.5, min(0.66 * height, 4.0))
    return Framing(
        height=height,
        width=anim.w * (1 + 0.55 * (count - 1)) * anim.size,
        above=above,
        fill=fill,
        eye=eye * 0.4 if graph.camera == "low" else eye,
    )


def group(
    main: Subject, anim: Anim, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float
) -> list[CastMember]:
    """The main subject as often as it is counted, and what it holds."""
    count = min(main.count, _MOST_ALIKE)
    hangs = anim.medium in _AFLOAT
    shadow = 0.0 if hangs else anim.shadow
    members = []
    for i in range(count):
        other = make(main, graph, np.random.default_rng(int(rng.integers(1 << 30))), loop_seconds) if i else anim
        actor = other or anim
        phase = float(rng.random()) if i else 0.0
        members.append(
            CastMember(
                _shifted(actor, phase),
                ahead=(i % 3 - (min(count, 3) - 1) / 2) * anim.w * 1.05 + (i // 3) * 0.4 * anim.w,
                beside=(i % 2) * anim.h * 0.35 + (i // 3) * anim.h * 0.9 if count > 1 else 0.0,
                above=anim.dy + (math.sin(i * 2.4) * 0.5 * anim.h if hangs else 0.0),
                scale=anim.size,
                shadow=shadow,
                foot=anim.foot,
                dust=anim.dust,
            )
        )
    held = _held(main, anim, graph, rng, loop_seconds, shadow)
    return members if held is None else [*members, held]


def companions(
    extras: Sequence[Subject],
    anim: Anim | None,
    graph: SceneGraph,
    rng: np.random.Generator,
    loop_seconds: float,
) -> list[CastMember]:
    """The other subjects, in a row ahead of the main one."""
    members = []
    width = anim.w if anim else 2.0
    shadow = 0.0 if anim is not None and anim.medium in _AFLOAT else 0.75
    for i, extra in enumerate(extras[:_MOST_COMPANIONS]):
        other = make(extra, graph, rng, loop_seconds)
        if other is None or other.medium == "launch":
            continue
        members.append(
            CastMember(
                other.draw,
                ahead=(1.0 + 0.9 * i) * (width + other.w) * 0.55,
                beside=0.3 + (1.2 if other.fallback else 0.15 * other.h),
                above=other.dy,
                scale=other.size,
                shadow=shadow,
                foot=other.foot,
            )
        )
    return members


def fleet(main: Subject, anim: Anim, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> list[Vessel]:
    """The main subject afloat, as often as it is counted."""
    vessels = []
    for i in range(min(main.count, _MOST_VESSELS)):
        other = make(main, graph, rng, loop_seconds) if i else anim
        side = (i + 1) // 2 * (1 if i % 2 else -1)
        vessels.append(Vessel((other or anim).draw, ahead=side * 1.2 * anim.w, beside=6.0 * i, scale=anim.size))
    return vessels


def _shifted(anim: Anim, phase: float) -> Callable[[float], DrawRig]:
    return lambda t: anim.draw(t + phase)


def _held(
    main: Subject, anim: Anim, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float, shadow: float
) -> CastMember | None:
    """What a person holds or plays: a cut-out at the height of the hand."""
    thing = main.prop
    if thing is None or main.concept not in PEOPLE or thing.concept in RIGS or thing.concept in _RIDDEN:
        return None
    name = emoji_for(thing.concept)
    if name is None:
        return None
    overhead = "umbrella" in name
    size, ahead, above = (0.72, 0.2, 0.74) if overhead else (0.42, 0.24, 0.36)
    picture = cutout(name, thing, graph, rng, loop_seconds, height=size * anim.h)
    return CastMember(picture.draw, ahead=ahead * anim.h, beside=-0.06, above=above * anim.h, shadow=shadow, foot=0.0)
