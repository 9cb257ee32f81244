"""Tileable noise by spectral synthesis: random phases under a power law, back through an FFT.

Every field wraps at its edges, so a world can be walked for ever and a scene can loop.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
#: A field on its way: intermediate results may be wider than float32.
AnyField = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One n×n field: amplitude falls with frequency to the power -`slope`/2; `low` and `high` (cycles per tile) fade
    what is coarser or finer; `seed` fixes the phases."""

    n: int
    slope: float
    seed: int
    low: float = 1.0
    high: float | None = None

    def synthesise(self) -> Field:
        """The field, mean 0 and standard deviation 1."""
        n = self.n
        frequency = _frequencies(n)
        amplitude = frequency ** np.float32(-self.slope / 2)
        amplitude[frequency < self.low] *= np.float32(0.15)
        if self.high is not None:
            amplitude *= np.exp(-((frequency / np.float32(self.high)) ** 2))
        amplitude[0, 0] = 0
        phase = np.random.default_rng(self.seed).uniform(0, 2 * np.pi, amplitude.shape).astype(np.float32)
        spectrum = np.empty(amplitude.shape, np.complex64)
        np.multiply(amplitude, np.cos(phase), out=spectrum.real)
        np.multiply(amplitude, np.sin(phase), out=spectrum.imag)
        field: Field = np.fft.irfft2(spectrum, s=(n, n)).astype(np.float32, copy=False)
        field -= field.mean()
        field /= field.std() + np.float32(1e-9)
        return field


@lru_cache(2)
def _frequencies(n: int) -> Field:
    """Cycles per tile of every term of a real n×n FFT, 1 in the place of 0."""
    along, down = np.fft.rfftfreq(n)[None, :] * n, np.fft.fftfreq(n)[:, None] * n
    frequency: Field = np.hypot(along, down).astype(np.float32)
    frequency[0, 0] = 1
    frequency.flags.writeable = False  # shared
    return frequency


def synthesise_all(executor: Executor, spectra: Iterable[Spectrum]) -> list[Field]:
    """All fields at once: the FFTs release the GIL."""
    return list(executor.map(Spectrum.synthesise, spectra))


def normalised(field: Field, low: float = 2, high: float = 98) -> Field:
    """Maps the two percentiles to 0 and 1 and clips."""
    a, b = np.percentile(field[::4, ::4], [low, high])
    scaled: Field = np.clip((field - a) / (b - a), 0, 1).astype(np.float32)
    return scaled


def smoothstep(a: float, b: float, x: NDArray[np.floating]) -> Field:
    """0 below `a`, 1 above `b` (or the other way round when a > b), with a soft S between."""
    t: Field = np.subtract(x, a, dtype=np.float32)  # in place from here on: fields are large
    t *= np.float32(1 / (b - a))
    np.clip(t, 0, 1, out=t)
    soft = np.multiply(t, np.float32(-2))
    soft += np.float32(3)
    soft *= t
    soft *= t
    return soft
