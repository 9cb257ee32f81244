"""The last pass: glow, vignette, saturation, tone curve, grain, straight to I420 (BT.709, limited range)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import float32 as f32
from numba import int32 as i32
from numba import uint32 as u32

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.animatic.kernels.params import Pixels, Plane


class FinishScratch(NamedTuple):
    """Rows: the glow at quarter width and at full width, and the sums of colour differences of a row pair."""

    small_r: Plane
    small_g: Plane
    small_b: Plane
    wide_r: Plane
    wide_g: Plane
    wide_b: Plane
    blue_minus_luma: Plane
    red_minus_luma: Plane


def finish_scratch(width: int) -> FinishScratch:
    """Fresh scratch for rows of `width` pixels."""
    return FinishScratch(*(np.zeros(width + 16, np.float32) for _ in FinishScratch._fields))


class Grade(NamedTuple):
    """Exposure, saturation, tint per channel, vignette."""

    exposure: np.float32
    saturation: np.float32
    tint_r: np.float32
    tint_g: np.float32
    tint_b: np.float32
    vignette: np.float32


@kernel
def _widen4(small: Plane, n: int, wide: Plane) -> None:
    """A quarter-width row, bilinear to full width in two steps per texel: the glow has no finer detail."""
    for x in range(1, n - 1):
        centre = small[x] * f32(0.75)
        left = small[x - 1] * f32(0.25) + centre
        right = small[x + 1] * f32(0.25) + centre
        wide[4 * x] = left
        wide[4 * x + 1] = left
        wide[4 * x + 2] = right
        wide[4 * x + 3] = right
    for j in range(4):
        wide[j] = small[0]
        wide[4 * n - 4 + j] = small[n - 1]


@kernel
def finish(
    red: Plane,
    green: Plane,
    blue: Plane,
    glow_r: Plane,
    glow_g: Plane,
    glow_b: Plane,
    tone: Plane,
    grade: Grade,
    grain: Plane,
    grain_y: int,
    grain_x: int,
    luma: Pixels,
    chroma_u: Pixels,
    chroma_v: Pixels,
    scratch: FinishScratch,
) -> None:
    """Linear light (rows, columns) to the three planes of I420.

    `glow` is quarter size; `tone` is indexed by the square root of light from 0 to 4; `grain` is (n, columns + n) and
    is read from (`grain_y`, `grain_x`) on, n a power of two.
    """
    rows, columns = red.shape
    glow_rows, glow_columns = glow_r.shape
    steps = f32(tone.shape[0] / 4.0)
    top = f32(tone.shape[0] - 1)
    grain_mask = grain.shape[0] - 1
    inv_width = f32(1.0 / columns)
    small_r = scratch.small_r
    small_g = scratch.small_g
    small_b = scratch.small_b
    wide_r = scratch.wide_r
    wide_g = scratch.wide_g
    wide_b = scratch.wide_b
    sum_u = scratch.blue_minus_luma
    sum_v = scratch.red_minus_luma
    for pair in range(rows // 2):
        v = max((pair * 2 + 1) * 0.25 - 0.5, 0.0)
        upper = min(int(v), glow_rows - 2)
        f = f32(min(v - upper, 1.0))
        for x in range(glow_columns):
            small_r[x] = glow_r[upper, x] + (glow_r[upper + 1, x] - glow_r[upper, x]) * f
            small_g[x] = glow_g[upper, x] + (glow_g[upper + 1, x] - glow_g[upper, x]) * f
            small_b[x] = glow_b[upper, x] + (glow_b[upper + 1, x] - glow_b[upper, x]) * f
        _widen4(small_r, glow_columns, wide_r)
        _widen4(small_g, glow_columns, wide_g)
        _widen4(small_b, glow_columns, wide_b)
        ny = f32((pair * 2 + 1) / rows - 0.5)
        fall = grade.exposure * grade.vignette * f32(1.6)
        centre = grade.exposure - fall * ny * ny
        for j in range(2):
            y = pair * 2 + j
            in_r = red[y]
            in_g = green[y]
            in_b = blue[y]
            noise = grain[(y + grain_y) & grain_mask]
            out = luma[y]
            for x in range(columns):
                nx = (f32(x) + f32(0.5)) * inv_width - f32(0.5)
                exposure = centre - fall * nx * nx
                r = (in_r[x] + wide_r[x]) * exposure * grade.tint_r
                g = (in_g[x] + wide_g[x]) * exposure * grade.tint_g
                b = (in_b[x] + wide_b[x]) * exposure * grade.tint_b
                grey = f32(0.2126) * r + f32(0.7152) * g + f32(0.0722) * b
                r = max(grey + (r - grey) * grade.saturation, f32(0))
                g = max(grey + (g - grey) * grade.saturation, f32(0))
                b = max(grey + (b - grey) * grade.saturation, f32(0))
                speck = noise[x + grain_x]
                r = tone[u32(i32(min(math.sqrt(r) * steps, top)))] + speck
                g = tone[u32(i32(min(math.sqrt(g) * steps, top)))] + speck
                b = tone[u32(i32(min(math.sqrt(b) * steps, top)))] + speck
                r = min(max(r, f32(0)), f32(1))
                g = min(max(g, f32(0)), f32(1))
                b = min(max(b, f32(0)), f32(1))
                bright = f32(0.2126) * r + f32(0.7152) * g + f32(0.0722) * b
                out[x] = np.uint8(i32(f32(16.5) + f32(219) * bright))
                if j == 0:
                    sum_u[x] = b - bright
                    sum_v[x] = r - bright
                else:
                    sum_u[x] += b - bright
                    sum_v[x] += r - bright
        row_u = chroma_u[pair]
        row_v = chroma_v[pair]
        for x in range(columns // 2):
            row_u[x] = np.uint8(i32(f32(128.5) + f32(224 * 0.25 / 1.8556) * (sum_u[2 * x] + sum_u[2 * x + 1])))
            row_v[x] = np.uint8(i32(f32(128.5) + f32(224 * 0.25 / 1.5748) * (sum_v[2 * x] + sum_v[2 * x + 1])))
