"""Soft round or streaked particles with a depth test: snow, rain, motes, stars, glows."""

from __future__ import annotations

from numba import float32 as f32

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.animatic.kernels.params import Plane


@kernel
def draw_dots(
    red: Plane,
    green: Plane,
    blue: Plane,
    depth: Plane,
    dots: Plane,
    color: Plane,
    added: bool,
    streak_x_: float,
    streak_y_: float,
) -> None:
    """`dots` is (n, 5) float32: column, row and depth limit, radius (pixels), opacity.

    A dot shows where the depth buffer is at least its limit. `added` makes it light instead of paint. A streak runs
    from -(`streak_x`, `streak_y`) to + that, in radii; (0, 0) is round.
    """
    rows, columns = depth.shape
    cr = color[0]
    cg = color[1]
    cb = color[2]
    streak_x = f32(streak_x_)
    streak_y = f32(streak_y_)
    streaked = streak_x != 0 or streak_y != 0
    length2 = max(streak_x * streak_x + streak_y * streak_y, f32(1e-6))
    keep = f32(0) if added else f32(1)
    for n in range(dots.shape[0]):
        cx = dots[n, 0]
        cy = dots[n, 1]
        limit = dots[n, 2]
        r = dots[n, 3]
        opacity = dots[n, 4]
        inv_length = f32(1) / (length2 * r)
        inv_r2 = f32(1) / (r * r + f32(0.3))
        width = (r * r + f32(0.3)) ** f32(0.5)
        reach_y = r * abs(streak_y) + width
        first = max(int(cy - reach_y - 1), 0)
        last = min(int(cy + reach_y + 2), rows)
        for y in range(first, last):
            py = f32(y) + f32(0.5) - cy
            lean = f32(0)
            reach = width + r * abs(streak_x)
            if streaked and abs(streak_y) > abs(streak_x):
                # along this row only a short piece of the streak is near
                h0 = min(max((py - width) / (streak_y * r), f32(-1)), f32(1))
                h1 = min(max((py + width) / (streak_y * r), f32(-1)), f32(1))
                lean = (h0 + h1) * f32(0.5) * streak_x * r
                reach = width + abs(h1 - h0) * f32(0.5) * abs(streak_x) * r
            left = max(int(cx + lean - reach - 1), 0)
            right = min(int(cx + lean + reach + 2), columns)
            if left >= right:
                continue
            row_r = red[y, left:right]
            row_g = green[y, left:right]
            row_b = blue[y, left:right]
            row_z = depth[y, left:right]
            for i in range(right - left):
                px = f32(left + i) + f32(0.5) - cx
                along = min(max((px * streak_x + py * streak_y) * inv_length, f32(-1)), f32(1)) * r
                qx = px - along * streak_x
                qy = py - along * streak_y
                d = max(f32(1) - (qx * qx + qy * qy) * inv_r2, f32(0))
                a = min(d * d * opacity, f32(1))
                a = a if row_z[i] >= limit else f32(0)
                row_r[i] += (cr - row_r[i] * keep) * a
                row_g[i] += (cg - row_g[i] * keep) * a
                row_b[i] += (cb - row_b[i] * keep) * a
