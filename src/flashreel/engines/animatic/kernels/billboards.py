"""Billboards: flat sprites from one atlas, drawn far to near with depth test, light, fog and sway."""

from __future__ import annotations

import math

import numpy as np
from numba import float32 as f32
from numba import int32 as i32
from numba import uint32 as u32
from numpy.typing import NDArray

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.animatic.kernels.params import Numbers, Plane, Words
from flashreel.engines.animatic.kernels.sampling import floor_of

# Columns of a draw list: one row per billboard, float64.
TEXEL, TEX_W, TEX_H, SPAN = 0, 1, 2, 3  # where its mip and its row spans begin, the mip's size
LEFT, TOP, WIDTH, HEIGHT = 4, 5, 6, 7  # on the screen, pixels
DEPTH, TEST = 8, 9  # metres; drawn where the depth buffer is at least TEST
LIGHT_R, LIGHT_G, LIGHT_B, FOG, ALPHA, EMISSION = 10, 11, 12, 13, 14, 15
SWAY, FLIP, SOLID = 16, 17, 18  # pixels at the top; mirrored; writes depth
DRAW_COLUMNS = 19


@kernel
def _billboard_row(
    red: Plane,
    green: Plane,
    blue: Plane,
    depth: Plane,
    atlas: Words,
    linear: Plane,
    row0: int,
    row1: int,
    tex_w: int,
    u0: float,
    du: float,
    fv: float,
    z: float,
    test: float,
    alpha: float,
    light_r: float,
    light_g: float,
    light_b: float,
    fog_r: float,
    fog_g: float,
    fog_b: float,
    fog: float,
    solid: float,
) -> None:
    """One row of one billboard; texel u = u0 + du*x. Texels are premultiplied RGBA bytes in a word."""
    top = i32(tex_w - 1)
    clear = f32(1) - fog
    mist_r = fog_r * fog
    mist_g = fog_g * fog
    mist_b = fog_b * fog
    byte = u32(255)
    for x in range(red.shape[0]):
        u = u0 + du * f32(x)
        iu = floor_of(u)
        fu = u - f32(iu)
        c0 = min(max(iu, i32(0)), top)
        c1 = min(max(iu + i32(1), i32(0)), top)
        a = atlas[u32(row0 + c0)]
        b = atlas[u32(row0 + c1)]
        c = atlas[u32(row1 + c0)]
        d = atlas[u32(row1 + c1)]
        p = f32(i32(a >> u32(24)))
        q = f32(i32(c >> u32(24)))
        p = p + (f32(i32(b >> u32(24))) - p) * fu
        q = q + (f32(i32(d >> u32(24))) - q) * fu
        cover = p + (q - p) * fv
        unpremultiply = f32(255) / max(cover, f32(0.8))
        p = f32(i32(a & byte))
        q = f32(i32(c & byte))
        p = p + (f32(i32(b & byte)) - p) * fu
        q = q + (f32(i32(d & byte)) - q) * fu
        r = linear[u32(i32(min((p + (q - p) * fv) * unpremultiply, f32(255))))]
        p = f32(i32((a >> u32(8)) & byte))
        q = f32(i32((c >> u32(8)) & byte))
        p = p + (f32(i32((b >> u32(8)) & byte)) - p) * fu
        q = q + (f32(i32((d >> u32(8)) & byte)) - q) * fu
        g = linear[u32(i32(min((p + (q - p) * fv) * unpremultiply, f32(255))))]
        p = f32(i32((a >> u32(16)) & byte))
        q = f32(i32((c >> u32(16)) & byte))
        p = p + (f32(i32((b >> u32(16)) & byte)) - p) * fu
        q = q + (f32(i32((d >> u32(16)) & byte)) - q) * fu
        bl = linear[u32(i32(min((p + (q - p) * fv) * unpremultiply, f32(255))))]
        behind = depth[x]
        k = cover * alpha if (cover >= f32(0.8)) & (behind >= test) else f32(0)
        red[x] += (r * light_r * clear + mist_r - red[x]) * k
        green[x] += (g * light_g * clear + mist_g - green[x]) * k
        blue[x] += (bl * light_b * clear + mist_b - blue[x]) * k
        depth[x] = z if k > solid else behind


@kernel
def draw_billboards(
    red: Plane,
    green: Plane,
    blue: Plane,
    depth: Plane,
    atlas: Words,
    spans: Numbers,
    linear: Plane,
    draws: NDArray[np.float64],
    first: int,
    last: int,
    fog_r: float,
    fog_g: float,
    fog_b: float,
) -> None:
    """Draws rows `first` to `last` of the draw list, in order.

    `spans` is (rows of the atlas, 2): the first and last used texel of each, so that empty sprite is never read.
    """
    rows, columns = depth.shape
    for n in range(first, last):
        tex = int(draws[n, TEXEL])
        tex_w = int(draws[n, TEX_W])
        tex_h = int(draws[n, TEX_H])
        span = int(draws[n, SPAN])
        x0 = draws[n, LEFT]
        y0 = draws[n, TOP]
        w = draws[n, WIDTH]
        h = draws[n, HEIGHT]
        sway = draws[n, SWAY]
        mirrored = draws[n, FLIP] > 0
        emission = draws[n, EMISSION]
        alpha = f32(draws[n, ALPHA] / 255.0)
        solid = f32(0.5) if draws[n, SOLID] > 0 else f32(1e9)
        test = f32(draws[n, TEST])
        upper = max(math.floor(y0), 0)
        lower = min(math.ceil(y0 + h), rows)
        du = tex_w / w
        dv = tex_h / h
        for y in range(upper, lower):
            v = (y + 0.5 - y0) * dv - 0.5
            up = 1 - (v + 0.5) / tex_h
            left = x0 + sway * up * up
            xa = max(math.floor(left), 0)
            xb = min(math.ceil(left + w), columns)
            if xa >= xb:
                continue
            iv = math.floor(v)
            v0 = min(max(iv, 0), tex_h - 1)
            v1 = min(max(iv + 1, 0), tex_h - 1)
            used0 = min(spans[span + v0, 0], spans[span + v1, 0])
            used1 = max(spans[span + v0, 1], spans[span + v1, 1])
            if used1 < used0:
                continue
            a = (used0 - 0.5) / du
            b = (used1 + 1.5) / du
            if mirrored:
                a, b = w - b, w - a
            xa = max(xa, math.floor(left + a - 0.5))
            xb = min(xb, math.ceil(left + b - 0.5) + 1)
            if xa >= xb:
                continue
            behind = depth[y, xa:xb]
            visible = 0
            for x in range(xb - xa):
                visible += i32(behind[x] >= test)
            if visible == 0:
                continue
            u0 = (xa + 0.5 - left) * du - 0.5
            step = du
            if mirrored:
                u0 = tex_w - 1 - u0
                step = -du
            _billboard_row(
                red[y, xa:xb],
                green[y, xa:xb],
                blue[y, xa:xb],
                behind,
                atlas,
                linear,
                i32(tex + v0 * tex_w),
                i32(tex + v1 * tex_w),
                i32(tex_w),
                f32(u0),
                f32(step),
                f32(v - iv),
                f32(draws[n, DEPTH]),
                test,
                alpha,
                f32(draws[n, LIGHT_R] + emission),
                f32(draws[n, LIGHT_G] + emission),
                f32(draws[n, LIGHT_B] + emission),
                f32(fog_r),
                f32(fog_g),
                f32(fog_b),
                f32(draws[n, FOG]),
                solid,
            )
