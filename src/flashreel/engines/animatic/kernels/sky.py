"""The sky: clouds on a plane, at half resolution, and the row of gradient, glow, disc and clouds behind the land."""

from __future__ import annotations

import math

from numba import float32 as f32
from numba import int32 as i32
from numba import uint32 as u32

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.animatic.kernels.params import Air, Disc, Light, Plane, RowScratch, View, Words
from flashreel.engines.animatic.kernels.sampling import sample


@kernel
def clouds(
    packed: Words,
    n: int,
    view: View,
    sun_x: float,
    sun_y: float,
    drift_u_: float,
    drift_v_: float,
    cover: float,
    contrast_: float,
    scale: float,
    lit: Plane,
    shaded: Plane,
    red: Plane,
    green: Plane,
    blue: Plane,
    alpha: Plane,
    last: int,
) -> None:
    """Premultiplied clouds, rows 0 to `last` of half-size planes.

    `packed` is an n×n noise map; (`sun_x`, `sun_y`) is the sun in full-size pixels: clouds are lit by the density on
    the way to it. `lit` and `shaded` are linear RGB.
    """
    columns = red.shape[1]
    drift_u = f32(drift_u_)
    drift_v = f32(drift_v_)
    contrast = f32(contrast_)
    sunx = f32(sun_x)
    bare = f32(1 - cover)
    lit_r = lit[0]
    lit_g = lit[1]
    lit_b = lit[2]
    dark_r = shaded[0]
    dark_g = shaded[1]
    dark_b = shaded[2]
    for y in range(last):
        out_r = red[y]
        out_g = green[y]
        out_b = blue[y]
        out_a = alpha[y]
        elevation = (view.cy - f32(y * 2 + 1)) * view.inv_focal
        if elevation < 0.012:
            for x in range(columns):
                out_r[x] = 0
                out_g[x] = 0
                out_b[x] = 0
                out_a[x] = 0
            continue
        distance = f32(scale / (elevation + 0.06))
        fade = f32(min(elevation / 0.12, 1.0))
        to_sun_y = f32(sun_y - y * 2)
        for x in range(columns):
            k = (f32(x) * f32(2) + f32(1) - view.cx) * view.inv_focal
            u = (view.sin + view.cos * k) * distance + drift_u
            v = (view.cos - view.sin * k) * distance + drift_v
            density = (
                sample(packed, u, v, n) * f32(0.65)
                + sample(packed, u * f32(2.03) + f32(17), v * f32(2.03) + f32(31), n) * f32(0.24)
                + sample(packed, u * f32(5.1) + drift_u, v * f32(5.1), n) * f32(0.11)
            )
            d = min(max((density - bare) * contrast, f32(0)), f32(1))
            to_sun_x = sunx - f32(x) * f32(2)
            reach = f32(9) / (math.sqrt(to_sun_x * to_sun_x + to_sun_y * to_sun_y) + f32(1))
            blocking = sample(packed, u + to_sun_x * reach, v - to_sun_y * reach, n) * f32(0.65) + f32(0.175)
            light = min(max((density - blocking) * f32(3) + f32(0.55), f32(0)), f32(1))
            a = d * d * (f32(3) - f32(2) * d) * fade
            out_r[x] = (dark_r + (lit_r - dark_r) * light) * a
            out_g[x] = (dark_g + (lit_g - dark_g) * light) * a
            out_b[x] = (dark_b + (lit_b - dark_b) * light) * a
            out_a[x] = a


@kernel
def _widen(half: Plane, upper: int, lower: int, f: float, out: Plane) -> None:
    """One full-size row of a half-size plane: between rows `upper` and `lower`, then bilinear along the row."""
    a = half[upper]
    b = half[lower]
    last = half.shape[1] - 1
    for i in range(half.shape[1]):
        left = max(i - 1, 0)
        right = min(i + 1, last)
        middle = f32(0.75) * (a[i] + (b[i] - a[i]) * f)
        out[2 * i] = middle + f32(0.25) * (a[left] + (b[left] - a[left]) * f)
        out[2 * i + 1] = middle + f32(0.25) * (a[right] + (b[right] - a[right]) * f)


@kernel
def sky_row(
    y: int,
    elevation: float,
    view: View,
    light: Light,
    air: Air,
    disc: Disc,
    gradient: Plane,
    cloud_r: Plane,
    cloud_g: Plane,
    cloud_b: Plane,
    cloud_a: Plane,
    scratch: RowScratch,
    red: Plane,
    green: Plane,
    blue: Plane,
) -> None:
    """A whole row of sky, also where land will be drawn over it: one straight loop is cheaper than choosing."""
    upper_row = max(y * 0.5 - 0.25, 0.0)
    upper = min(int(upper_row), cloud_r.shape[0] - 1)
    lower = min(upper + 1, cloud_r.shape[0] - 1)
    between = f32(upper_row - upper)
    _widen(cloud_r, upper, lower, between, scratch.cloud_r)
    _widen(cloud_g, upper, lower, between, scratch.cloud_g)
    _widen(cloud_b, upper, lower, between, scratch.cloud_b)
    _widen(cloud_a, upper, lower, between, scratch.cloud_a)
    row_r = scratch.cloud_r
    row_g = scratch.cloud_g
    row_b = scratch.cloud_b
    row_a = scratch.cloud_a
    sky_r = gradient[0]
    sky_g = gradient[1]
    sky_b = gradient[2]
    steps = f32(gradient.shape[1] / 1.1)
    top = f32(gradient.shape[1] - 1)
    e = f32(elevation)
    dy2 = (f32(y) - disc.y) * (f32(y) - disc.y)
    flash_r = light.flash * f32(0.5)
    flash_g = light.flash * f32(0.55)
    flash_b = light.flash * f32(0.7)
    for x in range(red.shape[0]):
        k = (f32(x) + f32(0.5) - view.cx) * view.inv_focal
        dx = view.sin + view.cos * k
        dz = view.cos - view.sin * k
        inv_length = f32(1) / math.sqrt(dx * dx + dz * dz + e * e)
        mu = max((dx * light.disc_x + e * light.disc_y + dz * light.disc_z) * inv_length, f32(0))
        wide = mu * mu
        wide = wide * wide
        wide = wide * wide
        tight = wide * wide
        tight = tight * tight
        tight = tight * tight
        i = u32(i32(min(max((e * inv_length + f32(0.1)) * steps, f32(0)), top)))
        from_disc = math.sqrt((f32(x) - disc.x) * (f32(x) - disc.x) + dy2) - disc.radius
        inside = min(max(f32(0.5) - from_disc * f32(0.5), f32(0)), f32(1)) * disc.gain
        sun = (wide * f32(0.10) + tight * f32(0.35)) * air.glow + inside
        a = row_a[x]
        clear = f32(1) - a
        through = tight * a * f32(0.12) * air.glow
        red[x] = (sky_r[i] + light.sun_r * sun) * clear + row_r[x] + light.sun_r * through + flash_r
        green[x] = (sky_g[i] + light.sun_g * sun) * clear + row_g[x] + light.sun_g * through + flash_g
        blue[x] = (sky_b[i] + light.sun_b * sun) * clear + row_b[x] + light.sun_b * through * f32(0.8333) + flash_b
