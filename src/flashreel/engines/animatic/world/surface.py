"""Surface: a wrapping height field at one instant, with what the kernels need to shade it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from flashreel.engines.animatic.kernels.params import Words
from flashreel.engines.animatic.noise import Field


def height_at(heights: Field, texel: float, x: float, z: float) -> float:
    """Bilinear height (m) of a wrapping (n, n) field at world (x, z) metres."""
    u, v = x / texel, z / texel
    iu, iv = math.floor(u), math.floor(v)
    fu, fv = u - iu, v - iv
    m = heights.shape[0] - 1
    left, near, right, far = iu & m, iv & m, (iu + 1) & m, (iv + 1) & m
    upper = float(heights[near, left]) * (1 - fu) + float(heights[near, right]) * fu
    lower = float(heights[far, left]) * (1 - fu) + float(heights[far, right]) * fu
    return upper * (1 - fv) + lower * fv


@dataclass(frozen=True, slots=True)
class Surface:
    """`heights` (n, n) in metres, n a power of two, `texel` metres apart; `relief` as `pack_relief` packs it; `top`
    the highest point."""

    heights: Field
    texel: float
    relief: Words
    top: float

    def height(self, x: float, z: float) -> float:
        """Height in metres at world (x, z)."""
        return height_at(self.heights, self.texel, x, z)
