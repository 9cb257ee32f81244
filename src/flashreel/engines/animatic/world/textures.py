"""The two noise maps that every scene shares, packed for the samplers."""

from __future__ import annotations

from functools import cache

import numpy as np

from flashreel.engines.animatic.kernels.pack import pack_map
from flashreel.engines.animatic.kernels.params import Words
from flashreel.engines.animatic.noise import Field, Spectrum, normalised

#: Texels along the side of both maps.
TEXTURE_SIZE = 512


def _packed(values: Field) -> Words:
    words = np.zeros(values.size, np.uint32)
    pack_map(values, words)
    return words


@cache
def detail_map() -> Words:
    """Small-scale noise: grain of the ground, ripples, the unevenness of strata."""
    return _packed(normalised(Spectrum(TEXTURE_SIZE, 1.7, seed=3, low=4).synthesise()))


@cache
def cloud_map() -> Words:
    """Density of clouds."""
    return _packed(normalised(Spectrum(TEXTURE_SIZE, 2.2, seed=11, low=2).synthesise(), 3, 97))
