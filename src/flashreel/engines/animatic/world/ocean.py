"""Ocean: waves by a Fourier sum after Tessendorf, "Simulating Ocean Water" (2001), on a torus."""

from __future__ import annotations

import math

import numpy as np

from flashreel.engines.animatic.kernels.pack import pack_ocean
from flashreel.engines.animatic.kernels.params import Ground
from flashreel.engines.animatic.noise import Field
from flashreel.engines.animatic.world.surface import Surface
from flashreel.engines.animatic.world.textures import land_textures
from flashreel.engines.animatic.world.world import Water

_N = 512
_SIZE = 220.0  # metres along one side of the tile
_GRAVITY = 9.81


class _Waves:
    """Amplitudes and frequencies of a wind sea (Phillips spectrum), as met by an observer who makes `way` metres a
    second along x. With `loop` seconds every wave comes back to its phase after that time."""

    def __init__(self, rng: np.random.Generator, wind: float, amplitude: float, loop: float | None, way: float) -> None:
        heading_x = 0.8
        heading_z = math.sqrt(1 - heading_x * heading_x)
        kx = np.fft.rfftfreq(_N, 1 / _N)[None, :] * 2 * np.pi / _SIZE
        kz = np.fft.fftfreq(_N, 1 / _N)[:, None] * 2 * np.pi / _SIZE
        k = np.hypot(kx, kz)
        k[0, 0] = 1
        along = (kx * heading_x + kz * heading_z) / k
        longest = wind * wind / _GRAVITY
        power = np.exp(-1 / (k * longest) ** 2) / k**4 * along**2 * np.where(along < 0, 0.08, 1)
        power *= np.exp(-((k * 0.35) ** 2))
        noise = rng.normal(size=k.shape) + 1j * rng.normal(size=k.shape)
        spectrum = np.sqrt(power) * noise
        spectrum[0, 0] = 0
        frequency = np.sqrt(_GRAVITY * k) - kx * way
        if loop is not None:
            base = 2 * np.pi / loop
            frequency = np.round(frequency / base) * base
        self._spectrum = spectrum.astype(np.complex64)
        self._frequency = frequency.astype(np.float32)
        self.scale = amplitude * 0.6
        self._spectrum *= np.float32(1 / self._sum(0.0).std())

    def _sum(self, time: float) -> Field:
        phase = self._frequency * np.float32(-time)
        turned = np.empty_like(self._spectrum)
        turned.real = np.cos(phase)
        turned.imag = np.sin(phase)
        turned *= self._spectrum
        return np.fft.irfft2(turned, s=(_N, _N)).astype(np.float32, copy=False)

    def heights(self, time: float) -> Field:
        h = self._sum(time)
        h += np.float32(0.132) * (h * h - 1) * (h > 0)  # sharper crests
        return (h * np.float32(self.scale)).astype(np.float32)


class Ocean:
    """Open water from calm (`rough` 0) to storm (1), which comes back after `loop` seconds where given. Its waves run
    towards who makes `way` (m/s) without leaving x = 0."""

    ocean = True
    texel = _SIZE / _N

    def __init__(self, rng: np.random.Generator, rough: float, loop: float | None, way: float = 0.0) -> None:
        seeded = np.random.default_rng(int(rng.integers(1 << 30)))
        self._waves = _Waves(seeded, 7 + 9 * rough, 0.35 + 2.6 * rough, loop, way)
        self.rough = rough
        self.water = Water(
            level=-1e6,
            color="#0a5a6e" if rough < 0.7 else "#12444c",
            crest=0.20 if rough > 0.6 else 0.35,
            sparkle=8 if rough < 0.7 else 2,
        )
        self.textures = land_textures(None)
        self.strata = np.zeros((3, 1), np.float32)

    def surface(self, time: float, reuse: Surface | None = None) -> Surface:
        """The sea at `time` seconds; `reuse` is an earlier result whose memory may be written over."""
        heights = self._waves.heights(time)
        relief = np.zeros(_N * _N * 8, np.uint32) if reuse is None else reuse.relief
        scratch = [np.empty((_N, _N), np.float32) for _ in range(4)]
        pack_ocean(heights, self.texel, float(self.rough), max(self._waves.scale, 0.3), relief, *scratch)
        return Surface(heights, self.texel, relief, float(heights.max()))

    def ground(self) -> Ground:
        """No land."""
        return Ground(*[np.float32(1)] * len(Ground._fields))
