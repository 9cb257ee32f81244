"""Light baked into a landscape once per scene: slopes, soft sun shadows, ambient occlusion.

Every row is swept as a whole: for one step towards the sun, and for one distance of the occlusion, all texels of a row
look equally far aside, so the loops over them load in order and become SIMD code.
"""

from __future__ import annotations

import math

import numpy as np
from numba import float32 as f32

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.animatic.kernels.params import Plane, Row
from flashreel.engines.animatic.kernels.sampling import floor_of

_SUN_STEPS = 40
_FARTHEST = 20  # texels the occlusion looks away
_HIDES = 0.6


@kernel
def bake_relief(
    height: Plane,
    texel: float,
    key_x: float,
    key_y: float,
    key_z: float,
    softness: float,
    slope_x: Plane,
    slope_z: Plane,
    sunlit: Plane,
    occlusion: Plane,
) -> None:
    """Fills the four maps of a wrapping (n, n) height field (metres, `texel` metres apart).

    `sunlit` (0..1) comes from a march towards the key light; `softness` is the light's apparent size.
    """
    n = height.shape[0]
    m = n - 1
    s = f32(texel)
    level = math.hypot(key_x, key_z) + 1e-6
    ux = f32(key_x / level)
    uz = f32(key_z / level)
    rise = f32(key_y / level)
    soft = f32(softness)
    wide = np.empty(n + 2 * _FARTHEST, np.float32)
    passed = np.empty(n + 1, np.float32)
    for y in range(n):
        row = height[y]
        for x in range(n + 2 * _FARTHEST):
            wide[x] = row[(x - _FARTHEST) & m]
        _slopes(wide, height[(y - 1) & m], height[(y + 1) & m], f32(0.5) / s, slope_x[y], slope_z[y])
        for x in range(n):
            sunlit[y, x] = f32(1)
            occlusion[y, x] = f32(0)
        t = f32(1.5)
        for _ in range(_SUN_STEPS):
            u = ux * t
            v = uz * t
            iu = floor_of(u)
            iv = floor_of(v)
            near = (y + iv) & m
            _mix(height[near], height[(near + 1) & m], v - f32(iv), passed)
            aside = iu & m
            until = n - aside
            up = f32(0.15) + rise * t * s
            sharpness = f32(1) / (soft * t * s)
            _shadow(row[:until], passed[aside:], u - f32(iu), up, sharpness, sunlit[y, :until])
            _shadow(row[until:], passed, u - f32(iu), up, sharpness, sunlit[y, until:])
            t = t * f32(1.12) + f32(0.6)
        for x in range(n):
            sunlit[y, x] = max(sunlit[y, x], f32(0))
        for r in (3, 8, _FARTHEST):
            _occlude(wide, r, height[(y - r) & m], height[(y + r) & m], f32(1) / (f32(r) * s), occlusion[y])
        for x in range(n):
            occlusion[y, x] = f32(1) / (f32(1) + f32(_HIDES) * occlusion[y, x])


@kernel
def _slopes(wide: Row, behind: Row, ahead: Row, scale: float, slope_x: Row, slope_z: Row) -> None:
    left = wide[_FARTHEST - 1 :]
    right = wide[_FARTHEST + 1 :]
    for x in range(slope_x.shape[0]):
        slope_x[x] = (right[x] - left[x]) * scale
        slope_z[x] = (ahead[x] - behind[x]) * scale


@kernel
def _mix(one: Row, other: Row, share: float, mixed: Row) -> None:
    """A row between two rows, its first value once more at its end."""
    for x in range(one.shape[0]):
        mixed[x] = one[x] + (other[x] - one[x]) * share
    mixed[one.shape[0]] = mixed[0]


@kernel
def _shadow(row: Row, passed: Row, share: float, up: float, sharpness: float, sunlit: Row) -> None:
    """Lowers `sunlit` (below 0 where it is dark) to what one step towards the sun leaves of it: from `row`, `up`
    metres higher, over the land that is `passed`, `share` of the way from a texel to the next."""
    following = passed[1:]
    for x in range(row.shape[0]):
        land = passed[x] + (following[x] - passed[x]) * share
        sunlit[x] = min(sunlit[x], (row[x] + up - land) * sharpness + f32(0.5))


@kernel
def _occlude(wide: Row, r: int, behind: Row, ahead: Row, scale: float, hidden: Row) -> None:
    """Adds how far the land `r` texels around stands above a row."""
    left = wide[_FARTHEST - r :]
    here = wide[_FARTHEST:]
    right = wide[_FARTHEST + r :]
    for x in range(hidden.shape[0]):
        around = (left[x] + right[x] + behind[x] + ahead[x]) * f32(0.25)
        hidden[x] += max(f32(0), (around - here[x]) * scale)
