"""Village houses and a church."""

from __future__ import annotations

from typing import Final

import numpy as np

from flashreel.engines.animatic.colour import Colour, lit_of, shade_of
from flashreel.engines.animatic.props.shapes import gradient, outline
from flashreel.engines.animatic.vector import Canvas, Pixels, solid

_WALLS: Final = ("#f1e6cf", "#e9d3b0", "#f4f0e6", "#dcb896", "#e6cfc0")
_ROOFS: Final = ("#b5482f", "#9c3f2c", "#7a4a34", "#8a3a2a", "#5f6470")
_BEAMS: Final = "#6a4a34"
_SNOW: Final = "#f2f6ff"
_LAMP: Final = "#ffd489"
_PANE: Final = "#52708a"


def cottage(rng: np.random.Generator, night: bool = False, snow: bool = False, h: int = 190) -> Pixels:
    """A house under a pitched roof, as high as it is wide or a little less."""
    w = int(h * rng.uniform(1.1, 1.5))
    canvas = Canvas.blank(w, h)
    wall, roof = _WALLS[rng.integers(len(_WALLS))], _ROOFS[rng.integers(len(_ROOFS))]
    eaves = h * rng.uniform(0.46, 0.54)
    left, right = w * 0.08, w * 0.92
    canvas.rect(w * 0.68, h * 0.04, w * 0.77, eaves, solid(shade_of(roof, 0.35)))  # chimney
    canvas.rect(left, eaves, right, h, gradient(left, 0, right, 0, [lit_of(wall, 0.15), wall, shade_of(wall, 0.25)]))
    if rng.random() < 0.5:
        for x in (left, w * 0.36, w * 0.63, right - w * 0.02):
            canvas.rect(x, eaves, x + w * 0.02, h, solid(_BEAMS))
    ridge = h * 0.1
    pitch = [(0.0, eaves + h * 0.04), (w * 0.2, ridge), (w * 0.8, ridge), (float(w), eaves + h * 0.04)]
    shades: list[Colour] = [_SNOW, "#dfe8f8", "#b9c8e6"] if snow else [lit_of(roof, 0.2), roof, shade_of(roof, 0.35)]
    canvas.fill(outline(pitch), gradient(0, ridge, w * 0.3, eaves, shades, [0, 0.5, 1]))
    if not snow:
        for k in range(1, 5):
            y = ridge + (eaves - ridge) * k / 5
            inset = w * 0.2 * (1 - k / 5)
            canvas.rect(inset, y, w - inset, y + h * 0.008, solid(shade_of(roof, 0.3)))
    door = w * rng.uniform(0.44, 0.5)
    canvas.rect(door, h * 0.7, door + w * 0.13, h, solid(shade_of(_BEAMS, 0.15)))
    for x in (0.17, 0.72):
        _draw_window(canvas, w * x, h * 0.63, w * 0.13, h * 0.16, lit=night and rng.random() < 0.8)
    return canvas.pixels


def church(rng: np.random.Generator, night: bool = False, snow: bool = False, h: int = 320) -> Pixels:
    """A nave and a tower with a pointed roof."""
    w = int(h * 0.85)
    canvas = Canvas.blank(w, h)
    wall, roof = "#efe8d8", "#5f6a78" if rng.random() < 0.5 else "#8a3f2c"
    shades: list[Colour] = [_SNOW, "#c4d2ec"] if snow else [lit_of(roof, 0.2), shade_of(roof, 0.3)]
    nave = [lit_of(wall, 0.1), shade_of(wall, 0.2)]
    canvas.rect(w * 0.34, h * 0.64, w * 0.98, h, gradient(w * 0.34, 0, w, 0, nave))
    canvas.fill(
        outline([(w * 0.34, h * 0.65), (w * 0.4, h * 0.48), (w * 0.92, h * 0.48), (float(w), h * 0.65)]),
        gradient(0, h * 0.48, 0, h * 0.65, shades),
    )
    canvas.rect(w * 0.08, h * 0.36, w * 0.4, h, gradient(w * 0.08, 0, w * 0.4, 0, nave))
    canvas.fill(
        outline([(w * 0.04, h * 0.37), (w * 0.24, h * 0.03), (w * 0.44, h * 0.37)]), gradient(0, 0, w * 0.4, 0, shades)
    )
    canvas.rect(w * 0.235, 0, w * 0.25, h * 0.06, solid("#3a3a40"))
    canvas.circle(w * 0.24, h * 0.46, w * 0.055, solid("#3a4250"))
    canvas.circle(w * 0.24, h * 0.46, w * 0.042, solid("#f4e7c0"))
    canvas.rect(w * 0.18, h * 0.8, w * 0.3, h, solid(_BEAMS))
    for k in range(3):
        _draw_window(canvas, w * (0.48 + k * 0.17), h * 0.72, w * 0.08, h * 0.16, lit=night)
    return canvas.pixels


def _draw_window(canvas: Canvas, x: float, y: float, width: float, height: float, *, lit: bool) -> None:
    canvas.rect(x - width * 0.1, y - height * 0.1, x + width * 1.1, y + height * 1.1, solid("#f7f3ea"))
    canvas.rect(x, y, x + width, y + height, solid(_LAMP if lit else _PANE))
    canvas.rect(x + width * 0.46, y, x + width * 0.54, y + height, solid("#f7f3ea"))
    canvas.rect(x, y + height * 0.46, x + width, y + height * 0.54, solid("#f7f3ea"))
