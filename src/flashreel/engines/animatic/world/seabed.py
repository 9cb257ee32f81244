"""Under water: a sandy seabed with coral and rocks in blue haze, light falling from above."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from flashreel.engines.animatic import props
from flashreel.engines.animatic.noise import Spectrum, smoothstep, synthesise_all
from flashreel.engines.animatic.world.places import Place, Site, place
from flashreel.engines.animatic.world.scatter import Patch, ground_grid, scatter
from flashreel.engines.animatic.world.world import Materials, World

_N, _TEXEL = 512, 0.5
_RUN = (-30.0, 60.0)
#: colour and height in metres
_CORALS = (("#e0567a", 0.9), ("#f08a3a", 0.7), ("#a05ac8", 1.1), ("#3fa06a", 1.6), ("#e8c84a", 0.6))


@place("underwater")
def seabed(site: Site) -> Place:
    rng = site.rng
    look = replace(
        site.look,
        zenith="#0a6fa8",
        mid="#0f86b0",
        horizon="#1f9fb8",
        fog="#1788a8",
        fog_gain=0.8,
        fog_density=0.035,
        cloud_cover=0.62,
        cloud_lit="#c8f4ff",
        cloud_shaded="#2aa0c0",
        cloud_contrast=2.0,
        disc=3,
        disc_size=60,
        disc_elevation=24,
        disc_azimuth=6,
        sun="#d8fff4",
        sun_gain=1.5,
        ambient="#7fd0e8",
        ambient_gain=0.75,
        rays=1.1,
        glow=1.6,
        stars=0,
        bloom=0.6,
        key_elevation=70,
        bloom_threshold=0.8,
    )
    _, z = ground_grid(_N, _TEXEL)
    seed = int(rng.integers(1 << 30))
    broad, fine = synthesise_all(
        site.executor, (Spectrum(_N, 3.4, seed, low=3, high=20), Spectrum(_N, 2.4, seed + 1, low=10, high=120))
    )
    height = (broad * 1.6 + fine * 0.25) * smoothstep(2, 14, np.abs(z)) + fine * 0.08 + 3 * smoothstep(16, 50, z)
    world = World(
        height, _TEXEL, look, Materials(("#c9b98a", "#d8cba0"), slope=(6, 7)), site.executor, lap=site.lap(_N, _TEXEL)
    )
    cards = []
    for color, tall in _CORALS:
        corals = props.variants("bush", rng, 3, tall, col=color)
        cards += scatter(rng, corals, Patch(60, _RUN, (1.5, 26), 1.2, (0.6, 1.5), 0.05), world)
    rocks = props.variants("rock", rng, 3, 0.9, col="#7a8a90")
    cards += scatter(rng, rocks, Patch(60, _RUN, (2.5, 30), 2, (0.4, 1.8)), world)
    return Place(world, look, cards)
