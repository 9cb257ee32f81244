"""What the prop makers share: gradients and outlines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from flashreel.engines.animatic.colour import Colour
from flashreel.engines.animatic.vector import Fill, Path, clockwise, linear, smooth_curve, stops_of

Point = tuple[float, float]


def gradient(
    x0: float, y0: float, x1: float, y1: float, colours: Sequence[Colour], positions: Sequence[float] | None = None
) -> Fill:
    return linear(x0, y0, x1, y1, stops_of(colours, positions))


def outline(points: ArrayLike, smooth: int = 0) -> Path:
    """A closed shape, rounded with `smooth` steps a segment where that is above 0."""
    xy = np.asarray(points, np.float64)
    if smooth:
        xy = smooth_curve(np.vstack([xy, xy[:1]]), smooth)
    return Path().polygon(clockwise(xy))
