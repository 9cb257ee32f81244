"""Mirror images in still water (a lake, a harbour), taken from the picture itself."""

from __future__ import annotations

import math

from numba import float32 as f32
from numba import int32 as i32

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.animatic.kernels.params import Plane, View, Words
from flashreel.engines.animatic.kernels.sampling import sample


@kernel
def reflect(
    red: Plane,
    green: Plane,
    blue: Plane,
    source_r: Plane,
    source_g: Plane,
    source_b: Plane,
    depth: Plane,
    view: View,
    level: float,
    first_u_: float,
    first_v_: float,
    second_u_: float,
    second_v_: float,
    detail: Words,
    detail_n: int,
) -> None:
    """Mixes into every pixel of water at `level` (m) what `source` shows above it, wobbled by two layers of ripples
    that have drifted so many texels."""
    rows, columns = depth.shape
    first_u = f32(first_u_)
    first_v = f32(first_v_)
    second_u = f32(second_u_)
    second_v = f32(second_v_)
    surface = f32(level + 0.02)
    for y in range(rows):
        e = (view.cy - (f32(y) + f32(0.5))) * view.inv_focal
        if e >= 0:
            continue
        strength = f32(0.25 + 0.6 * math.exp(e * 7))
        for x in range(columns):
            z = depth[y, x]
            if z > f32(1e8) or view.y + e * z > surface:
                continue
            k = (f32(x) + f32(0.5) - view.cx) * view.inv_focal
            wx = view.backdrop_x + (view.sin + view.cos * k) * z
            wz = view.z + (view.cos - view.sin * k) * z
            r1 = sample(detail, wx * f32(2.1) + first_u, wz * f32(5.0) + first_v, detail_n) - f32(0.5)
            r2 = sample(detail, wx * f32(0.9) + second_u, wz * f32(2.3) + second_v, detail_n) - f32(0.5)
            wobble = (r1 + r2) * (f32(14) + f32(260) / (f32(1) + z))
            yy = min(max(i32(f32(2) * view.cy - f32(y) + wobble), 0), rows - 1)
            xx = min(max(i32(f32(x) + r2 * f32(10)), 0), columns - 1)
            if depth[yy, xx] < z * f32(0.6):
                continue
            red[y, x] += (source_r[yy, xx] * f32(0.9) - red[y, x]) * strength
            green[y, x] += (source_g[yy, xx] * f32(0.9) - green[y, x]) * strength
            blue[y, x] += (source_b[yy, xx] * f32(0.9) - blue[y, x]) * strength
