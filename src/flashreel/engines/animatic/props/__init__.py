"""Scenery as sprites: every maker draws one picture, premultiplied RGBA uint8 [height, width, 4], standing on its
lower edge. `rng` decides what one tree or house has that the next has not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from flashreel.engines.animatic.props.buildings import building
from flashreel.engines.animatic.props.clouds import puff
from flashreel.engines.animatic.props.cottages import church, cottage
from flashreel.engines.animatic.props.ground import bush, flower, grass, rock
from flashreel.engines.animatic.props.trees import cactus, palm, pine, roundtree
from flashreel.engines.animatic.sprite import Sprite
from flashreel.engines.animatic.vector import Pixels

__all__ = [
    "MAKERS",
    "building",
    "bush",
    "cactus",
    "church",
    "cottage",
    "flower",
    "grass",
    "palm",
    "pine",
    "puff",
    "rock",
    "roundtree",
    "variants",
]

#: The makers `variants` knows by name.
MAKERS: Final[dict[str, Callable[..., Pixels]]] = {
    "pine": pine,
    "roundtree": roundtree,
    "palm": palm,
    "bush": bush,
    "rock": rock,
    "cactus": cactus,
    "grass": grass,
    "flower": flower,
    "cottage": cottage,
    "church": church,
}


def variants(
    name: str, rng: np.random.Generator, n: int, meters: float, blur: float = 0, **kw: str | float
) -> list[Sprite]:
    """`n` different sprites of one kind, each `meters` high; `kw` goes to the maker. KeyError for an unknown name."""
    maker = MAKERS[name]
    return [Sprite(maker(rng, **kw), meters, blur) for _ in range(n)]
