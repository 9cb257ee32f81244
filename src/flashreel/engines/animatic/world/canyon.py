"""Canyon country: banded mesas with ledges and flutes, scrub and cactus along a sandy trail."""

from __future__ import annotations

import numpy as np

from flashreel.engines.animatic import props
from flashreel.engines.animatic.noise import AnyField, Field, Spectrum, smoothstep, synthesise_all
from flashreel.engines.animatic.world.composition import well_framed
from flashreel.engines.animatic.world.places import Place, Site, place
from flashreel.engines.animatic.world.scatter import (
    Patch,
    beside_trail,
    ground_grid,
    layers_of,
    scatter,
    trail_mask,
)
from flashreel.engines.animatic.world.world import Materials, World

_N, _TEXEL = 1024, 0.5
_ROCK = (
    "#9c4528",
    "#b9532d",
    "#d0693a",
    "#a84c30",
    "#e08a50",
    "#c55f38",
    "#eeb27a",
    "#b04f34",
    "#da7c48",
    "#f3c894",
    "#bf623e",
    "#e39a62",
)


def _mesas(
    field: AnyField, threshold: float, steepness: float, flutes: Field, ledges: list[tuple[float, float, float]]
) -> Field:
    """Heights of mesas where the field exceeds the threshold; a ledge is (from, to, metres up)."""
    inside = (field - threshold) * steepness + flutes
    height = smoothstep(-9, 2, inside) * 3.0
    for low, high, up in ledges:
        height = height + smoothstep(low, high, inside) * up
    return height


@place("canyon")
def canyon(site: Site) -> Place:
    rng = site.rng
    x, z = ground_grid(_N, _TEXEL)
    seed = int(rng.integers(1 << 30))
    broad, middle, flutes, sand, dunes = synthesise_all(
        site.executor,
        (
            Spectrum(_N, 4.0, seed, low=2, high=14),
            Spectrum(_N, 3.0, seed + 1, low=5, high=30),
            Spectrum(_N, 1.2, seed + 2, low=30, high=90),
            Spectrum(_N, 2.0, seed + 3, low=10),
            Spectrum(_N, 2.6, seed + 9, low=6),
        ),
    )
    away = smoothstep(34, 95, z) + smoothstep(30, 80, -z)  # from the valley's floor to its walls
    walls = away.clip(0, 1)
    height = sand * 0.28 * np.clip(away + 0.12, 0, 1)
    height += walls**0.5 * _mesas(
        broad + middle * 0.35 - 1.2 * (1 - walls), 0.05, 34, flutes, [(0, 2.2, 7), (6, 8, 5), (14, 16.5, 7)]
    )
    height += smoothstep(120, 200, z) * _mesas(middle * 0.8 + broad * 0.4, 0.55, 30, flutes, [(0, 2.5, 10), (7, 9, 8)])
    height = well_framed(height.astype(np.float32), _TEXEL, sky_share=0.30)
    lap = site.lap(_N, _TEXEL)
    path = trail_mask(x, z, lap=lap)
    floor = beside_trail(z, 18)
    height = height * (1 - floor) + 0.13 * dunes * (1 - path * 0.9) * floor
    materials = Materials(("#b57350", "#c68e66"), "#e3ba8a", strata=layers_of(_ROCK, rng))
    world = World(height, _TEXEL, site.look, materials, site.executor, path=path, lap=lap)
    run = (-40.0, 110.0)
    cards = scatter(
        rng,
        props.variants("bush", rng, 4, 0.55, col="#8d8f55"),
        Patch(420, run, (1.8, 70), 1.7, (0.6, 1.5), 0.006),
        world,
    )
    cards += scatter(
        rng, props.variants("rock", rng, 4, 0.35, col="#b26d48"), Patch(260, run, (1.6, 60), 1.5, (0.3, 1.6)), world
    )
    cards += scatter(rng, props.variants("cactus", rng, 2, 2.6), Patch(26, run, (9, 60), 6, (0.7, 1.15)), world)
    cards += scatter(
        rng,
        props.variants("bush", rng, 3, 0.62, blur=5, col="#7f8048"),
        Patch(46, run, (-3.6, -2.4), 1.4, (0.7, 1.15), 0.01),
        world,
    )
    return Place(world, site.look, cards)
