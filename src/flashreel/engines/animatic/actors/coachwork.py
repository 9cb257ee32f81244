"""What tells one vehicle from another: one row each. Lengths in metres, x forward, y up from the road."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from flashreel.engines.animatic.actors.wheels import Wheel
from flashreel.engines.animatic.colour import Colour

Outline = tuple[tuple[float, float], ...]
#: The vehicle's own colour, a darker shade of it, or a fixed colour.
Paint = Literal["body", "trim"] | Colour

GLASS: Final = "#26384a"
_IRON: Final = "#2b2d33"
_BRASS: Final = "#d9a93c"


@dataclass(frozen=True, slots=True)
class Panel:
    """A flat part; `smooth` > 0 rounds its outline."""

    outline: Outline
    paint: Paint = "body"
    smooth: int = 0


@dataclass(frozen=True, slots=True)
class Coachwork:
    """A vehicle seen from the side. Panels are painted in their order, then wheels, then what is `over` them.

    `lamps` are the rear and the front one, `chimney` where smoke comes out, `rod` couples the wheels of its radius.
    """

    height: float
    length: float
    speed: float
    panels: tuple[Panel, ...]
    wheels: tuple[Wheel, ...]
    over: tuple[Panel, ...] = ()
    lamps: tuple[tuple[float, float], ...] = ()
    chimney: tuple[float, float] | None = None
    rod: float = 0.0
    arches: bool = True


def box(left: float, bottom: float, right: float, top: float) -> Outline:
    """An upright rectangle."""
    return (left, bottom), (right, bottom), (right, top), (left, top)


def _windows(first: float, bottom: float, top: float, width: float, step: float, count: int) -> tuple[Panel, ...]:
    """A row of equal windows."""
    lefts = [first + k * step for k in range(count)]
    return tuple(Panel(box(left, bottom, left + width, top), GLASS) for left in lefts)


_SALOON: Final = (
    *((-1.9, 0.34), (-2.06, 0.40), (-2.1, 0.56), (-2.08, 0.80), (-1.98, 0.94), (-1.6, 1.0), (-1.12, 1.03)),
    *((-0.86, 1.28), (-0.6, 1.42), (-0.1, 1.47), (0.42, 1.43), (0.72, 1.26), (1.02, 1.02), (1.5, 0.96)),
    *((1.9, 0.86), (2.08, 0.72), (2.12, 0.54), (2.06, 0.40), (1.9, 0.34), (0.6, 0.32), (-0.6, 0.32)),
)
_CAB: Final = ((1.5, 0.55), (3.35, 0.55), (3.4, 1.1), (3.3, 1.6), (2.95, 2.55), (2.7, 2.75), (1.5, 2.75))
_BONNET: Final = ((-0.2, 0.75), (1.6, 0.75), (1.72, 0.95), (1.72, 1.45), (1.6, 1.55), (-0.2, 1.62))
_FENDER: Final = (
    *((-1.85, 0.95), (-1.72, 1.42), (-1.2, 1.74), (-0.6, 1.66), (-0.1, 1.2), (-0.02, 0.85)),
    *((-0.22, 0.85), (-0.36, 1.2), (-0.75, 1.5), (-1.2, 1.54), (-1.56, 1.3), (-1.68, 0.95)),
)
_CANVAS: Final = ((-1.7, 1.15), (-1.95, 2.5), (-1.1, 2.75), (0.0, 2.8), (1.1, 2.75), (1.95, 2.5), (1.7, 1.15))
_DRIVERS: Final = (0.2, 1.55, 2.9)

VEHICLES: Final[dict[str, Coachwork]] = {
    "car": Coachwork(
        height=1.5,
        length=4.4,
        speed=13.0,
        panels=(
            Panel(_SALOON, smooth=4),
            Panel(((-0.98, 1.03), (-0.58, 1.35), (-0.06, 1.36), (-0.06, 1.03)), GLASS),
            Panel(((0.04, 1.03), (0.04, 1.36), (0.5, 1.36), (0.92, 1.03)), GLASS),
            Panel(box(-1.9, 0.59, 2.0, 0.63), "trim"),
            Panel(box(-0.01, 0.42, 0.02, 1.02), "trim"),
            Panel(box(-0.35, 0.84, -0.17, 0.88), "trim"),
        ),
        wheels=(Wheel(-1.25, 0.34), Wheel(1.3, 0.34)),
        lamps=((-2.06, 0.78), (2.03, 0.74)),
    ),
    "truck": Coachwork(
        height=3.4,
        length=8.0,
        speed=11.0,
        panels=(
            Panel(box(-3.9, 0.55, 3.2, 0.85), _IRON),
            Panel(_CAB, smooth=3),
            Panel(((1.85, 1.65), (1.85, 2.5), (2.65, 2.5), (3.0, 1.65)), GLASS),
            Panel(box(1.72, 0.8, 1.76, 2.6), "trim"),
            Panel(box(1.9, 1.42, 2.15, 1.48), "trim"),
            Panel(box(2.9, 0.42, 3.55, 0.62), "#c9ccd4"),
            Panel(box(-4.0, 0.85, 1.3, 3.35), "#ece8de"),
            Panel(box(-4.0, 0.85, 1.3, 1.05), "trim"),
            Panel(box(-4.0, 2.0, 1.3, 2.45), "body"),
            *(Panel(box(x, 0.85, x + 0.04, 3.35), "#cfcabd") for x in (-2.7, -1.35, 0.0)),
        ),
        wheels=(Wheel(-3.0, 0.5), Wheel(-1.85, 0.5), Wheel(2.35, 0.5)),
        lamps=((-3.96, 1.0), (3.36, 0.95)),
    ),
    "bus": Coachwork(
        height=3.0,
        length=9.4,
        speed=9.0,
        panels=(
            Panel(
                ((-4.6, 0.4), (-4.65, 2.7), (-4.4, 2.95), (4.2, 2.95), (4.55, 2.7), (4.65, 1.4), (4.6, 0.4)), smooth=0
            ),
            Panel(box(-4.6, 0.4, 4.6, 0.62), "trim"),
            Panel(box(-4.62, 1.22, 4.62, 1.36), "#f4f1ea"),
            *_windows(-4.3, 1.5, 2.55, 1.05, 1.2, 6),
            Panel(((3.95, 1.5), (3.95, 2.6), (4.48, 2.6), (4.58, 1.5)), GLASS),
            Panel(box(2.95, 0.5, 3.75, 2.6), "trim"),
            Panel(box(3.02, 0.6, 3.33, 2.5), GLASS),
            Panel(box(3.38, 0.6, 3.68, 2.5), GLASS),
        ),
        wheels=(Wheel(-2.9, 0.48), Wheel(2.2, 0.48)),
        lamps=((-4.6, 0.9), (4.58, 0.85)),
    ),
    "tractor": Coachwork(
        height=2.5,
        length=3.6,
        speed=4.0,
        panels=(
            Panel(box(-0.95, 0.6, 1.2, 0.85), _IRON),
            Panel(_BONNET, smooth=0),
            *(Panel(box(0.95 + k * 0.2, 0.95, 1.05 + k * 0.2, 1.4), "trim") for k in range(3)),
            Panel(box(1.05, 1.5, 1.17, 2.2), _IRON),
            Panel(box(-1.35, 1.4, -1.25, 2.45), _IRON),
            Panel(box(-0.22, 1.5, -0.12, 2.45), _IRON),
            Panel(box(-1.5, 2.38, 0.05, 2.52), "body"),
            Panel(box(-1.24, 1.55, -0.23, 2.38), "#b9d3e6"),
            Panel(((-0.98, 1.3), (-1.0, 1.9), (-0.72, 1.95), (-0.6, 1.4)), "#35526a"),
        ),
        wheels=(Wheel(-0.95, 0.78, 6, _BRASS), Wheel(1.25, 0.45, 5, _BRASS)),
        over=(Panel(_FENDER, smooth=3),),
        lamps=((-1.5, 1.2), (1.72, 1.3)),
        arches=False,
    ),
    "wagon": Coachwork(
        height=2.8,
        length=3.9,
        speed=2.2,
        panels=(
            Panel(_CANVAS, "#f1e9d6", smooth=3),
            *(Panel(box(x, 1.2, x + 0.05, 2.74), "#d9cdb2") for x in (-1.2, -0.4, 0.4, 1.2)),
            Panel(((-1.85, 0.7), (-2.0, 1.25), (2.0, 1.25), (1.85, 0.7)), "body"),
            Panel(box(-1.95, 0.95, 1.95, 1.0), "trim"),
            Panel(box(1.8, 0.62, 2.6, 0.72), "#5a3f28"),
        ),
        wheels=(Wheel(-1.2, 0.62, 8, "#6a4526", tyre=False), Wheel(1.3, 0.5, 8, "#6a4526", tyre=False)),
        arches=False,
    ),
    "train": Coachwork(
        height=3.9,
        length=17.0,
        speed=12.0,
        panels=(
            Panel(box(-8.3, 0.7, 5.2, 0.95), _IRON),
            Panel(box(-8.4, 0.95, -3.6, 3.2), "body"),
            Panel(box(-8.6, 3.2, -3.4, 3.42), "trim"),
            Panel(box(-8.4, 1.55, -3.6, 1.68), _BRASS),
            *_windows(-8.1, 1.9, 2.8, 0.62, 0.92, 5),
            Panel(box(-3.4, 0.95, -1.3, 2.0), "trim"),
            Panel(((-3.3, 2.0), (-2.9, 2.3), (-1.9, 2.35), (-1.4, 2.0)), "#1c1a1c"),
            Panel(box(-1.2, 0.95, 0.75, 3.3), "body"),
            Panel(box(-1.45, 3.3, 0.95, 3.48), _IRON),
            Panel(box(-0.85, 2.1, 0.35, 2.95), GLASS),
            Panel(box(0.7, 1.15, 4.9, 2.5), "body"),
            *(Panel(box(x, 1.15, x + 0.09, 2.52), _BRASS) for x in (1.6, 2.8, 4.0)),
            Panel(box(4.85, 1.05, 5.15, 2.6), _IRON),
            Panel(((1.75, 2.48), (1.85, 2.95), (2.35, 2.95), (2.45, 2.48)), _BRASS),
            Panel(((3.95, 2.48), (4.0, 3.3), (3.8, 3.75), (4.75, 3.75), (4.55, 3.3), (4.6, 2.48)), _IRON),
            Panel(((4.9, 1.0), (6.1, 0.25), (5.3, 0.25), (4.7, 0.5)), "trim"),
        ),
        wheels=(
            *(Wheel(x, 0.42, 6, "#8a2f28", tyre=False) for x in (-7.6, -6.6, -5.4, -4.4, -2.9, -1.9)),
            *(Wheel(x, 0.66, 8, "#8a2f28", tyre=False) for x in _DRIVERS),
            Wheel(4.3, 0.38, 6, "#8a2f28", tyre=False),
        ),
        lamps=((-8.4, 1.1), (5.15, 2.75)),
        chimney=(4.28, 3.75),
        rod=0.66,
        arches=False,
    ),
}
