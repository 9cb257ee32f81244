"""Glow of what is bright: bloom at a quarter of the size, light shafts at an eighth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import float32 as f32
from numba import int32 as i32
from numpy.typing import NDArray

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.animatic.kernels.params import Plane

Planes = NDArray[np.float32]  # (3, rows, columns)


class RgbRow(NamedTuple):
    """Three rows, each a separate array."""

    r: Plane
    g: Plane
    b: Plane


def rgb_row(width: int) -> RgbRow:
    """Fresh rows of `width` values."""
    return RgbRow(*(np.zeros(width, np.float32) for _ in range(3)))


@kernel
def bright_parts(
    red: Plane,
    green: Plane,
    blue: Plane,
    out_r: Plane,
    out_g: Plane,
    out_b: Plane,
    row: RgbRow,
    threshold: float,
) -> None:
    """What exceeds the threshold, 4×4 pixels to one. `row` is scratch as wide as the picture."""
    columns = red.shape[1]
    limit = f32(threshold)
    row_r = row.r
    row_g = row.g
    row_b = row.b
    for y in range(out_r.shape[0]):
        for x in range(columns):
            row_r[x] = 0
            row_g[x] = 0
            row_b[x] = 0
        for j in range(4):
            in_r = red[y * 4 + j]
            in_g = green[y * 4 + j]
            in_b = blue[y * 4 + j]
            for x in range(columns):
                r = in_r[x]
                g = in_g[x]
                b = in_b[x]
                light = f32(0.3) * r + f32(0.55) * g + f32(0.15) * b
                inverse = f32(1) / max(light, f32(1e-6))
                q = max(light - limit, f32(0)) * inverse * min(f32(6) * inverse, f32(1)) * f32(1 / 16.0)
                row_r[x] += r * q
                row_g[x] += g * q
                row_b[x] += b * q
        small_r = out_r[y]
        small_g = out_g[y]
        small_b = out_b[y]
        for x in range(columns // 4):
            small_r[x] = row_r[4 * x] + row_r[4 * x + 1] + row_r[4 * x + 2] + row_r[4 * x + 3]
            small_g[x] = row_g[4 * x] + row_g[4 * x + 1] + row_g[4 * x + 2] + row_g[4 * x + 3]
            small_b[x] = row_b[4 * x] + row_b[4 * x + 1] + row_b[4 * x + 2] + row_b[4 * x + 3]


@kernel
def halve(source: Planes, out: Planes) -> None:
    """2×2 pixels to one."""
    for c in range(3):
        for y in range(out.shape[1]):
            a = source[c, 2 * y]
            b = source[c, 2 * y + 1]
            row = out[c, y]
            for x in range(out.shape[2]):
                row[x] = (a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1]) * f32(0.25)


@kernel
def blur_transposed(source: Planes, out: Planes, sums: Plane, radius: int) -> None:
    """Box blur down the columns, written transposed: two calls blur both ways. `sums` is scratch, one row."""
    planes, rows, columns = source.shape
    weight = f32(1.0 / (2 * radius + 1))
    for c in range(planes):
        for x in range(columns):
            sums[x] = 0
        for i in range(-radius, radius + 1):
            row = source[c, min(max(i, 0), rows - 1)]
            for x in range(columns):
                sums[x] += row[x]
        for y in range(rows):
            enters = source[c, min(y + radius + 1, rows - 1)]
            leaves = source[c, max(y - radius, 0)]
            for x in range(columns):
                out[c, x, y] = sums[x] * weight
            for x in range(columns):
                sums[x] += enters[x] - leaves[x]


@kernel
def light_shafts(source: Planes, out: Planes, sun_x: float, sun_y: float, steps: int, decay: float) -> None:
    """Radial blur of the bright parts towards the sun (in pixels of these planes)."""
    rows, columns = source.shape[1], source.shape[2]
    for y in range(rows):
        for x in range(columns):
            dx = (f32(sun_x) - f32(x)) * f32(0.85) / f32(steps)
            dy = (f32(sun_y) - f32(y)) * f32(0.85) / f32(steps)
            px = f32(x) + f32(0.5)
            py = f32(y) + f32(0.5)
            weight = f32(1)
            total = f32(0)
            r = f32(0)
            g = f32(0)
            b = f32(0)
            for _ in range(steps):
                px += dx
                py += dy
                total += weight
                ix = i32(px)
                iy = i32(py)
                if px >= 0 and py >= 0 and ix < columns and iy < rows:
                    r += source[0, iy, ix] * weight
                    g += source[1, iy, ix] * weight
                    b += source[2, iy, ix] * weight
                weight *= f32(decay)
            out[0, y, x] = r / total
            out[1, y, x] = g / total
            out[2, y, x] = b / total


@kernel
def combine_glow(bloom: Planes, shafts: Planes, bloom_gain: float, shaft_gain: float, out: Planes) -> None:
    """bloom * gain + shafts * gain, the half-size shafts widened bilinearly."""
    rows, columns = bloom.shape[1], bloom.shape[2]
    small_rows, small_columns = shafts.shape[1], shafts.shape[2]
    kb = f32(bloom_gain)
    ks = f32(shaft_gain)
    for c in range(3):
        for y in range(rows):
            row = bloom[c, y]
            result = out[c, y]
            for x in range(columns):
                result[x] = row[x] * kb
            if shaft_gain > 0:
                v = max((y - 0.5) * 0.5, 0.0)
                upper = min(int(v), small_rows - 2)
                f = f32(min(v - upper, 1.0))
                p = shafts[c, upper]
                q = shafts[c, upper + 1]
                for x in range(small_columns):
                    xl = max(x - 1, 0)
                    xr = min(x + 1, small_columns - 1)
                    middle = (p[x] + (q[x] - p[x]) * f) * f32(0.75)
                    left = p[xl] + (q[xl] - p[xl]) * f
                    right = p[xr] + (q[xr] - p[xr]) * f
                    result[2 * x] += ks * (middle + left * f32(0.25))
                    result[2 * x + 1] += ks * (middle + right * f32(0.25))
