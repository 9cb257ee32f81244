"""Table-top: a wooden plane running into a warm cove, soft lights out of focus behind it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from flashreel.engines.animatic.cards import Card
from flashreel.engines.animatic.colour import rgb
from flashreel.engines.animatic.sprite import Sprite
from flashreel.engines.animatic.world.places import Place, Site, place
from flashreel.engines.animatic.world.world import Materials, World

_N, _TEXEL = 256, 0.25
_LIGHT_SIZE = 128  # texels
_LIGHTS = ("#ffd9a0", "#ffb070", "#fff0d0", "#f0a0a0")
_LIGHTS_OF_A_COLOUR = 9


@place("room", "studio")
def studio(site: Site) -> Place:
    rng = site.rng
    look = replace(
        site.look,
        zenith="#5a4638",
        mid="#8a6a50",
        horizon="#d8b48c",
        fog="#d8b48c",
        fog_gain=0.9,
        fog_density=0.05,
        cloud_cover=0,
        disc=0,
        rays=0,
        sun="#ffe2b8",
        sun_gain=2.4,
        key_azimuth=-60,
        key_elevation=42,
        ambient="#f0d8c0",
        ambient_gain=0.6,
        stars=0,
        vignette=0.8,
    )
    materials = Materials(("#8a5a34", "#a8713f"), slope=(9, 10))
    world = World(np.zeros((_N, _N), np.float32), _TEXEL, look, materials, site.executor, lap=site.lap(_N, _TEXEL))
    cards = []
    for color in _LIGHTS:
        sprite = Sprite(_blurred_light(color), 1.0)
        for _ in range(_LIGHTS_OF_A_COLOUR):
            x, z, y = float(rng.uniform(-16, 16)), float(rng.uniform(10, 18)), float(rng.uniform(0.6, 7))
            scale = float(rng.uniform(0.5, 1.6))
            cards.append(Card(sprite, x, z, y, scale, alpha=0.16, emission=0.9, light=0, fog=0.15, solid=False))
    return Place(world, look, cards)


def _blurred_light(color: str) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """A disc with a soft rim, premultiplied RGBA."""
    y, x = np.mgrid[-1 : 1 : _LIGHT_SIZE * 1j, -1 : 1 : _LIGHT_SIZE * 1j]
    disc = np.clip((1 - np.hypot(x, y)) * 14, 0, 1)
    return (np.stack([*(channel * disc for channel in rgb(color)), disc], 2) * 255).astype(np.uint8)
