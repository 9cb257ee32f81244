"""Baked light against a march of single texels, written plainly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from flashreel.engines.animatic.kernels.bake import bake_relief
from flashreel.engines.animatic.noise import Spectrum
from flashreel.engines.animatic.world.surface import height_at

_N, _TEXEL, _SOFTNESS = 64, 0.5, 0.12
_HILLS = (Spectrum(_N, 3.0, seed=4).synthesise() * 3).astype(np.float32)
#: Sun low in the west, high in the south-east, and straight above.
_SUNS = [(-0.9, 0.3, 0.316), (0.4, 0.8, -0.447), (0.0, 1.0, 0.0)]


def _baked(sun: tuple[float, float, float]) -> tuple[NDArray[np.float32], ...]:
    """slope x, slope z, sunlit, occlusion"""
    maps = tuple(np.full((_N, _N), np.nan, np.float32) for _ in range(4))
    bake_relief(_HILLS, _TEXEL, *sun, _SOFTNESS, *maps)
    return maps


def _sunlit(sun: tuple[float, float, float], x: float, z: float) -> float:
    level = math.hypot(sun[0], sun[2]) + 1e-6
    visible, steps = 1.0, 1.5
    for _ in range(40):
        far = steps * _TEXEL
        land = height_at(_HILLS, _TEXEL, x + sun[0] / level * far, z + sun[2] / level * far)
        clearance = height_at(_HILLS, _TEXEL, x, z) + 0.15 + sun[1] / level * far - land
        visible = min(visible, clearance / (_SOFTNESS * far) + 0.5)
        steps = steps * 1.12 + 0.6
    return max(visible, 0.0)


@pytest.mark.parametrize("sun", _SUNS)
def test_sun_and_shadow_are_those_of_a_march_from_every_texel(sun: tuple[float, float, float]) -> None:
    expected = np.array([[_sunlit(sun, x * _TEXEL, z * _TEXEL) for x in range(_N)] for z in range(_N)])

    np.testing.assert_allclose(_baked(sun)[2], expected, atol=2e-3)

    if sun[1] < 0.5:
        assert expected.min() == 0
        assert expected.max() == 1


def test_slopes_and_occlusion_wrap_at_every_edge() -> None:
    slope_x, slope_z, _, occlusion = _baked(_SUNS[0])
    hidden = np.zeros_like(_HILLS)
    for r in (3, 8, 20):
        around = sum(np.roll(_HILLS, shift, axis) for shift in (r, -r) for axis in (0, 1)) / 4
        hidden += np.maximum(0, around - _HILLS) / (r * _TEXEL)

    np.testing.assert_allclose(slope_x, (np.roll(_HILLS, -1, 1) - np.roll(_HILLS, 1, 1)) / (2 * _TEXEL), atol=1e-4)
    np.testing.assert_allclose(slope_z, (np.roll(_HILLS, -1, 0) - np.roll(_HILLS, 1, 0)) / (2 * _TEXEL), atol=1e-4)
    np.testing.assert_allclose(occlusion, 1 / (1 + 0.6 * hidden), atol=1e-4)
