"""The noise maps that scenes share, packed for the samplers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from flashreel.engines.animatic.kernels.pack import pack_map
from flashreel.engines.animatic.kernels.params import Grain, Words
from flashreel.engines.animatic.kernels.terrain import COARSE, FINE
from flashreel.engines.animatic.noise import Field, Spectrum, normalised
from flashreel.engines.animatic.world.lap import Lap

#: Texels along the side of all maps.
TEXTURE_SIZE = 512

_BANDS, _RUNS, _WARP = 0.9, 2.6, 0.45  # texels per metre, on walls
_BANDS_TILT, _WARP_TILT = 0.1, 0.2
_DETAIL = Spectrum(TEXTURE_SIZE, 1.7, seed=3, low=4)
_SHORTEST_PERIOD = 4


@dataclass(frozen=True, slots=True)
class LandTextures:
    """The land's maps, packed, and how they lie: coarse and fine detail of the ground, unevenness of walls."""

    coarse: Words
    fine: Words
    wall: Words
    grain: Grain


def land_textures(lap: Lap | None) -> LandTextures:
    """The maps of endless land, or of land that repeats with a lap: a whole number of their own periods fits it."""
    if lap is None:
        endless = (COARSE, FINE, _BANDS, _RUNS, _WARP, _BANDS_TILT, _WARP_TILT)
        return LandTextures(detail_map(), detail_map(), detail_map(), Grain(*map(np.float32, endless)))
    coarse, fine, wall = (_period(scale * lap.length) for scale in (COARSE, FINE, _WARP))
    fitted = (
        _fitted(COARSE, coarse, lap),
        _fitted(FINE, fine, lap),
        *(_fitted(scale, wall, lap) for scale in (_BANDS, _RUNS, _WARP)),
        0.0,
        0.0,
    )
    return LandTextures(detail_map(coarse), detail_map(fine), detail_map(wall), Grain(*map(np.float32, fitted)))


def _period(texels: float) -> int:
    """A power of two that goes a few times into so many texels."""
    return 1 << min(max(int(math.log2(texels)) - 1, 2), TEXTURE_SIZE.bit_length() - 1)


def _fitted(scale: float, period: int, lap: Lap) -> float:
    """The scale (texels per metre) nearest to `scale` at which whole periods fill the lap."""
    return max(1, round(scale * lap.length / period)) * period / lap.length


def _packed(values: Field) -> Words:
    words = np.zeros(values.size, np.uint32)
    pack_map(values, words)
    return words


@cache
def detail_map(period: int = TEXTURE_SIZE) -> Words:
    """Small-scale noise: grain of the ground, ripples, the unevenness of strata. Along x it repeats after `period`
    texels, a power of two."""
    return _packed(normalised(_DETAIL.synthesise() if period == TEXTURE_SIZE else _repeating(_DETAIL, period)))


@cache
def cloud_map() -> Words:
    """Density of clouds."""
    return _packed(normalised(Spectrum(TEXTURE_SIZE, 2.2, seed=11, low=2).synthesise(), 3, 97))


def draw_shared_maps() -> None:
    """Draws the maps above that do not depend on the scene; they are kept."""
    detail_map()
    cloud_map()


def _repeating(spectrum: Spectrum, period: int) -> Field:
    """Such noise made of the frequencies alone that repeat after `period` texels along x."""
    n = spectrum.n
    frequency = np.hypot(np.fft.rfftfreq(period)[None, :] * n, np.fft.fftfreq(n)[:, None] * n)
    frequency[0, 0] = 1
    amplitude = frequency ** (-spectrum.slope / 2) * np.where(frequency < spectrum.low, 0.15, 1)
    amplitude[0, 0] = 0
    phase = np.random.default_rng(spectrum.seed).uniform(0, 2 * np.pi, amplitude.shape)
    strip = np.fft.irfft2(amplitude * np.exp(1j * phase), s=(n, period)).astype(np.float32)
    return np.ascontiguousarray(np.tile(strip, (1, n // period)))
