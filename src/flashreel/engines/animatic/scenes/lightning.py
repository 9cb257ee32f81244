"""Lightning: a few strokes in a clip, each a flickering light and a forked bolt in the sky."""

from __future__ import annotations

import math

import numpy as np

from flashreel.engines.animatic.painter import Painter
from flashreel.engines.animatic.vector import Canvas, Paint, Path, solid

_STROKES = 3
_GLOW_SECONDS = 0.5
_BOLT_SECONDS = 0.34
_SWELL_SECONDS = 1.1
_SWELL_FLASH = 0.35
_SWELL_BOLT = 0.8
#: width (factor), opacity, blur (pixels at the reference width), colour: from the halo to the core
_PASSES = ((7.0, 0.35, 9.0, "#cfe0ff"), (2.6, 0.6, 3.0, "#cfe0ff"), (1.0, 1.0, 0.0, "#ffffff"))


class Lightning:
    """Strokes at random moments of a clip of `duration` seconds.

    In a loop they are far away: they swell and fade, none of them across the seam, and no frame jumps.
    """

    def __init__(self, duration: float, rng: np.random.Generator, loop: bool = False) -> None:
        latest = (duration - _SWELL_SECONDS) / duration if loop else 0.9
        self._moments = sorted(float(moment) for moment in rng.uniform(0.08, latest, _STROKES) * duration)
        self._seeds = [int(rng.integers(1 << 30)) for _ in self._moments]
        self._loop = loop

    def flash(self, time: float) -> float:
        """Light from all strokes at `time`."""
        light = 0.0
        for moment in self._moments:
            since = time - moment
            if self._loop:
                light += _SWELL_FLASH * _swell(since)
            elif 0 <= since < _GLOW_SECONDS:
                light += math.exp(-since * 9) * _flicker(since, 0.45)
        return light

    def draw(self, painter: Painter) -> None:
        """Draws the bolts of this instant onto the sky."""
        for moment, seed in zip(self._moments, self._seeds, strict=True):
            since = painter.time - moment
            gain = 0.0
            if self._loop:
                gain = _SWELL_BOLT * _swell(since)
            elif 0 <= since < _BOLT_SECONDS:
                gain = 3.2 * math.exp(-since * 8) * _flicker(since, 0.35)
            if gain > 0:
                painter.light_layer(_bolt_layer(painter, seed), 0, 0, gain, sky_only=True)


def _swell(since: float) -> float:
    """Up and down again, from 0 to 1 to 0."""
    return math.sin(math.pi * since / _SWELL_SECONDS) ** 2 if 0 <= since < _SWELL_SECONDS else 0.0


def _flicker(since: float, dim: float) -> float:
    return dim if int(since * 24) % 3 == 1 else 1.0


def _bolt_layer(painter: Painter, seed: int) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """A full-frame layer with one forked bolt, the same at every instant of its stroke."""
    rng = np.random.default_rng(seed)
    width, height = painter.width, painter.height
    canvas = Canvas.blank(width, height)
    foot = painter.camera.cy + height * 0.06
    _fork(canvas, rng, painter, (float(width * rng.uniform(0.15, 0.85)), 0.0), foot, 3.4 * painter.pixel, 0)
    return canvas.pixels


def _fork(
    canvas: Canvas,
    rng: np.random.Generator,
    painter: Painter,
    start: tuple[float, float],
    foot: float,
    thickness: float,
    generation: int,
) -> None:
    x, y = start
    points = [start]
    while y < foot:
        y += painter.height * float(rng.uniform(0.012, 0.035))
        x += float(rng.normal(0, painter.width * 0.011))
        points.append((x, min(y, foot)))
        if generation < 2 and rng.random() < 0.20:
            reach = y + (foot - y) * float(rng.uniform(0.25, 0.6))
            _fork(canvas, rng, painter, (x, y), reach, thickness * 0.5, generation + 1)
    path = Path().polygon(points, closed=False)
    for factor, alpha, blur, color in _PASSES:
        paint = Paint(solid(color, alpha), stroke=thickness * factor, blur=blur * painter.pixel)
        canvas.draw(path, paint)
