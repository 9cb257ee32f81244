"""What tells one four-legged animal from another. Lengths in metres, angles in degrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ear = Literal["point", "flop", "leaf", "long", "round", "fan"]
TailKind = Literal["brush", "curl", "whip", "hair", "stub", "puff", "tuft"]


@dataclass(frozen=True, slots=True)
class Species:
    """Proportions and coat of one animal, seen from the side.

    `length` is from hip to shoulder; `chest`, `waist` and `rump` are radii of the trunk; `leg` is from the ground to
    the belly line. Colours that are None are left out: `mane` of a horse, `ruff` of a lion, `face` where it differs
    from the coat, `patch` of a cow, `stripes`, `spots` (`spot_size` is relative to the chest). `head_angle` is how
    far the head points down; `reach` scales the stride; `slack` is how much longer the leg bones are than the leg: 1
    is a stiff pillar. `taper` is how thick a leg is at its end (of `leg_radius`); on hoofs, knees bend forwards.
    """

    length: float
    chest: float
    waist: float
    rump: float
    leg: float
    leg_radius: float
    neck: float
    neck_angle: float
    head: float
    snout: float
    ear: Ear
    ear_size: float
    tail: TailKind
    tail_length: float
    tail_radius: float
    coat: str
    belly: str
    sock: str
    tip: str
    nose: str
    head_angle: float = 16.0
    reach: float = 1.0
    slack: float = 1.10
    taper: float = 0.75
    hoofed: bool = False
    ear_inside: str | None = None
    mane: str | None = None
    ruff: str | None = None
    ruff_radius: float = 0.0
    face: str | None = None
    patch: str | None = None
    stripes: str | None = None
    spots: str | None = None
    spot_size: float = 0.13
    antler: float = 0.0
    horn: float = 0.0
    trunk: float = 0.0
    wool: bool = False
