"""A village: houses along the trail, a church behind them, fields or snow around."""

from __future__ import annotations

from flashreel.engines.animatic import props
from flashreel.engines.animatic.cards import Card
from flashreel.engines.animatic.sprite import Sprite
from flashreel.engines.animatic.world.forest import woods
from flashreel.engines.animatic.world.hills import meadow
from flashreel.engines.animatic.world.places import Place, Site, place
from flashreel.engines.animatic.world.scatter import Patch, scatter
from flashreel.engines.animatic.world.world import World

_RUN = (-70.0, 140.0)
#: Where houses stand, metres from the trail; no tree grows before them.
_ROW = (12.0, 17.0)
_OUTSKIRTS = (24.0, 70.0)
_APART = 8.5
_SUNK = 0.35  # m: no corner stands in the air on a slope
_LAMPLIGHT = 0.3


@place("village")
def village(site: Site) -> Place:
    land = woods(site, snowy=True, density=0.3) if site.snowy else meadow(site)
    kept = [card for card in land.cards if card.sprite.h < 2 or not _ROW[0] - 3 < card.z < _ROW[1] + 6]
    return Place(land.world, land.look, [*kept, *_houses(site, land.world)])


def _houses(site: Site, world: World) -> list[Card]:
    rng, night, snow = site.rng, site.lights_on, site.snowy
    cottages = [Sprite(props.cottage(rng, night, snow), float(rng.uniform(4.6, 5.8))) for _ in range(6)]
    church = [Sprite(props.church(rng, night, snow), 13.0)]
    near = scatter(rng, cottages, Patch(30, _RUN, _ROW, _ROW[0], (0.9, 1.1)), world)
    far = scatter(rng, cottages, Patch(46, (-110, 180), _OUTSKIRTS, _OUTSKIRTS[0], (0.85, 1.1)), world)
    steeple = scatter(rng, church, Patch(1, (-4, 14), (26, 32), 20, (0.95, 1.05)), world)
    houses = [*_spaced(near), *_spaced(far), *steeple]
    for house in houses:
        house.emission = _LAMPLIGHT if night else 0.0
        house.flip = False
        house.y -= _SUNK
    return houses


def _spaced(cards: list[Card]) -> list[Card]:
    """Those that do not stand in one another. A house that stands again in every lap is kept or left out in all."""
    repeated: dict[tuple[float, float], list[Card]] = {}
    for card in cards:
        repeated.setdefault((card.z, card.scale), []).append(card)
    kept: list[Card] = []
    for group in repeated.values():
        if all(_apart(card, other) for card in group for other in kept):
            kept += group
    return kept


def _apart(one: Card, other: Card) -> bool:
    return abs(one.x - other.x) + 0.6 * abs(one.z - other.z) > _APART
