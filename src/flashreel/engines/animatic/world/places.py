"""The registry of places. A new place is one function with `@place("name")`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np

from flashreel.engines.animatic.cards import Card
from flashreel.engines.animatic.graph import SceneGraph
from flashreel.engines.animatic.look import Look
from flashreel.engines.animatic.world.lap import Lap, Trip
from flashreel.engines.animatic.world.world import World


@dataclass(frozen=True, slots=True)
class Site:
    """What a builder works with: randomness, the light, the scene graph, threads to share work among, and the trip
    that a looping clip makes through the place, if it makes one."""

    rng: np.random.Generator
    look: Look
    graph: SceneGraph
    executor: Executor
    trip: Trip | None = None

    def lap(self, n: int, texel: float) -> Lap | None:
        """How land that wraps after `n` texels (m) repeats; None where nothing loops."""
        return self.trip.lap(n, texel) if self.trip else None

    @property
    def snowy(self) -> bool:
        """Whether snow lies."""
        return "snow" in self.graph.weather or self.graph.season == "winter" or self.graph.setting == "snowfield"

    @property
    def autumnal(self) -> bool:
        return self.graph.season == "autumn"

    @property
    def lights_on(self) -> bool:
        """Whether windows are lit."""
        return self.graph.time in ("night", "dusk")


@dataclass(frozen=True, slots=True)
class Place:
    """A built place. Its look may differ from the one asked for: Mars has a sky of its own."""

    world: World
    look: Look
    cards: list[Card] = field(default_factory=list)


Builder = Callable[[Site], Place]
PLACES: dict[str, Builder] = {}

_DEFAULT = "meadow"


def place(*names: str) -> Callable[[Builder], Builder]:
    """Registers a builder for these settings."""

    def register(builder: Builder) -> Builder:
        for name in names:
            if name in PLACES:
                raise ValueError(f"two builders for {name!r}")
            PLACES[name] = builder
        return builder

    return register


def build_place(name: str, site: Site) -> Place:
    """Builds a place; a meadow where nobody has built that one yet."""
    return PLACES.get(name, PLACES[_DEFAULT])(site)
