"""Look: everything about light and grade, one per time of day and weather."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic.colour import lin
from flashreel.engines.animatic.noise import smoothstep

_TONE_STEPS = 4096
_SKY_STEPS = 4096
Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Look:
    """Colours are sRGB hex, gains multiply their linear light, angles are degrees (azimuth from +z towards +x)."""

    # sky, from the top down
    zenith: str = "#2c6fc4"
    mid: str = "#7fb7e6"
    horizon: str = "#d7ecf5"
    # the disc one sees, and the light that shades: not the same, as in cinema
    disc_elevation: float = 24
    disc_azimuth: float = -18
    key_elevation: float = 36
    key_azimuth: float = -75
    sun: str = "#fff0d8"
    sun_gain: float = 2.6
    ambient: str = "#9cc6f2"
    ambient_gain: float = 0.75
    bounce: str = "#b08a60"
    bounce_gain: float = 0.35
    # air between the eye and the world: extinction per metre and its fall with height
    fog: str = "#cfe4f0"
    fog_gain: float = 0.9
    fog_density: float = 0.0016
    fog_falloff: float = 0.01
    glow: float = 1.0
    disc: float = 1.0
    disc_size: float = 26  # pixels at 1280 wide
    cloud_lit: str = "#ffffff"
    cloud_shaded: str = "#a9bcd6"
    cloud_gain: float = 1.0
    cloud_cover: float = 0.45
    cloud_contrast: float = 3.0
    cloud_scale: float = 42.0
    stars: float = 0.0
    # lens and grade
    exposure: float = 1.0
    saturation: float = 1.08
    tint: Vector = (1.0, 1.0, 1.0)
    rays: float = 0.25
    bloom: float = 0.35
    bloom_threshold: float = 1.1
    contrast: float = 1.15
    grain: float = 0.004
    vignette: float = 0.55

    @property
    def key_direction(self) -> Vector:
        """Unit vector towards the light that shades."""
        return _direction(self.key_azimuth, self.key_elevation)

    @property
    def disc_direction(self) -> Vector:
        """Unit vector towards the visible sun or moon."""
        return _direction(self.disc_azimuth, self.disc_elevation)


def _direction(azimuth: float, elevation: float) -> Vector:
    az, el = math.radians(azimuth), math.radians(elevation)
    return math.sin(az) * math.cos(el), math.sin(el), math.cos(az) * math.cos(el)


def tone_curve(contrast: float) -> NDArray[np.float32]:
    """Linear light to display value, indexed by the square root of light (0 to 4 in equal steps).

    The ACES fit of Narkowicz (2015), then a mix with an S-curve.
    """
    x = np.linspace(0, 4, _TONE_STEPS) ** 2
    y = np.clip((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14), 0, 1) ** (1 / 2.2)
    s_curve = y * y * (3 - 2 * y)
    return (y + (s_curve - y) * (contrast - 1.0)).astype(np.float32)


def sky_gradient(look: Look) -> NDArray[np.float32]:
    """Linear RGB of the clear sky, (3, steps), by the sine of elevation from -0.1 to 1."""
    elevation = np.linspace(-0.1, 1, _SKY_STEPS)
    zenith, mid, horizon = lin(look.zenith), lin(look.mid), lin(look.horizon)
    low = smoothstep(0, 0.22, elevation)[:, None]
    high = smoothstep(0.10, 0.75, elevation)[:, None]
    colours = (horizon * (1 - low) + mid * low) * (1 - high) + zenith * high
    return np.ascontiguousarray(colours.T.astype(np.float32))


LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "day": Look(),
        "golden": Look(
            zenith="#2b78cc",
            mid="#8fc0e4",
            horizon="#ffe6b4",
            disc_elevation=15,
            disc_azimuth=-13,
            key_elevation=30,
            key_azimuth=-78,
            sun="#ffc680",
            sun_gain=3.3,
            ambient="#a5b4e0",
            ambient_gain=0.62,
            bounce="#d08a50",
            bounce_gain=0.5,
            fog="#ecd0b8",
            fog_gain=0.85,
            cloud_lit="#fff3dc",
            cloud_shaded="#b9a3b8",
            cloud_cover=0.56,
            exposure=0.9,
            saturation=1.02,
            rays=0.5,
        ),
        "sunset": Look(
            zenith="#33549a",
            mid="#e39a78",
            horizon="#ffd08a",
            disc_elevation=7,
            disc_azimuth=12,
            key_elevation=17,
            key_azimuth=-62,
            sun="#ff9c58",
            sun_gain=2.9,
            ambient="#9aa6e0",
            ambient_gain=0.6,
            bounce="#c07a60",
            bounce_gain=0.4,
            fog="#f0b08c",
            fog_gain=0.75,
            fog_density=0.003,
            glow=1.5,
            disc_size=34,
            cloud_lit="#ffb98c",
            cloud_shaded="#8a5f8c",
            cloud_cover=0.5,
            saturation=1.05,
            rays=0.34,
            bloom=0.26,
        ),
        "dusk": Look(
            zenith="#22306e",
            mid="#7f74b4",
            horizon="#ffb488",
            disc_elevation=3.5,
            disc_azimuth=10,
            key_elevation=16,
            key_azimuth=48,
            sun="#ffa070",
            sun_gain=1.9,
            ambient="#8f9fe0",
            ambient_gain=0.62,
            bounce="#7a78b0",
            bounce_gain=0.3,
            fog="#9a90bc",
            fog_gain=0.72,
            fog_density=0.0085,
            glow=1.5,
            cloud_lit="#ffae90",
            cloud_shaded="#5c5596",
            cloud_cover=0.5,
            stars=0.22,
            exposure=1.05,
            saturation=1.05,
            rays=0.55,
        ),
        "night": Look(
            zenith="#050918",
            mid="#0f1a3c",
            horizon="#34437a",
            disc_elevation=32,
            disc_azimuth=28,
            key_elevation=40,
            key_azimuth=50,
            sun="#a9c4ff",
            sun_gain=0.42,
            ambient="#4a66b0",
            ambient_gain=0.3,
            bounce="#20264a",
            bounce_gain=0.15,
            fog="#1c2c5c",
            fog_gain=0.5,
            fog_density=0.0022,
            glow=0.9,
            disc=6,
            disc_size=22,
            cloud_lit="#3c4f86",
            cloud_shaded="#101a3c",
            cloud_gain=0.6,
            cloud_cover=0.35,
            stars=1.0,
            exposure=1.25,
            rays=0,
            bloom=0.7,
            bloom_threshold=0.8,
        ),
        "storm": Look(
            zenith="#10181f",
            mid="#2a3944",
            horizon="#8fa2a4",
            disc_elevation=30,
            disc_azimuth=-12,
            key_elevation=35,
            key_azimuth=-30,
            sun="#c8d8dc",
            sun_gain=0.55,
            ambient="#8fa6b4",
            ambient_gain=0.62,
            bounce="#3a4a50",
            bounce_gain=0.2,
            fog="#6f858a",
            fog_gain=0.45,
            fog_density=0.0042,
            glow=0.5,
            disc=0,
            cloud_lit="#6a7c84",
            cloud_shaded="#0c1218",
            cloud_gain=0.75,
            cloud_cover=0.86,
            cloud_contrast=2.4,
            cloud_scale=20,
            saturation=0.95,
            rays=0,
            contrast=1.35,
            vignette=0.9,
        ),
        "dawn": Look(
            zenith="#4a6bb5",
            mid="#e5a7b5",
            horizon="#ffdcae",
            disc_elevation=9,
            disc_azimuth=20,
            key_elevation=16,
            key_azimuth=60,
            sun="#ffc08a",
            ambient="#b5b8ea",
            ambient_gain=0.65,
            fog="#f0c8c0",
            fog_gain=0.75,
            fog_density=0.006,
            glow=1.4,
            cloud_lit="#ffe0d0",
            cloud_shaded="#a88fb8",
            rays=0.5,
        ),
    }
)
