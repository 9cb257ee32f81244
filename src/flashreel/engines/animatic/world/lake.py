"""A lake among wooded hills: a meadow's shore, still water, and the far bank."""

from __future__ import annotations

import numpy as np

from flashreel.engines.animatic import props
from flashreel.engines.animatic.cards import Card
from flashreel.engines.animatic.noise import Spectrum, smoothstep, synthesise_all
from flashreel.engines.animatic.world.places import Place, Site, place
from flashreel.engines.animatic.world.scatter import Patch, beside_trail, ground_grid, scatter, trail_mask
from flashreel.engines.animatic.world.world import Materials, Water, World

_N, _TEXEL = 1024, 0.6
_RUN = (-60.0, 130.0)
_NO_WALLS = (6.0, 7.0)
_SHORE, _FAR_BANK = 6.5, 92.0
_BED = -2.0


@place("lake")
def lake(site: Site) -> Place:
    rng = site.rng
    x, z = ground_grid(_N, _TEXEL)
    seed = int(rng.integers(1 << 30))
    broad, fine = synthesise_all(
        site.executor, (Spectrum(_N, 3.6, seed, low=2, high=20), Spectrum(_N, 2.6, seed + 1, low=8, high=90))
    )
    lap = site.lap(_N, _TEXEL)
    path = trail_mask(x, z, 1.0, lap)
    shore, bank = _SHORE + broad * 1.3, _FAR_BANK + broad * 14
    bank_height = smoothstep(0, 26, z - bank) * (9 + broad * 5) + smoothstep(20, 120, z - bank) * (22 + broad * 12)
    basin = smoothstep(-1.5, 3.5, z - shore) * (1 - smoothstep(-6, 3, z - bank))
    behind = smoothstep(8, 60, -z) * (3 + broad * 2) * smoothstep(110, 170, -z + 60)
    height = 0.55 * (1 - basin) + _BED * basin + np.where(z > 0, bank_height, behind)
    height += fine * (0.05 + 0.5 * smoothstep(0, 30, z - bank)) * (1 - 0.8 * path * beside_trail(z, 15))
    ground = (
        ("#e4ecfa", "#f2f6ff") if site.snowy else ("#a8793a", "#c08a45") if site.autumnal else ("#557f38", "#7a9a48")
    )
    materials = Materials(ground, "#cfdaf0" if site.snowy else "#c9ae82", _NO_WALLS)
    water = Water(level=0.0, color="#1d5f7c", crest=0.1, sparkle=2.0)
    world = World(height, _TEXEL, site.look, materials, site.executor, path=path, water=water, softness=0.14, lap=lap)
    return Place(world, site.look, _cards(site, world))


def _cards(site: Site, world: World) -> list[Card]:
    rng, snow = site.rng, 1.0 if site.snowy else 0.0
    leaves = "#b5702c" if site.autumnal else "#558f3c"
    far = props.variants("pine", rng, 4, 8.5, snow=snow, col="#245a48")
    if not site.snowy:
        far += props.variants("roundtree", rng, 3, 6.5, col=leaves)
    cards = scatter(rng, far, Patch(380, (-150, 220), (_FAR_BANK, 190), 20, (0.9, 1.6)), world)
    cards += scatter(rng, far[:4], Patch(7, _RUN, (3.6, 5.2), 3.2, (0.5, 0.8), 0.004), world)
    rocks = props.variants("rock", rng, 3, 0.45, col="#8d9298")
    cards += scatter(rng, rocks, Patch(60, _RUN, (2.6, 7.5), 2.2, (0.3, 1.1)), world)
    if not site.snowy:
        reeds = props.variants("grass", rng, 4, 0.55, col="#6f9a3e")
        cards += scatter(rng, reeds, Patch(260, _RUN, (1.4, 7.5), 1.3, (0.6, 1.5), 0.03), world)
        blurred = props.variants("grass", rng, 3, 0.5, blur=5, col="#5f8f38")
        cards += scatter(rng, blurred, Patch(40, _RUN, (-3.5, -2.4), 1.3, (0.7, 1.2), 0.03), world)
    return cards
