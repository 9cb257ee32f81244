"""From depth to light: every row is sky first, then its land or water pixels, listed and shaded in chunks."""

from __future__ import annotations

import math

from numba import float32 as f32
from numba import int32 as i32

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.animatic.kernels.params import (
    Air,
    Disc,
    Grain,
    Ground,
    Light,
    Plane,
    RowScratch,
    View,
    Water,
    Words,
)
from flashreel.engines.animatic.kernels.sampling import exp_minus
from flashreel.engines.animatic.kernels.sky import sky_row
from flashreel.engines.animatic.kernels.terrain import terrain
from flashreel.engines.animatic.kernels.water import water_pixels

#: Pixels shaded at once: the scratch rows of a chunk stay in the first-level cache.
_CHUNK = 320
_SKY = 1e8


@kernel
def _aerial(first: int, count: int, elevation: float, view: View, light: Light, air: Air, scratch: RowScratch) -> None:
    """Aerial perspective: fog that thins with height, and glows towards the sun."""
    column = scratch.column[first : first + count]
    depth = scratch.depth[first : first + count]
    world_y = scratch.world_y
    red = scratch.red
    green = scratch.green
    blue = scratch.blue
    e = elevation
    for i in range(count):
        k = (f32(column[i]) + f32(0.5) - view.cx) * view.inv_focal
        dx = view.sin + view.cos * k
        dz = view.cos - view.sin * k
        inv_length = f32(1) / math.sqrt(dx * dx + dz * dz + e * e)
        mu = max((dx * light.disc_x + e * light.disc_y + dz * light.disc_z) * inv_length, f32(0))
        glow = mu * mu
        glow = glow * glow
        glow = glow * glow * f32(0.22) * air.glow
        thin = exp_minus(max(world_y[i] - f32(2), f32(0)) * air.falloff)
        fog = f32(1) - exp_minus(depth[i] * air.density * (f32(0.35) + f32(0.65) * thin))
        red[i] += (air.r + light.sun_r * glow - red[i]) * fog
        green[i] += (air.g + light.sun_g * glow - green[i]) * fog
        blue[i] += (air.b + light.sun_b * glow - blue[i]) * fog


@kernel
def shade(
    depth: Plane,
    view: View,
    light: Light,
    air: Air,
    disc: Disc,
    ground: Ground,
    water: Water,
    relief: Words,
    n: int,
    inv_texel_: float,
    strata: Plane,
    detail: Words,
    coarse_map: Words,
    fine_map: Words,
    wall_map: Words,
    detail_n: int,
    grain: Grain,
    gradient: Plane,
    cloud_r: Plane,
    cloud_g: Plane,
    cloud_b: Plane,
    cloud_a: Plane,
    red: Plane,
    green: Plane,
    blue: Plane,
    scratch: RowScratch,
) -> None:
    """Fills the (rows, columns) planes with linear light.

    Land is shaded at every other pixel of a row, the rest interpolated, except at depth steps and from 14 to 60 m,
    where the detail is finer than two pixels. Water is shaded in full: half of it shows on a rough sea. `detail` is
    the noise of ripples, the other maps are the land's.
    """
    rows, columns = depth.shape
    inv_texel = f32(inv_texel_)
    level = water.level + f32(0.02)
    ocean = water.ocean > 0
    column = scratch.column
    chosen = scratch.chosen
    listed = scratch.depth
    for y in range(rows):
        e = (view.cy - (f32(y) + f32(0.5))) * view.inv_focal
        z_row = depth[y]
        sky = 0
        for x in range(columns):
            sky += i32(z_row[x] > f32(_SKY))
        out_r = red[y]
        out_g = green[y]
        out_b = blue[y]
        if sky > 0:
            sky_row(
                y, e, view, light, air, disc, gradient, cloud_r, cloud_g, cloud_b, cloud_a, scratch,
                out_r, out_g, out_b,
            )  # fmt: skip
        if sky == columns:
            continue
        if ocean:
            for x in range(columns):
                chosen[x] = 1
        else:
            for x in range(1, columns - 1):
                z = z_row[x]
                step = abs(z_row[x + 1] - z_row[x - 1])
                chosen[x] = i32(
                    ((x & 1) == 0)
                    | ((z > f32(14)) & (z < f32(60)))
                    | (step > z * f32(0.04))
                    | (view.y + e * z <= level)
                )
            chosen[0] = 1
            chosen[columns - 1] = 1
        for kind in range(2):
            wet = kind == 1
            if ocean and not wet:
                continue
            if wet and not ocean and view.y + e * f32(1e7) > level:
                continue
            # list the pixels of this kind without a branch
            count = 0
            if ocean:
                for x in range(columns):
                    z = z_row[x]
                    column[count] = x
                    listed[count] = z
                    count += i32(z < f32(_SKY))
            elif wet:
                for x in range(columns):
                    z = z_row[x]
                    column[count] = x
                    listed[count] = z
                    count += chosen[x] & i32(z < f32(_SKY)) & i32(view.y + e * z <= level)
            else:
                for x in range(columns):
                    z = z_row[x]
                    column[count] = x
                    listed[count] = z
                    count += chosen[x] & i32(z < f32(_SKY)) & i32(view.y + e * z > level)
            for first in range(0, count, _CHUNK):
                m = min(_CHUNK, count - first)
                if wet:
                    water_pixels(
                        first, m, e, view, light, water, relief, n, inv_texel, detail, detail_n, gradient, scratch
                    )
                else:
                    terrain(
                        first, m, e, view, light, ground, relief, n, inv_texel, coarse_map, fine_map, wall_map,
                        detail_n, grain, strata, scratch,
                    )  # fmt: skip
                _aerial(first, m, e, view, light, air, scratch)
                for i in range(m):
                    x = column[first + i]
                    out_r[x] = scratch.red[i]
                    out_g[x] = scratch.green[i]
                    out_b[x] = scratch.blue[i]
        if not ocean:
            for i in range(columns // 2 - 1):
                x = 2 * i + 1
                fill = (chosen[x] == 0) & (z_row[x] < f32(_SKY))
                out_r[x] = f32(0.5) * (out_r[x - 1] + out_r[x + 1]) if fill else out_r[x]
                out_g[x] = f32(0.5) * (out_g[x - 1] + out_g[x + 1]) if fill else out_g[x]
                out_b[x] = f32(0.5) * (out_b[x - 1] + out_b[x + 1]) if fill else out_b[x]
