"""The land's geometry: a column ray-march over a wrapping height field ("voxel space"), sixteen columns together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import float32 as f32
from numba import int32 as i32
from numba import uint32 as u32

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.animatic.kernels.params import Numbers, Plane, View
from flashreel.engines.animatic.kernels.sampling import floor_of

#: Columns marched together: one AVX-512 register of float32.
BLOCK = 16


class MarchScratch(NamedTuple):
    """Depth and edge of one block, (height * BLOCK,), and per-column state, (BLOCK,)."""

    depth: Plane
    edge: Plane
    step_u: Plane
    step_v: Plane
    last_height: Plane
    height: Plane
    first_row: Numbers
    row: Plane
    horizon: Numbers


def march_scratch(height: int) -> MarchScratch:
    """Fresh scratch for frames of `height` rows."""
    return MarchScratch(
        depth=np.zeros(height * BLOCK, np.float32),
        edge=np.zeros(height * BLOCK, np.float32),
        step_u=np.zeros(BLOCK, np.float32),
        step_v=np.zeros(BLOCK, np.float32),
        last_height=np.zeros(BLOCK, np.float32),
        height=np.zeros(BLOCK, np.float32),
        first_row=np.zeros(BLOCK, np.int32),
        row=np.zeros(BLOCK, np.float32),
        horizon=np.zeros(BLOCK, np.int32),
    )


@kernel
def march(
    heights: Plane,
    n: int,
    inv_texel_: float,
    view: View,
    near: float,
    far: float,
    growth: float,
    min_step: float,
    water_: float,
    top: float,
    depth: Plane,
    edge: Plane,
    scratch: MarchScratch,
) -> None:
    """Fills `depth` (metres along the view axis, 1e9 for sky) and `edge`, both (rows, columns).

    `heights` is the flat (n*n,) field, `top` its highest point, `water` a level below which nothing shows. Steps grow
    by `growth` of the distance from `min_step` up, from `near` to `far`. Between two steps the profile is a straight
    line, met exactly, so every pixel has a true depth. `edge` holds the coverage (-1..1) of a crest's pixel.
    """
    rows, columns = depth.shape
    block = scratch.depth
    block_edge = scratch.edge
    step_u = scratch.step_u
    step_v = scratch.step_v
    last_height = scratch.last_height
    height = scratch.height
    first_row = scratch.first_row
    row = scratch.row
    horizon = scratch.horizon
    focal = view.focal
    cy = view.cy
    cam_y = view.y
    inv_texel = f32(inv_texel_)
    water = f32(water_)
    mask = i32(n - 1)
    for x0 in range(0, columns, 16):
        for i in range(rows * 16):
            block[i] = f32(1e9)
            block_edge[i] = f32(0)
        z = near
        for j in range(16):
            k = (f32(x0 + j) + f32(0.5) - view.cx) * view.inv_focal
            step_u[j] = (view.sin + view.cos * k) * inv_texel
            step_v[j] = (view.cos - view.sin * k) * inv_texel
            horizon[j] = rows
        base_u = view.x * inv_texel
        backdrop_u = view.backdrop_x * inv_texel
        backdrop_v = view.backdrop_z * inv_texel
        base_v = view.z * inv_texel
        step = 0
        last_z = f32(z)
        while z < far:
            zf = f32(z)
            focal_z = focal / zf
            for j in range(16):
                v = base_v + step_v[j] * zf
                u = (backdrop_u if v >= backdrop_v else base_u) + step_u[j] * zf
                iu = floor_of(u)
                iv = floor_of(v)
                fu = u - f32(iu)
                fv = v - f32(iv)
                a = iu & mask
                c = (iu + i32(1)) & mask
                b = (iv & mask) * i32(n)
                d = ((iv + i32(1)) & mask) * i32(n)
                p = heights[u32(a + b)]
                q = heights[u32(c + b)]
                r = heights[u32(a + d)]
                s = heights[u32(c + d)]
                t = p + (q - p) * fu
                h = max(t + (r + (s - r) * fu - t) * fv, water)
                y = cy - (h - cam_y) * focal_z
                height[j] = h
                row[j] = y
                first_row[j] = i32(max(min(y, f32(20000)), f32(-20000)) + f32(20000.5)) - i32(20000)
            if step == 0:
                # what lies below the first sample is the ground at the near plane
                for j in range(16):
                    first = max(first_row[j], 0)
                    for y in range(first, horizon[j]):
                        block[y * 16 + j] = zf
                    horizon[j] = min(first, horizon[j])
            else:
                inv_dz = f32(1) / (zf - last_z)
                for j in range(16):
                    first = first_row[j]
                    bottom = horizon[j]
                    if first < bottom:
                        h0 = last_height[j]
                        slope = (height[j] - h0) * inv_dz
                        c0 = (h0 - slope * last_z - cam_y) * focal
                        rise = slope * focal
                        upper = max(first, 0)
                        for y in range(upper, bottom):
                            q = cy - f32(y) - f32(0.5) - rise
                            hit = c0 / q if abs(q) > f32(1e-6) else zf
                            block[y * 16 + j] = min(max(hit, last_z), zf)
                            block_edge[y * 16 + j] = f32(0)
                        if first >= 0:
                            covered = f32(first + 1) - row[j]
                            if covered < f32(1):
                                block_edge[first * 16 + j] = covered - f32(1)
                            elif first > 0:
                                block_edge[(first - 1) * 16 + j] = covered - f32(1)
                        horizon[j] = upper
            for j in range(16):
                last_height[j] = height[j]
            last_z = zf
            step += 1
            z += max(min_step, z * growth)
            if step & 15 == 0:
                # nothing farther can rise above what is drawn
                limit = cy - (top - cam_y) * focal / z if top > cam_y else cy
                done = True
                for j in range(16):
                    if horizon[j] > limit:
                        done = False
                if done:
                    break
        if columns - x0 >= 16:  # a constant trip count: min(16, rest) costs 3 ms a frame
            for y in range(rows):
                for j in range(16):
                    depth[y, x0 + j] = block[y * 16 + j]
                    edge[y, x0 + j] = block_edge[y * 16 + j]
        else:
            for y in range(rows):
                for j in range(columns - x0):
                    depth[y, x0 + j] = block[y * 16 + j]
                    edge[y, x0 + j] = block_edge[y * 16 + j]
