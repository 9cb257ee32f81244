"""Shading of land: ground, path, strata on walls, sun with baked shadows, sky light, bounce."""

from __future__ import annotations

import math

from numba import float32 as f32
from numba import int32 as i32
from numba import uint32 as u32

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.animatic.kernels.pack import SLOPE_SCALE
from flashreel.engines.animatic.kernels.params import Grain, Ground, Light, Plane, RowScratch, View, Words
from flashreel.engines.animatic.kernels.sampling import blend_bytes, blend_halves, floor_of, sample

#: Texels of the detail maps per metre, coarse and fine.
COARSE = 6.0
FINE = 6.0 * 7.3


@kernel
def terrain(
    first: int,
    count: int,
    elevation: float,
    view: View,
    light: Light,
    ground: Ground,
    relief: Words,
    n: int,
    inv_texel: float,
    coarse_map: Words,
    fine_map: Words,
    wall_map: Words,
    detail_n: int,
    grain: Grain,
    strata: Plane,
    scratch: RowScratch,
) -> None:
    """Linear RGB into `scratch.red/green/blue[:count]` for the pixels listed in `scratch.column` and `scratch.depth`
    from `first` on. All of one row: `elevation` is its slope. `strata` is (3, layers) by height; the three maps are
    noise, `detail_n` texels wide."""
    column = scratch.column[first : first + count]
    depth = scratch.depth[first : first + count]
    slope_x = scratch.slope_x
    slope_z = scratch.slope_z
    sunlit = scratch.sunlit
    occlusion = scratch.occlusion
    coarse = scratch.detail
    fine = scratch.fine
    walls = scratch.wall
    world_x = scratch.world_x
    world_y = scratch.world_y
    world_z = scratch.world_z
    red = scratch.red
    green = scratch.green
    blue = scratch.blue
    e = elevation
    mask = i32(n - 1)
    near = 0
    for i in range(count):
        near += i32(depth[i] < f32(90))
    if near > 0:
        for i in range(count):
            z = depth[i]
            k = (f32(column[i]) + f32(0.5) - view.cx) * view.inv_focal
            wz = view.z + (view.cos - view.sin * k) * z
            from_x = view.backdrop_x if wz >= view.backdrop_z else view.x
            u = (from_x + (view.sin + view.cos * k) * z) * grain.fine
            t = sample(fine_map, u, wz * f32(FINE), detail_n) - f32(0.5)
            fine[i] = t if z < f32(90) else f32(0)
    else:
        for i in range(count):
            fine[i] = f32(0)
    any_wall = f32(0)
    for i in range(count):
        z = depth[i]
        k = (f32(column[i]) + f32(0.5) - view.cx) * view.inv_focal
        wz = view.z + (view.cos - view.sin * k) * z
        wx = (view.backdrop_x if wz >= view.backdrop_z else view.x) + (view.sin + view.cos * k) * z
        u = wx * inv_texel
        v = wz * inv_texel
        iu = floor_of(u)
        iv = floor_of(v)
        fu = u - f32(iu)
        fv = v - f32(iv)
        o = u32(((iv & mask) * i32(n) + (iu & mask)) * i32(8))
        gx = (blend_halves(relief[o], relief[o + u32(1)], fu, fv) - f32(32768)) * f32(1 / SLOPE_SCALE)
        gz = (blend_halves(relief[o + u32(2)], relief[o + u32(3)], fu, fv) - f32(32768)) * f32(1 / SLOPE_SCALE)
        sunlit[i] = blend_bytes(relief[o + u32(4)], fu, fv)
        occlusion[i] = blend_bytes(relief[o + u32(5)], fu, fv)
        path = blend_bytes(relief[o + u32(6)], fu, fv)
        d1 = sample(coarse_map, wx * grain.coarse, wz * f32(COARSE), detail_n) - f32(0.5)
        d2 = fine[i]
        steep = (math.sqrt(gx * gx + gz * gz) - ground.slope) * ground.inv_slope_range
        wall = min(max(steep, f32(0)), f32(1))
        any_wall += wall  # a sum: a `max` here stops the whole loop from becoming SIMD
        other = min(max(d1 * f32(1.6) + f32(0.5), f32(0)), f32(1))
        worn = (path - f32(0.5) + d1 * f32(0.5) + d2 * f32(0.3)) * f32(2.5) + f32(0.5)
        worn = min(max(worn, f32(0)), f32(1)) if path > f32(0.02) else f32(0)
        r = ground.base_r + (ground.other_r - ground.base_r) * other
        g = ground.base_g + (ground.other_g - ground.base_g) * other
        b = ground.base_b + (ground.other_b - ground.base_b) * other
        red[i] = r + (ground.path_r - r) * worn
        green[i] = g + (ground.path_g - g) * worn
        blue[i] = b + (ground.path_b - b) * worn
        slope_x[i] = gx
        slope_z[i] = gz
        coarse[i] = d1
        walls[i] = wall
        world_x[i] = wx
        world_z[i] = wz
        world_y[i] = view.y + e * z
    if any_wall > 0:
        layer_r = strata[0]
        layer_g = strata[1]
        layer_b = strata[2]
        layers = f32(strata.shape[1]) / ground.height_range
        top = f32(strata.shape[1] - 1)
        for i in range(count):
            wx = world_x[i]
            wz = world_z[i]
            wy = world_y[i]
            wall = walls[i]
            slant = wx * grain.bands_tilt
            bands = sample(wall_map, wx * grain.bands + wz * f32(0.4), wy * f32(2.2) + slant, detail_n) - f32(0.5)
            runs = sample(wall_map, wx * grain.runs + wz * f32(2.6), wy * f32(0.35) + f32(7), detail_n) - f32(0.5)
            slant = f32(3) + wx * grain.warp_tilt - wz * f32(0.2)
            warp = sample(wall_map, wx * grain.warp + wz * f32(0.45), slant, detail_n) - f32(0.5)
            at = (wy - ground.lowest + warp * f32(2.6) + bands * f32(0.12)) * layers
            layer = u32(i32(min(max(at, f32(0)), top)))
            q = f32(1) + (bands * f32(0.5) + runs * f32(0.7)) * ground.wall_noise
            red[i] += (layer_r[layer] * q - red[i]) * wall
            green[i] += (layer_g[layer] * q - green[i]) * wall
            blue[i] += (layer_b[layer] * q - blue[i]) * wall
    flash_r = light.flash * f32(0.25)
    flash_g = light.flash * f32(0.28)
    flash_b = light.flash * f32(0.36)
    for i in range(count):
        d1 = coarse[i]
        d2 = fine[i]
        wall = walls[i]
        fade = f32(1) / (f32(1) + depth[i] * f32(0.03))
        q = f32(1) + (d1 * f32(0.22) + d2 * f32(0.34) * fade) * (f32(1) - wall * f32(0.6))
        bumps = (f32(1) - wall) * fade
        gx = slope_x[i] + d2 * f32(0.30) * bumps
        gz = slope_z[i] + d1 * f32(0.22) * bumps
        ny = f32(1) / math.sqrt(f32(1) + gx * gx + gz * gz)
        sun = max((light.key_y - gx * light.key_x - gz * light.key_z) * ny, f32(0)) * sunlit[i]
        up = f32(0.5) + f32(0.5) * ny
        down = f32(1) - up
        ao = occlusion[i]
        red[i] *= q * (light.sun_r * sun + (light.ambient_r * up + light.bounce_r * down) * ao + flash_r * up)
        green[i] *= q * (light.sun_g * sun + (light.ambient_g * up + light.bounce_g * down) * ao + flash_g * up)
        blue[i] *= q * (light.sun_b * sun + (light.ambient_b * up + light.bounce_b * down) * ao + flash_b * up)
