"""Packing maps for the samplers: done once per scene (an ocean does it per frame)."""

from __future__ import annotations

from numba import float32 as f32
from numba import uint32 as u32

from flashreel.engines.animatic.jit import inline_kernel, kernel
from flashreel.engines.animatic.kernels.params import Plane, Scalar, Words

#: Slopes are stored in 16 bits as slope * SLOPE_SCALE + 32768: up to 8 either way.
SLOPE_SCALE = 4096.0


@inline_kernel
def _byte(value: float) -> Scalar:
    return u32(min(max(value, f32(0)), f32(1)) * f32(255) + f32(0.5))


@inline_kernel
def _half(slope: float) -> Scalar:
    return u32(min(max(slope * f32(SLOPE_SCALE) + f32(32768), f32(0)), f32(65535)))


@kernel
def pack_map(values: Plane, packed: Words) -> None:
    """(n, n) values in 0..1 -> (n*n,) words, each the 2×2 neighbourhood of a texel."""
    n = values.shape[0]
    for y in range(n):
        y1 = (y + 1) & (n - 1)
        for x in range(n):
            x1 = (x + 1) & (n - 1)
            packed[y * n + x] = (
                _byte(values[y, x])
                | (_byte(values[y, x1]) << u32(8))
                | (_byte(values[y1, x]) << u32(16))
                | (_byte(values[y1, x1]) << u32(24))
            )


@kernel
def pack_relief(slope_x: Plane, slope_z: Plane, sunlit: Plane, occlusion: Plane, path: Plane, packed: Words) -> None:
    """(n, n) maps of the land -> (n*n*8,) words: slope x (this row, next row), slope z (same), then the
    neighbourhoods of sun visibility, ambient occlusion and path; the eighth is unused."""
    n = slope_x.shape[0]
    for y in range(n):  # row by row, so that its words are still in the cache when the next map comes
        y1 = (y + 1) & (n - 1)
        for x in range(n):
            x1 = (x + 1) & (n - 1)
            o = (y * n + x) * 8
            packed[o] = _half(slope_x[y, x]) | (_half(slope_x[y, x1]) << u32(16))
            packed[o + 1] = _half(slope_x[y1, x]) | (_half(slope_x[y1, x1]) << u32(16))
            packed[o + 2] = _half(slope_z[y, x]) | (_half(slope_z[y, x1]) << u32(16))
            packed[o + 3] = _half(slope_z[y1, x]) | (_half(slope_z[y1, x1]) << u32(16))
        for k in range(3):
            values = sunlit if k == 0 else occlusion if k == 1 else path
            for x in range(n):
                x1 = (x + 1) & (n - 1)
                packed[(y * n + x) * 8 + 4 + k] = (
                    _byte(values[y, x])
                    | (_byte(values[y, x1]) << u32(8))
                    | (_byte(values[y1, x]) << u32(16))
                    | (_byte(values[y1, x1]) << u32(24))
                )


@kernel
def pack_ocean(
    height: Plane,
    texel: float,
    foam_gain: float,
    tall: float,
    packed: Words,
    slope_x: Plane,
    slope_z: Plane,
    foam: Plane,
    streaks: Plane,
) -> None:
    """One instant of an ocean in the layout of `pack_relief`, with foam in the place of sun visibility.

    Foam gathers where the surface is steep and high, and is smeared down-wind into streaks. `tall` is the height (m)
    of a typical crest; the four (n, n) planes are scratch.
    """
    n = height.shape[0]
    inv_2texel = f32(0.5 / texel)
    inv_tall = f32(1.0 / tall)
    gain = f32(foam_gain)
    m = n - 1
    for y in range(n):
        upper = height[(y - 1) & m]
        row = height[y]
        lower = height[(y + 1) & m]
        slope_x[y, 0] = (row[1] - row[m]) * inv_2texel
        slope_x[y, m] = (row[0] - row[m - 1]) * inv_2texel
        for x in range(1, m):
            slope_x[y, x] = (row[x + 1] - row[x - 1]) * inv_2texel
        for x in range(n):
            slope_z[y, x] = (lower[x] - upper[x]) * inv_2texel
    for y in range(n):
        for x in range(n):
            h = height[y, x]
            gx = slope_x[y, x]
            gz = slope_z[y, x]
            steep = min(max((gx * gx + gz * gz) ** f32(0.5) * f32(1.3) - f32(0.25), f32(0)), f32(1))
            s = min(max((h - f32(0.2)) * f32(1 / 1.4), f32(0)), f32(1))
            c = min(max((h * inv_tall - f32(1.8)) * f32(1 / 1.4), f32(0)), f32(1))
            foam[y, x] = steep * s * s * (f32(3) - f32(2) * s) + c * c * (f32(3) - f32(2) * c) * f32(0.25)
    for y in range(n):
        near = foam[(y - 1) & m]
        far = foam[(y - 3) & m]
        for x in range(n):
            streaks[y, x] = (foam[y, x] + f32(0.5) * near[(x - 2) & m] + f32(0.3) * far[(x - 5) & m]) * gain
    for y in range(n):
        y1 = (y + 1) & m
        for x in range(n):
            x1 = (x + 1) & m
            o = (y * n + x) * 8
            packed[o] = _half(slope_x[y, x]) | (_half(slope_x[y, x1]) << u32(16))
            packed[o + 1] = _half(slope_x[y1, x]) | (_half(slope_x[y1, x1]) << u32(16))
            packed[o + 2] = _half(slope_z[y, x]) | (_half(slope_z[y, x1]) << u32(16))
            packed[o + 3] = _half(slope_z[y1, x]) | (_half(slope_z[y1, x1]) << u32(16))
            packed[o + 4] = (
                _byte(streaks[y, x])
                | (_byte(streaks[y, x1]) << u32(8))
                | (_byte(streaks[y1, x]) << u32(16))
                | (_byte(streaks[y1, x1]) << u32(24))
            )
