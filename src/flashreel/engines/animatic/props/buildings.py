"""Town houses and towers with lit or reflecting windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from flashreel.engines.animatic.colour import RGB, Colour, lit_of, mix, shade_of
from flashreel.engines.animatic.props.shapes import gradient, outline
from flashreel.engines.animatic.vector import Canvas, Pixels, solid

_NIGHT_WALLS: Final = ("#141b3a", "#1a2347", "#101632", "#222a52", "#1b1f3f")
_DAY_WALLS: Final = ("#b9c4cf", "#8fa3b5", "#c9b8a4", "#a2a9b4", "#d4cdc0", "#7f93a8")
_LAMPS: Final = ("#ffd79a", "#ffe9c2", "#ffc77a", "#cfe4ff", "#fff3d6")

_STEPPED, _BANDED, _SLANTED, _GLASS = range(4)
_BAY: Final = 2.6  # metres from window to window
_STOREY: Final = 3.4


@dataclass(frozen=True, slots=True)
class _Facade:
    wall: Colour
    style: int
    night: bool
    px_per_m: float


def building(
    rng: np.random.Generator,
    night: bool = True,
    hm: float = 60,
    wm: float = 22,
    ppm: float = 7,
    base: Colour | None = None,
) -> Pixels:
    """One facade, `hm` metres high and `wm` wide at `ppm` pixels a metre, with walls of colour `base`."""
    w, h = int(wm * ppm), int(hm * ppm)
    canvas = Canvas.blank(w, h)
    walls = _NIGHT_WALLS if night else _DAY_WALLS
    if base is None:
        base = walls[rng.integers(len(walls))]
    facade = _Facade(base, int(rng.integers(4)), night, ppm)
    if facade.style == _STEPPED:
        shoulder = h * rng.uniform(0.22, 0.38)
        _draw_slab(canvas, rng, facade, 0, shoulder, w, h)
        _draw_slab(canvas, rng, facade, w * 0.18, h * 0.12, w * 0.82, shoulder)
        _draw_slab(canvas, rng, facade, w * 0.36, h * 0.04, w * 0.64, h * 0.12)
        canvas.rect(w * 0.49, 0, w * 0.51, h * 0.05, solid(base))
    elif facade.style == _BANDED:
        _draw_slab(canvas, rng, facade, 0, h * 0.03, w, h)
        canvas.rect(w * 0.1, 0, w * 0.35, h * 0.03, solid(shade_of(base, 0.3)))
    elif facade.style == _SLANTED:
        with canvas.saved():
            canvas.clip(outline([(0, h), (0, h * 0.16), (w, h * 0.04), (w, h)]))
            _draw_slab(canvas, rng, facade, 0, 0, w, h)
    else:
        _draw_slab(canvas, rng, facade, 0, h * 0.05, w, h)
        _draw_slab(canvas, rng, facade, w * 0.2, 0, w * 0.8, h * 0.05)
    return canvas.pixels


def _draw_slab(
    canvas: Canvas, rng: np.random.Generator, facade: _Facade, x0: float, y0: float, x1: float, y1: float
) -> None:
    wall = facade.wall
    shades = [lit_of(wall, 0.12), wall, shade_of(wall, 0.4)]
    canvas.rect(x0, y0, x1, y1, gradient(x0, y0, x1, y0, shades, [0, 0.3, 1]))
    bay, storey = _BAY * facade.px_per_m, _STOREY * facade.px_per_m
    pane_w = bay * (0.8 if facade.style == _BANDED else 0.55)
    pane_h = storey * (0.62 if facade.style == _SLANTED else 0.5)
    columns = max(1, int((x1 - x0 - bay * 0.5) // bay))
    margin = (x1 - x0 - columns * bay) / 2
    for row in range(int((y1 - y0 - storey * 0.6) // storey)):
        everybody_works_late = rng.random() < 0.12
        for column in range(columns):
            lamp_on = rng.random() < (0.75 if everybody_works_late else 0.36)
            x = x0 + margin + column * bay + (bay - pane_w) / 2
            y = y0 + storey * 0.5 + row * storey
            canvas.rect(x, y, x + pane_w, y + pane_h, solid(_pane(rng, facade, lamp_on)))


def _pane(rng: np.random.Generator, facade: _Facade, lamp_on: bool) -> RGB:
    if facade.night:
        if lamp_on:
            return mix(_LAMPS[rng.integers(len(_LAMPS))], facade.wall, rng.random() * 0.5)
        return mix(facade.wall, "#3a4a80", 0.22)
    if facade.style == _GLASS:
        return mix("#5a7288", "#a9c2d6", rng.random())
    return mix("#dbeaf5", facade.wall, 0.3 + 0.5 * rng.random())
