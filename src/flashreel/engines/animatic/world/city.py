"""City: rows of buildings behind a street, or across a harbour."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from flashreel.engines.animatic import props
from flashreel.engines.animatic.cards import Card
from flashreel.engines.animatic.noise import AnyField, Spectrum
from flashreel.engines.animatic.sprite import Sprite
from flashreel.engines.animatic.world.lap import Lap
from flashreel.engines.animatic.world.places import Place, Site, place
from flashreel.engines.animatic.world.scatter import ground_grid
from flashreel.engines.animatic.world.world import DRY, Materials, Water, World

_N, _TEXEL = 1024, 1.0
_NO_WALLS = (9.0, 10.0)
_STREET_Z = 60.0
_HARBOUR_Z = 170.0
_PAINT = "#e8e4d4"
_DASH = 8.0  # metres from one dash of the line to the next
#: Laps (m) shorter than this would show the same two houses side by side: then the whole city stands still.
_SHORTEST_BLOCK = 50.0
_SCATTER = 6.0  # metres that buildings stand before or behind their row
_QUAY = 12.0  # metres before the first row


class _Row(NamedTuple):
    """One row of buildings: metres behind the first, their heights and widths, pixels a metre, how many kinds."""

    back: float
    heights: tuple[float, float]
    widths: tuple[float, float]
    resolution: int
    kinds: int


_ROWS = (
    _Row(0, (8, 20), (10, 24), 9, 8),
    _Row(30, (18, 44), (12, 24), 7, 9),
    _Row(75, (30, 78), (14, 28), 5, 9),
    _Row(150, (40, 110), (16, 30), 3, 9),
    _Row(260, (50, 130), (20, 40), 2, 6),
)


@place("city", "street", "road")
def street(site: Site) -> Place:
    """A road with a dashed line, and the city on its far side."""
    x, z = ground_grid(_N, _TEXEL)
    seed = int(site.rng.integers(1 << 30))
    height = 0.02 * Spectrum(_N, 2, seed).synthesise()
    lap = _lap(site, _STREET_Z)
    spacing = lap.length / max(1, round(lap.length / _DASH)) if lap else _DASH
    from_middle = np.abs(np.mod(x + spacing / 4, spacing) - spacing / 2)
    dashes = (np.abs(z - 2) < 0.6) * np.clip(spacing / 4 - from_middle + 0.5, 0, 1) * np.float32(0.9)
    ground = ("#2c3046", "#34384e") if site.lights_on else ("#54575e", "#5c5f66")
    materials = Materials(ground, _PAINT, _NO_WALLS)
    return _city(site, height, materials, _STREET_Z, Water(level=DRY), dashes, lap)


@place("harbour")
def harbour(site: Site) -> Place:
    """The city on a quay, mirrored in the water before it."""
    _, z = ground_grid(_N, _TEXEL)
    height = np.where(z > _HARBOUR_Z - 8, 0.8, -4.0).astype(np.float32)
    night = site.lights_on
    materials = Materials(("#20264a", "#2a3058") if night else ("#8d9298", "#a3a8ae"), slope=_NO_WALLS)
    water = Water(0.0, "#0a1838" if night else "#2a6a8a")
    return _city(site, height, materials, _HARBOUR_Z, water, None, _lap(site, _HARBOUR_Z))


def _lap(site: Site, front: float) -> Lap | None:
    lap = site.lap(_N, _TEXEL)
    return lap.nearer(front - _QUAY) if lap is not None and lap.length < _SHORTEST_BLOCK else lap


def _city(
    site: Site,
    height: AnyField,
    materials: Materials,
    front: float,
    water: Water,
    path: AnyField | None,
    lap: Lap | None,
) -> Place:
    world = World(height, _TEXEL, site.look, materials, site.executor, path=path, water=water, lap=lap)
    cards: list[Card] = []
    for number, row in enumerate(_ROWS):
        kinds = []
        for _ in range(row.kinds):
            tall, wide = float(site.rng.uniform(*row.heights)), float(site.rng.uniform(*row.widths))
            kinds.append(Sprite(props.building(site.rng, site.lights_on, tall, wide, ppm=row.resolution), tall))
        if lap is not None and front + row.back + _SCATTER < lap.backdrop:
            cards += _block(site, row, kinds, front, lap)
        else:
            cards += _line_up(site, number, row, kinds, front)
    return Place(world, site.look, cards)


def _line_up(site: Site, number: int, row: _Row, kinds: list[Sprite], front: float) -> list[Card]:
    """Building beside building; the three front rows leave a gap in the middle, where a launch is seen."""
    rng = site.rng
    cards = []
    half = 150 + row.back * 0.8
    gap = 7 if number == 0 else 12 + row.back * 0.05
    x = -half
    while x < half:
        sprite = kinds[rng.integers(len(kinds))]
        middle = x + sprite.w / 2
        if number >= 3 or abs(middle) >= sprite.w / 2 + gap:
            z = front + row.back + float(rng.uniform(-_SCATTER, _SCATTER))
            cards.append(_building(sprite, middle, z, float(rng.uniform(0.85, 1.1)), lit=site.lights_on))
        x += sprite.w * float(rng.uniform(0.8, 1.3))
    return cards


def _block(site: Site, row: _Row, kinds: list[Sprite], front: float, lap: Lap) -> list[Card]:
    """One lap of buildings, and the same again in every lap that is seen."""
    rng = site.rng
    cards = []
    x = 0.0
    while x < lap.length:
        sprite = kinds[rng.integers(len(kinds))]
        z = front + row.back + float(rng.uniform(-_SCATTER, _SCATTER))
        scale = float(rng.uniform(0.85, 1.1))
        cards += [_building(sprite, at, z, scale, lit=site.lights_on) for at in lap.copies(x + sprite.w / 2, z)]
        x += sprite.w * float(rng.uniform(0.8, 1.3))
    return cards


def _building(sprite: Sprite, x: float, z: float, scale: float, *, lit: bool) -> Card:
    return Card(
        sprite, x, z, 0.6, scale=scale, emission=1.3 if lit else 0, light=0.8 if lit else 1.0, fog=0.75, solid=True
    )
