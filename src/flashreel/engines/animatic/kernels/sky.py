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
def _widen(half: Plane, count: int, out: Plane) -> None:
    """A full-size row from `count` pixels of half its width, bilinear."""
    last = count - 1
    for i in range(1, last):
        middle = f32(0.75) * half[i]
        out[2 * i] = middle + f32(0.25) * half[i - 1]
        out[2 * i + 1] = middle + f32(0.25) * half[i + 1]
    out[0] = half[0]
    out[1] = f32(0.75) * half[0] + f32(0.25) * half[min(1, last)]
    out[2 * last] = f32(0.75) * half[last] + f32(0.25) * half[max(last - 1, 0)]
    out[2 * last + 1] = half[last]


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
    """A whole row of sky, also where land will be drawn over it: one straight loop is cheaper than choosing.

    Computed at half the width, as the clouds are; only the disc has a sharper edge, and is added pixel by pixel.
    """
    upper_row = max(y * 0.5 - 0.25, 0.0)
    upper = min(int(upper_row), cloud_r.shape[0] - 1)
    lower = min(upper + 1, cloud_r.shape[0] - 1)
    between = f32(upper_row - upper)
    upper_r = cloud_r[upper]
    upper_g = cloud_g[upper]
    upper_b = cloud_b[upper]
    upper_a = cloud_a[upper]
    lower_r = cloud_r[lower]
    lower_g = cloud_g[lower]
    lower_b = cloud_b[lower]
    lower_a = cloud_a[lower]
    half_r = scratch.cloud_r
    half_g = scratch.cloud_g
    half_b = scratch.cloud_b
    half_a = scratch.cloud_a
    sky_r = gradient[0]
    sky_g = gradient[1]
    sky_b = gradient[2]
    steps = f32(gradient.shape[1] / 1.1)
    top = f32(gradient.shape[1] - 1)
    e = f32(elevation)
    flash_r = light.flash * f32(0.5)
    flash_g = light.flash * f32(0.55)
    flash_b = light.flash * f32(0.7)
    columns = red.shape[0]
    count = columns // 2
    for i in range(count):
        k = (f32(2) * f32(i) + f32(1) - view.cx) * view.inv_focal
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
        s = u32(i32(min(max((e * inv_length + f32(0.1)) * steps, f32(0)), top)))
        sun = (wide * f32(0.10) + tight * f32(0.35)) * air.glow
        a = upper_a[i] + (lower_a[i] - upper_a[i]) * between
        clear = f32(1) - a
        through = tight * a * f32(0.12) * air.glow
        r = upper_r[i] + (lower_r[i] - upper_r[i]) * between
        g = upper_g[i] + (lower_g[i] - upper_g[i]) * between
        b = upper_b[i] + (lower_b[i] - upper_b[i]) * between
        half_r[i] = (sky_r[s] + light.sun_r * sun) * clear + r + light.sun_r * through + flash_r
        half_g[i] = (sky_g[s] + light.sun_g * sun) * clear + g + light.sun_g * through + flash_g
        half_b[i] = (sky_b[s] + light.sun_b * sun) * clear + b + light.sun_b * through * f32(0.8333) + flash_b
        half_a[i] = a
    _widen(half_r, count, red)
    _widen(half_g, count, green)
    _widen(half_b, count, blue)
    dy = f32(y) - disc.y
    reach = disc.radius + f32(1)
    if abs(dy) < reach:
        first = max(i32(disc.x - reach), 0)
        last = min(i32(disc.x + reach) + 2, columns)
        for x in range(first, last):
            dx = f32(x) - disc.x
            from_disc = math.sqrt(dx * dx + dy * dy) - disc.radius
            inside = min(max(f32(0.5) - from_disc * f32(0.5), f32(0)), f32(1)) * disc.gain
            near = half_a[x // 2]
            beside = half_a[min(max(x // 2 + 2 * (x & 1) - 1, 0), count - 1)]
            inside *= f32(1) - (f32(0.75) * near + f32(0.25) * beside)
            red[x] += light.sun_r * inside
            green[x] += light.sun_g * inside
            blue[x] += light.sun_b * inside
