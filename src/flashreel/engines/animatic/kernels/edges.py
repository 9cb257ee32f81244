"""Anti-aliasing of the marched land: crests by their coverage, the rest at depth steps."""

from __future__ import annotations

from numba import float32 as f32

from flashreel.engines.animatic.jit import kernel
from flashreel.engines.animatic.kernels.params import Plane


@kernel
def soften_edges(
    red: Plane, green: Plane, blue: Plane, depth: Plane, edge: Plane, out_r: Plane, out_g: Plane, out_b: Plane
) -> None:
    """All planes (rows, columns). `edge` is `march`'s coverage of a crest's pixel."""
    rows, columns = depth.shape
    for y in range(rows):
        above = max(y - 1, 0)
        below = min(y + 1, rows - 1)
        z_here = depth[y]
        z_above = depth[above]
        z_below = depth[below]
        e_here = edge[y]
        r0 = red[y]
        g0 = green[y]
        b0 = blue[y]
        ru = red[above]
        gu = green[above]
        bu = blue[above]
        rd = red[below]
        gd = green[below]
        bd = blue[below]
        ro = out_r[y]
        go = out_g[y]
        bo = out_b[y]
        for x in range(1, columns - 1):
            z = z_here[x]
            e = e_here[x]
            down = e if (e > f32(0)) & (z_below[x] < z * f32(0.97)) else f32(0)
            up = -e if (e < f32(0)) & (z_above[x] > z * f32(1.03)) else f32(0)
            zl = z_here[x - 1]
            zr = z_here[x + 1]
            high = z * f32(1.06)
            low = z * f32(0.94)
            left = f32(0.25) if (zl > high) | (zl < low) else f32(0)
            right = f32(0.25) if (zr > high) | (zr < low) else f32(0)
            v = r0[x]
            v += (rd[x] - v) * down
            v += (ru[x] - v) * up
            v += (r0[x - 1] - v) * left
            v += (r0[x + 1] - v) * right
            ro[x] = v
            v = g0[x]
            v += (gd[x] - v) * down
            v += (gu[x] - v) * up
            v += (g0[x - 1] - v) * left
            v += (g0[x + 1] - v) * right
            go[x] = v
            v = b0[x]
            v += (bd[x] - v) * down
            v += (bu[x] - v) * up
            v += (b0[x - 1] - v) * left
            v += (b0[x + 1] - v) * right
            bo[x] = v
        ro[0] = r0[0]
        go[0] = g0[0]
        bo[0] = b0[0]
        ro[columns - 1] = r0[columns - 1]
        go[columns - 1] = g0[columns - 1]
        bo[columns - 1] = b0[columns - 1]
