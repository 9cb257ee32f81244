"""Shading of water: an ocean's waves and foam, or still water with ripples; Fresnel, sky, sparkle, lit crests."""

from __future__ import annotations

import math

from numba import float32 as f32
from numba import int32 as i32
from numba import uint32 as u32

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.animatic.kernels.pack import SLOPE_SCALE
from flashreel.engines.animatic.kernels.params import Light, Plane, RowScratch, View, Water, Words
from flashreel.engines.animatic.kernels.sampling import blend_bytes, blend_halves, floor_of, sample


@kernel
def water_pixels(
    first: int,
    count: int,
    elevation: float,
    view: View,
    light: Light,
    water: Water,
    relief: Words,
    n: int,
    inv_texel: float,
    detail: Words,
    detail_n: int,
    gradient: Plane,
    scratch: RowScratch,
) -> None:
    """As `terrain`, for pixels of water; `gradient` is the sky's (3, steps), which the water mirrors."""
    column = scratch.column[first : first + count]
    depth = scratch.depth[first : first + count]
    world_y = scratch.world_y
    red = scratch.red
    green = scratch.green
    blue = scratch.blue
    sky_r = gradient[0]
    sky_g = gradient[1]
    sky_b = gradient[2]
    steps = f32(gradient.shape[1] / 1.1)
    top = f32(gradient.shape[1] - 1)
    e = elevation
    mask = i32(n - 1)
    body = (light.ambient_r + light.ambient_g + light.ambient_b) * f32(0.55) + light.sun_g * f32(0.25)
    ocean = water.ocean
    still = f32(1) - ocean
    # two layers of ripples: scale (texels a metre), ocean and still
    a_x = f32(11) * ocean + f32(3.1) * still
    a_z = f32(11) * ocean + f32(6) * still
    b_x = f32(5) * ocean + f32(1.3) * still
    b_z = f32(5) * ocean + f32(2.7) * still
    foam_r = light.ambient_r * f32(1.1) + light.sun_r * f32(0.35)
    foam_g = light.ambient_g * f32(1.1) + light.sun_g * f32(0.35)
    foam_b = light.ambient_b * f32(1.1) + light.sun_b * f32(0.35)
    flash_r = light.flash * f32(0.10)
    flash_g = light.flash * f32(0.13)
    flash_b = light.flash * f32(0.17)
    for i in range(count):
        z = depth[i]
        k = (f32(column[i]) + f32(0.5) - view.cx) * view.inv_focal
        dx = view.sin + view.cos * k
        dz = view.cos - view.sin * k
        inv_length = f32(1) / math.sqrt(dx * dx + dz * dz + e * e)
        wx = view.x + dx * z
        rx = view.backdrop_x + dx * z  # ripples come along on a looping trip
        wz = view.z + dz * z
        wy = view.y + e * z
        u = wx * inv_texel
        v = wz * inv_texel
        iu = floor_of(u)
        iv = floor_of(v)
        fu = u - f32(iu)
        fv = v - f32(iv)
        o = u32(((iv & mask) * i32(n) + (iu & mask)) * i32(8))
        gx = (blend_halves(relief[o], relief[o + u32(1)], fu, fv) - f32(32768)) * f32(1 / SLOPE_SCALE)
        gz = (blend_halves(relief[o + u32(2)], relief[o + u32(3)], fu, fv) - f32(32768)) * f32(1 / SLOPE_SCALE)
        foam = blend_bytes(relief[o + u32(4)], fu, fv)
        fade = f32(1) / (f32(1) + z * f32(0.03))
        r1 = sample(detail, rx * a_x + water.first_u, wz * a_z + water.first_v, detail_n) - f32(0.5)
        r2 = sample(detail, rx * b_x + water.second_u, wz * b_z + water.second_v, detail_n) - f32(0.5)
        gx = ocean * (gx + (r1 + r2) * f32(0.35) * fade) + still * (r1 * f32(0.20) * fade + r2 * f32(0.05))
        gz = ocean * (gz + (r2 - r1) * f32(0.35) * fade) + still * (r2 * f32(0.28) * fade + r1 * f32(0.06))
        ny = f32(1) / math.sqrt(f32(1) + gx * gx + gz * gz)
        nx = -gx * ny
        nz = -gz * ny
        vx = -dx * inv_length
        vy = -e * inv_length
        vz = -dz * inv_length
        facing = max(nx * vx + ny * vy + nz * vz, f32(0.02))
        om = f32(1) - facing
        om2 = om * om
        fresnel = min(f32(0.03) + f32(0.97) * om2 * om2 * om, f32(0.92))
        mx = f32(2) * facing * nx - vx
        ry = f32(2) * facing * ny - vy
        rz = f32(2) * facing * nz - vz
        s = u32(i32(min((max(ry, f32(0)) + f32(0.1)) * steps, top)))
        glint = max(mx * light.disc_x + ry * light.disc_y + rz * light.disc_z, f32(0))
        p2 = glint * glint
        p4 = p2 * p2
        p8 = p4 * p4
        p16 = p8 * p8
        p32 = p16 * p16
        p64 = p32 * p32
        shine = p8 * f32(0.12) + p64 * p64 * p32 * p16 * p4 * water.sparkle
        crest = f32(0.55) + min(max(wy * water.crest, f32(0)), f32(1.2))
        deep = crest * body * (f32(1) - fresnel)
        r = water.r * deep + (sky_r[s] + light.sun_r * shine) * fresnel
        g = water.g * deep + (sky_g[s] + light.sun_g * shine) * fresnel
        b = water.b * deep + (sky_b[s] + light.sun_b * shine) * fresnel
        white = (foam + (r1 + r2) * f32(0.7) * foam - f32(0.45)) * f32(2.2)
        white = min(max(white, f32(0)), f32(0.9)) * ocean
        red[i] = r + (foam_r - r) * white + flash_r
        green[i] = g + (foam_g - g) * white + flash_g
        blue[i] = b + (foam_b - b) * white + flash_b
        world_y[i] = wy
