"""Trees and tree-like plants."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from flashreel.engines.animatic.colour import RGB, lit_of, mix, shade_of
from flashreel.engines.animatic.props.shapes import Point, gradient, outline
from flashreel.engines.animatic.vector import (
    Canvas,
    Paint,
    Path,
    Pixels,
    radial,
    smooth_curve,
    solid,
    stops_of,
)


def pine(rng: np.random.Generator, snow: float = 0.0, col: str = "#22505a", h: int = 512) -> Pixels:
    """Ragged tiers on a short trunk; `snow` (0 to 1) is how far it lies down each tier."""
    w = int(h * 0.46)
    canvas = Canvas.blank(w, h)
    cx = w / 2
    canvas.rect(cx - h * 0.014, h * 0.82, cx + h * 0.014, h, gradient(cx - 8, 0, cx + 8, 0, ["#6a5040", "#2c2028"]))
    tiers = int(rng.integers(8, 11))
    for tier in range(tiers):
        _draw_tier(canvas, rng, tier, tiers, snow, col)
    return canvas.pixels


def _draw_tier(canvas: Canvas, rng: np.random.Generator, tier: int, tiers: int, snow: float, col: str) -> None:
    h, w = canvas.pixels.shape[:2]
    cx = w / 2
    u = tier / (tiers - 1)  # 0 at the foot, 1 at the tip
    half = w * (0.47 * (1 - u) ** 0.85 + 0.035) * rng.uniform(0.94, 1.04)
    tall = h * (0.20 - 0.07 * u)
    bottom = h * (0.93 - 0.85 * u)
    top = bottom - tall
    teeth = max(5, int(11 * (1 - u)) // 2 * 2 + 1)

    def ragged(level: float, depth: float, x0: float, x1: float, steps: int) -> list[Point]:
        """A saw-toothed edge that droops towards the sides."""
        edge = []
        for j in range(steps + 1):
            x = x0 + (x1 - x0) * j / steps
            droop = abs((x - cx) / half) ** 2 * tall * 0.16
            edge.append((x, level + (depth if j % 2 else -depth) + droop + rng.normal(0, depth * 0.25)))
        return edge

    skirt = ragged(bottom, h * 0.010, cx + half, cx - half, teeth)
    shape = [(cx, top), (cx + half * 0.30, top + tall * 0.48), *skirt, (cx - half * 0.30, top + tall * 0.48)]
    colour = mix(col, "#0b1a2c", 0.42 * (1 - u) * (1 if tier % 2 else 0.8))
    path = outline(shape)
    shades = [lit_of(colour, 0.20), colour, shade_of(colour, 0.5)]
    canvas.fill(path, gradient(cx - half, top, cx + half * 0.8, bottom, shades, [0, 0.4, 1]))
    if snow <= 0:
        return
    with canvas.saved():
        canvas.clip(path)
        steps = max(4, teeth // 2 * 2)
        low = ragged(top + tall * 0.46 * snow, h * 0.014, cx + half * 0.62, cx - half * 0.98, steps)
        blanket = [(cx, top - 6), (cx + half * 0.62, top + tall * 0.2), *low, (cx - half * 1.05, top + tall * 0.9)]
        snow_fill = gradient(cx - half, 0, cx + half * 0.7, 0, ["#ffffff", "#e4ebfa", "#9fb0dc"])
        canvas.fill(outline(blanket), snow_fill)


def roundtree(rng: np.random.Generator, col: str = "#4f8f3a", h: int = 480) -> Pixels:
    """A broad-leaved tree: a forked trunk under overlapping balls of leaves."""
    w = int(h * 0.8)
    canvas = Canvas.blank(w, h)
    cx = w / 2
    bark = "#6a4a32"
    trunk = [
        (cx - h * 0.035, h),
        (cx - h * 0.02, h * 0.6),
        (cx - h * 0.09, h * 0.42),
        (cx - h * 0.05, h * 0.42),
        (cx, h * 0.52),
        (cx + h * 0.07, h * 0.4),
        (cx + h * 0.1, h * 0.42),
        (cx + h * 0.02, h * 0.62),
        (cx + h * 0.035, h),
    ]
    canvas.fill(outline(trunk), gradient(cx - h * 0.04, 0, cx + h * 0.04, 0, [lit_of(bark), shade_of(bark, 0.4)]))
    balls = [(rng.normal(0, 0.17), rng.normal(0.34, 0.1), rng.uniform(0.13, 0.2)) for _ in range(13)]
    balls.sort(key=lambda ball: ball[1], reverse=True)
    for k, (dx, dy, size) in enumerate(balls):
        r = size * h * 0.8
        x = min(max(cx + dx * w * 0.8, r), w - r)
        y = min(max(dy * h, r), h * 0.62)
        colour = mix(col, "#1a3a2a", 0.45 * (1 - k / len(balls)))
        stops = stops_of([lit_of(colour, 0.3), colour, shade_of(colour, 0.4)], [0, 0.5, 1])
        canvas.circle(x, y, r, radial(x - r * 0.4, y - r * 0.5, r * 1.5, stops))
    return canvas.pixels


def palm(rng: np.random.Generator, col: str = "#3f8f4a", h: int = 520) -> Pixels:
    w = int(h * 0.8)
    canvas = Canvas.blank(w, h)
    cx = w * 0.5
    top_x, top_y = cx + h * 0.06, h * 0.28
    curve = [(cx - h * 0.03, h), (cx - h * 0.02, h * 0.7), (cx + h * 0.02, h * 0.45), (top_x, top_y)]
    rings = smooth_curve(curve, 8).tolist()
    for i, ((x0, y0), (x1, y1)) in enumerate(pairwise(rings)):
        bark = mix("#a87a4e", "#6e4a30", (i % 3) / 3)
        canvas.line(x0, y0, x1, y1, h * (0.045 - 0.02 * i / len(rings)), solid(bark))
    for k in range(11):
        angle = -math.pi * (0.04 + 0.92 * k / 10) + rng.normal(0, 0.06)
        long = h * rng.uniform(0.26, 0.34)
        end = (top_x + math.cos(angle) * long, top_y + math.sin(angle) * long * 0.7 + long * 0.35)
        mid_x, mid_y = top_x + math.cos(angle) * long * 0.55, top_y + math.sin(angle) * long * 0.7
        upper = smooth_curve([(top_x, top_y), (mid_x, mid_y - h * 0.02), end], 8)
        lower = smooth_curve([end, (mid_x, mid_y + h * 0.05), (top_x, top_y + 4)], 8)
        colour = mix(col, "#1c5a3a", 0.5 * (k % 2))
        shades = [lit_of(colour, 0.3), shade_of(colour, 0.3)]
        frond = outline(np.vstack([upper, lower]))
        canvas.fill(frond, gradient(0, top_y - long * 0.6, 0, top_y + long * 0.4, shades))
    return canvas.pixels


def cactus(rng: np.random.Generator, col: str = "#5d8a4e", h: int = 420) -> Pixels:
    """A saguaro with two arms."""
    w = int(h * 0.62)
    canvas = Canvas.blank(w, h)
    cx = w / 2
    reach = h * rng.uniform(-0.02, 0.02)

    def arm(curve: list[Point], width: float) -> None:
        spine = smooth_curve(curve, 8)
        stripes: tuple[tuple[float, float, RGB | str], ...] = (
            (0.0, width, col),
            (-width * 0.22, width * 0.22, lit_of(col, 0.25)),
            (width * 0.3, width * 0.22, shade_of(col, 0.35)),
        )
        for shift, stroke, colour in stripes:
            line = Path().polygon(spine + np.array([shift, 0.0]), closed=False)
            canvas.draw(line, Paint(solid(colour), stroke=stroke))

    arm([(cx, h + 20), (cx, h * 0.4), (cx, h * 0.1)], h * 0.11)
    arm([(cx, h * 0.62), (cx - h * 0.17, h * 0.58), (cx - h * 0.2, h * 0.32 + reach)], h * 0.075)
    arm([(cx, h * 0.5), (cx + h * 0.16, h * 0.47), (cx + h * 0.19, h * 0.22 + reach)], h * 0.07)
    return canvas.pixels
