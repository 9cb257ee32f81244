"""Light baked into a landscape once per scene: slopes, soft sun shadows, ambient occlusion."""

from __future__ import annotations

import math

from numba import float32 as f32

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.animatic.kernels.params import Plane
from flashreel.engines.animatic.kernels.sampling import floor_of


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
    first: int,
    last: int,
) -> None:
    """Fills rows `first` to `last` of the four maps of a wrapping (n, n) height field (metres, `texel` metres apart).

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
    for y in range(first, last):
        for x in range(n):
            here = height[y, x]
            slope_x[y, x] = (height[y, (x + 1) & m] - height[y, (x - 1) & m]) / (f32(2) * s)
            slope_z[y, x] = (height[(y + 1) & m, x] - height[(y - 1) & m, x]) / (f32(2) * s)
            visible = f32(1)
            t = f32(1.5)
            for _ in range(40):
                u = f32(x) + ux * t
                v = f32(y) + uz * t
                iu = floor_of(u)
                iv = floor_of(v)
                fu = u - f32(iu)
                fv = v - f32(iv)
                a = iu & m
                b = iv & m
                c = (a + 1) & m
                d = (b + 1) & m
                upper = height[b, a] + (height[b, c] - height[b, a]) * fu
                lower = height[d, a] + (height[d, c] - height[d, a]) * fu
                clearance = here + f32(0.15) + rise * t * s - (upper + (lower - upper) * fv)
                visible = min(visible, clearance / (soft * t * s) + f32(0.5))
                if visible <= 0:
                    break
                t = t * f32(1.12) + f32(0.6)
            sunlit[y, x] = max(visible, f32(0))
            shade = f32(0)
            for r in (3, 8, 20):
                around = (
                    height[y, (x + r) & m] + height[y, (x - r) & m] + height[(y + r) & m, x] + height[(y - r) & m, x]
                )
                shade += max(f32(0), (around * f32(0.25) - here) / (f32(r) * s))
            occlusion[y, x] = f32(1) / (f32(1) + f32(0.6) * shade)
