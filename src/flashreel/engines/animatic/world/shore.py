"""Where land meets still water: a beach with palms and islands."""

from __future__ import annotations

import numpy as np

from flashreel.engines.animatic import props
from flashreel.engines.animatic.noise import Spectrum, smoothstep, synthesise_all
from flashreel.engines.animatic.world.places import Place, Site, place
from flashreel.engines.animatic.world.scatter import Patch, ground_grid, scatter
from flashreel.engines.animatic.world.world import Materials, Water, World

_N, _TEXEL = 1024, 0.5


@place("beach")
def beach(site: Site) -> Place:
    rng = site.rng
    _, z = ground_grid(_N, _TEXEL)
    seed = int(rng.integers(1 << 30))
    broad, fine = synthesise_all(
        site.executor, (Spectrum(_N, 3.6, seed, low=2, high=20), Spectrum(_N, 2.6, seed + 1, low=8, high=90))
    )
    edge = 4.6 + broad  # where the sand ends
    sand = 0.62 - 0.72 * smoothstep(0.6, 1.0, z / edge) - np.clip(z - edge, 0, 9) * 0.2
    height = np.where(z > 0, sand, 0.62 + broad * 0.1 * smoothstep(3, 20, -z))
    height = np.maximum(height, -3) + fine * 0.05
    islands = smoothstep(150, 190, z) * smoothstep(300, 230, z) * np.clip((broad - 0.7) * 16, -1, 30)
    height = np.where(z > 100, np.maximum(-3, islands - 2), height)
    materials = Materials(("#e3c795", "#f0dbb0"), "#e3c795", (6, 7))
    water = Water(level=0.0, color="#0f8aa0")
    world = World(height, _TEXEL, site.look, materials, site.executor, water=water, lap=site.lap(_N, _TEXEL))
    palms = props.variants("palm", rng, 4, 6.5)
    cards = scatter(rng, palms, Patch(12, (-50, 120), (1.9, 3.4), 1.8, (0.8, 1.2), 0.012), world)
    rocks = props.variants("rock", rng, 3, 0.4, col="#a58f78")
    cards += scatter(rng, rocks, Patch(50, (-40, 110), (1.2, 4.5), 1.2, (0.3, 1.0)), world)
    blurred = props.variants("grass", rng, 3, 0.5, blur=5, col="#8fa050")
    cards += scatter(rng, blurred, Patch(30, (-40, 110), (-3.4, -2.4), 1.3, (0.7, 1.2), 0.03), world)
    return Place(world, site.look, cards)
