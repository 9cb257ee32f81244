"""Forest, green or under snow, and the open snowfield."""

from __future__ import annotations

import numpy as np

from flashreel.engines.animatic import props
from flashreel.engines.animatic.cards import Card
from flashreel.engines.animatic.noise import Spectrum, smoothstep, synthesise_all
from flashreel.engines.animatic.world.places import Place, Site, place
from flashreel.engines.animatic.world.scatter import Patch, beside_trail, ground_grid, scatter, trail_mask
from flashreel.engines.animatic.world.world import Materials, World

_N, _TEXEL = 1024, 0.5
_RUN = (-60.0, 130.0)
_NO_WALLS = (5.0, 6.0)


@place("forest")
def forest(site: Site) -> Place:
    return woods(site, snowy=site.snowy, density=1.0)


@place("snowfield")
def snowfield(site: Site) -> Place:
    return woods(site, snowy=True, density=0.45)


def woods(site: Site, *, snowy: bool, density: float) -> Place:
    """Trees on rolling ground; `density` 1 is a forest."""
    rng = site.rng
    x, z = ground_grid(_N, _TEXEL)
    seed = int(rng.integers(1 << 30))
    broad, fine = synthesise_all(
        site.executor, (Spectrum(_N, 3.6, seed, low=2, high=24), Spectrum(_N, 2.8, seed + 1, low=8, high=90))
    )
    lap = site.lap(_N, _TEXEL)
    path = trail_mask(x, z, 1.15, lap)
    floor = beside_trail(z, 14)
    height = broad * 4.2 + 5 * smoothstep(20, 170, z) * (1 + 0.6 * broad) + fine * 0.35
    height *= np.where(z < 0, smoothstep(60, 110, -z), 1) * (1 - floor)  # low behind the camera
    height += fine * 0.16 * (1 - 0.8 * path) * floor
    if snowy:
        materials = Materials(("#e4ecfa", "#f7faff"), "#cfdaf0", _NO_WALLS)
        path = path * 0.8
    else:
        ground = ("#a8793a", "#c08a45") if site.autumnal else ("#4d6b34", "#6f8a3e")
        materials = Materials(ground, "#a98a5c", _NO_WALLS)
    world = World(height, _TEXEL, site.look, materials, site.executor, path=path, softness=0.16, lap=lap)
    cards = _trees(site, world, snowy, density)
    if snowy:
        rocks = props.variants("rock", rng, 3, 0.5, col="#c9d6ee")
        cards += scatter(rng, rocks, Patch(120, _RUN, (1.8, 30), 1.8, (0.3, 1.0)), world)
    else:
        grass = props.variants("grass", rng, 4, 0.35, col="#6f9a3e")
        cards += scatter(rng, grass, Patch(700, _RUN, (1.4, 26), 1.3, (0.6, 1.4), 0.03), world)
        bushes = props.variants("bush", rng, 3, 0.8, col="#4f7a38")
        cards += scatter(rng, bushes, Patch(90, _RUN, (2.5, 30), 2.2, (0.7, 1.5), 0.008), world)
    blurred = props.variants("bush", rng, 3, 0.48, blur=6, col="#b4c0dc" if snowy else "#3f6a30")
    cards += scatter(rng, blurred, Patch(22, _RUN, (-3.4, -2.5), 1.4, (0.6, 1.05), 0.01), world)
    return Place(world, site.look, cards)


def _trees(site: Site, world: World, snowy: bool, density: float) -> list[Card]:
    rng = site.rng
    if snowy:
        trees = props.variants("pine", rng, 6, 8.5, snow=1.0, col="#1f4a58")
    else:
        leaves = "#b5702c" if site.autumnal else "#4f8a3a"
        trees = props.variants("pine", rng, 4, 9, col="#2c6b4a")
        trees += props.variants("roundtree", rng, 4, 6.5, col=leaves)
    cards = scatter(rng, trees, Patch(int(120 * density), _RUN, (13, 60), 9, (0.75, 1.35), 0.004), world)
    cards += scatter(rng, trees, Patch(int(330 * density), (-140, 210), (55, 190), 4, (0.9, 1.7)), world)
    cards += scatter(rng, trees, Patch(26, _RUN, (4.5, 11), 4, (0.14, 0.34), 0.005), world)
    return cards
