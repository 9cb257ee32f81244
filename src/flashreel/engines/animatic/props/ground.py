"""What grows and lies close to the ground."""

from __future__ import annotations

import math

import numpy as np

from flashreel.engines.animatic.colour import Colour, lit_of, mix, shade_of
from flashreel.engines.animatic.props.shapes import gradient, outline
from flashreel.engines.animatic.vector import Canvas, Pixels, solid


def bush(rng: np.random.Generator, col: str = "#7a8a4a", h: int = 160) -> Pixels:
    """A fan of pointed leaves."""
    w = int(h * 1.7)
    canvas = Canvas.blank(w, h)
    for _ in range(46):
        x = w * (0.12 + 0.76 * rng.random())
        aside = abs(x / w - 0.5) * 2
        top = h * (0.12 + 0.35 * aside) + rng.random() * h * 0.2
        colour = shade_of(col, rng.random() * 0.45)
        foot = w * 0.5 + (x - w * 0.5) * 0.5
        middle = (top + h) / 2
        leaf = [(foot - 5, h), (x - 3, middle), (x + rng.normal(0, 8), top), (x + 5, middle), (foot + 5, h)]
        shades = [lit_of(colour, 0.3), colour, shade_of(colour, 0.4)]
        canvas.fill(outline(leaf), gradient(0, top, 0, h, shades))
    return canvas.pixels


def rock(rng: np.random.Generator, col: str = "#b0704a", h: int = 170) -> Pixels:
    w = int(h * 1.5)
    canvas = Canvas.blank(w, h)
    corners = []
    for i in range(9):
        angle = math.pi * (1 + i / 8)
        r = rng.uniform(0.82, 1.0)
        corners.append((w / 2 + math.cos(angle) * w * 0.48 * r, h * 0.99 + math.sin(angle) * h * 0.95 * r))
    shades: list[Colour] = [lit_of(col, 0.35), col, shade_of(col, 0.5)]
    canvas.fill(outline(corners), gradient(w * 0.2, 0, w * 0.85, h, shades, [0, 0.45, 1]))
    facet = [*corners[1:5], (w * 0.55, h * 0.35), (w * 0.28, h * 0.45)]
    canvas.fill(outline(facet), gradient(0, 0, w * 0.6, h * 0.4, [lit_of(col, 0.5), lit_of(col, 0.15)]))
    return canvas.pixels


def grass(rng: np.random.Generator, col: str = "#6aa043", h: int = 90) -> Pixels:
    canvas = Canvas.blank(int(h * 2.2), h)
    _draw_blades(canvas, rng, col)
    return canvas.pixels


def flower(rng: np.random.Generator, col: str = "#e0506a", h: int = 90) -> Pixels:
    """Grass with six blossoms."""
    w = int(h * 2.2)
    canvas = Canvas.blank(w, h)
    _draw_blades(canvas, rng, "#5f9a40")
    for k in range(6):
        x, y = w * rng.uniform(0.12, 0.88), h * rng.uniform(0.1, 0.45)
        petal = solid(mix(col, "#ffd23f" if k % 3 == 0 else "#ffffff", rng.random() * 0.6))
        for j in range(5):
            angle = j * 2 * math.pi / 5
            canvas.circle(x + math.cos(angle) * 5, y + math.sin(angle) * 5, 4.4, petal)
        canvas.circle(x, y, 3, solid("#ffd84a"))
    return canvas.pixels


def _draw_blades(canvas: Canvas, rng: np.random.Generator, col: str) -> None:
    h, w = canvas.pixels.shape[:2]
    for _ in range(34):
        x = w * (0.06 + 0.88 * rng.random())
        long = h * rng.uniform(0.5, 0.98)
        bend = rng.normal(0, h * 0.22)
        colour = mix(col, "#d8d070" if rng.random() < 0.25 else "#2f5a2a", rng.random() * 0.5)
        middle = h - long * 0.6
        blade = [
            (x - 3, h),
            (x + bend * 0.4 - 2, middle),
            (x + bend, h - long),
            (x + bend * 0.4 + 2, middle),
            (x + 3, h),
        ]
        canvas.fill(outline(blade), gradient(0, h - long, 0, h, [lit_of(colour, 0.3), shade_of(colour, 0.25)]))
