"""Open country: meadow, savanna, mountains, desert, and the deserts of Mars and the Moon."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from flashreel.engines.animatic import props
from flashreel.engines.animatic.cards import Card
from flashreel.engines.animatic.look import Look
from flashreel.engines.animatic.noise import AnyField, Spectrum, smoothstep, synthesise_all
from flashreel.engines.animatic.world.forest import woods
from flashreel.engines.animatic.world.places import Place, Site, place
from flashreel.engines.animatic.world.scatter import (
    Patch,
    beside_trail,
    ground_grid,
    ramp_of,
    scatter,
    trail_mask,
)
from flashreel.engines.animatic.world.world import Materials, World

_N, _TEXEL = 1024, 0.6
_RUN = (-60.0, 130.0)
_NO_WALLS = (6.0, 7.0)
_AUTUMN = ("#a8793a", "#c08a45")


class _Lay:
    """The grid and the noise that all kinds of hills share."""

    def __init__(self, site: Site) -> None:
        self.x, self.z = ground_grid(_N, _TEXEL)
        self.seed = int(site.rng.integers(1 << 30))
        self.broad, self.fine = synthesise_all(
            site.executor,
            (Spectrum(_N, 3.8, self.seed, low=2, high=16), Spectrum(_N, 2.6, self.seed + 1, low=6, high=90)),
        )
        self.lap = site.lap(_N, _TEXEL)
        self.path = trail_mask(self.x, self.z, 1.1, self.lap)

    def along_trail(self, height: AnyField) -> AnyField:
        """The heights with a gentle floor around the trail, and low land behind the camera."""
        floor = beside_trail(self.z, 15)
        height = height * np.where(self.z < 0, smoothstep(110, 170, -self.z), 1)
        return height * (1 - floor) + self.fine * 0.12 * (1 - 0.85 * self.path) * floor

    def world(self, site: Site, height: AnyField, materials: Materials, path: AnyField | None = None) -> World:
        """The land of these heights."""
        land = self.along_trail(height)
        return World(land, _TEXEL, site.look, materials, site.executor, path=path, softness=0.14, lap=self.lap)


@place("meadow", "hills")
def meadow(site: Site) -> Place:
    if site.snowy:
        return woods(site, snowy=True, density=0.45)
    lay = _Lay(site)
    ground = _AUTUMN if site.autumnal else ("#5c8638", "#84a04a")
    return _grassland(site, lay, Materials(ground, "#d9b98a", _NO_WALLS))


@place("savanna")
def savanna(site: Site) -> Place:
    lay = _Lay(site)
    built = _grassland(site, lay, Materials(("#c9a552", "#dcbc6a"), "#e0c48a", _NO_WALLS))
    bare = [card for card in built.cards if not 0.3 <= card.sprite.h <= 3]  # trees, no lush grass
    return Place(built.world, built.look, bare)


def _grassland(site: Site, lay: _Lay, materials: Materials) -> Place:
    z = lay.z
    height = lay.broad * 4.6 * smoothstep(8, 90, np.abs(z)) + lay.fine * 0.25
    height += 7 * smoothstep(40, 200, z) * (1 + 0.5 * lay.broad)
    world = lay.world(site, height, materials, path=lay.path)
    return Place(world, site.look, _meadow_cards(site, world, pines=False))


@place("mountains", "volcano")
def mountains(site: Site) -> Place:
    lay = _Lay(site)
    ridges, fine = synthesise_all(
        site.executor,
        (Spectrum(_N, 3.4, lay.seed + 2, low=3, high=60), Spectrum(_N, 2.4, lay.seed + 5, low=20, high=160)),
    )
    ridged = np.clip(1 - np.abs(ridges) / 1.3, 0, 1)
    far = smoothstep(70, 240, lay.z) + smoothstep(70, 200, -lay.z)
    height = lay.broad * 4 * smoothstep(10, 60, np.abs(lay.z)) + lay.fine * 0.3
    height += far * (ridged**1.6 * 66 + lay.broad * 14 + 6 + lay.fine * 2.2 + fine)
    strata = ramp_of(
        [(0, "#5d7a4a"), (0.16, "#6b7a58"), (0.3, "#7b7a80"), (0.5, "#8d8f9c"), (0.62, "#eef3fb"), (1, "#ffffff")]
    )
    ground = _AUTUMN if site.autumnal else ("#e4ecfa", "#f2f6ff") if site.snowy else ("#5f8a42", "#86a552")
    path = "#cfdaf0" if site.snowy else "#d9b98a"
    materials = Materials(ground, path, (0.32, 0.62), strata, wall_noise=0.12)
    world = lay.world(site, height, materials, path=lay.path)
    if site.snowy:
        pines = props.variants("pine", site.rng, 5, 8, snow=1.0, col="#1f4a58")
        cards = scatter(site.rng, pines, Patch(110, (-120, 190), (14, 150), 9, (0.7, 1.4), 0.004), world)
    else:
        cards = _meadow_cards(site, world, pines=True)
    return Place(world, site.look, cards)


def _meadow_cards(site: Site, world: World, *, pines: bool) -> list[Card]:
    rng = site.rng
    cards = scatter(
        rng,
        props.variants("grass", rng, 5, 0.34, col="#77a544"),
        Patch(900, _RUN, (1.3, 30), 1.25, (0.6, 1.5), 0.03),
        world,
    )
    flowers = props.variants("flower", rng, 5, 0.34)
    cards += scatter(rng, flowers, Patch(220, _RUN, (1.4, 22), 1.3, (0.7, 1.3), 0.03), world)
    trees = props.variants("roundtree", rng, 5, 6, col="#b5702c" if site.autumnal else "#5a9440")
    if pines:
        trees += props.variants("pine", rng, 3, 8, col="#2f6a4c")
    cards += scatter(rng, trees, Patch(130, (-120, 190), (14, 150), 9, (0.7, 1.4), 0.004), world)
    blurred = props.variants("grass", rng, 3, 0.5, blur=5, col="#5f8f38")
    cards += scatter(rng, blurred, Patch(60, _RUN, (-3.5, -2.4), 1.3, (0.7, 1.2), 0.03), world)
    return cards


@place("desert")
def desert(site: Site) -> Place:
    world = _dunes(site, ("#d9a868", "#eac389"))
    rng = site.rng
    bushes = props.variants("bush", rng, 3, 0.5, col="#a8955a")
    cards = scatter(rng, bushes, Patch(120, _RUN, (2, 60), 1.8, (0.6, 1.3), 0.006), world)
    cards += scatter(rng, props.variants("cactus", rng, 2, 2.6), Patch(22, _RUN, (7, 60), 5), world)
    cards += _stones(site, world, "#c48e5a")
    return Place(world, site.look, cards)


@place("mars")
def mars(site: Site) -> Place:
    look = replace(
        site.look,
        zenith="#8a5a40",
        mid="#d8956a",
        horizon="#f0c090",
        fog="#d89a70",
        cloud_cover=0.1,
        disc_size=16,
    )
    site = replace(site, look=look)
    world = _dunes(site, ("#b5532c", "#c9683a"))
    return Place(world, look, _stones(site, world, "#c48e5a"))


@place("moon", "space")
def moon(site: Site) -> Place:
    look = _vacuum(site.look)
    site = replace(site, look=look)
    world = _dunes(site, ("#8c8c90", "#a5a5aa"))
    return Place(world, look, _stones(site, world, "#9a9aa0"))


def _vacuum(look: Look) -> Look:
    return replace(
        look,
        zenith="#02030a",
        mid="#02030a",
        horizon="#05060f",
        fog="#0a0a12",
        fog_density=0.0003,
        stars=1.2,
        cloud_cover=0,
        disc=0,
        sun="#ffffff",
        sun_gain=3.0,
        key_azimuth=-60,
        key_elevation=30,
        ambient="#6a7690",
        ambient_gain=0.3,
        glow=0,
        rays=0,
    )


def _dunes(site: Site, ground: tuple[str, str]) -> World:
    lay = _Lay(site)
    (crests,) = synthesise_all(site.executor, (Spectrum(_N, 3.2, lay.seed + 4, low=3, high=14),))
    height = (np.abs(crests) ** 0.9 * -9 + 9 + lay.broad * 3.5) * smoothstep(-6, 60, np.abs(lay.z)) + lay.fine * 0.10
    return lay.world(site, height, Materials(ground, slope=_NO_WALLS))


def _stones(site: Site, world: World, color: str) -> list[Card]:
    stones = props.variants("rock", site.rng, 3, 0.3, col=color)
    return scatter(site.rng, stones, Patch(120, _RUN, (2, 40), 1.5, (0.3, 1.4)), world)
