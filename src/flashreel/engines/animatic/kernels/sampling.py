"""Helpers inlined into the kernels: floor, bilinear samples from packed words, a cheap exponential.

A map is packed so that one word holds the 2×2 neighbourhood of a texel: one load per bilinear sample.
Numba's disk cache watches the file of the calling kernel only: after a change here, clear the cache.
"""

from __future__ import annotations

from numba import float32 as f32
from numba import int32 as i32
from numba import uint32 as u32

from flashreel.engines.animatic.jit import inline_kernel
from flashreel.engines.animatic.kernels.params import Scalar, Words


@inline_kernel
def floor_of(value: float) -> Scalar:
    """floor(value) as int32 without a call."""
    whole = i32(value)
    return whole - i32(f32(whole) > value)


@inline_kernel
def blend_bytes(word: int, fu: float, fv: float) -> Scalar:
    """Bilinear mix of the four bytes of a word, 0 to 1."""
    a = f32(i32(word & u32(255)))
    b = f32(i32((word >> u32(8)) & u32(255)))
    c = f32(i32((word >> u32(16)) & u32(255)))
    d = f32(i32(word >> u32(24)))
    top = a + (b - a) * fu
    return (top + (c + (d - c) * fu - top) * fv) * f32(1 / 255.0)


@inline_kernel
def blend_halves(upper: int, lower: int, fu: float, fv: float) -> Scalar:
    """Bilinear mix of two words of two 16-bit values each, 0 to 65535."""
    a = f32(i32(upper & u32(65535)))
    b = f32(i32(upper >> u32(16)))
    c = f32(i32(lower & u32(65535)))
    d = f32(i32(lower >> u32(16)))
    top = a + (b - a) * fu
    return top + (c + (d - c) * fu - top) * fv


@inline_kernel
def sample(packed: Words, u: float, v: float, n: int) -> Scalar:
    """Bilinear, wrapping sample of a packed n×n map at texel coordinates, 0 to 1."""
    iu = floor_of(u)
    iv = floor_of(v)
    word = packed[u32((iv & i32(n - 1)) * i32(n) + (iu & i32(n - 1)))]
    return blend_bytes(word, u - f32(iu), v - f32(iv))


@inline_kernel
def exp_minus(a: float) -> Scalar:
    """exp(-a) for a >= 0, as the 16th power of a short series (exact to about 1e-4)."""
    t = min(a, f32(12)) * f32(1 / 16.0)
    t = f32(1) - t * (f32(1) - t * (f32(0.5) - t * (f32(1 / 6.0) - t * f32(1 / 24.0))))
    t = t * t
    t = t * t
    t = t * t
    return t * t
